/*
 * What happened to each check while a recording was replayed, as lines for a
 * report: when its result changed and by which packets, what came near, and
 * when the step began again. So a teacher's script sees the way and not only
 * the end.
 *
 * What checks of files said on the way is what the student was shown: the
 * grader has only the files of the end.
 */
#ifndef LABS_GRADE_LOG_H
#define LABS_GRADE_LOG_H

#include "labs/lab_run.h"

#include <jansson.h>

struct grade_log;

/* run is borrowed, and has not been fed yet. */
struct grade_log *grade_log_new(const struct lab_run *run);
void grade_log_free(struct grade_log *log);

/* The record was fed to the run just now. */
void grade_log_feed(struct grade_log *log, const struct record *record);

/* The lines of a check, oldest first: a new JSON array of strings. Of very many
   the first are there, and how many more there were. */
json_t *grade_log_lines(const struct grade_log *log, size_t step, size_t check);

#endif
