/*
 * Results of grading as text, TAP 14, JSON and CSV; grade_junit.h and
 * grade_html.h have other forms.
 *
 * The same results give the same bytes, for there is no clock in them unless
 * somebody wants one (grade_report_stamp). Text that came from students is
 * escaped in each format's way, so that no topic or file name can forge a line,
 * close an element or start a formula.
 */
#ifndef LABS_GRADE_REPORT_H
#define LABS_GRADE_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef void grade_report_write(const json_t *results, FILE *to);

grade_report_write grade_report_text;
grade_report_write grade_report_tap;
grade_report_write grade_report_json;
grade_report_write grade_report_csv;

/* Points and possible points of a result, for exit statuses. */
int grade_report_points(const json_t *result);
int grade_report_max(const json_t *result);

/* Points that a person has still to give, or not. */
int grade_report_unmarked(const json_t *result);

/* Why it could not be graded, or NULL. */
const char *grade_report_error(const json_t *result);

/* Is it the lab or the grader that is broken, not the hand-in? */
bool grade_report_broken(const json_t *result);

/* Every report of these results says when they were graded. */
void grade_report_stamp(json_t *results, uint64_t wall_ns);

/* When they were graded, "2026-05-04T09:30:00Z"; "" when nobody asked. */
const char *grade_report_stamped(const json_t *results);

/* Text for XML and HTML, also within quotes: markup is escaped, control
   characters are shown. The text is UTF-8. */
void grade_report_escape(const char *text, FILE *to);

/* A cell of CSV, quoted; what a spreadsheet would take for a formula gets a "'"
   in front. */
void grade_report_csv_cell(const char *text, FILE *to);

/* A string member; "" when it is none. */
const char *grade_report_string(const json_t *object, const char *key);

#endif
