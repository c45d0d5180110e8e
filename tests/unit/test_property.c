#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "mqtt/property.h"

#define IN(type) PROPERTY_BIT(MQTT_##type)
#define WILL     PROPERTY_BIT(PROPERTY_IN_WILL)
#define ALL_PACKETS                                                            \
    (IN(CONNECT) | IN(CONNACK) | IN(PUBLISH) | IN(PUBACK) | IN(PUBREC) |       \
     IN(PUBREL) | IN(PUBCOMP) | IN(SUBSCRIBE) | IN(SUBACK) | IN(UNSUBSCRIBE) | \
     IN(UNSUBACK) | IN(DISCONNECT) | IN(AUTH))

/* [MQTT5 2.2.2.2, table 2-4], one row each, with a valid value. */
static const struct {
    unsigned packets;
    const char *hex;
} all[] = {
    {IN(PUBLISH) | WILL,                                                      "01 01"             },
    {IN(PUBLISH) | WILL,                                                      "02 00000001"       },
    {IN(PUBLISH) | WILL,                                                      "03 0001 61"        },
    {IN(PUBLISH) | WILL,                                                      "08 0001 61"        },
    {IN(PUBLISH) | WILL,                                                      "09 0001 ff"        },
    {IN(PUBLISH) | IN(SUBSCRIBE),                                             "0b 01"             },
    {IN(CONNECT) | IN(CONNACK) | IN(DISCONNECT),                              "11 00000001"       },
    {IN(CONNACK),                                                             "12 0001 61"        },
    {IN(CONNACK),                                                             "13 0001"           },
    {IN(CONNECT) | IN(CONNACK) | IN(AUTH),                                    "15 0001 61"        },
    {IN(CONNECT) | IN(CONNACK) | IN(AUTH),                                    "16 0001 ff"        },
    {IN(CONNECT),                                                             "17 01"             },
    {WILL,                                                                    "18 00000001"       },
    {IN(CONNECT),                                                             "19 01"             },
    {IN(CONNACK),                                                             "1a 0001 61"        },
    {IN(CONNACK) | IN(DISCONNECT),                                            "1c 0001 61"        },
    {ALL_PACKETS &
         ~(IN(CONNECT) | IN(PUBLISH) | IN(SUBSCRIBE) | IN(UNSUBSCRIBE)),
     "1f 0001 61"                                                                                 },
    {IN(CONNECT) | IN(CONNACK),                                               "21 0001"           },
    {IN(CONNECT) | IN(CONNACK),                                               "22 0001"           },
    {IN(PUBLISH),                                                             "23 0001"           },
    {IN(CONNACK),                                                             "24 01"             },
    {IN(CONNACK),                                                             "25 01"             },
    {ALL_PACKETS | WILL,                                                      "26 0001 61 0001 62"},
    {IN(CONNECT) | IN(CONNACK),                                               "27 00000001"       },
    {IN(CONNACK),                                                             "28 01"             },
    {IN(CONNACK),                                                             "29 01"             },
    {IN(CONNACK),                                                             "2a 01"             },
};

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/* Read hex with its length in front. */
static enum mqtt_reason read_hex(const char *hex, unsigned where)
{
    uint8_t bytes[100];
    size_t len = unit_hex(hex, bytes + 1, sizeof(bytes) - 1);

    bytes[0] = (uint8_t)len;
    struct reader reader = {.rest = slice_of(guarded(bytes, len + 1), len + 1)};
    struct slice properties = property_read(&reader, where);
    if (reader.reason)
        ck_assert_uint_eq(properties.len, 0);
    else
        ck_assert(slice_equal(properties, slice_of(bytes + 1, len)));
    return reader.reason;
}

/* Authentication Data needs a method before it. */
static const char *complete(const char *hex, char *out)
{
    strcpy(out, strncmp(hex, "16", 2) == 0 ? "15 0001 61" : "");
    return strcat(out, hex);
}

START_TEST(the_table_has_each_property_once_in_order)
{
    const struct property_info *info = property_table();

    for (int i = 0; i < COUNT(all); i++, info++) {
        ck_assert_uint_eq(info->id, strtoul(all[i].hex, NULL, 16));
        ck_assert_uint_eq(info->packets, all[i].packets);
        ck_assert_ptr_eq(property_info(info->id), info);
    }
    ck_assert_uint_eq(info->id, 0);
}
END_TEST

/* [MQTT5 2.2.2.2] */
START_TEST(a_property_is_read_in_its_packets_and_malformed_in_others)
{
    char hex[64];

    for (unsigned where = PROPERTY_IN_WILL; where <= MQTT_AUTH; where++) {
        bool allowed = all[_i].packets & PROPERTY_BIT(where);

        ck_assert_int_eq(read_hex(complete(all[_i].hex, hex), where),
                         allowed ? MQTT_SUCCESS : MQTT_MALFORMED_PACKET);
    }
}
END_TEST

START_TEST(a_property_twice_is_a_protocol_error_unless_it_may_repeat)
{
    char hex[64];

    for (unsigned where = PROPERTY_IN_WILL; where <= MQTT_AUTH; where++) {
        bool repeatable =
            strncmp(all[_i].hex, "26", 2) == 0 ||
            (strncmp(all[_i].hex, "0b", 2) == 0 && where == MQTT_PUBLISH);

        if (!(all[_i].packets & PROPERTY_BIT(where)))
            continue;
        complete(all[_i].hex, hex);
        strcat(hex, all[_i].hex);
        ck_assert_int_eq(read_hex(hex, where),
                         repeatable ? MQTT_SUCCESS : MQTT_PROTOCOL_ERROR);
    }
}
END_TEST

START_TEST(a_property_cut_short_is_malformed)
{
    uint8_t bytes[64];
    size_t len = unit_hex(all[_i].hex, bytes + 1, sizeof(bytes) - 1);

    for (size_t cut = 1; cut < len; cut++) {
        struct reader reader = {.rest = slice_of(bytes, cut + 1)};
        unsigned where = (unsigned)__builtin_ctz(all[_i].packets);

        bytes[0] = (uint8_t)cut;
        reader.rest.bytes = guarded(bytes, cut + 1);
        property_read(&reader, where);
        ck_assert_int_eq(reader.reason, MQTT_MALFORMED_PACKET);
    }
}
END_TEST

START_TEST(an_unknown_identifier_is_malformed)
{
    for (unsigned id = 0; id < 256; id++) {
        uint8_t bytes[] = {4, (uint8_t)(id & 0x7f), 0, 1, 'a'};
        struct reader reader = {.rest = slice_of(bytes, sizeof(bytes))};

        if (id > 127 || property_info(id))
            continue;
        property_read(&reader, MQTT_CONNACK);
        ck_assert_int_eq(reader.reason, MQTT_MALFORMED_PACKET);
    }
    ck_assert_ptr_null(property_info(0));
    ck_assert_ptr_null(property_info(0x2b));
    ck_assert_ptr_null(property_info(0x81));
    ck_assert_ptr_null(property_info(UINT32_MAX));
}
END_TEST

static const struct {
    const char *hex;
    unsigned where;
    enum mqtt_reason reason;
} values[] = {
    {"01 00",           MQTT_PUBLISH,   MQTT_SUCCESS         },
    {"01 02",           MQTT_PUBLISH,   MQTT_PROTOCOL_ERROR  },
    {"17 02",           MQTT_CONNECT,   MQTT_PROTOCOL_ERROR  },
    {"19 02",           MQTT_CONNECT,   MQTT_PROTOCOL_ERROR  },
    {"24 02",           MQTT_CONNACK,   MQTT_PROTOCOL_ERROR  },
    {"25 02",           MQTT_CONNACK,   MQTT_PROTOCOL_ERROR  },
    {"28 ff",           MQTT_CONNACK,   MQTT_PROTOCOL_ERROR  },
    {"29 02",           MQTT_CONNACK,   MQTT_PROTOCOL_ERROR  },
    {"2a 02",           MQTT_CONNACK,   MQTT_PROTOCOL_ERROR  },
    {"0b 00",           MQTT_SUBSCRIBE, MQTT_PROTOCOL_ERROR  },
    {"0b ffffff7f",     MQTT_SUBSCRIBE, MQTT_SUCCESS         },
    {"0b ffffffff01",   MQTT_SUBSCRIBE, MQTT_MALFORMED_PACKET},
    {"0b 8100",         MQTT_SUBSCRIBE, MQTT_MALFORMED_PACKET},
    {"21 0000",         MQTT_CONNECT,   MQTT_PROTOCOL_ERROR  },
    {"27 00000000",     MQTT_CONNECT,   MQTT_PROTOCOL_ERROR  },
    {"22 0000",         MQTT_CONNECT,   MQTT_SUCCESS         },
    {"11 ffffffff",     MQTT_CONNECT,   MQTT_SUCCESS         },
    {"16 0001 61",      MQTT_CONNECT,   MQTT_PROTOCOL_ERROR  },
    {"16 0000 15 0000", MQTT_CONNECT,   MQTT_SUCCESS         },
    {"08 0001 23",      MQTT_PUBLISH,   MQTT_PROTOCOL_ERROR  }, /* [MQTT-3.3.2-14] */
    {"08 0000",         MQTT_PUBLISH,   MQTT_PROTOCOL_ERROR  },
    {"08 0001 80",      MQTT_PUBLISH,   MQTT_MALFORMED_PACKET}, /* [MQTT-3.3.2-13] */
    {"03 0001 80",      MQTT_PUBLISH,   MQTT_MALFORMED_PACKET}, /* [MQTT-3.3.2-19] */
    {"1f 0001 00",      MQTT_PUBACK,    MQTT_MALFORMED_PACKET}, /* [MQTT-1.5.4-2] */
    {"26 0001 80 0000", MQTT_PUBACK,
     MQTT_MALFORMED_PACKET                                   }, /* [MQTT-1.5.7-1] */
    {"26 0000 0001 80", MQTT_PUBACK,    MQTT_MALFORMED_PACKET},
    {"26 0000 0000",    MQTT_PUBACK,    MQTT_SUCCESS         },
    {"a600 0000 0000",  MQTT_PUBACK,    MQTT_MALFORMED_PACKET}, /* [MQTT-1.5.5-1] */
    {"",                MQTT_PUBACK,    MQTT_SUCCESS         }, /* [MQTT-2.2.2-1] */
};

START_TEST(values_are_judged)
{
    ck_assert_int_eq(read_hex(values[_i].hex, values[_i].where),
                     values[_i].reason);
}
END_TEST

static const struct {
    const char *hex;
    enum mqtt_reason reason;
    size_t left;
} lengths[] = {
    {"",                 MQTT_MALFORMED_PACKET, 0},
    {"80",               MQTT_MALFORMED_PACKET, 0},
    {"8000",             MQTT_MALFORMED_PACKET, 0},
    {"01",               MQTT_MALFORMED_PACKET, 0},
    {"ffffff7f 00",      MQTT_MALFORMED_PACKET, 0},
    {"06 2600000000",    MQTT_MALFORMED_PACKET, 0},
    {"04 2600000000",    MQTT_MALFORMED_PACKET, 0},
    {"00",               MQTT_SUCCESS,          0},
    {"00 aabb",          MQTT_SUCCESS,          2},
    {"05 2600000000 cc", MQTT_SUCCESS,          1},
};

START_TEST(the_length_must_be_that_of_the_properties)
{
    uint8_t bytes[64];
    size_t len = unit_hex(lengths[_i].hex, bytes, sizeof(bytes));
    struct reader reader = {.rest = slice_of(guarded(bytes, len), len)};

    property_read(&reader, MQTT_PUBLISH);
    ck_assert_int_eq(reader.reason, lengths[_i].reason);
    ck_assert_uint_eq(reader.rest.len, lengths[_i].left);
}
END_TEST

START_TEST(a_reader_that_failed_before_keeps_its_reason)
{
    struct reader reader = {.rest = slice_of("\0", 1)};

    reader_fail(&reader, MQTT_TOPIC_NAME_INVALID);
    ck_assert_uint_eq(property_read(&reader, MQTT_PUBLISH).len, 0);
    ck_assert_int_eq(reader.reason, MQTT_TOPIC_NAME_INVALID);
}
END_TEST

static void put_some(struct buf *out)
{
    property_put_number(out, PROPERTY_PAYLOAD_FORMAT_INDICATOR, 1);
    property_put_number(out, PROPERTY_TOPIC_ALIAS, 0x1234);
    property_put_number(out, PROPERTY_MESSAGE_EXPIRY_INTERVAL, 0x01020304);
    property_put_number(out, PROPERTY_SUBSCRIPTION_IDENTIFIER, 300);
    property_put_string(out, PROPERTY_CONTENT_TYPE, slice_of_string("t"));
    property_put_string(out, PROPERTY_CORRELATION_DATA, slice_of("\0", 1));
    property_put_pair(out, slice_of_string("k"), slice_of_string("v"));
    property_put_pair(out, slice_of_string("k"), slice_of_string(""));
}

START_TEST(put_writes_each_type_as_the_standard_draws_it)
{
    uint8_t want[64];
    size_t len = unit_hex("01 01 23 1234 02 01020304 0b ac02 03 0001 74"
                          "09 0001 00 26 0001 6b 0001 76 26 0001 6b 0000",
                          want, sizeof(want));
    struct buf properties = {0};

    put_some(&properties);
    ck_assert(slice_equal(buf_slice(&properties), slice_of(want, len)));
    buf_release(&properties);
}
END_TEST

START_TEST(what_was_put_is_read_found_and_visited)
{
    struct buf properties = {0};
    struct buf out = {0};
    struct property property;
    int visits = 0;

    put_some(&properties);
    property_write(&out, buf_slice(&properties));
    ck_assert_uint_eq(out.len, property_size(buf_slice(&properties)));
    struct reader reader = {.rest =
                                slice_of(guarded(out.bytes, out.len), out.len)};
    struct slice read = property_read(&reader, MQTT_PUBLISH);
    ck_assert_int_eq(reader.reason, MQTT_SUCCESS);

    ck_assert_uint_eq(property_number(read, PROPERTY_TOPIC_ALIAS, 7), 0x1234);
    ck_assert_uint_eq(
        property_number(read, PROPERTY_MESSAGE_EXPIRY_INTERVAL, 7), 0x01020304);
    ck_assert_uint_eq(
        property_number(read, PROPERTY_SUBSCRIPTION_IDENTIFIER, 7), 300);
    ck_assert_uint_eq(property_number(read, PROPERTY_RECEIVE_MAXIMUM, 7), 7);
    ck_assert(
        slice_equal_string(property_string(read, PROPERTY_CONTENT_TYPE), "t"));
    ck_assert_uint_eq(property_string(read, PROPERTY_RESPONSE_TOPIC).len, 0);
    ck_assert(property_find(read, PROPERTY_USER_PROPERTY, &property));
    ck_assert(slice_equal_string(property.string, "k"));
    ck_assert(slice_equal_string(property.value, "v")); /* the first of two */
    ck_assert_uint_eq(property.bytes.len, 7);
    ck_assert(!property_find(read, PROPERTY_REASON_STRING, &property));
    for (struct slice p = read; property_next(&p, &property);)
        visits++;
    ck_assert_int_eq(visits, 8);
    buf_release(&properties);
    buf_release(&out);
}
END_TEST

START_TEST(empty_properties_are_a_single_byte)
{
    struct buf out = {0};
    struct slice none = slice_of(NULL, 0);
    struct property property;

    property_write(&out, none);
    ck_assert(slice_equal(buf_slice(&out), slice_of("\0", 1)));
    ck_assert_uint_eq(property_size(none), 1);
    ck_assert(!property_next(&none, &property));
    buf_release(&out);
}
END_TEST

START_TEST(the_size_counts_a_longer_length)
{
    static uint8_t bytes[16384];

    ck_assert_uint_eq(property_size(slice_of(bytes, 127)), 128);
    ck_assert_uint_eq(property_size(slice_of(bytes, 128)), 130);
    ck_assert_uint_eq(property_size(slice_of(bytes, 16383)), 16385);
    ck_assert_uint_eq(property_size(slice_of(bytes, 16384)), 16387);
}
END_TEST

Suite *property_suite(void)
{
    Suite *suite = suite_create("property");
    TCase *tcase = unit_case(suite, "property", 0);

    tcase_add_test(tcase, the_table_has_each_property_once_in_order);
    tcase_add_loop_test(
        tcase, a_property_is_read_in_its_packets_and_malformed_in_others, 0,
        COUNT(all));
    tcase_add_loop_test(
        tcase, a_property_twice_is_a_protocol_error_unless_it_may_repeat, 0,
        COUNT(all));
    tcase_add_loop_test(tcase, a_property_cut_short_is_malformed, 0,
                        COUNT(all));
    tcase_add_test(tcase, an_unknown_identifier_is_malformed);
    tcase_add_loop_test(tcase, values_are_judged, 0, COUNT(values));
    tcase_add_loop_test(tcase, the_length_must_be_that_of_the_properties, 0,
                        COUNT(lengths));
    tcase_add_test(tcase, a_reader_that_failed_before_keeps_its_reason);
    tcase_add_test(tcase, put_writes_each_type_as_the_standard_draws_it);
    tcase_add_test(tcase, what_was_put_is_read_found_and_visited);
    tcase_add_test(tcase, empty_properties_are_a_single_byte);
    tcase_add_test(tcase, the_size_counts_a_longer_length);
    return suite;
}
