/*
 * What somebody on the cable learns of one connection: from the bytes that
 * crossed it, and from nothing else. Of bytes that crossed before anybody
 * watched it is what the broker says that they were.
 *
 * Records of the packets within say only what there was to learn, so that "he
 * does not read it" and "there was none" are told apart.
 */
#ifndef WIRE_EAVESDROPPER_H
#define WIRE_EAVESDROPPER_H

#include "base/buf.h"
#include "net/ws_frame.h"
#include "wire/dissect.h"

/* What protects the connection. */
enum eavesdropper_cover {
    EAVESDROPPER_UNKNOWN, /* nothing crossed yet that says so */
    EAVESDROPPER_PLAIN,
    EAVESDROPPER_WS,
    EAVESDROPPER_TLS_1_2, /* or older */
    EAVESDROPPER_TLS_1_3,
    EAVESDROPPER_COVERS,
};

enum eavesdropper_secret {
    EAVESDROPPER_SIZES, /* addresses, times, sizes */
    EAVESDROPPER_HOST,  /* the server's name, as the client asks for it */
    EAVESDROPPER_SERVER,
    EAVESDROPPER_CLIENT, /* of its certificate, or of its pre-shared key */
    EAVESDROPPER_CLIENT_ID,
    EAVESDROPPER_USER_NAME,
    EAVESDROPPER_PASSWORD,
    EAVESDROPPER_TOPIC,
    EAVESDROPPER_MESSAGE,
    EAVESDROPPER_QOS,
    EAVESDROPPER_SECRETS,
};

enum eavesdropper_answer {
    EAVESDROPPER_NOTHING, /* there was none */
    EAVESDROPPER_HIDDEN,
    EAVESDROPPER_GUESSED, /* from sizes */
    EAVESDROPPER_READ,
};

#define EAVESDROPPER_VALUE_BYTES 128

struct eavesdropper {
    enum eavesdropper_cover cover;
    struct {
        enum eavesdropper_answer answer;
        char value[EAVESDROPPER_VALUE_BYTES]; /* what he read first, made
                                                 harmless; "": nothing */
    } secrets[EAVESDROPPER_SECRETS];
    uint64_t bytes[2]; /* from the client, from the broker */
    unsigned overhead; /* bytes that encryption adds to a record; 0: unknown */

    struct {
        uint32_t len; /* of records with content, the latest last */
        bool from_client;
    } sizes[4];
    bool has_exchange; /* a small answer was seen: that to CONNECT */

    struct {
        struct ws_frame_reader frames;
        struct buf mqtt; /* owned: what the frames carried, not whole yet */
        bool broken;
    } sides[2];
    unsigned version; /* enum mqtt_version, from a CONNECT that he read */
    struct dissection cable;  /* owned: to work in */
    struct dissection packet; /* owned */
};

/* Zeroed before the first row, which is one of the connection's. */
void eavesdropper_take(struct eavesdropper *eavesdropper,
                       const struct history_row *row);
void eavesdropper_release(struct eavesdropper *eavesdropper);

/* "plain", "WebSocket", "TLS 1.2", "TLS 1.3"; "?" when it is unknown. */
const char *eavesdropper_cover_name(enum eavesdropper_cover cover);
/* "-", "no", "guess", "YES" */
const char *eavesdropper_answer_name(enum eavesdropper_answer answer);

#endif
