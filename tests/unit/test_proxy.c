/*
 * The PROXY protocol: headers, and the stage of a connection that takes them
 * off.
 */
#include "suites.h"

#include "net/address.h"
#include "net/transport_memory.h"
#include "net/transport_proxy.h"
#include "transport_pair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ANY       (PROXY_HEADER_V1 | PROXY_HEADER_V2)
#define SIGNATURE "0d0a0d0a000d0a515549540a"

/* Text, or hexadecimal digits behind a colon. */
static size_t bytes_of(const char *text, uint8_t *bytes, size_t size)
{
    if (text[0] == ':')
        return unit_hex(text + 1, bytes, size);
    memcpy(bytes, text, strlen(text));
    return strlen(text);
}

/* clang-format off */
static const struct {
    const char *header;
    const char *source; /* NULL: the proxy does not say */
    const char *destination;
} valid[] = {
    {"PROXY TCP4 192.0.2.7 198.51.100.1 40312 1883\r\n",
     "192.0.2.7:40312", "198.51.100.1:1883"},
    {"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
     "255.255.255.255:65535", "255.255.255.255:65535"},
    {"PROXY TCP6 2001:db8::7 ::1 1 0\r\n", "[2001:db8::7]:1", "[::1]:0"},
    {"PROXY UNKNOWN\r\n", NULL, NULL},
    {"PROXY UNKNOWN ffff:f...f:ffff whatever 1 2\r\n", NULL, NULL},
    {":" SIGNATURE "2111000c" "c0000207" "c6336401" "9d78" "075b",
     "192.0.2.7:40312", "198.51.100.1:1883"},
    {":" SIGNATURE "21210024" "20010db8000000000000000000000007"
     "00000000000000000000000000000001" "0001" "0000",
     "[2001:db8::7]:1", "[::1]:0"},
    /* with something appended */
    {":" SIGNATURE "21110010" "c0000207" "c6336401" "9d78" "075b" "04000100",
     "192.0.2.7:40312", "198.51.100.1:1883"},
    {":" SIGNATURE "20000000", NULL, NULL},     /* the proxy for itself */
    {":" SIGNATURE "2011000c" "c0000207c63364019d78075b", NULL, NULL},
    {":" SIGNATURE "21000000", NULL, NULL},     /* of an unknown family */
    {":" SIGNATURE "21310002" "2f78", NULL, NULL}, /* of a Unix socket */
};

static const char *const invalid[] = {
    "GET / HTTP/1.1\r\n", "\x10\x0c", "PROXZ", "PROXY \r\n", "PROXY TCP4\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 40312\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 40312 1883 7\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 40312 65536\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 040 1883\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 -1 1883\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1  1883\r\n",
    "PROXY TCP4 192.0.2 198.51.100.1 1 1883\r\n",
    "PROXY TCP4 ::1 ::1 1 1883\r\n",
    "PROXY TCP6 192.0.2.7 198.51.100.1 1 1883\r\n",
    "PROXY UDP4 192.0.2.7 198.51.100.1 1 1883\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 1 1883\n",
    "PROXY UNKNOWN xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ":0d0a0d0a000d0a515549540b",
    ":" SIGNATURE "3111000c", ":" SIGNATURE "2211000c",
    ":" SIGNATURE "2111fff0",
    ":" SIGNATURE "2111000b" "c0000207c63364019d7807",
    ":" SIGNATURE "2121000c" "c0000207c63364019d78075b",
};
/* clang-format on */

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static void expect_name(const struct sockaddr_storage *name, socklen_t len,
                        const char *expected)
{
    char text[80];

    address_print((const struct sockaddr *)name, len, text, sizeof(text));
    ck_assert_str_eq(text, expected);
}

START_TEST(a_header_says_who_the_client_is)
{
    uint8_t bytes[200];
    size_t len = bytes_of(valid[_i].header, bytes, sizeof(bytes) - 1);
    struct proxy_header header;

    ck_assert_int_eq(
        proxy_header_decode(slice_of(guarded(bytes, len), len), ANY, &header),
        (int)len);
    bytes[len] = 'x';
    ck_assert_int_eq(
        proxy_header_decode(slice_of(bytes, len + 1), ANY, &header), (int)len);
    if (!valid[_i].source) {
        ck_assert_uint_eq(header.len, 0);
        return;
    }
    expect_name(&header.source, header.len, valid[_i].source);
    expect_name(&header.destination, header.len, valid[_i].destination);
}
END_TEST

START_TEST(every_prefix_of_a_header_asks_for_more)
{
    uint8_t bytes[200];
    size_t len = bytes_of(valid[_i].header, bytes, sizeof(bytes));
    struct proxy_header header;

    for (size_t cut = 0; cut < len; cut++)
        ck_assert_int_eq(proxy_header_decode(slice_of(guarded(bytes, cut), cut),
                                             ANY, &header),
                         0);
}
END_TEST

START_TEST(only_the_version_that_is_wanted_is_read)
{
    uint8_t bytes[200];
    size_t len = bytes_of(valid[_i].header, bytes, sizeof(bytes));
    bool binary = bytes[0] == 0x0d;
    struct proxy_header header;

    ck_assert_int_eq(proxy_header_decode(
                         slice_of(bytes, len),
                         binary ? PROXY_HEADER_V2 : PROXY_HEADER_V1, &header),
                     (int)len);
    ck_assert_int_eq(proxy_header_decode(
                         slice_of(bytes, len),
                         binary ? PROXY_HEADER_V1 : PROXY_HEADER_V2, &header),
                     -1);
}
END_TEST

START_TEST(what_is_no_header_is_refused)
{
    uint8_t bytes[200];
    size_t len = bytes_of(invalid[_i], bytes, sizeof(bytes));
    struct proxy_header header;

    ck_assert_int_eq(
        proxy_header_decode(slice_of(guarded(bytes, len), len), ANY, &header),
        -1);
}
END_TEST

/* ---- the stage ---- */

/* Side 0 is the proxy, side 1 behind the stage. */
static struct transport *make_stage(void)
{
    struct transport *stage =
        transport_proxy_new(ANY, &pair_events, &pair.sides[1]);
    struct transport *ends[2];
    const struct transport_events *both[2] = {&pair_events,
                                              &transport_proxy_below};
    void *owners[2] = {&pair.sides[0], stage};

    transport_memory_pair(&pair.loop, ends, both, owners);
    transport_proxy_carry(stage, ends[1]);
    pair.sides[0].transport = ends[0];
    pair.sides[1].transport = stage;
    pair_turn_until(&pair.sides[0].opened);
    return stage;
}

START_TEST(behind_the_header_it_is_an_ordinary_connection)
{
    static const char stream[] =
        "PROXY TCP4 192.0.2.7 198.51.100.1 40312 1883\r\nhello";
    struct transport *stage = make_stage();
    char peer[80];
    char first[sizeof(stream)];

    /* Cut at each place. */
    snprintf(first, sizeof(first), "%.*s", _i, stream);
    if (_i)
        pair_send_text(&pair.sides[0], first);
    pair_turn_some();
    pair_send_text(&pair.sides[0], stream + _i);
    pair_expect_got(&pair.sides[1], "hello");
    ck_assert_int_eq(pair.sides[1].opened, 1);
    stage->ops->peer(stage, peer, sizeof(peer));
    ck_assert_str_eq(peer, "192.0.2.7:40312");
    ck_assert_int_eq(pair_send_text(&pair.sides[1], "back"), 4);
    pair_expect_got(&pair.sides[0], "back");
    ck_assert(!transport_proxy_failed(stage));
}
END_TEST

START_TEST(without_a_header_it_ends)
{
    struct transport *stage = make_stage();

    pair_send_text(&pair.sides[0], "hello, broker");
    pair_turn_until(&pair.sides[1].ended);
    ck_assert_int_eq(pair.sides[1].error, -EPROTO);
    ck_assert_int_eq(pair.sides[1].opened, 0);
    ck_assert(transport_proxy_failed(stage));
    pair_send_text(&pair.sides[0], "PROXY UNKNOWN\r\n");
    pair_turn_some();
    ck_assert_int_eq(pair.sides[1].opened, 0);
}
END_TEST

START_TEST(an_end_within_the_header_is_an_end)
{
    make_stage();
    pair_send_text(&pair.sides[0], "PROXY TC");
    pair_close_side(&pair.sides[0], false);
    pair_turn_until(&pair.sides[1].ended);
    ck_assert_int_eq(pair.sides[1].error, 0);
    ck_assert_int_eq(pair.sides[1].opened, 0);
}
END_TEST

Suite *proxy_suite(void)
{
    Suite *suite = suite_create("proxy");
    TCase *headers = unit_case(suite, "headers", 5);
    TCase *stage = unit_case(suite, "stage", 5);

    tcase_add_loop_test(headers, a_header_says_who_the_client_is, 0,
                        COUNT(valid));
    tcase_add_loop_test(headers, every_prefix_of_a_header_asks_for_more, 0,
                        COUNT(valid));
    tcase_add_loop_test(headers, only_the_version_that_is_wanted_is_read, 0,
                        COUNT(valid));
    tcase_add_loop_test(headers, what_is_no_header_is_refused, 0,
                        COUNT(invalid));
    tcase_add_checked_fixture(stage, pair_open_loop, pair_close_loop);
    tcase_add_loop_test(stage, behind_the_header_it_is_an_ordinary_connection,
                        0, 51);
    tcase_add_test(stage, without_a_header_it_ends);
    tcase_add_test(stage, an_end_within_the_header_is_an_end);
    return suite;
}
