/*
 * Rows into a recording: those that were chosen, and whose they are.
 */
#ifndef INSPECT_INSPECT_WRITE_H
#define INSPECT_INSPECT_WRITE_H

#include "base/buf.h"

#include "wire/history.h"
#include "wire/pcapng.h"
#include <stdio.h>

/* A zeroed struct writes nothing. */
struct inspect_write {
    FILE *file; /* owned; NULL: nothing is written */
    struct pcapng_writer *writer;
    struct buf known; /* a bit for each connection whose opening is written */
    struct buf attributes;
    uint64_t seq; /* of the latest record */
    int error;    /* negative errno; stays */
};

/* 0 or a negative errno. */
int inspect_write_open(struct inspect_write *write, const char *path);

/* The opening of the row's connection comes before it, even if it was not
   chosen: so addresses and Client Identifier are kept. */
void inspect_write_row(struct inspect_write *write,
                       const struct history_row *row);
void inspect_write_flush(struct inspect_write *write);

/* 0, or the negative errno of whatever went wrong first. */
int inspect_write_close(struct inspect_write *write);

#endif
