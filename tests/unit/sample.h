/*
 * A small story as records with fixed times, for the tests of the screen:
 * three clients, every QoS, a will that fires, a session that is kept, a
 * packet against the rules, and names that try to disturb the terminal.
 */
#ifndef UNIT_SAMPLE_H
#define UNIT_SAMPLE_H

#include "mqtt/packet.h"
#include "wire/event.h"
#include "wire/record.h"

/* Takes the records, one after the other. */
typedef void sample_taker(void *owner, const struct record *record);

struct sample {
    sample_taker *take;
    void *owner;
    uint64_t seq;     /* of the record made last */
    uint64_t time_ns; /* of the next one */
    struct buf bytes; /* owned */
};

/* 2026-01-05 10:00:00 UTC: a story begins. */
#define SAMPLE_START_NS UINT64_C(1767607200000000000)

void sample_begin(struct sample *sample, sample_taker *take, void *owner);
void sample_end(struct sample *sample);

/* Let time pass. */
void sample_wait(struct sample *sample, unsigned ms);

/* An event; key and value pairs follow, ended by 0. Returns its seq. */
uint64_t sample_event(struct sample *sample, unsigned code, uint32_t connection,
                      uint64_t cause, ...);

/* A packet; version of the connection. Returns its seq. */
struct sample_way {
    uint32_t connection;
    enum mqtt_version version;
    bool to_client;
    uint64_t cause;
};
uint64_t sample_packet(struct sample *sample, struct sample_way way,
                       const struct mqtt_packet *packet);

/* Short forms. */
uint64_t sample_connect(struct sample *sample, struct sample_way way,
                        const struct mqtt_connect *connect);
uint64_t sample_publish(struct sample *sample, struct sample_way way,
                        uint16_t packet_id, unsigned qos, const char *topic,
                        const char *payload);
uint64_t sample_ack(struct sample *sample, struct sample_way way,
                    enum mqtt_type type, uint16_t packet_id);
uint64_t sample_subscribe(struct sample *sample, struct sample_way way,
                          uint16_t packet_id, unsigned qos,
                          const char *topic_filter);
/* Bytes as they are. */
uint64_t sample_bytes(struct sample *sample, struct sample_way way,
                      unsigned flags, const void *bytes, size_t len);

/* Tell all of the story. */
void sample_story(struct sample *sample);

#endif
