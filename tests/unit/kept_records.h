/*
 * Copies of records, to be written into a recording and compared with what is
 * read from it.
 */
#ifndef UNIT_KEPT_RECORDS_H
#define UNIT_KEPT_RECORDS_H

#include "base/buf.h"
#include "wire/record.h"

#define KEPT_RECORDS_MAX 128

struct kept_records {
    struct record items[KEPT_RECORDS_MAX]; /* their bytes are owned */
    size_t count;
};

/* Keep a copy; context is the struct, so that sample_visit can call it. */
void kept_records_add(void *context, const struct record *record);
void kept_records_release(struct kept_records *records);

/* A pcapng file in memory; the caller frees the bytes. */
struct kept_file {
    char *bytes;
    size_t len;
};

struct kept_file kept_records_write(const struct kept_records *records);

/* Make packet a PUBLISH to "long" with a payload of so many bytes. */
void kept_records_publish(struct buf *packet, size_t payload_len);

#endif
