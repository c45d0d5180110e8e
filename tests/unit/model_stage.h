/*
 * The dashboard's model, fed as the store does it: row by row out of a history.
 */
#ifndef UNIT_MODEL_STAGE_H
#define UNIT_MODEL_STAGE_H

#include "sample.h"
#include "tui/model.h"

struct model_stage {
    struct history *history;
    struct model *model;
    struct sample sample; /* what it makes up is told to the model */
};

extern struct model_stage told;

/* Checked fixture: nothing was told. */
void model_stage_open(void);
void model_stage_close(void);

/* Tell one record; owner is not used. */
void told_take(void *owner, const struct record *record);

/* CONNECT on connection 1, version 3.1.1, with a Keep Alive of 60 s. */
void told_connect(const char *client_id, bool clean);

/* The client of this name, which must be known. */
struct model_client *told_client(const char *client_id);

#endif
