/*
 * ClientHello and ServerHello [RFC 8446 4.1.2, 4.1.3], with the extensions that
 * tell an eavesdropper something.
 */
#include "wire/dissect_cable.h"

#include <stdio.h>

enum extension {
    SERVER_NAME = 0,
    ALPN = 16,
    TICKET = 35,
    PRE_SHARED_KEY = 41,
    SUPPORTED_VERSIONS = 43,
};

static void server_name(struct dissector *d)
{
    if (d->at == d->end)
        return; /* the server says only that it has used the name */
    dissect_cable_number(d, DISSECT_TLS_SNI_LIST_LENGTH, 2);
    while (!d->stopped && d->at < d->end) {
        dissect_cable_number(d, DISSECT_TLS_SNI_TYPE, 1);
        uint32_t len = dissect_cable_number(d, DISSECT_TLS_SNI_LENGTH, 2);

        if (dissect_cable_room(d, len))
            dissector_bytes(d, DISSECT_TLS_SNI, len);
    }
}

static void alpn(struct dissector *d)
{
    dissect_cable_number(d, DISSECT_TLS_ALPN_LENGTH, 2);
    while (!d->stopped && d->at < d->end) {
        uint32_t len = dissect_cable_number(d, DISSECT_TLS_ALPN_STR_LENGTH, 1);

        if (dissect_cable_room(d, len))
            dissector_bytes(d, DISSECT_TLS_ALPN, len);
    }
}

static void versions(struct dissector *d, bool from_client)
{
    if (from_client)
        dissect_cable_number(d, DISSECT_TLS_VERSIONS_LENGTH, 1);
    while (!d->stopped && d->at < d->end)
        dissect_cable_number(d, DISSECT_TLS_VERSION, 2);
}

/* The names of keys; the binders behind them are left alone. */
static void pre_shared_key(struct dissector *d, bool from_client)
{
    uint32_t all;
    uint32_t outer;

    if (!from_client)
        return;
    all = dissect_cable_number(d, DISSECT_TLS_PSK_IDS_LENGTH, 2);
    outer = dissect_cable_enter(d, all);
    while (!d->stopped && d->at < d->end) {
        uint32_t len = dissect_cable_number(d, DISSECT_TLS_PSK_ID_LENGTH, 2);

        if (!dissect_cable_room(d, len))
            break;
        dissector_bytes(d, DISSECT_TLS_PSK_ID, len);
        dissect_cable_number(d, DISSECT_TLS_PSK_AGE, 4);
    }
    dissect_cable_leave(d, outer);
}

static void ticket(struct dissector *d)
{
    if (d->at < d->end)
        dissector_bytes(d, DISSECT_TLS_TICKET, d->end - d->at);
}

static void extension_body(struct dissector *d, uint32_t type, bool from_client)
{
    switch (type) {
    case SERVER_NAME: server_name(d); break;
    case ALPN: alpn(d); break;
    case TICKET: ticket(d); break;
    case PRE_SHARED_KEY: pre_shared_key(d, from_client); break;
    case SUPPORTED_VERSIONS: versions(d, from_client); break;
    default: break;
    }
}

static void extension(struct dissector *d, bool from_client)
{
    const uint8_t *at = d->bytes.bytes + d->at;
    const char *name = dissect_cable_extension((uint32_t)at[0] << 8 | at[1]);
    uint32_t len = (uint32_t)at[2] << 8 | at[3];
    uint32_t begin = d->at;
    uint32_t outer = dissect_cable_enter(d, 4 + len);
    char text[80];

    snprintf(text, sizeof(text), "Extension: %s", name ? name : "unknown");
    dissector_heading(d, DISSECT_NO_FIELD, d->end - d->at, text);
    d->at = begin;
    d->depth++;
    uint32_t type = dissector_number(d, DISSECT_TLS_EXTENSION_TYPE, 2);
    dissector_number(d, DISSECT_TLS_EXTENSION_LENGTH, 2);
    extension_body(d, type, from_client);
    d->depth--;
    dissect_cable_leave(d, outer);
}

static void suites(struct dissector *d, bool from_client)
{
    uint32_t len = 2;
    uint32_t outer;

    if (from_client)
        len = dissect_cable_number(d, DISSECT_TLS_SUITES_LENGTH, 2);
    outer = dissect_cable_enter(d, len);
    while (!d->stopped && d->at < d->end)
        dissect_cable_number(d, DISSECT_TLS_SUITE, 2);
    dissect_cable_leave(d, outer);
    len = 1;
    if (from_client)
        len = dissect_cable_number(d, DISSECT_TLS_COMPRESSIONS_LENGTH, 1);
    outer = dissect_cable_enter(d, len);
    while (!d->stopped && d->at < d->end)
        dissect_cable_number(d, DISSECT_TLS_COMPRESSION, 1);
    dissect_cable_leave(d, outer);
}

void dissect_tls_hello(struct dissector *d, bool from_client)
{
    dissect_cable_number(d, DISSECT_TLS_HANDSHAKE_VERSION, 2);
    if (!dissect_cable_room(d, 32))
        return;
    dissector_bytes(d, DISSECT_TLS_RANDOM, 32);
    uint32_t len = dissect_cable_number(d, DISSECT_TLS_SESSION_ID_LENGTH, 1);
    if (!dissect_cable_room(d, len))
        return;
    if (len)
        dissector_bytes(d, DISSECT_TLS_SESSION_ID, len);
    suites(d, from_client);
    if (d->stopped || d->at == d->end)
        return;
    dissect_cable_number(d, DISSECT_TLS_EXTENSIONS_LENGTH, 2);
    while (!d->stopped && d->end - d->at >= 4 && !dissector_full(d))
        extension(d, from_client);
}
