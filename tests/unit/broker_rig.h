/*
 * A broker without sockets, and clients that send it whatever a test wants.
 *
 * The clock stands until a test moves it, and all that follows from a packet
 * has happened when the call that sent it returns. Topics, payloads and
 * Client Identifiers are C strings here.
 */
#ifndef UNIT_BROKER_RIG_H
#define UNIT_BROKER_RIG_H

#include "suites.h"

#include "base/buf.h"
#include "broker/broker.h"
#include "mqtt/packet.h"
#include "net/transport_memory.h"
#include "wire/event.h"
#include "wire/tap_reader.h"

#include <jansson.h>

struct rig {
    struct loop loop;
    struct config config;
    struct log log;
    struct buf lines; /* what was logged, each line ended by a newline */
    struct broker *broker;
    size_t listener; /* index of the one that rig_open connects to */
};

struct rig_client {
    struct rig *rig;
    struct transport *transport; /* our end; NULL when it is closed */
    enum mqtt_version version;
    struct buf in; /* what came and was not taken by rig_next */
    bool ended;    /* the broker closed the connection */
    uint16_t last_id;
    struct frame frame;       /* the packet that rig_next returned */
    struct buf packet;        /* its bytes */
    struct buf reason_string; /* what rig_take_reason_string returned */
};

/*
 * A configuration with one listener and no limits but those that keep memory
 * bounded. Change rig->config between rig_init and rig_start.
 */
void rig_init(struct rig *rig);
void rig_start(struct rig *rig);
void rig_release(struct rig *rig);

/* Let time pass; everything that is due happens. */
void rig_advance(struct rig *rig, double seconds);

/* Did a line with this text appear in the log? */
bool rig_logged(struct rig *rig, const char *text);

/* How many records of this event are behind what was read last, with a text
   that begins so. */
unsigned rig_events(struct rig *rig, struct tap_reader *reader,
                    enum event_code code, const char *begin);

/* Run a command of control, given as the line that would come. Returns whether
   it succeeded; what is answered replaces what is in answer. */
bool rig_control(struct rig *rig, const char *line, json_t *answer);

/* ---- clients ---- */

/* A Network Connection; nothing is sent yet. */
void rig_open(struct rig *rig, struct rig_client *client,
              enum mqtt_version version);

/* Free what is left of it. */
void rig_close(struct rig_client *client);

/* The connection breaks, with no DISCONNECT. */
void rig_cut(struct rig_client *client);

void rig_send(struct rig_client *client, const struct mqtt_packet *packet);
void rig_send_bytes(struct rig_client *client, const void *bytes, size_t len);
void rig_send_hex(struct rig_client *client, const char *hex);

/* Decode the next packet that came. Returns false when there is none. */
bool rig_next(struct rig_client *client, struct mqtt_packet *packet);

/* The next packet must be of this type; it is decoded into *packet. */
void rig_expect(struct rig_client *client, enum mqtt_type type,
                struct mqtt_packet *packet);

/* Exactly these bytes must have come. */
void rig_expect_hex(struct rig_client *client, const char *hex);

/*
 * Take the Reason String out of the packet that comes next, so that the rest
 * can be compared. Returns it until the next call; NULL when it has none.
 */
const char *rig_take_reason_string(struct rig_client *client);

void rig_expect_nothing(struct rig_client *client);
void rig_expect_ended(struct rig_client *client);

/* ---- packets ---- */

/* CONNECT with Clean Start; to be changed before it is sent. */
struct mqtt_packet rig_connect(const struct rig_client *client, const char *id);

/* Open, send CONNECT, expect the CONNACK of success; returns whether it says
   Session Present. */
bool rig_login(struct rig *rig, struct rig_client *client,
               enum mqtt_version version, const char *id, bool clean_start);

/* The same with Properties of version 5. */
bool rig_login_5(struct rig *rig, struct rig_client *client, const char *id,
                 bool clean_start, struct slice properties);

/* Send a SUBSCRIBE or UNSUBSCRIBE that has a Topic Filter so many times. */
void rig_send_filter(struct rig_client *client, enum mqtt_type type,
                     const char *filter, unsigned qos, size_t times);

/* Send SUBSCRIBE, expect SUBACK; returns the Reason Code. */
unsigned rig_subscribe(struct rig_client *client, const char *filter,
                       unsigned qos);

/* Send PUBLISH; its Packet Identifier is returned, 0 at QoS 0. */
uint16_t rig_publish(struct rig_client *client, const char *topic,
                     const char *payload, unsigned qos);
void rig_publish_retained(struct rig_client *client, const char *topic,
                          const char *payload, unsigned qos);

/* PUBACK, PUBREC, PUBREL, PUBCOMP without a Reason Code. */
void rig_ack(struct rig_client *client, enum mqtt_type type,
             uint16_t packet_id);

/* The next packet is this PUBLISH; it is decoded into *publish. */
void rig_expect_publish(struct rig_client *client, const char *topic,
                        const char *payload, unsigned qos,
                        struct mqtt_publish *publish);

/* Send DISCONNECT and close. */
void rig_logout(struct rig_client *client);

#endif
