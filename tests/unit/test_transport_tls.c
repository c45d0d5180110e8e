/*
 * What TLS adds to a transport: names, tickets, a ration of handshakes, and
 * what it makes of bytes that are none of its own.
 */
#include "suites.h"

#include "net/tls_layer.h"
#include "net/tls_ticket.h"
#include "net/transport_memory.h"
#include "tls_pair.h"
#include "transport_pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct tls_context *contexts[2]; /* client, server */
static int wanted_version;

static void open_contexts(void)
{
    pair_open_loop();
    clock_init_manual(&pair.loop.clock, 1000 * CLOCK_NS_PER_S,
                      1000 * CLOCK_NS_PER_S);
    wanted_version = TLS1_3_VERSION;
    for (int i = 0; i < 2; i++)
        contexts[i] = tls_pair_context(&pair.loop, i == 1, 0);
}

static void close_contexts(void)
{
    pair_close_loop();
    for (int i = 0; i < 2; i++)
        tls_context_unref(contexts[i]);
}

static SSL *ssl_of(int side)
{
    return ((struct tls *)pair.sides[side].transport)->ssl;
}

/* A pair of ends that have not yet said anything. */
static void begin(void)
{
    const struct transport_events *below[2] = {&transport_tls_below,
                                               &transport_tls_below};
    struct transport *tls[2];
    struct transport *ends[2];

    for (int i = 0; i < 2; i++) {
        SSL_CTX_set_max_proto_version(contexts[i]->ssl, wanted_version);
        tls[i] = transport_tls_new(contexts[i], &pair_events, &pair.sides[i]);
        pair.sides[i] = (struct pair_side){.transport = tls[i]};
    }
    transport_memory_pair(&pair.loop, ends, below, (void **)tls);
    for (int i = 0; i < 2; i++) {
        transport_tls_carry(tls[i], ends[i]);
        pair.sides[i].memory = ends[i];
    }
}

static void expect_open(void)
{
    loop_settle(&pair.loop);
    ck_assert_int_eq(pair.sides[0].opened, 1);
    ck_assert_int_eq(pair.sides[1].opened, 1);
}

static void end_both(void)
{
    for (int i = 0; i < 2; i++)
        pair_close_side(&pair.sides[i], false);
    loop_settle(&pair.loop);
    buf_release(&pair.sides[0].got);
    buf_release(&pair.sides[1].got);
}

START_TEST(a_description_says_what_was_agreed_on)
{
    static const unsigned char offer[] = {4, 'm', 'q', 't', 't'};
    struct tls_description seen;

    wanted_version = TLS1_2_VERSION;
    begin();
    /* SSL_set_tlsext_host_name, whose cast clang warns of. */
    SSL_ctrl(ssl_of(0), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             (void *)(uintptr_t) "broker.example");
    SSL_set_alpn_protos(ssl_of(0), offer, sizeof(offer));
    expect_open();
    transport_tls_describe(pair.sides[1].transport, &seen);
    ck_assert_str_eq(seen.version, "TLSv1.2");
    ck_assert_str_eq(seen.server_name, "broker.example");
    ck_assert_ptr_nonnull(strstr(seen.cipher, "ECDHE"));
    ck_assert_ptr_null(seen.identity);
    ck_assert(!seen.resumed);
    ck_assert(!seen.has_certificate);
    transport_tls_describe(pair.sides[0].transport, &seen);
    ck_assert(seen.has_certificate);
    char *name = transport_tls_peer_name(pair.sides[0].transport, false);
    char *subject = transport_tls_peer_name(pair.sides[0].transport, true);
    ck_assert_str_eq(name, "localhost");
    ck_assert_str_eq(subject, "CN=localhost");
    free(name);
    free(subject);
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
    struct transport_memory_faults one = {.chunk_bytes = 1};

    wanted_version = _i;
    begin();
    transport_memory_set_faults(pair.sides[0].memory, &one);
    transport_memory_set_faults(pair.sides[1].memory, &one);
    expect_open();
    pair_send_text(&pair.sides[0], "slowly");
    pair_expect_got(&pair.sides[1], "slowly");
}
END_TEST

/* ---- tickets ---- */

/* Connect, get a ticket, connect again with it. Returns whether that was
   shorter than a whole handshake. */
static bool resumes_after(uint64_t seconds, bool new_server)
{
    struct tls_description seen;

    begin();
    expect_open();
    pair_send_text(&pair.sides[1], "tickets came before this");
    loop_settle(&pair.loop);
    SSL_SESSION *session = SSL_get1_session(ssl_of(0));
    ck_assert(SSL_SESSION_is_resumable(session));
    end_both();
    clock_advance(&pair.loop.clock, seconds * CLOCK_NS_PER_S);
    if (new_server) {
        tls_context_unref(contexts[1]);
        contexts[1] = tls_pair_context(&pair.loop, true, 0);
    }
    begin();
    SSL_set_session(ssl_of(0), session);
    expect_open();
    transport_tls_describe(pair.sides[1].transport, &seen);
    SSL_SESSION_free(session);
    return seen.resumed;
}

START_TEST(a_ticket_saves_a_handshake)
{
    wanted_version = _i;
    ck_assert(resumes_after(1, false));
}
END_TEST

START_TEST(a_ticket_of_the_key_before_is_still_good)
{
    wanted_version = _i;
    ck_assert(resumes_after(TLS_TICKET_KEY_S, false));
}
END_TEST

START_TEST(a_ticket_outlives_only_one_change_of_keys)
{
    wanted_version = _i;
    ck_assert(!resumes_after(2 * TLS_TICKET_KEY_S, false));
}
END_TEST

START_TEST(a_ticket_is_worth_nothing_to_a_new_context)
{
    wanted_version = _i;
    ck_assert(!resumes_after(1, true));
}
END_TEST

/* ---- what is not TLS, or is changed ---- */

static void feed_server(const void *bytes, size_t len)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};

    transport_writev(pair.sides[0].memory, &part, 1);
    loop_settle(&pair.loop);
}

static void expect_server_says(const char *part)
{
    const char *reason = transport_tls_reason(pair.sides[1].transport);

    ck_assert_int_eq(pair.sides[1].ended, 1);
    ck_assert_int_eq(pair.sides[1].error, -EPROTO);
    ck_assert_ptr_nonnull(reason);
    ck_assert_msg(strstr(reason, part) != NULL, "%s", reason);
}

static const struct {
    const char *bytes;
    size_t len;
    const char *says;
} strangers[] = {
    {"\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0", 14, "what came is not TLS"},
    {"GET / HTTP/1.1\r\n\r\n",               18, "HTTP request"        },
    {"\x16\x03\x01\xff\xff\x01",             6,  "the TLS handshake"   },
    {"\x16\x03\x01\0\x04\x01\0\0\0",         9,  "the TLS handshake"   },
};

START_TEST(what_is_not_tls_is_called_by_its_name)
{
    begin();
    /* Its own ClientHello must not come first. */
    tls_context_unref(contexts[0]);
    contexts[0] = tls_pair_context(&pair.loop, true, 0);
    end_both();
    begin();
    feed_server(strangers[_i].bytes, strangers[_i].len);
    expect_server_says(strangers[_i].says);
    ck_assert_int_eq(pair.sides[1].opened, 0);
}
END_TEST

START_TEST(a_changed_byte_ends_the_connection)
{
    static const char record[] = "\x17\x03\x03\0\x20"
                                 "0123456789abcdef0123456789abcdef";

    wanted_version = _i;
    begin();
    expect_open();
    feed_server(record, sizeof(record) - 1);
    expect_server_says("could not be decrypted");
    ck_assert_uint_eq(pair.sides[1].got.len, 0);
}
END_TEST

START_TEST(a_peer_that_goes_in_the_handshake_is_reported)
{
    begin();
    pair_close_side(&pair.sides[0], false);
    loop_settle(&pair.loop);
    ck_assert_int_eq(pair.sides[1].ended, 1);
    ck_assert_ptr_nonnull(strstr(transport_tls_reason(pair.sides[1].transport),
                                 "during the handshake"));
}
END_TEST

/* ---- many at once ---- */

#define CROWD 30

START_TEST(handshakes_of_a_crowd_are_rationed)
{
    struct pair_side sides[CROWD][2] = {0};
    int most = 0;
    int before = 0;

    for (int i = 0; i < CROWD; i++) {
        begin();
        memcpy(sides[i], pair.sides, sizeof(pair.sides));
        for (int k = 0; k < 2; k++)
            sides[i][k].transport->owner = &sides[i][k];
    }
    for (int turn = 0; turn < 200 && before < CROWD; turn++) {
        int opened = 0;

        loop_turn(&pair.loop, false);
        for (int i = 0; i < CROWD; i++)
            opened += sides[i][1].opened;
        if (opened - before > most)
            most = opened - before;
        before = opened;
    }
    ck_assert_int_eq(before, CROWD);
    ck_assert_int_le(most, 4);
    for (int i = 0; i < CROWD; i++) {
        for (int k = 0; k < 2; k++)
            pair_close_side(&sides[i][k], false);
    }
    loop_settle(&pair.loop);
    memset(pair.sides, 0, sizeof(pair.sides));
}
END_TEST

/* Behind a crowd: what it sends meanwhile is not read without end. */
START_TEST(who_waits_for_a_turn_is_not_read_without_end)
{
    static uint8_t much[600000];
    struct transport_memory_faults pieces = {.chunk_bytes = 65536};
    struct iovec part = {.iov_base = much, .iov_len = sizeof(much)};
    struct pair_side sides[CROWD][2] = {0};
    struct pair_side *last = sides[CROWD - 1];
    bool held = false;
    size_t most = 0;

    for (int i = 0; i < CROWD; i++) {
        begin();
        memcpy(sides[i], pair.sides, sizeof(pair.sides));
        for (int k = 0; k < 2; k++)
            sides[i][k].transport->owner = &sides[i][k];
    }
    transport_memory_set_faults(last[0].memory, &pieces);
    transport_writev(last[0].memory, &part, 1);
    for (int turn = 0; turn < 200 && !last[1].ended; turn++) {
        const struct tls *tls = (struct tls *)last[1].transport;

        loop_turn(&pair.loop, false);
        held |= tls->held;
        most = tls->in.len > most ? tls->in.len : most;
    }
    ck_assert(held);
    ck_assert_uint_le(most, 262144 + 65536);
    ck_assert_int_eq(last[1].error, -EPROTO);
    for (int i = 0; i < CROWD; i++) {
        for (int k = 0; k < 2; k++)
            pair_close_side(&sides[i][k], false);
    }
    loop_settle(&pair.loop);
    memset(pair.sides, 0, sizeof(pair.sides));
}
END_TEST

/* Each update of keys that the client asks for is an answer of the server's,
   which nobody takes [RFC 8446 4.6.3]. */
START_TEST(who_takes_no_answer_cannot_ask_without_end)
{
    struct transport_memory_faults full = {.capacity_bytes = 1};
    static char text[] = "text";

    clock_init_manual(&pair.loop.clock, 1, 1);
    begin();
    expect_open();
    transport_memory_set_faults(pair.sides[1].memory, &full);
    pair_send_text(&pair.sides[1], "what the client does not read");
    for (int i = 0; i < 20000 && !pair.sides[1].ended; i++) {
        clock_advance(&pair.loop.clock, CLOCK_NS_PER_S / 10);
        SSL_key_update(ssl_of(0), SSL_KEY_UPDATE_REQUESTED);
        pair_send_text(&pair.sides[0], text);
        loop_turn(&pair.loop, false);
    }
    expect_server_says("takes no answer");
}
END_TEST

/* To derive keys takes a thousand times as long as to say so. */
START_TEST(who_changes_keys_too_often_is_disconnected)
{
    static char text[] = "text";

    clock_init_manual(&pair.loop.clock, 1, 1);
    begin();
    expect_open();
    for (int i = 0; i < 100; i++) {
        clock_advance(&pair.loop.clock, CLOCK_NS_PER_S / 10);
        SSL_key_update(ssl_of(0), SSL_KEY_UPDATE_NOT_REQUESTED);
        pair_send_text(&pair.sides[0], text);
        loop_settle(&pair.loop);
    }
    ck_assert_uint_eq(pair.sides[1].got.len, 400);
    for (int i = 0; i < 100 && !pair.sides[1].ended; i++) {
        SSL_key_update(ssl_of(0), SSL_KEY_UPDATE_NOT_REQUESTED);
        pair_send_text(&pair.sides[0], text);
        loop_settle(&pair.loop);
    }
    ck_assert_uint_lt(pair.sides[1].got.len, 600);
    expect_server_says("changes its keys too often");
}
END_TEST

START_TEST(one_that_is_closed_while_it_waits_is_forgotten)
{
    begin();
    loop_turn(&pair.loop, false);
    pair_close_side(&pair.sides[1], true);
    loop_settle(&pair.loop);
    ck_assert_int_eq(pair.sides[1].closed, 1);
    ck_assert_int_eq(pair.sides[1].opened, 0);
}
END_TEST

Suite *transport_tls_suite(void)
{
    Suite *suite = suite_create("transport_tls");
    TCase *all = unit_case(suite, "all", 60);
    int from = TLS1_2_VERSION;
    int to = TLS1_3_VERSION + 1;

    tcase_add_checked_fixture(all, open_contexts, close_contexts);
    tcase_add_test(all, a_description_says_what_was_agreed_on);
    tcase_add_loop_test(all, bytes_may_come_one_by_one, from, to);
    tcase_add_loop_test(all, a_ticket_saves_a_handshake, from, to);
    tcase_add_loop_test(all, a_ticket_of_the_key_before_is_still_good, from,
                        to);
    tcase_add_loop_test(all, a_ticket_outlives_only_one_change_of_keys, from,
                        to);
    tcase_add_loop_test(all, a_ticket_is_worth_nothing_to_a_new_context, from,
                        to);
    tcase_add_loop_test(all, what_is_not_tls_is_called_by_its_name, 0,
                        sizeof(strangers) / sizeof(strangers[0]));
    tcase_add_loop_test(all, a_changed_byte_ends_the_connection, from, to);
    tcase_add_test(all, a_peer_that_goes_in_the_handshake_is_reported);
    tcase_add_test(all, handshakes_of_a_crowd_are_rationed);
    tcase_add_test(all, who_waits_for_a_turn_is_not_read_without_end);
    tcase_add_test(all, who_takes_no_answer_cannot_ask_without_end);
    tcase_add_test(all, who_changes_keys_too_often_is_disconnected);
    tcase_add_test(all, one_that_is_closed_while_it_waits_is_forgotten);
    return suite;
}
