#include "tui/wire_text.h"

#include "mqtt/mqtt.h"
#include "wire/render.h"
#include "wire/render_cable.h"

static const char *arrow(bool from_client)
{
    return from_client ? "> " : "< ";
}

void wire_text_packet(const struct store *store, const struct wire_line *line,
                      struct buf *out)
{
    struct history_row row;

    if (!store_row(store, line->packet, &row))
        return;
    if (row.record.type == RECORD_MQTT) {
        buf_append_string(out, arrow(line->from_client));
        buf_printf(out, "%-10s ", mqtt_type_name(row.note.type));
    } else {
        buf_append_string(out, "* ");
    }
    render_info(out, &row);
}

/* Bytes that are readable as they are. */
static void put_bytes(struct slice bytes, struct buf *out)
{
    const size_t most = 9;

    for (size_t i = 0; i < bytes.len && i < most; i++)
        buf_printf(out, "%02x ", bytes.bytes[i]);
    buf_append_string(out, bytes.len > most ? ".. " : "");
    for (size_t i = 0; i < bytes.len; i++)
        buf_append_u8(out, bytes.bytes[i] >= ' ' && bytes.bytes[i] < 0x7f
                               ? bytes.bytes[i]
                               : '.');
}

static void put_unit(struct dissection *scratch, const struct history_row *row,
                     const struct wire_line *line, struct buf *out)
{
    size_t at = 0;

    dissect_row(scratch, row);
    for (uint32_t unit = 0; unit < line->unit && at < scratch->count; unit++)
        at = render_cable_next(scratch, at);
    if (at < scratch->count)
        render_cable_unit(out, scratch, at);
}

void wire_text_cable(const struct store *store, struct dissection *scratch,
                     const struct wire_line *line, struct buf *out)
{
    struct history_row row;

    if (line->shares) {
        buf_append_string(out, "  in the same");
        return;
    }
    if (!store_row(store, line->cable, &row))
        return;
    buf_append_string(out, arrow(line->from_client));
    if (row.record.layer == RECORD_CABLE)
        put_unit(scratch, &row, line, out);
    else
        put_bytes(row.record.bytes, out);
}
