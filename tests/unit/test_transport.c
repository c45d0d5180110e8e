/*
 * One list of tests for every transport: each row of makers makes a pair of
 * connected ends, and all tests run over each. What only one transport has is
 * tested at the end.
 */
#include "suites.h"

#include "base/buf.h"
#include "net/socket.h"
#include "net/transport_memory.h"
#include "net/transport_tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#define TURNS 5000 /* until a test gives up */

/* ---- an end, and all that it was told ---- */

struct side {
    struct transport *transport;
    struct buf got;
    int opened;
    int writable;
    int ended;
    int error; /* of on_end */
    int closed;
    int after_close; /* events that must not come */
    bool close_called;
    bool close_on_bytes;
    bool close_on_end;
    struct slice to_send; /* goes on being sent in on_writable */
};

static struct loop loop;
static struct side sides[2];
static struct listener listener;

static void close_side(struct side *side, bool abort)
{
    if (side->close_called)
        return;
    side->close_called = true;
    transport_close(side->transport, abort);
}

static void send_more(struct side *side)
{
    while (side->to_send.len) {
        struct iovec part = {
            .iov_base = (void *)(uintptr_t)side->to_send.bytes,
            .iov_len = side->to_send.len,
        };
        ssize_t taken = transport_writev(side->transport, &part, 1);

        ck_assert_int_ge(taken, 0);
        side->to_send = slice_skip(side->to_send, (size_t)taken);
        if ((size_t)taken < part.iov_len)
            return;
    }
}

static void on_open(void *owner)
{
    struct side *side = owner;

    side->opened++;
    side->after_close += side->close_called;
    ck_assert_uint_eq(side->got.len, 0);
}

static void on_bytes(void *owner, struct slice bytes)
{
    struct side *side = owner;

    ck_assert_uint_gt(bytes.len, 0);
    ck_assert_int_eq(side->opened, 1);
    ck_assert_int_eq(side->ended, 0);
    side->after_close += side->close_called;
    buf_append_slice(&side->got, bytes);
    if (side->close_on_bytes)
        close_side(side, false);
}

static void on_writable(void *owner)
{
    struct side *side = owner;

    side->writable++;
    side->after_close += side->close_called;
    send_more(side);
}

static void on_end(void *owner, int error)
{
    struct side *side = owner;

    side->ended++;
    side->error = error;
    side->after_close += side->close_called;
    if (side->close_on_end)
        close_side(side, false);
}

static void on_closed(void *owner)
{
    struct side *side = owner;

    ck_assert(side->close_called);
    side->closed++;
    side->transport = NULL;
}

static const struct transport_events events = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_writable = on_writable,
    .on_end = on_end,
    .on_closed = on_closed,
};

/* ---- the transports ---- */

static void make_memory(void)
{
    struct transport *ends[2];
    const struct transport_events *both[2] = {&events, &events};
    void *owners[2] = {&sides[0], &sides[1]};

    transport_memory_pair(&loop, ends, both, owners);
    sides[0].transport = ends[0];
    sides[1].transport = ends[1];
}

static void on_accept(struct listener *from, int fd,
                      const struct sockaddr *peer, socklen_t peer_len)
{
    (void)peer;
    (void)peer_len;
    sides[1].transport =
        transport_tcp_new(&loop, fd, false, &events, &sides[1]);
    socket_listener_close(from);
}

static void make_tcp(void)
{
    ck_assert_int_eq(socket_listen(&loop, &listener, NULL, 0, on_accept), 0);
    int fd = socket_connect("127.0.0.1", listener.port, NULL);
    ck_assert_int_ge(fd, 0);
    sides[0].transport = transport_tcp_new(&loop, fd, true, &events, &sides[0]);
    while (!sides[1].transport)
        loop_turn(&loop, true);
}

static void make_unix(void)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(socket_prepare(pair[i]), 0);
        sides[i].transport =
            transport_tcp_new(&loop, pair[i], false, &events, &sides[i]);
    }
}

struct maker {
    const char *name;
    void (*make)(void);
    bool resets; /* an abort is seen as such by the peer */
};

static const struct maker makers[] = {
    {"memory", make_memory, true },
    {"tcp",    make_tcp,    true },
    {"unix",   make_unix,   false},
};

#define MAKERS (sizeof(makers) / sizeof(makers[0]))

/* ---- helpers ---- */

static void open_loop(void)
{
    ck_assert_int_eq(loop_init(&loop), 0);
    memset(sides, 0, sizeof(sides));
}

static void turn_until(const int *count)
{
    for (int i = 0; i < TURNS && !*count; i++) {
        loop_turn(&loop, false);
        if (i > 100)
            usleep(100); /* the kernel is not a manual clock */
    }
    ck_assert_int_ne(*count, 0);
}

static void turn_until_got(const struct side *side, size_t len)
{
    for (int i = 0; i < TURNS && side->got.len < len; i++) {
        loop_turn(&loop, false);
        if (i > 100)
            usleep(100);
    }
    ck_assert_uint_eq(side->got.len, len);
}

static void turn_some(void)
{
    for (int i = 0; i < 20; i++)
        loop_turn(&loop, false);
}

static void make_open_pair(int maker)
{
    makers[maker].make();
    turn_until(&sides[0].opened);
    turn_until(&sides[1].opened);
}

static void close_loop(void)
{
    for (int i = 0; i < 2; i++) {
        if (sides[i].transport) {
            close_side(&sides[i], false);
            turn_until(&sides[i].closed);
        }
        ck_assert_int_le(sides[i].opened, 1);
        ck_assert_int_le(sides[i].ended, 1);
        ck_assert_int_eq(sides[i].after_close, 0);
        buf_release(&sides[i].got);
    }
    loop_release(&loop);
}

static ssize_t send_text(struct side *side, const char *text)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)text,
                         .iov_len = strlen(text)};

    return transport_writev(side->transport, &part, 1);
}

static void expect_got(const struct side *side, const char *text)
{
    turn_until_got(side, strlen(text));
    ck_assert(slice_equal_string(buf_slice(&side->got), text));
}

/* More than the kernel keeps for a connection that nobody reads. */
#define LONG_BYTES 15000000
static uint8_t *long_bytes(void)
{
    uint8_t *bytes = malloc(LONG_BYTES);
    uint32_t state = 1;

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < LONG_BYTES; i++) {
        state = state * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(state >> 24);
    }
    return bytes;
}

/* ---- every transport ---- */

START_TEST(both_ends_open_once)
{
    makers[_i].make();
    ck_assert_str_eq(sides[0].transport->ops->name, makers[_i].name);
    turn_until(&sides[0].opened);
    turn_until(&sides[1].opened);
    turn_some();
    ck_assert_int_eq(sides[0].opened, 1);
    ck_assert_int_eq(sides[1].opened, 1);
}
END_TEST

START_TEST(bytes_come_in_order_both_ways)
{
    make_open_pair(_i);
    ck_assert_int_eq(send_text(&sides[0], "one "), 4);
    ck_assert_int_eq(send_text(&sides[0], "two"), 3);
    ck_assert_int_eq(send_text(&sides[1], "back"), 4);
    ck_assert_uint_eq(sides[1].got.len, 0); /* not from inside the call */
    expect_got(&sides[1], "one two");
    expect_got(&sides[0], "back");
}
END_TEST

START_TEST(parts_are_gathered)
{
    char first[] = "ga";
    char second[] = "ther";
    struct iovec parts[3] = {
        {.iov_base = first,  .iov_len = 2},
        {.iov_base = NULL,   .iov_len = 0},
        {.iov_base = second, .iov_len = 4},
    };

    make_open_pair(_i);
    ck_assert_int_eq(transport_writev(sides[0].transport, parts, 3), 6);
    expect_got(&sides[1], "gather");
}
END_TEST

START_TEST(a_long_stream_comes_whole_whatever_the_peer_takes)
{
    uint8_t *bytes = long_bytes();
    struct transport_memory_faults faults = {.capacity_bytes = 70000};

    make_open_pair(_i);
    if (makers[_i].make == make_memory)
        transport_memory_set_faults(sides[0].transport, &faults);
    sides[0].to_send = slice_of(bytes, LONG_BYTES);
    transport_pause(sides[1].transport, true);
    send_more(&sides[0]);
    turn_some();
    ck_assert_uint_eq(sides[1].got.len, 0);
    ck_assert_uint_gt(sides[0].to_send.len, 0);
    ck_assert_int_eq(sides[0].writable, 0);
    transport_pause(sides[1].transport, false);
    turn_until_got(&sides[1], LONG_BYTES);
    ck_assert_int_gt(sides[0].writable, 0);
    ck_assert_mem_eq(sides[1].got.bytes, bytes, LONG_BYTES);
    free(bytes);
}
END_TEST

#define FAIR_BYTES 1500000
START_TEST(a_long_stream_does_not_keep_others_waiting)
{
    uint8_t *bytes = long_bytes();

    make_open_pair(_i);
    sides[0].to_send = slice_of(bytes, FAIR_BYTES);
    for (int i = 0; i < TURNS && sides[1].got.len < FAIR_BYTES; i++) {
        uint32_t before = sides[1].got.len;

        loop_turn(&loop, false);
        ck_assert_uint_le(sides[1].got.len - before, 4 * LOOP_SCRATCH_BYTES);
        send_more(&sides[0]);
    }
    ck_assert_uint_eq(sides[1].got.len, FAIR_BYTES);
    free(bytes);
}
END_TEST

START_TEST(a_paused_end_gets_nothing_until_it_resumes)
{
    make_open_pair(_i);
    transport_pause(sides[1].transport, true);
    send_text(&sides[0], "later");
    turn_some();
    ck_assert_uint_eq(sides[1].got.len, 0);
    transport_pause(sides[1].transport, false);
    expect_got(&sides[1], "later");
}
END_TEST

START_TEST(after_a_close_the_peer_gets_the_rest_and_then_the_end)
{
    make_open_pair(_i);
    send_text(&sides[0], "goodbye");
    close_side(&sides[0], false);
    ck_assert_int_eq(sides[0].closed, 0); /* not from inside the call */
    turn_until(&sides[0].closed);
    turn_until(&sides[1].ended);
    ck_assert_int_eq(sides[1].error, 0);
    expect_got(&sides[1], "goodbye");
    ck_assert_int_eq(sides[0].ended, 0);
}
END_TEST

START_TEST(a_close_with_bytes_unread_does_not_destroy_what_was_sent_last)
{
    make_open_pair(_i);
    transport_pause(sides[0].transport, true);
    send_text(&sides[1], "nobody reads this");
    turn_some();
    send_text(&sides[0], "goodbye");
    close_side(&sides[0], false);
    expect_got(&sides[1], "goodbye");
    turn_until(&sides[1].ended);
    ck_assert_int_eq(sides[1].error, 0);
    close_side(&sides[1], false);
    turn_until(&sides[0].closed);
}
END_TEST

START_TEST(after_an_abort_the_peer_sees_a_reset)
{
    make_open_pair(_i);
    close_side(&sides[0], true);
    turn_until(&sides[1].ended);
    ck_assert_int_eq(sides[1].error, makers[_i].resets ? -ECONNRESET : 0);
    turn_until(&sides[0].closed);
}
END_TEST

START_TEST(no_event_but_on_closed_follows_a_close)
{
    make_open_pair(_i);
    sides[1].close_on_bytes = true;
    send_text(&sides[0], "first");
    turn_until_got(&sides[1], 5);
    turn_until(&sides[0].ended);
    turn_until(&sides[1].closed);
    turn_some();
    ck_assert_int_eq(sides[1].after_close, 0);
    ck_assert_int_eq(sides[1].closed, 1);
}
END_TEST

START_TEST(an_end_can_be_closed_when_it_is_told_of_the_end)
{
    make_open_pair(_i);
    sides[1].close_on_end = true;
    close_side(&sides[0], false);
    turn_until(&sides[1].closed);
    ck_assert_int_eq(sides[1].ended, 1);
}
END_TEST

START_TEST(an_end_can_be_closed_before_it_opened)
{
    makers[_i].make();
    ck_assert_int_eq(sides[1].opened, 0);
    close_side(&sides[1], false);
    turn_until(&sides[1].closed);
    ck_assert_int_eq(sides[1].opened, 0);
}
END_TEST

START_TEST(writing_to_a_peer_that_is_gone_ends_with_an_error)
{
    ssize_t taken = 0;

    make_open_pair(_i);
    transport_pause(sides[0].transport, true); /* so reading does not tell */
    close_side(&sides[1], true);
    turn_until(&sides[1].closed);
    int ended = sides[0].ended;
    for (int i = 0; i < 100 && taken >= 0; i++)
        taken = send_text(&sides[0], "anybody there?");
    ck_assert_int_lt(taken, 0);
    ck_assert_int_eq(sides[0].ended, ended); /* not from inside the call */
    turn_until(&sides[0].ended);
    ck_assert_int_ne(sides[0].error, 0);
    ck_assert_int_lt(send_text(&sides[0], "still?"), 0);
}
END_TEST

START_TEST(ends_have_names)
{
    char peer[64] = "";
    char local[64] = "";

    make_open_pair(_i);
    const struct transport_ops *ops = sides[0].transport->ops;
    ops->peer(sides[0].transport, peer, sizeof(peer));
    ops->local(sides[1].transport, local, sizeof(local));
    ck_assert_str_ne(peer, "");
    ck_assert_str_eq(peer, local);
}
END_TEST

/* ---- TCP alone ---- */

START_TEST(a_refused_connection_ends_without_having_opened)
{
    struct sockaddr_in name = {.sin_family = AF_INET};
    socklen_t len = sizeof(name);
    int taken = socket(AF_INET, SOCK_STREAM, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    /* A port that is taken, but nobody listens there. */
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(taken, (struct sockaddr *)&name, len), 0);
    ck_assert_int_eq(getsockname(taken, (struct sockaddr *)&name, &len), 0);
    ck_assert_int_eq(socket_prepare(fd), 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&name, len), -1);
    ck_assert_int_eq(errno, EINPROGRESS);
    sides[0].transport = transport_tcp_new(&loop, fd, true, &events, &sides[0]);
    turn_until(&sides[0].ended);
    ck_assert_int_eq(sides[0].error, -ECONNREFUSED);
    ck_assert_int_eq(sides[0].opened, 0);
    close(taken);
}
END_TEST

/* What came before the connection broke is read before it is said to be
   broken, even if a write found out first. */
START_TEST(last_words_are_heard_after_a_failed_write)
{
    ssize_t taken = 0;
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ck_assert_int_eq(socket_prepare(pair[0]), 0);
    sides[0].transport =
        transport_tcp_new(&loop, pair[0], false, &events, &sides[0]);
    turn_until(&sides[0].opened);
    ck_assert_int_eq(write(pair[1], "last words", 10), 10);
    close(pair[1]);
    for (int i = 0; i < 100 && taken >= 0; i++)
        taken = send_text(&sides[0], "hello?");
    ck_assert_int_eq(taken, -EPIPE);
    turn_until(&sides[0].ended);
    expect_got(&sides[0], "last words");
    ck_assert_int_eq(sides[0].error, -EPIPE);
}
END_TEST

START_TEST(a_peer_that_goes_on_sending_is_left_after_a_second)
{
    clock_init_manual(&loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    makers[_i].make();
    turn_until(&sides[1].opened);
    transport_pause(sides[0].transport, true);
    send_text(&sides[1], "unread");
    turn_some();
    close_side(&sides[0], false);
    turn_some();
    ck_assert_int_eq(sides[0].closed, 0);
    send_text(&sides[1], "more");
    loop_advance(&loop, 900);
    ck_assert_int_eq(sides[0].closed, 0);
    loop_advance(&loop, 200);
    turn_until(&sides[0].closed);
}
END_TEST

/* ---- memory alone ---- */

static void open_memory_pair(void)
{
    clock_init_manual(&loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    make_memory();
    loop_settle(&loop);
    ck_assert_int_eq(sides[0].opened + sides[1].opened, 2);
}

START_TEST(chunks_are_as_small_as_asked_for)
{
    struct transport_memory_faults faults = {.chunk_bytes = 3};
    uint32_t sizes[5];
    int count = 0;

    open_memory_pair();
    transport_memory_set_faults(sides[0].transport, &faults);
    send_text(&sides[0], "ten bytes!");
    while (sides[1].got.len < 10 && count < 5) {
        uint32_t before = sides[1].got.len;

        loop_turn(&loop, false);
        sizes[count++] = sides[1].got.len - before;
    }
    ck_assert_int_eq(count, 4);
    ck_assert_uint_eq(sizes[0], 3);
    ck_assert_uint_eq(sizes[3], 1);
    ck_assert(slice_equal_string(buf_slice(&sides[1].got), "ten bytes!"));
}
END_TEST

START_TEST(delayed_bytes_come_when_their_time_has_come)
{
    struct transport_memory_faults faults = {.delay_ms = 200};

    open_memory_pair();
    transport_memory_set_faults(sides[0].transport, &faults);
    send_text(&sides[0], "first");
    loop_advance(&loop, 100);
    send_text(&sides[0], "second");
    loop_advance(&loop, 99);
    ck_assert_uint_eq(sides[1].got.len, 0);
    loop_advance(&loop, 15);
    ck_assert(slice_equal_string(buf_slice(&sides[1].got), "first"));
    close_side(&sides[0], false); /* what is under way still comes */
    loop_advance(&loop, 50);
    ck_assert_int_eq(sides[1].ended, 0);
    loop_advance(&loop, 100);
    ck_assert(slice_equal_string(buf_slice(&sides[1].got), "firstsecond"));
    ck_assert_int_eq(sides[1].ended, 1);
}
END_TEST

START_TEST(capacity_limits_what_is_taken_until_it_is_read)
{
    struct transport_memory_faults faults = {.capacity_bytes = 8};

    open_memory_pair();
    transport_memory_set_faults(sides[0].transport, &faults);
    transport_pause(sides[1].transport, true);
    ck_assert_int_eq(send_text(&sides[0], "12345"), 5);
    ck_assert_int_eq(send_text(&sides[0], "67890"), 3);
    ck_assert_int_eq(send_text(&sides[0], "x"), 0);
    loop_settle(&loop);
    ck_assert_int_eq(sides[0].writable, 0);
    transport_pause(sides[1].transport, false);
    loop_settle(&loop);
    ck_assert_int_eq(sides[0].writable, 1);
    ck_assert_int_eq(send_text(&sides[0], "90"), 2);
    loop_settle(&loop);
    ck_assert(slice_equal_string(buf_slice(&sides[1].got), "1234567890"));
}
END_TEST

START_TEST(a_cut_is_seen_by_both_and_loses_what_was_under_way)
{
    open_memory_pair();
    send_text(&sides[0], "lost");
    transport_memory_cut(sides[1].transport);
    loop_settle(&loop);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(sides[i].error, -ECONNRESET);
        ck_assert_uint_eq(sides[i].got.len, 0);
        ck_assert_int_lt(send_text(&sides[i], "x"), 0);
    }
}
END_TEST

static void add_common(TCase *tcase)
{
    tcase_add_loop_test(tcase, both_ends_open_once, 0, MAKERS);
    tcase_add_loop_test(tcase, bytes_come_in_order_both_ways, 0, MAKERS);
    tcase_add_loop_test(tcase, parts_are_gathered, 0, MAKERS);
    tcase_add_loop_test(
        tcase, a_long_stream_comes_whole_whatever_the_peer_takes, 0, MAKERS);
    tcase_add_loop_test(tcase, a_long_stream_does_not_keep_others_waiting, 0,
                        MAKERS);
    tcase_add_loop_test(tcase, a_paused_end_gets_nothing_until_it_resumes, 0,
                        MAKERS);
    tcase_add_loop_test(tcase,
                        after_a_close_the_peer_gets_the_rest_and_then_the_end,
                        0, MAKERS);
    tcase_add_loop_test(
        tcase, a_close_with_bytes_unread_does_not_destroy_what_was_sent_last, 0,
        MAKERS);
    tcase_add_loop_test(tcase, after_an_abort_the_peer_sees_a_reset, 0, MAKERS);
    tcase_add_loop_test(tcase, no_event_but_on_closed_follows_a_close, 0,
                        MAKERS);
    tcase_add_loop_test(tcase, an_end_can_be_closed_when_it_is_told_of_the_end,
                        0, MAKERS);
    tcase_add_loop_test(tcase, an_end_can_be_closed_before_it_opened, 0,
                        MAKERS);
    tcase_add_loop_test(
        tcase, writing_to_a_peer_that_is_gone_ends_with_an_error, 0, MAKERS);
    tcase_add_loop_test(tcase, ends_have_names, 0, MAKERS);
}

Suite *transport_suite(void)
{
    Suite *suite = suite_create("transport");
    TCase *common = unit_case(suite, "every", 30);
    TCase *tcp = unit_case(suite, "tcp", 30);
    TCase *memory = unit_case(suite, "memory", 30);

    tcase_add_checked_fixture(common, open_loop, close_loop);
    tcase_add_checked_fixture(tcp, open_loop, close_loop);
    tcase_add_checked_fixture(memory, open_loop, close_loop);
    add_common(common);
    tcase_add_test(tcp, a_refused_connection_ends_without_having_opened);
    tcase_add_test(tcp, last_words_are_heard_after_a_failed_write);
    tcase_add_loop_test(tcp, a_peer_that_goes_on_sending_is_left_after_a_second,
                        1, MAKERS);
    tcase_add_test(memory, chunks_are_as_small_as_asked_for);
    tcase_add_test(memory, delayed_bytes_come_when_their_time_has_come);
    tcase_add_test(memory, capacity_limits_what_is_taken_until_it_is_read);
    tcase_add_test(memory, a_cut_is_seen_by_both_and_loses_what_was_under_way);
    return suite;
}
