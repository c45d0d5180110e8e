/*
 * Grading: replay a hand-in's recording and let Check run the lab's checks.
 *
 * Each hand-in is graded in a process of its own with limits on time, memory
 * and files, shut off from the network and from people's files where the system
 * allows it, so that a hostile one costs only its author. In that process the
 * recording is replayed once; then Check runs every check of the lab as a test
 * of its own. A test that ends without handing in its token has not passed,
 * whatever its exit status.
 *
 * The result is JSON, one object a hand-in:
 *   file, student, lab, version, title, points, max, unmarked (points that a
 *   person has still to give, or not), hints, resets, seconds,
 *   error (null or why it could not be graded), broken (whether that is the
 *   fault of the lab or the grader, not of the hand-in), and checks: a list of
 *   {name, step, description, passed (true, false, null), result, points,
 *    max, log, cause {rationale, help, expected, actual}, dependency, evidence,
 *    packets}
 * and what labs/grade_evidence.h adds (packets, near, answers),
 * labs/grade_log.h (log) and, when it was
 * graded, a fingerprint for labs/similar.h.
 */
#ifndef LABS_GRADE_H
#define LABS_GRADE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct marks;

struct grade_options {
    const char *home;      /* where labs/ and exercises/ are */
    const char *lab;       /* or the file of the one lab there is; NULL: none */
    const char *folder;    /* files are named as they lie in it; NULL: without
                           any folder */
    unsigned jobs;         /* hand-ins at the same time, at least 1 */
    unsigned timeout_s;    /* for one hand-in */
    const char *class_key; /* in hex (labs/class_key.h); NULL: of no class */
    const struct marks *marks; /* points given by hand; NULL: none */
    bool shut_off; /* set by grade_files: the system can shut a hand-in's
                           process off from the machine (base/confine.h) */
};

/*
 * Grade files (paths of hand-ins). Returns a JSON array in the order of the
 * files, owned by the caller.
 */
json_t *grade_files(const struct grade_options *given, char **files,
                    size_t count);

/*
 * The hand-ins in a folder and in folders within it (*.mqlab), sorted; or the
 * one file when path is one. Ends with NULL; free each and the array. NULL with
 * errno set when path cannot be read. A folder within it that cannot be looked
 * into is named on standard error, and the list is not complete.
 */
char **grade_find(const char *path, size_t *count, bool *complete);

#endif
