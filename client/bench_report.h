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

/* "pairs 50 QoS 0" in a column, and the two sides with their ratio. */
void bench_report_table_head(struct buf *out, const char *theirs);
void bench_report_table_line(struct buf *out, const struct bench_case *which);

/* Everything, as one JSON object. theirs is NULL when only one broker was
   measured. */
void bench_report_json(struct buf *out, const struct bench_versus *versus);

#endif
