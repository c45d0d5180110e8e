/*
 * A file that is written whole or not at all: what had the name before stays
 * until all is written, so a full disk costs nothing, nor does a recording that
 * is written over the one that is being read.
 */
#ifndef TUI_WHOLE_FILE_H
#define TUI_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct whole_file {
    FILE *file; /* to write to; NULL: not open */
    char *target;
    char *beside; /* what is written until then; NULL: the target itself */
};

/*
 * 0 or a negative errno. for_owner: nobody else may read it, whoever could
 * before; else it keeps its mode. A device or a pipe is written as it is; a pipe
 * that nobody reads is an error.
 */
int whole_file_open(struct whole_file *whole, const char *path, bool for_owner);

/* error: a negative errno if something went wrong before, then nothing has
   changed. Returns it, or what went wrong now, or 0. */
int whole_file_close(struct whole_file *whole, int error);

#endif
