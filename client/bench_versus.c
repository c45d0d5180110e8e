#include "client/bench_versus.h"

#include "base/alloc.h"
#include "base/process.h"
#include "client/bench_tap.h"

#include <stdlib.h>

void bench_versus_add(struct bench_versus *versus,
                      const struct bench_case *which)
{
    versus->cases = alloc_resize(versus->cases, versus->count + 1,
                                 sizeof(versus->cases[0]));
    versus->cases[versus->count++] = *which;
}

void bench_versus_release(struct bench_versus *versus)
{
    for (size_t i = 0; i < versus->count; i++) {
        for (unsigned side = 0; side < BENCH_SIDES; side++)
            free(versus->cases[i].results[side]);
    }
    free(versus->cases);
    versus->cases = NULL;
    versus->count = 0;
}

/* ---- figures ---- */

static double figure(const struct bench_result *result)
{
    if (result->bytes >= 0)
        return result->bytes;
    if (bench_cpu_us(result) >= 0)
        return bench_cpu_us(result);
    return bench_rate(result) > 0 ? 1 / bench_rate(result) : -1;
}

/* The figure of one side; negative when there is none. */
static double figure_of(const struct bench_case *which, unsigned side)
{
    const struct bench_result *result = which->results[side];

    return result && !result->error[0] ? figure(result) : -1;
}

double bench_versus_ratio(const struct bench_case *which, unsigned side)
{
    double ours = figure_of(which, BENCH_OURS);
    double theirs = figure_of(which, side);

    return ours >= 0 && theirs > 0 ? ours / theirs : -1;
}

enum bench_verdict bench_versus_verdict(const struct bench_case *which)
{
    double ours = figure_of(which, BENCH_OURS);
    double ratio = bench_versus_ratio(which, BENCH_OURS + 1);
    bool known =
        which->max_bytes > 0 ? ours >= 0 : which->max_ratio > 0 && ratio >= 0;

    if (!known)
        return BENCH_NO_BAR;
    if (which->max_bytes > 0)
        return ours <= which->max_bytes ? BENCH_MET : BENCH_MISSED;
    return ratio <= which->max_ratio ? BENCH_MET : BENCH_MISSED;
}

/* ---- rounds ---- */

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

/* With somebody who reads the records, if the plan says so. */
static bool run_watched(struct bench_case *which, const struct bench_plan *plan,
                        struct bench_result *result)
{
    struct bench_tap tap = {0};

    if (plan->variant == BENCH_TAPPED &&
        !bench_tap_start(&tap, plan->pid, result->error, sizeof(result->error)))
        return false;
    bool ok = bench_run(plan, result);
    struct bench_tap_count count = bench_tap_stop(&tap);
    which->records_read += count.read;
    which->records_lost += count.lost;
    return ok;
}

static bool run_with_broker(const struct bench_versus *versus,
                            struct bench_case *which, unsigned side,
                            struct bench_result *result)
{
    struct bench_plan plan = which->plan;
    struct bench_program program = versus->programs[side];
    struct bench_broker broker;

    if (!versus->programs[BENCH_OURS].command)
        return bench_run(&plan, result);
    *result = (struct bench_result){.broker_cpu_us = -1, .bytes = -1};
    /* Beside a variant of ours stands our own without it. */
    if (plan.variant && side != BENCH_OURS) {
        program = versus->programs[BENCH_OURS];
        plan.variant = BENCH_PLAIN;
    }
    program.persistence = plan.variant == BENCH_PERSISTENT;
    program.tls = bench_way_is_tls(plan.over);
    program.websockets = bench_way_is_ws(plan.over);
    if (!bench_broker_start(&broker, &program, result->error,
                            sizeof(result->error)))
        return false;
    /* Where there is one message at a time, waiting is what it is about. */
    plan.never_sleep =
        versus->pinned && process_pin(broker.pid, versus->cpus[0]) == 0 &&
        !bench_is_memory(plan.workload) && plan.workload != BENCH_PING_PONG;
    plan.host = "127.0.0.1";
    plan.port = broker.port.number;
    if (broker.cafile)
        plan.cafile = broker.cafile;
    plan.pid = (int)broker.pid;
    bool ok = run_watched(which, &plan, result);
    bench_broker_stop(&broker);
    return ok;
}

static unsigned sides_of(const struct bench_versus *versus,
                         const struct bench_case *which)
{
    return which->plan.variant ? 2 : versus->sides;
}

/* The rounds of one load; each side once in each, and who is first changes
   from round to round. */
static bool run_rounds(const struct bench_versus *versus,
                       struct bench_case *which,
                       struct round *rounds[BENCH_SIDES],
                       unsigned counts[BENCH_SIDES])
{
    unsigned sides = sides_of(versus, which);

    for (unsigned i = 0; i < versus->rounds * sides; i++) {
        unsigned side = (i / sides + i) % sides;
        struct bench_result *result = alloc_zero(1, sizeof(*result));
        bool ok = run_with_broker(versus, which, side, result);

        rounds[side][counts[side]++].result = result;
        which->lost[side] += result->lost;
        which->out_of_order[side] += result->out_of_order;
        if (!ok)
            return false;
    }
    return true;
}

/* Nobody may lose what is promised; we may lose nothing at all. */
static bool kept_promise(const struct bench_case *which, unsigned side)
{
    bool promised = side == BENCH_OURS || which->plan.qos > 0;

    return !promised || (!which->lost[side] && !which->out_of_order[side]);
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
        if (!kept_promise(which, side))
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
    versus->pinned = versus->programs[BENCH_OURS].command &&
                     process_cpus(versus->cpus, 2) == 2 &&
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
