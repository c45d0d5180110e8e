#include "broker/reason_string.h"

#include "broker/connection.h"
#include "mqtt/property.h"
#include "mqtt/utf8.h"

#define MAX_TEXT_BYTES 256

/*
 * What a Reason String adds to a packet beyond its text: identifier and length,
 * and one byte more for each of Property Length and Remaining Length. An
 * acknowledgement without Properties has no Property Length either.
 */
#define OVERHEAD_BYTES 6

/* As much of a text as is sent; a character is not cut in two. */
static struct slice shortened(const char *text)
{
    struct slice all = slice_of_string(text);

    if (all.len > MAX_TEXT_BYTES)
        all.len = MAX_TEXT_BYTES;
    while (all.len && !utf8_valid(all))
        all.len--;
    return all;
}

bool reason_string_is_secret(enum mqtt_reason reason)
{
    return reason == MQTT_BAD_USER_NAME_OR_PASSWORD ||
           reason == MQTT_NOT_AUTHORIZED || reason == MQTT_BANNED;
}

void reason_string_put(struct buf *properties,
                       const struct connection *connection, const char *text,
                       size_t size)
{
    if (connection->link.version < MQTT_5 || !text ||
        connection->wants_no_reasons)
        return;
    struct slice string = shortened(text);
    /*
     * [MQTT-3.2.2-19] [MQTT-3.4.2-2] [MQTT-3.5.2-2] [MQTT-3.6.2-2]
     * [MQTT-3.7.2-2] [MQTT-3.9.2-1] [MQTT-3.11.2-1] [MQTT-3.14.2-3]; and a User
     * Property, which [MQTT-3.2.2-20] [MQTT-3.4.2-3] [MQTT-3.5.2-3]
     * [MQTT-3.6.2-3] [MQTT-3.7.2-3] [MQTT-3.9.2-2] [MQTT-3.11.2-2]
     * [MQTT-3.14.2-4] would forbid as well, is never sent.
     */
    if (string.len &&
        size + string.len + OVERHEAD_BYTES <= connection->max_packet_size)
        property_put_string(properties, PROPERTY_REASON_STRING, string);
}
