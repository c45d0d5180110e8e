/*
 * A lab that is being done now: run, workspace, recorder and journal together.
 *
 * Whoever shows it (the dashboard's lab view, the plain terminal) feeds it the
 * tap's records and passes on what the student does; marks, hints and points
 * are read from the run. Opening a workspace that has recordings replays them,
 * so that leaving and coming back loses nothing.
 */
#ifndef LABS_LIVE_H
#define LABS_LIVE_H

#include "labs/journal.h"
#include "labs/lab_run.h"
#include "labs/recorder.h"
#include "labs/workspace.h"

struct live {
    struct lab_run *run;
    struct workspace workspace;
    struct recorder recorder;
    struct journal journal;
    char *home;                /* where labs/ and exercises/ are */
    enum check_result **marks; /* what was last told, by step and check */
    void (*on_mark)(void *owner, const struct lab_run_step *step, size_t check);
    void *owner; /* of on_mark, which may be NULL: a check changed its result */
};

/*
 * Open the lab called name ("1", "1.2", "01-plaintext", a path). dir and
 * student may be NULL. Returns 0, or a negative errno with what is wrong and
 * what to do in error: -ENODATA when no student id is known yet.
 */
int live_open(struct live *live, const char *name, const char *dir,
              const char *student, char *error, size_t error_size);
void live_close(struct live *live);

/* Another broker, or the same one again, is watched from now on. */
void live_new_source(struct live *live);

/* A record of the tap: recorded, then judged. */
void live_feed(struct live *live, const struct record *record);

/* Between records, a few times a second: deadlines, flushing the files. */
void live_tick(struct live *live);

/* The step being done. */
struct lab_run_step *live_step(const struct live *live);

/* ---- what the student does; each is recorded and kept in the journal ---- */

/* Go to a step; by index in the lab. */
void live_begin_step(struct live *live, size_t index);
/* Answer a question of the present step. */
void live_answer(struct live *live, const char *question, const char *answer);
/* Open the next hint; false when there is none. */
bool live_hint(struct live *live);
/* Begin the present step again. */
void live_reset_step(struct live *live);

#endif
