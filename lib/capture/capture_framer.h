/*
 * One direction of an MQTT connection, cut into Control Packets, also when
 * bytes of it are missing.
 *
 * Unlike mqtt/framer.h it takes any type and any flags, for what is wrong is
 * to be shown. After a loss it goes on where the interrupted packet ends, if
 * that is known, and else looks for bytes that can only be packets.
 */
#ifndef CAPTURE_CAPTURE_FRAMER_H
#define CAPTURE_CAPTURE_FRAMER_H

#include "base/buf.h"
#include "capture/capture_tcp.h"

/* Of a packet larger than this only so many bytes are kept. */
#define CAPTURE_MAX_PACKET (4u << 20)

struct capture_packet {
    struct slice bytes;    /* fewer than original_len when cut or damaged */
    uint32_t original_len; /* as its header says */
    bool malformed;        /* no packet: its length is none */
    struct capture_origin origin; /* the latest frame that brought a part */
};

struct capture_framer_events {
    void (*on_packet)(void *context, const struct capture_packet *packet);
    /* count bytes were passed over until a packet was found. */
    void (*on_skipped)(void *context, uint64_t count);
    void *context;
};

/* A zeroed struct is at the beginning of a connection. */
struct capture_framer {
    struct buf held;              /* of a packet that is not whole */
    struct capture_origin origin; /* of the latest of it */
    uint64_t dropped;  /* bytes of the packet behind CAPTURE_MAX_PACKET */
    uint64_t to_skip;  /* bytes of a packet that was handed on */
    bool searching;    /* for the beginning of a packet */
    bool fresh;        /* nothing was lost: the first bytes seen may be broken
                         packets, if their lengths fit */
    unsigned doubtful; /* so many packets that follow must be right, or what
                          was found is no packet after all */
    uint64_t skipped;  /* passed over so far */
    bool from_client;  /* set by the user, and version: they help to search */
    uint8_t version;   /* enum mqtt_version; 0: not known */
};

void capture_framer_release(struct capture_framer *framer);

/* The next bytes. */
void capture_framer_take(struct capture_framer *framer, struct slice bytes,
                         const struct capture_origin *origin,
                         const struct capture_framer_events *events);

/* count bytes are not there (0: nobody knows how many), or the first bytes seen
   are perhaps not the first of a packet. */
void capture_framer_lose(struct capture_framer *framer, uint32_t count,
                         const struct capture_framer_events *events);

/* Nothing more comes: what is held of a packet is handed on. */
void capture_framer_end(struct capture_framer *framer,
                        const struct capture_framer_events *events);

/* ---- capture_resync.c ---- */

/*
 * Where in bytes a packet begins: its offset. bytes.len when nothing looks like
 * one. *wait is set when more bytes are needed to be sure; then everything
 * before the offset can be passed over.
 */
size_t capture_resync(const struct capture_framer *framer, struct slice bytes,
                      bool *wait);

/* Is it a packet without a fault? */
bool capture_resync_is_right(const struct capture_framer *framer,
                             struct slice packet);

/* The size of the packet that bytes begin with: > 0; 0 when more bytes are
   needed; negative when it is none. */
int64_t capture_framer_size(struct slice bytes);

#endif
