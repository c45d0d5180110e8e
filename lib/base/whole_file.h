/*
 * Files that are read whole, and files that are written whole or not at all.
 *
 * One that is written is written beside the one that it replaces, under a
 * hidden name, and takes that one's place by rename when all of it is on the
 * disk. So others see the old file or the new one, and a disk that is full
 * costs nothing: the old one is as it was, and nothing is left beside it. Only
 * who is killed meanwhile leaves a file named .mqttlab-PID-N.new, which may be
 * removed.
 *
 * A symbolic link stays one: what it leads to is replaced, or made. What is no
 * file, as pipes and devices are, or has no name any more, as /dev/stdout may
 * lead to, is written to as it is, and so is what a link leads to that was not
 * there: half of it may be there in the end. Nobody waits for a pipe: -EAGAIN
 * when it is full, unless the caller takes O_NONBLOCK from the descriptor. All
 * errors are negative errnos.
 */
#ifndef BASE_WHOLE_FILE_H
#define BASE_WHOLE_FILE_H

#include "base/buf.h"

#include <stdio.h>
#include <sys/types.h>

/* Append all of a file to content. It may have max_bytes: /dev/zero has more,
   which is -EFBIG. A pipe is read to its end. Returns 0 or an error. */
int whole_file_load(const char *path, size_t max_bytes, struct buf *content);

struct whole_file {
    FILE *file;   /* to write to; NULL: not open */
    char *target; /* owned: its name, links followed */
    char *beside; /* owned: the name that it has until it is in place; NULL: it
                     is written in place */
};

/* What else is wanted; they can be combined. */
enum whole_file_wish {
    WHOLE_FILE_KEEP_MODE = 1, /* that of the old file, if there is one */

    /* The new file belongs to whom the old one did, -EPERM if that cannot be;
       and the group may read it if it could read the old one and others could
       not. */
    WHOLE_FILE_KEEP_READERS = 2,

    /* Where the folder takes no new file, the old one itself is written over:
       half of it may be lost then. Without this it is -EACCES. */
    WHOLE_FILE_OR_IN_PLACE = 4,

    /* There must be no file of this name: -EEXIST. It has its own name from
       the beginning. */
    WHOLE_FILE_NEW = 8,
};

/*
 * Begin to write the file of this name. mode is a new file's, less the umask;
 * nobody has more rights while it is written. wishes: of enum whole_file_wish.
 * Returns 0, and one of the functions below must end it; or an error, as
 * -ENXIO for a pipe that nobody reads, and nothing has changed.
 */
int whole_file_open(struct whole_file *whole, const char *path, mode_t mode,
                    unsigned wishes);

/* Write content, in front of what is in the buffer of whole->file: of a key no
   copy is left in memory. Returns 0 or an error. */
int whole_file_write(struct whole_file *whole, struct slice content);

/*
 * All is written: bring it to the disk and put it in place. error: what went
 * wrong before, or 0; with an error what was there stays. Returns it, or what
 * went wrong now, or 0.
 */
int whole_file_close(struct whole_file *whole, int error);

/*
 * The same in two steps, for several files that belong together: the first
 * leaves little that could go wrong for the second. When either returns an
 * error, the file is discarded.
 */
int whole_file_finish(struct whole_file *whole, int error);
int whole_file_place(struct whole_file *whole);

/* End it, and leave what was there. Harmless on a zeroed struct, and on a file
   that is in place. */
void whole_file_discard(struct whole_file *whole);

/* All of it in one step. */
int whole_file_store(const char *path, struct slice content, mode_t mode,
                     unsigned wishes);

#endif
