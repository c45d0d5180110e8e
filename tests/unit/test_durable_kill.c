#include "suites.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "kill_client.h"

/*
 * The broker is killed at random instants while messages of QoS 1 and 2 pass
 * through it, and started again. What was acknowledged must arrive: at QoS 1 at
 * least once, at QoS 2 exactly once; sessions and subscriptions that were
 * granted must be there, and the retained message that was acknowledged last.
 *
 * KILL_ROUNDS says how often (20), KILL_SEED which instants.
 */

#define WINDOW       100u
#define FEW          3u
#define MAX_ROUND_MS 200u
#define PATIENCE_MS  60000u

enum {
    TO_1,
    TO_2,
    FROM_1,
    FROM_2,
    RETAINS,  /* publishes retained messages of one topic */
    NEWCOMER, /* another Client Identifier in every round */
    CLIENTS,
};

/* What the newcomer of a round was granted before the broker was killed. */
struct granted {
    char id[16];
    bool session;
    bool subscription;
};

static struct granted *granted;
static unsigned rounds;

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
        if (round && (i == TO_1 || i == TO_2) && rand() % 3 == 0)
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
    clients[RETAINS].window = FEW;
}

/* How much is missing. */
static uint32_t missing(void)
{
    uint32_t sum = clients[FROM_1].under_way + clients[FROM_2].under_way +
                   clients[RETAINS].under_way;

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
    clients[RETAINS].window = 0;
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
    kill_client_init(&clients[RETAINS], "retains", "kept", 1, true);
    clients[RETAINS].retains = true;
    kill_client_init(&clients[NEWCOMER], "newcomer", "later", 1, false);
    rounds = number_from("KILL_ROUNDS", 20);
    granted = alloc_zero(rounds, sizeof(*granted));
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
    free(granted);
}

/* ---- newcomers ---- */

static void bring_newcomer(unsigned round, bool back)
{
    struct granted *what = &granted[round];

    kill_client_release(&clients[NEWCOMER]);
    snprintf(what->id, sizeof(what->id), "new-%u", round);
    kill_client_init(&clients[NEWCOMER], what->id, "later", 1, false);
    clients[NEWCOMER].known = back && what->session;
    clients[NEWCOMER].subscribed = back && what->subscription;
}

static void note_newcomer(unsigned round)
{
    granted[round].session = clients[NEWCOMER].up;
    granted[round].subscription = clients[NEWCOMER].subscribed;
}

static void run_until(const bool *done, const char *what, unsigned seed)
{
    uint64_t end_ms = now_ms() + PATIENCE_MS;

    while (!*done) {
        ck_assert_msg(now_ms() < end_ms, "%s (KILL_SEED=%u)", what, seed);
        run_once();
    }
}

/* One message to all who had subscribed. Returns its number. */
static uint32_t publish_to_newcomers(unsigned seed)
{
    struct kill_client *from = &clients[RETAINS];
    uint32_t number = from->next;
    uint64_t end_ms = now_ms() + PATIENCE_MS;

    from->topic = "later";
    from->retains = false;
    ck_assert(kill_client_connect(from, port));
    from->window = 1;
    while (!kill_client_count(from, number)) {
        ck_assert_msg(now_ms() < end_ms, "no PUBACK (KILL_SEED=%u)", seed);
        run_once();
        if (from->under_way)
            from->window = 0;
    }
    return number;
}

static void expect_newcomers(unsigned seed)
{
    uint32_t number = publish_to_newcomers(seed);
    struct kill_client *newcomer = &clients[NEWCOMER];

    for (unsigned round = 0; round < rounds; round++) {
        uint64_t end_ms = now_ms() + PATIENCE_MS;

        bring_newcomer(round, true);
        ck_assert(kill_client_connect(newcomer, port));
        run_until(&newcomer->up, "no CONNACK", seed);
        while (granted[round].subscription &&
               !kill_client_count(newcomer, number)) {
            ck_assert_msg(now_ms() < end_ms,
                          "the subscription of %s is lost (KILL_SEED=%u)",
                          newcomer->id, seed);
            run_once();
        }
        ck_assert_msg(!newcomer->error[0], "%s (KILL_SEED=%u)", newcomer->error,
                      seed);
    }
}

static void expect_retained(unsigned seed)
{
    uint32_t last = clients[RETAINS].next - 1;
    uint64_t end_ms = now_ms() + PATIENCE_MS;
    struct kill_client *reader = &clients[NEWCOMER];

    kill_client_release(reader);
    kill_client_init(reader, "reader", "kept", 1, false);
    ck_assert(kill_client_connect(reader, port));
    while (!kill_client_count(reader, last)) {
        ck_assert_msg(now_ms() < end_ms,
                      "message %u is not retained (KILL_SEED=%u)", last, seed);
        run_once();
    }
}

START_TEST(nothing_that_was_acknowledged_is_lost_however_often_it_is_killed)
{
    unsigned seed =
        number_from("KILL_SEED", (unsigned)clock_read_monotonic_ns());

    srand(seed);
    for (unsigned round = 0; round < rounds; round++) {
        start_broker(round);
        bring_newcomer(round, false);
        connect_some(round);
        if (round == 0)
            wait_for_subscribers();
        uint64_t end_ms = now_ms() + (unsigned)rand() % MAX_ROUND_MS;
        while (now_ms() < end_ms)
            run_once();
        kill_broker();
        note_newcomer(round);
        drop_all();
    }
    start_broker(rounds);
    connect_some(0);
    drain();
    kill_broker();
    drop_all();
    start_broker(rounds + 1);
    connect_some(0);
    printf("%u times killed, %u and %u messages of QoS 1 and 2, KILL_SEED=%u\n",
           rounds, clients[FROM_1].next, clients[FROM_2].next, seed);
    expect_books(seed);
    kill_client_drop(&clients[RETAINS]);
    expect_retained(seed);
    expect_newcomers(seed);
    ck_assert_uint_gt(clients[FROM_1].next, rounds);
    ck_assert_uint_gt(clients[FROM_2].next, rounds);
}
END_TEST

Suite *durable_kill_suite(void)
{
    Suite *suite = suite_create("durable_kill");
    TCase *tcase = unit_case(suite, "durable_kill",
                             number_from("KILL_ROUNDS", 20) * 10 + 300);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    if (getenv("MQTTLAB"))
        tcase_add_test(
            tcase,
            nothing_that_was_acknowledged_is_lost_however_often_it_is_killed);
    return suite;
}
