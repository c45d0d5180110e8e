/*
 * Which hand-ins of different students have in common what they cannot have by
 * chance. It is for people to look at: a finding is no proof of who copied, and
 * who has changed all of it is not found.
 */
#ifndef LABS_SIMILAR_H
#define LABS_SIMILAR_H

#include <jansson.h>
#include <stdio.h>

/*
 * Compare all results of grade_files with each other. Returns an array, owned
 * by the caller, in the order of the results: {files: [A, B], students: [A, B],
 * lab, findings: [sentence, ...]}. The fingerprints are taken out of the
 * results: they are of no more use.
 */
json_t *similar_find(json_t *results);

/* As text, a pair a paragraph. */
void similar_text(const json_t *similar, FILE *to);

#endif
