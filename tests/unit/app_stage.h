/*
 * The dashboard with the sample story in it, and nobody behind it: what is
 * asked of the broker is only noted.
 */
#ifndef UNIT_APP_STAGE_H
#define UNIT_APP_STAGE_H

#include "sample.h"
#include "sample_panel.h"
#include "tui/app.h"

struct app_stage {
    struct store *store;
    struct app *app;
    struct sample sample;
    struct sample_lab lab;
    struct grid grid;
    bool refuses;   /* to set rules */
    char done[128]; /* what was asked last: "kick sensor-1 cut" */
};

extern struct app_stage dash;

/* Checked fixture: a picture of 80x24 is drawn. */
void app_stage_open(void);
void app_stage_close(void);

/* Type, and draw between keys as a terminal does. */
void app_press(const char *keys);

/* Does the picture show the text? */
bool app_shows(const char *text);

/* The number of the chosen packet. */
uint64_t app_chosen(void);

#endif
