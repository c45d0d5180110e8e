/*
 * Reading TLS whose messages come in unusual places: data in front of the
 * handshake, a server in front of its client, a handshake behind data.
 */
#include "tls_ears.h"

/* The second connection of a session, with data in front of its handshake. */
static void connect_early(bool refused, bool hold)
{
    uint8_t bytes[100];
    size_t len;

    tls_ears_connect(NULL);
    tls_ears_settle();
    tls_ears_say(EARS_SERVER, "a ticket comes with it");
    SSL_SESSION *session = SSL_get1_session(tls_ears.ends[EARS_CLIENT]);
    tls_ears_finish();
    tls_ears_connect(session);
    SSL_SESSION_free(session);
    tls_ears.unread = 0;
    tls_ears.hold = hold;
    if (refused)
        SSL_set_max_early_data(tls_ears.ends[EARS_SERVER], 0);
    ck_assert(
        SSL_write_early_data(tls_ears.ends[EARS_CLIENT], "early ", 6, &len));
    tls_ears_move(EARS_CLIENT);
    while (SSL_read_early_data(tls_ears.ends[EARS_SERVER], bytes, sizeof(bytes),
                               &len) == SSL_READ_EARLY_DATA_SUCCESS)
        continue;
    tls_ears_move(EARS_SERVER); /* its hello, before the early data has ended */
    ck_assert(
        SSL_write_early_data(tls_ears.ends[EARS_CLIENT], "bird ", 5, &len));
    for (int i = 0; i < 4; i++) {
        tls_ears_move(EARS_CLIENT);
        while (SSL_read_early_data(tls_ears.ends[EARS_SERVER], bytes,
                                   sizeof(bytes),
                                   &len) == SSL_READ_EARLY_DATA_SUCCESS)
            continue;
        SSL_do_handshake(tls_ears.ends[EARS_CLIENT]);
        tls_ears_move(EARS_SERVER);
    }
    tls_ears_settle();
    ck_assert_int_eq(SSL_get_early_data_status(tls_ears.ends[EARS_SERVER]),
                     refused ? SSL_EARLY_DATA_REJECTED
                             : SSL_EARLY_DATA_ACCEPTED);
}

/* [RFC 8446 2.3] */
START_TEST(early_data_is_read_taken_or_refused)
{
    tls_ears_make_contexts(&tls_agreements[_i / 2]);
    SSL_CTX_set_max_early_data(tls_ears.contexts[EARS_SERVER], 1000);
    connect_early(_i % 2, false);
    tls_ears_say(EARS_CLIENT, "sings");
    tls_ears_say(EARS_SERVER, "late");
    tls_ears_heard("early bird sings", "late");
    ck_assert_str_eq(tls_ears.hidden, "");
    ck_assert_uint_eq(tls_ears.unread, 0);
}
END_TEST

/* Who captures may get the directions in another order: all that the server
   says may stand before any of the client's, before a part of its hello, or
   before its early data. */
START_TEST(early_data_is_read_behind_the_servers_hello)
{
    static const size_t parts[] = {100000, 300, 7};

    tls_ears_make_contexts(&tls_agreements[_i / 3]);
    SSL_CTX_set_max_early_data(tls_ears.contexts[EARS_SERVER], 1000);
    connect_early(false, true);
    tls_ears_say(EARS_CLIENT, "sings");
    for (size_t rest = tls_ears.held.len; rest; rest = tls_ears.held.len)
        tls_ears_release(parts[_i % 3]);
    tls_ears_heard("early bird sings", "");
    ck_assert_str_eq(tls_ears.hidden, "");
    ck_assert_uint_eq(tls_ears.unread, 0);
}
END_TEST

START_TEST(a_server_whose_client_is_not_there_is_heard_at_last)
{
    tls_ears_make_contexts(&tls_agreements[TLS_AGREEMENT_1_2]);
    tls_ears_connect(NULL);
    tls_ears.hold = true;
    tls_ears_settle();
    ck_assert_str_eq(tls_ears.opened, "");
    if (_i)
        capture_tls_end(tls_ears.tls);
    else
        capture_tls_lose(tls_ears.tls, EARS_CLIENT, 0);
    ck_assert_str_ne(tls_ears.opened, "");
}
END_TEST

/* ---- TLS 1.2: the handshake again [RFC 5246 7.4.1.1] ---- */

static void shake_hands_again(int asker)
{
    SSL_CTX_set_options(tls_ears.contexts[EARS_SERVER],
                        SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    tls_ears_connect(NULL);
    tls_ears_settle();
    tls_ears_say(EARS_CLIENT, "one ");
    tls_ears_say(EARS_SERVER, "two ");
    tls_ears.deaf |= tls_ears.deaf_again;
    ck_assert(SSL_renegotiate(tls_ears.ends[asker]));
    SSL_do_handshake(tls_ears.ends[asker]);
    tls_ears_settle();
    ck_assert(!SSL_renegotiate_pending(tls_ears.ends[asker]));
    tls_ears_say(EARS_CLIENT, "three");
    tls_ears_say(EARS_SERVER, "four");
}

START_TEST(a_handshake_that_is_made_again_is_followed)
{
    tls_ears_make_contexts(&tls_agreements[TLS_AGREEMENT_1_2 + _i / 2]);
    shake_hands_again(_i % 2);
    tls_ears_heard("one three", "two four");
    ck_assert_str_eq(tls_ears.hidden, "");
    ck_assert_uint_eq(tls_ears.unread, 0);
}
END_TEST

START_TEST(a_handshake_that_is_made_again_without_keys_is_told)
{
    tls_ears_make_contexts(&tls_agreements[TLS_AGREEMENT_1_2]);
    tls_ears.deaf_again = true;
    shake_hands_again(
        EARS_CLIENT); /* a server's asking would resume the session */
    tls_ears_heard("one ", "two ");
    ck_assert_str_eq(tls_ears.hidden,
                     "the TLS handshake was made again, and there "
                     "are no keys for the new one");
}
END_TEST

START_TEST(early_data_without_its_key_hides_nothing_else)
{
    tls_ears_make_contexts(&tls_agreements[0]);
    SSL_CTX_set_max_early_data(tls_ears.contexts[EARS_SERVER], 1000);
    tls_ears.no_early = true;
    connect_early(_i, false);
    tls_ears_say(EARS_CLIENT, "sings");
    tls_ears_heard("sings", "");
    ck_assert_str_eq(tls_ears.hidden, "");
    ck_assert_uint_ge(tls_ears.unread, 2); /* each record is told of */
    ck_assert_uint_gt(tls_ears.unread_frame, 0);
}
END_TEST

Suite *capture_tls_order_suite(void)
{
    Suite *suite = suite_create("capture_tls_order");
    TCase *tcase = unit_case(suite, "order", 30);

    tcase_add_checked_fixture(tcase, NULL, tls_ears_close);
    tcase_add_loop_test(tcase, early_data_is_read_taken_or_refused, 0, 10);
    tcase_add_loop_test(tcase, early_data_is_read_behind_the_servers_hello, 0,
                        15);
    tcase_add_loop_test(
        tcase, a_server_whose_client_is_not_there_is_heard_at_last, 0, 2);
    tcase_add_loop_test(tcase, a_handshake_that_is_made_again_is_followed, 0,
                        2 * (TLS_AGREEMENT_COUNT - TLS_AGREEMENT_1_2));
    tcase_add_loop_test(
        tcase, a_handshake_that_is_made_again_without_keys_is_told, 0, 2);
    tcase_add_loop_test(tcase, early_data_without_its_key_hides_nothing_else, 0,
                        2);
    return suite;
}
