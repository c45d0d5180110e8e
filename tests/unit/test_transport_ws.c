/*
 * A WebSocket server whose peer is played by hand, frame by frame; what every
 * transport has to do is tested by test_transport.c.
 */
#include "suites.h"

#include "net/transport_memory.h"
#include "net/transport_ws.h"
#include "transport_pair.h"

#include <errno.h>

#define UPGRADE                                                              \
    "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"        \
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
    "Sec-WebSocket-Version: 13\r\n"

#define PEER   (&pair.sides[0])
#define SERVER (&pair.sides[1])

static void send_hex(const char *hex)
{
    uint8_t bytes[200];
    struct iovec part = {.iov_base = bytes,
                         .iov_len = unit_hex(hex, bytes, sizeof(bytes))};

    ck_assert_int_eq(transport_writev(PEER->transport, &part, 1),
                     (ssize_t)part.iov_len);
}

/* All that the peer got since the upgrade, forgotten after it. */
static void expect_hex(const char *hex)
{
    uint8_t bytes[200];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    pair_turn_until_got(PEER, len);
    ck_assert_mem_eq(PEER->got.bytes, bytes, len);
    buf_clear(&PEER->got);
}

static void open_server(void)
{
    pair_make_ws_server();
    pair_send_text(PEER, UPGRADE "Sec-WebSocket-Protocol: mqtt\r\n\r\n");
    pair_turn_until(&SERVER->opened);
    pair_turn_some();
    ck_assert(slice_starts_with(buf_slice(&PEER->got),
                                slice_of_string("HTTP/1.1 101 ")));
    buf_clear(&PEER->got);
}

static void expect_reason(const char *text)
{
    const char *reason = transport_ws_reason(SERVER->transport);

    ck_assert_ptr_nonnull(reason);
    ck_assert_str_eq(reason, text);
}

/* [MQTT-6.0.0-2] */
START_TEST(small_frames_of_one_read_come_up_together)
{
    open_server();
    send_hex("8281aabbccdd c2 8280aabbccdd 0281aabbccdd c3 8981aabbccdd ca"
             "8081aabbccdd c4");
    expect_hex("8a01 60");
    pair_expect_got(SERVER, "hin");
}
END_TEST

START_TEST(a_write_is_one_frame)
{
    char one[] = "one";
    char two[] = "two";
    struct iovec parts[2] = {
        {.iov_base = one, .iov_len = 3},
        {.iov_base = two, .iov_len = 3},
    };

    open_server();
    ck_assert_int_eq(transport_writev(SERVER->transport, parts, 2), 6);
    expect_hex("8206 6f6e6574776f");
}
END_TEST

/* Nothing may come between the parts of a frame. */
START_TEST(a_pong_waits_for_the_end_of_a_frame)
{
    struct transport_memory_faults few = {.capacity_bytes = 7};

    open_server();
    transport_memory_set_faults(SERVER->memory, &few);
    ck_assert_int_eq(pair_send_text(SERVER, "0123456789"), 5);
    send_hex("8981aabbccdd ca");
    pair_turn_some();
    SERVER->to_send = slice_of_string("56789");
    pair_send_more(SERVER);
    expect_hex("820a 30313233343536373839 8a0160");
}
END_TEST

/* One for each could not be paid for when a read brings thousands. */
START_TEST(of_pings_that_come_together_the_newest_is_answered)
{
    open_server();
    send_hex("8981aabbccdd ca 8a81aabbccdd ca 8981aabbccdd cb 8a80aabbccdd");
    expect_hex("8a01 61");
    send_hex("8981aabbccdd ca 8982aabbccdd c8");
    pair_turn_some();
    send_hex("d8 89");
    expect_hex("8a02 6263");
    pair_turn_some();
    ck_assert_uint_eq(PEER->got.len, 0);
}
END_TEST

START_TEST(half_a_header_is_completed_first)
{
    struct transport_memory_faults few = {.capacity_bytes = 1};

    open_server();
    transport_memory_set_faults(SERVER->memory, &few);
    SERVER->to_send = slice_of_string("abc");
    pair_send_more(SERVER);
    ck_assert_uint_eq(SERVER->to_send.len, 3);
    expect_hex("8203 616263");
}
END_TEST

START_TEST(a_close_within_a_frame_sends_nothing_into_it)
{
    struct transport_memory_faults few = {.capacity_bytes = 7};

    open_server();
    transport_memory_set_faults(SERVER->memory, &few);
    ck_assert_int_eq(pair_send_text(SERVER, "0123456789"), 5);
    pair_close_side(SERVER, false);
    pair_turn_until(&PEER->ended);
    expect_hex("820a 3031323334");
}
END_TEST

/* ---- ends ---- */

START_TEST(a_close_frame_is_answered_and_is_the_end)
{
    open_server();
    send_hex("8882aabbccdd a952"); /* 03e9 */
    expect_hex("8802 03e9");
    pair_turn_until(&SERVER->ended);
    ck_assert_int_eq(SERVER->error, 0);
    expect_reason("the peer closed with status 1001");
}
END_TEST

START_TEST(an_own_close_says_so_and_waits_for_the_answer)
{
    open_server();
    pair_close_side(SERVER, false);
    expect_hex("8802 03e8");
    pair_turn_some();
    ck_assert_int_eq(SERVER->closed, 0);
    send_hex("8281aabbccdd 00 8882aabbccdd a953");
    pair_turn_until(&SERVER->closed);
}
END_TEST

START_TEST(who_does_not_answer_a_close_is_not_waited_for_long)
{
    clock_init_manual(&pair.loop.clock, 1, 1);
    open_server();
    pair_close_side(SERVER, false);
    loop_advance(&pair.loop, 900);
    ck_assert_int_eq(SERVER->closed, 0);
    loop_advance(&pair.loop, 200);
    ck_assert_int_eq(SERVER->closed, 1);
}
END_TEST

/* clang-format off */
static const struct {
    const char *frame;
    const char *answer; /* a Close frame */
    const char *reason;
} bad[] = {
    {"8181aabbccdd c2", "8802 03eb", "a frame of text came"},
    {"8180aabbccdd",    "8802 03eb", "a frame of text came"},
    {"820161",          "8802 03ea", "a frame came without a mask"},
    {"c281aabbccdd c2", "8802 03ea", "a frame came with reserved bits"},
    {"8380aabbccdd",    "8802 03ea", "a frame came with an opcode that is reserved"},
    {"0980aabbccdd",    "8802 03ea", "a fragment of a control frame came"},
    {"8080aabbccdd",    "8802 03ea", "a continuation came of nothing"},
};
/* clang-format on */

START_TEST(what_must_not_be_sent_ends_it_with_a_status)
{
    open_server();
    send_hex("8282aabbccdd c2d2"); /* what came before is not lost */
    send_hex(bad[_i].frame);
    expect_hex(bad[_i].answer);
    pair_turn_until(&SERVER->ended);
    ck_assert_int_eq(SERVER->error, -EPROTO);
    ck_assert(slice_equal_string(buf_slice(&SERVER->got), "hi"));
    expect_reason(bad[_i].reason);
}
END_TEST

/* ---- HTTP ---- */

/* clang-format off */
static const struct {
    const char *request;
    const char *status;
    const char *reason;
} answered[] = {
    {UPGRADE "\r\n",                                  "400", "GET /mqtt: 400"},
    {UPGRADE "Sec-WebSocket-Protocol: chat\r\n\r\n",  "400", "GET /mqtt: 400"},
    {"GET / HTTP/1.1\r\nHost: h\r\n\r\n",             "404", "GET /: 404"},
    {"GET /GET%20/mqtt:%20403 HTTP/1.1\r\nHost: h\r\n\r\n", "404",
     "GET /GET%20/mqtt:%20403: 404"},
    {"GET /a%20%25b%7f HTTP/1.1\r\nHost: h\r\n\r\n", "404",
     "GET /a%20%25b%7F: 404"},
    {"POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "405", "POST /x: 405"},
};
/* clang-format on */

START_TEST(what_is_no_upgrade_is_answered_and_ends)
{
    pair_make_ws_server();
    pair_send_text(PEER, answered[_i].request);
    pair_turn_until(&SERVER->ended);
    pair_turn_some();
    ck_assert_int_eq(SERVER->error, 0);
    ck_assert_int_eq(SERVER->opened, 0);
    ck_assert_uint_gt(PEER->got.len, 12);
    ck_assert_mem_eq(PEER->got.bytes + 9, answered[_i].status, 3);
    expect_reason(answered[_i].reason);
}
END_TEST

Suite *transport_ws_suite(void)
{
    Suite *suite = suite_create("transport_ws");
    TCase *frames = unit_case(suite, "frames", 10);
    TCase *ends = unit_case(suite, "ends", 10);

    tcase_add_checked_fixture(frames, pair_open_loop, pair_close_loop);
    tcase_add_test(frames, small_frames_of_one_read_come_up_together);
    tcase_add_test(frames, a_write_is_one_frame);
    tcase_add_test(frames, a_pong_waits_for_the_end_of_a_frame);
    tcase_add_test(frames, of_pings_that_come_together_the_newest_is_answered);
    tcase_add_test(frames, half_a_header_is_completed_first);
    tcase_add_test(frames, a_close_within_a_frame_sends_nothing_into_it);
    tcase_add_checked_fixture(ends, pair_open_loop, pair_close_loop);
    tcase_add_test(ends, a_close_frame_is_answered_and_is_the_end);
    tcase_add_test(ends, an_own_close_says_so_and_waits_for_the_answer);
    tcase_add_test(ends, who_does_not_answer_a_close_is_not_waited_for_long);
    tcase_add_loop_test(ends, what_must_not_be_sent_ends_it_with_a_status, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_loop_test(ends, what_is_no_upgrade_is_answered_and_ends, 0,
                        (int)(sizeof(answered) / sizeof(answered[0])));
    return suite;
}
