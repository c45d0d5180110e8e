#include "base/alloc.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"
#include "mqtt/mqtt.h"
#include "wire/event.h"
#include "wire/pcapng.h"
#include "wire/pcapng_block.h"
#include "wire/pcapng_frame.h"
#include "wire/render.h"

#include "net/address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STREAMS  65536u
#define MAX_COLUMNS  1000u  /* of a note */
#define MAX_COMMENT  4096u  /* bytes of one comment */
#define MAX_COMMENTS 32768u /* of all comments of one frame */
#define PCAP_NANOSECONDS \
    UINT32_C(0xa1b23c4d) /* begins a file of the older format */
#define PCAP_MAX_FRAME 262144u
#define FLUSH_BYTES    65536u /* so many are gathered for one write */

struct stream {
    struct list in_age;
    uint32_t connection;
    bool opened; /* its SYN is in the file */
    struct pcapng_stream tcp;
};

/*
 * The latest packet waits, because what happens next may be about it and then
 * becomes its comment. What comes after it waits behind it.
 */
struct pcapng_writer {
    FILE *file;
    bool is_pcap;       /* the older format: nothing but frames */
    struct buf out;     /* to be written */
    struct map streams; /* by connection */
    struct list ages;   /* streams, longest unused first */
    bool waiting;       /* there is a latest packet */
    struct record packet;
    struct buf packet_bytes;
    struct buf behind;   /* blocks that come after it */
    struct buf comments; /* options of the next frame to be written */
    struct buf carried;  /* options of the frame after the one that waits */
    uint64_t frames;
    int error; /* negative errno; stays */
};

/* ---- blocks ---- */

static void put_u16(struct buf *out, unsigned value)
{
    uint16_t word = (uint16_t)value;

    buf_append(out, &word, sizeof(word));
}

static void put_u32(struct buf *out, uint32_t value)
{
    buf_append(out, &value, sizeof(value));
}

static void put_padding(struct buf *out, size_t len)
{
    static const uint8_t zeros[4];

    buf_append(out, zeros, pcapng_padded(len) - len);
}

static void put_option(struct buf *out, enum pcapng_option code,
                       struct slice value)
{
    put_u16(out, code);
    put_u16(out, (unsigned)value.len);
    buf_append_slice(out, value);
    put_padding(out, value.len);
}

/* Begin a block; its length is filled in by end_block. */
static uint32_t begin_block(struct buf *out, uint32_t type)
{
    uint32_t at = out->len;

    put_u32(out, type);
    put_u32(out, 0);
    return at;
}

static void end_block(struct buf *out, uint32_t at)
{
    uint32_t len = out->len - at + 4;

    put_u32(out, len);
    memcpy(out->bytes + at + 4, &len, sizeof(len));
}

static void put_section(struct buf *out, const char *comment)
{
    uint32_t at = begin_block(out, PCAPNG_SECTION);

    put_u32(out, PCAPNG_BYTE_ORDER);
    put_u16(out, 1); /* version 1.0 */
    put_u16(out, 0);
    put_u32(out, UINT32_MAX); /* length of the section: not known */
    put_u32(out, UINT32_MAX);
    if (comment) {
        struct buf safe = {0};

        render_text(&safe, slice_of_string(comment), MAX_COLUMNS);
        put_option(out, PCAPNG_COMMENT, buf_slice(&safe));
        buf_release(&safe);
    }
    put_option(out, PCAPNG_PROGRAM, slice_of_string("mqttlab"));
    put_option(out, PCAPNG_END_OF_OPTIONS, slice_of(NULL, 0));
    end_block(out, at);
}

static void put_interface(struct buf *out)
{
    static const uint8_t nanoseconds = 9; /* 10 to the power of -9 */
    uint32_t at = begin_block(out, PCAPNG_INTERFACE);

    put_u16(out, PCAPNG_LINKTYPE_RAW);
    put_u16(out, 0);
    put_u32(out, 0); /* frames of any length */
    put_option(out, PCAPNG_INTERFACE_NAME, slice_of_string("mqttlab"));
    put_option(out, PCAPNG_TIME_RESOLUTION, slice_of(&nanoseconds, 1));
    put_option(out, PCAPNG_END_OF_OPTIONS, slice_of(NULL, 0));
    end_block(out, at);
}

static void put_record_header(struct buf *out, const struct record *record)
{
    uint8_t header[RECORD_HEADER_BYTES];

    record_header_write(header, record);
    buf_append(out, header, sizeof(header));
    put_u32(out, (uint32_t)record->bytes.len);
}

static void put_record_block(struct buf *out, const struct record *record)
{
    uint32_t at = begin_block(out, PCAPNG_RECORD);

    put_record_header(out, record);
    buf_append_slice(out, record->bytes);
    put_padding(out, record->bytes.len);
    end_block(out, at);
}

/* A line of a key log file, with which Wireshark decrypts what follows. */
static void put_secrets_block(struct buf *out, struct slice line)
{
    uint32_t at = begin_block(out, PCAPNG_SECRETS);
    uint32_t begin;

    put_u32(out, PCAPNG_TLS_KEY_LOG);
    put_u32(out, (uint32_t)line.len + 1);
    begin = out->len;
    buf_append_slice(out, line);
    buf_append_u8(out, '\n');
    put_padding(out, out->len - begin);
    end_block(out, at);
}

/* ---- frames ---- */

/* One frame; record is NULL when it is made up. first: its header goes
   along. */
struct frame {
    const struct record *record;
    bool first;
    uint64_t time_ns;
    struct pcapng_segment segment;
};

static void put_frame_options(struct pcapng_writer *writer,
                              const struct frame *frame)
{
    struct buf *out = &writer->out;
    uint32_t direction = frame->segment.from_client ? 1 : 2; /* in, out */

    put_option(out, PCAPNG_FLAGS, slice_of(&direction, sizeof(direction)));
    if (!frame->record) {
        put_option(out, PCAPNG_OPTION_MADE_UP, slice_of(NULL, 0));
    } else if (!frame->first) {
        put_option(out, PCAPNG_OPTION_MORE, slice_of(NULL, 0));
    } else {
        put_u16(out, PCAPNG_OPTION_RECORD);
        put_u16(out, PCAPNG_RECORD_HEADER);
        put_record_header(out, frame->record);
    }
    if (!frame->record || frame->first) {
        buf_append_slice(out, buf_slice(&writer->comments));
        buf_clear(&writer->comments);
    }
    put_option(out, PCAPNG_END_OF_OPTIONS, slice_of(NULL, 0));
}

/* Its two lengths and its bytes. Returns how many bytes. */
static uint32_t put_frame_bytes(struct buf *out, struct stream *stream,
                                const struct frame *frame)
{
    uint32_t lengths = out->len;

    put_u32(out, 0);
    put_u32(out, 0);
    uint32_t begin = out->len;
    uint32_t total = pcapng_frame_append(out, &stream->tcp, &frame->segment);
    uint32_t captured = out->len - begin;
    memcpy(out->bytes + lengths, &captured, sizeof(captured));
    memcpy(out->bytes + lengths + 4, &total, sizeof(total));
    return captured;
}

static void put_frame(struct pcapng_writer *writer, struct stream *stream,
                      const struct frame *frame)
{
    struct buf *out = &writer->out;

    writer->frames++;
    if (writer->is_pcap) {
        put_u32(out, (uint32_t)(frame->time_ns / CLOCK_NS_PER_S));
        put_u32(out, (uint32_t)(frame->time_ns % CLOCK_NS_PER_S));
        put_frame_bytes(out, stream, frame);
        return;
    }
    uint32_t at = begin_block(out, PCAPNG_PACKET);
    put_u32(out, 0); /* the interface */
    put_u32(out, (uint32_t)(frame->time_ns >> 32));
    put_u32(out, (uint32_t)frame->time_ns);
    put_padding(out, put_frame_bytes(out, stream, frame));
    put_frame_options(writer, frame);
    end_block(out, at);
}

static void put_made_up(struct pcapng_writer *writer, struct stream *stream,
                        uint64_t time_ns, bool from_client, unsigned flags)
{
    put_frame(
        writer, stream,
        &(struct frame){
            .time_ns = time_ns,
            .segment = {.from_client = from_client, .flags = (uint8_t)flags}
    });
}

/* A packet, in as many segments as it needs. */
static void put_packet(struct pcapng_writer *writer, struct stream *stream,
                       const struct record *record)
{
    uint32_t most = TRACK_ENDPOINT_MAX_FRAME -
                    track_endpoint_headers(stream->tcp.ends.is_ipv6);
    uint32_t left = record->original_len;
    struct slice bytes = record->bytes;
    struct frame frame = {
        .record = record,
        .first = true,
        .time_ns = record->time_ns,
        .segment = {.from_client = record->direction != RECORD_B2C,
                    .flags = PCAPNG_PSH | PCAPNG_ACK},
    };

    if (left > MQTT_MAX_PACKET_SIZE)
        left = MQTT_MAX_PACKET_SIZE; /* no packet is, so it was made up */
    if (left < bytes.len)
        left = (uint32_t)bytes.len;
    do {
        frame.segment.len = left < most ? left : most;
        frame.segment.payload = slice_first(bytes, bytes.len < frame.segment.len
                                                       ? bytes.len
                                                       : frame.segment.len);
        put_frame(writer, stream, &frame);
        bytes = slice_skip(bytes, frame.segment.payload.len);
        left -= frame.segment.len;
        frame.first = false;
    } while (left);
}

/* ---- connections ---- */

/* Wireshark knows by these ports what goes there; the broker's real one stands
   in the comment of the first frame. */
static uint16_t port_for(struct slice transport)
{
    if (slice_equal_string(transport, "tls"))
        return ADDRESS_TLS_PORT;
    if (slice_equal_string(transport, "ws"))
        return 8080;
    return slice_equal_string(transport, "wss") ? 8443 : ADDRESS_PORT;
}

static struct stream *find_stream(struct pcapng_writer *writer,
                                  uint32_t connection)
{
    return map_get(&writer->streams, slice_of(&connection, sizeof(connection)));
}

static void drop_stream(struct pcapng_writer *writer, struct stream *stream)
{
    map_remove(&writer->streams,
               slice_of(&stream->connection, sizeof(stream->connection)));
    list_remove(&stream->in_age);
    free(stream);
}

static struct stream *add_stream(struct pcapng_writer *writer,
                                 uint32_t connection)
{
    if (writer->streams.count >= MAX_STREAMS)
        drop_stream(writer,
                    LIST_ITEM(writer->ages.next, struct stream, in_age));

    struct stream *stream = alloc_zero(1, sizeof(*stream));
    stream->connection = connection;
    pcapng_stream_init(&stream->tcp);
    track_endpoint_parse(&stream->tcp.ends, "", "", connection);
    list_append(&writer->ages, &stream->in_age);
    map_set(&writer->streams,
            slice_of(&stream->connection, sizeof(stream->connection)), stream);
    return stream;
}

static struct stream *stream_of(struct pcapng_writer *writer,
                                uint32_t connection)
{
    struct stream *stream = find_stream(writer, connection);

    if (!stream)
        return add_stream(writer, connection);
    list_remove(&stream->in_age);
    list_append(&writer->ages, &stream->in_age);
    return stream;
}

static void on_opened(struct pcapng_writer *writer, const struct record *record)
{
    struct slice peer = record_get(record->bytes, RECORD_PEER);
    struct slice local = record_get(record->bytes, RECORD_LOCAL);
    char *peer_text = alloc_string_of(peer.bytes, peer.len);
    char *local_text = alloc_string_of(local.bytes, local.len);
    struct stream *stream = find_stream(writer, record->connection);
    uint64_t time_ns = record->time_ns;

    if (stream)
        drop_stream(writer, stream); /* its end was missed */
    stream = add_stream(writer, record->connection);
    track_endpoint_parse(&stream->tcp.ends, peer_text, local_text,
                         record->connection);
    stream->tcp.ends.broker.port =
        port_for(record_get(record->bytes, RECORD_TRANSPORT));
    free(peer_text);
    free(local_text);
    if (record->flags & RECORD_SNAPSHOT)
        return;
    put_made_up(writer, stream, time_ns, true, PCAPNG_SYN);
    put_made_up(writer, stream, time_ns, false, PCAPNG_SYN | PCAPNG_ACK);
    put_made_up(writer, stream, time_ns, true, PCAPNG_ACK);
}

/* The end that the record's direction names closes first, the client when it
   names none. RECORD_NUMBER, an errno, says that the connection broke. */
static void on_closed(struct pcapng_writer *writer, const struct record *record)
{
    struct stream *stream = stream_of(writer, record->connection);
    bool by_client = record->direction != RECORD_B2C;
    uint64_t time_ns = record->time_ns;

    if (record_get_number(record->bytes, RECORD_NUMBER, 0)) {
        put_made_up(writer, stream, time_ns, by_client,
                    PCAPNG_RST | PCAPNG_ACK);
    } else {
        put_made_up(writer, stream, time_ns, by_client,
                    PCAPNG_FIN | PCAPNG_ACK);
        put_made_up(writer, stream, time_ns, !by_client,
                    PCAPNG_FIN | PCAPNG_ACK);
        put_made_up(writer, stream, time_ns, by_client, PCAPNG_ACK);
    }
    drop_stream(writer, stream);
}

/* ---- records ---- */

static void write_out(struct pcapng_writer *writer)
{
    size_t len = writer->out.len;

    if (!writer->error && len &&
        fwrite(writer->out.bytes, 1, len, writer->file) != len)
        writer->error = errno ? -errno : -EIO;
    buf_clear(&writer->out);
}

/* The latest packet, and what came after it. */
static void put_waiting(struct pcapng_writer *writer)
{
    if (writer->waiting) {
        writer->packet.bytes = buf_slice(&writer->packet_bytes);
        put_packet(writer, stream_of(writer, writer->packet.connection),
                   &writer->packet);
        writer->waiting = false;
        buf_append_slice(&writer->comments, buf_slice(&writer->carried));
        buf_clear(&writer->carried);
    }
    buf_append_slice(&writer->out, buf_slice(&writer->behind));
    buf_clear(&writer->behind);
    if (writer->out.len >= FLUSH_BYTES)
        write_out(writer);
}

/* Is the record about the packet that waits? */
static bool is_about(const struct record *record, const struct record *packet)
{
    bool about = record_subject(record) == packet->seq;

    if (record->type == RECORD_NOTE)
        return about;
    return about ||
           (record->connection && record->connection == packet->connection);
}

/* A note or an event becomes a comment of the packet that it is about, when
   that still waits, or of the frame that comes next. */
static void put_comment(struct pcapng_writer *writer,
                        const struct record *record)
{
    bool about = writer->waiting && is_about(record, &writer->packet);

    if (writer->is_pcap)
        return;
    struct buf *comments =
        about || !writer->waiting ? &writer->comments : &writer->carried;
    struct history_row row = {.record = *record};
    struct buf text = {0};

    if (about && record->type == RECORD_NOTE)
        render_text(&text, record_get(record->bytes, RECORD_TEXT), MAX_COLUMNS);
    else
        render_event(&text, &row);
    while (text.len > MAX_COMMENT ||
           (text.len == MAX_COMMENT && (text.bytes[text.len - 1] & 0x80)))
        text.len--;
    if (text.len && comments->len + text.len < MAX_COMMENTS)
        put_option(comments, PCAPNG_COMMENT, buf_slice(&text));
    buf_release(&text);
}

/* Did its bytes cross the cable? */
static bool is_segment(const struct record *record)
{
    return (record->type == RECORD_MQTT || record->type == RECORD_WIRE) &&
           record->layer != RECORD_WITHIN;
}

int pcapng_write(struct pcapng_writer *writer, const struct record *record)
{
    unsigned code =
        record->type == RECORD_CONN ? record_code(record->bytes) : 0;

    if (is_segment(record)) {
        put_waiting(writer);
        writer->waiting = true;
        writer->packet = *record;
        buf_clear(&writer->packet_bytes);
        buf_append_slice(&writer->packet_bytes, record->bytes);
        return writer->error;
    }
    if (record->type == RECORD_NOTE || record->type == RECORD_EVT ||
        record->type == RECORD_TLS)
        put_comment(writer, record);
    if (!writer->is_pcap)
        put_record_block(&writer->behind, record);
    if (!writer->is_pcap && record->type == RECORD_TLS &&
        record_code(record->bytes) == EVENT_TLS_KEYS)
        /* In front of the packet that waits: OpenSSL makes a client's key known
           when that has come which it encrypts. */
        put_secrets_block(&writer->out, record_get(record->bytes, RECORD_TEXT));
    if (code || writer->behind.len > FLUSH_BYTES)
        put_waiting(writer);
    if (code && !(record->flags & RECORD_SNAPSHOT))
        put_comment(writer, record); /* of the SYN or FIN that follows */
    if (code == EVENT_CONN_OPENED)
        on_opened(writer, record);
    else if (code == EVENT_CONN_CLOSED)
        on_closed(writer, record);
    return writer->error;
}

int pcapng_flush(struct pcapng_writer *writer)
{
    put_waiting(writer);
    write_out(writer);
    if (!writer->error && fflush(writer->file) != 0)
        writer->error = errno ? -errno : -EIO;
    return writer->error;
}

uint64_t pcapng_frames(const struct pcapng_writer *writer)
{
    return writer->frames;
}

static struct pcapng_writer *writer_new(FILE *file)
{
    struct pcapng_writer *writer = alloc_zero(1, sizeof(*writer));

    writer->file = file;
    list_init(&writer->ages);
    return writer;
}

struct pcapng_writer *pcapng_writer_new(FILE *file, const char *comment)
{
    struct pcapng_writer *writer = writer_new(file);

    put_section(&writer->out, comment);
    put_interface(&writer->out);
    return writer;
}

struct pcapng_writer *pcapng_writer_new_pcap(FILE *file)
{
    struct pcapng_writer *writer = writer_new(file);
    struct buf *out = &writer->out;

    writer->is_pcap = true;
    put_u32(out, PCAP_NANOSECONDS);
    put_u16(out, 2); /* version 2.4 */
    put_u16(out, 4);
    put_u32(out, 0); /* times are UTC */
    put_u32(out, 0);
    put_u32(out, PCAP_MAX_FRAME);
    put_u32(out, PCAPNG_LINKTYPE_RAW);
    return writer;
}

bool pcapng_is_pcap(const char *path)
{
    const char *end = strrchr(path, '.');

    return end && (!strcmp(end, ".pcap") || !strcmp(end, ".cap"));
}

void pcapng_writer_free(struct pcapng_writer *writer)
{
    if (!writer)
        return;
    pcapng_flush(writer);
    LIST_FOREACH_SAFE (node, &writer->ages)
        free(LIST_ITEM(node, struct stream, in_age));
    map_release(&writer->streams);
    buf_release(&writer->out);
    buf_release(&writer->packet_bytes);
    buf_release(&writer->behind);
    buf_release(&writer->comments);
    buf_release(&writer->carried);
    free(writer);
}
