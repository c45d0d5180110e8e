#include "broker/rate_limit.h"

#define MS_PER_S 1000

void rate_limit_init(struct rate_limit *limit, const struct rate *rate,
                     uint64_t now_ms)
{
    *limit = (struct rate_limit){
        .messages = (int64_t)rate->messages * MS_PER_S,
        .bytes = (int64_t)rate->bytes * MS_PER_S,
        .at_ms = now_ms,
    };
}

/* What ms milliseconds bring; a full bucket, at most. */
static int64_t filled(int64_t credit, uint64_t rate, uint64_t ms)
{
    int64_t full = (int64_t)rate * MS_PER_S;

    /* The product cannot be too large where it is less than what is missing. */
    if (credit >= full || ms >= (uint64_t)(full - credit) / rate)
        return full;
    return credit + (int64_t)(rate * ms);
}

/* How long it takes until nothing is owed any more. */
static uint64_t wait_ms(int64_t credit, uint64_t rate)
{
    return credit < 0 ? ((uint64_t)-credit + rate - 1) / rate : 0;
}

static void fill(struct rate_limit *limit, const struct rate *rate,
                 uint64_t now_ms)
{
    uint64_t ms = now_ms - limit->at_ms;

    limit->messages = filled(limit->messages, rate->messages, ms);
    limit->bytes = filled(limit->bytes, rate->bytes, ms);
    limit->at_ms = now_ms;
    if (limit->messages == (int64_t)rate->messages * MS_PER_S &&
        limit->bytes == (int64_t)rate->bytes * MS_PER_S)
        limit->reached = false;
}

uint64_t rate_limit_pay(struct rate_limit *limit, const struct rate *rate,
                        unsigned messages, uint64_t bytes, uint64_t now_ms)
{
    uint64_t for_messages_ms = 0;
    uint64_t for_bytes_ms = 0;

    fill(limit, rate, now_ms);
    if (rate->messages) {
        limit->messages -= (int64_t)messages * MS_PER_S;
        for_messages_ms = wait_ms(limit->messages, rate->messages);
    }
    if (rate->bytes) {
        limit->bytes -= (int64_t)bytes * MS_PER_S;
        for_bytes_ms = wait_ms(limit->bytes, rate->bytes);
    }
    return for_messages_ms > for_bytes_ms ? for_messages_ms : for_bytes_ms;
}

const char *rate_limit_text(const struct rate_limit *limit)
{
    return limit->messages < 0 ? "sends more than max_messages_per_second"
                               : "sends more than max_bytes_per_second";
}
