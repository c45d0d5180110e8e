/*
 * Results of grading as text, TAP 14, JUnit XML, JSON and CSV.
 *
 * The same results give the same bytes. Text that came from students is
 * escaped in each format's way, so that no topic or file name can forge a line,
 * close an element or start a formula.
 */
#ifndef LABS_REPORT_H
#define LABS_REPORT_H

#include <jansson.h>
#include <stdio.h>

typedef void report_write(const json_t *results, FILE *to);

report_write report_text;
report_write report_tap;
report_write report_junit;
report_write report_json;
report_write report_csv;

/* Points and possible points of a result, for exit statuses. */
int report_points(const json_t *result);
int report_max(const json_t *result);

/* Why it could not be graded, or NULL. */
const char *report_error(const json_t *result);

/* A string member; "" when it is none. */
const char *report_string(const json_t *object, const char *key);

#endif
