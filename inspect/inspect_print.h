/*
 * Rows on their way to standard output.
 *
 * Who reads a file waits for whoever reads what is printed. A proxy must not: a
 * terminal that was stopped, or a pager, would stop the packets too. So it
 * prints what is taken at once, keeps some, and leaves rows out when there is
 * too much of it.
 */
#ifndef INSPECT_INSPECT_PRINT_H
#define INSPECT_INSPECT_PRINT_H

#include "base/buf.h"

/* Kept for a reader that is slow. */
#define INSPECT_PRINT_MAX_BYTES (1u << 20)

struct inspect_print {
    struct buf out;    /* to be printed: append to it */
    bool deaf;         /* nothing more can be printed */
    int error;         /* negative errno why, 0: nobody reads any more */
    uint64_t left_out; /* rows, since this was told */
};

void inspect_print_release(struct inspect_print *print);

/* Print all, and wait for it. */
void inspect_print_all(struct inspect_print *print);

/* Print what standard output takes now. False: there is more, come again. */
bool inspect_print_some(struct inspect_print *print);

/* Is there room for another row? If not, it is counted, and told on standard
   error when what waits was printed. */
bool inspect_print_has_room(struct inspect_print *print);

/* The last of it: waits as long as somebody reads, but not for one who has
   stopped. */
void inspect_print_end(struct inspect_print *print);

#endif
