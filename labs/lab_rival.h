/*
 * Two brokers at once: the lab's own on the plain port, and one that the student
 * has started beside it for the lab's other ports. Only the first is watched, so
 * what is done at the second counts nothing, and nothing would say why.
 */
#ifndef LABS_LAB_RIVAL_H
#define LABS_LAB_RIVAL_H

#include <stdint.h>

/* A zeroed struct has not looked yet. */
struct lab_rival {
    uint64_t looked_ns; /* monotonic */
    char text[240];
};

/*
 * What to say of them and what to do, in two or three sentences; NULL when there
 * are not two. Looks every second at most; valid until the next call.
 */
const char *lab_rival_look(struct lab_rival *rival);

#endif
