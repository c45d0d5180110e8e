#include "client/bench.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/process.h"
#include "client/bench_state.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Connections that are being made at once. */
#define OPENING_AT_ONCE 50

#define TICK_MS 20

/* Of a timed run so much is not measured: windows fill, caches warm. */
#define WARM_UP_NS (300 * CLOCK_NS_PER_MS)

/* Idle connections are looked at so long after the last came. */
#define IDLE_NS (500 * CLOCK_NS_PER_MS)

/* When nothing happens for so long, what is under way is lost. */
#define STALL_NS    CLOCK_NS_PER_S
#define PATIENCE_NS (15 * CLOCK_NS_PER_S)

static const char *const names[] = {
    [BENCH_PAIRS] = "pairs",           [BENCH_FAN_IN] = "fan-in",
    [BENCH_FAN_OUT] = "fan-out",       [BENCH_SHARED] = "shared",
    [BENCH_PING_PONG] = "ping-pong",   [BENCH_RETAINED] = "retained",
    [BENCH_CONNECT] = "connect",       [BENCH_IDLE] = "idle",
    [BENCH_SUBSCRIBED] = "subscribed", [BENCH_FILTERS] = "filters",
    [BENCH_MESSAGES] = "messages",     [BENCH_START] = "start",
};

const char *bench_workload_name(unsigned workload)
{
    return workload < sizeof(names) / sizeof(names[0]) ? names[workload] : NULL;
}

double bench_rate(const struct bench_result *result)
{
    return result->seconds > 0 ? (double)result->measured / result->seconds
                               : -1;
}

double bench_cpu_us(const struct bench_result *result)
{
    return result->broker_cpu_us >= 0 && result->measured
               ? (double)result->broker_cpu_us / (double)result->measured
               : -1;
}

/* --- the end -------------------------------------------------------------- */

static void close_all(struct bench *bench)
{
    if (bench->phase == BENCH_CLOSING)
        return;
    bench->phase = BENCH_CLOSING;
    timer_cancel(&bench->tick);
    loop_task_cancel(&bench->refill_task);
    for (int i = 0; i < 2; i++)
        loop_signal_close(&bench->signals[i]);
    for (unsigned i = 0; i < bench->publisher_count; i++)
        bench_peer_close(&bench->publishers[i]);
    for (unsigned i = 0; i < bench->subscriber_count; i++)
        bench_peer_close(&bench->subscribers[i]);
    bench_peer_close(&bench->filler);
}

void bench_fail(struct bench *bench, const char *format, ...)
{
    va_list args;

    if (bench->phase == BENCH_CLOSING)
        return;
    va_start(args, format);
    vsnprintf(bench->result->error, sizeof(bench->result->error), format, args);
    va_end(args);
    close_all(bench);
}

static void on_signal(struct loop_signal *signal)
{
    struct bench *bench = LIST_ITEM(signal, struct bench,
                                    signals[signal->signal.signum == SIGTERM]);

    bench->result->interrupted = true;
    bench_fail(bench, "interrupted");
}

/* --- measuring ------------------------------------------------------------ */

static void begin_measuring(struct bench *bench, uint64_t now_ns)
{
    bench->phase = BENCH_MEASURING;
    bench->from_ns = now_ns;
    bench->from_count = bench->result->delivered;
    bench->from_own_us = clock_process_cpu_us(0);
    bench->from_broker_us =
        bench->plan->pid ? clock_process_cpu_us(bench->plan->pid) : -1;
}

static void end_measuring(struct bench *bench, uint64_t now_ns)
{
    struct bench_result *result = bench->result;
    int64_t broker_us =
        bench->plan->pid ? clock_process_cpu_us(bench->plan->pid) : -1;

    result->seconds = (double)(now_ns - bench->from_ns) / 1e9;
    result->measured = result->delivered - bench->from_count;
    result->generator_cpu_us = clock_process_cpu_us(0) - bench->from_own_us;
    result->broker_cpu_us = broker_us < 0 || bench->from_broker_us < 0
                                ? -1
                                : broker_us - bench->from_broker_us;
}

static uint64_t progress(const struct bench *bench)
{
    return bench->result->delivered + bench->acknowledged + bench->released +
           bench->ready + bench->settled;
}

/* Everything that was published is where it should be. */
static bool all_done(const struct bench *bench)
{
    const struct bench_result *result = bench->result;

    return result->delivered >= result->published * bench->fan &&
           (bench->plan->qos == 0 ||
            bench->acknowledged >= result->published) &&
           (bench->plan->qos < 2 ||
            bench->released >= result->published * bench->fan);
}

static void finish(struct bench *bench)
{
    struct bench_result *result = bench->result;
    uint64_t due = result->published * bench->fan;

    if (bench->plan->messages)
        end_measuring(bench, clock_read_monotonic_ns());
    if (due > result->delivered)
        result->lost = due - result->delivered;
    close_all(bench);
}

void bench_check(struct bench *bench)
{
    if (bench->phase == BENCH_DRAINING && all_done(bench))
        finish(bench);
}

/* --- the course ----------------------------------------------------------- */

static bool publishing(const struct bench *bench)
{
    return bench->phase == BENCH_WARMING || bench->phase == BENCH_MEASURING;
}

static void refill(struct loop_task *task)
{
    struct bench *bench = LIST_ITEM(task, struct bench, refill_task);
    const struct bench_plan *plan = bench->plan;

    for (struct list *node; (node = list_take_first(&bench->hungry));) {
        struct bench_peer *publisher =
            LIST_ITEM(node, struct bench_peer, hungry);
        uint64_t limit = plan->messages
                             ? plan->messages - bench->result->published
                             : UINT64_MAX;

        if (publishing(bench))
            bench->result->published += bench_peer_publish(publisher, limit);
    }
    if (publishing(bench) && plan->messages &&
        bench->result->published == plan->messages)
        bench->phase = BENCH_DRAINING;
    bench_check(bench);
}

static void begin(struct bench *bench)
{
    bench->begun_ns = clock_read_monotonic_ns();
    bench->phase = BENCH_WARMING;
    if (bench->plan->messages)
        begin_measuring(bench, bench->begun_ns);
    if (bench->plan->workload == BENCH_RETAINED)
        bench_peer_ask(&bench->subscribers[0]);
    if (bench->plan->workload == BENCH_CONNECT) {
        for (unsigned i = 0; i < bench->publisher_count; i++)
            bench_peer_leave(&bench->publishers[i]);
    }
    /* Without subscribers there is nothing to publish: connections alone. */
    for (unsigned i = 0; bench->subscriber_count && i < bench->publisher_count;
         i++)
        list_append(&bench->hungry, &bench->publishers[i].hungry);
    loop_at_end(&bench->loop, &bench->refill_task);
}

void bench_filled(struct bench *bench)
{
    begin(bench);
}

static unsigned peer_count(const struct bench *bench)
{
    return bench->publisher_count + bench->subscriber_count + bench->has_filler;
}

static struct bench_peer *peer_at(struct bench *bench, unsigned index)
{
    if (index < bench->subscriber_count)
        return &bench->subscribers[index];
    index -= bench->subscriber_count;
    return index < bench->publisher_count ? &bench->publishers[index]
                                          : &bench->filler;
}

static bool open_peer(struct bench_peer *peer)
{
    const struct bench_plan *plan = peer->bench->plan;
    int error = bench_peer_open(peer);

    if (error)
        bench_fail(peer->bench, "cannot connect to %s port %d: %s", plan->host,
                   plan->port, strerror(-error));
    return !error;
}

static void open_more(struct bench *bench)
{
    while (bench->started < peer_count(bench) &&
           bench->started - bench->ready < OPENING_AT_ONCE) {
        if (!open_peer(peer_at(bench, bench->started)))
            return;
        bench->started++;
    }
}

/* BENCH_CONNECT: one connection more was made; away with it. */
static void count_connection(struct bench_peer *peer)
{
    struct bench *bench = peer->bench;

    bench->result->published++;
    bench->result->delivered++;
    if (bench->phase == BENCH_MEASURING)
        histogram_add(&bench->result->latency,
                      clock_read_monotonic_ns() - peer->opened_ns);
    bench_peer_leave(peer);
}

static void on_all_ready(struct bench *bench)
{
    if (!bench->has_filler) {
        begin(bench);
        return;
    }
    bench->phase = BENCH_FILLING;
    if (bench_is_memory(bench->plan->workload) && bench->plan->pid)
        bench->private_bytes = process_private_bytes(bench->plan->pid);
    bench_fill_begin(bench);
}

void bench_ready(struct bench_peer *peer)
{
    struct bench *bench = peer->bench;

    if (bench->phase == BENCH_OPENING) {
        bench->ready++;
        open_more(bench);
        if (bench->ready == peer_count(bench))
            on_all_ready(bench);
    } else if (bench->plan->workload == BENCH_CONNECT) {
        count_connection(peer);
    }
}

/* The loop ends by itself when nothing is open. */
void bench_closed(struct bench_peer *peer)
{
    if (peer->bench->plan->workload == BENCH_CONNECT && publishing(peer->bench))
        open_peer(peer);
}

/* Nothing has happened for a while. */
static void on_stall(struct bench *bench, uint64_t quiet_ns)
{
    bool may_lose = bench->plan->qos == 0;

    if (bench->phase == BENCH_DRAINING && (may_lose || quiet_ns > PATIENCE_NS))
        finish(bench);
    else if (quiet_ns > PATIENCE_NS)
        bench_fail(bench, "the broker does nothing any more");
    else if (may_lose && publishing(bench) && bench->subscriber_count)
        bench_forget(bench);
}

static void watch_progress(struct bench *bench, uint64_t now_ns)
{
    if (progress(bench) != bench->progress) {
        bench->progress = progress(bench);
        bench->progress_ns = now_ns;
    } else if (now_ns - bench->progress_ns > STALL_NS) {
        on_stall(bench, now_ns - bench->progress_ns);
    }
}

/* What one of what was brought costs; negative: it is not known. */
static double memory_of_one(const struct bench *bench, int64_t bytes)
{
    const struct bench_plan *plan = bench->plan;
    double stored = plan->stored;

    if (bytes < 0 || bench->private_bytes < 0)
        return -1;
    if (plan->workload == BENCH_START)
        return (double)bytes;
    double more = (double)(bytes - bench->private_bytes);
    if (plan->workload == BENCH_MESSAGES)
        more -= (double)bench->fill_bytes;
    if (more < 0) /* a few find room in what others have left */
        more = 0;
    return more / (bench->has_filler ? stored : plan->connections);
}

static void look_at_memory(struct bench *bench)
{
    int pid = bench->plan->pid;

    bench->result->bytes =
        memory_of_one(bench, pid ? process_private_bytes(pid) : -1);
    close_all(bench);
}

static void advance(struct bench *bench, uint64_t now_ns)
{
    uint64_t run_ns = (uint64_t)(bench->plan->seconds * 1e9);

    if (bench->phase == BENCH_WARMING &&
        bench_is_memory(bench->plan->workload)) {
        if (now_ns - bench->begun_ns >= IDLE_NS)
            look_at_memory(bench);
    } else if (bench->phase == BENCH_WARMING &&
               now_ns - bench->begun_ns >= WARM_UP_NS) {
        begin_measuring(bench, now_ns);
    } else if (bench->phase == BENCH_MEASURING && !bench->plan->messages &&
               now_ns - bench->from_ns >= run_ns) {
        end_measuring(bench, now_ns);
        bench->phase = BENCH_DRAINING;
        bench_check(bench);
    }
}

static void on_tick(struct timer *timer)
{
    struct bench *bench = LIST_ITEM(timer, struct bench, tick);
    uint64_t now_ns = clock_read_monotonic_ns();

    advance(bench, now_ns);
    if (bench->phase != BENCH_CLOSING)
        watch_progress(bench, now_ns);
    if (bench->phase != BENCH_CLOSING)
        timer_set(&bench->loop, timer, TICK_MS);
}

/* --- the beginning -------------------------------------------------------- */

static struct bench_peer *make_peers(struct bench *bench, unsigned count,
                                     bool subscriber)
{
    struct bench_peer *peers = alloc_zero(count + 1, sizeof(*peers));
    size_t senders = bench->publisher_count;

    if (bench->plan->workload == BENCH_RETAINED)
        senders = bench->plan->stored;
    for (unsigned i = 0; i < count; i++) {
        peers[i].bench = bench;
        peers[i].index = i;
        peers[i].subscriber = subscriber;
        list_init(&peers[i].hungry);
        if (subscriber)
            peers[i].expected = alloc_zero(senders, sizeof(uint32_t));
        else
            bench_peer_prepare(&peers[i]);
    }
    return peers;
}

/* How many of each there are. */
static void count_peers(struct bench *bench)
{
    const struct bench_plan *plan = bench->plan;
    unsigned publishers = plan->connections;
    unsigned subscribers = publishers;

    switch (plan->workload) {
    case BENCH_PAIRS:
    case BENCH_PING_PONG:
    case BENCH_SUBSCRIBED: break;
    case BENCH_FAN_IN: subscribers = 1; break;
    case BENCH_FAN_OUT: publishers = 1; break;
    case BENCH_SHARED: subscribers = plan->receivers; break;
    case BENCH_RETAINED: subscribers = 1; break;
    case BENCH_CONNECT:
    case BENCH_IDLE:
    case BENCH_FILTERS:
    case BENCH_MESSAGES:
    case BENCH_START: subscribers = 0; break;
    }
    if (plan->workload == BENCH_SUBSCRIBED ||
        plan->workload == BENCH_RETAINED || plan->workload >= BENCH_FILTERS)
        publishers = 0;
    bench->publisher_count = publishers;
    bench->subscriber_count = subscribers;
    bench->has_filler = plan->stored > 0;
    bench->fan = plan->workload == BENCH_FAN_OUT ? subscribers : 1;
}

static void set_up(struct bench *bench)
{
    const struct bench_plan *plan = bench->plan;
    uint64_t random[2];

    map_random_seed(random);
    snprintf(bench->token, sizeof(bench->token), "%08x", (unsigned)random[0]);
    count_peers(bench);
    if (plan->workload == BENCH_FAN_OUT)
        bench->landed = alloc_zero(plan->window, sizeof(uint16_t));
    bench->publishers = make_peers(bench, bench->publisher_count, false);
    bench->subscribers = make_peers(bench, bench->subscriber_count, true);
    bench->filler = (struct bench_peer){.bench = bench, .filler = true};
    list_init(&bench->filler.hungry);
    bench->private_bytes = plan->pid ? process_private_bytes(plan->pid) : -1;
    bench->progress_ns = clock_read_monotonic_ns();
}

/* Always something to do: the loop never waits. */
static void stay_awake(struct loop_task *task)
{
    struct bench *bench = LIST_ITEM(task, struct bench, awake_task);

    if (bench->phase != BENCH_CLOSING)
        loop_at_end(&bench->loop, task);
}

static void start(struct bench *bench)
{
    static const int numbers[2] = {SIGINT, SIGTERM};

    list_init(&bench->hungry);
    loop_task_init(&bench->refill_task, refill);
    loop_task_init(&bench->awake_task, stay_awake);
    if (bench->plan->never_sleep)
        loop_at_end(&bench->loop, &bench->awake_task);
    timer_init(&bench->tick, on_tick);
    timer_set(&bench->loop, &bench->tick, TICK_MS);
    for (int i = 0; i < 2; i++)
        loop_signal_open(&bench->loop, &bench->signals[i], numbers[i],
                         on_signal);
    if (peer_count(bench) == 0)
        on_all_ready(bench);
    open_more(bench);
}

static void release(struct bench *bench)
{
    for (unsigned i = 0; i < bench->publisher_count; i++)
        bench_peer_release(&bench->publishers[i]);
    for (unsigned i = 0; i < bench->subscriber_count; i++)
        bench_peer_release(&bench->subscribers[i]);
    bench_peer_release(&bench->filler);
    free(bench->publishers);
    free(bench->subscribers);
    free(bench->landed);
    bench_way_release(bench);
    loop_release(&bench->loop);
}

/* The plan without what makes no sense for its load. */
static struct bench_plan sensible(const struct bench_plan *plan)
{
    struct bench_plan own = *plan;

    if (plan->workload == BENCH_PING_PONG)
        own.window = 1;
    if (!bench_has_messages(plan->workload))
        own.qos = 0;
    if (!bench_has_messages(plan->workload) || plan->workload == BENCH_RETAINED)
        own.messages = 0;
    if (plan->workload == BENCH_RETAINED &&
        own.payload_bytes < BENCH_SEQUENCE_BYTES)
        own.payload_bytes = BENCH_SEQUENCE_BYTES;
    if (plan->workload == BENCH_CONNECT || plan->workload == BENCH_IDLE ||
        plan->workload == BENCH_SUBSCRIBED || plan->workload == BENCH_START)
        own.stored = 0;
    return own;
}

bool bench_run(const struct bench_plan *plan, struct bench_result *result)
{
    struct bench_plan own = sensible(plan);
    struct bench bench = {.plan = &own, .result = result};
    int error = loop_init(&bench.loop);

    *result = (struct bench_result){.broker_cpu_us = -1, .bytes = -1};
    if (error) {
        snprintf(result->error, sizeof(result->error), "no loop: %s",
                 strerror(-error));
        return false;
    }
    if (!bench_way_prepare(&bench)) {
        bench_way_release(&bench);
        loop_release(&bench.loop);
        return false;
    }
    set_up(&bench);
    start(&bench);
    loop_run(&bench.loop);
    release(&bench);
    return !result->error[0];
}
