/* Ports that two who ask at once cannot both get. */
#include "suites.h"

#include "net/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 200

START_TEST(many_at_once_are_many_ports)
{
    struct free_port ports[MANY];

    for (size_t i = 0; i < MANY; i++) {
        ck_assert_int_eq(free_port_take(&ports[i]), 0);
        ck_assert_uint_ge(ports[i].number, FREE_PORT_FIRST);
        ck_assert_uint_lt(ports[i].number, FREE_PORT_FIRST + FREE_PORT_COUNT);
        for (size_t j = 0; j < i; j++)
            ck_assert_uint_ne(ports[i].number, ports[j].number);
    }
    for (size_t i = 0; i < MANY; i++)
        free_port_release(&ports[i]);
}
END_TEST

/* Does another process get it? */
static bool another_gets(uint16_t number)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct free_port port;

        _exit(free_port_hold(&port, number));
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(what_is_held_no_other_process_gets)
{
    struct free_port port;

    ck_assert_int_eq(free_port_take(&port), 0);
    uint16_t number = port.number;
    ck_assert(!another_gets(number));
    free_port_release(&port);
    free_port_release(&port);
    ck_assert(another_gets(number));
}
END_TEST

/* Listen as a broker does; -1 where there is no such family. */
static int listen_on(int family, uint16_t number)
{
    struct sockaddr_in four = {.sin_family = AF_INET,
                               .sin_port = htons(number),
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6,
                               .sin6_port = htons(number),
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int on = 1;
    int fd = socket(family, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if ((family == AF_INET ? bind(fd, (void *)&four, sizeof(four))
                           : bind(fd, (void *)&six, sizeof(six))) < 0 ||
        listen(fd, 1) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The holder's broker can, and then it is in use. */
START_TEST(who_listens_has_the_port)
{
    static const int families[] = {AF_INET, AF_INET6};

    for (size_t i = 0; i < 2; i++) {
        struct free_port port;

        ck_assert_int_eq(free_port_take(&port), 0);
        uint16_t number = port.number;
        int fd = listen_on(families[i], number);
        ck_assert(fd >= 0 || families[i] == AF_INET6);
        free_port_release(&port);
        if (fd < 0)
            return;
        ck_assert(!free_port_hold(&port, number));
        ck_assert_uint_eq(port.number, 0);
        close(fd);
        ck_assert(free_port_hold(&port, number));
        free_port_release(&port);
    }
}
END_TEST

Suite *free_port_suite(void)
{
    Suite *suite = suite_create("free_port");
    TCase *tcase = unit_case(suite, "free_port", 10);

    tcase_add_test(tcase, many_at_once_are_many_ports);
    tcase_add_test(tcase, what_is_held_no_other_process_gets);
    tcase_add_test(tcase, who_listens_has_the_port);
    return suite;
}
