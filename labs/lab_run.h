/*
 * A lab being done: which step, which checks passed, how many points.
 *
 * A run is a function of records alone: what the tap saw, and what the student
 * did (RECORD_LAB: a step begun, an answer, a hint, a reset). So the same code
 * shows check marks live, resumes from a recording, and grades a hand-in.
 */
#ifndef LABS_LAB_RUN_H
#define LABS_LAB_RUN_H

#include "labs/check.h"
#include "labs/lab.h"
#include "wire/history.h"

#define LAB_RUN_NEAR_MISSES 3

struct lab_run_question {
    char *answer; /* the last one given; NULL: none */
    bool right;
    bool taken;         /* right, or for a person to read */
    const char *remark; /* what the lab says to it, or NULL */
};

struct lab_run_near {
    char *text;                  /* NULL: not used */
    uint64_t number;             /* of the packet */
    const struct lab_near *rule; /* that says so */
    unsigned serial;             /* from 1, in the order of telling */
};

struct lab_run_step {
    const struct lab_step *step;
    struct check **checks; /* step->check_count of them */
    uint64_t *passed_ns;   /* when each was told to have passed; 0: never */
    struct lab_run_question *questions;
    struct filter **near_filters; /* NULL where the lab's filter is wrong */
    struct lab_run_near near[LAB_RUN_NEAR_MISSES]; /* newest first */
    unsigned
        near_count; /* of near misses ever, those that made room included */
    unsigned hints_open;
    unsigned resets;
    bool begun;
};

/* From this packet on, packets are shown with numbers from here on. */
struct lab_run_numbers {
    uint64_t packet;
    uint64_t shown;
};

struct lab_run {
    struct lab *lab;
    struct lab_run_step *steps; /* lab->step_count of them */
    size_t current;             /* index of the step being done */
    struct history *history;
    struct dissection scratch;
    const char *files; /* the student's folder; borrowed, may be NULL */
    char *student;     /* as the recording says; "" until it does */
    struct lab_run_numbers *numbers; /* rising; see lab_run_show_next_as */
    size_t number_count;
};

/*
 * Begin a run: takes ownership of lab. Problems (a check that does not
 * compile) are appended; NULL when there are any.
 */
struct lab_run *lab_run_new(struct lab *lab, const char *files,
                            struct lab_problems *problems);
void lab_run_free(struct lab_run *run);

/* Take one record into account, of the tap or of the student's doing. */
void lab_run_feed(struct lab_run *run, const struct record *record);

/*
 * The next packet that is fed has this number where packets are shown. At first
 * they have the run's own numbers there; what came before the first call is not
 * shown at all.
 */
void lab_run_show_next_as(struct lab_run *run, uint64_t shown);

/* The number by which a packet is shown; 0: it is not. */
uint64_t lab_run_shown(const struct lab_run *run, uint64_t packet);

/* The clock moved, and the student's files may have changed. */
void lab_run_tick(struct lab_run *run, uint64_t time_ns);

/*
 * What the student does, as the bytes of a RECORD_LAB record; nothing happens
 * until that record is fed.
 */
void lab_run_started(struct buf *bytes, const struct lab *lab,
                     const char *student);
void lab_run_begin_step(struct buf *bytes, const struct lab_step *step);
void lab_run_answer(struct buf *bytes, const char *question,
                    const char *answer);
void lab_run_hint(struct buf *bytes, const struct lab_step *step);
void lab_run_reset(struct buf *bytes, const struct lab_step *step);

/* Was this question of the step answered rightly? Then nothing that is said to
   it later is judged. */
bool lab_run_answered(const struct lab_run_step *step, const char *question);

/* All checks passed, gates included; what a person marks was answered. */
bool lab_run_step_complete(const struct lab_run_step *step);

/* The question with this id, in whatever letters, of the present step or else
   of another: *step is its index. NULL when there is none. */
const struct lab_question *lab_run_question(const struct lab_run *run,
                                            const char *name, size_t *step);

#endif
