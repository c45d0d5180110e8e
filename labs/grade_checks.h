/*
 * One hand-in, unpacked: replayed, then judged by Check.
 */
#ifndef LABS_GRADE_CHECKS_H
#define LABS_GRADE_CHECKS_H

#include <jansson.h>
#include <stdbool.h>

struct grade_options;

/*
 * Judge the hand-in in folder. Returns its result without "file" (see
 * grade.h). Runs in the process of that hand-in.
 */
json_t *grade_checks(const struct grade_options *options, const char *folder);

/* A result for a hand-in that could not be graded; broken when that is not its
   own fault. */
json_t *grade_checks_error(const char *message, bool broken);

#endif
