#include "wire/dissect_line.h"

#include "mqtt/utf8.h"
#include "wire/render.h"

#include <inttypes.h>

/* Longest text of a peer in a line, and most bytes in hex. */
#define MAX_COLUMNS 240
#define MAX_BYTES   32

/* The bits that the field takes, the others as dots: "..10 .... = ". */
static void put_bits(struct buf *out, const struct field *field)
{
    unsigned shift = 0;

    while (!(field->mask >> shift & 1))
        shift++;
    for (int bit = 7; bit >= 0; bit--) {
        char digit = '.';

        if (field->mask >> bit & 1)
            digit = field->number >> ((unsigned)bit - shift) & 1 ? '1' : '0';
        buf_append_u8(out, (uint8_t)digit);
        if (bit == 4)
            buf_append_u8(out, ' ');
    }
    buf_append_string(out, " = ");
}

/* As many digits as the field has half bytes. */
static void put_hex(struct buf *out, const struct field *field)
{
    int digits = 2 * (int)field->len;

    if (field->mask)
        digits = (__builtin_popcount(field->mask) + 3) / 4;
    buf_printf(out, "0x%0*" PRIx64, digits, field->number);
}

static void put_number(struct buf *out, const struct field *field)
{
    const struct field_info *info = field->info;

    if (info->value_name) {
        const char *name = info->value_name(field->number);

        buf_append_string(out, name ? name : "Unknown");
        buf_append_string(out, " (");
    }
    if (info->hex)
        put_hex(out, field);
    else
        buf_printf(out, "%" PRIu64, field->number);
    if (info->value_name)
        buf_append_string(out, ")");
}

static void put_bytes(struct buf *out, struct slice bytes)
{
    for (size_t i = 0; i < bytes.len && i < MAX_BYTES; i++)
        buf_printf(out, "%02x", bytes.bytes[i]);
    if (bytes.len > MAX_BYTES)
        buf_append_string(out, "...");
    if (bytes.len == 0)
        buf_append_string(out, "(empty)");
    else
        buf_printf(out, " (%zu byte%s)", bytes.len, bytes.len == 1 ? "" : "s");
}

void dissect_line_value(struct buf *out, const struct field *field)
{
    buf_append_string(out, field->info->label);
    buf_append_string(out, ": ");
    switch (field->info->type) {
    case FIELD_GROUP: break;
    case FIELD_BOOL:
        buf_append_string(out, field->info->value_name(field->number));
        break;
    case FIELD_UINT: put_number(out, field); break;
    case FIELD_STRING: render_text(out, field->value, MAX_COLUMNS); break;
    case FIELD_BYTES: put_bytes(out, field->value); break;
    }
}

void dissect_line(struct buf *out, const struct field *field)
{
    if (field->mask)
        put_bits(out, field);
    dissect_line_value(out, field);
    buf_append_u8(out, 0);
}

void dissect_line_byte(struct buf *out, const struct field *byte,
                       const struct field *end)
{
    dissect_line_value(out, byte);
    for (const struct field *bits = byte + 1; bits < end; bits++) {
        const struct field_info *info = bits->info;

        if (!bits->mask || !info->value_name)
            continue;
        if (info->type == FIELD_BOOL && !bits->number)
            continue;
        buf_printf(out, ", %s", info->label);
        if (info->type == FIELD_UINT) {
            const char *name = info->value_name(bits->number);

            buf_printf(out, ": %s", name ? name : "Unknown");
        }
    }
    buf_append_u8(out, 0);
}

void dissect_line_error(struct buf *out, const struct dissect_rule_info *rule,
                        const char *statement, uint32_t offset)
{
    buf_printf(out, "byte %" PRIu32 ": %s", offset, rule->text);
    if (statement)
        buf_printf(out, " [%s]", statement);
    else if (rule->section)
        buf_printf(out, " (%s)", rule->section);
    buf_append_u8(out, 0);
}

bool dissect_line_printable(struct slice bytes)
{
    uint32_t code_point;

    while (bytes.len) {
        int len = utf8_decode(bytes, &code_point);

        if (len <= 0 || code_point == 0x7f ||
            (code_point >= 0x80 && code_point < 0xa0))
            return false;
        if (code_point < ' ' && code_point != '\t' && code_point != '\n' &&
            code_point != '\r')
            return false;
        bytes = slice_skip(bytes, (size_t)len);
    }
    return true;
}
