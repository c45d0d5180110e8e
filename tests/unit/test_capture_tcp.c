/* TCP connections of a capture, put together from segments in any state. */
#include "suites.h"

#include "base/buf.h"
#include "base/clock.h"
#include "capture/capture_tcp.h"

#include <stdio.h>
#include <string.h>

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };
enum { CLIENT, SERVER };

/* Sequence numbers of both sides begin there: soon they begin again from 0. */
#define FIRST 0xfffffff0u

static struct capture_tcp *tcp;
static struct capture_origin now;

/* What was told, of all streams: by sending end, "abc(-2)d" with what is
   lost. */
static struct buf told[2];
static int opened;
static int gone;
static uint32_t number; /* of the latest stream */
static char closed[80]; /* how, of the latest; "?": NULL */

static void on_open(void *context, struct capture_stream *stream)
{
    (void)context;
    opened++;
    number = stream->number;
}

static void on_bytes(void *context, struct capture_stream *stream, unsigned end,
                     struct slice bytes, const struct capture_origin *origin)
{
    (void)context;
    (void)origin;
    buf_append_slice(&told[end != stream->client], bytes);
}

static void on_lost(void *context, struct capture_stream *stream, unsigned end,
                    uint32_t count)
{
    (void)context;
    buf_printf(&told[end != stream->client], "(-%u)", count);
}

static void on_closed(void *context, struct capture_stream *stream,
                      const char *how)
{
    (void)context;
    (void)stream;
    snprintf(closed, sizeof(closed), "%s", how ? how : "?");
}

static void on_gone(void *context, struct capture_stream *stream)
{
    (void)context;
    (void)stream;
    gone++;
}

static const struct capture_tcp_events events = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_lost = on_lost,
    .on_closed = on_closed,
    .on_gone = on_gone,
};

static void set_up(void)
{
    opened = gone = 0;
    closed[0] = '\0';
    now = (struct capture_origin){.time_ns = CLOCK_NS_PER_S};
    tcp = capture_tcp_new(&events, NULL);
}

static void tear_down(void)
{
    capture_tcp_free(tcp);
    ck_assert_int_eq(gone, opened);
    buf_release(&told[0]);
    buf_release(&told[1]);
}

/* One segment: its first byte is the stream's byte number at, from 1 on. */
struct segment {
    unsigned side;
    uint32_t at;
    unsigned flags;
    const char *text;
    uint32_t ack;     /* the next byte that is awaited; 0: no ACK */
    uint32_t missing; /* bytes behind text that were not captured */
};

static void put_u32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * (3 - i));
}

static void send_segment(const struct segment *segment)
{
    static const uint16_t ports[2] = {40000, 1883};
    uint8_t bytes[200] = {0};
    size_t len = segment->text ? strlen(segment->text) : 0;
    unsigned flags = segment->flags | (segment->ack ? ACK : 0);
    struct capture_datagram datagram = {
        .protocol = CAPTURE_TCP,
        .source.ip = {10, 0, 0, (uint8_t)(segment->side + 1)},
        .destination.ip = {10, 0, 0, (uint8_t)(2 - segment->side)},
        .len = (uint32_t)(20 + len + segment->missing),
    };

    for (int i = 0; i < 2; i++) {
        uint16_t port = ports[i ? !segment->side : segment->side];

        bytes[2 * i] = (uint8_t)(port >> 8);
        bytes[2 * i + 1] = (uint8_t)port;
    }
    put_u32(bytes + 4, FIRST + segment->at);
    put_u32(bytes + 8, segment->ack ? FIRST + segment->ack : 0);
    bytes[12] = 5 << 4;
    bytes[13] = (uint8_t)flags;
    if (len)
        memcpy(bytes + 20, segment->text, len);
    datagram.payload = slice_of(guarded(bytes, 20 + len), 20 + len);
    now.frame++;
    now.time_ns += CLOCK_NS_PER_MS;
    capture_tcp_take(tcp, &datagram, &now);
}

#define SEND(who, where, ...) \
    send_segment(&(struct segment){.side = (who), .at = (where), __VA_ARGS__})

/* A connection is made. */
static void shake_hands(void)
{
    SEND(CLIENT, 0, .flags = SYN);
    SEND(SERVER, 0, .flags = SYN, .ack = 1);
    SEND(CLIENT, 1, .ack = 1);
}

static void expect(unsigned side, const char *text)
{
    ck_assert_str_eq(buf_string(&told[side]), text);
}

/* ---- all is there ---- */

START_TEST(segments_in_any_order_make_the_same_stream)
{
    static const int orders[6][3] = {
        {0, 1, 2},
        {0, 2, 1},
        {1, 0, 2},
        {1, 2, 0},
        {2, 0, 1},
        {2, 1, 0}
    };
    static const struct segment parts[3] = {
        {CLIENT, 1,  0, "the numbers ", 0, 0},
        {CLIENT, 13, 0, "begin ",       0, 0},
        {CLIENT, 19, 0, "again",        0, 0},
    };

    shake_hands();
    for (int i = 0; i < 3; i++)
        send_segment(&parts[orders[_i][i]]);
    expect(CLIENT, "the numbers begin again");
    SEND(SERVER, 1, .text = "yes", .ack = 24);
    expect(SERVER, "yes");
    ck_assert_int_eq(opened, 1);
}
END_TEST

static const struct {
    struct segment segments[4];
    const char *text;
} overlaps[] = {
    {{{CLIENT, 1, 0, "abc", 0, 0}, {CLIENT, 1, 0, "XYZ", 0, 0}},   "abc"   },
    {{{CLIENT, 1, 0, "abc", 0, 0}, {CLIENT, 2, 0, "XYZ", 0, 0}},   "abcZ"  },
    {{{CLIENT, 3, 0, "cd", 0, 0}, {CLIENT, 1, 0, "ABCDEF", 0, 0}}, "ABcdEF"},
    {{{CLIENT, 5, 0, "ef", 0, 0},
      {CLIENT, 2, 0, "BC", 0, 0},
      {CLIENT, 1, 0, "abcdXY", 0, 0}},
     "aBCdef"                                                              },
};

START_TEST(of_bytes_that_come_twice_the_first_count)
{
    shake_hands();
    for (int i = 0; i < 4 && overlaps[_i].segments[i].text; i++)
        send_segment(&overlaps[_i].segments[i]);
    expect(CLIENT, overlaps[_i].text);
}
END_TEST

/* ---- something is missing ---- */

START_TEST(a_hole_is_waited_for_until_it_cannot_be_filled)
{
    shake_hands();
    SEND(CLIENT, 1, .text = "ab");
    SEND(CLIENT, 5, .text = "ef");
    for (int i = 0; i < 100; i++) /* nobody has acknowledged what is missing */
        SEND(SERVER, 1, .ack = 3);
    expect(CLIENT, "ab");
    SEND(SERVER, 1, .ack = 7);
    expect(CLIENT, "ab");
    SEND(CLIENT, 3, .text = "cd"); /* captured in the wrong order */
    expect(CLIENT, "abcdef");
}
END_TEST

START_TEST(what_was_acknowledged_and_does_not_come_is_lost)
{
    shake_hands();
    SEND(CLIENT, 1, .text = "ab");
    SEND(CLIENT, 5, .text = "ef");
    for (int i = 0; i < 20; i++)
        SEND(SERVER, 1, .ack = 7);
    expect(CLIENT, "ab(-2)ef");
    SEND(CLIENT, 7, .text = "g");
    expect(CLIENT, "ab(-2)efg");
}
END_TEST

START_TEST(a_second_is_long_enough_to_wait)
{
    shake_hands();
    SEND(CLIENT, 3, .text = "cd");
    SEND(SERVER, 1, .ack = 5);
    expect(CLIENT, "");
    now.time_ns += 2 * CLOCK_NS_PER_S;
    SEND(SERVER, 1, .ack = 5);
    expect(CLIENT, "(-2)cd");
}
END_TEST

START_TEST(no_more_waits_behind_a_hole_than_there_is_room_for)
{
    shake_hands();
    for (uint32_t i = 0; i <= CAPTURE_MAX_SEGMENTS; i++) {
        expect(CLIENT, "");
        SEND(CLIENT, 3 + 2 * i, .text = "x");
    }
    ck_assert(
        slice_starts_with(buf_slice(&told[CLIENT]), slice_of_string("(-2)x")));
}
END_TEST

START_TEST(bytes_that_were_not_captured_are_lost)
{
    shake_hands();
    SEND(CLIENT, 1, .text = "ab", .missing = 10);
    SEND(CLIENT, 13, .text = "c");
    expect(CLIENT, "ab(-10)c");
}
END_TEST

START_TEST(the_end_of_the_capture_tells_what_is_missing)
{
    shake_hands();
    SEND(CLIENT, 3, .text = "cd");
    SEND(SERVER, 9, .flags = FIN);
    capture_tcp_end(tcp);
    expect(CLIENT, "(-2)cd");
    expect(SERVER, "(-8)");
    ck_assert_str_eq(closed, "?");
}
END_TEST

START_TEST(a_capture_may_begin_in_the_middle)
{
    SEND(SERVER, 700, .text = "s", .ack = 500);
    SEND(CLIENT, 500, .text = "c", .ack = 701);
    ck_assert_int_eq(opened, 1);
    ck_assert_uint_eq(told[0].len + told[1].len, 2);
}
END_TEST

/* ---- ends ---- */

START_TEST(both_ends_have_to_say_that_they_end)
{
    shake_hands();
    SEND(CLIENT, 1, .flags = FIN, .text = "bye");
    SEND(SERVER, 1, .text = "wait", .ack = 5);
    ck_assert_str_eq(closed, "");
    SEND(SERVER, 5, .flags = FIN, .ack = 5);
    ck_assert_str_eq(closed, "both ends have closed it");
    expect(CLIENT, "bye");
    expect(SERVER, "wait");
}
END_TEST

START_TEST(what_a_reset_says_is_not_of_the_stream)
{
    shake_hands();
    SEND(SERVER, 1, .text = "yes", .ack = 1);
    SEND(SERVER, 4, .flags = RST, .text = "go away", .ack = 1);
    expect(SERVER, "yes");
}
END_TEST

START_TEST(a_reset_names_who_did_it)
{
    shake_hands();
    SEND((unsigned)_i, 1, .flags = RST);
    ck_assert_str_eq(closed, _i == CLIENT ? "the client has reset it"
                                          : "the server has reset it");
}
END_TEST

START_TEST(the_same_ports_may_have_a_new_connection)
{
    shake_hands();
    SEND(CLIENT, 1, .text = "old");
    SEND(CLIENT, 5000, .flags = SYN);
    ck_assert_str_eq(closed, "its ports have a new connection");
    ck_assert_int_eq(opened, 2);
    ck_assert_uint_eq(number, 1);
    SEND(CLIENT, 5001, .text = "new");
    expect(CLIENT, "oldnew");
}
END_TEST

/* Again the same SYN is no new connection. */
START_TEST(a_repeated_syn_changes_nothing)
{
    shake_hands();
    SEND(CLIENT, 0, .flags = SYN);
    SEND(CLIENT, 1, .text = "a");
    ck_assert_int_eq(opened, 1);
    expect(CLIENT, "a");
}
END_TEST

START_TEST(half_a_header_is_passed_over)
{
    uint8_t bytes[24] = {[12] = 6 << 4};

    for (size_t len = 0; len < 24; len++) {
        struct capture_datagram datagram = {
            .protocol = CAPTURE_TCP,
            .payload = slice_of(guarded(bytes, len), len),
            .len = 24,
        };

        capture_tcp_take(tcp, &datagram, &now);
    }
    ck_assert_int_eq(opened, 0);
}
END_TEST

Suite *capture_tcp_suite(void)
{
    Suite *suite = suite_create("capture_tcp");
    TCase *all = unit_case(suite, "all", 10);

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_loop_test(all, segments_in_any_order_make_the_same_stream, 0, 6);
    tcase_add_loop_test(all, of_bytes_that_come_twice_the_first_count, 0,
                        (int)(sizeof(overlaps) / sizeof(overlaps[0])));
    tcase_add_test(all, a_hole_is_waited_for_until_it_cannot_be_filled);
    tcase_add_test(all, what_was_acknowledged_and_does_not_come_is_lost);
    tcase_add_test(all, a_second_is_long_enough_to_wait);
    tcase_add_test(all, no_more_waits_behind_a_hole_than_there_is_room_for);
    tcase_add_test(all, bytes_that_were_not_captured_are_lost);
    tcase_add_test(all, the_end_of_the_capture_tells_what_is_missing);
    tcase_add_test(all, a_capture_may_begin_in_the_middle);
    tcase_add_test(all, both_ends_have_to_say_that_they_end);
    tcase_add_test(all, what_a_reset_says_is_not_of_the_stream);
    tcase_add_loop_test(all, a_reset_names_who_did_it, CLIENT, SERVER + 1);
    tcase_add_test(all, the_same_ports_may_have_a_new_connection);
    tcase_add_test(all, a_repeated_syn_changes_nothing);
    tcase_add_test(all, half_a_header_is_passed_over);
    return suite;
}
