/*
 * The files that a lab hands out: written into the student's folder when they
 * are needed and not there yet.
 */
#ifndef LABS_LAB_FILES_H
#define LABS_LAB_FILES_H

#include "labs/lab.h"

/* What is wrong with the name of a file that a lab hands out; NULL: nothing. It
   may be neither a path, nor what the program itself keeps in the folder. */
const char *lab_files_fault(const char *name);

/*
 * Write those of files that are not in folder yet. What is there is the
 * student's and stays; but demonstrations are the lab's, and are written anew.
 * Returns 0 or a negative errno.
 */
int lab_files_write(const struct lab_file *files, size_t count,
                    const char *folder);

/*
 * Does this file lie in folder as the lab, or one of its steps, has handed it
 * out? False for one that the lab does not hand out.
 */
bool lab_files_untouched(const struct lab *lab, const char *folder,
                         const char *name);

/*
 * The step begins again: the student's versions become NAME.old, and the lab's
 * are written anew. Returns 0 or a negative errno.
 */
int lab_files_renew(const struct lab_file *files, size_t count,
                    const char *folder);

#endif
