/*
 * Results of grading as one HTML page for people: marks, what was expected and
 * what was seen, and the packets that decided, field by field.
 *
 * The page needs nothing else: no scripts, no pictures, no network; it tells
 * the browser to load nothing. It is well-formed XML as well. What students
 * wrote is escaped, and stands where it can change neither markup nor the
 * direction of other text. The same results give the same bytes.
 */
#ifndef LABS_GRADE_HTML_H
#define LABS_GRADE_HTML_H

#include <jansson.h>
#include <stdio.h>

/* similar is what labs/similar.h has found. */
void grade_html(const json_t *results, const json_t *similar, FILE *to);

#endif
