/*
 * A file of the student's, and whether a line of it matches. It is read again
 * only when it has changed.
 */
#ifndef LABS_CHECK_FILE_H
#define LABS_CHECK_FILE_H

#include "wire/filter_regex.h"

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

/* As it was read last; a zeroed struct stands for no file. */
struct check_file {
    bool there;
    bool matches;
    ino_t number;
    off_t size;
    struct timespec changed;
};

/*
 * Look at the file called name in folder. Links are not followed, and what is
 * no regular file is not there; of a large one the first MiB counts. Returns
 * whether it is another one than at the last look. regex is asked line by line.
 */
bool check_file_look(struct check_file *file, const char *folder,
                     const char *name, struct filter_regex *regex);

#endif
