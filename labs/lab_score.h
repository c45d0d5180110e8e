/*
 * How far a lab has come that is being done: what is complete, and how many
 * points there are for it. Everything is read from the run, nothing kept.
 */
#ifndef LABS_LAB_SCORE_H
#define LABS_LAB_SCORE_H

#include "labs/lab_run.h"

/* All checks passed but those of answers: nothing is left to be done. */
bool lab_score_step_seen(const struct lab_run_step *step);

/* Is this check passed only because something has not come yet, or is it a gate
   on files that have to stay as they are, while there is still something to
   do? */
bool lab_score_so_far(const struct lab_run_step *step, size_t check);

/* Points of the passed checks less the cost of hints, at least 0. */
unsigned lab_score_step_points(const struct lab_run_step *step);
/* What hints have cost of them. */
unsigned lab_score_step_cost(const struct lab_run_step *step);
unsigned lab_score_points(const struct lab_run *run);
unsigned lab_score_cost(const struct lab_run *run);

/* The points that a person will give, or not, for what was answered. */
unsigned lab_score_unmarked(const struct lab_run *run);
bool lab_score_complete(const struct lab_run *run);

/* The step that this one needs and that is not complete, or NULL. */
const struct lab_step *lab_score_missing(const struct lab_run *run,
                                         const struct lab_run_step *step);

#endif
