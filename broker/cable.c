#include "broker/cable.h"

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/proxied.h"
#include "net/transport_watch.h"
#include "wire/cable_hide.h"
#include "wire/link.h"

#include <stdlib.h>

/* A client that sends no whole CONNECT within so much is hidden altogether. */
#define KEPT_LIMIT 524288u

struct cable {
    struct link *link;
    struct buf kept;  /* of the client's, until CONNECT is known */
    struct buf going; /* the parts of one write, so far */
    bool readable;    /* the password crosses it for all to read */
    bool missed;      /* bytes of the client's, while nobody watched */
    bool in_frames;   /* the HTTP request was recorded */
    bool begun;       /* the client's first byte came */
    bool plain;       /* it was that of a CONNECT, where TLS should come */
};

static void record_piece(const struct cable *cable, bool in, struct slice bytes)
{
    const struct link *link = cable->link;

    tap_write(link->tap, &(struct record){
                             .type = RECORD_WIRE,
                             .layer = RECORD_CABLE,
                             .direction = in ? RECORD_C2B : RECORD_B2C,
                             .connection = link->connection,
                             .actor = link->actor,
                             .bytes = bytes,
                         });
}

/* Nothing is left out: what is too long for one record becomes several. */
static void record(const struct cable *cable, bool in, struct slice bytes)
{
    while (bytes.len) {
        struct slice piece = slice_first(
            bytes, bytes.len < TAP_SNAP_BYTES ? bytes.len : TAP_SNAP_BYTES);

        record_piece(cable, in, piece);
        bytes = slice_skip(bytes, piece.len);
    }
}

/* The client's CONNECT is known, or will never be. */
static void record_kept(struct cable *cable)
{
    struct buf *kept = &cable->kept;

    if (!kept->len)
        return;
    bool whole = !cable->missed && kept->len <= KEPT_LIMIT;
    if (whole && cable->in_frames)
        cable_hide(kept->bytes, kept->len);
    else if (whole && cable->plain)
        cable_hide_packets(kept->bytes, kept->len);
    else
        cable_hide_all(kept->bytes, kept->len);
    record(cable, true, buf_slice(kept));
    buf_release(kept);
}

/* There may be a password in it, but for the HTTP request, and nobody knows yet
   where. */
static void keep(struct cable *cable, struct slice bytes)
{
    struct buf *kept = &cable->kept;

    buf_append_slice(kept, bytes);
    size_t end = cable->in_frames || cable->missed
                     ? 0
                     : cable_request_end(kept->bytes, kept->len);
    if (end) {
        cable_hide_request(kept->bytes, end);
        record(cable, true, slice_first(buf_slice(kept), end));
        buf_consume(kept, end);
        cable->in_frames = true;
    }
    if (kept->len <= KEPT_LIMIT)
        return;
    record_kept(cable);
    cable->missed = true;
}

/* Parts of one write are one piece. */
static void record_going(struct cable *cable, struct slice bytes, bool more)
{
    struct buf *going = &cable->going;

    if (!more && !going->len) {
        record(cable, false, bytes);
        return;
    }
    buf_append_slice(going, bytes);
    if (more)
        return;
    record(cable, false, buf_slice(going));
    buf_release(going);
}

/* A client that is not set to TLS sends its password for all to read. */
static void look_at_first(struct cable *cable, struct slice bytes)
{
    if (cable->begun || !bytes.len)
        return;
    cable->begun = true;
    cable->plain = !cable->readable && bytes.bytes[0] >> 4 == MQTT_CONNECT &&
                   !(bytes.bytes[0] & 0x0f);
    cable->readable |= cable->plain;
}

static void on_bytes(void *context, bool in, struct slice bytes, bool more)
{
    struct cable *cable = context;
    struct connection *connection = connection_of(cable->link);
    bool known = cable->link->version != 0;

    if (in)
        look_at_first(cable, bytes);
    if (!tap_on(cable->link->tap)) {
        cable->missed |= in && !known;
        buf_release(&cable->kept);
        buf_release(&cable->going);
        return;
    }
    if (connection->state == CONNECTION_ENDED)
        return; /* the goodbyes of the layers: its end was recorded already */
    connection_announce(connection);
    if (in && !known && cable->readable && !cable->link->tap->show_passwords) {
        keep(cable, bytes);
        if (!cable->plain)
            return;
        record_kept(cable); /* at once, for the connection ends now */
        cable->missed = true;
        return;
    }
    if (known)
        record_kept(cable);
    if (in)
        record(cable, true, bytes);
    else
        record_going(cable, bytes, more);
}

static void on_over(void *context)
{
    struct cable *cable = context;

    if (tap_on(cable->link->tap))
        record_kept(cable);
    buf_release(&cable->kept);
    buf_release(&cable->going);
    free(cable);
}

static const struct transport_watcher watcher = {
    .on_bytes = on_bytes,
    .on_over = on_over,
};

struct transport *cable_accept(struct broker_listener *listener, int fd,
                               const struct sockaddr *peer, struct link *link,
                               const struct transport_events *events,
                               void *owner)
{
    bool web = listener->config->protocol == CONFIG_WEBSOCKETS;

    if (!listener->tls && !web)
        return proxied_accept(listener, fd, peer, events, owner);
    struct cable *cable = alloc_zero(1, sizeof(*cable));
    cable->link = link;
    cable->readable = !listener->tls;
    link->within = true;
    struct transport *watch =
        transport_watch_new(&watcher, cable, events, owner);
    struct transport *below =
        proxied_accept(listener, fd, peer, &transport_watch_below, watch);
    if (!below) {
        transport_watch_discard(watch);
        return NULL;
    }
    transport_watch_carry(watch, below);
    return watch;
}
