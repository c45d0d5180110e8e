/*
 * The results of benchmarks, for people and as JSON.
 */
#ifndef CLIENT_BENCH_REPORT_H
#define CLIENT_BENCH_REPORT_H

#include "base/buf.h"
#include "client/bench.h"

/* Several lines about one run. */
void bench_report_text(struct buf *out, const struct bench_plan *plan,
                       const struct bench_result *result);

#endif
