#include "capture/capture.h"

#include "base/alloc.h"
#include "capture/capture_sn.h"
#include "capture/capture_state.h"
#include "net/address.h"
#include "wire/pcapng_block.h"
#include "wire/pcapng_frame.h"
#include "wire/pcapng_record.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room between two records for what a reader adds. */
#define SEQ_STEP 4u

static const struct capture_port usual_ports[] = {
    {ADDRESS_PORT,     CAPTURE_MQTT},
    {ADDRESS_TLS_PORT, CAPTURE_TLS },
    {9001,             CAPTURE_WS  },
    {8080,             CAPTURE_WS  },
    {9883,             CAPTURE_WSS },
    {8443,             CAPTURE_WSS },
};

enum capture_protocol capture_protocol_at(const struct capture *capture,
                                          uint16_t port)
{
    for (size_t i = 0; i < capture->options.port_count; i++) {
        if (capture->options.ports[i].port == port)
            return capture->options.ports[i].protocol;
    }
    for (size_t i = 0; i < sizeof(usual_ports) / sizeof(usual_ports[0]); i++) {
        if (usual_ports[i].port == port)
            return usual_ports[i].protocol;
    }
    return CAPTURE_UNDECIDED;
}

void capture_address_text(const struct capture_address *address, bool is_ipv6,
                          char *text, size_t size)
{
    char ip[INET6_ADDRSTRLEN] = "?";

    inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, address->ip, ip, sizeof(ip));
    snprintf(text, size, is_ipv6 ? "[%s]:%u" : "%s:%u", ip, address->port);
}

/* ---- records ---- */

void capture_emit(struct capture *capture, struct record *record,
                  const struct capture_stream *stream,
                  const struct capture_origin *origin)
{
    struct capture_row row;

    capture->seq += SEQ_STEP;
    record->seq = capture->seq;
    record->flags |= capture->flags;
    record->time_ns = origin->time_ns;
    if (!record->original_len)
        record->original_len = (uint32_t)record->bytes.len;
    if (stream)
        record->connection = stream->number + 1;
    row = (struct capture_row){
        .record = *record,
        .frame = origin->frame,
        .origin_ns = capture->first_ns,
        .previous_ns = origin->previous_ns,
        .frame_len = origin->frame_len,
        .stream = stream ? stream->number : UINT32_MAX,
    };
    if (capture->comment.len && origin->frame == capture->now.frame)
        row.comment = buf_string(&capture->comment);
    capture->options.on_row(capture->options.context, &row);
}

void capture_emit_attributes(struct capture *capture, enum record_type type,
                             const struct capture_stream *stream,
                             const struct capture_origin *origin)
{
    struct record record = {
        .type = (uint8_t)type,
        .bytes = buf_slice(&capture->attributes),
    };

    capture_emit(capture, &record, stream, origin);
}

/* ---- recordings of our own ---- */

/* As it was written: its own number, time and connection. */
static void emit_own(struct capture *capture, const struct record *record,
                     const struct capture_origin *origin)
{
    struct capture_row row = {
        .record = *record,
        .frame = origin->frame,
        .origin_ns = capture->first_ns,
        .previous_ns = origin->previous_ns,
        .frame_len = origin->frame_len,
        .stream = UINT32_MAX,
    };

    if (capture->comment.len)
        row.comment = buf_string(&capture->comment);
    capture->is_own = true;
    if (record->seq > capture->seq)
        capture->seq = record->seq;
    if (pcapng_record_known(record))
        capture->options.on_row(capture->options.context, &row);
}

static void take_record_block(struct capture *capture, struct slice body)
{
    struct record record;
    uint32_t len = 0;

    if (!pcapng_record_header(&record, body, &len) ||
        len > body.len - PCAPNG_RECORD_HEADER)
        return;
    record.bytes = slice_of(body.bytes + PCAPNG_RECORD_HEADER, len);
    buf_clear(&capture->comment);
    emit_own(capture, &record, &capture->now);
}

/* The frame carries (a part of) a record, or was made up: false when it does
   not come from a recording of ours. */
static bool take_own_frame(struct capture *capture,
                           const struct capture_item *item)
{
    struct capture_item at = *item;
    struct slice payload = {0};
    struct slice option = {0};

    if (item->swapped)
        return false;
    if (capture_file_option(&at, PCAPNG_OPTION_MADE_UP, &option))
        return true;
    pcapng_frame_payload(item->bytes, &payload);
    at = *item;
    if (capture_file_option(&at, PCAPNG_OPTION_RECORD, &option)) {
        buf_clear(&capture->own);
        capture->in_own = pcapng_record_header(&capture->own_record, option,
                                               &capture->own_len);
    } else {
        at = *item;
        if (!capture_file_option(&at, PCAPNG_OPTION_MORE, &option))
            return false;
    }
    if (!capture->in_own)
        return true;
    if (payload.len > capture->own_len - capture->own.len)
        payload.len = capture->own_len - capture->own.len;
    buf_append_slice(&capture->own, payload);
    if (capture->own.len == capture->own_len) {
        capture->own_record.bytes = buf_slice(&capture->own);
        emit_own(capture, &capture->own_record, &capture->now);
        capture->in_own = false;
    }
    return true;
}

/* ---- frames ---- */

static void take_comment(struct capture *capture,
                         const struct capture_item *item)
{
    struct capture_item at = *item;
    struct slice text;

    buf_clear(&capture->comment);
    while (capture_file_option(&at, PCAPNG_COMMENT, &text)) {
        if (capture->comment.len)
            buf_append_string(&capture->comment, "; ");
        buf_append_slice(&capture->comment, text);
    }
}

static void take_datagram(struct capture *capture,
                          const struct capture_datagram *datagram)
{
    if (datagram->is_pdu) {
        unsigned end = 0;
        struct capture_stream *stream =
            capture_tcp_of_pdu(capture->tcp, datagram, &capture->now, &end);

        capture_session_pdu(capture, stream, end, datagram->payload,
                            &capture->now);
    } else if (datagram->protocol == CAPTURE_TCP) {
        capture_tcp_take(capture->tcp, datagram, &capture->now);
    } else {
        capture_sn_take(capture, datagram);
    }
}

static void take_frame(struct capture *capture, const struct capture_item *item)
{
    struct capture_datagram datagram;

    capture->now = (struct capture_origin){
        .frame = item->number,
        .time_ns = item->time_ns,
        .previous_ns = capture->latest_ns,
        .frame_len = item->original_len,
    };
    capture->latest_ns = item->time_ns;
    if (!capture->first_ns)
        capture->first_ns = item->time_ns;
    take_comment(capture, item);
    if (!capture->options.outside && take_own_frame(capture, item))
        return;
    switch (capture_ip_take(capture->ip, item, &datagram)) {
    case CAPTURE_IP_DATAGRAM: take_datagram(capture, &datagram); break;
    case CAPTURE_IP_NOTHING: break;
    case CAPTURE_IP_UNKNOWN:
        if (!capture->warned_of_link) {
            char text[100];

            snprintf(text, sizeof(text),
                     "frame %" PRIu64
                     ": link type %u is not known; such frames "
                     "are passed over",
                     item->number, item->link_type);
            capture->options.on_warning(capture->options.context, text);
        }
        capture->warned_of_link = true;
        break;
    }
}

/* The keys that the file has, for who writes it anew; line by line, for a text
   of a record has a limit. A recording of ours has them as records, too. */
static void emit_keys(struct capture *capture, struct slice lines)
{
    while (lines.len && !capture->is_own) {
        const uint8_t *end = memchr(lines.bytes, '\n', lines.len);
        size_t len = end ? (size_t)(end - lines.bytes) : lines.len;

        record_begin(&capture->attributes, EVENT_TLS_KEYS);
        record_put(&capture->attributes, RECORD_TEXT, slice_first(lines, len));
        if (len)
            capture_emit_attributes(capture, RECORD_TLS, NULL, &capture->now);
        lines = slice_skip(lines, end ? len + 1 : len);
    }
}

int capture_step(struct capture *capture)
{
    struct capture_item item;
    int got = capture->ended ? 0 : capture_file_next(capture->file, &item);

    if (got > 0) {
        switch (item.type) {
        case CAPTURE_FRAME: take_frame(capture, &item); break;
        case CAPTURE_SECRETS:
            capture_add_keys(capture, item.bytes);
            emit_keys(capture, item.bytes);
            break;
        case CAPTURE_RECORD:
            if (!capture->options.outside)
                take_record_block(capture, item.bytes);
            break;
        }
        return got;
    }
    buf_clear(&capture->comment);
    if (!capture->ended)
        capture_tcp_end(capture->tcp);
    capture->ended = true;
    return got;
}

const char *capture_error(const struct capture *capture)
{
    return capture_file_error(capture->file);
}

bool capture_hungry(const struct capture *capture)
{
    return capture_file_hungry(capture->file);
}

void capture_add_keys(struct capture *capture, struct slice lines)
{
    capture_keys_add(&capture->keys, lines);
}

bool capture_set_psk(struct capture *capture, struct slice hex)
{
    return capture_keys_set_psk(&capture->keys, hex);
}

/* ---- connections ---- */

static void on_open(void *context, struct capture_stream *stream)
{
    capture_session_open(context, stream);
}

static void on_bytes(void *context, struct capture_stream *stream, unsigned end,
                     struct slice bytes, const struct capture_origin *origin)
{
    capture_session_bytes(context, stream, end, bytes, origin);
}

static void on_lost(void *context, struct capture_stream *stream, unsigned end,
                    uint32_t count)
{
    capture_session_lost(context, stream, end, count);
}

static void on_closed(void *context, struct capture_stream *stream,
                      const char *how)
{
    capture_session_end(context, stream, how);
}

static void on_gone(void *context, struct capture_stream *stream)
{
    (void)context;
    capture_session_free(stream);
}

static const struct capture_tcp_events tcp_events = {
    on_open, on_bytes, on_lost, on_closed, on_gone,
};

/* ---- life ---- */

struct capture *capture_new(struct capture_input input,
                            const struct capture_options *options, char *error,
                            size_t error_size)
{
    struct capture_file *file = capture_file_new(input, error, error_size);

    if (!file)
        return NULL;

    struct capture *capture = alloc_zero(1, sizeof(*capture));
    capture->options = *options;
    capture->file = file;
    capture->keys.want = options->want_keys;
    capture->keys.context = options->context;
    capture->ip = capture_ip_new();
    capture->tcp = capture_tcp_new(&tcp_events, capture);
    return capture;
}

void capture_free(struct capture *capture)
{
    if (!capture)
        return;
    capture_tcp_free(capture->tcp);
    capture_ip_free(capture->ip);
    capture_file_free(capture->file);
    capture_keys_release(&capture->keys);
    buf_release(&capture->own);
    buf_release(&capture->comment);
    buf_release(&capture->attributes);
    free(capture);
}
