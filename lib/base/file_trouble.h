/*
 * Why a file cannot be read, and what mends it, in words for people.
 */
#ifndef BASE_FILE_TROUBLE_H
#define BASE_FILE_TROUBLE_H

#include "base/buf.h"

/*
 * Append what the system says of error, a positive errno that opening path
 * gave. For EACCES also who would have been let in, who asked, and the command
 * that mends it: "Permission denied: it belongs to root (mode 600), and this
 * program runs as nobody; mend it: sudo chown nobody 'server.key'".
 */
void file_trouble_explain(struct buf *text, const char *path, int error);

#endif
