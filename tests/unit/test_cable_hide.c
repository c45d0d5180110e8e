#define _GNU_SOURCE /* memmem */
/* Passwords in WebSocket frames: replaced where they are, and nothing else. */
#include "suites.h"

#include "mqtt/connect.h"
#include "wire/cable_hide.h"

#include <string.h>

static const char request[] =
    "GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
static struct buf raw;
static struct buf mqtt;

static void set_up(void)
{
    connect_encode(
        &mqtt, &(struct mqtt_connect){.version = MQTT_3_1_1,
                                      .clean_start = true,
                                      .client_id = slice_of_string("sensor"),
                                      .has_user_name = true,
                                      .user_name = slice_of_string("anna"),
                                      .has_password = true,
                                      .password = slice_of_string("geheim")});
    buf_append_string(&raw, request);
}

static void tear_down(void)
{
    buf_release(&raw);
    buf_release(&mqtt);
}

static void put_frame(unsigned opcode, struct slice payload)
{
    static const uint8_t mask[4] = {0x11, 0xa2, 0x33, 0xc4};

    buf_append_u8(&raw, (uint8_t)(0x80 | opcode));
    if (payload.len < 126) {
        buf_append_u8(&raw, (uint8_t)(0x80 | payload.len));
    } else {
        buf_append_u8(&raw, 0x80 | 126);
        buf_append_u8(&raw, (uint8_t)(payload.len >> 8));
        buf_append_u8(&raw, (uint8_t)payload.len);
    }
    buf_append(&raw, mask, 4);
    for (size_t i = 0; i < payload.len; i++)
        buf_append_u8(&raw, payload.bytes[i] ^ mask[i % 4]);
}

static void hide(void)
{
    size_t end = cable_request_end(raw.bytes, raw.len);

    ck_assert_uint_eq(end, sizeof(request) - 1);
    cable_hide(raw.bytes + end, raw.len - end);
}

/* The payloads of all binary frames, unmasked. */
static struct buf carried(void)
{
    struct buf all = {0};

    for (size_t at = sizeof(request) - 1; at + 6 <= raw.len;) {
        size_t len = raw.bytes[at + 1] & 0x7f;
        size_t head = 2;

        if (len == 126) {
            len = (size_t)raw.bytes[at + 2] << 8 | raw.bytes[at + 3];
            head = 4;
        }
        for (size_t i = 0; i < len && (raw.bytes[at] & 15) == 2; i++)
            buf_append_u8(&all, raw.bytes[at + head + 4 + i] ^
                                    raw.bytes[at + head + i % 4]);
        at += head + 4 + len;
    }
    return all;
}

static void expect_hidden(void)
{
    struct buf expected = {0};
    struct buf seen = carried();

    buf_append_slice(&expected, buf_slice(&mqtt));
    memset(expected.bytes + mqtt.len - 6, '*', 6);
    ck_assert(slice_equal(buf_slice(&seen), buf_slice(&expected)));
    buf_release(&expected);
    buf_release(&seen);
}

/* Pieces of 1 byte, of 5, of all: MQTT.js sends a packet as many frames. */
static const size_t sizes[] = {1, 5, 1000};

START_TEST(the_password_is_hidden_however_the_packet_is_cut)
{
    struct slice rest = buf_slice(&mqtt);

    while (rest.len) {
        size_t len = rest.len < sizes[_i] ? rest.len : sizes[_i];

        put_frame(2, slice_first(rest, len));
        put_frame(9, slice_of_string("ping")); /* between: a control frame */
        rest = slice_skip(rest, len);
    }
    size_t len = raw.len;
    hide();
    ck_assert_uint_eq(raw.len, len);
    ck_assert(!memcmp(raw.bytes, request, sizeof(request) - 1));
    expect_hidden();
}
END_TEST

START_TEST(a_long_frame_is_understood)
{
    struct buf two = {0};

    buf_append_slice(&two, buf_slice(&mqtt));
    for (int i = 0; i < 200; i++)
        buf_append(&two, "\xc0\x00", 2);
    put_frame(2, buf_slice(&two));
    hide();
    struct buf seen = carried();
    ck_assert_uint_eq(seen.len, two.len);
    ck_assert_ptr_null(memmem(seen.bytes, seen.len, "geheim", 6));
    ck_assert(!memcmp(seen.bytes + mqtt.len, two.bytes + mqtt.len, 400));
    buf_release(&seen);
    buf_release(&two);
}
END_TEST

START_TEST(half_a_connect_shows_no_part_of_the_password)
{
    put_frame(2, slice_first(buf_slice(&mqtt), mqtt.len - 3));
    hide();
    struct buf seen = carried();
    ck_assert_ptr_null(memmem(seen.bytes, seen.len, "geh", 3));
    ck_assert_ptr_nonnull(memmem(seen.bytes, seen.len, "sensor", 6));
    buf_release(&seen);
}
END_TEST

/* A length that is not written in the shortest way [RFC 6455 5.2]: the broker
   reads no further, but the password has crossed the cable. */
START_TEST(behind_a_header_that_is_none_everything_is_hidden)
{
    put_frame(2, slice_first(buf_slice(&mqtt), 20));
    size_t bad = raw.len;
    buf_append(&raw, "\x82\x7e\x00\x06geheim", 10);
    hide();
    ck_assert_ptr_null(memmem(raw.bytes, raw.len, "geheim", 6));
    struct buf all = {0};
    buf_append(&all, raw.bytes + bad, raw.len - bad);
    ck_assert_str_eq(buf_string(&all), "**********");
    buf_release(&all);
}
END_TEST

START_TEST(half_a_header_at_the_end_stays)
{
    put_frame(2, buf_slice(&mqtt));
    buf_append(&raw, "\x82\xfe\x01", 3);
    hide();
    ck_assert(!memcmp(raw.bytes + raw.len - 3, "\x82\xfe\x01", 3));
    raw.len -= 3;
    expect_hidden();
}
END_TEST

START_TEST(what_cannot_be_made_out_is_hidden_as_a_whole)
{
    put_frame(2, buf_slice(&mqtt));
    cable_hide_all(raw.bytes, raw.len);
    for (size_t i = 0; i < raw.len; i++)
        ck_assert_int_eq(raw.bytes[i], '*');
}
END_TEST

START_TEST(every_beginning_is_safe)
{
    put_frame(2, buf_slice(&mqtt));
    for (size_t len = 0; len <= raw.len; len++) {
        uint8_t *copy = (uint8_t *)(uintptr_t)guarded(raw.bytes, len);

        size_t end = cable_request_end(copy, len);
        ck_assert_uint_eq(end,
                          len < sizeof(request) - 1 ? 0 : sizeof(request) - 1);
        cable_hide(copy + end, len - end);
    }
}
END_TEST

START_TEST(without_frames_the_password_is_hidden_too)
{
    struct buf two = {0};

    buf_append_slice(&two, buf_slice(&mqtt));
    buf_append_slice(&two, buf_slice(&mqtt));
    for (size_t len = 0; len <= two.len; len++) {
        uint8_t *copy = (uint8_t *)(uintptr_t)guarded(two.bytes, len);

        cable_hide_packets(copy, len);
        ck_assert_ptr_null(memmem(copy, len, "geh", 3));
        if (len > mqtt.len)
            ck_assert_ptr_nonnull(memmem(copy, len, "sensor", 6));
    }
    buf_release(&two);
}
END_TEST

START_TEST(a_request_shows_not_what_authorizes_it)
{
    char text[] = "GET / HTTP/1.1\r\nauthorization: Basic Z2VoZWlt\r\n"
                  "Host: a\r\nProxy-Authorization:x\r\n\r\n";

    cable_hide_request((uint8_t *)text, strlen(text));
    ck_assert_str_eq(text, "GET / HTTP/1.1\r\nauthorization:***************\r\n"
                           "Host: a\r\nProxy-Authorization:*\r\n\r\n");
    for (size_t len = 0; len <= strlen(text); len++)
        cable_hide_request((uint8_t *)(uintptr_t)guarded(text, len), len);
}
END_TEST

Suite *cable_hide_suite(void)
{
    Suite *suite = suite_create("cable_hide");
    TCase *tcase = unit_case(suite, "cable_hide", 10);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, without_frames_the_password_is_hidden_too);
    tcase_add_test(tcase, a_request_shows_not_what_authorizes_it);
    tcase_add_loop_test(tcase, the_password_is_hidden_however_the_packet_is_cut,
                        0, 3);
    tcase_add_test(tcase, a_long_frame_is_understood);
    tcase_add_test(tcase, half_a_connect_shows_no_part_of_the_password);
    tcase_add_test(tcase, behind_a_header_that_is_none_everything_is_hidden);
    tcase_add_test(tcase, half_a_header_at_the_end_stays);
    tcase_add_test(tcase, what_cannot_be_made_out_is_hidden_as_a_whole);
    tcase_add_test(tcase, every_beginning_is_safe);
    return suite;
}
