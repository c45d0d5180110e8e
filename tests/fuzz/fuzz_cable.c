/*
 * The cable of a connection: the first byte says whether it is a WebSocket's;
 * then pieces, each a byte of direction and length and as many bytes. Whatever
 * crosses it, its pieces are cut, dissected, written and overheard.
 */
#include "wire/cable_units.h"
#include "wire/eavesdropper.h"
#include "wire/render.h"
#include "wire/render_cable.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Units lie one behind the other and fill the piece. */
static void check_units(const struct history_row *row)
{
    struct cable_place place = row->note.cable;
    struct cable_unit unit;
    uint32_t at = 0;
    uint32_t end = 0;

    while (cable_units_next(&place, row->record.bytes, &at, &unit)) {
        assert(unit.at == end && unit.here > 0);
        assert(unit.header <= unit.here);
        end = unit.at + unit.here;
        assert(end == at);
    }
    assert(end == row->record.bytes.len);
}

static void check_fields(const struct history_row *row)
{
    struct dissection dissection = {0};
    struct buf out = {0};

    dissect_row(&dissection, row);
    assert(dissection.count <= DISSECT_MAX_FIELDS);
    for (size_t i = 0; i < dissection.count; i++) {
        const struct field *field = &dissection.fields[i];

        assert(field->offset + (size_t)field->len <= row->record.bytes.len);
        assert(field->text_at < dissection.text.len);
    }
    render_line(&out, row);
    for (uint32_t i = 0; i < out.len; i++) /* one line, no escape sequences */
        assert(out.bytes[i] >= ' ' && out.bytes[i] != 0x7f);
    render_tree(&out, &dissection);
    render_cable_is_dull(row);
    buf_release(&out);
    dissect_release(&dissection);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct eavesdropper eavesdropper = {0};
    struct cable_units units = {0};
    bool is_web = len && bytes[0] & 1;
    struct history_row row = {
        .record = {.type = RECORD_WIRE, .layer = RECORD_CABLE},
        .note = { .client_id = "",
                   .peer = "",
                   .transport = is_web ? "ws" : "tls"},
    };

    for (size_t at = 1; at < len;) {
        bool from_client = bytes[at] & 0x80;
        size_t want = 1 + (size_t)(bytes[at] & 0x7f) * 4;

        at++;
        if (want > len - at)
            want = len - at;
        if (!want)
            break;
        row.record.direction = from_client ? RECORD_C2B : RECORD_B2C;
        row.record.bytes = slice_of(bytes + at, want);
        row.record.original_len = (uint32_t)want;
        row.note.cable =
            cable_units_take(&units, from_client, is_web, row.record.bytes);
        check_units(&row);
        check_fields(&row);
        eavesdropper_take(&eavesdropper, &row);
        at += want;
    }
    eavesdropper_release(&eavesdropper);
    return 0;
}
