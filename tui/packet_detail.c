#include "tui/packet_detail.h"

#include <ctype.h>

#include "wire/render.h"
#include "wire/render_cable.h"

#define NOTE_LINES 3 /* of the tree, at most */

void detail_init(struct packet_detail *detail)
{
    *detail = (struct packet_detail){.position = STORE_NOWHERE};
}

void detail_release(struct packet_detail *detail)
{
    dissect_release(&detail->dissection);
}

/* The same field in a packet of the same kind, so that one can step from
   packet to packet and compare. */
static size_t same_field(const struct dissection *dissection,
                         const struct field_info *info)
{
    for (size_t i = 0; info && i < dissection->count; i++) {
        if (dissection->fields[i].info == info)
            return i;
    }
    return 0;
}

void detail_look(struct packet_detail *detail, const struct store *store,
                 uint64_t position)
{
    const struct field *old = detail_field(detail);
    const struct field_info *info = old ? old->info : NULL;

    if (position == detail->position && detail->here) {
        /* The bytes move when the history does. */
        detail->here = store_row(store, position, &detail->row);
        return;
    }
    detail->position = position;
    detail->here = store_row(store, position, &detail->row) &&
                   (detail->row.record.type == RECORD_MQTT ||
                    detail->row.record.type == RECORD_WIRE);
    detail->top = detail->hex_top = 0;
    detail->field = 0;
    detail->byte = 0;
    if (!detail->here)
        return;
    if (detail->row.record.type == RECORD_MQTT)
        dissect_packet(&detail->dissection, detail->row.record.bytes,
                       detail->row.note.version,
                       detail->row.record.direction == RECORD_C2B);
    else
        dissect_row(&detail->dissection, &detail->row);
    detail->unit_at = 0;
    detail->field = same_field(&detail->dissection, info);
    if (detail_field(detail))
        detail->byte = detail_field(detail)->offset;
}

void detail_choose_unit(struct packet_detail *detail, uint32_t at)
{
    const struct dissection *dissection = &detail->dissection;

    detail->unit_at = at;
    for (size_t i = 0; detail->here && i < dissection->count; i++) {
        if (dissection->fields[i].depth || dissection->fields[i].offset < at)
            continue;
        detail->field = i;
        detail->byte = at;
        detail->top = SIZE_MAX; /* the chosen one stands first */
        return;
    }
}

const struct field *detail_field(const struct packet_detail *detail)
{
    if (!detail->here || detail->field >= detail->dissection.count)
        return NULL;
    return &detail->dissection.fields[detail->field];
}

/* ---- the tree ---- */

static bool has_children(const struct dissection *dissection, size_t at)
{
    return at + 1 < dissection->count &&
           dissection->fields[at + 1].depth > dissection->fields[at].depth;
}

static bool folded(const struct packet_detail *detail, size_t at)
{
    const struct field_info *info = detail->dissection.fields[at].info;

    for (size_t i = 0; info && i < detail->fold_count; i++) {
        if (detail->folds[i] == info)
            return has_children(&detail->dissection, at);
    }
    return false;
}

static void fold(struct packet_detail *detail, size_t at, bool close)
{
    const struct field_info *info = detail->dissection.fields[at].info;

    if (close && info && detail->fold_count < DETAIL_FOLDS_MAX)
        detail->folds[detail->fold_count++] = info;
    for (size_t i = 0; !close && i < detail->fold_count; i++) {
        if (detail->folds[i] == info)
            detail->folds[i--] = detail->folds[--detail->fold_count];
    }
}

/* The field of the next line, past what is folded; the count at the end. */
static size_t next_line(const struct packet_detail *detail, size_t at)
{
    const struct dissection *dissection = &detail->dissection;
    bool skip = folded(detail, at);
    unsigned depth = dissection->fields[at].depth;

    at++;
    while (skip && at < dissection->count &&
           dissection->fields[at].depth > depth)
        at++;
    return at;
}

/* The line on which a field stands; *count: of all lines. */
static size_t line_of(const struct packet_detail *detail, size_t field,
                      size_t *count)
{
    size_t line = 0;
    size_t found = 0;

    for (size_t at = 0; at < detail->dissection.count;
         at = next_line(detail, at)) {
        if (at <= field)
            found = line;
        line++;
    }
    *count = line;
    return found;
}

static size_t field_of_line(const struct packet_detail *detail, size_t line)
{
    size_t last = 0;

    for (size_t at = 0; at < detail->dissection.count;
         at = next_line(detail, at)) {
        last = at;
        if (line-- == 0)
            break;
    }
    return last;
}

static void draw_field(const struct packet_detail *detail, size_t at,
                       const struct area *area, int y, bool focus)
{
    const struct field *field = &detail->dissection.fields[at];
    bool chosen = at == detail->field;
    int x = 3 + 2 * field->depth;
    const char *sign = " ";
    enum style style = field->error ? STYLE_ERROR : STYLE_PLAIN;

    if (has_children(&detail->dissection, at))
        sign = folded(detail, at) ? "+" : "-";
    grid_text(area, y, 0, STYLE_PLAIN, chosen ? ">" : " ");
    grid_text(area, y, x - 2, STYLE_DIM, sign);
    grid_column(area, y, x, area->width - x, style,
                dissect_text(&detail->dissection, field));
    if (chosen && field->info && field->info->name) {
        int name = area->width - grid_text_width(field->info->name) - 1;
        int used =
            x + grid_text_width(dissect_text(&detail->dissection, field));

        if (used + 2 < name)
            grid_text(area, y, name, STYLE_NAME, field->info->name);
    }
    if (chosen && focus)
        grid_select(area, y);
}

/* What is wrong with the packet, above the tree. */
static int draw_error(const struct packet_detail *detail,
                      const struct area *area)
{
    const struct dissection *dissection = &detail->dissection;

    if (!dissection->error)
        return 0;
    if (dissection->statement)
        grid_printf(area, 0, 0, STYLE_ERROR, " ! byte %u: %s [%s]",
                    (unsigned)dissection->error_offset, dissection->error,
                    dissection->statement);
    else
        grid_printf(area, 0, 0, STYLE_ERROR, " ! byte %u: %s",
                    (unsigned)dissection->error_offset, dissection->error);
    return 1;
}

/* What somebody noted on it. Returns the lines it took. */
static int draw_note(const struct packet_detail *detail,
                     const struct area *area, int y)
{
    struct area room = grid_part(area, y, 0, NOTE_LINES, area->width);
    struct buf text = {0};
    int lines = 0;

    if (detail->row.comment) {
        buf_append_string(&text, "# ");
        render_text(&text, slice_of_string(detail->row.comment), 0);
        lines = view_paragraph(&room, 0, STYLE_WARNING, buf_string(&text));
    }
    buf_release(&text);
    return lines < room.height ? lines : room.height;
}

void detail_draw_tree(struct packet_detail *detail, const struct area *area,
                      bool focus)
{
    int y = detail->here ? draw_error(detail, area) : 0;
    size_t count = 0;
    size_t line = 0;
    size_t chosen;

    if (!detail->here || area->height < 1)
        return;
    y += draw_note(detail, area, y);
    detail->above = y;
    chosen = line_of(detail, detail->field, &count);
    detail->top = view_scroll(detail->top, chosen, count, area->height - y);
    for (size_t at = 0; at < detail->dissection.count && y < area->height;
         at = next_line(detail, at)) {
        if (line++ >= detail->top)
            draw_field(detail, at, area, y++, focus);
    }
}

static void choose_field(struct packet_detail *detail, size_t field)
{
    detail->field = field;
    if (detail_field(detail))
        detail->byte = detail_field(detail)->offset;
}

/* The group that a field stands in. */
static size_t parent_of(const struct dissection *dissection, size_t at)
{
    unsigned depth = dissection->fields[at].depth;

    while (at > 0 && dissection->fields[at].depth >= depth && depth > 0)
        at--;
    return at;
}

bool detail_act_tree(struct packet_detail *detail, enum action action,
                     int height)
{
    int64_t step = view_step(action, height);
    size_t count = 0;
    size_t line;

    if (!detail_field(detail))
        return false;
    line = line_of(detail, detail->field, &count);
    if (step) {
        line = view_stepped(line, count, step);
        choose_field(detail, field_of_line(detail, line));
        return true;
    }
    if (action == ACTION_LEFT) {
        if (has_children(&detail->dissection, detail->field) &&
            !folded(detail, detail->field))
            fold(detail, detail->field, true);
        else
            choose_field(detail, parent_of(&detail->dissection, detail->field));
        return true;
    }
    if (action == ACTION_RIGHT) {
        fold(detail, detail->field, false);
        return true;
    }
    return false;
}

void detail_click_tree(struct packet_detail *detail, int y)
{
    int line = y - detail->above;

    if (detail->here && line >= 0)
        choose_field(detail, field_of_line(detail, detail->top + (size_t)line));
}

/* ---- the bytes ---- */

/* Bytes on one line: what fits with their characters beside them. */
static uint32_t bytes_per_line(int width)
{
    return width >= 76 ? 16 : width >= 40 ? 8 : 4;
}

/* Where the two digits of the i-th byte of a line stand. */
static int byte_column(uint32_t i)
{
    return 7 + 3 * (int)i + (i >= 8);
}

static int char_column(uint32_t i, uint32_t per_line)
{
    return byte_column(per_line - 1) + 4 + (int)i;
}

struct marked {
    uint32_t from;
    uint32_t to; /* first byte behind */
};

static void draw_byte(const struct packet_detail *detail,
                      const struct area *area, int y, uint32_t offset,
                      struct marked marked)
{
    struct slice bytes = detail->row.record.bytes;
    uint32_t per_line = bytes_per_line(area->width);
    uint32_t i = offset % per_line;
    bool in = offset >= marked.from && offset < marked.to;
    enum style style = in ? STYLE_MARK : STYLE_PLAIN;
    uint8_t byte = bytes.bytes[offset];
    int x = byte_column(i);
    int shift = marked.from < marked.to && offset >= marked.from &&
                        offset / per_line == marked.from / per_line
                    ? 1
                    : 0;

    grid_printf(area, y, x, style, "%02x", byte);
    if (offset == marked.from && in)
        grid_text(area, y, x - 1, STYLE_MARK, "[");
    else if (in && i > 0)
        grid_text(area, y, x - 1, STYLE_MARK, " ");
    if (offset + 1 == marked.to && in)
        grid_text(area, y, x + 2, STYLE_MARK, "]");
    /* The characters move aside for the brackets. */
    if (marked.from < marked.to && offset >= marked.to &&
        offset / per_line == (marked.to - 1) / per_line)
        shift++;
    x = char_column(i, per_line) + shift;
    grid_printf(area, y, x, style, "%c", isprint(byte) ? byte : '.');
    if (offset == marked.from && in)
        grid_text(area, y, x - 1, STYLE_MARK, "[");
    if (offset + 1 == marked.to && in)
        grid_text(area, y, x + 1, STYLE_MARK, "]");
}

static void draw_field_line(const struct packet_detail *detail,
                            const struct area *area, int y)
{
    const struct field *field = detail_field(detail);
    const char *name;
    int x;

    if (!field)
        return;
    name = field->info && field->info->name ? field->info->name : "heading";
    x = 1 + grid_text(area, y, 1, STYLE_NAME, name);
    if (field->len == 1)
        x += grid_printf(area, y, x, STYLE_PLAIN, "  byte %u",
                         (unsigned)field->offset);
    else if (field->len)
        x += grid_printf(area, y, x, STYLE_PLAIN, "  bytes %u-%u",
                         (unsigned)field->offset,
                         (unsigned)(field->offset + field->len - 1));
    else
        x += grid_text(area, y, x, STYLE_PLAIN, "  no bytes of its own");
    if (field->mask)
        x += grid_printf(area, y, x, STYLE_PLAIN, "  bits 0x%02x", field->mask);
    if (field->info && field->info->explain && !detail->explain)
        grid_text(area, y, x, STYLE_DIM, "   e explains it");
}

void detail_draw_bytes(struct packet_detail *detail, const struct area *area,
                       bool focus)
{
    struct slice bytes = detail->row.record.bytes;
    const struct field *field = detail_field(detail);
    uint32_t per_line = bytes_per_line(area->width);
    struct marked marked = {0};
    int height = area->height - 1;
    size_t lines = (bytes.len + per_line - 1) / per_line;

    if (!detail->here || area->height < 1)
        return;
    if (height < 1)
        height = 1;
    if (field && field->len)
        marked = (struct marked){field->offset, field->offset + field->len};
    detail->hex_top =
        view_scroll(detail->hex_top, detail->byte / per_line, lines, height);
    for (int y = 0; y < height && detail->hex_top + (size_t)y < lines; y++) {
        uint32_t line = (uint32_t)(detail->hex_top + (size_t)y) * per_line;

        grid_printf(area, y, 1, STYLE_DIM, "%04x", (unsigned)line);
        for (uint32_t i = 0; i < per_line && line + i < bytes.len; i++)
            draw_byte(detail, area, y, line + i, marked);
        if (focus && detail->byte / per_line == line / per_line)
            grid_cursor(area, y, byte_column(detail->byte % per_line));
    }
    if (area->height > 1)
        draw_field_line(detail, area, area->height - 1);
}

static void choose_byte(struct packet_detail *detail, int64_t byte)
{
    int64_t len = (int64_t)detail->row.record.bytes.len;
    const struct field *field;

    if (byte >= len)
        byte = len - 1;
    if (byte < 0)
        byte = 0;
    detail->byte = (uint32_t)byte;
    field = dissect_field_at(&detail->dissection, detail->byte);
    if (field)
        detail->field = (size_t)(field - detail->dissection.fields);
}

bool detail_act_bytes(struct packet_detail *detail, enum action action,
                      int width)
{
    int64_t step = view_step(action, 4);
    int64_t byte = detail->byte;

    if (!detail->here)
        return false;
    if (action == ACTION_LEFT)
        choose_byte(detail, byte - 1);
    else if (action == ACTION_RIGHT)
        choose_byte(detail, byte + 1);
    else if (action == ACTION_FIRST)
        choose_byte(detail, 0);
    else if (action == ACTION_LAST)
        choose_byte(detail, INT64_MAX);
    else if (step)
        choose_byte(detail, byte + step * (int64_t)bytes_per_line(width));
    else
        return false;
    return true;
}

void detail_click_bytes(struct packet_detail *detail, int y, int x, int width)
{
    uint32_t per_line = bytes_per_line(width);
    uint32_t i = 0;

    if (!detail->here || y < 0)
        return;
    while (i + 1 < per_line && byte_column(i + 1) <= x)
        i++;
    choose_byte(detail, ((int64_t)detail->hex_top + y) * per_line + i);
}

/* ---- about a field ---- */

int detail_draw_explanation(const struct packet_detail *detail,
                            const struct area *area)
{
    const struct field *field = detail_field(detail);
    struct area inner = grid_part(area, 0, 1, area->height, area->width - 2);
    int y = 0;

    if (!field || !field->info)
        return 0;
    if (field->info->label)
        y += view_paragraph(&inner, y, STYLE_HEADING, field->info->label);
    if (field->info->explain)
        y += view_paragraph(&inner, y, STYLE_PLAIN, field->info->explain);
    else
        y += view_paragraph(&inner, y, STYLE_DIM,
                            "There is nothing to add to this field.");
    return y;
}

bool detail_filter(const struct packet_detail *detail, struct buf *out)
{
    return detail_filter_field(detail_field(detail), out);
}

bool detail_filter_field(const struct field *field, struct buf *out)
{
    const size_t most = 32; /* bytes: the beginning says enough */

    if (!field || !field->info || !field->info->name)
        return false;
    switch (field->info->type) {
    case FIELD_GROUP: return false;
    case FIELD_BOOL:
    case FIELD_UINT:
        buf_printf(out, "%s == %llu", field->info->name,
                   (unsigned long long)field->number);
        return true;
    case FIELD_STRING:
        buf_printf(out, "%s == ", field->info->name);
        view_quote(field->value, out);
        return true;
    case FIELD_BYTES: break;
    }
    if (!field->value.len)
        return false;
    buf_append_string(out, field->info->name);
    if (field->value.len > most)
        buf_printf(out, "[0:%zu]", most);
    buf_append_string(out, " == ");
    for (size_t i = 0; i < field->value.len && i < most; i++)
        buf_printf(out, "%s%02x", i ? ":" : "", field->value.bytes[i]);
    return true;
}

void detail_title(const struct packet_detail *detail, struct buf *out)
{
    const struct record *record = &detail->row.record;
    bool in = record->direction == RECORD_C2B;

    if (!detail->here) {
        buf_append_string(out, "no packet");
        return;
    }
    if (record->type == RECORD_WIRE)
        buf_printf(out, "on the cable: %s, %u bytes, ",
                   render_cable_kind(&detail->row),
                   (unsigned)record->original_len);
    else
        buf_printf(out, "%llu %s, %u bytes, ",
                   (unsigned long long)detail->row.number,
                   detail->dissection.type_name ? detail->dissection.type_name
                                                : "garbage",
                   (unsigned)record->original_len);
    if (!in)
        buf_append_string(out, "broker > ");
    view_client(&detail->row, 24, out);
    if (in)
        buf_append_string(out, " > broker");
    if (record->flags & RECORD_TRUNCATED)
        buf_printf(out, ", the first %zu are here", record->bytes.len);
    if (record->flags & RECORD_REDACTED)
        buf_append_string(out, ", password hidden");
}

void detail_add_frame(const struct packet_detail *detail, int width,
                      struct buf *out)
{
    const int rule = 6; /* on both sides, and before a title with the focus */
    uint32_t before = out->len;

    if (!detail->here || !detail->row.frame)
        return;
    buf_printf(out, ", frame %llu", (unsigned long long)detail->row.frame);
    if (grid_text_width(buf_string(out)) + rule > width)
        out->len = before;
}
