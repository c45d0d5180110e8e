#include "suites.h"

#include "wire/tap.h"
#include "wire/tap_reader.h"
#include "wire/tap_redact.h"

#include <stdlib.h>
#include <string.h>

/* In text: what a CONNECT looks like with "secret" in it; \xNN for bytes. */
struct packet {
    const char *name;
    const char *bytes;
    size_t len;
    const char *shown; /* the same with '*'; NULL: as it is */
};

#define ROW(name, bytes, shown)               \
    {                                         \
        name, bytes, sizeof(bytes) - 1, shown \
    }

/* clang-format off */
static const struct packet packets[] = {
    /* What is sure: exactly the password. */
    ROW("3.1.1, user name and password",
        "\x10\x1b\0\4MQTT\4\xc2\0\x3c\0\2id\0\3usr\0\6secret",
        "\x10\x1b\0\4MQTT\4\xc2\0\x3c\0\2id\0\3usr\0\6******"),
    ROW("3.1",
        "\x10\x1d\0\6MQIsdp\3\xc2\0\x3c\0\2id\0\3usr\0\6secret",
        "\x10\x1d\0\6MQIsdp\3\xc2\0\x3c\0\2id\0\3usr\0\6******"),
    ROW("5.0 with Properties and a password alone",
        "\x10\x1a\0\4MQTT\5\x42\0\x3c\3!\0\1\0\2id\0\6secret",
        "\x10\x1a\0\4MQTT\5\x42\0\x3c\3!\0\1\0\2id\0\6******"),
    ROW("5.0 with a will",
        "\x10\x26\0\4MQTT\5\xc6\0\x3c\0\0\2id\2\1\1\0\1t\0\2pl\0\3usr"
        "\0\6secret",
        "\x10\x26\0\4MQTT\5\xc6\0\x3c\0\0\2id\2\1\1\0\1t\0\2pl\0\3usr"
        "\0\6******"),
    ROW("3.1.1 with a will",
        "\x10\x22\0\4MQTT\4\xc6\0\x3c\0\2id\0\1t\0\2pl\0\3usr\0\6secret",
        "\x10\x22\0\4MQTT\4\xc6\0\x3c\0\2id\0\1t\0\2pl\0\3usr\0\6******"),
    ROW("a bridge",
        "\x10\x16\0\4MQTT\x84\x42\0\x3c\0\2id\0\6secret",
        "\x10\x16\0\4MQTT\x84\x42\0\x3c\0\2id\0\6******"),
    ROW("no password", "\x10\x13\0\4MQTT\4\x82\0\x3c\0\2id\0\3usr", NULL),
    ROW("neither", "\x10\x0e\0\4MQTT\4\2\0\x3c\0\2id", NULL),
    ROW("an empty password", "\x10\x10\0\4MQTT\4\x42\0\x3c\0\2id\0\0", NULL),
    ROW("no CONNECT", "\x30\x09\0\1tsecret", NULL),

    /* What is not sure: all behind the Client Identifier. */
    ROW("the flag is missing",
        "\x10\x16\0\4MQTT\4\2\0\x3c\0\2id\0\6secret",
        "\x10\x16\0\4MQTT\4\2\0\x3c\0\2id********"),
    ROW("the flag of the will is missing",
        "\x10\x1b\0\4MQTT\4\x42\0\x3c\0\2id\0\1t\0\6secret",
        "\x10\x1b\0\4MQTT\4\x42\0\x3c\0\2id***********"),
    ROW("the password is said to be longer",
        "\x10\x16\0\4MQTT\4\x42\0\x3c\0\2id\0\7secret",
        "\x10\x16\0\4MQTT\4\x42\0\x3c\0\2id********"),
    ROW("something follows the password",
        "\x10\x17\0\4MQTT\4\x42\0\x3c\0\2id\0\6secret!",
        "\x10\x17\0\4MQTT\4\x42\0\x3c\0\2id*********"),
    ROW("more bytes than the packet has",
        "\x10\x0e\0\4MQTT\4\2\0\x3c\0\2idsecret",
        "\x10\x0e\0\4MQTT\4\2\0\x3c\0\2id******"),
    ROW("a half packet",
        "\x10\x7f\0\4MQTT\4\x42\0\x3c\0\2id\0\6secr",
        "\x10\x7f\0\4MQTT\4\x42\0\x3c\0\2id******"),
    ROW("bad Properties of the will",
        "\x10\x18\0\4MQTT\5\x46\0\x3c\0\0\2id\xff\0\6secret",
        "\x10\x18\0\4MQTT\5\x46\0\x3c\0\0\2id*********"),

    /* What is not even that: from where it goes wrong. */
    ROW("bad Properties",
        "\x10\x17\0\4MQTT\5\x42\0\x3c\xff\0\2id\0\6secret",
        "\x10\x17\0\4MQTT\5\x42\0\x3c*************"),
    ROW("the Client Identifier is said to be longer",
        "\x10\x16\0\4MQTT\4\x42\0\x3c\0\xffid\0\6secret",
        "\x10\x16\0\4MQTT\4\x42\0\x3c************"),
    ROW("Properties that reach into what follows them",
        "\x10\x1c\0\4MQTT\5\xc2\0\x3c\x11\0\2id\0\3usr\0\6secret",
        "\x10\x1c\0\4MQTT\5\xc2\0\x3c******************"),
    ROW("a Client Identifier that reaches into what follows it",
        "\x10\x1b\0\4MQTT\4\xc2\0\x3c\0\x0did\0\3usr\0\6secret",
        "\x10\x1b\0\4MQTT\4\xc2\0\x3c*****************"),
    ROW("a Protocol Name that reaches into what follows it",
        "\x10\x1b\0\x14MQTT\4\xc2\0\x3c\0\2id\0\3usr\0\6secret",
        "\x10\x1b***************************"),
    ROW("another protocol",
        "\x10\x16\0\4MQXX\4\x42\0\x3c\0\2id\0\6secret",
        "\x10\x16\0\4MQXX\4\x42\0\x3c************"),
    ROW("another version",
        "\x10\x16\0\4MQTT\6\x42\0\x3c\0\2id\0\6secret",
        "\x10\x16\0\4MQTT\6\x42\0\x3c************"),
    ROW("Remaining Length of five bytes",
        "\x10\xff\xff\xff\xff\1\0\4MQTT\4\x42\0\x3c\0\2id\0\6secret",
        "\x10\xff\xff\xff\xff\1\0\4MQTT\4\x42\0\x3c\0\2id********"),
    ROW("nothing to be recognised",
        "\x10\xff\xff\xff\xffsecret",
        "\x10**********"),
    ROW("a CONNECT behind garbage",
        "\r\n\x10\x16\0\4MQTT\4\x42\0\x3c\0\2id\0\6secret",
        "\r\n\x10\x16\0\4MQTT\4\x42\0\x3c\0\2id********"),
};
/* clang-format on */

#define PACKETS (sizeof(packets) / sizeof(packets[0]))

static struct slice bytes_of(const struct packet *packet)
{
    return slice_of(guarded(packet->bytes, packet->len), packet->len);
}

START_TEST(hides_what_may_be_a_password_and_nothing_else)
{
    const struct packet *packet = &packets[_i];
    struct redaction found;
    uint8_t shown[80];

    memcpy(shown, packet->bytes, packet->len);
    bool hidden = tap_redact(bytes_of(packet), &found);
    ck_assert_msg(hidden == (packet->shown != NULL), "%s", packet->name);
    if (!hidden)
        return;
    ck_assert_uint_le(found.to, packet->len);
    memset(shown + found.from, '*', found.to - found.from);
    ck_assert_msg(!memcmp(shown, packet->shown, packet->len), "%s",
                  packet->name);
}
END_TEST

/* Whatever is cut off, no more of the password is left to see. */
START_TEST(no_prefix_shows_any_of_the_password)
{
    const struct packet *packet = &packets[_i];

    for (size_t cut = 0; packet->shown && cut < packet->len; cut++) {
        struct redaction found;
        struct slice part = slice_of(guarded(packet->bytes, cut), cut);
        size_t secret = cut;

        for (size_t at = 0; at + 6 <= packet->len; at++) {
            if (!memcmp(packet->bytes + at, "secr", 4))
                secret = at;
        }
        if (secret >= cut)
            continue;
        ck_assert_msg(tap_redact(part, &found), "%s", packet->name);
        ck_assert_uint_le(found.from, secret);
        ck_assert_uint_eq(found.to, cut);
    }
}
END_TEST

START_TEST(random_bytes_are_never_read_past_their_end)
{
    uint8_t bytes[64];

    srandom((unsigned)_i);
    for (int i = 0; i < 20000; i++) {
        const struct packet *packet = &packets[(size_t)random() % PACKETS];
        size_t len = (size_t)random() % (packet->len + 1);
        struct redaction found;

        memcpy(bytes, packet->bytes, len);
        for (int j = 0; len && j < 3; j++)
            bytes[(size_t)random() % len] = (uint8_t)random();
        if (tap_redact(slice_of(guarded(bytes, len), len), &found))
            ck_assert(found.from < found.to && found.to <= len);
    }
}
END_TEST

/* ---- through the tap ---- */

static struct clock now;

static void expect_through_tap(const struct record *in, bool show,
                               unsigned flags, const void *bytes)
{
    struct tap tap;
    struct tap_reader reader;
    struct record out;

    clock_init_manual(&now, 0, 0);
    tap_init(&tap, &now);
    tap.show_passwords = show;
    ck_assert_int_eq(tap_reader_open(&reader, tap_attach(&tap)), 0);
    tap_write(&tap, in);
    tap_publish(&tap);
    ck_assert(tap_reader_next(&reader, &out));
    ck_assert_uint_eq(out.flags, flags);
    ck_assert(slice_equal(out.bytes, slice_of(bytes, in->bytes.len)));
    tap_reader_close(&reader);
    tap_release(&tap);
}

START_TEST(the_tap_hides_passwords_unless_told_to_show_them)
{
    struct record record = {
        .type = RECORD_MQTT,
        .direction = RECORD_C2B,
        .bytes = slice_of(packets[0].bytes, packets[0].len),
    };

    expect_through_tap(&record, false, RECORD_REDACTED, packets[0].shown);
    expect_through_tap(&record, true, 0, packets[0].bytes);
    record.type = RECORD_WIRE;
    expect_through_tap(&record, false, RECORD_REDACTED, packets[0].shown);
    record.type = RECORD_EVT;
    expect_through_tap(&record, false, 0, packets[0].bytes);
}
END_TEST

START_TEST(a_publish_about_passwords_is_shown_as_it_is)
{
    static const char text[] = "\x30\x1a\0\1t\0\4MQTT\4\x42\0\x3c\0\2id\0\6"
                               "secret!";
    struct record record = {.type = RECORD_MQTT,
                            .bytes = slice_of(text, sizeof(text) - 1)};

    expect_through_tap(&record, false, 0, text);
}
END_TEST

Suite *tap_redact_suite(void)
{
    Suite *suite = suite_create("tap_redact");
    TCase *tcase = unit_case(suite, "tap_redact", 0);

    tcase_add_loop_test(tcase, hides_what_may_be_a_password_and_nothing_else, 0,
                        PACKETS);
    tcase_add_loop_test(tcase, no_prefix_shows_any_of_the_password, 0, PACKETS);
    tcase_add_loop_test(tcase, random_bytes_are_never_read_past_their_end, 0,
                        4);
    tcase_add_test(tcase, the_tap_hides_passwords_unless_told_to_show_them);
    tcase_add_test(tcase, a_publish_about_passwords_is_shown_as_it_is);
    return suite;
}
