/*
 * What to do when the broker of a lab has ended, which the student may have
 * wanted, and may not.
 */
#ifndef LABS_LAB_ENDED_H
#define LABS_LAB_ENDED_H

#include "labs/lab_run.h"

/*
 * In two or three sentences: the present step has a command that starts a
 * broker, or the lab has a configuration to start one with, or else begins with
 * one. name is how the lab was called when it was opened. Owned by the caller.
 */
char *lab_ended_text(const struct lab_run *run, const char *name);

#endif
