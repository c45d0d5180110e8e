/*
 * How far a student has come in a lab that is not open, from its journal.
 */
#ifndef LABS_PROGRESS_H
#define LABS_PROGRESS_H

#include "labs/lab.h"

/*
 * In words: "" when it was never begun, "9 of 32 points", or "done, 29 of 32
 * points" when every check has passed. The lab is loaded for any student. Owned
 * by the caller.
 */
char *progress_of(const struct lab *lab);

/* The same from a journal's text. */
char *progress_from(const struct lab *lab, const char *journal);

#endif
