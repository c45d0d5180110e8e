/*
 * The results of benchmarks: lines, a table and JSON.
 */
#ifndef CLIENT_BENCH_REPORT_H
#define CLIENT_BENCH_REPORT_H

#include "base/buf.h"
#include "client/bench_versus.h"

/* Several lines about one run. */
void bench_report_text(struct buf *out, const struct bench_plan *plan,
                       const struct bench_result *result);

/* A line for each load: our figure, those of the others, the ratios, what the
   first ratio (or our figure) may be at most, and whether it is. */
void bench_report_table_head(struct buf *out,
                             const struct bench_versus *versus);
void bench_report_table_line(struct buf *out, const struct bench_versus *versus,
                             const struct bench_case *which);

/* Everything, as one JSON object. */
void bench_report_json(struct buf *out, const struct bench_versus *versus);

#endif
