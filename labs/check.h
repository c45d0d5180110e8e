/*
 * Checks: assertions over the records of what really happened.
 *
 * A check is fed every record since its step began, in order, live or from a
 * recording, and knows at any time whether it passed, failed or waits, and
 * which packets decided. The kinds are listed in docs/labs.md.
 */
#ifndef LABS_CHECK_H
#define LABS_CHECK_H

#include "labs/lab.h"
#include "wire/dissect.h"
#include "wire/history.h"

#include <stdbool.h>
#include <stdint.h>

enum check_result {
    CHECK_WAITING,
    CHECK_PASSED,
    CHECK_FAILED,
    CHECK_SKIPPED,   /* its step was never begun, or an earlier one is needed */
    CHECK_UNMARKED,  /* answered; a person gives the points */
    CHECK_UNDECIDED, /* records were lost or the end was not seen, so absence
                        proves nothing; or a command could not be run */
};

#define CHECK_EVIDENCE 8

struct check_status {
    enum check_result result;
    uint64_t evidence[CHECK_EVIDENCE]; /* numbers of packets */
    unsigned evidence_count;
    uint64_t seen; /* records that matched */
};

/* What a check may look at besides the record. */
struct check_context {
    struct history *history;
    struct dissection *scratch; /* for filters */
    const char *files;          /* the student's folder, absolute; NULL: none */
    const struct lab *lab;      /* whose files lie there at first; NULL: none */
    bool early; /* the record is from before the step, or after it: it shows
                   what is, and proves nothing yet */
};

struct check;

/*
 * Compile. NULL with a message in error when the text is no check; answer
 * checks name one of the step's questions. The spec is borrowed as long as the
 * check lives.
 */
struct check *check_new(const struct lab_check_spec *spec,
                        const struct lab_step *step, char *error,
                        size_t error_size);
void check_free(struct check *check);

/* Forget what was seen: the step is reset. */
void check_reset(struct check *check);

/* Take one more record into account. */
void check_feed(struct check *check, const struct check_context *context,
                const struct history_row *row);

/* The clock moved without a record: deadlines may have passed. */
void check_tick(struct check *check, uint64_t time_ns);

/* From here on nobody watches for a while: an `after` whose time is not over
   waits for its beginning again. */
void check_pause(struct check *check);

/* Look at the student's files, which may have changed: for `file`, `cert` and
   `shell` checks. */
void check_look(struct check *check, const struct check_context *context);

/* An answer to a question was judged: passed, waiting, or unmarked. */
void check_answer(struct check *check, const char *question,
                  enum check_result result);

/*
 * Nothing more will come, and files are looked at for the last time. What still
 * waits has failed, or is undecided where something may have been missed.
 */
void check_finish(struct check *check, const struct check_context *context);

/* Its step was never begun, so nothing counts. */
void check_skip(struct check *check);

/* Does it look at the broker's state, which holds from before its step too? */
bool check_is_state(const struct check *check);

/* Is that what the broker retains, which outlives those who brought it? */
bool check_is_retained(const struct check *check);

/* Is it passed as long as nothing happens, and may still fail? */
bool check_is_absence(const struct check *check);

/* Is it a student's answer? */
bool check_is_answer(const struct check *check);

/* To which question; NULL when it is another check. */
const char *check_question(const struct check *check);

/* Is nothing left to be done for it? */
bool check_is_settled(const struct check *check);

/* Does it look at the student's files, which may change at any time? */
bool check_is_of_files(const struct check *check);

/* If it does, has it judged them? A command takes its time. */
bool check_has_looked(const struct check *check);

/* The names of the files that it looks at; 0 of them when it is none that does,
   or a command, which may look at all. Borrowed from the check. */
#define CHECK_FILES 6
unsigned check_files(const struct check *check, const char *names[CHECK_FILES]);

/* Is it a command's word, which must not be a step's only proof? */
bool check_is_shell(const struct check *check);

const struct check_status *check_status(const struct check *check);

/* "passed", "failed", "waiting", "skipped", "unmarked", "undecided". */
const char *check_result_name(enum check_result result);

/*
 * What is wrong with what the student has made, while a check still waits for
 * it to be right: a line, control characters from its files escaped. NULL:
 * nothing is there, or nothing can be said; or all is as the lab has handed it
 * out, and what is wrong with that is for the student to find.
 */
const char *check_reason(const struct check *check);

/* What was expected, and what was seen, as sentences for a report. */
void check_explain(const struct check *check, struct buf *expected,
                   struct buf *actual);

#endif
