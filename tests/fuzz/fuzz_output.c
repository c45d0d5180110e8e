/*
 * A format of sub -F, up to the first NUL, and the payload that it prints.
 */
#include "client/output.h"
#include "mqtt/property.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* One Property of each kind that a format can ask for. */
static void make_properties(struct buf *properties, struct slice text)
{
    static const enum property_id texts[] = {PROPERTY_CONTENT_TYPE,
                                             PROPERTY_RESPONSE_TOPIC,
                                             PROPERTY_CORRELATION_DATA};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        property_put_string(properties, texts[i], text);
    property_put_pair(properties, text, text);
    property_put_number(properties, PROPERTY_TOPIC_ALIAS, 3);
    property_put_number(properties, PROPERTY_SUBSCRIPTION_IDENTIFIER, 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = memchr(bytes, '\0', size);
    struct output output = {0};
    struct buf properties = {0};
    struct buf out = {0};
    char error[160] = "";

    if (!end || size > 4096)
        return 0;
    struct slice payload = slice_of(end + 1, size - (size_t)(end + 1 - bytes));
    make_properties(&properties, slice_first(payload, payload.len % 64));
    struct mqtt_publish message = {
        .qos = 1,
        .packet_id = 12,
        .topic = slice_first(payload, payload.len % 32),
        .properties = buf_slice(&properties),
        .payload = payload,
    };
    output.pretty = size % 2;
    if (output_set_format(&output, (const char *)bytes, error, sizeof(error)))
        output_message(&output, &message, UINT64_C(1588803127000123456), &out);
    else
        assert(error[0]);
    buf_release(&out);
    buf_release(&properties);
    output_release(&output);
    return 0;
}
