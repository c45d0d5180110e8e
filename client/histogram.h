/*
 * A histogram of durations: log-linear, so that every value is known to within
 * one part in 64 whatever its size, in fixed memory and without sorting.
 */
#ifndef CLIENT_HISTOGRAM_H
#define CLIENT_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS    6 /* 64 steps from each power of two to the next */
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)

/* A zeroed one is empty. */
struct histogram {
    uint64_t count;
    uint64_t max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/*
 * The value that percent (0..100) of all values do not exceed: the upper end
 * of its bucket, but never more than the greatest value. 0 when it is empty.
 */
uint64_t histogram_percentile(const struct histogram *histogram,
                              double percent);

#endif
