/*
 * Reading TLS with logged keys.
 */
#include "tls_ears.h"

#include <stdio.h>
#include <string.h>

START_TEST(every_aead_suite_is_read)
{
    char opened[60];

    tls_ears_make_contexts(&tls_agreements[_i]);
    tls_ears_connect(NULL);
    tls_ears_settle();
    tls_ears_say(EARS_CLIENT, "one ");
    tls_ears_say(EARS_SERVER, "two");
    tls_ears_say(EARS_CLIENT, "three");
    tls_ears_heard("one three", "two");
    snprintf(opened, sizeof(opened), "TLS 1.%d, cipher suite 0x%04x",
             (tls_agreements[_i].version & 0xff) - 1, tls_agreements[_i].suite);
    ck_assert_str_eq(tls_ears.opened, opened);
    ck_assert_str_eq(tls_ears.hidden, "");
}
END_TEST

START_TEST(keys_that_change_are_followed)
{
    tls_ears_make_contexts(&tls_agreements[_i]);
    tls_ears_connect(NULL);
    tls_ears_settle();
    tls_ears_say(EARS_CLIENT, "a");
    for (int i = 0; i < 3; i++) {
        ck_assert(
            SSL_key_update(tls_ears.ends[i % 2], SSL_KEY_UPDATE_REQUESTED));
        tls_ears_say(i % 2, "b");
        tls_ears_say(EARS_CLIENT, "c");
        tls_ears_say(EARS_SERVER, "d");
    }
    tls_ears_heard("abccbc", "dbdd");
    ck_assert_str_eq(tls_ears.hidden, "");
}
END_TEST

START_TEST(a_resumed_session_is_read_without_keys_of_its_own)
{
    tls_ears_make_contexts(&tls_agreements[5]);
    if (_i) /* by its id */
        SSL_CTX_set_options(tls_ears.contexts[EARS_SERVER], SSL_OP_NO_TICKET);
    SSL_CTX_set_session_id_context(tls_ears.contexts[EARS_SERVER],
                                   (const unsigned char *)"x", 1);
    tls_ears_connect(NULL);
    tls_ears_settle();
    tls_ears_say(EARS_CLIENT, "first");
    SSL_SESSION *session = SSL_get1_session(tls_ears.ends[EARS_CLIENT]);
    tls_ears_finish();
    tls_ears.deaf = true;
    tls_ears_connect(session);
    tls_ears_settle();
    ck_assert(SSL_session_reused(tls_ears.ends[EARS_CLIENT]));
    tls_ears_say(EARS_CLIENT, "again");
    tls_ears_say(EARS_SERVER, "yes");
    tls_ears_heard("again", "yes");
    SSL_SESSION_free(session);
}
END_TEST

START_TEST(what_is_missing_is_counted_and_the_rest_is_read)
{
    tls_ears_make_contexts(&tls_agreements[_i]);
    tls_ears_connect(NULL);
    tls_ears_settle();
    tls_ears_say(EARS_CLIENT, "one ");
    tls_ears.lose = 1; /* a whole record */
    tls_ears_say(EARS_CLIENT, "lost");
    tls_ears_say(EARS_CLIENT, "two ");
    char text[1500];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_gt(SSL_write(tls_ears.ends[EARS_CLIENT], text, 1400), 0);
    uint8_t bytes[1600]; /* the middle of a record */
    int len = BIO_read(SSL_get_wbio(tls_ears.ends[EARS_CLIENT]), bytes,
                       sizeof(bytes));
    BIO_write(SSL_get_rbio(tls_ears.ends[EARS_SERVER]), bytes, len);
    struct capture_origin origin = {.frame = ++tls_ears.frame};
    capture_tls_take(tls_ears.tls, EARS_CLIENT, slice_of(bytes, 100), &origin);
    capture_tls_lose(tls_ears.tls, EARS_CLIENT, 500);
    capture_tls_take(tls_ears.tls, EARS_CLIENT,
                     slice_of(bytes + 600, (size_t)len - 600), &origin);
    ck_assert_uint_eq(tls_ears.lost, 1400);
    tls_ears_say(EARS_CLIENT, "three");
    tls_ears_heard("one two three", "");
    ck_assert_str_eq(tls_ears.hidden, "");
}
END_TEST

START_TEST(without_keys_it_is_said_why_nothing_is_read)
{
    tls_ears_make_contexts(&tls_agreements[_i]);
    tls_ears.deaf = true;
    tls_ears_connect(NULL);
    tls_ears_settle();
    tls_ears_say(EARS_CLIENT, "secret");
    tls_ears_heard("", "");
    ck_assert_str_eq(tls_ears.hidden,
                     "there are no keys for this TLS connection");
}
END_TEST

/* ---- pre-shared keys ---- */

static unsigned say_psk(SSL *ssl, const char *hint, char *identity,
                        unsigned identity_size, unsigned char *key,
                        unsigned key_size)
{
    (void)ssl;
    (void)hint;
    snprintf(identity, identity_size, "lamp");
    ck_assert_uint_ge(key_size, 3);
    memcpy(key, "key", 3);
    return 3;
}

static unsigned find_psk(SSL *ssl, const char *identity, unsigned char *key,
                         unsigned key_size)
{
    char same[8];

    ck_assert_str_eq(identity, "lamp");
    return say_psk(ssl, NULL, same, sizeof(same), key, key_size);
}

static const struct {
    const char *ciphers;
    bool plain; /* nothing but the key is in it */
} psk_suites[] = {
    {"PSK-AES128-GCM-SHA256",       true },
    {"PSK-AES256-GCM-SHA384",       true },
    {"PSK-AES128-CCM",              true },
    {"PSK-AES256-CCM",              true },
    {"PSK-AES128-CCM8",             true },
    {"PSK-AES256-CCM8",             true },
    {"PSK-CHACHA20-POLY1305",       true },
    {"ECDHE-PSK-CHACHA20-POLY1305", false},
    {"DHE-PSK-AES128-GCM-SHA256",   false},
    {"TLS_AES_128_GCM_SHA256",      false},
};
#define PSK_SUITE_COUNT (int)(sizeof(psk_suites) / sizeof(psk_suites[0]))

static void connect_with_psk(int i, bool extended, const char *known)
{
    const char *ciphers = psk_suites[i].ciphers;
    int version = strncmp(ciphers, "TLS_", 4) ? TLS1_2_VERSION : TLS1_3_VERSION;

    tls_ears_make_contexts(&(struct tls_agreement){version, ciphers, 0});
    tls_ears.deaf = true;
    for (int end = 0; end < 2 && !extended; end++)
        SSL_CTX_set_options(tls_ears.contexts[end],
                            SSL_OP_NO_EXTENDED_MASTER_SECRET);
    SSL_CTX_set_psk_client_callback(tls_ears.contexts[EARS_CLIENT], say_psk);
    SSL_CTX_set_psk_server_callback(tls_ears.contexts[EARS_SERVER], find_psk);
    ck_assert(capture_keys_set_psk(&tls_ears.keys, slice_of_string(known)));
    tls_ears_connect(NULL);
    tls_ears_settle();
    tls_ears_say(EARS_CLIENT, "who listens ");
    tls_ears_say(EARS_SERVER, "nobody");
    tls_ears_say(EARS_CLIENT, "knows");
}

/* "key" is 6b6579. */
START_TEST(a_pre_shared_key_opens_what_was_agreed_on_by_it_alone)
{
    connect_with_psk(_i / 2, _i % 2, "6b6579");
    if (psk_suites[_i / 2].plain) {
        tls_ears_heard("who listens knows", "nobody");
        ck_assert_str_eq(tls_ears.hidden, "");
    } else {
        tls_ears_heard("", "");
        ck_assert_str_eq(
            tls_ears.hidden,
            "the pre-shared key alone does not open this TLS connection");
    }
}
END_TEST

START_TEST(another_pre_shared_key_opens_nothing)
{
    connect_with_psk(0, _i, "6b6578");
    tls_ears_heard("", "");
    ck_assert_str_eq(tls_ears.hidden, "a TLS record does not fit the keys");
}
END_TEST

START_TEST(what_is_no_pre_shared_key_is_refused)
{
    struct capture_keys keys = {0};
    char longer[2 * CAPTURE_MAX_PSK + 3];

    memset(longer, '0', sizeof(longer));
    ck_assert(!capture_keys_set_psk(&keys, slice_of_string("")));
    ck_assert(!capture_keys_set_psk(&keys, slice_of_string("0")));
    ck_assert(!capture_keys_set_psk(&keys, slice_of_string("0g")));
    ck_assert(!capture_keys_set_psk(&keys, slice_of(longer, 2 * 257)));
    ck_assert(capture_keys_set_psk(&keys, slice_of(longer, 2 * 256)));
}
END_TEST

START_TEST(a_suite_that_is_not_aead_is_named)
{
    tls_ears_make_contexts(
        &(struct tls_agreement){TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", 0});
    tls_ears_connect(NULL);
    tls_ears_settle();
    tls_ears_say(EARS_CLIENT, "secret");
    tls_ears_heard("", "");
    ck_assert_str_eq(tls_ears.hidden,
                     "TLS cipher suite 0xc009 is not AEAD, or not known here");
}
END_TEST

START_TEST(lines_that_are_no_keys_are_passed_over)
{
    static const char lines[] =
        "# a comment\r\n"
        "CLIENT_RANDOM 00 11\n"
        "EXPORTER_SECRET 0000 0000\n"
        "CLIENT_RANDOM zz\n"
        "CLIENT_RANDOM "
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F  "
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
        "4041424344454647"
        "48494a4b4c4d4e4f";
    struct capture_keys keys = {0};
    uint8_t random[CAPTURE_RANDOM];

    for (uint8_t i = 0; i < sizeof(random); i++)
        random[i] = i;
    capture_keys_add(&keys, slice_of_string(lines));
    ck_assert_uint_eq(keys.by_random.count, 1);
    const struct capture_secret *secret =
        capture_keys_find(&keys, CAPTURE_KEY_MASTER, random);
    ck_assert_ptr_nonnull(secret);
    ck_assert_uint_eq(secret->len, 48);
    ck_assert_uint_eq(secret->bytes[47], 0x4f);
    ck_assert_ptr_null(
        capture_keys_find(&keys, CAPTURE_KEY_CLIENT_TRAFFIC, random));
    capture_keys_release(&keys);
}
END_TEST

Suite *capture_tls_suite(void)
{
    Suite *suite = suite_create("capture_tls");
    TCase *tcase = unit_case(suite, "capture_tls", 30);

    tcase_add_checked_fixture(tcase, NULL, tls_ears_close);
    tcase_add_loop_test(tcase, every_aead_suite_is_read, 0,
                        TLS_AGREEMENT_COUNT);
    tcase_add_loop_test(tcase, keys_that_change_are_followed, 0, 5);
    tcase_add_loop_test(
        tcase, a_resumed_session_is_read_without_keys_of_its_own, 0, 2);
    tcase_add_loop_test(tcase, what_is_missing_is_counted_and_the_rest_is_read,
                        0, TLS_AGREEMENT_COUNT);
    tcase_add_loop_test(tcase, without_keys_it_is_said_why_nothing_is_read, 0,
                        TLS_AGREEMENT_COUNT);
    tcase_add_loop_test(tcase,
                        a_pre_shared_key_opens_what_was_agreed_on_by_it_alone,
                        0, 2 * PSK_SUITE_COUNT);
    tcase_add_loop_test(tcase, another_pre_shared_key_opens_nothing, 0, 2);
    tcase_add_test(tcase, what_is_no_pre_shared_key_is_refused);
    tcase_add_test(tcase, a_suite_that_is_not_aead_is_named);
    tcase_add_test(tcase, lines_that_are_no_keys_are_passed_over);
    return suite;
}
