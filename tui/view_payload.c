/*
 * Payload: the message of the chosen PUBLISH as text, JSON, hex or Base64,
 * beside another, or its numbers over time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/payload.h"
#include "tui/values.h"
#include "tui/view.h"
#include "wire/render.h"

enum mode { MODE_READ, MODE_DIFF, MODE_PLOT };

struct view_payload {
    struct view view;
    uint64_t position; /* that text was made for */
    enum payload_form form;
    enum mode mode;
    struct buf text;
    int width; /* its lines fit into */
    size_t lines;
    size_t top;
    int height;
    bool chosen;                   /* the form was, by hand */
    char number[PAYLOAD_NAME_MAX]; /* the name of what is plotted; "": the first
                                      in the message */
};

/* ---- text ---- */

/* The PUBLISH at a position; false when there is none. */
static bool get(const struct view_payload *view, uint64_t position,
                struct history_row *row, struct slice *payload)
{
    return store_row(view->view.store, position, row) &&
           payload_of(row, payload);
}

/* Did the same end send it, for the same topic? */
static bool is_like(const struct history_row *a, const struct history_row *b)
{
    return a->record.type == RECORD_MQTT && a->note.type == MQTT_PUBLISH &&
           a->record.direction == b->record.direction &&
           (a->record.direction == RECORD_C2B ||
            a->record.connection == b->record.connection) &&
           !strcmp(a->note.topic, b->note.topic);
}

/* What the message is compared with: that of the PUBLISH tagged last, or else
   the one before it of its topic. */
static uint64_t other_of(const struct view_payload *view, uint64_t position)
{
    const struct store *store = view->view.store;
    struct history_row row;
    struct history_row before;
    struct slice payload;

    for (size_t i = store->tag_count; i-- > 0;) {
        if (store->tags[i] != position &&
            get(view, store->tags[i], &before, &payload))
            return store->tags[i];
    }
    if (!store_row(store, position, &row) || row.note.type != MQTT_PUBLISH)
        return STORE_NOWHERE;
    while (position-- > 0 && store_row(store, position, &before)) {
        if (is_like(&before, &row))
            return position;
    }
    return STORE_NOWHERE;
}

static void make_diff(struct view_payload *view, struct slice payload)
{
    struct history_row row;
    struct slice other;
    struct buf first = {0};
    struct buf second = {0};

    if (!get(view, other_of(view, view->position), &row, &other)) {
        buf_append_string(&view->text,
                          "No message of this topic was before; Space tags "
                          "another PUBLISH to compare with.\n");
        return;
    }
    payload_put(other, view->form, &first);
    payload_put(payload, view->form, &second);
    buf_printf(&view->text, "- packet %llu\n", (unsigned long long)row.number);
    store_row(view->view.store, view->position, &row);
    buf_printf(&view->text, "+ packet %llu\n", (unsigned long long)row.number);
    payload_diff(buf_string(&first), buf_string(&second), &view->text);
    buf_release(&first);
    buf_release(&second);
}

/* Eight bytes a line, for a screen on which sixteen have no room. */
static void put_narrow_hex(struct slice payload, struct buf *out)
{
    for (size_t at = 0; at < payload.len; at += 8) {
        size_t count = payload.len - at < 8 ? payload.len - at : 8;

        buf_printf(out, "%04zx  ", at);
        for (size_t i = 0; i < 8; i++) {
            if (i < count)
                buf_printf(out, "%02x ", payload.bytes[at + i]);
            else
                buf_append_string(out, "   ");
        }
        buf_append_u8(out, ' ');
        for (size_t i = 0; i < count; i++) {
            uint8_t byte = payload.bytes[at + i];

            buf_append_u8(out, byte >= 0x20 && byte < 0x7f ? byte : '.');
        }
        buf_append_u8(out, '\n');
    }
}

/* What is longer than a line goes on in the next. */
static void fold(struct buf *text, int width)
{
    struct buf folded = {0};

    for (const char *at = buf_string(text); *at;) {
        size_t len = strcspn(at, "\n");
        char *line = alloc_string_of(at, len);
        const char *rest = line;

        do {
            size_t fit = grid_text_fit(rest, width > 1 ? width : 1);

            fit = fit ? fit : strlen(rest);
            buf_append(&folded, rest, (uint32_t)fit);
            buf_append_u8(&folded, '\n');
            rest += fit;
        } while (*rest);
        free(line);
        at += len + (at[len] == '\n');
    }
    buf_release(text);
    *text = folded;
}

static void put_message(struct view_payload *view, struct slice payload)
{
    if (view->form == PAYLOAD_HEX && view->width < 76)
        put_narrow_hex(payload, &view->text);
    else
        payload_put(payload, view->form, &view->text);
    fold(&view->text, view->width);
}

static void make(struct view_payload *view)
{
    const struct store *store = view->view.store;
    uint64_t position = store_chosen_at(store, STORE_PACKETS);
    struct history_row row;
    struct slice payload;

    if (position != view->position)
        view->top = 0;
    view->position = position;
    buf_clear(&view->text);
    if (!get(view, position, &row, &payload)) {
        buf_append_string(&view->text,
                          "This is no PUBLISH:\nj and k go to one.\n");
    } else {
        if (!view->chosen)
            view->form = payload_best_form(payload);
        if (view->mode == MODE_DIFF)
            make_diff(view, payload);
        else
            put_message(view, payload);
    }
    view->lines = 0;
    for (uint32_t i = 0; i < view->text.len; i++)
        view->lines += view->text.bytes[i] == '\n';
}

static enum style style_of(const struct view_payload *view, char sign)
{
    if (view->mode != MODE_DIFF)
        return STYLE_PLAIN;
    return sign == '+' ? STYLE_B2C : sign == '-' ? STYLE_C2B : STYLE_PLAIN;
}

static void draw_lines(struct view_payload *view, const struct area *area)
{
    const char *at = buf_string(&view->text);
    size_t line = 0;

    for (; *at; line++) {
        size_t len = strcspn(at, "\n");

        if (line >= view->top && line < view->top + (size_t)area->height) {
            char *text = alloc_string_of(at, len);

            grid_column(area, (int)(line - view->top), 1, area->width - 1,
                        style_of(view, *at), text);
            free(text);
        }
        at += len + (at[len] == '\n');
    }
}

/* ---- plot ---- */

/* The message that is chosen; false when it is none. */
static bool chosen(const struct view_payload *view, struct history_row *row,
                   struct payload_numbers *numbers)
{
    struct slice payload;

    if (!get(view, view->position, row, &payload))
        return false;
    payload_numbers(payload, numbers);
    return true;
}

/* Which of the numbers is plotted; their count when it is not there. */
static size_t plotted(const struct view_payload *view,
                      const struct payload_numbers *numbers)
{
    size_t i = 0;

    while (*view->number && i < numbers->count &&
           strcmp(numbers->items[i].name, view->number) != 0)
        i++;
    return i;
}

static void next_number(struct view_payload *view)
{
    const struct view_host *host = view->view.host;
    struct payload_numbers numbers;
    struct history_row row;

    if (!chosen(view, &row, &numbers) || numbers.count < 2) {
        host->say(host->app, "there is no other number in this message");
        return;
    }
    size_t next = plotted(view, &numbers) + 1;
    memcpy(view->number, numbers.items[next < numbers.count ? next : 0].name,
           sizeof(view->number));
    view->mode = MODE_PLOT;
}

static void draw_bars(const struct values *values, size_t count,
                      const struct area *area)
{
    bool flat = values->most <= values->least;
    int rows = area->height;

    grid_printf(area, 0, 0, STYLE_DIM, "%9.4g |", values->most);
    grid_printf(area, rows - 1, 0, STYLE_DIM, "%9.4g |", values->least);
    for (size_t i = 0; i < count; i++) {
        double part = flat ? 0 : values_part(values, i);
        int top = rows - 1 - (int)(part * (rows - 1));
        int x = 12 + (int)(count - 1 - i);

        for (int y = rows - 1; y > top; y--)
            grid_text(area, y, x, STYLE_DIM, ":");
        grid_text(area, top, x, STYLE_KEY, "*");
    }
}

static void draw_plot(const struct view_payload *view, const struct area *area)
{
    struct values values;
    struct payload_numbers numbers;
    struct history_row row;
    const char *number = *view->number ? view->number : NULL;
    size_t columns = area->width > 12 ? (size_t)area->width - 12 : 0;
    struct area bars = grid_part(area, 1, 0, area->height - 1, area->width);

    if (!store_row(view->view.store, view->position, &row))
        return;
    values_collect(view->view.store, view->position, row.note.topic, number,
                   columns, &values);
    if (!values.count || bars.height < 2) {
        grid_text(area, 0, 1, STYLE_DIM,
                  number ? "No number of this name was published to the topic;"
                           " m: another."
                         : "No numbers were published to this topic.");
        return;
    }
    /* Of JSON it has a name, asked for or not. */
    if (!number && chosen(view, &row, &numbers) && numbers.count &&
        *numbers.items[0].name)
        number = numbers.items[0].name;
    grid_printf(area, 0, 1, STYLE_PLAIN,
                "%s%s%.6g, the last of %zu value%s up to here",
                number ? number : "", number ? ": " : "", values.items[0],
                values.count, values.count == 1 ? "" : "s");
    draw_bars(&values, values.count, &bars);
}

/* ---- the view ---- */

static void draw_head(const struct view_payload *view, const struct area *area)
{
    struct history_row row;
    struct buf title = {0};

    if (store_row(view->view.store, view->position, &row)) {
        buf_printf(&title, "%llu ", (unsigned long long)row.number);
        render_text(&title, slice_of_string(row.note.topic), 40);
        buf_printf(&title, "  %s%s", payload_form_name(view->form),
                   view->mode == MODE_DIFF   ? ", compared"
                   : view->mode == MODE_PLOT ? ", plotted"
                                             : "");
    }
    grid_text(area, 0, 1, STYLE_HEADING, buf_string(&title));
    buf_release(&title);
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_payload *view = (struct view_payload *)base;
    struct area inner = grid_part(area, 1, 0, area->height - 1, area->width);

    view->width = area->width - 1;
    make(view);
    if (area->height < 2)
        return;
    view->height = inner.height;
    view->top = view_scroll(view->top, view->top, view->lines, inner.height);
    draw_head(view, area);
    if (view->mode == MODE_PLOT)
        draw_plot(view, &inner);
    else
        draw_lines(view, &inner);
    if (pane >= 0)
        grid_cursor(area, 0, 0);
}

/* To the next PUBLISH; where there is none, nothing moves. */
static void next_message(struct view_payload *view, int by)
{
    struct store *store = view->view.store;
    const struct view_host *host = view->view.host;
    bool follow = store->follow;
    uint64_t from = store_chosen_at(store, STORE_PACKETS);
    uint64_t at = from;

    for (;;) {
        struct history_row row;
        struct slice payload;
        uint64_t before = at;

        store_move(store, STORE_PACKETS, by);
        at = store_chosen_at(store, STORE_PACKETS);
        if (at == before)
            break;
        if (get(view, at, &row, &payload))
            return;
    }
    store_choose(store, from);
    store->follow = follow;
    host->say(host->app, by > 0 ? "no PUBLISH comes behind this one"
                                : "no PUBLISH was before this one");
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_payload *view = (struct view_payload *)base;
    int64_t step = view_step(action, view->height);

    (void)pane;
    if (action == ACTION_DOWN || action == ACTION_UP)
        next_message(view, action == ACTION_DOWN ? 1 : -1);
    else if (step)
        view->top = view_stepped(view->top, view->lines, step);
    else if (action == ACTION_FORM) {
        view->form = (enum payload_form)((view->form + 1u) % PAYLOAD_FORMS);
        view->chosen = true;
    } else if (action == ACTION_DIFF)
        view->mode = view->mode == MODE_DIFF ? MODE_READ : MODE_DIFF;
    else if (action == ACTION_NUMBER)
        next_number(view);
    else if (action == ACTION_PLOT)
        view->mode = view->mode == MODE_PLOT ? MODE_READ : MODE_PLOT;
    else
        return false;
    return true;
}

static bool search(struct view *base, const struct search *wanted, bool forward)
{
    return view_search_rows(base->store, STORE_PACKETS, wanted, forward,
                            render_line);
}

static void release(struct view *base)
{
    struct view_payload *view = (struct view_payload *)base;

    buf_release(&view->text);
}

void view_payload_plot(struct view *view, const char *number)
{
    struct view_payload *payload = (struct view_payload *)view;

    snprintf(payload->number, sizeof(payload->number), "%s", number);
    payload->mode = MODE_PLOT;
}

void view_payload_compare(struct view *view)
{
    ((struct view_payload *)view)->mode = MODE_DIFF;
}

struct view *view_payload_new(void)
{
    static const struct view_class class = {
        .id = VIEW_PAYLOAD,
        .panes = 1,
        .draw = draw,
        .act = act,
        .search = search,
        .release = release,
    };
    struct view_payload *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
