/*
 * The ladder for lecture notes: as text, for Mermaid, and as SVG.
 */
#include <string.h>

#include "tui/export.h"
#include "tui/view.h"
#include "wire/render.h"

#define CLIENTS_MAX 12
/* As text: columns from one line to the next. */
#define SPACING ((size_t)26)
/* In the picture: between two arrows, two lines, and in a label's words. */
#define LINE_Y        34
#define COLUMN_X      230
#define LABEL_COLUMNS 24

/* Who takes part: the broker stands between those who publish and those who
   only receive. */
struct cast {
    const char *names[CLIENTS_MAX + 1]; /* NULL: the broker */
    int count;
    int broker;
};

static bool in_cast(const struct cast *cast, const char *client_id)
{
    for (int i = 0; i < cast->count; i++) {
        if (cast->names[i] && !strcmp(cast->names[i], client_id))
            return true;
    }
    return false;
}

static size_t first_row(const struct store *store)
{
    size_t count = store_count(store, STORE_ALL);

    return count > EXPORT_LADDER_MAX ? count - EXPORT_LADDER_MAX : 0;
}

static void add_side(const struct store *store, struct cast *cast, bool right)
{
    for (size_t i = first_row(store);
         i < store_count(store, STORE_ALL) && cast->count < CLIENTS_MAX; i++) {
        struct history_row row;
        const struct model_client *client;

        if (!store_row(store, store_at(store, STORE_ALL, i), &row) ||
            row.record.type != RECORD_MQTT || !*row.note.client_id ||
            in_cast(cast, row.note.client_id))
            continue;
        client = model_client(store->model, row.note.client_id);
        if ((client && client->on_right) == right)
            cast->names[cast->count++] = row.note.client_id;
    }
}

static void gather(const struct store *store, struct cast *cast)
{
    *cast = (struct cast){0};
    add_side(store, cast, false);
    cast->broker = cast->count;
    cast->names[cast->count++] = NULL;
    add_side(store, cast, true);
}

static int column_of(const struct cast *cast, const char *client_id)
{
    for (int i = 0; i < cast->count; i++) {
        if (cast->names[i] && !strcmp(cast->names[i], client_id))
            return i;
    }
    return -1;
}

static void put_name(const struct cast *cast, int i, struct buf *out)
{
    if (cast->names[i])
        render_text(out, slice_of_string(cast->names[i]), SPACING - 4);
    else
        buf_append_string(out, "BROKER");
}

/* One row: between which columns, and what stands on it. */
struct step {
    int from; /* -1: an event */
    int to;
    bool dropped;
    struct buf label;
    struct buf info;
};

static bool take_step(const struct store *store, const struct cast *cast,
                      size_t index, struct step *step)
{
    struct history_row row;
    int client;

    buf_clear(&step->label);
    buf_clear(&step->info);
    step->from = step->to = -1;
    if (!store_row(store, store_at(store, STORE_ALL, index), &row))
        return false;
    if (row.record.type != RECORD_MQTT) {
        render_event(&step->info, &row);
        return true;
    }
    client = column_of(cast, row.note.client_id);
    if (client < 0)
        return false;
    bool in = row.record.direction == RECORD_C2B;
    step->from = in ? client : cast->broker;
    step->to = in ? cast->broker : client;
    step->dropped = row.record.flags & RECORD_DROPPED;
    buf_append_string(&step->label, mqtt_type_name(row.note.type));
    if (row.note.packet_id)
        buf_printf(&step->label, " %u", row.note.packet_id);
    render_info(&step->info, &row);
    return true;
}

/* ---- text ---- */

/* Put text over a line of blanks, as far as it fits. */
static void over(char *line, const char *text, size_t room)
{
    for (size_t i = 0; i < room && text[i]; i++)
        line[i] = text[i];
}

static void put_text_line(const struct cast *cast, struct step *step,
                          struct buf *out)
{
    char line[(CLIENTS_MAX + 1) * SPACING + 1];
    size_t columns = (size_t)cast->count;

    memset(line, ' ', sizeof(line));
    for (size_t i = 0; i < columns; i++)
        line[i * SPACING] = '|';
    if (step->from >= 0) {
        bool right = step->to > step->from;
        size_t left = (size_t)(right ? step->from : step->to) * SPACING + 1;
        size_t end = (size_t)(right ? step->to : step->from) * SPACING - 1;

        memset(line + left, step->dropped ? '.' : '-', end - left + 1);
        line[right ? end : left] = step->dropped ? 'x' : right ? '>' : '<';
        over(line + left + 3, buf_string(&step->label), end - left - 4);
    }
    line[(columns - 1) * SPACING + 1] = '\0';
    buf_printf(out, "%s  %.*s\n", line, (int)step->info.len,
               (const char *)step->info.bytes);
}

static void put_text(const struct store *store, const struct cast *cast,
                     struct buf *out)
{
    struct step step = {0};

    for (int i = 0; i < cast->count; i++) {
        struct buf name = {0};

        put_name(cast, i, &name);
        buf_append_slice(out, buf_slice(&name));
        if (i + 1 < cast->count)
            buf_printf(out, "%*s",
                       (int)SPACING - grid_text_width(buf_string(&name)), "");
        buf_release(&name);
    }
    buf_append_u8(out, '\n');
    for (size_t i = first_row(store); i < store_count(store, STORE_ALL); i++) {
        if (take_step(store, cast, i, &step))
            put_text_line(cast, &step, out);
    }
    buf_release(&step.label);
    buf_release(&step.info);
}

/* ---- Mermaid ---- */

/* What means something there becomes harmless. */
static void put_mermaid_text(struct buf *out, const struct buf *text)
{
    for (uint32_t i = 0; i < text->len; i++) {
        if (text->bytes[i] == ';' || text->bytes[i] == '#')
            buf_printf(out, "#%d;", text->bytes[i]);
        else
            buf_append_u8(out, text->bytes[i]);
    }
}

static void put_mermaid(const struct store *store, const struct cast *cast,
                        struct buf *out)
{
    struct step step = {0};

    buf_append_string(out, "sequenceDiagram\n");
    for (int i = 0; i < cast->count; i++) {
        struct buf name = {0};

        put_name(cast, i, &name);
        buf_printf(out, "    participant p%d as ", i);
        put_mermaid_text(out, &name);
        buf_append_u8(out, '\n');
        buf_release(&name);
    }
    for (size_t i = first_row(store); i < store_count(store, STORE_ALL); i++) {
        if (!take_step(store, cast, i, &step))
            continue;
        if (step.from < 0)
            buf_printf(out, "    Note over p%d: ", cast->broker);
        else
            buf_printf(out, "    p%d%sp%d: ", step.from,
                       step.dropped ? "--x" : "->>", step.to);
        put_mermaid_text(out, &step.label);
        buf_append_string(out, step.label.len ? " " : "");
        put_mermaid_text(out, &step.info);
        buf_append_u8(out, '\n');
    }
    buf_release(&step.label);
    buf_release(&step.info);
}

/* ---- SVG ---- */

static int line_x(int column)
{
    return 90 + column * COLUMN_X;
}

static void put_label(struct buf *out, int x, int y, const char *anchor,
                      struct buf *text)
{
    buf_printf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">", x, y,
               anchor);
    grid_svg_text(buf_string(text), out);
    buf_append_string(out, "</text>\n");
}

static void put_arrow(struct buf *out, struct step *step, int y)
{
    int from = line_x(step->from);
    int to = line_x(step->to);
    int head = to > from ? -8 : 8;

    if (step->dropped) {
        to = (from + to) / 2;
        buf_printf(out, "<path d=\"M%d %dl8 8m0 -8l-8 8\" stroke=\"#000\"/>\n",
                   to - 4, y - 4);
    } else {
        buf_printf(out, "<path d=\"M%d %dl%d -4v8z\"/>\n", to, y, head);
    }
    buf_printf(out,
               "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\""
               " stroke=\"#000\"%s/>\n",
               from, y, to, y,
               step->dropped ? " stroke-dasharray=\"4 3\"" : "");
    const char *info = buf_string(&step->info);
    buf_printf(&step->label, "  %.*s", (int)grid_text_fit(info, LABEL_COLUMNS),
               info);
    put_label(out, (line_x(step->from) + line_x(step->to)) / 2, y - 5, "middle",
              &step->label);
}

static void put_svg(const struct store *store, const struct cast *cast,
                    struct buf *out)
{
    struct step step = {0};
    struct buf body = {0};
    int y = 50;

    for (size_t i = first_row(store); i < store_count(store, STORE_ALL); i++) {
        if (!take_step(store, cast, i, &step))
            continue;
        y += LINE_Y;
        if (step.from < 0)
            put_label(&body, line_x(cast->broker) + 6, y, "start", &step.info);
        else
            put_arrow(&body, &step, y);
    }
    y += LINE_Y;
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\""
               " height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
               line_x(cast->count) + 20, y);
    for (int i = 0; i < cast->count; i++) {
        struct buf name = {0};

        put_name(cast, i, &name);
        put_label(out, line_x(i), 24, "middle", &name);
        buf_printf(out,
                   "<line x1=\"%d\" y1=\"34\" x2=\"%d\" y2=\"%d\""
                   " stroke=\"#888\"/>\n",
                   line_x(i), line_x(i), y - 10);
        buf_release(&name);
    }
    buf_append_slice(out, buf_slice(&body));
    buf_append_string(out, "</svg>\n");
    buf_release(&body);
    buf_release(&step.label);
    buf_release(&step.info);
}

void export_ladder(const struct store *store, enum export_format format,
                   struct buf *out)
{
    struct cast cast;

    gather(store, &cast);
    if (format == EXPORT_MERMAID)
        put_mermaid(store, &cast, out);
    else if (format == EXPORT_SVG)
        put_svg(store, &cast, out);
    else
        put_text(store, &cast, out);
}
