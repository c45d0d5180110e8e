/*
 * Brokers side by side: the same loads, in turn, in the same run. Each load
 * gets fresh brokers; what counts is the median of several rounds.
 */
#ifndef CLIENT_BENCH_VERSUS_H
#define CLIENT_BENCH_VERSUS_H

#include "client/bench.h"
#include "client/bench_broker.h"

#include <stdbool.h>
#include <stddef.h>

#define BENCH_OURS  0
#define BENCH_SIDES 4 /* ours and three others at most */

/* One load. */
struct bench_case {
    struct bench_plan plan;
    /* What our own figure may be at most, 0: anything: as a ratio to the first
       other one, or in bytes. */
    double max_ratio;
    double max_bytes;
    /* By side, the round with the median figure. A load with a variant has our
       own figure without it as the second. Filled in by bench_versus_run. */
    struct bench_result *results[BENCH_SIDES]; /* owned */
    uint64_t lost[BENCH_SIDES];                /* of all rounds */
    uint64_t out_of_order[BENCH_SIDES];
    uint64_t records_read; /* BENCH_TAPPED: of all rounds */
    uint64_t records_lost;
};

struct bench_versus {
    struct bench_case *cases; /* owned */
    size_t count;
    unsigned rounds;
    /* Ours first. Without a command there a broker that runs is measured, and
       there are no others. */
    struct bench_program programs[BENCH_SIDES];
    unsigned sides;
    /* Tells of each load when it is done; may be NULL. */
    void (*on_case)(const struct bench_versus *versus,
                    const struct bench_case *which);
    unsigned cpus[2]; /* the broker's and this process' */
    bool pinned;      /* there are two processors, one for each */
};

/* Add a load; what is given is copied. */
void bench_versus_add(struct bench_versus *versus,
                      const struct bench_case *which);
void bench_versus_release(struct bench_versus *versus);

/*
 * Run all. When brokers are started, host, port and pid of the plans are not
 * used; otherwise they say which broker to measure. A load that fails for one
 * side has a result with an error there. Returns false when something failed,
 * or our own broker lost or reordered a message, or another one did so at QoS 1
 * or 2; an interrupt ends it.
 */
bool bench_versus_run(struct bench_versus *versus);

/* Our figure / that of this side; negative when it is not known. It is what the
   load is about: bytes, microseconds of CPU time for one, or, where that is not
   known, seconds for one. */
double bench_versus_ratio(const struct bench_case *which, unsigned side);

enum bench_verdict { BENCH_NO_BAR, BENCH_MET, BENCH_MISSED };
enum bench_verdict bench_versus_verdict(const struct bench_case *which);

#endif
