#include "wire/render.h"

#include "base/clock.h"
#include "wire/render_cable.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define HEX_BYTES 16 /* in a line */

static bool is_publish(const struct history_row *row)
{
    return row->record.type == RECORD_MQTT && row->record.bytes.len &&
           row->record.bytes.bytes[0] >> 4 == MQTT_PUBLISH;
}

void render_flags(struct buf *out, const struct history_row *row)
{
    if (!is_publish(row))
        return;

    uint8_t first = row->record.bytes.bytes[0];
    buf_printf(out, "Q%d", first >> 1 & 3);
    if (first & 0x08)
        buf_append_string(out, " D");
    if (first & 0x01)
        buf_append_string(out, " R");
}

static void put_clock(struct buf *out, uint64_t time_ns, bool milliseconds)
{
    time_t seconds = (time_t)(time_ns / CLOCK_NS_PER_S);
    struct tm local = {0};

    localtime_r(&seconds, &local);
    buf_printf(out, "%02d:%02d:%02d", local.tm_hour, local.tm_min,
               local.tm_sec);
    if (milliseconds)
        buf_printf(out, ".%03u",
                   (unsigned)(time_ns % CLOCK_NS_PER_S / CLOCK_NS_PER_MS));
}

/* Append text and spaces up to a width. */
static void put_column(struct buf *out, struct slice text, size_t width)
{
    uint32_t start = out->len;

    render_text(out, text, width);

    struct slice shown = slice_of(out->bytes + start, out->len - start);
    for (size_t used = render_width(shown); used <= width; used++)
        buf_append_u8(out, ' ');
}

static const char *arrow(const struct record *record)
{
    if (record->direction == RECORD_C2B)
        return ">";
    return record->direction == RECORD_B2C ? "<" : " ";
}

/* The client; one without a name is known by its connection. */
static void put_client(struct buf *out, const struct history_row *row)
{
    char number[24];

    snprintf(number, sizeof(number), "connection %" PRIu32,
             row->record.connection);
    put_column(
        out,
        slice_of_string(*row->note.client_id ? row->note.client_id : number),
        16);
}

static void packet_line(struct buf *out, const struct history_row *row)
{
    struct buf flags = {0};

    if (row->number)
        buf_printf(out, "%6" PRIu64 " ", row->number);
    else
        buf_append_string(out, "       ");
    put_clock(out, row->record.time_ns, true);
    buf_append_u8(out, ' ');
    put_client(out, row);
    buf_printf(out, "%s %-11s ", arrow(&row->record),
               row->record.type == RECORD_MQTT ? mqtt_type_name(row->note.type)
                                               : render_cable_kind(row));
    if (row->note.packet_id)
        buf_printf(out, "%5u ", row->note.packet_id);
    else
        buf_append_string(out, "      ");
    render_flags(&flags, row);
    put_column(out, buf_slice(&flags), 6);
    buf_release(&flags);
}

void render_line(struct buf *out, const struct history_row *row)
{
    if (row->record.type == RECORD_MQTT || row->record.type == RECORD_WIRE) {
        packet_line(out, row);
    } else {
        put_clock(out, row->record.time_ns, false);
        buf_append_u8(out, ' ');
    }
    render_info(out, row);
}

void render_tree(struct buf *out, const struct dissection *dissection)
{
    for (size_t i = 0; i < dissection->count; i++) {
        const struct field *field = &dissection->fields[i];

        buf_printf(out, "%s%*s%s\n", field->error ? "! " : "  ",
                   2 * field->depth, "", dissect_text(dissection, field));
    }
}

static void put_hex_line(struct buf *out, struct slice line)
{
    for (size_t i = 0; i < HEX_BYTES; i++) {
        if (i == HEX_BYTES / 2)
            buf_append_u8(out, ' ');
        if (i < line.len)
            buf_printf(out, " %02x", line.bytes[i]);
        else
            buf_append_string(out, "   ");
    }
    buf_append_string(out, "   ");
    for (size_t i = 0; i < line.len; i++) {
        uint8_t byte = line.bytes[i];

        buf_append_u8(out, byte >= ' ' && byte < 0x7f ? byte : '.');
    }
    buf_append_u8(out, '\n');
}

void render_hex(struct buf *out, struct slice bytes)
{
    for (size_t start = 0; start < bytes.len; start += HEX_BYTES) {
        size_t rest = bytes.len - start;

        buf_printf(out, "%04zx ", start);
        put_hex_line(out, slice_of(bytes.bytes + start,
                                   rest < HEX_BYTES ? rest : HEX_BYTES));
    }
}

void render_time(struct buf *out, uint64_t time_ns, uint64_t origin_ns)
{
    bool before = time_ns < origin_ns;
    uint64_t ms =
        (before ? origin_ns - time_ns : time_ns - origin_ns) / CLOCK_NS_PER_MS;

    buf_printf(out, "%s%" PRIu64 ".%03" PRIu64, before ? "-" : "", ms / 1000,
               ms % 1000);
}
