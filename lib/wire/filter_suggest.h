/*
 * Did you mean: the name that is most like a wrong one.
 */
#ifndef WIRE_FILTER_SUGGEST_H
#define WIRE_FILTER_SUGGEST_H

#include "base/slice.h"

/* The best so far: begin with a zeroed struct, whose name is NULL. */
struct filter_suggestion {
    const char *name;
    unsigned distance;
};

/* Look whether name is more like wrong than the best so far. What is too
   different to be meant is not taken. */
void filter_suggest(struct filter_suggestion *best, struct slice wrong,
                    const char *name);

/*
 * What to write instead of a field that Wireshark knows and this program does
 * not, as the end of a sentence; NULL when there is nothing to say.
 */
const char *filter_suggest_instead(struct slice name);

#endif
