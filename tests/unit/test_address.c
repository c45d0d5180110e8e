#include "suites.h"

#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

struct valid {
    const char *text;
    enum address_scheme scheme;
    const char *host;
    uint16_t port;
    const char *user_name; /* NULL: none */
    const char *password;
    const char *path;
};

/* clang-format off */
static const struct valid valid[] = {
    {"localhost", ADDRESS_MQTT, "localhost", 1883, NULL, NULL, ""},
    {"localhost:1884", ADDRESS_MQTT, "localhost", 1884, NULL, NULL, ""},
    {"10.0.0.1:0", ADDRESS_MQTT, "10.0.0.1", 0, NULL, NULL, ""},
    {"[::1]:65535", ADDRESS_MQTT, "::1", 65535, NULL, NULL, ""},
    {"[fe80::1%25eth0]", ADDRESS_MQTT, "fe80::1%eth0", 1883, NULL, NULL, ""},
    {"::1", ADDRESS_MQTT, "::1", 1883, NULL, NULL, ""},
    {"mqtt://h", ADDRESS_MQTT, "h", 1883, NULL, NULL, ""},
    {"mqtt://h/", ADDRESS_MQTT, "h", 1883, NULL, NULL, ""},
    {"mqtt://h/a/b", ADDRESS_MQTT, "h", 1883, NULL, NULL, "a/b"},
    {"mqtt://h/%23", ADDRESS_MQTT, "h", 1883, NULL, NULL, "#"},
    {"mqtts://h", ADDRESS_MQTTS, "h", 8883, NULL, NULL, ""},
    {"mqtts://h:1", ADDRESS_MQTTS, "h", 1, NULL, NULL, ""},
    {"ws://h/mqtt", ADDRESS_WS, "h", 80, NULL, NULL, "mqtt"},
    {"wss://h", ADDRESS_WSS, "h", 443, NULL, NULL, ""},
    {"mqtt://u@h", ADDRESS_MQTT, "h", 1883, "u", NULL, ""},
    {"mqtt://u:@h", ADDRESS_MQTT, "h", 1883, "u", "", ""},
    {"mqtt://u:p@h:7", ADDRESS_MQTT, "h", 7, "u", "p", ""},
    {"mqtt://:p@h", ADDRESS_MQTT, "h", 1883, "", "p", ""},
    {"mqtt://me@home:p:q@h", ADDRESS_MQTT, "h", 1883, "me@home", "p:q", ""},
    {"mqtt://a%40b:c%2fd@h/t", ADDRESS_MQTT, "h", 1883, "a@b", "c/d", "t"},
    {"mqtt://u:p@[::1]:9/x", ADDRESS_MQTT, "::1", 9, "u", "p", "x"},
    {"unix:/run/mqtt.sock", ADDRESS_UNIX, "", 0, NULL, NULL, "/run/mqtt.sock"},
    {"unix:here", ADDRESS_UNIX, "", 0, NULL, NULL, "here"},
};

struct invalid {
    const char *text;
    const char *says; /* part of the message */
};

static const struct invalid invalid[] = {
    {"", "host is missing"},
    {":1883", "host is missing"},
    {"mqtt://", "host is missing"},
    {"mqtt://u@", "host is missing"},
    {"mqtt:///topic", "host is missing"},
    {"h:", "port is missing"},
    {"h:65536", "not 0..65535"},
    {"h:99999999999999999999", "not 0..65535"},
    {"h:18x3", "not 0..65535"},
    {"h:-1", "not 0..65535"},
    {"[::1", "\"]\" is missing"},
    {"[::1]1883", "only \":port\""},
    {"[::1]:", "port is missing"},
    {"[]:1", "host is missing"},
    {"http://h", "scheme is none of"},
    {"unix:", "path is missing"},
    {"mqtt://h/%", "two hex digits"},
    {"mqtt://h/%4", "two hex digits"},
    {"mqtt://h/%4g", "two hex digits"},
    {"mqtt://u%00:p@h", "two hex digits"},
};
/* clang-format on */

START_TEST(an_address_has_its_parts)
{
    const struct valid *row = &valid[_i];
    struct address address;
    char error[200] = "untouched";

    ck_assert_int_eq(address_parse(&address, row->text, error, sizeof(error)),
                     0);
    ck_assert_str_eq(error, "");
    ck_assert_int_eq(address.scheme, row->scheme);
    ck_assert_str_eq(address.host, row->host);
    ck_assert_uint_eq(address.port, row->port);
    ck_assert_int_eq(address.has_user_name, row->user_name != NULL);
    ck_assert_str_eq(address.user_name, row->user_name ? row->user_name : "");
    ck_assert_int_eq(address.has_password, row->password != NULL);
    ck_assert_str_eq(address.password, row->password ? row->password : "");
    ck_assert_str_eq(address.path, row->path);
}
END_TEST

START_TEST(a_bad_address_is_refused_with_the_reason)
{
    const struct invalid *row = &invalid[_i];
    struct address address;
    char error[200] = "";

    ck_assert_int_eq(address_parse(&address, row->text, error, sizeof(error)),
                     -EINVAL);
    ck_assert_msg(strstr(error, row->says), "%s", error);
    ck_assert_msg(strstr(error, row->text), "%s", error);
}
END_TEST

START_TEST(a_part_that_is_too_long_is_refused_and_not_cut)
{
    struct address address;
    char text[2000];
    char error[40] = "";

    memset(text, 'h', 255);
    text[255] = '\0';
    ck_assert_int_eq(address_parse(&address, text, error, sizeof(error)), 0);
    ck_assert_uint_eq(strlen(address.host), 255);
    memset(text, 'h', 256);
    text[256] = '\0';
    ck_assert_int_eq(address_parse(&address, text, error, sizeof(error)),
                     -EINVAL);
    ck_assert_uint_lt(strlen(error), sizeof(error));
    snprintf(text, sizeof(text), "unix:%01024d", 0);
    ck_assert_int_eq(address_parse(&address, text, error, sizeof(error)),
                     -EINVAL);
}
END_TEST

/* ---- printing ---- */

static const char *print_4(const char *host, uint16_t port)
{
    static char text[64];
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

    ck_assert_int_eq(inet_pton(AF_INET, host, &in.sin_addr), 1);
    address_print((struct sockaddr *)&in, sizeof(in), text, sizeof(text));
    return text;
}

static const char *print_6(const char *host, uint16_t port)
{
    static char text[64];
    struct sockaddr_in6 in = {.sin6_family = AF_INET6,
                              .sin6_port = htons(port)};

    ck_assert_int_eq(inet_pton(AF_INET6, host, &in.sin6_addr), 1);
    address_print((struct sockaddr *)&in, sizeof(in), text, sizeof(text));
    return text;
}

START_TEST(socket_addresses_are_printed_as_people_write_them)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/tmp/s"};
    struct sockaddr_storage none = {.ss_family = AF_UNSPEC};
    char text[64];

    ck_assert_str_eq(print_4("127.0.0.1", 1883), "127.0.0.1:1883");
    ck_assert_str_eq(print_6("::1", 1883), "[::1]:1883");
    ck_assert_str_eq(print_6("::ffff:10.1.2.3", 80), "10.1.2.3:80");
    address_print((struct sockaddr *)&un, sizeof(un), text, sizeof(text));
    ck_assert_str_eq(text, "/tmp/s");
    address_print((struct sockaddr *)&un, sizeof(un.sun_family), text,
                  sizeof(text));
    ck_assert_str_eq(text, "local");
    address_print((struct sockaddr *)&none, 0, text, sizeof(text));
    ck_assert_str_eq(text, "local");
}
END_TEST

Suite *address_suite(void)
{
    Suite *suite = suite_create("address");
    TCase *tcase = unit_case(suite, "address", 0);

    tcase_add_loop_test(tcase, an_address_has_its_parts, 0,
                        sizeof(valid) / sizeof(valid[0]));
    tcase_add_loop_test(tcase, a_bad_address_is_refused_with_the_reason, 0,
                        sizeof(invalid) / sizeof(invalid[0]));
    tcase_add_test(tcase, a_part_that_is_too_long_is_refused_and_not_cut);
    tcase_add_test(tcase, socket_addresses_are_printed_as_people_write_them);
    return suite;
}
