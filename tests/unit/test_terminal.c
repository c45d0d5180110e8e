/*
 * The dashboard on a terminal, with its broker: what no grid can show.
 */
#include "suites.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "mqtt/packet.h"
#include "pty.h"

#define START_MS 15000
#define SHOW_MS  5000

static struct pty pty;
static char folder[64];
static char port[8];

static void set_up(void)
{
    snprintf(folder, sizeof(folder), "/tmp/mqttlab-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("MQTTLAB_RUNTIME_DIR", folder, 1);
}

/* End the brokers that a crashed dashboard left behind: each has a socket
   named by its process. */
static void stop_brokers(void)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;

    while (entries && (entry = readdir(entries))) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 1)
            kill((pid_t)pid, SIGKILL);
    }
    if (entries)
        closedir(entries);
}

static void tear_down(void)
{
    char *command = alloc_printf("rm -rf %s", folder);

    pty_stop(&pty);
    stop_brokers();
    ck_assert_int_eq(system(command), 0);
    free(command);
}

/* A port that nobody has, nor the next; below those that clients are given. */
static void choose_port(void)
{
    for (unsigned number = 10000 + (unsigned)getpid() % 20000;; number += 2) {
        struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_addr = {htonl(INADDR_LOOPBACK)},
                                      .sin_port = htons((uint16_t)number)};
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        bool bound =
            bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

        close(fd);
        if (!bound)
            continue;
        snprintf(port, sizeof(port), "%u", number % 65536);
        return;
    }
}

static const char *program(void)
{
    const char *path = getenv("MQTTLAB");

    return path ? path : "build/release/mqttlab";
}

static void start(const char *term)
{
    const char *argv[] = {program(), "-p", port, NULL};

    choose_port();
    pty_start(&pty, argv, term, 24, 80);
}

static void start_and_see(void)
{
    start("xterm-256color");
    ck_assert_msg(pty_shows(&pty, "Nothing has reached it yet", START_MS), "%s",
                  buf_string(&pty.output));
}

/* ---- its size ---- */

/* In the environment, or by the terminal itself. */
START_TEST(of_a_terminal_without_end_a_part_is_used)
{
    const char *argv[] = {program(), "replay", "tests/screens/story.pcapng",
                          NULL};
    bool by_terminal = _i;

    setenv("LINES", by_terminal ? "" : "30000", 1);
    setenv("COLUMNS", by_terminal ? "" : "30000", 1);
    pty_start(&pty, argv, "xterm-256color", by_terminal ? 30000 : 24,
              by_terminal ? 30000 : 80);
    ck_assert_msg(pty_shows(&pty, "1Pkts", START_MS), "%s",
                  buf_string(&pty.output));
    if (by_terminal)
        ck_assert(pty_shows(&pty, "30000 x 30000 characters", SHOW_MS));
    unsetenv("LINES");
    unsetenv("COLUMNS");
    pty_press(&pty, "q");
    ck_assert_int_eq(pty_end(&pty, SHOW_MS), 0);
}
END_TEST

/* ---- a client of the test's own ---- */

/* A connection, or -1 when nobody listens. */
static int try_connection(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(port)),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool port_is_open(void)
{
    int fd = try_connection();

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* A connection; a broker that was just started may not listen yet. */
static int open_connection(void)
{
    for (int tries = 0; tries < 500; tries++) {
        int fd = try_connection();

        if (fd >= 0)
            return fd;
        poll(NULL, 0, 10);
    }
    ck_abort_msg("nobody listens on port %s", port);
    return -1;
}

static int connect_client(const char *client_id)
{
    const struct mqtt_connect connect_packet = {.version = MQTT_3_1_1,
                                                .clean_start = true,
                                                .client_id =
                                                    slice_of_string(client_id)};
    struct buf packet = {0};
    char answer[4];
    int fd = open_connection();

    connect_encode(&packet, &connect_packet);
    ck_assert_int_eq(write(fd, packet.bytes, packet.len), packet.len);
    ck_assert_int_eq(read(fd, answer, sizeof(answer)), 4);
    buf_release(&packet);
    return fd;
}

static void put_publish(struct buf *out, const char *topic)
{
    const struct mqtt_publish publish = {
        .topic = slice_of_string(topic),
        .payload = slice_of_string("0123456789abcdef0123456789abcdef"
                                   "0123456789abcdef0123456789abcdef")};

    publish_encode(out, MQTT_3_1_1, &publish);
}

/* ---- the terminal is given back ---- */

START_TEST(a_packet_is_seen_as_it_passes)
{
    struct buf packet = {0};
    int fd;

    start_and_see();
    fd = connect_client("seen-client");
    put_publish(&packet, "seen/topic");
    ck_assert_int_eq(write(fd, packet.bytes, packet.len), packet.len);
    ck_assert(pty_shows(&pty, "seen/topic", SHOW_MS));
    ck_assert(pty_shows(&pty, "seen-client", SHOW_MS));
    close(fd);
    buf_release(&packet);
}
END_TEST

START_TEST(who_publishes_is_told_whether_anybody_gets_it)
{
    start_and_see();
    pty_press(&pty, "p");
    ck_assert(pty_shows(&pty, "TOPIC MESSAGE", SHOW_MS));
    pty_press(&pty, "a/b hello\r");
    ck_assert(pty_shows(&pty, "subscribers that get it: 0", SHOW_MS));
}
END_TEST

START_TEST(leaving_restores_the_terminal_and_ends_the_broker)
{
    start_and_see();
    ck_assert(!pty_restored(&pty));
    pty_press(&pty, "q");
    ck_assert(pty_shows(&pty, "The broker ends as well", SHOW_MS));
    pty_press(&pty, "y");
    ck_assert_int_eq(pty_end(&pty, SHOW_MS), 0);
    ck_assert(pty_restored(&pty));
    ck_assert(pty_shows(&pty, "\033[?1049l", 0));
    ck_assert_int_eq(access(folder, F_OK), 0);
    ck_assert_int_ne(system("ls $MQTTLAB_RUNTIME_DIR/*.sock >/dev/null 2>&1"),
                     0);
}
END_TEST

static const struct {
    int signum;
    int code;
} signals[] = {
    {SIGTERM, 0            },
    {SIGHUP,  0            },
    {SIGINT,  0            },
    {SIGABRT, 128 + SIGABRT},
};

START_TEST(a_signal_restores_the_terminal)
{
    start_and_see();
    kill(pty.pid, signals[_i].signum);
    ck_assert_int_eq(pty_end(&pty, SHOW_MS), signals[_i].code);
    ck_assert(pty_restored(&pty));
    ck_assert(pty_shows(&pty, "\033[?1049l", 0));
}
END_TEST

/* The broker that a dashboard has started keeps no port when it crashes. */
START_TEST(a_crash_of_the_screen_ends_its_own_broker)
{
    bool listens = true;

    start_and_see();
    kill(pty.pid, SIGSEGV);
    pty_end(&pty, SHOW_MS);
    for (int tries = 0; listens && tries < 500; tries++) {
        listens = port_is_open();
        poll(NULL, 0, 10);
    }
    ck_assert(!listens);
}
END_TEST

START_TEST(another_size_gives_another_picture)
{
    start_and_see();
    pty_forget(&pty);
    pty_resize(&pty, 40, 120);
    ck_assert(pty_shows(&pty, "4 topics", SHOW_MS));
    pty_forget(&pty);
    pty_resize(&pty, 12, 40);
    ck_assert(pty_shows(&pty, "Tab=next", SHOW_MS));
}
END_TEST

START_TEST(the_mouse_chooses_a_view)
{
    start_and_see();
    pty_forget(&pty);
    /* A click on "2Ladder", as SGR mouse reports say it. */
    pty_press(&pty, "\033[<0;10;2M");
    ck_assert(pty_shows(&pty, "Column", SHOW_MS));
}
END_TEST

START_TEST(a_dumb_terminal_gets_the_tour)
{
    const char *argv[] = {program(), NULL};

    pty_start(&pty, argv, "dumb", 24, 80);
    ck_assert(pty_shows(&pty, "TERM=dumb cannot", START_MS));
    ck_assert(pty_shows(&pty, "a short tour", START_MS));
    ck_assert_int_eq(pty_end(&pty, 2 * START_MS), 0);
    ck_assert(pty_shows(&pty, "The subscriber printed: hello", 0));
    ck_assert_ptr_null(strstr(buf_string(&pty.output), "\033["));
}
END_TEST

START_TEST(no_color_is_obeyed)
{
    const char *argv[] = {"/usr/bin/env", "NO_COLOR=1", program(),
                          "-p",           port,         NULL};

    choose_port();
    pty_start(&pty, argv, "xterm-256color", 24, 80);
    ck_assert(pty_shows(&pty, "Nothing has reached it yet", START_MS));
    ck_assert_ptr_null(strstr(buf_string(&pty.output), "\033[38;5"));
    ck_assert_ptr_null(strstr(buf_string(&pty.output), "\033[48;5"));
}
END_TEST

/* Bold, underline and reverse are all that it has. */
START_TEST(a_terminal_without_colours_shows_everything)
{
    const char *argv[] = {program(), "-p", port, NULL};

    choose_port();
    pty_start(&pty, argv, "vt100", 24, 80);
    ck_assert(pty_shows(&pty, "Nothing has reached it yet", START_MS));
    int fd = connect_client("seen-client");
    ck_assert(pty_shows(&pty, "seen-client", SHOW_MS));
    for (int colour = 0; colour < 8; colour++) {
        char wanted[16];

        snprintf(wanted, sizeof(wanted), "\033[3%dm", colour);
        ck_assert_ptr_null(strstr(buf_string(&pty.output), wanted));
        snprintf(wanted, sizeof(wanted), "\033[4%dm", colour);
        ck_assert_ptr_null(strstr(buf_string(&pty.output), wanted));
    }
    ck_assert_ptr_nonnull(strstr(buf_string(&pty.output), "7m"));
    close(fd);
}
END_TEST

START_TEST(a_port_that_is_taken_is_explained)
{
    const char *argv[] = {program(), "-p", port, NULL};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    choose_port();
    address.sin_port = htons((uint16_t)atoi(port));
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    pty_start(&pty, argv, "xterm-256color", 24, 80);
    ck_assert(pty_shows(&pty, "is taken by", START_MS));
    ck_assert(pty_shows(&pty, "[p] start one on port", START_MS));
    pty_press(&pty, "p\n");
    ck_assert(pty_shows(&pty, "Nothing has reached it yet", START_MS));
    close(fd);
}
END_TEST

/* ---- a broker that comes back ---- */

static pid_t start_broker(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execl(program(), "mqttlab", "broker", "-p", port, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

static void stop_broker(pid_t pid)
{
    kill(pid, SIGTERM);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(a_broker_that_comes_back_is_watched_again)
{
    const char *argv[] = {program(), "attach", port, NULL};
    struct buf packet = {0};
    pid_t broker;
    int fd;

    choose_port();
    broker = start_broker();
    fd = connect_client("before");
    pty_start(&pty, argv, "xterm-256color", 24, 80);
    ck_assert(pty_shows(&pty, "LIVE", START_MS));
    close(fd);
    stop_broker(broker);
    ck_assert(pty_shows(&pty, "ENDED", SHOW_MS));
    broker = start_broker();
    fd = connect_client("after");
    /* It is looked for twice a second; what passes before that is not seen. */
    pty_forget(&pty);
    pty_read(&pty, 1500);
    put_publish(&packet, "again/topic");
    ck_assert_int_eq(write(fd, packet.bytes, packet.len), packet.len);
    ck_assert(pty_shows(&pty, "again/topic", SHOW_MS));
    close(fd);
    stop_broker(broker);
    buf_release(&packet);
}
END_TEST

/* ---- under load ---- */

struct load {
    int publisher;
    int subscriber;
    struct buf batch;
    uint64_t next_ns;
};

enum { BATCH = 50, BATCH_MS = 10 }; /* and as many copies: 10,000 a second */

static void begin_load(struct load *load)
{
    const struct mqtt_subscription subscription = {.topic_filter =
                                                       slice_of_string("load")};
    struct buf filters = {0};
    struct mqtt_subscribe subscribe = {.packet_id = 1, .count = 1};
    struct buf packet = {0};
    char answer[5];

    load->publisher = connect_client("load-publisher");
    load->subscriber = connect_client("load-subscriber");
    subscribe_put(&filters, MQTT_SUBSCRIBE, &subscription);
    subscribe.filters = buf_slice(&filters);
    subscribe_encode(&packet, MQTT_3_1_1, MQTT_SUBSCRIBE, &subscribe);
    ck_assert_int_eq(write(load->subscriber, packet.bytes, packet.len),
                     packet.len);
    ck_assert_int_eq(read(load->subscriber, answer, sizeof(answer)), 5);
    fcntl(load->subscriber, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < BATCH; i++)
        put_publish(&load->batch, "load");
    load->next_ns = clock_read_monotonic_ns();
    buf_release(&filters);
    buf_release(&packet);
}

/* Publish what is due, read what has come. */
static void go_on(struct load *load)
{
    char bytes[65536];

    while (clock_read_monotonic_ns() >= load->next_ns) {
        ck_assert_int_eq(
            write(load->publisher, load->batch.bytes, load->batch.len),
            load->batch.len);
        load->next_ns += BATCH_MS * CLOCK_NS_PER_MS;
    }
    while (read(load->subscriber, bytes, sizeof(bytes)) > 0)
        ;
}

/* How long until the help is seen after its key was pressed. */
static uint64_t time_key(struct load *load)
{
    uint64_t start_ns;
    uint64_t seen_ns;

    pty_forget(&pty);
    start_ns = clock_read_monotonic_ns();
    pty_press(&pty, "?");
    while (!pty_shows(&pty, "In this view", 1)) {
        go_on(load);
        ck_assert(clock_read_monotonic_ns() - start_ns < 5 * CLOCK_NS_PER_S);
    }
    seen_ns = clock_read_monotonic_ns();
    pty_press(&pty, "q");
    return seen_ns - start_ns;
}

static int compare_times(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a;
    uint64_t second = *(const uint64_t *)b;

    return (first > second) - (first < second);
}

/* The number behind "lost " in the header of a saved screen. */
static long lost_records(void)
{
    char *path = alloc_printf("%s/screen.txt", folder);
    char *keys = alloc_printf(":save-display %s\r", path);
    char line[256] = "";
    char *at;
    FILE *file = NULL;

    pty_press(&pty, keys);
    for (int i = 0; i < 500 && !file; i++) {
        pty_read(&pty, 20);
        file = fopen(path, "r");
    }
    pty_read(&pty, 300);
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
    printf("terminal: %s", line);
    at = strstr(line, "lost ");
    ck_assert_msg(at != NULL, "%s", line);
    fclose(file);
    free(path);
    free(keys);
    return strtol(at + 5, NULL, 10);
}

/*
 * 10,000 packets a second with keys pressed: none is lost, and each key is
 * seen. How soon is printed; LOAD_SECONDS=60 in the environment (make nightly)
 * runs it for longer, and then the 99th percentile must be under 50 ms.
 */
START_TEST(no_record_is_lost_and_keys_are_seen_at_once_under_load)
{
    const char *wanted = getenv("LOAD_SECONDS");
    int seconds = wanted ? atoi(wanted) : 4;
    uint64_t end_ns;
    uint64_t times[4096];
    size_t count = 0;
    struct load load = {0};

    start_and_see();
    begin_load(&load);
    end_ns = clock_read_monotonic_ns() + (uint64_t)seconds * CLOCK_NS_PER_S;
    while (clock_read_monotonic_ns() < end_ns && count < 4096) {
        static const char *const keys[] = {"k", "F", "2", "Z", "Z", "1"};

        times[count++] = time_key(&load);
        for (int i = 0; i < 10; i++) {
            go_on(&load);
            pty_read(&pty, 3);
        }
        pty_press(&pty, keys[count % 6]);
    }
    pty_press(&pty, "1");
    qsort(times, count, sizeof(times[0]), compare_times);
    printf("terminal: %zu keys at 10,000 packets/s: median %.1f ms,"
           " 99th percentile %.1f ms\n",
           count, (double)times[count / 2] / 1e6,
           (double)times[count * 99 / 100] / 1e6);
    ck_assert_uint_gt(count, (size_t)seconds * 4);
    if (wanted)
        ck_assert_uint_lt(times[count * 99 / 100], 50 * CLOCK_NS_PER_MS);
    ck_assert_int_eq(lost_records(), 0);
    close(load.publisher);
    close(load.subscriber);
    buf_release(&load.batch);
}
END_TEST

Suite *terminal_suite(void)
{
    Suite *suite = suite_create("terminal");
    TCase *tcase = unit_case(suite, "terminal", 150);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_packet_is_seen_as_it_passes);
    tcase_add_loop_test(tcase, of_a_terminal_without_end_a_part_is_used, 0, 2);
    tcase_add_test(tcase, who_publishes_is_told_whether_anybody_gets_it);
    tcase_add_test(tcase, leaving_restores_the_terminal_and_ends_the_broker);
    tcase_add_loop_test(tcase, a_signal_restores_the_terminal, 0,
                        sizeof(signals) / sizeof(signals[0]));
    tcase_add_test(tcase, a_crash_of_the_screen_ends_its_own_broker);
    tcase_add_test(tcase, another_size_gives_another_picture);
    tcase_add_test(tcase, the_mouse_chooses_a_view);
    tcase_add_test(tcase, a_dumb_terminal_gets_the_tour);
    tcase_add_test(tcase, no_color_is_obeyed);
    tcase_add_test(tcase, a_terminal_without_colours_shows_everything);
    tcase_add_test(tcase, a_port_that_is_taken_is_explained);
    tcase_add_test(tcase, a_broker_that_comes_back_is_watched_again);

    TCase *load = unit_case(suite, "load", 150);
    tcase_add_checked_fixture(load, set_up, tear_down);
    tcase_add_test(load,
                   no_record_is_lost_and_keys_are_seen_at_once_under_load);
    return suite;
}
