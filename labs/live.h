/*
 * A lab that is being done now: run, workspace, recorder and journal together.
 *
 * Whoever shows it (the dashboard's lab view, the plain terminal) feeds it the
 * tap's records and passes on what the student does; marks, hints and points
 * are read from the run. Opening a workspace that has recordings replays them,
 * so that leaving and coming back loses nothing.
 *
 * The grader sees the recording and nothing else. So what cannot be recorded,
 * because too much was sent or the disk is full, is not judged here either, and
 * live_trouble says so. A mark is told when what proves it is in the file.
 */
#ifndef LABS_LIVE_H
#define LABS_LIVE_H

#include "labs/journal.h"
#include "labs/lab_rival.h"
#include "labs/lab_run.h"
#include "labs/recorder.h"
#include "labs/workspace.h"

struct live {
    struct lab_run *run;
    struct workspace workspace;
    struct recorder recorder;
    struct journal journal;
    char *trouble;             /* see live_trouble; NULL: none */
    struct lab_rival rival;    /* a broker that is not the lab's */
    uint64_t step_bytes;       /* that may be recorded from a step's begin on */
    uint64_t all_bytes;        /* that the recordings may have in all */
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
/* The same, in the middle of the lab: the event broker.started is recorded. */
void live_new_broker(struct live *live);

/* A record of the tap: recorded, then judged. */
void live_feed(struct live *live, const struct record *record);

/* Records were lost on the way from the tap. */
void live_lose(struct live *live, uint64_t count);

/*
 * Why nothing counts at present and what to do, in one or two sentences, or
 * NULL. To be shown as long as it is there.
 */
const char *live_trouble(const struct live *live);

/* Between records, a few times a second: deadlines, flushing the files. */
void live_tick(struct live *live);

/* The step being done. */
struct lab_run_step *live_step(const struct live *live);

/* ---- what the student does; each is recorded and kept in the journal; where
   it cannot be recorded, nothing is done ---- */

/* Go to a step; by index in the lab. */
void live_begin_step(struct live *live, size_t index);
/* Answer a question of the present step. False when it is answered rightly
   already: then nothing is done. */
bool live_answer(struct live *live, const char *question, const char *answer);
/* Open the next hint; false when none was opened. */
bool live_hint(struct live *live);
/* Begin the present step again. */
void live_reset_step(struct live *live);

#endif
