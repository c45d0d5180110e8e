/* Fields of CONNECT and CONNACK; tests/packets has what is valid. */
#include "packet_rows.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

#include "mqtt/connect.h"
#include "mqtt/framer.h"
#include "mqtt/property.h"

static enum mqtt_reason decode(struct mqtt_connect *connect, const char *hex)
{
    uint8_t bytes[200];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    unit_given("%s", unit_hex_text(bytes, len));
    return connect_decode(connect, slice_of(guarded(bytes, len), len));
}

static void check_bytes(struct buf *out, const char *hex)
{
    uint8_t want[200];
    size_t len = unit_hex(hex, want, sizeof(want));

    ck_assert(slice_equal(buf_slice(out), slice_of(want, len)));
    buf_release(out);
}

static const char everything[] =
    "0004 4d515454 05 f6 003c" /* MQTT, 5, all flags, Keep Alive 60 */
    "05 11 0000000a"           /* Session Expiry Interval 10 */
    "0003 636c69"              /* Client Identifier "cli" */
    "05 18 00000005"           /* Will Delay Interval 5 */
    "0001 74 0003 627965"      /* Will Topic "t", Will Payload "bye" */
    "0001 75 0002 7077";       /* User Name "u", Password "pw" */

START_TEST(decode_finds_every_field)
{
    struct mqtt_connect connect;

    ck_assert_int_eq(decode(&connect, everything), MQTT_SUCCESS);
    ck_assert_uint_eq(connect.version, MQTT_5);
    ck_assert(!connect.bridge);
    ck_assert(connect.clean_start);
    ck_assert_uint_eq(connect.keep_alive_s, 60);
    ck_assert_uint_eq(property_number(connect.properties,
                                      PROPERTY_SESSION_EXPIRY_INTERVAL, 0),
                      10);
    ck_assert(slice_equal_string(connect.client_id, "cli"));
    ck_assert(connect.will.set);
    ck_assert_uint_eq(connect.will.qos, 2);
    ck_assert(connect.will.retain);
    ck_assert_uint_eq(property_number(connect.will.properties,
                                      PROPERTY_WILL_DELAY_INTERVAL, 0),
                      5);
    ck_assert(slice_equal_string(connect.will.topic, "t"));
    ck_assert(slice_equal_string(connect.will.payload, "bye"));
    ck_assert(connect.has_user_name);
    ck_assert(slice_equal_string(connect.user_name, "u"));
    ck_assert(connect.has_password);
    ck_assert(slice_equal_string(connect.password, "pw"));
}
END_TEST

START_TEST(decode_leaves_out_what_is_not_there)
{
    struct mqtt_connect connect;

    ck_assert_int_eq(decode(&connect, "0004 4d515454 04 00 0000 0001 61"),
                     MQTT_SUCCESS);
    ck_assert_uint_eq(connect.version, MQTT_3_1_1);
    ck_assert(!connect.clean_start);
    ck_assert(!connect.will.set && !connect.will.retain);
    ck_assert_uint_eq(connect.will.qos, 0);
    ck_assert(!connect.has_user_name && !connect.has_password);
    ck_assert_uint_eq(connect.properties.len, 0);
}
END_TEST

START_TEST(a_bridge_is_known_by_the_top_bit_of_its_version)
{
    struct mqtt_connect connect;

    ck_assert_int_eq(decode(&connect, "0004 4d515454 84 02 0000 0001 61"),
                     MQTT_SUCCESS);
    ck_assert_uint_eq(connect.version, MQTT_3_1_1);
    ck_assert(connect.bridge);
    ck_assert_int_eq(decode(&connect, "0006 4d5149736470 83 02 0000 0001 61"),
                     MQTT_SUCCESS);
    ck_assert_uint_eq(connect.version, MQTT_3_1);
    ck_assert(connect.bridge);
}
END_TEST

/* [MQTT-3.1.2-2] [MQTT311-3.1.2-2] */
START_TEST(an_unsupported_version_is_told_apart_and_kept)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        char hex[64];
        struct mqtt_connect connect;

        if (byte == 4 || byte == 5 || byte == 0x84)
            continue;
        snprintf(hex, sizeof(hex), "0004 4d515454 %02x 02 0000 0001 61", byte);
        ck_assert_int_eq(decode(&connect, hex),
                         MQTT_UNSUPPORTED_PROTOCOL_VERSION);
        ck_assert_uint_eq(connect.version, byte == 0x83 ? 3 : byte);
    }
}
END_TEST

/* A version of the future may go on in a way that we cannot read. */
START_TEST(an_unsupported_version_is_told_although_the_rest_is_unreadable)
{
    struct mqtt_connect connect;

    ck_assert_int_eq(decode(&connect, "0004 4d515454 06"),
                     MQTT_UNSUPPORTED_PROTOCOL_VERSION);
    ck_assert_int_eq(decode(&connect, "0004 4d515454 06 ff"),
                     MQTT_UNSUPPORTED_PROTOCOL_VERSION);
    ck_assert_uint_eq(connect.version, 6);
}
END_TEST

/* MQTT 3.1: the Remaining Length wins over the flags. */
START_TEST(in_3_1_a_user_name_that_is_missing_is_absent)
{
    struct mqtt_connect connect;

    ck_assert_int_eq(decode(&connect, "0006 4d5149736470 03 c2 0000 0001 61"),
                     MQTT_SUCCESS);
    ck_assert(!connect.has_user_name && !connect.has_password);
    ck_assert_int_eq(
        decode(&connect, "0006 4d5149736470 03 c2 0000 0001 61 0001 75"),
        MQTT_SUCCESS);
    ck_assert(connect.has_user_name && !connect.has_password);
}
END_TEST

START_TEST(encode_writes_what_decode_read)
{
    struct mqtt_connect connect;
    struct buf out = {0};
    char whole[300];

    snprintf(whole, sizeof(whole), "10 2a %s", everything);
    ck_assert_int_eq(decode(&connect, everything), MQTT_SUCCESS);
    connect_encode(&out, &connect);
    check_bytes(&out, whole);
}
END_TEST

static struct packet_rows valid;
static struct packet_rows refused;

/* The body of a CONNECT behind its Remaining Length, which may be as long. */
static enum mqtt_reason decode_row(struct mqtt_connect *connect,
                                   const struct packet_row *row)
{
    size_t head = row->bytes[1] & 0x80 ? 3 : 2;
    size_t len = row->len - head;

    unit_given("%s", unit_hex_text(row->bytes + head, len));
    return connect_decode(connect,
                          slice_of(guarded(row->bytes + head, len), len));
}

START_TEST(decode_accepts_what_is_valid)
{
    const struct packet_row *row = &valid.rows[_i];
    struct mqtt_connect connect;
    enum mqtt_reason reason = decode_row(&connect, row);

    ck_assert_msg(reason == 0, "%s: wanted 00, got %02x", row->name,
                  (unsigned)reason);
    ck_assert_uint_eq(connect.version, row->version);
    if (row->verdict == PACKET_OK) {
        struct buf out = {0};

        connect_encode(&out, &connect);
        ck_assert_msg(
            slice_equal(buf_slice(&out), slice_of(row->bytes, row->len)),
            "%s: encoded, it is another packet", row->name);
        buf_release(&out);
    }
}
END_TEST

START_TEST(decode_refuses_what_is_not_for_the_right_reason)
{
    const struct packet_row *row = &refused.rows[_i];
    struct mqtt_connect connect;
    enum mqtt_reason reason = decode_row(&connect, row);

    ck_assert_msg(reason == row->verdict, "%s: wanted %02x, got %02x",
                  row->name, row->verdict, (unsigned)reason);
}
END_TEST

START_TEST(encode_appends)
{
    struct buf out = {0};
    struct mqtt_connect connect = {
        .version = MQTT_3_1,
        .client_id = slice_of_string("a"),
    };

    buf_append_u8(&out, 0xee);
    connect_encode(&out, &connect);
    check_bytes(&out, "ee 10 0f 0006 4d5149736470 03 00 0000 0001 61");
}
END_TEST

START_TEST(connack_decode_finds_every_field)
{
    uint8_t bytes[] = {0x01, 0x00, 0x03, 0x21, 0x00, 0x0a};
    struct mqtt_connack connack;
    struct slice body = slice_of(guarded(bytes, 6), 6);

    ck_assert_int_eq(connack_decode(&connack, MQTT_5, body), MQTT_SUCCESS);
    ck_assert(connack.session_present);
    ck_assert_uint_eq(connack.reason, 0);
    ck_assert_uint_eq(
        property_number(connack.properties, PROPERTY_RECEIVE_MAXIMUM, 0), 10);
    body = slice_of("\0\5", 2);
    ck_assert_int_eq(connack_decode(&connack, MQTT_3_1_1, body), MQTT_SUCCESS);
    ck_assert(!connack.session_present);
    ck_assert_uint_eq(connack.reason, CONNACK_NOT_AUTHORIZED);
}
END_TEST

START_TEST(connack_is_written_for_each_version)
{
    struct mqtt_connack connack = {.session_present = true};
    struct buf out = {0};

    connack_encode(&out, MQTT_5, &connack);
    check_bytes(&out, "20 03 01 00 00");
    connack_encode(&out, MQTT_3_1_1, &connack);
    check_bytes(&out, "20 02 01 00");
    connack_encode(&out, MQTT_3_1, &connack);
    check_bytes(&out, "20 02 00 00");
}
END_TEST

/* The answer to a version that we do not know: like the nearest that we do. */
START_TEST(connack_is_written_for_an_unsupported_version)
{
    struct mqtt_connack connack = {.reason = MQTT_UNSUPPORTED_PROTOCOL_VERSION};
    struct buf out = {0};

    connack_encode(&out, (enum mqtt_version)6, &connack);
    check_bytes(&out, "20 03 00 84 00");
    connack.reason = CONNACK_UNACCEPTABLE_PROTOCOL_VERSION;
    connack_encode(&out, (enum mqtt_version)2, &connack);
    check_bytes(&out, "20 02 00 01");
}
END_TEST

START_TEST(each_reason_has_a_return_code_of_3_1_1)
{
    ck_assert_int_eq(connack_code_3(MQTT_SUCCESS), CONNACK_ACCEPTED);
    ck_assert_int_eq(connack_code_3(MQTT_UNSUPPORTED_PROTOCOL_VERSION),
                     CONNACK_UNACCEPTABLE_PROTOCOL_VERSION);
    ck_assert_int_eq(connack_code_3(MQTT_CLIENT_IDENTIFIER_NOT_VALID),
                     CONNACK_IDENTIFIER_REJECTED);
    ck_assert_int_eq(connack_code_3(MQTT_SERVER_BUSY),
                     CONNACK_SERVER_UNAVAILABLE);
    ck_assert_int_eq(connack_code_3(MQTT_BAD_USER_NAME_OR_PASSWORD),
                     CONNACK_BAD_USER_NAME_OR_PASSWORD);
    ck_assert_int_eq(connack_code_3(MQTT_NOT_AUTHORIZED),
                     CONNACK_NOT_AUTHORIZED);
    for (unsigned reason = 0x80; reason < 256; reason++) {
        enum connack_code code = connack_code_3((enum mqtt_reason)reason);

        ck_assert_int_gt(code, CONNACK_ACCEPTED);
        ck_assert_int_le(code, CONNACK_NOT_AUTHORIZED);
    }
}
END_TEST

/* Some rows have a wrong first byte or length: those are not for decode. */
static void read_rows(void)
{
    struct packet_rows all = {0};

    packet_rows_read(&all, "connect");
    packet_rows_read(&all, "connect_will");
    valid.rows = calloc((size_t)all.count, sizeof(all.rows[0]));
    refused.rows = calloc((size_t)all.count, sizeof(all.rows[0]));
    for (int i = 0; i < all.count; i++) {
        struct packet_rows *to =
            all.rows[i].verdict <= PACKET_ALT ? &valid : &refused;
        struct frame frame;

        if (framer_next(slice_of(all.rows[i].bytes, all.rows[i].len),
                        MQTT_MAX_PACKET_SIZE, &frame) > 0)
            to->rows[to->count++] = all.rows[i];
    }
    free(all.rows);
}

Suite *connect_suite(void)
{
    Suite *suite = suite_create("connect");
    TCase *decode = unit_case(suite, "decode", 0);
    TCase *tcase = unit_case(suite, "connect", 0);

    read_rows();
    tcase_add_test(decode, decode_finds_every_field);
    tcase_add_test(decode, decode_leaves_out_what_is_not_there);
    tcase_add_test(decode, a_bridge_is_known_by_the_top_bit_of_its_version);
    tcase_add_test(decode, an_unsupported_version_is_told_apart_and_kept);
    tcase_add_test(
        decode, an_unsupported_version_is_told_although_the_rest_is_unreadable);
    tcase_add_test(decode, in_3_1_a_user_name_that_is_missing_is_absent);
    tcase_add_test(decode, encode_writes_what_decode_read);
    tcase_add_loop_test(decode, decode_accepts_what_is_valid, 0, valid.count);
    tcase_add_loop_test(decode, decode_refuses_what_is_not_for_the_right_reason,
                        0, refused.count);
    tcase_add_test(tcase, encode_appends);
    tcase_add_test(tcase, connack_decode_finds_every_field);
    tcase_add_test(tcase, connack_is_written_for_each_version);
    tcase_add_test(tcase, connack_is_written_for_an_unsupported_version);
    tcase_add_test(tcase, each_reason_has_a_return_code_of_3_1_1);
    return suite;
}
