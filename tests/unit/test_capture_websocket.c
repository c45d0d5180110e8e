/* WebSocket in a capture: what its frames carry, however the bytes are cut. */
#include "suites.h"

#include "capture/capture_websocket.h"

#include <stdio.h>
#include <string.h>

#define REQUEST  "GET /mqtt HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
#define ANSWER   "HTTP/1.1 101 Switching Protocols\r\n\r\n"
#define MAX_LOST 8

static struct capture_websocket ws;
static struct buf content[2];
static uint32_t lost[MAX_LOST];
static int lost_count;
static char hidden[80];
static int hidden_count;

static void on_bytes(void *context, unsigned side, struct slice bytes,
                     const struct capture_origin *origin)
{
    (void)context;
    ck_assert_uint_eq(origin->frame, 7);
    buf_append_slice(&content[side], bytes);
}

static void on_lost(void *context, unsigned side, uint32_t count)
{
    (void)context;
    (void)side;
    ck_assert_int_lt(lost_count, MAX_LOST);
    lost[lost_count++] = count;
}

static void on_hidden(void *context, const char *text)
{
    (void)context;
    snprintf(hidden, sizeof(hidden), "%s", text);
    hidden_count++;
}

static const struct capture_websocket_events events = {
    .on_bytes = on_bytes,
    .on_lost = on_lost,
    .on_hidden = on_hidden,
};

static void set_up(void)
{
    ws = (struct capture_websocket){.events = &events};
    lost_count = 0;
    hidden_count = 0;
    hidden[0] = '\0';
}

static void tear_down(void)
{
    capture_websocket_release(&ws);
    buf_release(&content[0]);
    buf_release(&content[1]);
}

static void begin_anew(void)
{
    tear_down();
    set_up();
}

static void take(unsigned side, const void *bytes, size_t len)
{
    static const struct capture_origin origin = {.frame = 7};

    if (len)
        capture_websocket_take(&ws, side, slice_of(guarded(bytes, len), len),
                               &origin);
}

static void take_hex(unsigned side, const char *hex)
{
    uint8_t bytes[200];

    take(side, bytes, unit_hex(hex, bytes, sizeof(bytes)));
}

static void upgrade(void)
{
    take(0, REQUEST, sizeof(REQUEST) - 1);
    take(1, ANSWER, sizeof(ANSWER) - 1);
}

static void expect(unsigned side, const char *text)
{
    ck_assert_str_eq(buf_string(&content[side]), text);
}

/* ---- streams ---- */

/* In fragments, with a Ping within, and a Close behind them [MQTT-6.0.0-2]. */
#define CLIENT_FRAMES                        \
    "0282 01020304 6967 8981 01020304 71"    \
    "8081 01020304 20 8282 01020304 7667 88" \
    "82 01020304 0000"
#define CLIENT_CONTENT "he!we"
#define SERVER_FRAMES  "8205 68656c6c6f 8201 21 8a00 827e0080"

START_TEST(frames_carry_the_same_wherever_they_are_cut)
{
    uint8_t stream[200];
    size_t head = sizeof(REQUEST) - 1;

    memcpy(stream, REQUEST, head);
    size_t len =
        head + unit_hex(CLIENT_FRAMES, stream + head, sizeof(stream) - head);
    for (size_t cut = 0; cut <= len; cut++) {
        begin_anew();
        take(1, ANSWER, sizeof(ANSWER) - 1);
        take(0, stream, cut);
        take(0, stream + cut, len - cut);
        expect(0, CLIENT_CONTENT);
    }
    begin_anew();
    take(1, ANSWER, sizeof(ANSWER) - 1);
    for (size_t i = 0; i < len; i++)
        take(0, stream + i, 1);
    expect(0, CLIENT_CONTENT);
    ck_assert_int_eq(hidden_count, 0);
}
END_TEST

START_TEST(a_server_masks_nothing)
{
    static const char more[128] = "and a length of two bytes";

    upgrade();
    take_hex(1, SERVER_FRAMES);
    take(1, more, sizeof(more));
    ck_assert_uint_eq(content[1].len, 6 + 128);
    ck_assert_mem_eq(content[1].bytes, "hello!and a length", 18);
}
END_TEST

/* ---- what cannot be read ---- */

static const struct {
    const char *frame;
    const char *says;
} unreadable[] = {
    {"8382 01020304 0000",       "this is no WebSocket"                   },
    {"8b80 01020304",            "this is no WebSocket"                   },
    {"c282 01020304 0000",       "its WebSocket frames are compressed"    },
    {"82fe 0005 01020304",       "the length of a WebSocket frame is none"},
    {"82ff 8000000000000000 00", "the length of a WebSocket frame is none"},
};

START_TEST(what_can_be_no_frame_hides_all_that_follows)
{
    upgrade();
    take_hex(0, unreadable[_i].frame);
    take_hex(0, "8281 01020304 69");
    take_hex(1, "820168");
    ck_assert_int_eq(hidden_count, 1);
    ck_assert_str_eq(hidden, unreadable[_i].says);
    expect(0, "");
    expect(1, "");
}
END_TEST

START_TEST(other_http_is_passed_over_without_a_word)
{
    static const char page[] = "HTTP/1.1 200 OK\r\n\r\n<html>";

    take(0, REQUEST, sizeof(REQUEST) - 1);
    take(1, page, sizeof(page) - 1);
    take_hex(0, "8281 01020304 69");
    ck_assert_int_eq(hidden_count, 0);
    expect(0, "");
    expect(1, "");
}
END_TEST

/* ---- what is missing ---- */

START_TEST(a_hole_within_a_frame_is_told_and_its_mask_goes_on)
{
    upgrade();
    take_hex(0, "8285 01020304 69 67"); /* "he..." */
    capture_websocket_lose(&ws, 0, 2);
    take_hex(0, "6e"); /* its fifth byte */
    expect(0, "heo");
    ck_assert_int_eq(lost_count, 1);
    ck_assert_uint_eq(lost[0], 2);
}
END_TEST

START_TEST(behind_a_larger_hole_the_next_frame_is_looked_for)
{
    upgrade();
    take_hex(0, "8285 01020304 69 67");
    capture_websocket_lose(&ws, 0, 100);
    ck_assert_int_eq(lost_count, 1);
    ck_assert_uint_eq(lost[0], 0);
    take_hex(0, "ff 8282 01020304 6967 8281 01020304 20");
    expect(0, "hehe!");
}
END_TEST

START_TEST(a_capture_may_begin_behind_the_upgrade)
{
    capture_websocket_begin_within(&ws);
    take_hex(0, "8282 01020304 6967 8281 01020304 20");
    take_hex(1, "820168");
    expect(0, "he!");
    expect(1, "h");
}
END_TEST

Suite *capture_websocket_suite(void)
{
    Suite *suite = suite_create("capture_websocket");
    TCase *all = unit_case(suite, "all", 10);

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, frames_carry_the_same_wherever_they_are_cut);
    tcase_add_test(all, a_server_masks_nothing);
    tcase_add_loop_test(all, what_can_be_no_frame_hides_all_that_follows, 0,
                        (int)(sizeof(unreadable) / sizeof(unreadable[0])));
    tcase_add_test(all, other_http_is_passed_over_without_a_word);
    tcase_add_test(all, a_hole_within_a_frame_is_told_and_its_mask_goes_on);
    tcase_add_test(all, behind_a_larger_hole_the_next_frame_is_looked_for);
    tcase_add_test(all, a_capture_may_begin_behind_the_upgrade);
    return suite;
}
