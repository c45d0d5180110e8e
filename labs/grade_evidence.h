/*
 * What people read to believe a mark: the packets that decided a check, what
 * came near, what was answered.
 */
#ifndef LABS_GRADE_EVIDENCE_H
#define LABS_GRADE_EVIDENCE_H

#include "labs/lab_run.h"
#include "labs/marks.h"

#include <jansson.h>
#include <stdint.h>

/*
 * The packets of these numbers: {number, line, fields, hex}. The line is as
 * lists show it, fields the lines of the tree, hex the first bytes. Long ones
 * are cut, and of many there are the first.
 */
json_t *grade_evidence_packets(struct lab_run *run, const uint64_t *numbers,
                               unsigned count);

/* What the lab said last to what came near this check of the step, or the step
   as a whole; "" when nothing did. */
json_t *grade_evidence_help(const struct lab_run_step *step, const char *check);

/* The near misses of all steps: {step, text, packet}, oldest first. */
json_t *grade_evidence_near(const struct lab_run *run);

/*
 * The last answer to each question: {step, question, ask, answer, right, mark}.
 * Of one that a person marks, right is null, the answer is whole, and mark is
 * {id, max, points, remark}, with points null while there are none; else mark
 * is null.
 */
json_t *grade_evidence_answers(const struct lab_run *run,
                               const struct marks *marks);

/* The mark for the answer to a question of the step (its index); NULL: none. */
const struct mark *grade_evidence_mark(const struct lab_run *run,
                                       const struct marks *marks,
                                       const struct lab_run_step *step,
                                       size_t question);

#endif
