/*
 * Two brokers side by side: the same loads, in turn, in the same run. Each
 * load gets fresh brokers; what counts is the median of several rounds.
 */
#ifndef CLIENT_BENCH_VERSUS_H
#define CLIENT_BENCH_VERSUS_H

#include "client/bench.h"

#include <stdbool.h>
#include <stddef.h>

enum bench_side { BENCH_OURS, BENCH_THEIRS, BENCH_SIDES };

/* One load. */
struct bench_case {
    struct bench_plan plan;
    /* By side, the round with the median CPU time (of the median rate where
       CPU time is not known). Filled in by bench_versus_run. */
    struct bench_result *results[BENCH_SIDES]; /* owned */
    uint64_t lost[BENCH_SIDES];                /* of all rounds */
    uint64_t out_of_order[BENCH_SIDES];
};

struct bench_versus {
    struct bench_case *cases; /* owned */
    size_t count;
    unsigned rounds;
    const char *self;    /* our own program; NULL: measure one that runs */
    const char *program; /* theirs; NULL: ours alone */
    /* Tells of each load when it is done; may be NULL. */
    void (*on_case)(const struct bench_versus *versus,
                    const struct bench_case *which);
    unsigned cpus[2]; /* the broker's and this process' */
    bool pinned;      /* there are two processors, one for each */
};

/* Add a load; the plan is copied. */
void bench_versus_add(struct bench_versus *versus,
                      const struct bench_plan *plan);
void bench_versus_release(struct bench_versus *versus);

/*
 * Run all. With self, brokers are started, and host, port and pid of the plans
 * are not used; otherwise they say which broker to measure. Without a program
 * only BENCH_OURS has results. A load that fails for one side has a result
 * with an error there. Returns false when something failed, or was lost at QoS
 * 1 or 2; an interrupt ends it.
 */
bool bench_versus_run(struct bench_versus *versus);

/* ours / theirs, of CPU time per message or of memory per connection;
   negative when it is not known. */
double bench_versus_ratio(const struct bench_case *which);

#endif
