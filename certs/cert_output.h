/*
 * The files that one command writes: all of them or none, and no old one is
 * lost unless that was asked for.
 */
#ifndef CERTS_CERT_OUTPUT_H
#define CERTS_CERT_OUTPUT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CERT_OUTPUT_MAX 8

struct cert_output_file {
    char *path;
    char *text; /* what it is, for people; NULL: not told */
    mode_t mode;
    bool replaces; /* an older one, which need not be asked for */
    struct buf content;
};

/* A zeroed struct has no files. */
struct cert_output {
    struct cert_output_file files[CERT_OUTPUT_MAX];
    size_t count;
};

/*
 * One file more, at most CERT_OUTPUT_MAX of them. Takes ownership of path and
 * text. Returns where its content goes, valid as long as the output.
 */
struct buf *cert_output_add(struct cert_output *output, char *path, mode_t mode,
                            char *text);

/* The same for a file that is kept up to date: it is replaced, and not told. */
struct buf *cert_output_update(struct cert_output *output, char *path,
                               mode_t mode);

/*
 * Make the folders and write the files; a line for each is appended to told.
 * Returns false, and appends why, when another one is there already (unless
 * force) or cannot be written.
 */
bool cert_output_store(const struct cert_output *output, bool force,
                       struct buf *told, struct buf *why);

/* Wipes the contents: there are keys among them. */
void cert_output_release(struct cert_output *output);

#endif
