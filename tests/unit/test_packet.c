/* All packets of tests/packets, decoded, encoded, cut short and disturbed. */
#include "packet_rows.h"
#include "suites.h"

#include <string.h>

#include "mqtt/packet.h"
#include "mqtt/property.h"

static struct packet_rows table;

static const char *const tables[] = {
    "connect",     "connect_will", "connack", "publish",   "puback",
    "pubrec",      "pubrel",       "pubcomp", "subscribe", "suback",
    "unsubscribe", "unsuback",     "pingreq", "pingresp",  "disconnect",
    "auth",        "reserved",
};

/* Frame and decode; what a connection would say to these bytes. */
static unsigned decode(struct mqtt_packet *packet, enum mqtt_version version,
                       const uint8_t *bytes, size_t len)
{
    struct frame frame;
    int used = framer_next(slice_of(bytes, len), MQTT_MAX_PACKET_SIZE, &frame);

    if (used < 0)
        return (unsigned)-used;
    ck_assert_uint_eq((size_t)used, len);
    return packet_decode(packet, version, &frame);
}

static enum mqtt_version version_of(const struct mqtt_packet *packet,
                                    enum mqtt_version version)
{
    return packet->type == MQTT_CONNECT ? packet->connect.version : version;
}

/* Encode what was decoded: it decodes again, and encodes to the same. */
static void check_encoding(const struct mqtt_packet *packet,
                           enum mqtt_version version, struct buf *out)
{
    struct mqtt_packet again;
    struct buf twice = {0};

    version = version_of(packet, version);
    packet_encode(out, version, packet);
    ck_assert_uint_eq(
        decode(&again, version, guarded(out->bytes, out->len), out->len), 0);
    ck_assert_uint_eq(again.type, packet->type);
    packet_encode(&twice, version, &again);
    ck_assert(slice_equal(buf_slice(&twice), buf_slice(out)));
    buf_release(&twice);
}

START_TEST(each_packet_of_the_tables_gets_its_verdict)
{
    for (int i = 0; i < table.count; i++) {
        const struct packet_row *row = &table.rows[i];
        struct mqtt_packet packet;
        struct buf out = {0};
        unsigned reason = decode(&packet, row->version,
                                 guarded(row->bytes, row->len), row->len);

        if (row->verdict > PACKET_ALT) {
            ck_assert_msg(reason == row->verdict, "%s: got %02x, not %02x",
                          row->name, reason, row->verdict);
            continue;
        }
        ck_assert_msg(reason == 0, "%s: got %02x", row->name, reason);
        check_encoding(&packet, row->version, &out);
        bool same =
            slice_equal(buf_slice(&out), slice_of(row->bytes, row->len));
        ck_assert_msg(same == (row->verdict == PACKET_OK),
                      "%s: encoded to %s bytes", row->name,
                      same ? "the same" : "other");
        buf_release(&out);
    }
}
END_TEST

START_TEST(each_proper_prefix_asks_for_more)
{
    for (int i = 0; i < table.count; i++) {
        const struct packet_row *row = &table.rows[i];
        struct frame frame;

        if (row->verdict > PACKET_ALT)
            continue;
        for (size_t cut = 0; cut < row->len; cut++)
            ck_assert_int_eq(
                framer_next(slice_of(guarded(row->bytes, cut), cut),
                            MQTT_MAX_PACKET_SIZE, &frame),
                0);
    }
}
END_TEST

/* Decode a body with any content: no crash, and what is accepted holds. */
static void try_body(const struct packet_row *row, uint8_t first,
                     const uint8_t *body, size_t len)
{
    struct frame frame = {
        .first = first,
        .body = slice_of(guarded(body, len), len),
        .whole = frame.body,
    };
    struct mqtt_packet packet;
    struct buf out = {0};

    if (packet_decode(&packet, row->version, &frame) == MQTT_SUCCESS)
        check_encoding(&packet, row->version, &out);
    buf_release(&out);
}

static size_t header_size(const struct packet_row *row)
{
    return row->bytes[1] & 0x80 ? 3 : 2;
}

START_TEST(a_body_cut_short_anywhere_is_refused_or_a_valid_packet)
{
    for (int i = 0; i < table.count; i++) {
        const struct packet_row *row = &table.rows[i];
        size_t head = header_size(row);

        if (row->verdict > PACKET_ALT)
            continue;
        for (size_t len = 0; len < row->len - head; len++)
            try_body(row, row->bytes[0], row->bytes + head, len);
    }
}
END_TEST

START_TEST(a_packet_with_any_bit_flipped_is_refused_or_a_valid_packet)
{
    for (int i = 0; i < table.count; i++) {
        const struct packet_row *row = &table.rows[i];
        size_t head = header_size(row);
        uint8_t body[PACKET_ROW_BYTES];

        if (row->verdict > PACKET_ALT)
            continue;
        memcpy(body, row->bytes + head, row->len - head);
        for (size_t bit = 0; bit < 8 * (row->len - head); bit++) {
            body[bit / 8] ^= (uint8_t)(1 << bit % 8);
            try_body(row, row->bytes[0], body, row->len - head);
            body[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}
END_TEST

START_TEST(the_tables_have_a_valid_packet_of_each_type_and_version)
{
    bool found[16][6] = {0};

    for (int i = 0; i < table.count; i++) {
        if (table.rows[i].verdict <= PACKET_ALT)
            found[table.rows[i].bytes[0] >> 4][table.rows[i].version] = true;
    }
    for (int version = MQTT_3_1; version <= MQTT_5; version++) {
        for (int type = MQTT_CONNECT; type <= MQTT_AUTH; type++)
            ck_assert_msg(found[type][version] ==
                              (type != MQTT_AUTH || version == MQTT_5),
                          "%s in version %s", mqtt_type_name((unsigned)type),
                          mqtt_version_name((unsigned)version));
    }
}
END_TEST

static void note(uint16_t *found, struct slice properties, unsigned where)
{
    struct property property;

    while (property_next(&properties, &property))
        found[property.info->id] |= (uint16_t)PROPERTY_BIT(where);
}

static struct slice properties_of(const struct mqtt_packet *packet)
{
    switch (packet->type) {
    case MQTT_CONNECT: return packet->connect.properties;
    case MQTT_CONNACK: return packet->connack.properties;
    case MQTT_PUBLISH: return packet->publish.properties;
    case MQTT_PUBACK:
    case MQTT_PUBREC:
    case MQTT_PUBREL:
    case MQTT_PUBCOMP: return packet->puback.properties;
    case MQTT_SUBSCRIBE:
    case MQTT_UNSUBSCRIBE: return packet->subscribe.properties;
    case MQTT_SUBACK:
    case MQTT_UNSUBACK: return packet->suback.properties;
    case MQTT_DISCONNECT:
    case MQTT_AUTH: return packet->disconnect.properties;
    case MQTT_PINGREQ:
    case MQTT_PINGRESP: break;
    }
    return slice_of(NULL, 0);
}

START_TEST(the_tables_have_each_property_in_each_packet_that_may_carry_it)
{
    uint16_t found[256] = {0};

    for (int i = 0; i < table.count; i++) {
        const struct packet_row *row = &table.rows[i];
        struct mqtt_packet packet;

        if (row->version != MQTT_5 || row->verdict > PACKET_ALT)
            continue;
        ck_assert_uint_eq(decode(&packet, MQTT_5, row->bytes, row->len), 0);
        note(found, properties_of(&packet), packet.type);
        if (packet.type == MQTT_CONNECT && packet.connect.will.set)
            note(found, packet.connect.will.properties, PROPERTY_IN_WILL);
    }
    for (const struct property_info *info = property_table(); info->id; info++)
        ck_assert_msg(found[info->id] == info->packets, "%s: %04x, not %04x",
                      info->name, found[info->id], info->packets);
}
END_TEST

Suite *packet_suite(void)
{
    Suite *suite = suite_create("packet");
    TCase *tcase = unit_case(suite, "tables", 60);

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        packet_rows_read(&table, tables[i]);
    tcase_add_test(tcase, each_packet_of_the_tables_gets_its_verdict);
    tcase_add_test(tcase, each_proper_prefix_asks_for_more);
    tcase_add_test(tcase,
                   a_body_cut_short_anywhere_is_refused_or_a_valid_packet);
    tcase_add_test(tcase,
                   a_packet_with_any_bit_flipped_is_refused_or_a_valid_packet);
    tcase_add_test(tcase,
                   the_tables_have_a_valid_packet_of_each_type_and_version);
    tcase_add_test(
        tcase, the_tables_have_each_property_in_each_packet_that_may_carry_it);
    return suite;
}
