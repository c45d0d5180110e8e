/*
 * The tables in tests/packets: for each packet what must become of it.
 *
 * A line is: versions, verdict, statement, bytes, what it is. Versions is any
 * of the digits 3 (3.1), 4 (3.1.1) and 5. The verdict is "ok" for a packet that
 * is valid and that we would write in the same bytes; "alt" for one that is
 * valid, but that we would write otherwise; or the Reason Code, in hex, with
 * which it is refused. The statement is "-" when the standard has no number for
 * the rule. Dots in the bytes are for the eye. "#" begins a comment.
 */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/packet.h"
#include "mqtt/property.h"

enum { MAX_ROWS = 4000, MAX_BYTES = 512 };

enum verdict {
    VERDICT_OK = 0,
    VERDICT_ALT = 1, /* no decoder refuses a packet with this number */
    NO_VERDICT = 2,
};

struct row {
    enum mqtt_version version;
    unsigned verdict; /* enum verdict or a Reason Code of 0x80 and above */
    size_t len;
    uint8_t bytes[MAX_BYTES];
    char name[160]; /* table, line, what it is */
};

static struct row *rows;
static int row_count;

static const char *const tables[] = {
    "connect",     "connect_will", "connack", "publish",   "puback",
    "pubrec",      "pubrel",       "pubcomp", "subscribe", "suback",
    "unsubscribe", "unsuback",     "pingreq", "pingresp",  "disconnect",
    "auth",        "reserved",
};

static unsigned read_verdict(const char *word)
{
    if (!strcmp(word, "ok"))
        return VERDICT_OK;
    if (!strcmp(word, "alt"))
        return VERDICT_ALT;
    unsigned reason = (unsigned)strtoul(word, NULL, 16);
    return reason >= 0x80 ? reason : NO_VERDICT;
}

static void read_line(const char *table, int number, const char *line)
{
    char versions[8];
    char verdict[8];
    char statement[32];
    char hex[2 * MAX_BYTES + 200];
    char name[100];

    if (sscanf(line, "%7s %7s %31s %1223s %99[^\n]", versions, verdict,
               statement, hex, name) != 5 ||
        read_verdict(verdict) == NO_VERDICT || row_count > MAX_ROWS - 3) {
        fprintf(stderr, "%s.txt:%d: not a row\n", table, number);
        exit(EXIT_FAILURE);
    }
    for (const char *version = versions; *version; version++) {
        struct row *row = &rows[row_count++];

        row->version = (enum mqtt_version)(*version - '0');
        row->verdict = read_verdict(verdict);
        row->len = unit_hex(hex, row->bytes, sizeof(row->bytes));
        snprintf(row->name, sizeof(row->name), "%s.txt:%d (version %c): %s",
                 table, number, *version, name);
    }
}

static void read_table(const char *table)
{
    char path[64];
    char line[2048];

    snprintf(path, sizeof(path), "tests/packets/%s.txt", table);
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    for (int number = 1; fgets(line, sizeof(line), file); number++) {
        if (line[0] != '#' && line[0] != '\n')
            read_line(table, number, line);
    }
    fclose(file);
}

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
    for (int i = 0; i < row_count; i++) {
        struct row *row = &rows[i];
        struct mqtt_packet packet;
        struct buf out = {0};
        unsigned reason = decode(&packet, row->version,
                                 guarded(row->bytes, row->len), row->len);

        if (row->verdict > VERDICT_ALT) {
            ck_assert_msg(reason == row->verdict, "%s: got %02x, not %02x",
                          row->name, reason, row->verdict);
            continue;
        }
        ck_assert_msg(reason == 0, "%s: got %02x", row->name, reason);
        check_encoding(&packet, row->version, &out);
        bool same =
            slice_equal(buf_slice(&out), slice_of(row->bytes, row->len));
        ck_assert_msg(same == (row->verdict == VERDICT_OK),
                      "%s: encoded to %s bytes", row->name,
                      same ? "the same" : "other");
        buf_release(&out);
    }
}
END_TEST

START_TEST(each_proper_prefix_asks_for_more)
{
    for (int i = 0; i < row_count; i++) {
        struct row *row = &rows[i];
        struct frame frame;

        if (row->verdict > VERDICT_ALT)
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
static void try_body(const struct row *row, uint8_t first, const uint8_t *body,
                     size_t len)
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

static size_t header_size(const struct row *row)
{
    return row->bytes[1] & 0x80 ? 3 : 2;
}

START_TEST(a_body_cut_short_anywhere_is_refused_or_a_valid_packet)
{
    for (int i = 0; i < row_count; i++) {
        struct row *row = &rows[i];
        size_t head = header_size(row);

        if (row->verdict > VERDICT_ALT)
            continue;
        for (size_t len = 0; len < row->len - head; len++)
            try_body(row, row->bytes[0], row->bytes + head, len);
    }
}
END_TEST

START_TEST(a_packet_with_any_bit_flipped_is_refused_or_a_valid_packet)
{
    for (int i = 0; i < row_count; i++) {
        struct row *row = &rows[i];
        size_t head = header_size(row);
        uint8_t body[MAX_BYTES];

        if (row->verdict > VERDICT_ALT)
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

    for (int i = 0; i < row_count; i++) {
        if (rows[i].verdict <= VERDICT_ALT)
            found[rows[i].bytes[0] >> 4][rows[i].version] = true;
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

    for (int i = 0; i < row_count; i++) {
        struct row *row = &rows[i];
        struct mqtt_packet packet;

        if (row->version != MQTT_5 || row->verdict > VERDICT_ALT)
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

    rows = calloc(MAX_ROWS, sizeof(rows[0]));
    row_count = 0;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        read_table(tables[i]);
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
