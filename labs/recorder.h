/*
 * The recorder: every record of a lab, written to a capture file as it comes.
 *
 * A workspace holds recording-001.pcapng, -002 and so on: one for each time
 * that the student sat down. Sequence numbers go on from file to file, so that
 * all of them together are one history. They rise, but have holes.
 */
#ifndef LABS_RECORDER_H
#define LABS_RECORDER_H

#include "wire/pcapng.h"
#include "wire/record.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Called for each record of the recordings, in order. */
typedef void recorder_visit(void *context, const struct record *record);

/*
 * Visit all records in the folder. Sets *last_seq to the highest sequence
 * number. Returns 0, or a negative errno with a message in error, also when a
 * file is there and cannot be read.
 */
int recorder_replay(const char *folder, recorder_visit *visit, void *context,
                    uint64_t *last_seq, char *error, size_t error_size);

struct recorder {
    FILE *file;
    struct pcapng_writer *writer;
    uint64_t base;            /* added to the sequence numbers of the source */
    uint64_t last_seq;        /* highest written */
    uint32_t connection_base; /* added to the connections' numbers */
    uint32_t last_connection;
    uint64_t bytes; /* of all recordings in the folder, about */
    uint64_t limit; /* of bytes; 0: none */
    bool full;      /* the limit was reached, and has not been raised since */
    int failed;     /* what the system said, once a file could not be written */
};

/*
 * Begin the next file of the folder, after last_seq; comment is copied. Returns
 * 0 or a negative errno: -EMFILE when 999 are there. Close it either way.
 */
int recorder_open(struct recorder *recorder, const char *folder,
                  const char *comment, uint64_t last_seq);
void recorder_close(struct recorder *recorder);

/* A new source (another broker, or the same one again): its numbers begin
   anew, so they are moved behind what is recorded. */
void recorder_new_source(struct recorder *recorder);

/* Let the recordings grow to so many bytes. */
void recorder_limit(struct recorder *recorder, uint64_t bytes);

/*
 * Give the record its place in the recording (changes seq, cause and
 * connection) and write it. 0 or a negative errno; -EFBIG from the record on
 * that does not fit under the limit, until that is raised. A failure of the
 * system stays: half a record may be written, and nothing goes behind it.
 */
int recorder_write(struct recorder *recorder, struct record *record);

/* A record of our own: it gets the next sequence number and has no limit. */
int recorder_write_own(struct recorder *recorder, struct record *record);

/* Make sure that all is in the file. 0 or a negative errno, which stays. */
int recorder_flush(struct recorder *recorder);

#endif
