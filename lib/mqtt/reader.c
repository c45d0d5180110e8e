#include "mqtt/reader.h"

#include "mqtt/utf8.h"
#include "mqtt/varint.h"

void reader_fail(struct reader *reader, enum mqtt_reason reason)
{
    if (!reader->reason)
        reader->reason = reason;
    reader->rest.len = 0;
}

struct slice reader_bytes(struct reader *reader, size_t len)
{
    if (reader->reason || reader->rest.len < len) {
        reader_fail(reader, MQTT_MALFORMED_PACKET);
        return slice_of(NULL, 0);
    }
    struct slice bytes = slice_first(reader->rest, len);
    reader->rest = slice_skip(reader->rest, len);
    return bytes;
}

uint8_t reader_u8(struct reader *reader)
{
    struct slice bytes = reader_bytes(reader, 1);

    return bytes.len ? bytes.bytes[0] : 0;
}

uint16_t reader_u16(struct reader *reader)
{
    struct slice bytes = reader_bytes(reader, 2);

    return bytes.len ? (uint16_t)(bytes.bytes[0] << 8 | bytes.bytes[1]) : 0;
}

uint32_t reader_u32(struct reader *reader)
{
    uint32_t high = reader_u16(reader);
    uint32_t low = reader_u16(reader);

    return reader->reason ? 0 : high << 16 | low;
}

uint32_t reader_varint(struct reader *reader)
{
    uint32_t value = 0;
    int used = varint_decode(reader->rest.bytes, reader->rest.len, &value);

    if (reader->reason || used <= 0) {
        reader_fail(reader, MQTT_MALFORMED_PACKET);
        return 0;
    }
    reader->rest = slice_skip(reader->rest, (size_t)used);
    return value;
}

struct slice reader_binary(struct reader *reader)
{
    return reader_bytes(reader, reader_u16(reader));
}

struct slice reader_string(struct reader *reader)
{
    struct slice text = reader_binary(reader);

    if (utf8_valid(text))
        return text;
    reader_fail(reader, MQTT_MALFORMED_PACKET); /* [MQTT-1.5.4-1] */
    return slice_of(NULL, 0);
}

struct slice reader_rest(struct reader *reader)
{
    return reader_bytes(reader, reader->rest.len);
}

void reader_end(struct reader *reader)
{
    if (reader->rest.len)
        reader_fail(reader, MQTT_MALFORMED_PACKET);
}
