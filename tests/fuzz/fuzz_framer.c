/*
 * The framer gives the same packets for a stream as a whole and for the same
 * stream byte by byte. The first byte of the input limits the packet size.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt/framer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    uint32_t max_size = bytes[0] == 0xff ? MQTT_MAX_PACKET_SIZE : bytes[0];
    struct slice in = slice_of(bytes + 1, len - 1);
    struct frame frame;
    int used;

    do {
        used = framer_next(in, max_size, &frame);
        size_t end = used > 0 ? (size_t)used : in.len;
        for (size_t cut = 0; cut < end; cut++) {
            struct frame early;
            int got = framer_next(slice_first(in, cut), max_size, &early);

            /* Asks for more, or knows already what is wrong. */
            assert(got == 0 || (used < 0 && got == used));
            uint32_t size = framer_size(slice_first(in, cut));
            assert(used <= 0 || size == 0 || size == (uint32_t)used);
        }
        if (used > 0) {
            assert((uint32_t)used <= max_size);
            assert(framer_size(in) == (uint32_t)used);
            assert(frame.whole.bytes == in.bytes);
            assert(frame.whole.len == (size_t)used);
            assert(frame.body.bytes + frame.body.len == in.bytes + used);
            in = slice_skip(in, (size_t)used);
        }
    } while (used > 0);
    return 0;
}
