/*
 * How much a client may send: two buckets of credit, for messages and for
 * bytes, which fill up with time and hold what one second brings.
 *
 * What is sent is paid afterwards, so credit may be negative: a packet larger
 * than the bucket is possible and has to be waited for.
 */
#ifndef BROKER_RATE_LIMIT_H
#define BROKER_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* In a second; 0: no limit. */
struct rate {
    uint64_t messages;
    uint64_t bytes;
};

struct rate_limit {
    int64_t messages; /* credit, in thousandths of a message */
    int64_t bytes;    /* in thousandths of a byte */
    uint64_t at_ms;   /* when it was filled up last */
    bool reached;     /* it was told, and the buckets were not full again */
};

/* The buckets are full. */
void rate_limit_init(struct rate_limit *limit, const struct rate *rate,
                     uint64_t now_ms);

/*
 * A packet came: messages is 1 for a PUBLISH, 0 for others. Returns how many
 * milliseconds must pass before the next may come; 0: none.
 */
uint64_t rate_limit_pay(struct rate_limit *limit, const struct rate *rate,
                        unsigned messages, uint64_t bytes, uint64_t now_ms);

/* Which of the two options it is that has to be waited for. */
const char *rate_limit_text(const struct rate_limit *limit);

#endif
