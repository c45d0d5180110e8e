/*
 * Results of grading as JUnit XML, as servers for continuous integration read
 * it: a suite for each hand-in, a case for each check. tests/spec/junit.xsd is
 * its form. It has no clock: times are 0, so that the same results give the
 * same bytes.
 */
#ifndef LABS_GRADE_JUNIT_H
#define LABS_GRADE_JUNIT_H

#include <jansson.h>
#include <stdio.h>

void grade_junit(const json_t *results, FILE *to);

#endif
