#include "suites.h"
#include "transport_pair.h"

#include "net/transport_memory.h"
#include "net/transport_socks.h"

#include <errno.h>
#include <string.h>

/* The side of the client; the proxy answers as each test says. */
static struct pair_side *const client = &pair.sides[0];
static struct pair_side *const proxy = &pair.sides[1];

static struct socks_request request;

static void set_up(void)
{
    pair_open_loop();
    request = (struct socks_request){.host = "host", .port = 1883};
}

static void start(void)
{
    struct transport *ends[2];
    struct transport *stage =
        transport_socks_new(&request, &pair_events, client);
    const struct transport_events *both[2] = {&transport_socks_events,
                                              &pair_events};
    void *owners[2] = {stage, proxy};

    ck_assert_ptr_nonnull(stage);
    transport_memory_pair(&pair.loop, ends, both, owners);
    transport_socks_put(stage, ends[0]);
    client->transport = stage;
    proxy->transport = ends[1];
    pair_turn_some();
}

static struct slice bytes_of(const char *hex)
{
    static uint8_t bytes[2][64];
    static int turn;

    turn = !turn;
    return slice_of(bytes[turn], unit_hex(hex, bytes[turn], 64));
}

/* The proxy has received exactly this since the last time. */
static void asked(const char *hex)
{
    struct slice wanted = bytes_of(hex);

    pair_turn_some();
    ck_assert_msg(slice_equal(buf_slice(&proxy->got), wanted),
                  "it did not say %s", hex);
    buf_clear(&proxy->got);
}

static void answer_bytes(struct slice bytes)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes.bytes,
                         .iov_len = bytes.len};

    ck_assert_int_eq(transport_writev(proxy->transport, &part, 1),
                     (ssize_t)bytes.len);
    pair_turn_some();
}

static void answer(const char *hex)
{
    answer_bytes(bytes_of(hex));
}

/* Refused by the proxy, with this error. */
static void refused(int error)
{
    ck_assert_int_eq(client->ended, 1);
    ck_assert_int_eq(client->error, error);
    ck_assert_int_eq(client->opened, 0);
    ck_assert(transport_socks_refused(client->transport));
}

START_TEST(without_a_user_only_that_method_is_offered)
{
    start();
    asked("05 01 00");
    answer("05 00");
    asked("05 01 00 03 04 68 6f 73 74 07 5b");
    ck_assert_int_eq(client->opened, 0);
    answer("05 00 00 01 7f 00 00 01 07 5b");
    ck_assert_int_eq(client->opened, 1);
    ck_assert(!transport_socks_refused(client->transport));
}
END_TEST

START_TEST(a_user_logs_in_when_the_proxy_wants_it)
{
    request.user_name = "me";
    request.password = "pw:";
    start();
    asked("05 02 00 02");
    answer("05 02");
    asked("01 02 6d 65 03 70 77 3a");
    answer("01 00");
    asked("05 01 00 03 04 68 6f 73 74 07 5b");
}
END_TEST

START_TEST(a_user_need_not_log_in)
{
    request.user_name = "me";
    start();
    asked("05 02 00 02");
    answer("05 00");
    asked("05 01 00 03 04 68 6f 73 74 07 5b");
}
END_TEST

START_TEST(no_password_is_an_empty_one)
{
    request.user_name = "me";
    start();
    asked("05 02 00 02");
    answer("05 02");
    asked("01 02 6d 65 00");
}
END_TEST

static const struct {
    const char *host;
    const char *hex;
} hosts[] = {
    {"1.2.3.4", "05 01 00 01 01 02 03 04 07 5b"      },
    {"::1",     "05 01 00 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01"
            " 07 5b"                      },
    {"h",       "05 01 00 03 01 68 07 5b"            },
    {"1.2.3",   "05 01 00 03 05 31 2e 32 2e 33 07 5b"},
};

START_TEST(numbers_are_sent_as_numbers_and_names_as_names)
{
    request.host = hosts[_i].host;
    start();
    asked("05 01 00");
    answer("05 00");
    asked(hosts[_i].hex);
}
END_TEST

static const char *const bound[] = {
    "05 00 00 01 00 00 00 00 00 00",
    "05 00 00 03 00 00 00",
    "05 00 00 03 04 68 6f 73 74 07 5b",
    "05 00 00 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
};

/* Whatever the pieces in which it comes. */
START_TEST(what_follows_the_reply_is_the_hosts)
{
    struct slice reply = bytes_of(bound[_i]);
    struct buf all = {0};

    buf_append_slice(&all, reply);
    buf_append_string(&all, "hello");
    for (uint32_t cut = 0; cut <= all.len; cut++) {
        start();
        answer("05 00");
        buf_clear(&proxy->got);
        answer_bytes(slice_first(buf_slice(&all), cut));
        ck_assert_int_eq(client->opened, cut >= reply.len);
        answer_bytes(slice_skip(buf_slice(&all), cut));
        ck_assert_int_eq(client->opened, 1);
        pair_expect_got(client, "hello");
        pair_send_text(client, "and back");
        pair_turn_some();
        pair_expect_got(proxy, "and back");
        pair_close_loop();
        set_up();
    }
    buf_release(&all);
}
END_TEST

START_TEST(answers_may_come_byte_by_byte)
{
    static const char *const bytes[] = {"05", "00", "05", "00", "00", "01",
                                        "7f", "00", "00", "01", "07"};

    start();
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
        answer(bytes[i]);
    ck_assert_int_eq(client->opened, 0);
    answer("5b");
    ck_assert_int_eq(client->opened, 1);
}
END_TEST

static const struct {
    const char *answers[3];
    int error;
    bool user;
} refusals[] = {
    {{"05 ff"},                            -EPROTONOSUPPORT, false},
    {{"05 02"},                            -EPROTONOSUPPORT, false},
    {{"05 01"},                            -EPROTONOSUPPORT, true },
    {{"04 00"},                            -EPROTO,          false},
    {{"48 54 54 50"},                      -EPROTO,          false},
    {{"05 02", "01 01"},                   -EPERM,           true },
    {{"05 02", "05 00"},                   -EPROTO,          true },
    {{"05 00", "05 01 00 01 00"},          -EIO,             false},
    {{"05 00", "05 02 00 01 00"},          -EACCES,          false},
    {{"05 00", "05 03 00 01 00"},          -ENETUNREACH,     false},
    {{"05 00", "05 04 00 01 00"},          -EHOSTUNREACH,    false},
    {{"05 00", "05 05 00 01 00"},          -ECONNREFUSED,    false},
    {{"05 00", "05 06 00 01 00"},          -ETIMEDOUT,       false},
    {{"05 00", "05 07 00 01 00"},          -EOPNOTSUPP,      false},
    {{"05 00", "05 08 00 01 00"},          -EAFNOSUPPORT,    false},
    {{"05 00", "05 09 00 01 00"},          -EIO,             false},
    {{"05 00", "04 00 00 01 00"},          -EPROTO,          false},
    {{"05 00", "05 00 00 02 00"},          -EPROTO,          false},
    {{"05 02", "01 00", "05 ff 00 01 00"}, -EIO,             true },
};

START_TEST(a_refusal_ends_the_connection_with_its_reason)
{
    if (refusals[_i].user)
        request.user_name = "me";
    start();
    for (int i = 0; i < 3 && refusals[_i].answers[i]; i++) {
        ck_assert_int_eq(client->ended, 0);
        answer(refusals[_i].answers[i]);
    }
    refused(refusals[_i].error);
    ck_assert_ptr_nonnull(transport_socks_explain(refusals[_i].error));
    answer("00 00 00 00");
    ck_assert_int_eq(client->ended, 1);
    ck_assert_int_eq(pair_send_text(client, "x"), -EPIPE);
}
END_TEST

static const char *const cut_short[] = {"", "05", "05 00", "05 00 05 00 00 01"};

START_TEST(a_proxy_that_closes_has_refused)
{
    start();
    answer(cut_short[_i]);
    transport_close(proxy->transport, false);
    proxy->close_called = true;
    pair_turn_some();
    refused(-ECONNRESET);
}
END_TEST

START_TEST(a_connection_that_breaks_later_was_not_refused)
{
    start();
    answer("05 00");
    answer("05 00 00 01 7f 00 00 01 07 5b");
    transport_memory_cut(proxy->transport);
    pair_turn_some();
    ck_assert_int_eq(client->ended, 1);
    ck_assert_int_eq(client->error, -ECONNRESET);
    ck_assert(!transport_socks_refused(client->transport));
}
END_TEST

START_TEST(who_writes_too_early_is_told_when_it_can)
{
    start();
    ck_assert_int_eq(pair_send_text(client, "x"), 0);
    ck_assert_int_eq(client->writable, 0);
    answer("05 00");
    answer("05 00 00 01 7f 00 00 01 07 5b");
    ck_assert_int_eq(client->writable, 1);
}
END_TEST

START_TEST(a_pause_before_it_opens_holds_afterwards)
{
    start();
    transport_pause(client->transport, true);
    answer("05 00");
    answer("05 00 00 01 7f 00 00 01 07 5b");
    ck_assert_int_eq(client->opened, 1);
    answer("68 69");
    pair_expect_got(client, "");
    transport_pause(client->transport, false);
    pair_turn_some();
    pair_expect_got(client, "hi");
}
END_TEST

START_TEST(texts_of_more_than_255_bytes_are_refused)
{
    char text[257];

    memset(text, 'a', sizeof(text) - 1);
    text[256] = '\0';
    request.host = text;
    ck_assert_ptr_null(transport_socks_new(&request, &pair_events, client));
    request.host = "host";
    request.user_name = text;
    ck_assert_ptr_null(transport_socks_new(&request, &pair_events, client));
    request.user_name = text + 1;
    struct transport *stage =
        transport_socks_new(&request, &pair_events, client);
    ck_assert_ptr_nonnull(stage);
    transport_socks_free(stage);
}
END_TEST

#define ROWS(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

Suite *transport_socks_suite(void)
{
    Suite *suite = suite_create("transport_socks");
    TCase *tcase = unit_case(suite, "transport_socks", 0);

    tcase_add_checked_fixture(tcase, set_up, pair_close_loop);
    tcase_add_test(tcase, without_a_user_only_that_method_is_offered);
    tcase_add_test(tcase, a_user_logs_in_when_the_proxy_wants_it);
    tcase_add_test(tcase, a_user_need_not_log_in);
    tcase_add_test(tcase, no_password_is_an_empty_one);
    tcase_add_loop_test(tcase, numbers_are_sent_as_numbers_and_names_as_names,
                        0, ROWS(hosts));
    tcase_add_loop_test(tcase, what_follows_the_reply_is_the_hosts, 0,
                        ROWS(bound));
    tcase_add_test(tcase, answers_may_come_byte_by_byte);
    tcase_add_loop_test(tcase, a_refusal_ends_the_connection_with_its_reason, 0,
                        ROWS(refusals));
    tcase_add_loop_test(tcase, a_proxy_that_closes_has_refused, 0,
                        ROWS(cut_short));
    tcase_add_test(tcase, a_connection_that_breaks_later_was_not_refused);
    tcase_add_test(tcase, who_writes_too_early_is_told_when_it_can);
    tcase_add_test(tcase, a_pause_before_it_opens_holds_afterwards);
    tcase_add_test(tcase, texts_of_more_than_255_bytes_are_refused);
    return suite;
}
