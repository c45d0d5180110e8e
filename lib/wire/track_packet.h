/*
 * What the tracker wants to know of a packet.
 *
 * Not the codec, which refuses a packet as a whole: a record may be cut short
 * or be a packet that the broker refused, and what can be read of it counts.
 */
#ifndef WIRE_TRACK_PACKET_H
#define WIRE_TRACK_PACKET_H

#include "base/slice.h"

#include <stdint.h>

/* Slices borrow from the packet. What it does not have is 0 or empty. */
struct track_packet {
    uint8_t type;    /* enum mqtt_type */
    uint8_t version; /* enum mqtt_version: of a CONNECT its own */
    uint8_t qos;
    bool dup;
    bool clean;           /* Clean Start */
    bool session_present; /* CONNACK */
    bool has_expiry;
    uint8_t reason;
    uint16_t packet_id;
    uint16_t alias;         /* Topic Alias; 0: none */
    uint32_t expiry_s;      /* Session Expiry Interval, if has_expiry */
    struct slice client_id; /* of CONNECT, or assigned by CONNACK */
    struct slice user_name;
    struct slice topic; /* Topic Name, or first Topic Filter */
};

/* version: enum mqtt_version of the connection, 0 when not known. */
void track_packet_read(struct track_packet *packet, struct slice bytes,
                       unsigned version);

#endif
