/*
 * Capture files as tcpdump, Wireshark and this program write them: pcap and
 * pcapng, in any byte order and any resolution of time.
 *
 * Read from front to back and never held as a whole, so a pipe will do. What a
 * file says of its own sizes is not trusted: a frame or block that claims to be
 * larger than CAPTURE_MAX_BLOCK is an error, and so is one that ends early.
 */
#ifndef CAPTURE_CAPTURE_FILE_H
#define CAPTURE_CAPTURE_FILE_H

#include "base/slice.h"

#include <stdint.h>
#include <sys/types.h>

#define CAPTURE_MAX_BLOCK      (16u << 20)
#define CAPTURE_MAX_INTERFACES 65536u /* of one section */

enum capture_item_type {
    CAPTURE_FRAME,   /* what crossed the wire */
    CAPTURE_SECRETS, /* lines of a TLS key log */
    CAPTURE_RECORD,  /* a block that only this program writes: see
                        wire/pcapng_block.h */
};

struct capture_item {
    enum capture_item_type type;
    uint64_t number; /* of a frame: from 1, as Wireshark counts */
    uint64_t time_ns;
    uint32_t original_len; /* on the wire; bytes may be fewer */
    uint16_t link_type;    /* LINKTYPE_ of tcpdump.org */
    struct slice bytes;    /* borrowed until the next call */
    struct slice options;  /* of a pcapng frame */
    bool swapped;          /* their numbers are in the other byte order */
};

/* Where bytes come from: as read(2), and blocks as it does. */
struct capture_input {
    ssize_t (*read)(void *context, void *bytes, size_t len);
    void *context;
};

/* The input that a descriptor is; fd stays the caller's, and must outlive it.
 */
struct capture_input capture_file_descriptor(const int *fd);

struct capture_file;

/* Begin to read; NULL with a message in error when it is no capture. */
struct capture_file *capture_file_new(struct capture_input input, char *error,
                                      size_t error_size);
void capture_file_free(struct capture_file *file);

/*
 * The next item: 1, 0 at the end, or a negative errno when the file is damaged
 * or ends in the middle of something (capture_file_error says where and what).
 */
int capture_file_next(struct capture_file *file, struct capture_item *item);
const char *capture_file_error(const struct capture_file *file);

/* Would capture_file_next have to read first, and so perhaps wait? */
bool capture_file_hungry(const struct capture_file *file);

/*
 * The next option of code wanted in a frame's options: true and its value, and
 * item->options goes on behind it.
 */
bool capture_file_option(struct capture_item *item, unsigned wanted,
                         struct slice *value);

#endif
