/*
 * What other programs captured, as records: MQTT out of frames.
 *
 * Frames become IP packets, those TCP connections, those (through TLS and
 * WebSocket, if that is what they carry) Control Packets; each is handed on as
 * a record, as a broker's tap would give it, so that filters, views, labs and
 * writers do not know the difference. A recording of this program is read as
 * what it is: its records come out as they went in.
 *
 * What a connection speaks is said by its port, or by how it begins. Others
 * are ignored.
 */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include "capture/capture_file.h"
#include "wire/record.h"

enum capture_protocol {
    CAPTURE_UNDECIDED,
    CAPTURE_MQTT,
    CAPTURE_WS,
    CAPTURE_TLS, /* what is in it is found out */
    CAPTURE_WSS,
    CAPTURE_NOT_OURS,
};

/* What is spoken at a port. */
struct capture_port {
    uint16_t port;
    enum capture_protocol protocol;
};

/* A record, and the frame that brought its last byte. */
struct capture_row {
    struct record record; /* bytes borrowed until the call returns */
    uint64_t frame;
    uint64_t origin_ns;   /* time of the first frame; 0: none has come yet, or
                             there is no file */
    uint64_t previous_ns; /* time of the frame before it; 0: it is the first */
    uint32_t frame_len;   /* on the wire */
    uint32_t stream;      /* TCP connections as Wireshark counts them, from 0;
                             UINT32_MAX: of none, or of a recording of ours */
    const char *comment;  /* of the frame; NULL: none */
};

struct capture_options {
    const struct capture_port *ports; /* before the usual ones; borrowed */
    size_t port_count;
    void (*on_row)(void *context, const struct capture_row *row);
    /* Something is strange, but reading goes on: a line for people. */
    void (*on_warning)(void *context, const char *text);
    /* TLS keys are missing: capture_add_keys may be called from within. NULL:
       there are no more. */
    void (*want_keys)(void *context);
    void *context;
    bool outside; /* of a recording of ours, too, only what crossed the cable */
};

struct capture;

/* Begin to read; NULL with a message in error when it is no capture. */
struct capture *capture_new(struct capture_input input,
                            const struct capture_options *options, char *error,
                            size_t error_size);
void capture_free(struct capture *capture);

/* TLS keys, as lines of a key log file. */
void capture_add_keys(struct capture *capture, struct slice lines);

/* A pre-shared key of TLS, in hex digits; false: it is none. */
bool capture_set_psk(struct capture *capture, struct slice hex);

/*
 * Read the next frame and hand on the records that it completes. Returns 1, or
 * 0 at the end, after what was still waiting was handed on; or a negative errno
 * (capture_error says where and why) after the same.
 */
int capture_step(struct capture *capture);
const char *capture_error(const struct capture *capture);

/* Would capture_step have to read first, and so perhaps wait? */
bool capture_hungry(const struct capture *capture);

#endif
