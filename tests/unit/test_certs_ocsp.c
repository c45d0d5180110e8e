/* The OCSP responder: connections, good and bad ones. */
#include "suites.h"

#include "certs/certs.h"
#include "tls_forge.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[128];
static struct certs_request wanted;
static struct certs_ocsp *ocsp;
static uint16_t port;
static struct buf told;
static struct buf why;

static void set_up(void)
{
    forge_open();
    snprintf(folder, sizeof(folder), "%s", forge_path("w"));
    wanted = (struct certs_request){.folder = folder};
    port = 0;
    ck_assert(certs_ca(&wanted, &told, &why));
    ocsp = certs_ocsp_new(&wanted, &port, &told, &why);
    ck_assert_msg(ocsp != NULL, "%s", buf_string(&why));
}

static void tear_down(void)
{
    certs_ocsp_free(ocsp);
    buf_release(&told);
    buf_release(&why);
    forge_close();
}

struct peer {
    uint16_t port;
    const char *sends;
    char got[512];
};

static void *talk(void *context)
{
    struct peer *peer = context;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(peer->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    size_t len = 0;
    ssize_t got;

    if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
        return NULL;
    (void)!write(fd, peer->sends, strlen(peer->sends));
    shutdown(fd, SHUT_WR);
    while ((got = read(fd, peer->got + len, sizeof(peer->got) - 1 - len)) > 0)
        len += (size_t)got;
    close(fd);
    return NULL;
}

struct talk_case {
    const char *sends;
    const char *gets;
};

static const struct talk_case talks[] = {
    {"GET /YQ== HTTP/1.0\r\n\r\n",                         "HTTP/1.0 200 OK\r\n"},
    {"BREW / HTTP/1.0\r\n\r\n",                            "HTTP/1.0 405 "      },
    {"POST / HTTP/1.0\r\nContent-Length: 9999999\r\n\r\n", "HTTP/1.0 413 "      },
    {"GET",                                                ""                   },
    {"",                                                   ""                   },
};

START_TEST(the_responder_answers_or_hangs_up_and_goes_on)
{
    ck_assert_int_eq(access(forge_path("w/ca.ocsp.crt"), F_OK), 0);
    for (size_t i = 0; i < sizeof(talks) / sizeof(talks[0]); i++) {
        struct peer peer = {.port = port, .sends = talks[i].sends};
        pthread_t thread;

        ck_assert_int_eq(pthread_create(&thread, NULL, talk, &peer), 0);
        ck_assert(certs_ocsp_serve(ocsp, &told, &why));
        pthread_join(thread, NULL);
        ck_assert_uint_eq(why.len, 0);
        ck_assert_int_eq(
            strncmp(peer.got, talks[i].gets, strlen(talks[i].gets)), 0);
        ck_assert_int_eq(peer.got[0] != '\0', talks[i].gets[0] != '\0');
    }
}
END_TEST

START_TEST(a_port_that_is_taken_is_told)
{
    ck_assert_ptr_null(certs_ocsp_new(&wanted, &port, &told, &why));
    ck_assert_ptr_nonnull(strstr(buf_string(&why), "cannot be taken"));
}
END_TEST

/* Else who calls it again and again would do nothing else. */
START_TEST(a_responder_that_gets_no_connection_says_that_it_is_over)
{
    struct rlimit limit;
    int next = dup(STDIN_FILENO);

    ck_assert_int_ge(next, 0);
    close(next);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)next;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert(!certs_ocsp_serve(ocsp, &told, &why));
    ck_assert_ptr_nonnull(
        strstr(buf_string(&why), "no connection can be taken"));
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}
END_TEST

Suite *certs_ocsp_suite(void)
{
    Suite *suite = suite_create("certs_ocsp");
    TCase *all = unit_case(suite, "responder", 60);

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, the_responder_answers_or_hangs_up_and_goes_on);
    tcase_add_test(all, a_port_that_is_taken_is_told);
    tcase_add_test(all,
                   a_responder_that_gets_no_connection_says_that_it_is_over);
    return suite;
}
