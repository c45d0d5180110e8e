#include "wire/record.h"

#include <stdio.h>
#include <string.h>

#define CODE_BYTES      2
#define ATTRIBUTE_BYTES 3 /* key and length */

static unsigned read_u16(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

static void append_u16(struct buf *bytes, unsigned value)
{
    buf_append_u8(bytes, (uint8_t)(value >> 8));
    buf_append_u8(bytes, (uint8_t)value);
}

void record_begin(struct buf *bytes, unsigned code)
{
    buf_clear(bytes);
    append_u16(bytes, code);
}

void record_put(struct buf *bytes, enum record_key key, struct slice value)
{
    size_t len = value.len < UINT16_MAX ? value.len : UINT16_MAX;

    buf_append_u8(bytes, (uint8_t)key);
    append_u16(bytes, (unsigned)len);
    buf_append(bytes, value.bytes, len);
}

void record_put_string(struct buf *bytes, enum record_key key,
                       const char *value)
{
    record_put(bytes, key, slice_of_string(value));
}

void record_put_number(struct buf *bytes, enum record_key key, uint64_t value)
{
    char digits[24];
    int len =
        snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);

    record_put(bytes, key, slice_of(digits, (size_t)len));
}

unsigned record_code(struct slice bytes)
{
    return bytes.len < CODE_BYTES ? 0 : read_u16(bytes.bytes);
}

struct slice record_get(struct slice bytes, enum record_key key)
{
    if (bytes.len < CODE_BYTES)
        return slice_of(NULL, 0);
    struct slice rest = slice_skip(bytes, CODE_BYTES);
    while (rest.len >= ATTRIBUTE_BYTES) {
        unsigned len = read_u16(rest.bytes + 1);
        bool found = rest.bytes[0] == key;

        rest = slice_skip(rest, ATTRIBUTE_BYTES);
        if (len > rest.len)
            break;
        if (found)
            return slice_first(rest, len);
        rest = slice_skip(rest, len);
    }
    return slice_of(NULL, 0);
}

uint64_t record_get_number(struct slice bytes, enum record_key key,
                           uint64_t absent)
{
    struct slice value = record_get(bytes, key);
    uint64_t number = 0;

    if (!value.len)
        return absent;
    for (size_t i = 0; i < value.len; i++) {
        unsigned digit = (unsigned)value.bytes[i] - '0';

        if (digit > 9 || number > (UINT64_MAX - digit) / 10)
            return absent;
        number = number * 10 + digit;
    }
    return number;
}

uint64_t record_subject(const struct record *record)
{
    return record->cause ? record->cause
                         : record_get_number(record->bytes, RECORD_SUBJECT, 0);
}

bool record_is_own_counter(const struct record *record)
{
    if (record->type != RECORD_EVT)
        return false; /* its bytes may be no attributes */
    struct slice topic = record_get(record->bytes, RECORD_TOPIC);
    return topic.len && topic.bytes[0] == '$';
}

const char *record_type_name(unsigned type)
{
    static const char *const names[] = {
        [RECORD_CONN] = "conn", [RECORD_TLS] = "tls", [RECORD_WIRE] = "wire",
        [RECORD_MQTT] = "mqtt", [RECORD_EVT] = "evt", [RECORD_LAB] = "lab",
        [RECORD_NOTE] = "note",
    };

    if (type < sizeof(names) / sizeof(names[0]) && names[type])
        return names[type];
    return "?";
}

void record_header_read(struct record *record,
                        const uint8_t in[RECORD_HEADER_BYTES])
{
    memcpy(&record->seq, in + RECORD_AT_SEQ, sizeof(record->seq));
    memcpy(&record->time_ns, in + RECORD_AT_TIME, sizeof(record->time_ns));
    memcpy(&record->cause, in + RECORD_AT_CAUSE, sizeof(record->cause));
    memcpy(&record->connection, in + RECORD_AT_CONNECTION,
           sizeof(record->connection));
    memcpy(&record->original_len, in + RECORD_AT_ORIGINAL_LEN,
           sizeof(record->original_len));
    record->type = in[RECORD_AT_TYPE];
    record->direction = in[RECORD_AT_DIRECTION];
    record->version = in[RECORD_AT_VERSION];
    record->flags = in[RECORD_AT_FLAGS];
    record->actor = in[RECORD_AT_ACTOR];
    record->layer = in[RECORD_AT_LAYER];
    memcpy(record->reserved, in + RECORD_AT_RESERVED, sizeof(record->reserved));
}
