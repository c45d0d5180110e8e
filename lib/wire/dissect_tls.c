/*
 *   +------+---------+--------+---------+      +------+--------+------+
 *   | type | version | length | content |      | type | length | body |
 *   +------+---------+--------+---------+      +------+--------+------+
 *      1        2        2      a record          1       3     a message
 */
#include "base/buf.h"
#include "wire/dissect_cable.h"
#include "wire/tls_hello.h"

#include <stdio.h>

enum { CHANGE_CIPHER = 20, ALERT, HANDSHAKE, APPLICATION };

#define PSK_HINT_MAX 128 /* of a length that may be a hint's */

/* ---- bodies ---- */

static void certificates(struct dissector *d)
{
    uint32_t all = dissect_cable_number(d, DISSECT_TLS_CERTIFICATES_LENGTH, 3);
    uint32_t outer = dissect_cable_enter(d, all);

    while (!d->stopped && d->at < d->end) {
        uint32_t len =
            dissect_cable_number(d, DISSECT_TLS_CERTIFICATE_LENGTH, 3);
        if (!dissect_cable_room(d, len))
            break;
        uint32_t begin = d->at;
        dissector_bytes(d, DISSECT_TLS_CERTIFICATE, len);
        uint32_t behind = d->at;
        uint32_t end = d->end;
        d->at = begin;
        d->end = behind;
        d->depth++;
        dissect_certificate(d);
        d->depth--;
        d->stopped = false;
        d->at = behind;
        d->end = end;
    }
    dissect_cable_leave(d, outer);
}

static void ticket(struct dissector *d)
{
    dissect_cable_number(d, DISSECT_TLS_TICKET_LIFETIME, 4);
    uint32_t len = dissect_cable_number(d, DISSECT_TLS_TICKET_LENGTH, 2);

    if (dissect_cable_room(d, len) && len)
        dissector_bytes(d, DISSECT_TLS_TICKET, len);
}

static void named_key(struct dissector *d, enum dissect_id len_id,
                      enum dissect_id id)
{
    uint32_t len = dissect_cable_number(d, len_id, 2);

    if (dissect_cable_room(d, len) && len)
        dissector_bytes(d, id, len);
}

/*
 * With a pre-shared key both begin with two bytes of length: of the hint, of
 * the identity [RFC 4279 2, RFC 5489 2]. Others begin with the kind of a curve
 * (3) or the length of a key, of which the first byte is not 0.
 */
static bool begins_with_name(const struct dissector *d)
{
    const uint8_t *at = d->bytes.bytes + d->at;
    uint32_t left = d->end - d->at;

    return left >= 2 && !at[0] && at[1] <= PSK_HINT_MAX && at[1] + 2u <= left;
}

static void body(struct dissector *d, unsigned type, bool from_client)
{
    if (type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO)
        dissect_tls_hello(d, type == TLS_CLIENT_HELLO);
    else if (type == TLS_CERTIFICATE)
        certificates(d);
    else if (type == TLS_NEW_TICKET)
        ticket(d);
    else if (type == TLS_SERVER_KEY_EXCHANGE && !from_client &&
             begins_with_name(d))
        named_key(d, DISSECT_TLS_HINT_LENGTH, DISSECT_TLS_HINT);
    else if (type == TLS_KEY_EXCHANGE && from_client && begins_with_name(d))
        named_key(d, DISSECT_TLS_IDENTITY_LENGTH, DISSECT_TLS_IDENTITY);
}

/* ---- messages ---- */

static void group_text(struct dissector *d, enum dissect_id id, uint32_t count,
                       const char *name)
{
    uint32_t at = d->at;
    char text[100];

    snprintf(text, sizeof(text), "%s: %s", dissect_fields_info(id)->label,
             name ? name : "Unknown");
    dissector_heading(d, id, count, text);
    d->at = at;
    d->depth++;
}

static void message(struct dissector *d, bool from_client)
{
    const uint8_t *at = d->bytes.bytes + d->at;
    uint32_t len = 4 + ((uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]);
    uint32_t outer = dissect_cable_enter(d, len);

    group_text(d, DISSECT_TLS_HANDSHAKE, d->end - d->at,
               dissect_cable_handshake(at[0]));
    uint32_t type = dissect_cable_number(d, DISSECT_TLS_HANDSHAKE_TYPE, 1);
    dissect_cable_number(d, DISSECT_TLS_HANDSHAKE_LENGTH, 3);
    body(d, type, from_client);
    d->depth--;
    dissect_cable_leave(d, outer);
}

static void handshake(struct dissector *d, const struct cable_unit *unit,
                      bool from_client)
{
    uint32_t before = unit->message_left;

    if (before) {
        char text[80];

        if (before > d->end - d->at)
            before = d->end - d->at;
        snprintf(text, sizeof(text),
                 "The rest of a message that began before: %u bytes",
                 (unsigned)before);
        dissector_heading(d, DISSECT_NO_FIELD, before, text);
    }
    while (d->end - d->at >= 4 && !dissector_full(d))
        message(d, from_client);
}

/* ---- records ---- */

static void content(struct dissector *d, uint32_t len, const char *what)
{
    char text[80];

    snprintf(text, sizeof(text), "%s: %u bytes", what, (unsigned)len);
    dissector_heading(d, DISSECT_NO_FIELD, d->end - d->at, text);
}

static void alert(struct dissector *d)
{
    if (d->end - d->at < 2)
        return;
    group_text(d, DISSECT_TLS_ALERT, 2,
               dissect_cable_alert(d->bytes.bytes[d->at + 1]));
    dissector_number(d, DISSECT_TLS_ALERT_LEVEL, 1);
    dissector_number(d, DISSECT_TLS_ALERT_DESC, 1);
    d->depth--;
}

static void application(struct dissector *d, uint32_t len)
{
    uint32_t here = d->end - d->at;

    if (here == len && len)
        dissector_bytes(d, DISSECT_TLS_APP_DATA, len);
    else
        dissect_cable_room(d, len);
}

static const char *record_name(unsigned type, bool encrypted)
{
    if (!encrypted)
        return dissect_cable_content_type(type);
    return type == HANDSHAKE ? "Encrypted Handshake Message"
           : type == ALERT   ? "Encrypted Alert"
                             : dissect_cable_content_type(type);
}

void dissect_tls_record(struct dissector *d, const struct cable_unit *unit,
                        const struct cable_place *place)
{
    unsigned type = d->bytes.bytes[d->at];
    bool opaque = place->is_1_3 && type == APPLICATION;

    group_text(d, DISSECT_TLS_RECORD, unit->here,
               record_name(type, unit->is_encrypted));
    dissector_number(
        d, opaque ? DISSECT_TLS_OPAQUE_TYPE : DISSECT_TLS_CONTENT_TYPE, 1);
    dissector_number(d, DISSECT_TLS_RECORD_VERSION, 2);
    uint32_t len = dissector_number(d, DISSECT_TLS_RECORD_LENGTH, 2);
    if (unit->is_encrypted && type != APPLICATION)
        content(d, len, record_name(type, true));
    else if (type == HANDSHAKE)
        handshake(d, unit, place->from_client);
    else if (type == ALERT)
        alert(d);
    else if (type == CHANGE_CIPHER)
        dissector_heading(
            d, DISSECT_TLS_CHANGE_CIPHER, d->end - d->at,
            dissect_fields_info(DISSECT_TLS_CHANGE_CIPHER)->label);
    else if (type == APPLICATION)
        application(d, len);
}
