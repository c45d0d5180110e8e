/*
 * Strings kept once: equal strings are one pointer.
 *
 * A zeroed struct is empty. Text is never moved and never dropped before
 * track_strings_release, so a pointer can be kept without asking.
 */
#ifndef WIRE_TRACK_STRING_H
#define WIRE_TRACK_STRING_H

#include "base/map.h"

struct track_block;

struct track_strings {
    struct map map;             /* text to its copy */
    struct track_block *blocks; /* owned: where the text lies, newest first */
    size_t bytes;               /* of all blocks */
    const char *last;           /* found last: often asked again */
};

void track_strings_release(struct track_strings *strings);

/*
 * The copy of text up to its first NUL. "" when there are limit bytes already
 * and this one is not among them.
 */
const char *track_string_keep(struct track_strings *strings, struct slice text,
                              size_t limit);

#endif
