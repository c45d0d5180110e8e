/*
 * A lab in a bare terminal: text, check marks as they come, one-letter
 * commands. Works with a screen reader, over a slow line, and in a script.
 */
#ifndef LABS_LAB_PLAIN_H
#define LABS_LAB_PLAIN_H

#include <stdint.h>

struct lab_plain_options {
    const char *name;    /* of the lab */
    const char *dir;     /* NULL: the usual workspace */
    const char *student; /* NULL: the one that is remembered, or ask */
    uint16_t port;       /* of the broker */
    const char *board;   /* URL of the class board; NULL or "": none */
};

/* Returns an exit status: 0, or 1 with a message on standard error. */
int lab_plain(const struct lab_plain_options *options);

#endif
