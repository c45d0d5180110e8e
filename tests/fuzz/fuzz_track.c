/*
 * Records: two bytes of type, direction, flags and connection, one of length,
 * and bytes. What is noted must hang together.
 */
#include "wire/track.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const struct tracker *tracker, const struct track_note *note)
{
    assert(note->client_id && note->user_name && note->topic && note->step);
    assert(note->flow_step <= note->flow_steps);
    assert((note->flow == 0) == (note->progress == TRACK_NO_FLOW));
    if (note->flow)
        assert(tracker_flow_progress(tracker, note->flow) == note->progress);
    if (!note->pair)
        assert(note->rtt_ns == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct tracker *tracker = tracker_new();
    struct track_note note;
    uint64_t seq = 1;

    while (len >= 3) {
        size_t want = bytes[2];
        struct record record = {
            .type = 1 + bytes[0] % 8 % 7,
            .direction = bytes[0] >> 3 & 1 ? RECORD_B2C : RECORD_C2B,
            .flags = bytes[0] >> 4 & 1   ? RECORD_SNAPSHOT
                     : bytes[0] >> 5 & 1 ? RECORD_DROPPED
                     : bytes[0] >> 6 & 1 ? RECORD_MALFORMED
                                         : 0,
            .connection = bytes[1] % 8,
            .seq = seq,
            .time_ns = seq * 1000,
        };

        bytes += 3;
        len -= 3;
        if (want > len)
            want = len;
        record.bytes = slice_of(bytes, want);
        record.original_len = (uint32_t)want;
        tracker_note(tracker, &record, &note);
        check(tracker, &note);
        bytes += want;
        len -= want;
        seq++;
    }
    tracker_free(tracker);
    return 0;
}
