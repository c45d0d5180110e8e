/*
 * Reading TLS with logged keys: two ends of OpenSSL talk, we listen.
 */
#include "suites.h"

#include "base/buf.h"
#include "capture/capture_tls.h"
#include "tls_forge.h"

#include <openssl/ssl.h>

enum { CLIENT, SERVER };

static struct {
    SSL_CTX *contexts[2];
    SSL *ends[2];
    struct forged certificate;
    struct capture_keys keys;
    struct capture_tls *tls;
    struct buf got[2]; /* content, by who sent it */
    bool deaf;         /* keys are not logged */
    bool no_early;     /* those of early data */
    unsigned lose;     /* so many of the next pieces do not come */
    uint32_t lost;     /* bytes of content that are said to be missing */
    char hidden[100];
    char opened[100];
    uint64_t frame;
} rig;

static void on_bytes(void *context, unsigned side, struct slice bytes,
                     const struct capture_origin *origin)
{
    (void)context;
    ck_assert_uint_eq(origin->frame, rig.frame);
    buf_append_slice(&rig.got[side], bytes);
}

static void on_lost(void *context, unsigned side, uint32_t count)
{
    (void)context;
    (void)side;
    rig.lost += count;
}

static void on_opened(void *context, const char *text)
{
    (void)context;
    snprintf(rig.opened, sizeof(rig.opened), "%s", text);
}

static void on_hidden(void *context, const char *text)
{
    (void)context;
    ck_assert_str_eq(rig.hidden, ""); /* once */
    snprintf(rig.hidden, sizeof(rig.hidden), "%s", text);
}

static const struct capture_tls_events events = {on_bytes, on_lost, on_opened,
                                                 on_hidden};

static void on_key(const SSL *ssl, const char *line)
{
    (void)ssl;
    if (!rig.deaf &&
        (!rig.no_early || !strstr(line, "CLIENT_EARLY_TRAFFIC_SECRET")))
        capture_keys_add(&rig.keys, slice_of_string(line));
}

/* ---- two ends ---- */

struct agreement {
    int version;
    const char *ciphers;
    unsigned suite;
};

static const struct agreement agreements[] = {
    {TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256",         0x1301},
    {TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384",         0x1302},
    {TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256",   0x1303},
    {TLS1_3_VERSION, "TLS_AES_128_CCM_SHA256",         0x1304},
    {TLS1_3_VERSION, "TLS_AES_128_CCM_8_SHA256",       0x1305},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256",  0xc02b},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-GCM-SHA384",  0xc02c},
    {TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305",  0xcca9},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM",         0xc0ac},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-CCM",         0xc0ad},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES128-CCM8",        0xc0ae},
    {TLS1_2_VERSION, "ECDHE-ECDSA-AES256-CCM8",        0xc0af},
    {TLS1_2_VERSION, "ECDHE-ECDSA-ARIA128-GCM-SHA256", 0xc05c},
    {TLS1_2_VERSION, "ECDHE-ECDSA-ARIA256-GCM-SHA384", 0xc05d},
    {TLS1_2_VERSION, "ADH-AES128-GCM-SHA256",          0x00a6},
    {TLS1_2_VERSION, "ADH-AES256-GCM-SHA384",          0x00a7},
};
#define AGREEMENT_COUNT (int)(sizeof(agreements) / sizeof(agreements[0]))

static void make_contexts(const struct agreement *agreement)
{
    for (int i = 0; i < 2; i++) {
        SSL_CTX *context = SSL_CTX_new(i == CLIENT ? TLS_client_method()
                                                   : TLS_server_method());

        SSL_CTX_set_min_proto_version(context, agreement->version);
        SSL_CTX_set_max_proto_version(context, agreement->version);
        SSL_CTX_set_security_level(context, 0);
        ck_assert(agreement->version == TLS1_3_VERSION
                      ? SSL_CTX_set_ciphersuites(context, agreement->ciphers)
                      : SSL_CTX_set_cipher_list(context, agreement->ciphers));
        SSL_CTX_set_keylog_callback(context, on_key);
        rig.contexts[i] = context;
    }
    rig.certificate = forge(&(struct forge_order){.common_name = "localhost"});
    SSL_CTX_use_certificate(rig.contexts[SERVER], rig.certificate.certificate);
    SSL_CTX_use_PrivateKey(rig.contexts[SERVER], rig.certificate.key);
    SSL_CTX_set_dh_auto(rig.contexts[SERVER], 1);
}

static void connect_ends(SSL_SESSION *session)
{
    capture_tls_free(rig.tls);
    rig.tls = capture_tls_new(&events, NULL, &rig.keys);
    for (int i = 0; i < 2; i++) {
        SSL_free(rig.ends[i]);
        rig.ends[i] = SSL_new(rig.contexts[i]);
        SSL_set_bio(rig.ends[i], BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        buf_clear(&rig.got[i]);
    }
    SSL_set_connect_state(rig.ends[CLIENT]);
    SSL_set_accept_state(rig.ends[SERVER]);
    if (session)
        SSL_set_session(rig.ends[CLIENT], session);
}

/* What an end has written goes to the other, and past us: a part at a time. */
static bool move(int from)
{
    uint8_t bytes[700];
    bool any = false;
    int len;

    while ((len = BIO_read(SSL_get_wbio(rig.ends[from]), bytes,
                           sizeof(bytes))) > 0) {
        BIO_write(SSL_get_rbio(rig.ends[!from]), bytes, len);
        rig.frame++;
        any = true;
        if (rig.lose) {
            rig.lose--;
            capture_tls_lose(rig.tls, (unsigned)from, (uint32_t)len);
            continue;
        }
        capture_tls_take(rig.tls, (unsigned)from, slice_of(bytes, (size_t)len),
                         &(struct capture_origin){.frame = rig.frame});
    }
    return any;
}

static void settle(void)
{
    uint8_t bytes[100];
    bool any = true;

    while (any) {
        any = false;
        for (int i = 0; i < 2; i++) {
            SSL_read(rig.ends[i], bytes, sizeof(bytes));
            any = move(i) || any;
        }
    }
}

static void say(int from, const char *text)
{
    ck_assert_int_eq(SSL_write(rig.ends[from], text, (int)strlen(text)),
                     (int)strlen(text));
    settle();
}

static void heard(const char *client, const char *server)
{
    ck_assert_str_eq(buf_string(&rig.got[CLIENT]), client);
    ck_assert_str_eq(buf_string(&rig.got[SERVER]), server);
}

static void tear_down(void)
{
    capture_tls_free(rig.tls);
    capture_keys_release(&rig.keys);
    for (int i = 0; i < 2; i++) {
        SSL_free(rig.ends[i]);
        SSL_CTX_free(rig.contexts[i]);
        buf_release(&rig.got[i]);
    }
    forged_release(&rig.certificate);
    memset(&rig, 0, sizeof(rig));
}

/* ---- tests ---- */

START_TEST(every_aead_suite_is_read)
{
    char opened[60];

    make_contexts(&agreements[_i]);
    connect_ends(NULL);
    settle();
    say(CLIENT, "one ");
    say(SERVER, "two");
    say(CLIENT, "three");
    heard("one three", "two");
    snprintf(opened, sizeof(opened), "TLS 1.%d, cipher suite 0x%04x",
             (agreements[_i].version & 0xff) - 1, agreements[_i].suite);
    ck_assert_str_eq(rig.opened, opened);
    ck_assert_str_eq(rig.hidden, "");
}
END_TEST

START_TEST(keys_that_change_are_followed)
{
    make_contexts(&agreements[_i]);
    connect_ends(NULL);
    settle();
    say(CLIENT, "a");
    for (int i = 0; i < 3; i++) {
        ck_assert(SSL_key_update(rig.ends[i % 2], SSL_KEY_UPDATE_REQUESTED));
        say(i % 2, "b");
        say(CLIENT, "c");
        say(SERVER, "d");
    }
    heard("abccbc", "dbdd");
    ck_assert_str_eq(rig.hidden, "");
}
END_TEST

/* As after a proper end; or the session would not be resumed. */
static void finish_ends(void)
{
    for (int i = 0; i < 2; i++)
        SSL_set_shutdown(rig.ends[i],
                         SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

START_TEST(a_resumed_session_is_read_without_keys_of_its_own)
{
    make_contexts(&agreements[5]);
    if (_i) /* by its id */
        SSL_CTX_set_options(rig.contexts[SERVER], SSL_OP_NO_TICKET);
    SSL_CTX_set_session_id_context(rig.contexts[SERVER],
                                   (const unsigned char *)"x", 1);
    connect_ends(NULL);
    settle();
    say(CLIENT, "first");
    SSL_SESSION *session = SSL_get1_session(rig.ends[CLIENT]);
    finish_ends();
    rig.deaf = true;
    connect_ends(session);
    settle();
    ck_assert(SSL_session_reused(rig.ends[CLIENT]));
    say(CLIENT, "again");
    say(SERVER, "yes");
    heard("again", "yes");
    SSL_SESSION_free(session);
}
END_TEST

/* The second connection of a session, with data in front of its handshake. */
static void connect_early(bool refused)
{
    uint8_t bytes[100];
    size_t len;

    connect_ends(NULL);
    settle();
    say(SERVER, "a ticket comes with it");
    SSL_SESSION *session = SSL_get1_session(rig.ends[CLIENT]);
    finish_ends();
    connect_ends(session);
    SSL_SESSION_free(session);
    if (refused)
        SSL_set_max_early_data(rig.ends[SERVER], 0);
    ck_assert(SSL_write_early_data(rig.ends[CLIENT], "early ", 6, &len));
    move(CLIENT);
    while (SSL_read_early_data(rig.ends[SERVER], bytes, sizeof(bytes), &len) ==
           SSL_READ_EARLY_DATA_SUCCESS)
        continue;
    move(SERVER); /* its hello, before the early data has ended */
    ck_assert(SSL_write_early_data(rig.ends[CLIENT], "bird ", 5, &len));
    for (int i = 0; i < 4; i++) {
        move(CLIENT);
        while (SSL_read_early_data(rig.ends[SERVER], bytes, sizeof(bytes),
                                   &len) == SSL_READ_EARLY_DATA_SUCCESS)
            continue;
        SSL_do_handshake(rig.ends[CLIENT]);
        move(SERVER);
    }
    settle();
    ck_assert_int_eq(SSL_get_early_data_status(rig.ends[SERVER]),
                     refused ? SSL_EARLY_DATA_REJECTED
                             : SSL_EARLY_DATA_ACCEPTED);
}

/* [RFC 8446 2.3] */
START_TEST(early_data_is_read_taken_or_refused)
{
    make_contexts(&agreements[_i / 2]);
    SSL_CTX_set_max_early_data(rig.contexts[SERVER], 1000);
    connect_early(_i % 2);
    say(CLIENT, "sings");
    say(SERVER, "late");
    heard("early bird sings", "late");
    ck_assert_str_eq(rig.hidden, "");
}
END_TEST

START_TEST(early_data_without_its_key_hides_nothing_else)
{
    make_contexts(&agreements[0]);
    SSL_CTX_set_max_early_data(rig.contexts[SERVER], 1000);
    rig.no_early = true;
    connect_early(_i);
    say(CLIENT, "sings");
    heard("sings", "");
    ck_assert_str_eq(rig.hidden, "");
}
END_TEST

START_TEST(what_is_missing_is_counted_and_the_rest_is_read)
{
    make_contexts(&agreements[_i]);
    connect_ends(NULL);
    settle();
    say(CLIENT, "one ");
    rig.lose = 1; /* a whole record */
    say(CLIENT, "lost");
    say(CLIENT, "two ");
    char text[1500];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_gt(SSL_write(rig.ends[CLIENT], text, 1400), 0);
    uint8_t bytes[1600]; /* the middle of a record */
    int len = BIO_read(SSL_get_wbio(rig.ends[CLIENT]), bytes, sizeof(bytes));
    BIO_write(SSL_get_rbio(rig.ends[SERVER]), bytes, len);
    struct capture_origin origin = {.frame = ++rig.frame};
    capture_tls_take(rig.tls, CLIENT, slice_of(bytes, 100), &origin);
    capture_tls_lose(rig.tls, CLIENT, 500);
    capture_tls_take(rig.tls, CLIENT, slice_of(bytes + 600, (size_t)len - 600),
                     &origin);
    ck_assert_uint_eq(rig.lost, 1400);
    say(CLIENT, "three");
    heard("one two three", "");
    ck_assert_str_eq(rig.hidden, "");
}
END_TEST

START_TEST(without_keys_it_is_said_why_nothing_is_read)
{
    make_contexts(&agreements[_i]);
    rig.deaf = true;
    connect_ends(NULL);
    settle();
    say(CLIENT, "secret");
    heard("", "");
    ck_assert_str_eq(rig.hidden, "there are no keys for this TLS connection");
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

    make_contexts(&(struct agreement){version, ciphers, 0});
    rig.deaf = true;
    for (int end = 0; end < 2 && !extended; end++)
        SSL_CTX_set_options(rig.contexts[end],
                            SSL_OP_NO_EXTENDED_MASTER_SECRET);
    SSL_CTX_set_psk_client_callback(rig.contexts[CLIENT], say_psk);
    SSL_CTX_set_psk_server_callback(rig.contexts[SERVER], find_psk);
    ck_assert(capture_keys_set_psk(&rig.keys, slice_of_string(known)));
    connect_ends(NULL);
    settle();
    say(CLIENT, "who listens ");
    say(SERVER, "nobody");
    say(CLIENT, "knows");
}

/* "key" is 6b6579. */
START_TEST(a_pre_shared_key_opens_what_was_agreed_on_by_it_alone)
{
    connect_with_psk(_i / 2, _i % 2, "6b6579");
    if (psk_suites[_i / 2].plain) {
        heard("who listens knows", "nobody");
        ck_assert_str_eq(rig.hidden, "");
    } else {
        heard("", "");
        ck_assert_str_eq(
            rig.hidden,
            "the pre-shared key alone does not open this TLS connection");
    }
}
END_TEST

START_TEST(another_pre_shared_key_opens_nothing)
{
    connect_with_psk(0, _i, "6b6578");
    heard("", "");
    ck_assert_str_eq(rig.hidden, "a TLS record does not fit the keys");
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
    make_contexts(
        &(struct agreement){TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", 0});
    connect_ends(NULL);
    settle();
    say(CLIENT, "secret");
    heard("", "");
    ck_assert_str_eq(rig.hidden,
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

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, every_aead_suite_is_read, 0, AGREEMENT_COUNT);
    tcase_add_loop_test(tcase, keys_that_change_are_followed, 0, 5);
    tcase_add_loop_test(
        tcase, a_resumed_session_is_read_without_keys_of_its_own, 0, 2);
    tcase_add_loop_test(tcase, early_data_is_read_taken_or_refused, 0, 10);
    tcase_add_loop_test(tcase, early_data_without_its_key_hides_nothing_else, 0,
                        2);
    tcase_add_loop_test(tcase, what_is_missing_is_counted_and_the_rest_is_read,
                        0, AGREEMENT_COUNT);
    tcase_add_loop_test(tcase, without_keys_it_is_said_why_nothing_is_read, 0,
                        AGREEMENT_COUNT);
    tcase_add_loop_test(tcase,
                        a_pre_shared_key_opens_what_was_agreed_on_by_it_alone,
                        0, 2 * PSK_SUITE_COUNT);
    tcase_add_loop_test(tcase, another_pre_shared_key_opens_nothing, 0, 2);
    tcase_add_test(tcase, what_is_no_pre_shared_key_is_refused);
    tcase_add_test(tcase, a_suite_that_is_not_aead_is_named);
    tcase_add_test(tcase, lines_that_are_no_keys_are_passed_over);
    return suite;
}
