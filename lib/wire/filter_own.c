/*
 * Fields that are not found by dissecting: those of the frame around a packet,
 * and those that only this program has, under "lab.".
 */
#include "base/clock.h"
#include "wire/event.h"
#include "wire/filter_tree.h"
#include "wire/track_endpoint.h"

#include <string.h>

typedef const struct filter_context context;

static void add_number(struct filter_values *values, uint64_t number)
{
    filter_values_add(
        values, &(struct filter_value){.number = number, .mask = UINT32_MAX});
}

/* "" stands for unknown, which is absent. */
static void add_text(struct filter_values *values, const char *text)
{
    if (text && *text)
        filter_values_add(
            values, &(struct filter_value){.bytes = slice_of_string(text)});
}

/* Does the record become a frame in a capture file? */
static bool is_frame(context *c)
{
    return c->row->record.type == RECORD_MQTT ||
           c->row->record.type == RECORD_WIRE;
}

/* ---- the frame ---- */

static void get_frame(context *c, struct filter_values *values)
{
    if (is_frame(c))
        filter_values_add(values, &(struct filter_value){0});
}

static void get_mqtt(context *c, struct filter_values *values)
{
    if (c->row->record.type == RECORD_MQTT)
        filter_values_add(
            values, &(struct filter_value){.bytes = c->row->record.bytes});
}

/* Is the connection's transport one of two? */
static bool goes_over(context *c, const char *one, const char *other)
{
    const char *transport = c->row->note.transport;

    return transport && (!strcmp(transport, one) || !strcmp(transport, other));
}

static void get_tls(context *c, struct filter_values *values)
{
    if (c->row->record.type == RECORD_TLS ||
        (is_frame(c) && goes_over(c, "tls", "wss")))
        filter_values_add(values, &(struct filter_value){0});
}

static void get_websocket(context *c, struct filter_values *values)
{
    if (is_frame(c) && goes_over(c, "ws", "wss"))
        filter_values_add(values, &(struct filter_value){0});
}

static void get_number(context *c, struct filter_values *values)
{
    uint64_t number = c->row->frame ? c->row->frame : c->row->number;

    if (number)
        add_number(values, number);
}

static struct track_endpoints endpoints(context *c)
{
    const struct track_note *note = &c->row->note;
    struct track_endpoints ends;

    track_endpoint_parse(&ends, note->peer ? note->peer : "",
                         note->local ? note->local : "",
                         c->row->record.connection);
    return ends;
}

static void get_len(context *c, struct filter_values *values)
{
    if (is_frame(c))
        add_number(values,
                   c->row->frame_len
                       ? c->row->frame_len
                       : track_endpoint_frame_len(endpoints(c).is_ipv6,
                                                  c->row->record.original_len));
}

static void get_packet(context *c, struct filter_values *values)
{
    if (c->row->number)
        add_number(values, c->row->number);
}

/* A capture need not say when. */
static bool has_time(context *c)
{
    return is_frame(c) && c->row->record.time_ns;
}

static void get_time(context *c, struct filter_values *values)
{
    if (has_time(c))
        add_number(values, c->row->record.time_ns);
}

static void get_time_relative(context *c, struct filter_values *values)
{
    if (has_time(c))
        add_number(values, c->row->record.time_ns - c->row->origin_ns);
}

static void get_time_delta(context *c, struct filter_values *values)
{
    if (has_time(c))
        add_number(values, c->row->previous_ns
                               ? c->row->record.time_ns - c->row->previous_ns
                               : 0);
}

static void get_comment(context *c, struct filter_values *values)
{
    add_text(values, c->row->comment);
}

/* ---- addresses ---- */

static bool from_client(context *c)
{
    return c->row->record.direction != RECORD_B2C;
}

static void add_address(struct filter_values *values,
                        const struct track_end *end)
{
    add_number(values, (uint32_t)end->ip[0] << 24 | (uint32_t)end->ip[1] << 16 |
                           (uint32_t)end->ip[2] << 8 | end->ip[3]);
}

static void get_ip(context *c, struct filter_values *values)
{
    if (is_frame(c) && !endpoints(c).is_ipv6)
        filter_values_add(values, &(struct filter_value){0});
}

static void add_addresses(context *c, struct filter_values *values, bool source,
                          bool destination)
{
    struct track_endpoints ends = endpoints(c);

    if (!is_frame(c) || ends.is_ipv6)
        return;
    if (source)
        add_address(values, from_client(c) ? &ends.client : &ends.broker);
    if (destination)
        add_address(values, from_client(c) ? &ends.broker : &ends.client);
}

static void get_ip_addr(context *c, struct filter_values *values)
{
    add_addresses(c, values, true, true);
}

static void get_ip_src(context *c, struct filter_values *values)
{
    add_addresses(c, values, true, false);
}

static void get_ip_dst(context *c, struct filter_values *values)
{
    add_addresses(c, values, false, true);
}

static void get_ipv6(context *c, struct filter_values *values)
{
    if (is_frame(c) && endpoints(c).is_ipv6)
        filter_values_add(values, &(struct filter_value){0});
}

static void add_ipv6_addresses(context *c, struct filter_values *values,
                               bool source, bool destination)
{
    struct track_endpoints ends = endpoints(c);
    bool up = from_client(c);
    uint8_t *at;

    if (!is_frame(c) || !ends.is_ipv6)
        return;
    buf_append(&values->text, up ? ends.client.ip : ends.broker.ip, 16);
    buf_append(&values->text, up ? ends.broker.ip : ends.client.ip, 16);
    at = values->text.bytes;
    for (int i = 0; i < 2; i++, at += 16) {
        struct filter_value value = {.bytes = slice_of(at, 16)};

        filter_literal_ipv6(at, 128, &value);
        if (i == 0 ? source : destination)
            filter_values_add(values, &value);
    }
}

static void get_ipv6_addr(context *c, struct filter_values *values)
{
    add_ipv6_addresses(c, values, true, true);
}

static void get_ipv6_src(context *c, struct filter_values *values)
{
    add_ipv6_addresses(c, values, true, false);
}

static void get_ipv6_dst(context *c, struct filter_values *values)
{
    add_ipv6_addresses(c, values, false, true);
}

static void add_ports(context *c, struct filter_values *values, bool source,
                      bool destination)
{
    struct track_endpoints ends = endpoints(c);

    if (!is_frame(c))
        return;
    if (source)
        add_number(values,
                   from_client(c) ? ends.client.port : ends.broker.port);
    if (destination)
        add_number(values,
                   from_client(c) ? ends.broker.port : ends.client.port);
}

static void get_port(context *c, struct filter_values *values)
{
    add_ports(c, values, true, true);
}

static void get_srcport(context *c, struct filter_values *values)
{
    add_ports(c, values, true, false);
}

static void get_dstport(context *c, struct filter_values *values)
{
    add_ports(c, values, false, true);
}

static void get_stream(context *c, struct filter_values *values)
{
    if (is_frame(c))
        add_number(values, c->row->note.stream);
}

/* ---- lab. ---- */

static void get_client(context *c, struct filter_values *values)
{
    add_text(values, c->row->note.client_id);
}

static void get_user(context *c, struct filter_values *values)
{
    add_text(values, c->row->note.user_name);
}

static void get_type(context *c, struct filter_values *values)
{
    if (c->row->note.type)
        add_text(values, mqtt_type_name(c->row->note.type));
}

static void get_dir(context *c, struct filter_values *values)
{
    static const char *const names[] = {"", "c2b", "b2c"};

    if (c->row->record.direction < sizeof(names) / sizeof(names[0]))
        add_text(values, names[c->row->record.direction]);
}

static void get_topic(context *c, struct filter_values *values)
{
    add_text(values, c->row->note.topic);
}

static void get_flow(context *c, struct filter_values *values)
{
    if (c->row->note.flow)
        add_number(values, c->row->note.flow);
}

static const char *const flow_states[] = {"open", "done", "lost", NULL};

static void get_flow_state(context *c, struct filter_values *values)
{
    if (c->row->note.progress >= TRACK_OPEN &&
        c->row->note.progress <= TRACK_LOST)
        add_text(values, flow_states[c->row->note.progress - TRACK_OPEN]);
}

static void get_rtt(context *c, struct filter_values *values)
{
    if (c->row->note.pair)
        add_number(values, c->row->note.rtt_ns);
}

static void get_cause(context *c, struct filter_values *values)
{
    if (c->row->record.cause)
        add_number(values, c->row->record.cause);
}

static void get_event(context *c, struct filter_values *values)
{
    if (c->row->record.type != RECORD_MQTT &&
        c->row->record.type != RECORD_WIRE)
        add_text(values, event_name(record_code(c->row->record.bytes)));
}

/* Keys of TLS are for programs, and secret. */
static void get_text(context *c, struct filter_values *values)
{
    const struct record *record = &c->row->record;

    if (record->type == RECORD_MQTT || record->type == RECORD_WIRE ||
        record_code(record->bytes) == EVENT_TLS_KEYS)
        return;
    struct slice text = record_get(record->bytes, RECORD_TEXT);
    if (text.len)
        filter_values_add(values, &(struct filter_value){.bytes = text});
}

static void get_held(context *c, struct filter_values *values)
{
    if (is_frame(c))
        add_number(values, (c->row->record.flags & RECORD_HELD) != 0);
}

static void get_dropped(context *c, struct filter_values *values)
{
    if (is_frame(c))
        add_number(values, (c->row->record.flags & RECORD_DROPPED) != 0);
}

static const char *const actors[] = {"other", "student", "script", NULL};

static void get_actor(context *c, struct filter_values *values)
{
    if (c->row->record.actor <= RECORD_SCRIPT)
        add_text(values, actors[c->row->record.actor]);
}

static void get_step(context *c, struct filter_values *values)
{
    add_text(values, c->row->note.step);
}

/* ---- the table ---- */

static const char *const types[] = {
    "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",   "PUBREL",
    "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK", "PINGREQ",
    "PINGRESP", "DISCONNECT", "AUTH",    "RESERVED",    NULL,
};

static const char *const directions[] = {"c2b", "b2c", NULL};

static const char *const events[] = {
#define EVENT_NAME(code, number, name, text) name,
    EVENT_CODES(EVENT_NAME)
#undef EVENT_NAME
        NULL,
};

/* clang-format off */
/* X(name, type, bytes, own, has_bytes, names, get, explain) */
#define FIELDS(X) \
    X("frame", FILTER_PROTOCOL, 0, false, false, NULL, get_frame, \
      "Everything that crossed the wire.") \
    X("frame.number", FILTER_UINT, 4, false, false, NULL, get_number, \
      "The number of the frame in the file that is read, from 1. Frames that " \
      "begin and end connections are counted too. Without a file it is " \
      "lab.packet.") \
    X("frame.len", FILTER_UINT, 4, false, false, NULL, get_len, \
      "Bytes of the frame in a capture file, with IP and TCP headers.") \
    X("frame.time", FILTER_DATE, 0, false, false, NULL, get_time, \
      "When the frame crossed the wire.") \
    X("frame.time_epoch", FILTER_TIME, 0, false, false, NULL, get_time, \
      "Seconds since 1970-01-01 UTC.") \
    X("frame.time_relative", FILTER_TIME, 0, false, false, NULL, get_time_relative, \
      "Seconds since the first frame.") \
    X("frame.time_delta", FILTER_TIME, 0, false, false, NULL, get_time_delta, \
      "Seconds since the frame before.") \
    X("frame.comment", FILTER_TEXT, 0, false, false, NULL, get_comment, \
      "What somebody noted on the packet. In a capture file events are " \
      "comments too.") \
    X("ip", FILTER_PROTOCOL, 0, false, false, NULL, get_ip, \
      "The frame went over IPv4.") \
    X("ip.addr", FILTER_IPV4, 0, false, false, NULL, get_ip_addr, \
      "The address of either end.") \
    X("ip.src", FILTER_IPV4, 0, false, false, NULL, get_ip_src, \
      "The address of the sender.") \
    X("ip.dst", FILTER_IPV4, 0, false, false, NULL, get_ip_dst, \
      "The address of the receiver.") \
    X("ipv6", FILTER_PROTOCOL, 0, false, false, NULL, get_ipv6, \
      "The frame went over IPv6.") \
    X("ipv6.addr", FILTER_IPV6, 0, false, false, NULL, get_ipv6_addr, \
      "The IPv6 address of either end.") \
    X("ipv6.src", FILTER_IPV6, 0, false, false, NULL, get_ipv6_src, \
      "The IPv6 address of the sender.") \
    X("ipv6.dst", FILTER_IPV6, 0, false, false, NULL, get_ipv6_dst, \
      "The IPv6 address of the receiver.") \
    X("tcp", FILTER_PROTOCOL, 0, false, false, NULL, get_frame, \
      "The frame went over TCP.") \
    X("tcp.port", FILTER_UINT, 2, false, false, NULL, get_port, \
      "The port of either end. In a capture file the broker's is 1883, or 8883, " \
      "8080, 8443: with TLS, WebSocket, both.") \
    X("tcp.srcport", FILTER_UINT, 2, false, false, NULL, get_srcport, \
      "The port of the sender.") \
    X("tcp.dstport", FILTER_UINT, 2, false, false, NULL, get_dstport, \
      "The port of the receiver.") \
    X("tcp.stream", FILTER_UINT, 4, false, false, NULL, get_stream, \
      "The connection, numbered from 0 in order of appearance.") \
    X("tls", FILTER_PROTOCOL, 0, false, false, NULL, get_tls, \
      "The packet went over TLS, or it is something about TLS: a handshake.") \
    X("websocket", FILTER_PROTOCOL, 0, false, false, NULL, get_websocket, \
      "The packet went over WebSocket.") \
    X("mqtt", FILTER_PROTOCOL, 0, false, true, NULL, get_mqtt, \
      "An MQTT Control Packet, and its bytes.") \
    X("lab.packet", FILTER_UINT, 8, true, false, NULL, get_packet, \
      "The number of the packet in the list, from 1: frames that are no packet " \
      "do not count.") \
    X("lab.client", FILTER_TEXT, 0, true, false, NULL, get_client, \
      "The Client Identifier, on every packet of the client's connection.") \
    X("lab.user", FILTER_TEXT, 0, true, false, NULL, get_user, \
      "The user name, on every packet of the connection.") \
    X("lab.type", FILTER_TEXT, 0, true, false, types, get_type, \
      "The type of the packet as the standard writes it: \"PUBLISH\".") \
    X("lab.dir", FILTER_TEXT, 0, true, false, directions, get_dir, \
      "\"c2b\" from client to broker, \"b2c\" from broker to client.") \
    X("lab.topic", FILTER_TEXT, 0, true, false, NULL, get_topic, \
      "The topic, on every packet of a handshake.") \
    X("lab.flow", FILTER_UINT, 8, true, false, NULL, get_flow, \
      "The number of the QoS 1 or QoS 2 handshake that the packet is part of.") \
    X("lab.flow_state", FILTER_TEXT, 0, true, false, flow_states, get_flow_state, \
      "\"open\" while the handshake is under way, \"done\" on the packet that " \
      "completes it, \"lost\" on the record that ends it unfinished.") \
    X("lab.rtt", FILTER_TIME, 0, true, false, NULL, get_rtt, \
      "Of an answer: seconds since the packet that it answers.") \
    X("lab.cause", FILTER_UINT, 8, true, false, NULL, get_cause, \
      "The number of the record that brought this one about.") \
    X("lab.event", FILTER_TEXT, 0, true, false, events, get_event, \
      "What happened besides packets: \"will.fired\", \"session.resumed\".") \
    X("lab.text", FILTER_TEXT, 0, true, false, NULL, get_text, \
      "What an event says besides: the reason, what TLS agreed on.") \
    X("lab.held", FILTER_BOOL, 0, true, false, NULL, get_held, \
      "1 when a rule held the packet back.") \
    X("lab.dropped", FILTER_BOOL, 0, true, false, NULL, get_dropped, \
      "1 when a rule dropped the packet: the peer never got it.") \
    X("lab.actor", FILTER_TEXT, 0, true, false, actors, get_actor, \
      "Whose client it is: \"student\", \"script\" or \"other\".") \
    X("lab.step", FILTER_TEXT, 0, true, false, NULL, get_step, \
      "The step of the lab that was under way.")

static const struct filter_field table[] = {
#define FIELD(name, type, bytes, own, has_bytes, names, get, explain) \
    {name, type, bytes, own, has_bytes, names, get},
    FIELDS(FIELD)
#undef FIELD
    {NULL, FILTER_UINT, 0, false, false, NULL, NULL},
};

static const struct filter_own_field explained[] = {
#define EXPLAIN(name, type, bytes, own, has_bytes, names, get, explain) {name, explain, names},
    FIELDS(EXPLAIN)
#undef EXPLAIN
    {NULL, NULL, NULL},
};
/* clang-format on */

const struct filter_field *filter_own_table(void)
{
    return table;
}

const struct filter_own_field *filter_own_fields(void)
{
    return explained;
}
