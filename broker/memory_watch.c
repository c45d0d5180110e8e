#include "broker/memory_watch.h"

#include <inttypes.h>

#include "base/process.h"
#include "broker/broker.h"

/* So much traffic, or time, is between two measurements. */
#define TRAFFIC_BYTES (1u << 20)
#define INTERVAL_MS   1000u

/* A part of the limit must be free again before it counts as kept. */
#define FREE_PART 16u

/* What a handshake may take; so many may be under way whatever is in use. */
#define HANDSHAKE_BYTES 65536u
#define HANDSHAKES_FEW  16u

static int64_t own_bytes(void)
{
    return process_private_bytes(0);
}

void memory_watch_init(struct memory_watch *watch)
{
    *watch = (struct memory_watch){.measure = own_bytes};
}

static void report(struct broker *broker, int64_t used)
{
    uint64_t limit = broker->config->memory_limit;

    if (!broker->memory.full) {
        log_notice(broker->log, "Memory is below memory_limit again.");
        return;
    }
    log_warning(broker->log,
                "Warning: memory_limit is reached: %" PRId64 " of %" PRIu64
                " bytes are in use.",
                used, limit);
    if (!tap_on(&broker->tap))
        return;
    report_begin(broker, EVENT_LIMIT, slice_of(NULL, 0));
    report_printf(broker, RECORD_TEXT,
                  "memory_limit: %" PRId64 " of %" PRIu64 " bytes are in use",
                  used, limit);
    report_end(broker, NULL, 0);
}

void memory_watch_look(struct broker *broker)
{
    struct memory_watch *watch = &broker->memory;
    int64_t limit = (int64_t)broker->config->memory_limit;
    uint64_t now_ms = clock_ms(&broker->loop->clock);
    uint64_t traffic_bytes =
        broker->counters.bytes_received + broker->counters.bytes_sent;
    bool was_full = watch->full;

    if (!limit) {
        watch->full = false;
        return;
    }
    if (watch->at_ms && traffic_bytes - watch->traffic_bytes < TRAFFIC_BYTES &&
        now_ms - watch->at_ms < INTERVAL_MS)
        return;
    int64_t used = watch->measure();
    if (used > limit && now_ms - watch->at_ms >= INTERVAL_MS) {
        process_give_back();
        used = watch->measure();
    }
    watch->at_ms = now_ms;
    watch->traffic_bytes = traffic_bytes;
    watch->used_bytes = used > 0 ? (uint64_t)used : 0;
    watch->full = used > (was_full ? limit - limit / FREE_PART : limit);
    if (watch->full != was_full)
        report(broker, used);
}

bool memory_watch_admits(struct broker *broker)
{
    uint64_t limit = broker->config->memory_limit;
    uint64_t opening = broker->opening_count;

    if (!limit || opening < HANDSHAKES_FEW)
        return true;
    memory_watch_look(broker);
    return broker->memory.used_bytes + opening * HANDSHAKE_BYTES <= limit;
}
