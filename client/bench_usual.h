/*
 * The loads that are measured when none is asked for, with what our own broker
 * may need for each at most, compared with Debian's mosquitto.
 */
#ifndef CLIENT_BENCH_USUAL_H
#define CLIENT_BENCH_USUAL_H

#include "client/bench_versus.h"

#include <stdbool.h>

/* Fill in what the user has left open: 0, and UINT32_MAX for payload_bytes. */
void bench_usual_complete(struct bench_plan *plan);

/*
 * The loads number 0, 1 and so on, on top of what common has of its own.
 * Returns false behind the last.
 */
bool bench_usual(unsigned number, const struct bench_plan *common,
                 struct bench_case *which);

#endif
