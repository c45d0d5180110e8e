/*
 * Testing a lab: the empty run scores nothing, the solution everything, and
 * each wrong solution fails exactly the checks that it names.
 *
 * The solution stands beside the lab (NAME.solution.md, or solution.md in an
 * exercise's folder) as fenced blocks of shell commands, which are run for
 * real, with real programs against a real broker:
 *
 *   ```solution STEP
 *   ```wrong STEP fails=CHECK,CHECK near=1
 */
#ifndef LABS_LAB_TEST_H
#define LABS_LAB_TEST_H

#include <stdbool.h>
#include <stdio.h>

/* One stream of TAP for all labs that are tested. */
struct lab_test_report {
    FILE *out;
    unsigned tests; /* told so far */
    unsigned failed;
};

/* The first and the last line of the stream. */
void lab_test_begin(struct lab_test_report *report, FILE *out);
void lab_test_end(const struct lab_test_report *report);

/* Tell of one test; detail is for one that failed. */
void lab_test_tell(struct lab_test_report *report, bool good, const char *what,
                   const char *detail);

/*
 * Test a lab's file with this many seeds; with the wrong ways as well, or the
 * solution and the empty run alone, which is quicker.
 */
void lab_test(struct lab_test_report *report, const char *path, unsigned seeds,
              bool wrong_ways);

#endif
