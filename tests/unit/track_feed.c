#include "track_feed.h"

#include "base/clock.h"
#include "suites.h"
#include "wire/event.h"

struct tracker *tracker;
struct track_note note;
static uint64_t seq;

void track_feed_begin(void)
{
    tracker = tracker_new();
    seq = 0;
}

void track_feed_end(void)
{
    tracker_free(tracker);
}

uint64_t give(enum record_type type, uint32_t connection,
              enum record_direction direction, unsigned flags,
              struct slice bytes)
{
    seq++;
    struct record record = {
        .seq = seq,
        .time_ns = seq * CLOCK_NS_PER_MS,
        .connection = connection,
        .type = (uint8_t)type,
        .direction = (uint8_t)direction,
        .flags = (uint8_t)flags,
        .original_len = (uint32_t)bytes.len,
        .bytes = bytes,
    };

    tracker_note(tracker, &record, &note);
    return seq;
}

uint64_t c2b(uint32_t connection, const char *hex)
{
    uint8_t bytes[256];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    return give(RECORD_MQTT, connection, RECORD_C2B, 0,
                slice_of(guarded(bytes, len), len));
}

uint64_t b2c_flags(uint32_t connection, const char *hex, unsigned flags)
{
    uint8_t bytes[256];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    return give(RECORD_MQTT, connection, RECORD_B2C, flags,
                slice_of(guarded(bytes, len), len));
}

uint64_t b2c(uint32_t connection, const char *hex)
{
    return b2c_flags(connection, hex, 0);
}

void event(enum record_type type, uint32_t connection, unsigned code,
           const char *client_id, unsigned flags)
{
    struct buf bytes = {0};

    record_begin(&bytes, code);
    if (client_id)
        record_put_string(&bytes, RECORD_CLIENT_ID, client_id);
    give(type, connection, RECORD_NO_DIRECTION, flags, buf_slice(&bytes));
    buf_release(&bytes);
}

void closed(uint32_t connection)
{
    event(RECORD_CONN, connection, EVENT_CONN_CLOSED, NULL, 0);
}

void assert_flow(unsigned flow, unsigned step, unsigned steps,
                 enum flow_progress progress)
{
    ck_assert_uint_eq(note.flow, flow);
    ck_assert_uint_eq(note.flow_step, step);
    ck_assert_uint_eq(note.flow_steps, steps);
    ck_assert_uint_eq(note.progress, progress);
}
