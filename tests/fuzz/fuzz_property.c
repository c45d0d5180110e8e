/*
 * Properties that were accepted can be visited and written again to the same
 * bytes. The first byte of the input says for which packet they are.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt/property.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void put(struct buf *out, const struct property *property)
{
    enum property_id id = property->info->id;

    switch (property->info->type) {
    case PROPERTY_BYTE:
    case PROPERTY_U16:
    case PROPERTY_U32:
    case PROPERTY_VARINT: property_put_number(out, id, property->number); break;
    case PROPERTY_STRING:
    case PROPERTY_BINARY: property_put_string(out, id, property->string); break;
    case PROPERTY_STRING_PAIR:
        property_put_pair(out, property->string, property->value);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    unsigned where = bytes[0] % (MQTT_AUTH + 1);
    struct reader reader = {.rest = slice_of(bytes + 1, len - 1)};
    struct slice properties = property_read(&reader, where);
    struct buf again = {0};
    struct property property;
    struct property found;

    if (reader.reason) {
        assert(reader.reason == MQTT_MALFORMED_PACKET ||
               reader.reason == MQTT_PROTOCOL_ERROR);
        return 0;
    }
    for (struct slice rest = properties; property_next(&rest, &property);) {
        assert(property.info->packets & PROPERTY_BIT(where));
        assert(property_find(properties, property.info->id, &found));
        put(&again, &property);
    }
    assert(slice_equal(buf_slice(&again), properties));
    buf_clear(&again);
    property_write(&again, properties);
    assert(again.len == property_size(properties));
    assert(again.len + reader.rest.len == len - 1);
    buf_release(&again);
    return 0;
}
