#include "suites.h"

#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANY 100

static struct loop loop;
static struct listener listener;
static int accepted[MANY + 10];
static int accepted_count;
static char directory[] = "/tmp/mqttlab-test-XXXXXX";
static char path[64];

static void open_loop(void)
{
    ck_assert_int_eq(loop_init(&loop), 0);
    accepted_count = 0;
    strcpy(directory + sizeof(directory) - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/s", directory);
}

static void close_loop(void)
{
    while (accepted_count)
        close(accepted[--accepted_count]);
    loop_release(&loop);
    unlink(path);
    rmdir(directory);
}

static void on_accept(struct listener *from, int fd,
                      const struct sockaddr *peer, socklen_t peer_len)
{
    ck_assert_ptr_eq(from, &listener);
    ck_assert_ptr_nonnull(peer);
    ck_assert_uint_gt(peer_len, 0);
    accepted[accepted_count++] = fd;
}

/* Turns until so many were accepted, or nothing happens for a second. */
static void accept_up_to(int count)
{
    for (int i = 0; i < 1000 && accepted_count < count; i++) {
        struct pollfd watch = {.fd = listener.watch.fd, .events = POLLIN};

        poll(&watch, 1, 1);
        loop_turn(&loop, false);
    }
}

static int connect_here(void)
{
    int fd = socket_connect("127.0.0.1", listener.port, NULL);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static int listen_at(struct listener *at, const char *host, uint16_t port)
{
    return socket_listen(&loop, at,
                         &(struct socket_place){.host = host, .port = port},
                         on_accept);
}

static void listen_here(const char *host)
{
    ck_assert_int_eq(listen_at(&listener, host, 0), 0);
    ck_assert_uint_ne(listener.port, 0);
}

static void close_listener(void)
{
    socket_listener_close(&listener);
    loop_turn(&loop, false);
}

static bool is_ready(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    int no_delay = 0;
    socklen_t len = sizeof(no_delay);

    getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &len);
    return flags & O_NONBLOCK && fcntl(fd, F_GETFD) & FD_CLOEXEC && no_delay;
}

START_TEST(who_connects_is_accepted)
{
    listen_here(NULL);
    int fd = connect_here();
    accept_up_to(1);
    ck_assert_int_eq(accepted_count, 1);
    ck_assert_int_eq(write(fd, "x", 1), 1);
    char byte = 0;
    struct pollfd watch = {.fd = accepted[0], .events = POLLIN};
    poll(&watch, 1, 1000);
    ck_assert_int_eq(read(accepted[0], &byte, 1), 1);
    close(fd);
    close_listener();
}
END_TEST

START_TEST(descriptors_do_not_block_nor_delay_nor_survive_exec)
{
    listen_here(NULL);
    int fd = connect_here();
    accept_up_to(1);
    ck_assert(is_ready(fd));
    ck_assert(is_ready(accepted[0]));
    close(fd);
    close_listener();
}
END_TEST

START_TEST(without_a_host_only_this_machine_can_connect)
{
    struct sockaddr_in name;
    socklen_t len = sizeof(name);

    listen_here(NULL);
    ck_assert_int_eq(
        getsockname(listener.watch.fd, (struct sockaddr *)&name, &len), 0);
    ck_assert_uint_eq(ntohl(name.sin_addr.s_addr), INADDR_LOOPBACK);
    close_listener();
}
END_TEST

START_TEST(localhost_is_found_by_name_and_by_number)
{
    listen_here("localhost");
    int by_number = connect_here();
    int by_name = socket_connect("localhost", listener.port, NULL);
    ck_assert_int_ge(by_name, 0);
    accept_up_to(2);
    ck_assert_int_eq(accepted_count, 2);
    close(by_number);
    close(by_name);
    close_listener();
}
END_TEST

START_TEST(ipv6_listens_too_and_the_wildcard_takes_ipv4_as_well)
{
    int error = listen_at(&listener, "::", 0);

    /* A machine without IPv6 says so, and that is all there is to see. */
    if (error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL)
        return;
    ck_assert_int_eq(error, 0);
    int over_6 = socket_connect("::1", listener.port, NULL);
    int over_4 = connect_here();
    ck_assert_int_ge(over_6, 0);
    accept_up_to(2);
    ck_assert_int_eq(accepted_count, 2);
    close(over_6);
    close(over_4);
    close_listener();
}
END_TEST

START_TEST(ipv6_alone_leaves_the_port_of_ipv4_to_others)
{
    static struct listener second;
    struct socket_place place = {.host = "::", .family = AF_INET6};
    int error = socket_listen(&loop, &listener, &place, on_accept);

    if (error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL)
        return;
    ck_assert_int_eq(error, 0);
    ck_assert_int_eq(listener.family, AF_INET6);
    ck_assert_int_eq(listen_at(&second, "0.0.0.0", listener.port), 0);
    ck_assert_int_eq(second.family, AF_INET);
    socket_listener_close(&second);
    close_listener();
}
END_TEST

START_TEST(a_family_decides_what_a_name_stands_for)
{
    struct socket_place place = {.host = "127.0.0.1", .family = AF_INET6};

    ck_assert_int_eq(socket_listen(&loop, &listener, &place, on_accept),
                     -ENOENT);
    place.family = AF_INET;
    ck_assert_int_eq(socket_listen(&loop, &listener, &place, on_accept), 0);
    close_listener();
}
END_TEST

START_TEST(an_interface_is_listened_on_whatever_its_address_is)
{
    struct socket_place place = {
        .host = "192.0.2.1", .family = AF_INET, .interface = "lo"};
    int error;

    if (!if_nametoindex("lo"))
        place.interface = "lo0"; /* as other systems call it */
    error = socket_listen(&loop, &listener, &place, on_accept);
    if (error == -EPERM) /* an old system asks for root */
        return;
    ck_assert_int_eq(error, 0);
    close(connect_here());
    accept_up_to(1);
    ck_assert_int_eq(accepted_count, 1);
    close_listener();
}
END_TEST

START_TEST(an_interface_that_is_not_there_is_an_error)
{
    struct socket_place place = {.interface = "nosuch0"};

    ck_assert_int_eq(socket_listen(&loop, &listener, &place, on_accept),
                     -ENODEV);
}
END_TEST

START_TEST(a_port_in_use_is_an_error)
{
    static struct listener second;

    listen_here(NULL);
    ck_assert_int_eq(listen_at(&second, NULL, listener.port), -EADDRINUSE);
    close_listener();
}
END_TEST

START_TEST(a_port_can_be_used_again_at_once)
{
    listen_here(NULL);
    int fd = connect_here();
    accept_up_to(1);
    uint16_t port = listener.port;
    close_listener();
    close(accepted[--accepted_count]); /* our end waits in TIME_WAIT */
    close(fd);
    ck_assert_int_eq(listen_at(&listener, NULL, port), 0);
    close_listener();
}
END_TEST

START_TEST(an_address_that_is_not_ours_is_an_error)
{
    ck_assert_int_eq(listen_at(&listener, "192.0.2.1", 0), -EADDRNOTAVAIL);
    ck_assert_int_eq(listen_at(&listener, "", 0), -ENOENT);
}
END_TEST

START_TEST(a_refused_connection_is_told_at_once_or_later)
{
    listen_here(NULL);
    uint16_t port = listener.port;
    close_listener();
    int fd = socket_connect("127.0.0.1", port, NULL);
    if (fd >= 0) {
        struct pollfd watch = {.fd = fd, .events = POLLOUT};
        int error = 0;
        socklen_t len = sizeof(error);

        poll(&watch, 1, 1000);
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
        close(fd);
        fd = -error;
    }
    ck_assert_int_eq(fd, -ECONNREFUSED);
}
END_TEST

START_TEST(the_own_address_can_be_chosen)
{
    struct sockaddr_in name;
    socklen_t len = sizeof(name);

    listen_here(NULL);
    int fd = socket_connect("127.0.0.1", listener.port, "127.0.0.2");
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    ck_assert_uint_eq(ntohl(name.sin_addr.s_addr), INADDR_LOOPBACK + 1);
    close(fd);
    ck_assert_int_eq(socket_connect("127.0.0.1", listener.port, "::1"),
                     -EADDRNOTAVAIL);
    close_listener();
}
END_TEST

START_TEST(a_crowd_is_accepted_in_several_turns)
{
    int fds[MANY];

    listen_here(NULL);
    for (int i = 0; i < MANY; i++)
        fds[i] = connect_here();
    loop_turn(&loop, false);
    ck_assert_int_gt(accepted_count, 0);
    ck_assert_int_lt(accepted_count, MANY);
    accept_up_to(MANY);
    ck_assert_int_eq(accepted_count, MANY);
    for (int i = 0; i < MANY; i++)
        close(fds[i]);
    close_listener();
}
END_TEST

/* ---- when descriptors run out ---- */

static void allow_descriptors(rlim_t count)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = count;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(without_descriptors_a_peer_is_turned_away_and_the_next_is_taken)
{
    struct rlimit old;
    char byte;

    listen_here(NULL);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
    int fd = connect_here();
    int lowest = dup(fd);
    close(lowest);
    allow_descriptors((rlim_t)lowest);
    struct pollfd watch = {.fd = fd, .events = POLLIN};
    for (int i = 0; i < 100 && poll(&watch, 1, 10) == 0; i++)
        loop_turn(&loop, false);
    ck_assert_int_eq(accepted_count, 0);
    ck_assert_int_le(read(fd, &byte, 1), 0); /* the end, or a reset */
    ck_assert_int_ge(listener.reserve_fd, 0);
    allow_descriptors(old.rlim_cur);
    close(fd);

    fd = connect_here();
    accept_up_to(1);
    ck_assert_int_eq(accepted_count, 1);
    close(fd);
    close_listener();
}
END_TEST

START_TEST(without_any_reserve_the_listener_rests_and_tries_again)
{
    struct rlimit old;

    clock_init_manual(&loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    listen_here(NULL);
    close(listener.reserve_fd);
    listener.reserve_fd = -1;
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
    int fd = connect_here();
    int lowest = dup(fd);
    close(lowest);
    allow_descriptors((rlim_t)lowest);
    for (int i = 0; i < 100 && listener.watch.events; i++)
        accept_up_to(1);
    ck_assert_int_eq(listener.watch.events, 0);
    allow_descriptors(old.rlim_cur);
    loop_advance(&loop, 200);
    accept_up_to(1);
    ck_assert_int_eq(accepted_count, 1);
    close(fd);
    close_listener();
}
END_TEST

/* ---- Unix sockets ---- */

START_TEST(a_unix_socket_is_for_its_owner_alone)
{
    struct stat status;

    ck_assert_int_eq(socket_listen_unix(&loop, &listener, path, on_accept), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    int fd = socket_connect_unix(path);
    ck_assert_int_ge(fd, 0);
    accept_up_to(1);
    ck_assert_int_eq(accepted_count, 1);
    close(fd);
    close_listener();
}
END_TEST

START_TEST(a_dead_unix_socket_is_replaced_and_a_live_one_is_not)
{
    static struct listener second;

    ck_assert_int_eq(socket_listen_unix(&loop, &listener, path, on_accept), 0);
    ck_assert_int_eq(socket_listen_unix(&loop, &second, path, on_accept),
                     -EADDRINUSE);
    close_listener();
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(socket_connect_unix(path), -ECONNREFUSED);
    ck_assert_int_eq(socket_listen_unix(&loop, &listener, path, on_accept), 0);
    close_listener();
}
END_TEST

START_TEST(a_file_that_is_no_socket_stays)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fclose(file);
    ck_assert_int_eq(socket_listen_unix(&loop, &listener, path, on_accept),
                     -EADDRINUSE);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_an_error)
{
    char text[200];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_eq(socket_listen_unix(&loop, &listener, text, on_accept),
                     -ENAMETOOLONG);
    ck_assert_int_eq(socket_connect_unix(text), -ENAMETOOLONG);
    ck_assert_int_eq(socket_connect_unix(path), -ENOENT);
}
END_TEST

Suite *socket_suite(void)
{
    Suite *suite = suite_create("socket");
    TCase *tcase = unit_case(suite, "socket", 20);

    tcase_add_checked_fixture(tcase, open_loop, close_loop);
    tcase_add_test(tcase, who_connects_is_accepted);
    tcase_add_test(tcase, descriptors_do_not_block_nor_delay_nor_survive_exec);
    tcase_add_test(tcase, without_a_host_only_this_machine_can_connect);
    tcase_add_test(tcase, localhost_is_found_by_name_and_by_number);
    tcase_add_test(tcase, ipv6_listens_too_and_the_wildcard_takes_ipv4_as_well);
    tcase_add_test(tcase, ipv6_alone_leaves_the_port_of_ipv4_to_others);
    tcase_add_test(tcase, a_family_decides_what_a_name_stands_for);
    tcase_add_test(tcase, an_interface_is_listened_on_whatever_its_address_is);
    tcase_add_test(tcase, an_interface_that_is_not_there_is_an_error);
    tcase_add_test(tcase, a_port_in_use_is_an_error);
    tcase_add_test(tcase, a_port_can_be_used_again_at_once);
    tcase_add_test(tcase, an_address_that_is_not_ours_is_an_error);
    tcase_add_test(tcase, a_refused_connection_is_told_at_once_or_later);
    tcase_add_test(tcase, the_own_address_can_be_chosen);
    tcase_add_test(tcase, a_crowd_is_accepted_in_several_turns);
    tcase_add_test(
        tcase, without_descriptors_a_peer_is_turned_away_and_the_next_is_taken);
    tcase_add_test(tcase,
                   without_any_reserve_the_listener_rests_and_tries_again);
    tcase_add_test(tcase, a_unix_socket_is_for_its_owner_alone);
    tcase_add_test(tcase, a_dead_unix_socket_is_replaced_and_a_live_one_is_not);
    tcase_add_test(tcase, a_file_that_is_no_socket_stays);
    tcase_add_test(tcase, a_path_that_is_too_long_is_an_error);
    return suite;
}
