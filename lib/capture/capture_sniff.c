/*
 * What a connection carries, by its first bytes.
 */
#include "capture/capture_state.h"
#include "mqtt/mqtt.h"

#include <string.h>
#include <strings.h>

bool capture_sniff_asks_for_mqtt(struct slice bytes)
{
    static const char name[] = "sec-websocket-protocol:";
    const size_t len = sizeof(name) - 1;

    for (size_t i = 0; i + len + 5 <= bytes.len; i++) {
        const char *at = (const char *)bytes.bytes + i;

        if (!strncasecmp(at, name, len) && !strncasecmp(at + len, " mqtt", 5))
            return true;
    }
    return false;
}

static bool begins(struct slice bytes, const char *text, size_t len)
{
    return bytes.len &&
           !memcmp(bytes.bytes, text, bytes.len < len ? bytes.len : len);
}

enum capture_protocol capture_sniff(struct slice bytes)
{
    uint8_t first = bytes.len ? bytes.bytes[0] : 0;

    if (first >= 0x14 && first <= 0x17 &&
        (bytes.len < 2 || bytes.bytes[1] == 3))
        return bytes.len >= 3 ? CAPTURE_TLS : CAPTURE_UNDECIDED;
    if (begins(bytes, "GET ", 4) || begins(bytes, "HTTP/1.", 7))
        return bytes.len >= 4 ? CAPTURE_WS : CAPTURE_UNDECIDED;
    if (first == MQTT_CONNECT << 4) {
        struct slice name = bytes;
        size_t skip = 1;

        while (skip < 5 && skip < bytes.len && bytes.bytes[skip] & 0x80)
            skip++;
        if (bytes.len <= ++skip)
            return CAPTURE_UNDECIDED;
        name = slice_skip(name, skip);
        if (begins(name, "\0\4MQTT", 6) || begins(name, "\0\6MQIsdp", 8))
            return name.len >= 6 ? CAPTURE_MQTT : CAPTURE_UNDECIDED;
    }
    return bytes.len ? CAPTURE_NOT_OURS : CAPTURE_UNDECIDED;
}
