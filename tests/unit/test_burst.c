/*
 * What is written at the end of a turn, and links whose bytes are.
 */
#include "suites.h"

#include "net/burst.h"
#include "net/loop.h"
#include "net/transport_tcp.h"
#include "wire/link.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop loop;

static void open_loop(void)
{
    ck_assert_int_eq(loop_init(&loop), 0);
}

static void close_loop(void)
{
    loop_release(&loop);
}

/* ---- writers ---- */

#define WRITERS (SENDER_AT_ONCE * 2 + 7)

struct asked {
    struct burst_writer writer;
    char number[16];
    int ours;
    int peer;
    int asked;
    int told;
    ssize_t result;
    bool otherwise; /* it has nothing to send */
};

static struct asked all[WRITERS];

static bool on_ask(struct burst_writer *writer, struct sender_item *item)
{
    struct asked *asked = LIST_ITEM(writer, struct asked, writer);

    asked->asked++;
    item->fd = asked->ours;
    item->bytes = asked->number;
    item->len = strlen(asked->number);
    return !asked->otherwise;
}

static void on_tell(struct burst_writer *writer, ssize_t result)
{
    struct asked *asked = LIST_ITEM(writer, struct asked, writer);

    asked->told++;
    asked->result = result;
}

static const struct burst_events events = {.ask = on_ask, .tell = on_tell};

static void open_writers(void)
{
    open_loop();
    for (int i = 0; i < WRITERS; i++) {
        int pair[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        all[i] = (struct asked){.ours = pair[0], .peer = pair[1]};
        snprintf(all[i].number, sizeof(all[i].number), "%d", i);
        burst_writer_init(&all[i].writer, &events);
    }
}

static void close_writers(void)
{
    for (int i = 0; i < WRITERS; i++) {
        close(all[i].ours);
        close(all[i].peer);
    }
    close_loop();
}

/* The peer of writer i got its number, and once. */
static void expect_written(int i)
{
    char got[16] = "";

    ck_assert_int_eq(all[i].asked, 1);
    ck_assert_int_eq(all[i].told, 1);
    ck_assert_int_eq(all[i].result, (ssize_t)strlen(all[i].number));
    ck_assert_int_eq(recv(all[i].peer, got, sizeof(got) - 1, MSG_DONTWAIT),
                     all[i].result);
    ck_assert_str_eq(got, all[i].number);
}

START_TEST(each_writer_is_asked_once_and_told_what_became_of_its_bytes)
{
    for (int i = 0; i < WRITERS; i++)
        burst_add(&loop, &all[i].writer);
    for (int i = 0; i < WRITERS; i++)
        burst_add(&loop, &all[i].writer);
    ck_assert_int_eq(all[0].asked, 0);
    loop_turn(&loop, false);
    for (int i = 0; i < WRITERS; i++)
        expect_written(i);
    loop_turn(&loop, false);
    ck_assert_int_eq(all[0].asked, 1);
}
END_TEST

START_TEST(who_has_nothing_to_send_is_told_nothing)
{
    for (int i = 0; i < 9; i++) {
        all[i].otherwise = i % 3 == 0;
        burst_add(&loop, &all[i].writer);
    }
    loop_turn(&loop, false);
    for (int i = 0; i < 9; i++) {
        if (i % 3 == 0)
            ck_assert_int_eq(all[i].told, 0);
        else
            expect_written(i);
    }
}
END_TEST

START_TEST(who_was_cancelled_is_not_asked)
{
    for (int i = 0; i < 5; i++)
        burst_add(&loop, &all[i].writer);
    burst_cancel(&all[2].writer);
    loop_turn(&loop, false);
    ck_assert_int_eq(all[2].asked, 0);
    expect_written(1);
    expect_written(3);
}
END_TEST

static void add_late(struct loop_task *task)
{
    (void)task;
    burst_add(&loop, &all[1].writer);
}

START_TEST(what_comes_at_the_end_of_a_turn_is_still_written_in_it)
{
    struct loop_task late;

    loop_task_init(&late, add_late);
    burst_add(&loop, &all[0].writer);
    loop_at_end(&loop, &late);
    loop_turn(&loop, false);
    expect_written(0);
    expect_written(1);
}
END_TEST

/* ---- links on sockets ---- */

#define LINKS 6

static struct link links[LINKS];
static int peers[LINKS];
static int drained;
static int ended;

static void on_open(struct link *link)
{
    (void)link;
}

static void on_packet(struct link *link, const struct frame *frame,
                      uint64_t record_seq)
{
    (void)link;
    (void)frame;
    (void)record_seq;
}

static void on_malformed(struct link *link, enum mqtt_reason reason)
{
    (void)link;
    (void)reason;
}

static void on_drained(struct link *link)
{
    (void)link;
    drained++;
}

static void on_end(struct link *link, int error)
{
    (void)link;
    (void)error; /* as a read or a write tells it first */
    ended++;
}

static void on_closed(struct link *link)
{
    (void)link;
}

static const struct link_events link_events = {
    .on_open = on_open,
    .on_packet = on_packet,
    .on_malformed = on_malformed,
    .on_drained = on_drained,
    .on_end = on_end,
    .on_closed = on_closed,
};

static void open_links(void)
{
    open_loop();
    drained = ended = 0;
    for (int i = 0; i < LINKS; i++) {
        int pair[2];

        ck_assert_int_eq(
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        link_init(&links[i], &loop, NULL, &link_events);
        links[i].transport = transport_tcp_new(
            &loop, pair[0], false, &link_transport_events, &links[i]);
        peers[i] = pair[1];
    }
    loop_turn(&loop, false);
}

static void close_links(void)
{
    for (int i = 0; i < LINKS; i++) {
        link_close(&links[i], true);
        close(peers[i]);
    }
    loop_turn(&loop, false);
    close_loop();
}

/* A PUBLISH of QoS 0 to "t" that is len bytes long and full of fill. */
static void send_publish(struct link *link, size_t len, char fill)
{
    struct buf packet = {0};
    size_t rest = len - 4;

    ck_assert_uint_ge(rest, 128 * 128);
    buf_append_u8(&packet, 0x30);
    buf_append_u8(&packet, (uint8_t)(rest % 128 | 0x80));
    buf_append_u8(&packet, (uint8_t)(rest / 128 % 128 | 0x80));
    buf_append_u8(&packet, (uint8_t)(rest / 128 / 128));
    buf_append(&packet, "\x00\x01t", 3);
    while (packet.len < len)
        buf_append_u8(&packet, (uint8_t)fill);
    link_send(link, buf_slice(&packet), 0);
    buf_release(&packet);
}

#define PACKET_BYTES 30000

/* Is this byte the one that send_publish puts so far into the stream? */
static bool goes_on(size_t at, char byte)
{
    return at % PACKET_BYTES < 7 ||
           byte == (char)('A' + at / PACKET_BYTES % 26);
}

/* Read what has come, which must go on where the stream stood; returns how
   many bytes. */
static size_t take(int i, size_t at)
{
    static char got[65536];
    size_t sum = 0;
    size_t wrong = 0;
    ssize_t len;

    while ((len = read(peers[i], got, sizeof(got))) > 0)
        for (ssize_t j = 0; j < len; j++)
            wrong += !goes_on(at + sum++, got[j]);
    ck_assert_uint_eq(wrong, 0);
    return sum;
}

START_TEST(a_peer_that_is_slow_gets_all_in_order_and_keeps_nobody_waiting)
{
    size_t slow = 0;

    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < LINKS; i++)
            send_publish(&links[i], PACKET_BYTES, (char)('A' + round % 26));
        loop_turn(&loop, false);
        for (int i = 1; i < LINKS; i++)
            ck_assert_uint_eq(take(i, (size_t)round * PACKET_BYTES),
                              PACKET_BYTES);
    }
    ck_assert_uint_gt(link_pending(&links[0]), 0);
    while (slow < (size_t)40 * PACKET_BYTES) {
        slow += take(0, slow);
        loop_turn(&loop, false);
    }
    ck_assert_uint_eq(link_pending(&links[0]), 0);
    ck_assert_uint_eq(links[0].out.cap, 0);
    ck_assert_int_eq(drained, 1);
}
END_TEST

START_TEST(a_peer_that_is_gone_ends_its_own_link_only)
{
    close(peers[2]);
    peers[2] = -1;
    for (int i = 0; i < LINKS; i++)
        send_publish(&links[i], PACKET_BYTES, 'A');
    loop_turn(&loop, false);
    loop_turn(&loop, false);
    ck_assert_int_eq(ended, 1);
    ck_assert(links[2].broken);
    for (int i = 0; i < LINKS; i++)
        if (i != 2)
            ck_assert_uint_eq(take(i, 0), PACKET_BYTES);
}
END_TEST

START_TEST(a_link_that_closes_in_the_turn_says_its_last_words)
{
    for (int i = 0; i < LINKS; i++)
        send_publish(&links[i], PACKET_BYTES, 'A');
    link_close(&links[4], false);
    loop_turn(&loop, false);
    for (int i = 0; i < LINKS; i++)
        ck_assert_uint_eq(take(i, 0), PACKET_BYTES);
}
END_TEST

Suite *burst_suite(void)
{
    Suite *suite = suite_create("burst");
    TCase *writers = unit_case(suite, "writers", 0);

    tcase_add_checked_fixture(writers, open_writers, close_writers);
    tcase_add_test(writers,
                   each_writer_is_asked_once_and_told_what_became_of_its_bytes);
    tcase_add_test(writers, who_has_nothing_to_send_is_told_nothing);
    tcase_add_test(writers, who_was_cancelled_is_not_asked);
    tcase_add_test(writers,
                   what_comes_at_the_end_of_a_turn_is_still_written_in_it);
    TCase *sockets = unit_case(suite, "links on sockets", 0);
    tcase_add_checked_fixture(sockets, open_links, close_links);
    tcase_add_test(
        sockets,
        a_peer_that_is_slow_gets_all_in_order_and_keeps_nobody_waiting);
    tcase_add_test(sockets, a_peer_that_is_gone_ends_its_own_link_only);
    tcase_add_test(sockets, a_link_that_closes_in_the_turn_says_its_last_words);
    return suite;
}
