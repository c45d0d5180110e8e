/*
 * The dissector and all that renders, on any bytes: the first byte chooses
 * version and direction and how the record is marked.
 */
#include "mqtt/packet.h"
#include "wire/render.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const struct dissection *dissection, size_t len)
{
    assert(dissection->count <= DISSECT_MAX_FIELDS);
    assert(!dissection->error || dissection->error_offset <= len);
    for (size_t i = 0; i < dissection->count; i++) {
        const struct field *field = &dissection->fields[i];

        assert(field->offset + (size_t)field->len <= len);
        assert(field->text_at < dissection->text.len);
        if (field->value.len) {
            assert(field->info || field->value.bytes);
            dissect_field_at(dissection, field->offset);
        }
    }
}

static void render(const struct history_row *row, struct dissection *dissection)
{
    struct buf out = {0};

    dissect_row(dissection, row);
    check(dissection, row->record.bytes.len);
    render_line(&out, row);
    for (uint32_t i = 0; i < out.len; i++) /* one line, no escape sequences */
        assert(out.bytes[i] >= ' ' && out.bytes[i] != 0x7f);
    render_tree(&out, dissection);
    render_hex(&out, row->record.bytes);
    buf_release(&out);
}

/* What the codec refuses, the dissector has to explain. The framer does not
   know the version, so it is stricter with flags than version 3.1 is. */
static void compare_with_codec(const struct dissection *dissection,
                               struct slice bytes, unsigned version)
{
    struct frame frame;
    struct mqtt_packet packet;
    int used = framer_next(bytes, MQTT_MAX_PACKET_SIZE, &frame);
    bool refused = used <= 0 && version != MQTT_3_1;

    if (used > 0)
        refused = (size_t)used != bytes.len ||
                  packet_decode(&packet, (enum mqtt_version)version, &frame);
    if (refused)
        assert(dissection->error);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct dissection dissection = {0};

    if (len == 0)
        return 0;

    struct history_row row = {
        .record = {.direction = bytes[0] & 0x80 ? RECORD_C2B : RECORD_B2C,
                   .flags = bytes[0] & 0x40 ? RECORD_TRUNCATED : 0,
                   .type = bytes[0] >> 3 & 7,
                   .bytes = slice_of(bytes + 1, len - 1)},
        .note = {.client_id = "",
                   .topic = bytes[0] & 1 ? "t" : "",
                   .version = bytes[0] & 7,
                   .type = len > 1 ? bytes[1] >> 4 : 0    }
    };

    dissect_packet(&dissection, row.record.bytes, bytes[0] & 7,
                   bytes[0] & 0x80);
    check(&dissection, len - 1);
    if ((bytes[0] & 7) >= MQTT_3_1 && (bytes[0] & 7) <= MQTT_5)
        compare_with_codec(&dissection, row.record.bytes, bytes[0] & 7);
    render(&row, &dissection);
    row.record.type = RECORD_MQTT;
    render(&row, &dissection);
    dissect_release(&dissection);
    return 0;
}
