/*
 * Files of lines: password files and access control lists.
 */
#ifndef BROKER_TEXT_FILE_H
#define BROKER_TEXT_FILE_H

#include "base/buf.h"

#include <stdbool.h>

/* No such file is longer than this; /dev/zero is. */
#define TEXT_FILE_MAX_BYTES (64u << 20)

/* Append a whole file to text. Returns 0 or a negative errno, -EFBIG if it is
   longer than TEXT_FILE_MAX_BYTES, -EINVAL for a pipe, which might never
   end. */
int text_file_load(const char *path, struct buf *text);

/*
 * Put text in the place of a file, or of what a symbolic link leads to: others
 * see the old one or the new one, whole. The new one has the old one's owner
 * and group and can be read and written by its owner alone; only if the old one
 * could be read by the group, and by nobody else, so can the new one.
 * Returns 0 or a negative errno.
 */
int text_file_replace(const char *path, struct slice text);

/*
 * Take the next line off *rest, without the "\n" and "\r" that end it. Returns
 * false when there is none. Borrowed from *rest.
 */
bool text_file_next_line(struct slice *rest, struct slice *line);

#endif
