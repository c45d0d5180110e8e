#include "tui/view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "wire/render.h"

struct view *view_new(enum view_id id, struct store *store,
                      const struct panel *lab, const struct view_host *host)
{
    static view_constructor *const constructors[VIEW_COUNT] = {
        [VIEW_PACKETS] = view_packets_new,   [VIEW_LADDER] = view_ladder_new,
        [VIEW_SESSIONS] = view_sessions_new, [VIEW_TOPICS] = view_topics_new,
        [VIEW_WILLS] = view_wills_new,       [VIEW_WIRE] = view_wire_new,
        [VIEW_LAB] = view_lab_new,           [VIEW_STATS] = view_stats_new,
        [VIEW_LOG] = view_log_new,           [VIEW_SHELL] = view_shell_new,
        [VIEW_HELP] = view_help_new,         [VIEW_PRESENT] = view_present_new,
        [VIEW_PAYLOAD] = view_payload_new,
    };
    struct view *view = id < VIEW_COUNT ? constructors[id]() : NULL;

    if (!view)
        return NULL;
    view->store = store;
    view->lab = lab;
    view->host = host;
    return view;
}

void view_free(struct view *view)
{
    if (view && view->class->release)
        view->class->release(view);
    free(view);
}

/* ---- lists ---- */

size_t view_scroll(size_t top, size_t chosen, size_t count, int height)
{
    size_t rows = height > 0 ? (size_t)height : 1;

    if (count <= rows)
        return 0;
    if (top > count - rows)
        top = count - rows;
    if (chosen < top)
        top = chosen;
    if (chosen >= top + rows)
        top = chosen - rows + 1;
    return top;
}

int64_t view_step(enum action action, int height)
{
    int page = height > 2 ? height - 1 : 1;

    if (action == ACTION_DOWN)
        return 1;
    if (action == ACTION_UP)
        return -1;
    if (action == ACTION_PAGE_DOWN)
        return page;
    if (action == ACTION_PAGE_UP)
        return -page;
    if (action == ACTION_HALF_DOWN)
        return (page + 1) / 2;
    if (action == ACTION_HALF_UP)
        return -((page + 1) / 2);
    if (action == ACTION_FIRST)
        return INT64_MIN;
    if (action == ACTION_LAST)
        return INT64_MAX;
    return 0;
}

size_t view_stepped(size_t index, size_t count, int64_t step)
{
    if (!count)
        return 0;
    if (index >= count)
        index = count - 1;
    if (step < 0)
        return (uint64_t) - (step + 1) >= index ? 0 : index - (size_t)-step;
    return (uint64_t)step >= count - index ? count - 1 : index + (size_t)step;
}

/* ---- what rows have in common ---- */

void view_clock(uint64_t time_ns, bool ms, struct buf *out)
{
    time_t seconds = (time_t)(time_ns / CLOCK_NS_PER_S);
    struct tm tm = {0};

    localtime_r(&seconds, &tm);
    buf_printf(out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (ms)
        buf_printf(out, ".%03u", (unsigned)(time_ns / CLOCK_NS_PER_MS % 1000));
}

void view_time(const struct store *store, uint64_t time_ns, struct buf *out)
{
    if (store->time_of_day)
        view_clock(time_ns, true, out);
    else
        render_time(out, time_ns, store->origin_ns);
}

void view_client(const struct history_row *row, int width, struct buf *out)
{
    const char *client_id = row->note.client_id;

    if (client_id && *client_id)
        render_text(out, slice_of_string(client_id),
                    width > 0 ? (size_t)width : 1);
    else if (row->record.connection)
        buf_printf(out, "conn %u", (unsigned)row->record.connection);
    else
        buf_append_string(out, "-");
}

/* As the user wants rows to be coloured. */
static enum style colour_of(const struct store *store,
                            const struct history_row *row)
{
    const struct model_client *client;

    switch (store->colour) {
    case STORE_BY_DIRECTION: break;
    case STORE_BY_CLIENT:
        client = model_client(store->model, row->note.client_id);
        return client ? grid_client_style(client->number) : STYLE_PLAIN;
    case STORE_BY_FLOW:
        return row->note.flow ? grid_client_style(row->note.flow) : STYLE_DIM;
    case STORE_BY_TYPE: return grid_client_style(row->note.type);
    case STORE_BY_QOS:
        return row->note.flow_qos == 2   ? STYLE_CLIENT_1
               : row->note.flow_qos == 1 ? STYLE_CLIENT_0
                                         : STYLE_DIM;
    case STORE_COLOURS: break;
    }
    return row->record.direction == RECORD_C2B ? STYLE_C2B : STYLE_B2C;
}

enum style view_style(const struct store *store, const struct history_row *row)
{
    int highlight = highlight_of(store->highlights, row);

    if (highlight >= 0)
        return grid_client_style((unsigned)highlight);

    if (row->record.flags & (RECORD_MALFORMED | RECORD_DROPPED))
        return STYLE_ERROR;
    if (row->record.type != RECORD_MQTT)
        return STYLE_EVENT;
    return colour_of(store, row);
}

void view_peer_text(const struct area *area, int y, int x, int width,
                    enum style style, const char *text)
{
    struct buf out = {0};

    /* One column more than fits shows grid_column that there is more. */
    render_text(&out, slice_of_string(text), width > 0 ? (size_t)width + 8 : 8);
    grid_column(area, y, x, width, style, buf_string(&out));
    buf_release(&out);
}

void view_quote(struct slice text, struct buf *out)
{
    buf_append_u8(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.bytes[i];

        if (byte == '"' || byte == '\\')
            buf_printf(out, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            buf_printf(out, "\\x%02x", byte);
        else
            buf_append_u8(out, byte);
    }
    buf_append_u8(out, '"');
}

size_t view_next(size_t index, size_t count, bool forward)
{
    return (index + (forward ? 1 : count - 1)) % count;
}

bool view_search_rows(struct store *store, enum store_list list,
                      const struct search *wanted, bool forward,
                      void (*put)(struct buf *out,
                                  const struct history_row *row))
{
    size_t count = store_count(store, list);
    size_t index = store_chosen(store, list);
    struct buf line = {0};
    bool hit = false;

    for (size_t i = 0; i < count && !hit; i++) {
        struct history_row row;

        index = view_next(index, count, forward);
        if (!store_row(store, store_at(store, list, index), &row))
            continue;
        buf_clear(&line);
        put(&line, &row);
        hit = search_in_text(wanted, buf_string(&line)) ||
              search_in_bytes(wanted, row.record.bytes);
    }
    if (hit)
        store_choose(store, store_at(store, list, index));
    buf_release(&line);
    return hit;
}

static void draw_invitation(const struct area *area, const char *text)
{
    char line[256];

    for (int y = 1; *text; y++) {
        size_t len = strcspn(text, "\n");
        size_t fits = len < sizeof(line) ? len : sizeof(line) - 1;

        memcpy(line, text, fits);
        line[fits] = '\0';
        /* What is to be typed stands further in and is not broken. */
        if (line[0] == ' ')
            grid_text(area, y, 0, STYLE_NAME, line);
        else
            y += view_paragraph(area, y, STYLE_PLAIN, line) - 1;
        text += len + (text[len] == '\n');
    }
}

void view_rule(const struct area *area, int y, const char *title, bool focus)
{
    struct buf text = {0};

    /* Colour is not enough to say where the keys go. */
    buf_printf(&text, "%s%s", focus ? "> " : "", title);
    grid_rule(area, y, buf_string(&text));
    buf_release(&text);
}

void view_empty(const struct view *view, const struct area *area,
                const char *text)
{
    const struct view_host *host = view->host;
    const char *invitation = host ? host->invitation : NULL;
    struct area inner = grid_part(area, 0, 1, area->height, area->width - 2);

    if (view->class->id != VIEW_WIRE && view->store->filter &&
        filter_is_cable(view->store->filter))
        view_paragraph(&inner, 1, STYLE_PLAIN,
                       "No packet has these fields: what crossed the cable has"
                       " them. 6 shows it, Esc takes the filter away.");
    else if (*view->store->filter_text)
        view_paragraph(&inner, 1, STYLE_PLAIN,
                       "Nothing matches the filter. f changes it; Esc takes it"
                       " away.");
    else if (text)
        view_paragraph(&inner, 1, STYLE_DIM, text);
    else if (invitation && host->small_invitation &&
             (area->width < 60 || area->height < 15))
        draw_invitation(&inner, host->small_invitation);
    else
        draw_invitation(&inner,
                        invitation ? invitation : "Nothing was seen yet.");
}

size_t view_break_line(const char *text, int width, size_t *skip)
{
    size_t fit = grid_text_fit(text, width);
    size_t blank = fit;

    *skip = fit;
    if (!text[fit])
        return fit;
    while (blank > 0 && text[blank] != ' ')
        blank--;
    if (blank == 0)
        return fit;
    *skip = blank + strspn(text + blank, " ");
    return blank;
}

/* A line, in one style, or each byte in the one at its place in styles. */
static void draw_line(const struct area *area, int y, enum style style,
                      struct slice text, const uint8_t *styles)
{
    int x = 0;

    for (size_t at = 0; at < text.len;) {
        size_t end = styles ? at + 1 : text.len;

        while (styles && end < text.len && styles[end] == styles[at])
            end++;
        x += grid_printf(area, y, x, styles ? (enum style)styles[at] : style,
                         "%.*s", (int)(end - at), text.bytes + at);
        at = end;
    }
}

static int draw_paragraph(const struct area *area, int y, enum style style,
                          const char *text, const uint8_t *styles)
{
    int lines = 0;

    if (area->width < 1)
        return 0;
    if (!*text)
        return 1;
    for (size_t at = 0; text[at]; lines++) {
        size_t skip = 0;
        size_t len = view_break_line(text + at, area->width, &skip);

        draw_line(area, y + lines, style, slice_of(text + at, len),
                  styles ? styles + at : NULL);
        at += skip ? skip : 1;
    }
    return lines;
}

int view_paragraph(const struct area *area, int y, enum style style,
                   const char *text)
{
    return draw_paragraph(area, y, style, text, NULL);
}

/* Prose without its ticks, and the style of each byte. */
static void read_prose(const char *text, enum style style, struct buf *plain,
                       struct buf *styles)
{
    bool code = false;

    for (; *text; text++) {
        /* A tick that nothing closes is one. */
        if (*text == '`' && (code || strchr(text + 1, '`'))) {
            code = !code;
            continue;
        }
        buf_append_u8(plain, (uint8_t)*text);
        buf_append_u8(styles, (uint8_t)(code ? STYLE_NAME : style));
    }
}

int view_prose(const struct area *area, int y, enum style style,
               const char *text)
{
    struct buf plain = {0};
    struct buf styles = {0};

    read_prose(text, style, &plain, &styles);
    int lines =
        draw_paragraph(area, y, style, buf_string(&plain), styles.bytes);
    buf_release(&plain);
    buf_release(&styles);
    return lines;
}

void view_prose_column(const struct area *area, int y, int x, int width,
                       enum style style, const char *text)
{
    struct buf plain = {0};
    struct buf styles = {0};

    read_prose(text, style, &plain, &styles);
    grid_column(area, y, x, width, style, buf_string(&plain));
    buf_release(&plain);
    buf_release(&styles);
}
