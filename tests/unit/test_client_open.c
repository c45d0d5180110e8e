#define _GNU_SOURCE /* strcasestr */
/* What a client says to a server before MQTT. */
#include "suites.h"
#include "transport_pair.h"

#include "client/client_open.h"
#include "net/socket.h"
#include "net/ws_context.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static char directory[] = "/tmp/mqttlab-test-XXXXXX";
static char path[64];
static struct sockaddr_un name = {.sun_family = AF_UNIX};
static int listener;

static void set_up(void)
{
    pair_open_loop();
    strcpy(directory + sizeof(directory) - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/s", directory);
    strcpy(name.sun_path, path);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_ge(listener, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&name, sizeof(name)), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
}

static void tear_down(void)
{
    close(listener);
    unlink(path);
    rmdir(directory);
    pair_close_loop();
}

/* Turns until all of an HTTP request has come. */
static void read_request(struct buf *request)
{
    int fd = accept(listener, NULL, NULL);

    ck_assert_int_ge(fd, 0);
    for (int i = 0; i < 5000 && !strstr(buf_string(request), "\r\n\r\n"); i++) {
        struct pollfd watch = {.fd = fd, .events = POLLIN};

        loop_turn(&pair.loop, false);
        if (poll(&watch, 1, 1) > 0)
            request->len +=
                (uint32_t)read(fd, buf_reserve(request, 4096), 4096);
    }
    close(fd);
}

static const struct {
    const char *host; /* NULL: none is given */
    uint16_t port;
    const char *line;
} hosts[] = {
    {NULL,             9001, "\r\nHost: localhost:9001\r\n"   },
    {"broker.example", 80,   "\r\nHost: broker.example:80\r\n"},
    {"192.0.2.7",      9001, "\r\nHost: 192.0.2.7:9001\r\n"   },
    {"::1",            9001, "\r\nHost: [::1]:9001\r\n"       },
    {"2001:db8::7",    443,  "\r\nHost: [2001:db8::7]:443\r\n"},
};

/* [RFC 3986 3.2.2]: an address of IPv6 stands in brackets. */
START_TEST(the_host_line_is_what_stands_in_a_url)
{
    static const char *const protocols[] = {"mqtt", NULL};
    struct ws_settings settings = {.protocols = protocols};
    struct client_config config = {
        .host = hosts[_i].host,
        .port = hosts[_i].port,
        .unix_path = path,
    };
    struct buf request = {0};
    int error = 0;

    pair.ws = ws_context_new(&pair.loop, &settings);
    config.ws = pair.ws;
    pair.sides[0].transport =
        client_open(&pair.loop, &config, &pair_events, &pair.sides[0], &error);
    ck_assert_ptr_nonnull(pair.sides[0].transport);
    read_request(&request);
    ck_assert_msg(strcasestr(buf_string(&request), hosts[_i].line) != NULL,
                  "%s", buf_string(&request));
    buf_release(&request);
}
END_TEST

Suite *client_open_suite(void)
{
    Suite *suite = suite_create("client_open");
    TCase *requests = unit_case(suite, "requests", 10);

    tcase_add_checked_fixture(requests, set_up, tear_down);
    tcase_add_loop_test(requests, the_host_line_is_what_stands_in_a_url, 0,
                        sizeof(hosts) / sizeof(hosts[0]));
    return suite;
}
