#include "client/bench_usual.h"

/* "Many under way": of many publishers each, and of one alone. So the generator
   has always work for the broker, and needs less time for it than the
   broker. */
#define MANY       128
#define MANY_ALONE 256

#define USUAL_PAYLOAD 64
#define USUAL_SECONDS 2

/* clang-format off */
static const struct usual {
    enum bench_workload workload;
    enum bench_variant variant;
    enum bench_way over;
    unsigned connections;
    unsigned receivers;
    uint32_t stored;
    uint32_t window;
    uint32_t payload_bytes;
    uint8_t qos;
    double max_ratio;
    double max_bytes;
} usual[] = {
    /* who              how               n     to  stored  window bytes QoS  at most */
    {BENCH_PAIRS,      BENCH_PLAIN,      BENCH_TCP, 50,    0,      0,  MANY,    64, 0, 0.05,  0},
    {BENCH_PAIRS,      BENCH_PLAIN,      BENCH_TCP, 50,    0,      0,  MANY,    64, 1, 0.03,  0},
    {BENCH_PAIRS,      BENCH_PLAIN,      BENCH_TCP, 50,    0,      0,  MANY,    64, 2, 0.027, 0},
    {BENCH_FAN_IN,     BENCH_PLAIN,      BENCH_TCP, 100,   0,      0,  MANY,    64, 0, 0.04,  0},
    {BENCH_FAN_IN,     BENCH_PLAIN,      BENCH_TCP, 100,   0,      0,  MANY,    64, 1, 0.023, 0},
    {BENCH_FAN_OUT,    BENCH_PLAIN,      BENCH_TCP, 100,   0,      0,  MANY_ALONE, 64, 0, 0.019, 0},
    {BENCH_FAN_OUT,    BENCH_PLAIN,      BENCH_TCP, 100,   0,      0,  MANY_ALONE, 64, 1, 0.025, 0},
    {BENCH_FAN_OUT,    BENCH_PLAIN,      BENCH_TCP, 1000,  0,      0,  1,       64, 0, 0.38,  0},
    {BENCH_SHARED,     BENCH_PLAIN,      BENCH_TCP, 50,    10,     0,  MANY,    64, 0, 0.036, 0},
    {BENCH_PING_PONG,  BENCH_PLAIN,      BENCH_TCP, 50,    0,      0,  1,       64, 0, 0.60,  0},
    {BENCH_PAIRS,      BENCH_PLAIN,      BENCH_TCP, 50,    0,      0,  16,   16384, 0, 0.39,  0},
    {BENCH_PAIRS,      BENCH_PLAIN,      BENCH_TCP, 50,    0,   1000,  MANY,    64, 0, 0.066, 0},
    {BENCH_PAIRS,      BENCH_PLAIN,      BENCH_TCP, 50,    0, 100000,  MANY,    64, 0, 0.08,  0},
    {BENCH_RETAINED,   BENCH_PLAIN,      BENCH_TCP, 1,     0,  50000,  1,       64, 0, 0.083, 0},
    {BENCH_CONNECT,    BENCH_PLAIN,      BENCH_TCP, 50,    0,      0,  1,       64, 0, 0.67,  0},
    {BENCH_PAIRS,      BENCH_PLAIN,      BENCH_TLS, 50,    0,      0,  MANY,    64, 0, 0.08,  0},
    {BENCH_CONNECT,    BENCH_PLAIN,      BENCH_TLS, 50,    0,      0,  1,       64, 0, 0.85,  0},
    {BENCH_CONNECT,    BENCH_PLAIN,      BENCH_TLS_RESUMED, 50, 0, 0,  1,       64, 0, 0.95,  0},
    {BENCH_PAIRS,      BENCH_PLAIN,      BENCH_WS,  50,    0,      0,  MANY,    64, 0, 0.11,  0},
    {BENCH_PAIRS,      BENCH_PERSISTENT, BENCH_TCP, 50,    0,      0,  MANY,    64, 1, 8,     0},
    {BENCH_PAIRS,      BENCH_TAPPED,     BENCH_TCP, 50,    0,      0,  MANY,    64, 0, 1.3,   0},
    {BENCH_FAN_OUT,    BENCH_TAPPED,     BENCH_TCP, 100,   0,      0,  MANY_ALONE, 64, 0, 1.3,   0},
    {BENCH_IDLE,       BENCH_PLAIN,      BENCH_TCP, 5000,  0,      0,  1,       64, 0, 0,   600},
    {BENCH_IDLE,       BENCH_PLAIN,      BENCH_TLS, 1000,  0,      0,  1,       64, 0, 0, 16000},
    {BENCH_IDLE,       BENCH_PLAIN,      BENCH_WS,  1000,  0,      0,  1,       64, 0, 0,  6500},
    {BENCH_IDLE,       BENCH_PLAIN,      BENCH_WSS, 1000,  0,      0,  1,       64, 0, 0, 32000},
    {BENCH_SUBSCRIBED, BENCH_PLAIN,      BENCH_TCP, 5000,  0,      0,  1,       64, 0, 0,   800},
    {BENCH_FILTERS,    BENCH_PLAIN,      BENCH_TCP, 1,     0, 100000,  1,       64, 0, 0,   200},
    {BENCH_MESSAGES,   BENCH_PLAIN,      BENCH_TCP, 1,     0,  50000,  1,       64, 0, 0,   180},
    {BENCH_START,      BENCH_PLAIN,      BENCH_TCP, 1,     0,      0,  1,       64, 0, 0, 3 << 20},
};
/* clang-format on */

void bench_usual_complete(struct bench_plan *plan)
{
    bool stores =
        plan->workload == BENCH_FILTERS || plan->workload == BENCH_MESSAGES;

    if (!plan->connections)
        plan->connections = 50;
    if (!plan->receivers)
        plan->receivers = 10;
    if (!plan->stored && (stores || plan->workload == BENCH_RETAINED))
        plan->stored = 50000;
    if (!plan->window)
        plan->window = MANY;
    if (plan->payload_bytes == UINT32_MAX)
        plan->payload_bytes = USUAL_PAYLOAD;
    if (plan->seconds <= 0)
        plan->seconds = USUAL_SECONDS;
}

bool bench_usual(unsigned number, const struct bench_plan *common,
                 struct bench_case *which)
{
    if (number >= sizeof(usual) / sizeof(usual[0]))
        return false;

    const struct usual *one = &usual[number];
    *which = (struct bench_case){.plan = *common,
                                 .max_ratio = one->max_ratio,
                                 .max_bytes = one->max_bytes};
    struct bench_plan *plan = &which->plan;
    plan->workload = one->workload;
    plan->variant = one->variant;
    if (!plan->over)
        plan->over = one->over;
    plan->durable = one->variant == BENCH_PERSISTENT;
    plan->qos = one->qos;
    if (!plan->connections)
        plan->connections = one->connections;
    if (!plan->receivers)
        plan->receivers = one->receivers;
    if (!plan->stored || !one->stored)
        plan->stored = one->stored;
    if (!plan->window)
        plan->window = one->window;
    if (plan->payload_bytes == UINT32_MAX)
        plan->payload_bytes = one->payload_bytes;
    bench_usual_complete(plan);
    return true;
}
