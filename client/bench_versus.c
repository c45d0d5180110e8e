#include "client/bench_versus.h"

#include "base/alloc.h"
#include "base/process.h"
#include "client/bench_broker.h"

#include <stdio.h>
#include <stdlib.h>

void bench_versus_add(struct bench_versus *versus,
                      const struct bench_plan *plan)
{
    versus->cases = alloc_resize(versus->cases, versus->count + 1,
                                 sizeof(versus->cases[0]));
    versus->cases[versus->count++] = (struct bench_case){.plan = *plan};
}

void bench_versus_release(struct bench_versus *versus)
{
    for (size_t i = 0; i < versus->count; i++) {
        free(versus->cases[i].results[BENCH_OURS]);
        free(versus->cases[i].results[BENCH_THEIRS]);
    }
    free(versus->cases);
    versus->cases = NULL;
    versus->count = 0;
}

/* What the median is taken of. */
static double figure(const struct bench_result *result)
{
    if (result->connection_bytes >= 0)
        return (double)result->connection_bytes;
    if (bench_cpu_us(result) >= 0)
        return bench_cpu_us(result);
    return bench_rate(result);
}

/* One round of one side. */
struct round {
    struct bench_result *result; /* owned */
};

static int compare(const void *a, const void *b)
{
    const struct round *left = a;
    const struct round *right = b;
    double difference = figure(left->result) - figure(right->result);

    return (difference > 0) - (difference < 0);
}

/* Move the median round to the case, and free the others. A round that failed
   is what counts, for it will be asked about. */
static void keep_median(struct bench_result **kept, struct round *rounds,
                        unsigned count)
{
    unsigned chosen = count / 2;

    qsort(rounds, count, sizeof(*rounds), compare);
    for (unsigned i = 0; i < count; i++) {
        if (rounds[i].result->error[0])
            chosen = i;
    }
    for (unsigned i = 0; i < count; i++) {
        if (i == chosen)
            *kept = rounds[i].result;
        else
            free(rounds[i].result);
    }
}

static bool run_with_broker(const struct bench_versus *versus,
                            struct bench_plan plan, enum bench_side side,
                            struct bench_result *result)
{
    struct bench_broker broker;

    if (!versus->self)
        return bench_run(&plan, result);
    *result = (struct bench_result){0};
    if (!bench_broker_start(
            &broker, side == BENCH_OURS ? versus->self : versus->program,
            side == BENCH_OURS, result->error, sizeof(result->error)))
        return false;
    /* Where there is one message at a time, waiting is what it is about. */
    plan.never_sleep = versus->pinned &&
                       process_pin(broker.pid, versus->cpus[0]) == 0 &&
                       plan.workload <= BENCH_FAN_OUT;
    plan.host = "127.0.0.1";
    plan.port = broker.port;
    plan.pid = (int)broker.pid;
    bool ok = bench_run(&plan, result);
    bench_broker_stop(&broker);
    return ok;
}

/* The rounds of one load; each side once in each, and who is first changes
   from round to round. */
static bool run_rounds(const struct bench_versus *versus,
                       struct bench_case *which,
                       struct round *rounds[BENCH_SIDES],
                       unsigned counts[BENCH_SIDES])
{
    unsigned sides = versus->program ? 2 : 1;
    bool ok = true;

    for (unsigned i = 0; i < versus->rounds * sides; i++) {
        unsigned side = sides == 2 ? (i / 2 + i) % 2 : 0;
        struct bench_result *result = alloc_zero(1, sizeof(*result));

        if (!run_with_broker(versus, which->plan, (enum bench_side)side,
                             result))
            ok = false;
        rounds[side][counts[side]++].result = result;
        which->lost[side] += result->lost;
        which->out_of_order[side] += result->out_of_order;
        if (!ok)
            return false;
    }
    return true;
}

static bool run_case(const struct bench_versus *versus,
                     struct bench_case *which)
{
    struct round *rounds[BENCH_SIDES];
    unsigned counts[BENCH_SIDES] = {0};
    bool ok;

    for (unsigned side = 0; side < BENCH_SIDES; side++)
        rounds[side] = alloc_zero(versus->rounds, sizeof(struct round));
    ok = run_rounds(versus, which, rounds, counts);
    for (unsigned side = 0; side < BENCH_SIDES; side++) {
        if (counts[side])
            keep_median(&which->results[side], rounds[side], counts[side]);
        free(rounds[side]);
        if (which->plan.qos > 0 &&
            (which->lost[side] || which->out_of_order[side]))
            ok = false;
    }
    return ok;
}

static bool was_interrupted(const struct bench_case *which)
{
    for (unsigned side = 0; side < BENCH_SIDES; side++) {
        if (which->results[side] && which->results[side]->interrupted)
            return true;
    }
    return false;
}

bool bench_versus_run(struct bench_versus *versus)
{
    bool ok = true;

    /* On one processor the two would only take turns. */
    versus->pinned = versus->self && process_cpus(versus->cpus, 2) == 2 &&
                     process_pin(0, versus->cpus[1]) == 0;
    for (size_t i = 0; i < versus->count; i++) {
        struct bench_case *which = &versus->cases[i];

        if (!run_case(versus, which))
            ok = false;
        if (versus->on_case)
            versus->on_case(versus, which);
        if (was_interrupted(which))
            return false;
    }
    return ok;
}

double bench_versus_ratio(const struct bench_case *which)
{
    const struct bench_result *ours = which->results[BENCH_OURS];
    const struct bench_result *theirs = which->results[BENCH_THEIRS];

    if (!ours || !theirs || ours->error[0] || theirs->error[0])
        return -1;
    if (ours->connection_bytes >= 0 && theirs->connection_bytes > 0)
        return (double)ours->connection_bytes /
               (double)theirs->connection_bytes;
    if (bench_cpu_us(ours) >= 0 && bench_cpu_us(theirs) > 0)
        return bench_cpu_us(ours) / bench_cpu_us(theirs);
    return -1;
}
