#include "suites.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "kill_client.h"

/*
 * The broker is killed at random instants while messages of QoS 1 and 2 pass
 * through it, and started again. What was acknowledged must arrive: at QoS 1 at
 * least once, at QoS 2 exactly once; sessions and subscriptions must be there.
 *
 * KILL_ROUNDS says how often (20), KILL_SEED which instants.
 */

#define WINDOW       100u
#define MAX_ROUND_MS 200u
#define PATIENCE_MS  60000u

enum { TO_1, TO_2, FROM_1, FROM_2, CLIENTS };

static struct kill_client clients[CLIENTS];
static char folder[64];
static char conf[96];
static uint16_t port;
static pid_t broker;

static uint64_t now_ms(void)
{
    return clock_read_monotonic_ns() / CLOCK_NS_PER_MS;
}

static unsigned number_from(const char *name, unsigned absent)
{
    const char *text = getenv(name);

    return text && *text ? (unsigned)strtoul(text, NULL, 10) : absent;
}

/* ---- the broker ---- */

static void write_conf(const char *sync)
{
    FILE *to = fopen(conf, "w");

    ck_assert_ptr_nonnull(to);
    fprintf(to,
            "listener %u 127.0.0.1\nallow_anonymous true\n"
            "persistence true\npersistence_location %s\n"
            "persistence_sync %s\nlog_type error\nlog_type warning\n"
            "max_queued_messages 0\n",
            (unsigned)port, folder, sync);
    fclose(to);
}

static void start_broker(unsigned round)
{
    const char *program = getenv("MQTTLAB");

    write_conf(round % 2 ? "full" : "normal");
    broker = fork();
    ck_assert_int_ge(broker, 0);
    if (broker == 0) {
        execl(program, program, "broker", "--no-control", "-c", conf,
              (char *)NULL);
        _exit(127);
    }
}

static void kill_broker(void)
{
    int status;

    kill(broker, SIGKILL);
    waitpid(broker, &status, 0);
    broker = 0;
    ck_assert_msg(WIFSIGNALED(status), "the broker ended by itself: %d",
                  status);
}

/* ---- the clients ---- */

/* Not all subscribers are always there: then their messages wait in the
   store. */
static void connect_some(unsigned round)
{
    uint64_t end_ms = now_ms() + PATIENCE_MS;

    for (size_t i = 0; i < CLIENTS; i++) {
        if (round && !clients[i].publishes && rand() % 3 == 0)
            continue;
        while (!kill_client_connect(&clients[i], port)) {
            ck_assert_msg(waitpid(broker, NULL, WNOHANG) == 0,
                          "the broker does not start again");
            ck_assert_msg(now_ms() < end_ms, "nobody listens");
            poll(NULL, 0, 5);
        }
    }
}

static void run_once(void)
{
    struct pollfd waiting[CLIENTS];
    int status;

    ck_assert_msg(waitpid(broker, &status, WNOHANG) == 0,
                  "the broker ended by itself: status %x", (unsigned)status);

    for (size_t i = 0; i < CLIENTS; i++)
        waiting[i] = (struct pollfd){.fd = clients[i].fd,
                                     .events = kill_client_events(&clients[i])};
    poll(waiting, CLIENTS, 10);
    for (size_t i = 0; i < CLIENTS; i++)
        kill_client_run(&clients[i]);
}

static void drop_all(void)
{
    for (size_t i = 0; i < CLIENTS; i++)
        kill_client_drop(&clients[i]);
}

/* Let go what is to go, before the first message. */
static void wait_for_subscribers(void)
{
    uint64_t end_ms = now_ms() + PATIENCE_MS;

    while (!clients[TO_1].subscribed || !clients[TO_2].subscribed) {
        ck_assert_msg(now_ms() < end_ms, "no SUBACK");
        run_once();
    }
    clients[FROM_1].window = clients[FROM_2].window = WINDOW;
}

/* How much is missing. */
static uint32_t missing(void)
{
    uint32_t sum = clients[FROM_1].under_way + clients[FROM_2].under_way;

    for (size_t i = 0; i < 2; i++) {
        for (uint32_t n = 0; n < clients[FROM_1 + i].next; n++)
            sum += kill_client_count(&clients[TO_1 + i], n) == 0;
    }
    return sum;
}

/* Nothing new: let everything come to its end. */
static void drain(void)
{
    uint64_t end_ms = now_ms() + PATIENCE_MS;

    clients[FROM_1].window = clients[FROM_2].window = 0;
    while (missing() && now_ms() < end_ms) {
        uint64_t look_ms = now_ms() + 50;

        while (now_ms() < look_ms)
            run_once();
    }
    for (uint64_t more_ms = now_ms() + 200; now_ms() < more_ms;)
        run_once(); /* what comes twice */
}

static void expect_books(unsigned seed)
{
    uint32_t lost[2] = {0};
    uint32_t twice = 0;

    for (size_t i = 0; i < CLIENTS; i++)
        ck_assert_msg(!clients[i].error[0], "%s (KILL_SEED=%u)",
                      clients[i].error, seed);
    for (size_t i = 0; i < 2; i++) {
        for (uint32_t n = 0; n < clients[FROM_1 + i].next; n++)
            lost[i] += kill_client_count(&clients[TO_1 + i], n) == 0;
    }
    for (uint32_t n = 0; n < clients[FROM_2].next; n++)
        twice += kill_client_count(&clients[TO_2], n) > 1;
    ck_assert_msg(!lost[0] && !lost[1] && !twice,
                  "%u of QoS 1 and %u of QoS 2 are lost, %u of QoS 2 came "
                  "twice (KILL_SEED=%u)",
                  lost[0], lost[1], twice, seed);
    ck_assert_msg(!clients[TO_1].out_of_order && !clients[TO_2].out_of_order,
                  "%u and %u are out of order (KILL_SEED=%u)",
                  clients[TO_1].out_of_order, clients[TO_2].out_of_order, seed);
}

static void set_up(void)
{
    snprintf(folder, sizeof(folder), "/tmp/mqttlab-unit.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(conf, sizeof(conf), "%s/conf", folder);
    port = (uint16_t)(20000 + clock_read_monotonic_ns() / 1000 % 12000);
    kill_client_init(&clients[TO_1], "to-1", "one", 1, false);
    kill_client_init(&clients[TO_2], "to-2", "two", 2, false);
    kill_client_init(&clients[FROM_1], "from-1", "one", 1, true);
    kill_client_init(&clients[FROM_2], "from-2", "two", 2, true);
}

static void tear_down(void)
{
    static const char *const names[] = {"conf", "mqttlab.db", "mqttlab.db-wal",
                                        "mqttlab.db-shm", "mqttlab.db-lock"};
    char path[128];

    if (broker > 0) {
        kill(broker, SIGKILL);
        waitpid(broker, NULL, 0);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        kill_client_release(&clients[i]);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

START_TEST(nothing_that_was_acknowledged_is_lost_however_often_it_is_killed)
{
    unsigned rounds = number_from("KILL_ROUNDS", 20);
    unsigned seed =
        number_from("KILL_SEED", (unsigned)clock_read_monotonic_ns());

    srand(seed);
    for (unsigned round = 0; round < rounds; round++) {
        start_broker(round);
        connect_some(round);
        if (round == 0)
            wait_for_subscribers();
        uint64_t end_ms = now_ms() + (unsigned)rand() % MAX_ROUND_MS;
        while (now_ms() < end_ms)
            run_once();
        kill_broker();
        drop_all();
    }
    start_broker(rounds);
    connect_some(0);
    drain();
    printf("%u times killed, %u and %u messages of QoS 1 and 2, KILL_SEED=%u\n",
           rounds, clients[FROM_1].next, clients[FROM_2].next, seed);
    expect_books(seed);
    ck_assert_uint_gt(clients[FROM_1].next, rounds);
    ck_assert_uint_gt(clients[FROM_2].next, rounds);
}
END_TEST

Suite *durable_kill_suite(void)
{
    Suite *suite = suite_create("durable_kill");
    TCase *tcase = unit_case(suite, "durable_kill",
                             number_from("KILL_ROUNDS", 20) * 10 + 200);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    if (getenv("MQTTLAB"))
        tcase_add_test(
            tcase,
            nothing_that_was_acknowledged_is_lost_however_often_it_is_killed);
    return suite;
}
