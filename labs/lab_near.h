/*
 * Near misses: what was almost right while a step is done, in the lab's words.
 *
 * A rule may name the checks that it is about. Then it holds as long as one of
 * them is open: what was missed by a hair and is done since helps nobody.
 */
#ifndef LABS_LAB_NEAR_H
#define LABS_LAB_NEAR_H

#include "labs/lab_run.h"

/* Does the rule name this check? */
bool lab_near_is_about(const struct lab_near *rule, const char *check);

/* Add what the broker has against its configuration, and what the first rule
   that matches the row says; each in the place of what it has said before. */
void lab_near_note(struct lab_run *run, struct lab_run_step *step,
                   const struct history_row *row);

/* Is there an i-th near miss, and is what it is about still to be done? */
bool lab_near_open(const struct lab_run_step *step, size_t i);

/* Forget them all: the step, or the lab, begins again. */
void lab_near_clear(struct lab_run_step *step);

#endif
