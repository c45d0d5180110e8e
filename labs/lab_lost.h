/*
 * Checks of files that had passed and do not any more, because somebody has
 * changed a file since. A hand-in is judged by the files that are in it, so the
 * points are gone; who has lost them hears why, and how to get them back.
 */
#ifndef LABS_LAB_LOST_H
#define LABS_LAB_LOST_H

#include "labs/lab_run.h"

/* Had this check of files passed, and does it not any more? */
bool lab_lost(const struct lab_run_step *step, size_t check);

/* What of all steps is lost in this way, how many points it had, what has
   happened to the files, and what to do. NULL when nothing is; owned by the
   caller. */
char *lab_lost_all(const struct lab_run *run);

#endif
