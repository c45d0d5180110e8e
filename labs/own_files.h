/*
 * What the program itself keeps in a student's folder has to be files: a named
 * pipe in the place of one would keep it waiting for ever, and what was written
 * into one is gone.
 */
#ifndef LABS_OWN_FILES_H
#define LABS_OWN_FILES_H

/*
 * Which of them in folder is something else; one is config, the configuration
 * of the lab's broker, which may be NULL, and what mends it: "/lab/journal is a
 * named pipe, where a file belongs; mv '/lab/journal' '/lab/not-a-file' moves
 * it out of the way". Owned by the caller; NULL when nothing is wrong, or there
 * is no such folder. Links to files are files.
 */
char *own_files_fault(const char *folder, const char *config);

#endif
