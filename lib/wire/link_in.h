/*
 * The half of a link that takes bytes in; wire/link.h has the whole.
 *
 * The packets of one read are handed over one after the other, until the owner
 * says that it is enough for this turn. Then the rest is copied and kept, and
 * handed over from the next turn on; until that is done the transport is not
 * read from. So a peer cannot keep the others waiting by what it sends at once.
 */
#ifndef WIRE_LINK_IN_H
#define WIRE_LINK_IN_H

#include "wire/link.h"

/* Bytes came. */
void link_in_take(struct link *link, struct slice bytes);

/* No more will come: on_end, when all that came before was handed over. */
void link_in_end(struct link *link, int error);

/* The link closes: show the half packet that nothing will complete. */
void link_in_give_up(struct link *link);

/* The link is closed: free what is left. */
void link_in_release(struct link *link);

/* ---- for the gate (wire/gate.h) ---- */

/* Before a packet is recorded: the owner may say who the client is. */
void link_in_hello(struct link *link, const struct frame *frame);

/* Hand a packet to the owner that was recorded as seq; nothing happens when the
   owner wants no more packets now, unless first. */
void link_in_hand(struct link *link, const struct frame *frame, uint64_t seq,
                  bool first);

/* What comes is no packet: say so, and take no more. */
void link_in_refuse(struct link *link, struct slice bytes,
                    enum mqtt_reason reason);

/* The packet that is being handed over waits until the link is resumed (with
   LINK_HOLD_GATE), and has this record then. */
void link_in_wait(struct link *link, uint64_t seq);

/* The packet that waits so is not to be handed over. */
void link_in_skip(struct link *link);

/* Send bytes that the tap has been shown. */
void link_pass(struct link *link, struct slice bytes);

/* ---- all ---- */

/* Does somebody watch? */
static inline bool link_in_watched(const struct link *link)
{
    return link->tap && tap_on(link->tap);
}

/* A record of bytes of this link, to be completed. */
static inline struct record link_in_describe(const struct link *link,
                                             enum record_type type,
                                             enum record_direction direction,
                                             struct slice bytes)
{
    return (struct record){
        .type = (uint8_t)type,
        .direction = (uint8_t)direction,
        .connection = link->connection,
        .version = link->version,
        .actor = link->actor,
        .layer = link->within ? RECORD_WITHIN : RECORD_PLAIN,
        .original_len = (uint32_t)bytes.len,
        .bytes = bytes,
    };
}

#endif
