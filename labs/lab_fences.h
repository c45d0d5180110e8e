/*
 * What stands in a lab's fenced blocks: checks, near misses, questions, files
 * and clients; what a translation says instead; and commands to type.
 */
#ifndef LABS_LAB_FENCES_H
#define LABS_LAB_FENCES_H

#include "labs/lab_sorter.h"

/*
 * Take a fenced block: info is what stands behind the fence, its first word
 * says what it is. One without such a word is code to look at.
 */
void lab_fences_take(struct lab_sorter *sorter, const char *info,
                     const char *text);

#endif
