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

#include <stdio.h>

/*
 * Test a lab's file with this many seeds; TAP goes to out. Returns the number
 * of tests that failed.
 */
unsigned lab_test(const char *path, unsigned seeds, FILE *out);

#endif
