/*
 * The journal: what a student did, one line each, append only.
 *
 * Each line carries the hash of the line before, so that a line taken out or
 * changed shows. That detects accidents and clumsy edits, not a determined
 * forger, who can compute the chain anew.
 *
 *   HASH TIME KIND TEXT
 *
 * HASH is SHA-256 (first 16 hex digits) of the previous line and the rest of
 * this one; TIME is UTC, "2026-05-04T09:30:00Z".
 */
#ifndef LABS_JOURNAL_H
#define LABS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal {
    int fd;
    char last[17]; /* hash of the last line; "" at the beginning */
};

/* Open for appending (made when new). 0 or a negative errno; -EILSEQ when the
   chain is broken, which line says where (from 1). */
int journal_open(struct journal *journal, const char *path, unsigned *line);
void journal_close(struct journal *journal);

/* All that is in the file, as text owned by the caller; NULL when there is none
   or it cannot be read. */
char *journal_text(const char *path);

/* Is the chain of the journal in a file whole? 0, or a negative errno: -EILSEQ
   when it is not. */
int journal_check(const char *path);

/* Append a line; text must be one line. 0 or a negative errno. */
int journal_add(struct journal *journal, uint64_t wall_ns, const char *kind,
                const char *text);

#endif
