/*
 * Where does a packet begin? Bytes that look like one are believed when what
 * follows them looks like packets too, up to the end of what is there.
 */
#include "capture/capture_framer.h"
#include "mqtt/packet.h"
#include "mqtt/utf8.h"
#include "mqtt/varint.h"

#include <string.h>

#define MAX_SMALL  4096u /* a packet other than PUBLISH that is half there */
#define MAX_TOPIC  4096u
#define SURE_COUNT 3   /* so many packets in a row are no accident */
#define MAX_WORK   32u /* looks at a byte, on average */

enum { FROM_CLIENT = 1, FROM_BROKER = 2, BOTH = 3 };

struct look {
    bool from_client;
    unsigned version; /* 0: any */
    size_t work;      /* bytes looked at */
};

enum likeness { NO_PACKET, HALF_A_PACKET, A_PACKET };

static bool direction_fits(unsigned type, bool from_client)
{
    static const uint8_t senders[16] = {
        [MQTT_CONNECT] = FROM_CLIENT,
        [MQTT_CONNACK] = FROM_BROKER,
        [MQTT_PUBLISH] = BOTH,
        [MQTT_PUBACK] = BOTH,
        [MQTT_PUBREC] = BOTH,
        [MQTT_PUBREL] = BOTH,
        [MQTT_PUBCOMP] = BOTH,
        [MQTT_SUBSCRIBE] = FROM_CLIENT,
        [MQTT_SUBACK] = FROM_BROKER,
        [MQTT_UNSUBSCRIBE] = FROM_CLIENT,
        [MQTT_UNSUBACK] = FROM_BROKER,
        [MQTT_PINGREQ] = FROM_CLIENT,
        [MQTT_PINGRESP] = FROM_BROKER,
        [MQTT_DISCONNECT] = BOTH,
        [MQTT_AUTH] = BOTH,
    };

    return senders[type] & (from_client ? FROM_CLIENT : FROM_BROKER);
}

static bool decodes(const struct look *look, const struct frame *frame)
{
    static const uint8_t versions[] = {MQTT_3_1_1, MQTT_5};
    struct mqtt_packet packet;

    if (look->version)
        return packet_decode(&packet, (enum mqtt_version)look->version,
                             frame) == MQTT_SUCCESS;
    for (size_t i = 0; i < sizeof(versions); i++) {
        if (packet_decode(&packet, (enum mqtt_version)versions[i], frame) ==
            MQTT_SUCCESS)
            return true;
    }
    return false;
}

/* Is it the beginning of a PUBLISH: is there a topic? */
static bool topic_fits(struct slice bytes, uint64_t size)
{
    uint32_t length;
    int used = varint_decode(bytes.bytes + 1, bytes.len - 1, &length);
    struct slice rest = slice_skip(bytes, 1 + (size_t)used);

    if ((bytes.bytes[0] & 0x06) == 0x06 || rest.len < 2)
        return rest.len < 2 && size <= MAX_SMALL;
    size_t len = (size_t)(rest.bytes[0] << 8 | rest.bytes[1]);
    rest = slice_skip(rest, 2);
    if (len == 0 || len > MAX_TOPIC || len + 2 > length)
        return false;
    if (rest.len < len)
        return size <= MAX_SMALL;
    struct slice topic = slice_first(rest, len);
    return utf8_valid(topic) && !memchr(topic.bytes, '+', len) &&
           !memchr(topic.bytes, '#', len) && topic.bytes[0] >= ' ';
}

/* Do the bytes begin as a packet does? *size is set if it is whole. */
static enum likeness likeness(struct look *look, struct slice bytes,
                              size_t *size)
{
    struct frame frame;
    unsigned type = bytes.bytes[0] >> 4;

    look->work++;
    if (!direction_fits(type, look->from_client) ||
        (type == MQTT_AUTH && look->version && look->version < MQTT_5))
        return NO_PACKET;

    int used = framer_next(bytes, MQTT_MAX_PACKET_SIZE, &frame);
    if (used < 0)
        return NO_PACKET;
    if (used > 0) {
        *size = (size_t)used;
        look->work += *size;
        return decodes(look, &frame) ? A_PACKET : NO_PACKET;
    }

    int64_t need = capture_framer_size(bytes);
    if (need == 0)
        return HALF_A_PACKET;
    look->work += bytes.len < MAX_TOPIC ? bytes.len : MAX_TOPIC;
    if (type == MQTT_PUBLISH)
        return topic_fits(bytes, (uint64_t)need) ? HALF_A_PACKET : NO_PACKET;
    return need <= MAX_SMALL ? HALF_A_PACKET : NO_PACKET;
}

/* Packet after packet, as far as the bytes go. */
static enum likeness chain(struct look *look, struct slice bytes)
{
    unsigned count = 0;

    while (bytes.len && count < SURE_COUNT) {
        size_t size = 0;
        enum likeness like = likeness(look, bytes, &size);

        if (like == NO_PACKET)
            return NO_PACKET;
        if (like == HALF_A_PACKET)
            return count ? A_PACKET : HALF_A_PACKET;
        bytes = slice_skip(bytes, size);
        count++;
    }
    return A_PACKET;
}

/* Do the lengths alone lead from packet to packet, exactly to the end? Then
   they are packets, if broken ones. */
static bool lengths_fit(struct slice bytes)
{
    while (bytes.len) {
        int64_t size = capture_framer_size(bytes);

        if (size <= 0 || (uint64_t)size > bytes.len || !(bytes.bytes[0] >> 4))
            return false;
        bytes = slice_skip(bytes, (size_t)size);
    }
    return true;
}

bool capture_resync_is_right(const struct capture_framer *framer,
                             struct slice packet)
{
    struct look look = {framer->from_client, framer->version, 0};
    size_t size = 0;

    return likeness(&look, packet, &size) == A_PACKET;
}

size_t capture_resync(const struct capture_framer *framer, struct slice bytes,
                      bool *wait)
{
    struct look look = {framer->from_client, framer->version, 0};
    size_t first_half = bytes.len;

    *wait = false;
    if (framer->fresh && bytes.len && lengths_fit(bytes))
        return 0;
    for (size_t at = 0; at < bytes.len; at++) {
        enum likeness like = chain(&look, slice_skip(bytes, at));

        if (like == A_PACKET)
            return at;
        if (like == HALF_A_PACKET && first_half == bytes.len)
            first_half = at;
        if (look.work > MAX_WORK * (bytes.len + 1024))
            return bytes.len;
    }
    *wait = first_half < bytes.len && first_half > 0;
    return first_half;
}
