/*
 * How far a student has come in a lab that is not open: what the journal tells,
 * and what the files say now, as a hand-in of this moment would be judged.
 */
#ifndef LABS_PROGRESS_H
#define LABS_PROGRESS_H

#include "labs/lab.h"

/*
 * In words: "" when it was never begun, "9 of 32 points", "done, 29 of 32
 * points" when every check has passed, with "(2 lost: files were changed)"
 * behind it where that has cost points, and "(a person gives up to 3 more)"
 * where answers wait to be read. The lab is loaded for any student; dir
 * is where it is done, NULL: where it usually is. Owned by the caller.
 */
char *progress_of(const struct lab *lab, const char *dir);

#endif
