#include "inspect/inspect_show.h"

#include "mqtt/utf8.h"
#include "wire/dissect_fields.h"
#include "wire/filter.h"
#include "wire/filter_suggest.h"
#include "wire/render.h"

#include <inttypes.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void inspect_show_release(struct inspect_show *show)
{
    dissect_release(&show->dissection);
    dissect_release(&show->scratch);
    buf_release(&show->value);
}

/* ---- names ---- */

bool inspect_show_knows(const char *field, const char **like)
{
    struct filter_suggestion best = {0};
    struct slice wanted = slice_of_string(field);

    *like = NULL;
    if (dissect_field_info(field, wanted.len))
        return true;
    for (const struct field_info *info = dissect_field_table(); info->name;
         info++)
        filter_suggest(&best, wanted, info->name);
    for (const struct filter_own_field *own = filter_own_fields(); own->name;
         own++) {
        if (!strcmp(own->name, field))
            return true;
        filter_suggest(&best, wanted, own->name);
    }
    *like = best.name;
    return false;
}

/* Wireshark has these only when a preference is set. */
static bool is_extra(const struct field_info *info)
{
    return !strcmp(info->name, "mqtt.msg_text") ||
           !strcmp(info->name, "mqtt.willmsg_text");
}

/* ---- values, written as tshark writes them ---- */

static void put_bytes(struct buf *out, struct slice bytes, bool colons)
{
    for (size_t i = 0; i < bytes.len; i++)
        buf_printf(out, "%s%02x", colons && i ? ":" : "", bytes.bytes[i]);
}

static void put_value(struct buf *out, const struct field *field, bool json)
{
    switch (field->info->type) {
    case FIELD_GROUP: buf_append_u8(out, '1'); break;
    case FIELD_BOOL: buf_append_u8(out, field->number ? '1' : '0'); break;
    case FIELD_UINT:
        if (field->info->hex)
            buf_printf(out, "0x%0*" PRIx64, 2 * (int)field->len, field->number);
        else
            buf_printf(out, "%" PRIu64, field->number);
        break;
    case FIELD_STRING: buf_append_slice(out, field->value); break;
    case FIELD_BYTES:
        if (!field->value.len && !json)
            buf_append_string(out, "<MISSING>");
        put_bytes(out, field->value, json);
        break;
    }
}

/* How many bytes that are no UTF-8 are replaced by one character: those that
   begin a character, as far as they do [Unicode 3.9, as Wireshark]. */
static size_t ill_formed(struct slice text)
{
    /* Lowest second byte of what begins so, highest, and length. */
    static const uint8_t begins[][5] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2},
        {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4},
        {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        const uint8_t *row = begins[i];
        size_t len = 1;

        if (text.bytes[0] < row[0] || text.bytes[0] > row[1])
            continue;
        if (len < text.len && text.bytes[1] >= row[2] &&
            text.bytes[1] <= row[3])
            len++;
        while (len > 1 && len < row[4] && len < text.len &&
               (text.bytes[len] & 0xc0) == 0x80)
            len++;
        return len;
    }
    return 1;
}

/* U+0080 to U+009F too: terminals obey some of them. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

/* What is not UTF-8 is replaced. */
static void put_json_text(struct buf *out, struct slice text)
{
    buf_append_u8(out, '"');
    while (text.len) {
        uint32_t c;
        int len = utf8_decode(text, &c);

        if (len <= 0) {
            buf_append_string(out, REPLACEMENT);
            len = (int)ill_formed(text);
        } else if (c == '"' || c == '\\') {
            buf_append_u8(out, '\\');
            buf_append_u8(out, (uint8_t)c);
        } else if (is_control(c)) {
            buf_printf(out, "\\u%04x", (unsigned)c);
        } else {
            buf_append(out, text.bytes, (size_t)len);
        }
        text = slice_skip(text, (size_t)len);
    }
    buf_append_u8(out, '"');
}

static void dissect(struct inspect_show *show, const struct history_row *row)
{
    dissect_row(&show->dissection, row);
}

/* ---- JSON ---- */

static void put_key(struct buf *out, const char *key)
{
    buf_printf(out, ",\"%s\":", key);
}

static void put_string(struct buf *out, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    put_key(out, key);
    put_json_text(out, slice_of_string(value));
}

static void put_json_value(struct inspect_show *show, struct buf *out,
                           const struct field *field)
{
    buf_clear(&show->value);
    put_value(&show->value, field, true);
    put_json_text(out, buf_slice(&show->value));
}

/* The field of this name that comes next from at on; NULL: none. */
static const struct field *next_named(const struct dissection *dissection,
                                      size_t at, const char *name)
{
    for (; at < dissection->count; at++) {
        const struct field *field = &dissection->fields[at];

        if (field->info && field->info->name == name)
            return field;
    }
    return NULL;
}

static bool was_before(const struct dissection *dissection, size_t at)
{
    const char *name = dissection->fields[at].info->name;

    return next_named(dissection, 0, name) != &dissection->fields[at];
}

static void put_json_field(struct inspect_show *show, struct buf *out,
                           size_t at)
{
    const struct dissection *dissection = &show->dissection;
    const struct field *field = &dissection->fields[at];
    const struct field *next =
        next_named(dissection, at + 1, field->info->name);

    put_key(out, field->info->name);
    if (!next) {
        put_json_value(show, out, field);
        return;
    }
    buf_append_u8(out, '[');
    put_json_value(show, out, field);
    while (next) {
        buf_append_u8(out, ',');
        put_json_value(show, out, next);
        next = next_named(dissection, (size_t)(next - dissection->fields) + 1,
                          field->info->name);
    }
    buf_append_u8(out, ']');
}

static bool is_chosen(const struct inspect_show *show, const char *name)
{
    for (size_t i = 0; i < show->field_count; i++) {
        if (!strcmp(show->fields[i], name))
            return true;
    }
    return false;
}

/* A value of the filter language that is no field of the packet. */
static void put_json_own(struct inspect_show *show, struct buf *out,
                         const char *name, const struct history_row *row)
{
    buf_clear(&show->value);
    if (!filter_value(name, row, &show->scratch, &show->value))
        return;
    put_key(out, name);
    put_json_text(out, buf_slice(&show->value));
}

static void put_frame(struct buf *out, const struct history_row *row)
{
    uint64_t time = row->record.time_ns;

    buf_printf(out, "{\"frame\":%" PRIu64 ",\"time\":\"%" PRIu64 ".%09u\"",
               row->frame, time / UINT64_C(1000000000),
               (unsigned)(time % UINT64_C(1000000000)));
}

static void put_all(struct inspect_show *show, struct buf *out,
                    const struct history_row *row)
{
    static const char *const own[] = {"lab.packet", "tcp.stream", "lab.client",
                                      "lab.type", "lab.dir"};
    const struct dissection *dissection = &show->dissection;

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        put_json_own(show, out, own[i], row);
    for (size_t i = 0; i < dissection->count; i++) {
        const struct field_info *info = dissection->fields[i].info;

        if (info && !is_extra(info) && !was_before(dissection, i))
            put_json_field(show, out, i);
    }
}

static void put_chosen(struct inspect_show *show, struct buf *out,
                       const struct history_row *row)
{
    const struct dissection *dissection = &show->dissection;

    for (size_t i = 0; i < show->field_count; i++) {
        const char *name = show->fields[i];

        if (!dissect_field_info(name, strlen(name)))
            put_json_own(show, out, name, row);
    }
    for (size_t i = 0; i < dissection->count; i++) {
        const struct field_info *info = dissection->fields[i].info;

        if (info && is_chosen(show, info->name) && !was_before(dissection, i))
            put_json_field(show, out, i);
    }
}

static void put_json(struct inspect_show *show, struct buf *out,
                     const struct history_row *row)
{
    const struct dissection *dissection = &show->dissection;

    show->dissection.without_text = true;
    dissect(show, row);
    put_frame(out, row);
    if (show->field_count)
        put_chosen(show, out, row);
    else
        put_all(show, out, row);
    if (dissection->cut)
        buf_append_string(out, ",\"cut\":true");
    if (dissection->error) {
        put_string(out, "error", dissection->error);
        put_string(out, "statement", dissection->statement);
        put_key(out, "error_offset");
        buf_printf(out, "%" PRIu32, dissection->error_offset);
    }
    buf_append_string(out, "}\n");
}

/* ---- fields ---- */

static char separator(const struct inspect_show *show)
{
    return show->separator ? show->separator : '\t';
}

/* Text that stays in its column: control characters are written as in C, and
   what is not UTF-8 is replaced. */
static void put_plain(struct buf *out, struct slice text)
{
    static const char letters[] = "abtnvfr"; /* 7 to 13 */

    while (text.len) {
        uint32_t c;
        int len = utf8_decode(text, &c);

        if (len <= 0) {
            buf_append_string(out, REPLACEMENT);
            len = (int)ill_formed(text);
        } else if (c >= 7 && c <= 13) {
            buf_printf(out, "\\%c", letters[c - 7]);
        } else if (is_control(c)) {
            buf_printf(out, "\\x%02x", (unsigned)c);
        } else {
            buf_append(out, text.bytes, (size_t)len);
        }
        text = slice_skip(text, (size_t)len);
    }
}

/* All values of one field; those that the occurrence leaves out are not there.
 */
static void put_occurrences(struct inspect_show *show, struct buf *out,
                            const char *name)
{
    const struct dissection *dissection = &show->dissection;
    uint32_t start = out->len;

    for (size_t i = 0; i < dissection->count; i++) {
        const struct field *field = &dissection->fields[i];

        if (!field->info || strcmp(field->info->name, name) != 0)
            continue;
        if (show->occurrence == INSPECT_LAST)
            out->len = start;
        if (out->len != start)
            buf_append_u8(out,
                          (uint8_t)(show->aggregator ? show->aggregator : ','));
        buf_clear(&show->value);
        put_value(&show->value, field, false);
        put_plain(out, buf_slice(&show->value));
        if (show->occurrence == INSPECT_FIRST)
            return;
    }
}

static void put_field(struct inspect_show *show, struct buf *out,
                      const char *name, const struct history_row *row)
{
    if (show->quote)
        buf_append_u8(out, (uint8_t)show->quote);
    if (dissect_field_info(name, strlen(name))) {
        put_occurrences(show, out, name);
    } else {
        buf_clear(&show->value);
        if (filter_value(name, row, &show->scratch, &show->value))
            put_plain(out, buf_slice(&show->value));
    }
    if (show->quote)
        buf_append_u8(out, (uint8_t)show->quote);
}

static void put_fields(struct inspect_show *show, struct buf *out,
                       const struct history_row *row)
{
    show->dissection.without_text = true;
    dissect(show, row);
    for (size_t i = 0; i < show->field_count; i++) {
        if (i)
            buf_append_u8(out, (uint8_t)separator(show));
        put_field(show, out, show->fields[i], row);
    }
    buf_append_u8(out, '\n');
}

void inspect_show_header(const struct inspect_show *show, struct buf *out)
{
    if (show->format != INSPECT_FIELDS || !show->header)
        return;
    for (size_t i = 0; i < show->field_count; i++) {
        if (i)
            buf_append_u8(out, (uint8_t)separator(show));
        buf_append_string(out, show->fields[i]);
    }
    buf_append_u8(out, '\n');
}

/* ---- rows ---- */

/* A packet has two numbers: that of its frame in the file, and the one that the
   dashboard has for it. */
static void put_line(struct inspect_show *show, struct buf *out,
                     const struct history_row *row)
{
    bool has_frame =
        row->record.type == RECORD_MQTT || row->record.type == RECORD_WIRE;

    if (!show->headed)
        buf_printf(out,
                   "%spacket time         client             type        "
                   "   id flags topic / info\n",
                   show->from_file ? " frame " : "");
    show->headed = true;
    if (show->from_file && has_frame)
        buf_printf(out, "%6" PRIu64 " ", row->frame);
    render_line(out, row);
    buf_append_u8(out, '\n');
}

static void put_tree(struct inspect_show *show, struct buf *out,
                     const struct history_row *row)
{
    put_line(show, out, row);
    show->dissection.without_text = false;
    dissect(show, row);
    render_tree(out, &show->dissection);
    if (row->record.type == RECORD_MQTT || row->record.type == RECORD_WIRE)
        render_hex(out, row->record.bytes);
    buf_append_u8(out, '\n');
}

/* Is a field asked for that this row has, and packets have not? */
static bool is_wanted(const struct inspect_show *show,
                      const struct history_row *row)
{
    if (row->record.type != RECORD_WIRE || row->record.layer != RECORD_CABLE)
        return is_chosen(show, "lab.event");
    for (size_t i = 0; i < show->field_count; i++) {
        const char *name = show->fields[i];

        if (dissect_fields_is_cable(dissect_field_info(name, strlen(name))))
            return true;
    }
    return false;
}

void inspect_show_row(struct inspect_show *show, struct buf *out,
                      const struct history_row *row)
{
    bool is_packet = row->record.type == RECORD_MQTT;

    switch (show->format) {
    case INSPECT_NONE: break;
    case INSPECT_TEXT: put_line(show, out, row); break;
    case INSPECT_TREE: put_tree(show, out, row); break;
    case INSPECT_JSON:
        if (is_packet || is_wanted(show, row))
            put_json(show, out, row);
        break;
    case INSPECT_FIELDS:
        if (is_packet || is_wanted(show, row))
            put_fields(show, out, row);
        break;
    }
}
