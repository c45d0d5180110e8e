/*
 * One CONNECT while it is decided about, and the CONNACK that answers it
 * [MQTT5 3.2].
 */
#ifndef BROKER_ADMISSION_H
#define BROKER_ADMISSION_H

#include "broker/identity.h"
#include "mqtt/connect.h"

struct broker;
struct connection;

struct admission {
    struct connection *connection;
    struct broker *broker;
    struct slice body; /* of the CONNECT */
    struct mqtt_connect connect;
    struct slice user_name; /* empty: none */
    bool has_method;        /* an Authentication Method that we know */
    struct slice auth_data; /* for CONNACK, with that method */
    enum identity_voucher voucher;
    uint64_t seq;           /* of its record */
    struct slice client_id; /* the client's, or the one we made up */
    char assigned[96];      /* the one we made up; empty: none */
    bool was_nameless;      /* its user name is the Client Identifier, of which
                               it sent none */
    uint16_t keep_alive_s;  /* what holds */
    uint32_t expiry_s;      /* Session Expiry Interval that holds */
    bool session_present;
    const char *text; /* why not, for the log and who watches; told to the
                         client as well unless it is about who it is */
};

/* connect was decoded: take the user name for Client Identifier if the listener
   has use_username_as_clientid. */
void admission_rename(struct admission *admission);

/* Append the CONNACK with this Reason Code to packet. */
void admission_encode(const struct admission *admission,
                      enum mqtt_reason reason, struct buf *packet);

/* Send it, unless it is larger than the client accepts [MQTT-3.1.2-24]. */
void admission_answer(const struct admission *admission,
                      enum mqtt_reason reason);

#endif
