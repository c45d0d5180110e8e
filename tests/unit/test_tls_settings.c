/*
 * Files and options of a TLS listener and of its client: what is wrong in them
 * is told, and what the two ends say of each other when they meet.
 */
#include "suites.h"

#include "base/alloc.h"
#include "net/tls_settings.h"
#include "net/transport_memory.h"
#include "net/transport_tls.h"
#include "tls_forge.h"
#include "transport_pair.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- a workshop of certificates ---- */

static struct forged root, middle, server, client, other_root, stranger;
static struct forged expired, future, wrong_host, self_made;

static void forge_all(void)
{
    root = forge(&(struct forge_order){.common_name = "Root", .authority = 1});
    other_root = forge(
        &(struct forge_order){.common_name = "Other root", .authority = 1});
    middle = forge(&(struct forge_order){
        .common_name = "Middle", .issuer = &root, .authority = 1});
    server = forge(&(struct forge_order){.common_name = "localhost",
                                         .alt_name = "DNS:localhost",
                                         .issuer = &middle});
    client = forge(
        &(struct forge_order){.common_name = "device 1", .issuer = &root});
    stranger = forge(&(struct forge_order){.common_name = "stranger",
                                           .issuer = &other_root});
    expired = forge(&(struct forge_order){.common_name = "localhost",
                                          .alt_name = "DNS:localhost",
                                          .issuer = &root,
                                          .from_days = -9,
                                          .until_days = -2});
    future = forge(&(struct forge_order){.common_name = "localhost",
                                         .alt_name = "DNS:localhost",
                                         .issuer = &root,
                                         .from_days = 2});
    wrong_host = forge(&(struct forge_order){.common_name = "elsewhere",
                                             .alt_name = "DNS:elsewhere",
                                             .issuer = &root});
    self_made = forge(&(struct forge_order){.common_name = "localhost",
                                            .alt_name = "DNS:localhost"});
}

#define CHAIN(name, ...) \
    forge_write_chain(name, (const struct forged *const[]){__VA_ARGS__, NULL})

static void write_all(void)
{
    CHAIN("ca.crt", &root);
    CHAIN("other.crt", &other_root);
    CHAIN("server.crt", &server, &middle);
    CHAIN("alone.crt", &server);
    CHAIN("reversed.crt", &middle, &server);
    CHAIN("disorder.crt", &server, &root, &middle);
    CHAIN("client.crt", &client);
    CHAIN("stranger.crt", &stranger);
    CHAIN("expired.crt", &expired);
    CHAIN("future.crt", &future);
    CHAIN("wrong_host.crt", &wrong_host);
    CHAIN("self_made.crt", &self_made);
    forge_write_key("server.key", &server, NULL);
    forge_write_key("client.key", &client, NULL);
    forge_write_key("stranger.key", &stranger, NULL);
    forge_write_key("expired.key", &expired, NULL);
    forge_write_key("future.key", &future, NULL);
    forge_write_key("wrong_host.key", &wrong_host, NULL);
    forge_write_key("self_made.key", &self_made, NULL);
    forge_write_key("locked.key", &server, "secret");
    forge_write_der("coded", &server);
    forge_write_key("open.key", &server, NULL);
    ck_assert_int_eq(chmod(forge_path("open.key"), 0644), 0);
    forge_write_text("text.txt", "This is no certificate.\n");
    forge_write_text("damaged.crt", "-----BEGIN CERTIFICATE-----\nMIIB\n"
                                    "-----END CERTIFICATE-----\n");
    forge_write_list("nobody.crl", &root, NULL, 30);
    forge_write_list("client.crl", &root, &client, 30);
    forge_write_list("old.crl", &root, NULL, -1);
}

static struct buf told; /* "error: ...\n" or "warning: ...\n" */

static void note(void *owner, bool error, const char *text)
{
    (void)owner;
    buf_printf(&told, "%s: %s\n", error ? "error" : "warning", text);
}

static const struct tls_complaint complaint = {.say = note};

static void open_workshop(void)
{
    pair_open_loop();
    forge_open();
    forge_all();
    write_all();
}

/* The paths of one test, which it may keep until it ends. */
static char *paths[16];
static size_t path_count;

/* A path in the workshop; NULL stays NULL. */
static const char *in_workshop(const char *name)
{
    if (!name)
        return NULL;
    ck_assert_uint_lt(path_count, sizeof(paths) / sizeof(paths[0]));
    paths[path_count] = alloc_string(forge_path(name));
    return paths[path_count++];
}

static void forget_paths(void)
{
    while (path_count)
        free(paths[--path_count]);
}

static void close_workshop(void)
{
    struct forged *all[] = {&root,       &middle,   &server,  &client,
                            &other_root, &stranger, &expired, &future,
                            &wrong_host, &self_made};

    pair_close_loop();
    forget_paths();
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        forged_release(all[i]);
    forge_close();
    buf_release(&told);
}

static size_t find_key(void *owner, const char *identity, uint8_t *key)
{
    (void)owner;
    return strcmp(identity, "thermometer") ? 0
                                           : tls_settings_psk("c0ffee", key);
}

/* ---- what is wrong with the files ---- */

struct file_case {
    const char *certfile, *keyfile, *cafile, *crlfile, *ciphers, *version;
    bool works;
    const char *says; /* a part of what is told; NULL: nothing may be */
    const char *file; /* is named */
};

/* clang-format off */
static const struct file_case file_cases[] = {
    {"server.crt", "server.key", "ca.crt", NULL, NULL, NULL, true, NULL, NULL},
    {"server.crt", "server.key", NULL, NULL, NULL, "tlsv1.3", true, NULL, NULL},
    {"absent.crt", "server.key", NULL, NULL, NULL, NULL, false, "No such file", "absent.crt"},
    {"server.crt", "absent.key", NULL, NULL, NULL, NULL, false, "No such file", "absent.key"},
    {"server.crt", "server.key", "absent.crt", NULL, NULL, NULL, false, "No such file", "absent.crt"},
    {"text.txt", "server.key", NULL, NULL, NULL, NULL, false, "holds no certificate", "text.txt"},
    {"damaged.crt", "server.key", NULL, NULL, NULL, NULL, false, "damaged in certificate 1", "damaged.crt"},
    {"server.crt", "text.txt", NULL, NULL, NULL, NULL, false, "holds no private key", "text.txt"},
    {"server.crt", "locked.key", NULL, NULL, NULL, NULL, false, "openssl pkey -in", "locked.key"},
    {"server.crt", "open.key", NULL, NULL, NULL, NULL, true, "chmod 600", "open.key"},
    {"server.crt", "client.key", NULL, NULL, NULL, NULL, false, "does not belong to", "client.key"},
    {"reversed.crt", "server.key", NULL, NULL, NULL, NULL, false, "belongs to certificate 2 (\"CN = localhost\")", "reversed.crt"},
    {"disorder.crt", "server.key", NULL, NULL, NULL, NULL, true, "warning: certfile", "disorder.crt"},
    {"expired.crt", "expired.key", NULL, NULL, NULL, NULL, true, "expired at 20", "expired.crt"},
    {"future.crt", "future.key", NULL, NULL, NULL, NULL, true, "not valid before", "future.crt"},
    {"coded.crt", "server.key", NULL, NULL, NULL, NULL, false, "openssl x509 -inform DER -in '", "coded.crt"},
    {"server.crt", "coded.key", NULL, NULL, NULL, NULL, false, "openssl pkey -inform DER -in '", "coded.key"},
    {"server.key", "server.key", NULL, NULL, NULL, NULL, false, "mqttlab certs server", "server.key"},
    {"server.crt", "server.crt", NULL, NULL, NULL, NULL, false, "mqttlab certs server", "server.crt"},
    {"server.crt", "server.key", "text.txt", NULL, NULL, NULL, false, "holds no certificate", "text.txt"},
    {"server.crt", "server.key", "client.crt", NULL, NULL, NULL, true, "not that of an authority", "client.crt"},
    {"server.crt", "server.key", "ca.crt", "text.txt", NULL, NULL, false, "not a revocation list", "text.txt"},
    {"server.crt", "server.key", "ca.crt", "old.crl", NULL, NULL, true, "Make a new list", "old.crl"},
    {"server.crt", "server.key", "ca.crt", "client.crl", NULL, NULL, true, NULL, NULL},
    {"server.crt", "server.key", NULL, NULL, "ROT13", NULL, false, "names no cipher", "ROT13"},
    {"server.crt", "server.key", NULL, NULL, NULL, "tlsv9", false, "is none of", "tlsv9"},
    {"server.crt", NULL, NULL, NULL, NULL, NULL, false, "keyfile is missing", "keyfile"},
};
/* clang-format on */
#define FILE_CASES ((int)(sizeof(file_cases) / sizeof(file_cases[0])))

START_TEST(a_listener_is_told_what_is_wrong_in_its_files)
{
    const struct file_case *row = &file_cases[_i];
    struct tls_settings settings = {
        .certfile = in_workshop(row->certfile),
        .keyfile = in_workshop(row->keyfile),
        .cafile = in_workshop(row->cafile),
        .crlfile = in_workshop(row->crlfile),
        .ciphers = row->ciphers,
        .tls_version = row->version,
    };
    struct tls_context *made =
        tls_settings_server(&pair.loop, &settings, &complaint);
    const char *text = buf_string(&told);

    ck_assert_msg((made != NULL) == row->works, "%s", text);
    if (row->says) {
        ck_assert_msg(strstr(text, row->says) != NULL, "%s", text);
        ck_assert_msg(strstr(text, row->file) != NULL, "%s", text);
    } else {
        ck_assert_str_eq(text, "");
    }
    ck_assert_int_eq(strncmp(text, "error", 5) == 0, !row->works);
    ck_assert_ptr_null(strstr(text, "secret"));
    tls_context_unref(made);
}
END_TEST

START_TEST(the_highest_version_is_not_below_the_lowest)
{
    static const struct {
        const char *least;
        const char *most;
        int version; /* the highest; 0: it is refused */
    } rows[] = {
        {"tlsv1.3", "tlsv1.2", 0             },
        {NULL,      "tlsv1.1", 0             }, /* the lowest is 1.2 */
        {"tlsv1.1", "tlsv1.1", TLS1_1_VERSION},
        {"tlsv1.2", "tlsv1.3", TLS1_3_VERSION},
        {NULL,      "tlsv1.2", TLS1_2_VERSION},
        {NULL,      "tlsv9",   0             },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tls_settings settings = {
            .certfile = in_workshop("server.crt"),
            .keyfile = in_workshop("server.key"),
            .tls_version = rows[i].least,
            .tls_max_version = rows[i].most,
        };
        struct tls_context *made =
            tls_settings_server(&pair.loop, &settings, &complaint);

        ck_assert_int_eq(made ? (int)SSL_CTX_get_max_proto_version(made->ssl)
                              : 0,
                         rows[i].version);
        ck_assert_msg(made || strstr(buf_string(&told), "tls_max_version"),
                      "%s", buf_string(&told));
        tls_context_unref(made);
        buf_clear(&told);
    }
}
END_TEST

START_TEST(parameters_of_diffie_and_hellman_are_taken)
{
    /* ffdhe2048 [RFC 7919 A.1] */
    static const char parameters[] =
        "-----BEGIN DH PARAMETERS-----\n"
        "MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz\n"
        "+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a\n"
        "87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7\n"
        "YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi\n"
        "7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD\n"
        "ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==\n"
        "-----END DH PARAMETERS-----\n";
    struct tls_settings settings = {
        .certfile = in_workshop("server.crt"),
        .keyfile = in_workshop("server.key"),
        .dhparamfile = in_workshop("dh.pem"),
    };

    forge_write_text("dh.pem", parameters);
    struct tls_context *made =
        tls_settings_server(&pair.loop, &settings, &complaint);
    ck_assert_msg(made && !told.len, "%s", buf_string(&told));
    tls_context_unref(made);
}
END_TEST

START_TEST(every_problem_is_told_at_once)
{
    struct tls_settings settings = {
        .certfile = in_workshop("absent.crt"),
        .keyfile = in_workshop("locked.key"),
        .cafile = in_workshop("text.txt"),
        .ciphers = "ROT13",
        .tls_version = "tlsv9",
        .dhparamfile = in_workshop("text.txt"),
    };
    const char *said[] = {"absent.crt", "locked.key", "cafile",
                          "ROT13",      "tlsv9",      "dhparamfile"};

    ck_assert_ptr_null(tls_settings_server(&pair.loop, &settings, &complaint));
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
        ck_assert_msg(strstr(buf_string(&told), said[i]) != NULL, "%s",
                      said[i]);
}
END_TEST

START_TEST(a_folder_of_authorities_must_be_one)
{
    static const struct {
        const char *capath;
        bool works;
    } rows[] = {
        {"",       true },
        {"ca.crt", false},
        {"absent", false}
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tls_settings settings = {
            .certfile = in_workshop("server.crt"),
            .keyfile = in_workshop("server.key"),
            .capath = in_workshop(rows[i].capath),
        };
        struct tls_context *made =
            tls_settings_server(&pair.loop, &settings, &complaint);

        ck_assert_int_eq(made != NULL, rows[i].works);
        ck_assert_int_eq(strstr(buf_string(&told), "error: capath") != NULL,
                         !rows[i].works);
        tls_context_unref(made);
        buf_clear(&told);
    }
}
END_TEST

/* ---- what the two ends say when they meet ---- */

struct meeting {
    const char *name;
    struct tls_settings server, client;
    const char *host;
    const char *server_says, *client_says; /* parts; NULL: it goes well */
    const char *identity;                  /* that the server sees */
};

#define GOOD_SERVER .certfile = "server.crt", .keyfile = "server.key"
#define MUTUAL      GOOD_SERVER, .cafile = "ca.crt", .require_certificate = true
#define PSK(id, key)                   \
    {                                  \
        .psk_identity = id, .psk = key \
    }

/* clang-format off */
static const struct meeting meetings[] = {
    {"all is well", {GOOD_SERVER}, {.cafile = "ca.crt"}, "localhost", NULL, NULL, NULL},
    {"TLS 1.2 at most", {GOOD_SERVER, .tls_max_version = "tlsv1.2"}, {.cafile = "ca.crt"}, "localhost", NULL, NULL, NULL},
    {"TLS 1.1 only", {GOOD_SERVER, .tls_version = "tlsv1.1", .tls_max_version = "tlsv1.1"},
        {.cafile = "ca.crt", .tls_version = "tlsv1.1"}, "localhost", NULL, NULL, NULL},
    {"TLS 1.1 for a client that does not", {GOOD_SERVER, .tls_version = "tlsv1.1", .tls_max_version = "tlsv1.1"},
        {.cafile = "ca.crt"}, "localhost", "versions of TLS", "does not speak a version of TLS", NULL},
    {"TLS 1.3 only", {GOOD_SERVER, .tls_version = "tlsv1.3"}, {.cafile = "ca.crt"}, "localhost", NULL, NULL, NULL},
    {"wrong CA", {GOOD_SERVER}, {.cafile = "other.crt"}, "localhost",
        "does not know the authority that signed our certificate", "authority that is not known here", NULL},
    {"no CA", {GOOD_SERVER}, {0}, "localhost",
        "does not know the authority", "authority that is not known here", NULL},
    {"chain without its middle", {.certfile = "alone.crt", .keyfile = "server.key"}, {.cafile = "ca.crt"}, "localhost",
        "does not know the authority", "authority that is not known here", NULL},
    {"self-made", {.certfile = "self_made.crt", .keyfile = "self_made.key"}, {.cafile = "ca.crt"}, "localhost",
        "does not know the authority", "signed by itself", NULL},
    {"expired", {.certfile = "expired.crt", .keyfile = "expired.key"}, {.cafile = "ca.crt"}, "localhost",
        "our certificate is expired", "certificate is expired: \"CN = localhost\" was valid until 20", NULL},
    {"not yet valid", {.certfile = "future.crt", .keyfile = "future.key"}, {.cafile = "ca.crt"}, "localhost",
        "does not accept our certificate", "\"CN = localhost\" is valid from 20", NULL},
    {"wrong host", {.certfile = "wrong_host.crt", .keyfile = "wrong_host.key"}, {.cafile = "ca.crt"}, "localhost",
        "not made out to the name", "not made out to the host that was asked for: it is for ", NULL},
    {"wrong address", {GOOD_SERVER}, {.cafile = "ca.crt"}, "127.0.0.1",
        "not made out to the name", "not made out to the address that was asked for: it is for localhost", NULL},
    {"wrong host, insecure", {.certfile = "wrong_host.crt", .keyfile = "wrong_host.key"},
        {.cafile = "ca.crt", .insecure = true}, "localhost", NULL, NULL, NULL},
    {"mutual", {MUTUAL}, {.cafile = "ca.crt", .certfile = "client.crt", .keyfile = "client.key"}, "localhost",
        NULL, NULL, "device 1"},
    {"no client certificate", {MUTUAL}, {.cafile = "ca.crt"}, "localhost",
        "the client gave no certificate", "requires a client certificate and got none", NULL},
    {"stranger", {MUTUAL}, {.cafile = "ca.crt", .certfile = "stranger.crt", .keyfile = "stranger.key"}, "localhost",
        "authority that is not known here", "does not know the authority that signed our certificate", NULL},
    {"revoked", {MUTUAL, .crlfile = "client.crl"},
        {.cafile = "ca.crt", .certfile = "client.crt", .keyfile = "client.key"}, "localhost",
        "certificate was revoked: \"", "our certificate was revoked", NULL},
    {"on no list", {MUTUAL, .crlfile = "nobody.crl"},
        {.cafile = "ca.crt", .certfile = "client.crt", .keyfile = "client.key"}, "localhost", NULL, NULL, "device 1"},
    {"list too old", {MUTUAL, .crlfile = "old.crl"},
        {.cafile = "ca.crt", .certfile = "client.crt", .keyfile = "client.key"}, "localhost",
        "revocation list is too old", "certificate is expired or not valid yet", NULL},
    {"PSK", {.psk_find = find_key, .psk_hint = "lab"}, PSK("thermometer", "c0ffee"), "localhost", NULL, NULL, "thermometer"},
    {"wrong PSK", {.psk_find = find_key, .psk_hint = "lab"}, PSK("thermometer", "c0ffef"), "localhost",
        "the client's PSK is not the one", "keys differ", NULL},
    {"unknown identity", {.psk_find = find_key, .psk_hint = "lab"}, PSK("barometer", "c0ffee"), "localhost",
        "the client's PSK identity is not known here: \"barometer\"", "does not know the PSK identity", NULL},
    {"PSK against certificate", {GOOD_SERVER}, PSK("thermometer", "c0ffee"), "localhost",
        "does not know the authority", "showed a certificate instead", NULL},
    {"certificate wanted of a PSK listener", {.psk_find = find_key, .psk_hint = "lab"}, {.cafile = "ca.crt"}, "localhost",
        "pre-shared keys: the client brought none, or its identity is not known", "no cipher or key exchange", NULL},
};
/* clang-format on */
#define MEETINGS ((int)(sizeof(meetings) / sizeof(meetings[0])))

static struct tls_settings with_paths(struct tls_settings settings)
{
    settings.certfile = in_workshop(settings.certfile);
    settings.keyfile = in_workshop(settings.keyfile);
    settings.cafile = in_workshop(settings.cafile);
    settings.crlfile = in_workshop(settings.crlfile);
    return settings;
}

static void meet(const struct meeting *row, int version)
{
    struct tls_settings server_wants = with_paths(row->server);
    struct tls_settings client_wants = with_paths(row->client);
    struct tls_context *contexts[2] = {
        tls_settings_client(&pair.loop, &client_wants, &complaint),
        tls_settings_server(&pair.loop, &server_wants, &complaint),
    };
    const struct transport_events *below[2] = {&transport_tls_below,
                                               &transport_tls_below};
    struct transport *tls[2];
    struct transport *ends[2];

    for (int i = 0; i < 2; i++) {
        ck_assert_msg(contexts[i] != NULL, "%s", buf_string(&told));
        if (version)
            SSL_CTX_set_max_proto_version(contexts[i]->ssl, version);
        tls[i] = transport_tls_new(contexts[i], &pair_events, &pair.sides[i]);
        tls_context_unref(contexts[i]);
        pair.sides[i].transport = tls[i];
    }
    transport_tls_expect_host(tls[0], row->host);
    transport_memory_pair(&pair.loop, ends, below, (void **)tls);
    transport_tls_carry(tls[0], ends[0]);
    transport_tls_carry(tls[1], ends[1]);
    loop_settle(&pair.loop);
}

static void expect_reason(const struct meeting *row, int side, const char *part)
{
    const char *reason = transport_tls_reason(pair.sides[side].transport);

    ck_assert_msg(reason != NULL, "%s: side %d says nothing", row->name, side);
    ck_assert_msg(strstr(reason, part) != NULL, "%s: side %d says: %s",
                  row->name, side, reason);
    ck_assert_int_eq(pair.sides[side].ended, 1);
}

static void expect_identity(const struct meeting *row)
{
    struct tls_description seen;
    char *name = transport_tls_peer_name(pair.sides[1].transport, false);

    transport_tls_describe(pair.sides[1].transport, &seen);
    const char *identity = seen.identity ? seen.identity : name;
    if (row->identity)
        ck_assert_pstr_eq(identity, row->identity);
    else
        ck_assert_ptr_null(identity);
    ck_assert(!seen.resumed);
    free(name);
}

static void judge(const struct meeting *row)
{
    if (row->server_says) {
        ck_assert_int_eq(pair.sides[1].opened, 0);
        expect_reason(row, 1, row->server_says);
        expect_reason(row, 0, row->client_says);
        return;
    }
    ck_assert_msg(pair.sides[0].opened && pair.sides[1].opened, "%s: %s / %s",
                  row->name, transport_tls_reason(pair.sides[0].transport),
                  transport_tls_reason(pair.sides[1].transport));
    expect_identity(row);
    pair_send_text(&pair.sides[0], "hello");
    pair_expect_got(&pair.sides[1], "hello");
}

START_TEST(both_ends_say_exactly_what_happened)
{
    meet(&meetings[_i], 0);
    judge(&meetings[_i]);
}
END_TEST

/* What is said in other words in TLS 1.2, or only there. */
/* clang-format off */
static const struct meeting old_meetings[] = {
    {"no client certificate", {MUTUAL}, {.cafile = "ca.crt"}, "localhost",
        "the client gave no certificate", "no cipher or key exchange", NULL},
    {"PSK", {.psk_find = find_key, .psk_hint = "lab"}, PSK("thermometer", "c0ffee"), "localhost", NULL, NULL, "thermometer"},
    {"wrong PSK", {.psk_find = find_key, .psk_hint = "lab"}, PSK("thermometer", "c0ffef"), "localhost",
        "keys differ", "keys differ", NULL},
    {"unknown identity", {.psk_find = find_key, .psk_hint = "lab"}, PSK("barometer", "c0ffee"), "localhost",
        "the client's PSK identity is not known here: \"barometer\"", "does not know the PSK identity", NULL},
    {"PSK against certificate", {GOOD_SERVER}, PSK("thermometer", "c0ffee"), "localhost",
        "does not know the authority", "showed a certificate instead", NULL},
    {"certificate wanted of a PSK listener", {.psk_find = find_key, .psk_hint = "lab"}, {.cafile = "ca.crt"}, "localhost",
        "no cipher is allowed on both sides", "no cipher or key exchange", NULL},
};
/* clang-format on */
#define OLD_MEETINGS ((int)(sizeof(old_meetings) / sizeof(old_meetings[0])))

START_TEST(tls_1_2_says_some_things_in_other_words)
{
    meet(&old_meetings[_i], TLS1_2_VERSION);
    judge(&old_meetings[_i]);
}
END_TEST

START_TEST(the_same_in_tls_1_2)
{
    const struct meeting *row = &meetings[_i];

    if (row->server.tls_version)
        return; /* another one */
    for (int i = 0; i < OLD_MEETINGS; i++) {
        if (!strcmp(row->name, old_meetings[i].name))
            return;
    }
    meet(row, TLS1_2_VERSION);
    judge(row);
}
END_TEST

Suite *tls_settings_suite(void)
{
    Suite *suite = suite_create("tls_settings");
    TCase *files = unit_case(suite, "files", 30);
    TCase *both = unit_case(suite, "both", 30);

    tcase_add_checked_fixture(files, open_workshop, close_workshop);
    tcase_add_loop_test(files, a_listener_is_told_what_is_wrong_in_its_files, 0,
                        FILE_CASES);
    tcase_add_test(files, the_highest_version_is_not_below_the_lowest);
    tcase_add_test(files, parameters_of_diffie_and_hellman_are_taken);
    tcase_add_test(files, every_problem_is_told_at_once);
    tcase_add_test(files, a_folder_of_authorities_must_be_one);
    tcase_add_checked_fixture(both, open_workshop, close_workshop);
    tcase_add_loop_test(both, both_ends_say_exactly_what_happened, 0, MEETINGS);
    tcase_add_loop_test(both, the_same_in_tls_1_2, 0, MEETINGS);
    tcase_add_loop_test(both, tls_1_2_says_some_things_in_other_words, 0,
                        OLD_MEETINGS);
    return suite;
}
