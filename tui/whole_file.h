/*
 * A file that is written whole or not at all: what had the name before stays
 * until all is written, so a full disk costs nothing, nor does a recording that
 * is written over the one that is being read. Only where the folder takes no
 * new file is the old one itself written over.
 */
#ifndef TUI_WHOLE_FILE_H
#define TUI_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct whole_file {
    FILE *file;   /* to write to; NULL: not open */
    char *target; /* owned: its name, links followed */
    char *beside; /* owned: the name of what is written until whole_file_close;
                     NULL: the target itself */
};

/*
 * Begin to write the file of this name. for_owner: nobody else may read it,
 * whoever could before; else it keeps its mode. A device or a pipe is written
 * as it is. Returns 0, and whole_file_close must follow; or a negative errno
 * (-ENXIO: a pipe that nobody reads), and nothing has changed.
 */
int whole_file_open(struct whole_file *whole, const char *path, bool for_owner);

/* End it, and put it in place. error: a negative errno if something went wrong
   before, then what was there stays. Returns it, or what went wrong now, or
   0. */
int whole_file_close(struct whole_file *whole, int error);

#endif
