/*
 * A broker that is not the lab's, where nothing else would say why nothing
 * works:
 *
 * - two at once, the lab's own on the plain port, and one that the student has
 *   started beside it for the lab's other ports. Only the first is watched, so
 *   what is done at the second counts nothing.
 * - another lab's, or for a lab with a configuration of the student's any that
 *   runs in another folder: it has the port, and reads other files. It is known
 *   by its folder, where the system tells that.
 */
#ifndef LABS_LAB_RIVAL_H
#define LABS_LAB_RIVAL_H

#include <stdbool.h>
#include <stdint.h>

/* A zeroed struct has not looked yet. */
struct lab_rival {
    uint64_t looked_ns; /* monotonic */
    char text[400];
};

/*
 * What to say of it and what to do, in two or three sentences; NULL when all is
 * as it should be. folder is the lab's, absolute; configured: the configuration
 * of its broker is a file there. Looks every second at most; valid until the
 * next call.
 */
const char *lab_rival_look(struct lab_rival *rival, const char *folder,
                           bool configured);

#endif
