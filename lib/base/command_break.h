/*
 * Where a shell's command that is too long for a line can be broken.
 */
#ifndef BASE_COMMAND_BREAK_H
#define BASE_COMMAND_BREAK_H

#include <stddef.h>

/*
 * The place of the last blank of text within its first fit bytes that is not in
 * quotes, or rather of the last one before an option, which stays with its
 * value. With a "\" in its place, and a new line behind that, a shell takes the
 * command as it was. 0: there is none.
 */
size_t command_break(const char *text, size_t fit);

#endif
