/*
 * A lab's check alone, with a folder of files and the records that it looks at.
 */
#ifndef UNIT_CHECK_STAGE_H
#define UNIT_CHECK_STAGE_H

#include "labs/check.h"

struct check_stage {
    struct history *history;
    struct dissection scratch;
    char folder[40]; /* of the student's files; empty at first */
};

extern struct check_stage desk;

/* Checked fixture. */
void check_stage_open(void);
void check_stage_close(void);

/* The check of this text, which must be one; the caller frees it. */
struct check *check_stage_make(const char *text);

/* What check_look and check_finish want. */
struct check_context check_stage_context(void);

/* What the check says of itself; the caller frees it. */
char *check_stage_explained(const struct check *check);

/* A record of this second that says nothing: so late it is. */
void check_stage_time(uint64_t second);

#endif
