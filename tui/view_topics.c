/*
 * Topics: the tree of Topic Names, the last message on each, who gets it, and
 * whether the broker keeps a message for those who come later.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tui/topic_lines.h"
#include "tui/values.h"
#include "tui/view.h"
#include "wire/render.h"

enum column {
    COLUMN_TOPIC,
    COLUMN_VALUE,
    COLUMN_QOS,
    COLUMN_COUNT,
    COLUMN_SUBSCRIBERS,
    COLUMN_RATE,
    COLUMN_RETAINED,
    COLUMNS,
};

static const struct table_column columns[COLUMNS] = {
    [COLUMN_TOPIC] = {"Topic",        0, 0, false, 0 },
    [COLUMN_VALUE] = {"Last message", 0, 0, false, 0 },
    [COLUMN_QOS] = {"QoS",          3, 0, true,  54},
    [COLUMN_COUNT] = {"Msgs",         6, 0, true,  48},
    [COLUMN_SUBSCRIBERS] = {"Subs",         4, 0, true,  60},
    [COLUMN_RATE] = {"Rate",         8, 0, false, 70},
    [COLUMN_RETAINED] = {"Retained",     8, 0, false, 0 },
};

struct view_topics {
    struct view view;
    struct model_topic *chosen; /* topics live as long as the model */
    struct topic_lines lines;
    size_t top;
    int height;
    int width;
};

static struct model_topic *chosen(struct view_topics *view)
{
    if (!view->chosen)
        view->chosen = model_topic_next(view->view.store->model, NULL, false);
    return view->chosen;
}

/* ---- a line ---- */

static bool is_text(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] < 0x20 || bytes[i] == 0x7f)
            return false;
    }
    return true;
}

static void put_payload(const struct model_topic *topic, struct buf *out)
{
    size_t kept = topic->payload_len < MODEL_PAYLOAD_MAX ? topic->payload_len
                                                         : MODEL_PAYLOAD_MAX;

    if (!topic->named)
        return;
    if (!topic->payload_len)
        buf_append_string(out, "(empty)");
    else if (is_text(topic->payload, kept))
        render_text(out, slice_of(topic->payload, kept), 0);
    for (size_t i = 0; !is_text(topic->payload, kept) && i < kept; i++)
        buf_printf(out, "%02x ", topic->payload[i]);
    if (topic->payload_len > kept)
        buf_append_string(out, "...");
}

/* Messages of the last seconds as a row of signs, the newest at the right. */
static void put_rate(const struct view_topics *view,
                     const struct model_topic *topic, struct buf *out)
{
    static const char signs[] = ".:-=+*#";
    const int slots = (int)sizeof(topic->rate);
    uint64_t second = view->view.store->now_ns / CLOCK_NS_PER_S;
    uint64_t age =
        second > topic->rate_second ? second - topic->rate_second : 0;

    for (int i = slots - 1; topic->published && i >= 0; i--) {
        int at = age > (uint64_t)i ? -1 : i - (int)age;
        unsigned count = at >= 0 ? topic->rate[at] : 0;
        unsigned height = 0;

        while (height < sizeof(signs) - 2 && count >> height > 1)
            height++;
        buf_append_u8(out, count ? (uint8_t)signs[height] : ' ');
    }
}

static void put_name(const struct view_topics *view,
                     const struct model_topic *topic, struct buf *out)
{
    int depth = model_topic_depth(topic);
    struct buf name = {0};

    if (view->lines.order.column) {
        model_topic_name(topic, &name);
        render_text(out, buf_slice(&name), 60);
        buf_release(&name);
        return;
    }
    buf_printf(out, "%*s%s ", 2 * (depth < 20 ? depth : 20), "",
               !topic->child_count ? " "
               : topic->folded     ? "+"
                                   : "-");
    if (*topic->name)
        render_text(out, slice_of_string(topic->name), 60);
    else
        buf_append_string(out, "(empty level)");
}

static void put_cell(const struct view_topics *view, struct model_topic *topic,
                     enum column column, struct buf *out)
{
    const struct model *model = view->view.store->model;

    if (column == COLUMN_TOPIC)
        put_name(view, topic, out);
    if (!topic->named)
        return;
    if (column == COLUMN_VALUE)
        put_payload(topic, out);
    else if (column == COLUMN_QOS)
        buf_printf(out, "%u", topic->qos);
    else if (column == COLUMN_COUNT)
        buf_printf(out, "%llu", (unsigned long long)topic->published);
    else if (column == COLUMN_SUBSCRIBERS)
        buf_printf(out, "%zu", model_subscribers(model, topic));
    else if (column == COLUMN_RATE)
        put_rate(view, topic, out);
    else if (column == COLUMN_RETAINED)
        buf_append_string(out, topic->retained ? "R stored" : "-");
}

static enum style cell(const void *owner, void *row, int column,
                       struct buf *out)
{
    struct model_topic *topic = row;

    put_cell(owner, topic, (enum column)column, out);
    return column == COLUMN_RETAINED && topic->retained ? STYLE_GOOD
                                                        : STYLE_PLAIN;
}

/* ---- the order of the lines ---- */

/* What a row is put in order by. */
static enum style sorted_cell(const void *owner, void *row, int column,
                              struct buf *out)
{
    const struct view_topics *view = owner;
    const struct model_topic *topic = row;
    uint64_t second = view->view.store->now_ns / CLOCK_NS_PER_S;
    unsigned messages = 0;

    if (column != COLUMN_RATE)
        return cell(owner, row, column, out);
    for (uint64_t i = 0; i < sizeof(topic->rate); i++) {
        if (second <= topic->rate_second + sizeof(topic->rate) - 1 - i)
            messages += topic->rate[i];
    }
    buf_printf(out, "%u", messages);
    return STYLE_PLAIN;
}

static void put_in_order(struct view_topics *view)
{
    const struct table table = {columns, COLUMNS, sorted_cell, view, 0, false};

    topic_lines_look(&view->lines, view->view.store, &table);
}

/* Where there is no tree a level alone has no line. */
static void choose_named(struct view_topics *view)
{
    put_in_order(view);
    if (!topic_lines_is_tree(&view->lines) && topic_lines_count(&view->lines))
        view->chosen = topic_lines_at(
            &view->lines, topic_lines_find(&view->lines, view->chosen));
}

/* By this column; the first one is the tree. */
static void sort_by(struct view_topics *view, int column)
{
    if (column == COLUMN_TOPIC)
        view->lines.order.column = 0;
    else
        table_order_by(&view->lines.order, column);
    view->lines.ordered_ns = 0;
    choose_named(view);
}

static void sort_by_next(struct view_topics *view)
{
    const struct table table = {columns, COLUMNS, cell, view, 0, false};

    do {
        table_order_next(&view->lines.order, &table, view->width);
    } while (view->lines.order.column == COLUMN_TOPIC + 1);
    view->lines.ordered_ns = 0;
    choose_named(view);
}

/* ---- the chosen topic ---- */

static void put_receivers(const struct view_topics *view,
                          const struct model_topic *topic, struct buf *out)
{
    const struct model *model = view->view.store->model;
    struct buf name = {0};
    size_t shown = 0;

    model_topic_name(topic, &name);
    for (size_t i = 0; i < model->client_count && shown < 8; i++) {
        const struct model_subscription *by =
            model_subscription_for(model->clients[i], buf_slice(&name));

        if (!by)
            continue;
        buf_append_string(out, shown++ ? ", " : "goes to ");
        render_text(out, slice_of_string(model->clients[i]->client_id), 30);
        buf_append_string(out, " (");
        render_text(out, slice_of_string(by->topic_filter), 40);
        buf_printf(out, ", QoS %u)", by->qos);
    }
    if (!shown)
        buf_append_string(out, "nobody subscribes to it now");
    buf_release(&name);
}

/* What was published as numbers: of JSON the first in it. */
static void put_values(const struct view_topics *view, struct slice name,
                       int width, struct buf *out)
{
    const struct store *store = view->view.store;
    uint64_t end = history_end(store->history);
    char *topic = alloc_string_of(name.bytes, name.len);
    struct values values;

    values_collect(store, end ? end - 1 : STORE_NOWHERE, topic, NULL,
                   width > 30 ? (size_t)width - 30 : 1, &values);
    if (values.count > 1) {
        buf_printf(out, "%g to %g  ", values.least, values.most);
        values_put_row(&values, out);
    }
    free(topic);
}

static void draw_detail(struct view_topics *view, const struct area *area)
{
    const struct model_topic *topic = chosen(view);
    struct area inner = grid_part(area, 0, 2, area->height, area->width - 3);
    struct buf name = {0};
    struct buf text = {0};
    int y = 1;

    model_topic_name(topic, &name);
    render_text(&text, buf_slice(&name), 70);
    grid_rule(area, 0, buf_string(&text));
    buf_clear(&text);
    if (topic->named) {
        put_payload(topic, &text);
        y += view_paragraph(&inner, y, STYLE_NAME, buf_string(&text));
        buf_clear(&text);
        put_receivers(view, topic, &text);
        y += view_paragraph(&inner, y, STYLE_PLAIN, buf_string(&text));
        buf_clear(&text);
        buf_printf(&text, "the last PUBLISH had Retain %s; %s",
                   topic->retain ? "set" : "not set",
                   topic->retained
                       ? "the broker keeps a message for those who come later"
                       : "the broker keeps no message");
        y += view_paragraph(&inner, y, STYLE_PLAIN, buf_string(&text));
        buf_clear(&text);
        put_values(view, buf_slice(&name), area->width, &text);
        if (text.len)
            grid_printf(&inner, y, 0, STYLE_PLAIN, "numbers %s",
                        buf_string(&text));
    } else {
        grid_text(&inner, y, 0, STYLE_DIM,
                  "a level of other topics; no message named it");
    }
    buf_release(&text);
    buf_release(&name);
}

/* ---- the view ---- */

static void draw_table(struct view_topics *view, const struct area *area,
                       bool focus)
{
    const struct model *model = view->view.store->model;
    const struct table table = {columns,
                                COLUMNS,
                                cell,
                                view,
                                view->lines.order.column,
                                view->lines.order.down};
    int rows = area->height - 1;

    view->height = rows;
    view->width = area->width;
    view->top =
        view_scroll(view->top, topic_lines_find(&view->lines, view->chosen),
                    topic_lines_count(&view->lines), rows);
    table_draw_row(&table, area, 0, NULL);
    if (model->topics_dropped)
        grid_printf(area, 0, 10, STYLE_WARNING, "(%llu more are not shown)",
                    (unsigned long long)model->topics_dropped);
    struct model_topic *topic = topic_lines_at(&view->lines, view->top);
    for (int y = 0; y < rows && topic; y++) {
        table_draw_row(&table, area, y + 1, topic);
        if (topic == view->chosen)
            table_mark(area, y + 1, focus);
        topic = topic_lines_next(&view->lines, topic, view->top + (size_t)y);
    }
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_topics *view = (struct view_topics *)base;
    int detail_rows = area->height >= 12 ? 6 : 0;
    struct area table =
        grid_part(area, 0, 0, area->height - detail_rows, area->width);
    struct area detail = grid_part(area, area->height - detail_rows, 0,
                                   detail_rows, area->width);

    if (!chosen(view)) {
        view_empty(base, area,
                   "No topic was used yet. A topic exists as soon as a"
                   " message is published to it.");
        return;
    }
    choose_named(view);
    draw_table(view, &table, pane >= 0);
    if (detail_rows)
        draw_detail(view, &detail);
}

static void show_packets(struct view_topics *view)
{
    const struct view_host *host = view->view.host;
    struct buf name = {0};
    struct buf text = {0};

    model_topic_name(view->chosen, &name);
    buf_append_string(&text, "lab.topic == ");
    view_quote(buf_slice(&name), &text);
    host->filter(host->app, buf_string(&text));
    host->show(host->app, VIEW_PACKETS);
    buf_release(&text);
    buf_release(&name);
}

static void clear_retained(struct view_topics *view,
                           const struct model_topic *topic)
{
    const struct view_host *host = view->view.host;
    struct buf name = {0};

    model_topic_name(topic, &name);
    if (topic->retained)
        host->clear(host->app, buf_string(&name));
    else
        host->say(host->app, "the broker keeps no message of this topic");
    buf_release(&name);
}

uint64_t view_topics_last(struct view *view)
{
    const struct model_topic *topic = chosen((struct view_topics *)view);

    return topic && topic->published
               ? history_find_seq(view->store->history, topic->last_seq)
               : STORE_NOWHERE;
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_topics *view = (struct view_topics *)base;
    int64_t step = view_step(action, view->height);
    struct model_topic *topic = chosen(view);

    (void)pane;
    if (!topic)
        return false;
    choose_named(view);
    topic = view->chosen;
    if (step) {
        size_t line = view_stepped(topic_lines_find(&view->lines, topic),
                                   topic_lines_count(&view->lines), step);

        view->chosen = topic_lines_at(&view->lines, line);
    } else if (action == ACTION_SORT) {
        sort_by_next(view);
    } else if (action == ACTION_REVERSE && !topic_lines_is_tree(&view->lines)) {
        sort_by(view, view->lines.order.column - 1);
    } else if (!topic_lines_is_tree(&view->lines) &&
               (action == ACTION_LEFT || action == ACTION_RIGHT)) {
        base->host->say(
            base->host->app,
            "nothing folds in a list; a click on Topic, or o, comes "
            "back to the tree");
    } else if (action == ACTION_LEFT && topic->child_count && !topic->folded) {
        topic->folded = true;
    } else if (action == ACTION_LEFT) {
        if (topic->parent->parent)
            view->chosen = topic->parent;
    } else if (action == ACTION_RIGHT) {
        topic->folded = false;
    } else if (action == ACTION_OPEN && topic->named) {
        show_packets(view);
    } else if (action == ACTION_OPEN) {
        topic->folded = !topic->folded;
    } else if (action == ACTION_CLEAR) {
        clear_retained(view, topic);
    } else {
        return false;
    }
    return true;
}

static int click(struct view *base, int y, int x)
{
    struct view_topics *view = (struct view_topics *)base;
    struct model_topic *topic;

    const struct table table = {columns, COLUMNS, cell, view, 0, false};
    int column = table_column_at(&table, view->width, x);

    put_in_order(view);
    if (y == 0 && column >= 0)
        sort_by(view, column);
    topic =
        topic_lines_at(&view->lines, view->top + (size_t)(y > 0 ? y - 1 : 0));
    if (topic && y > 0 && y <= view->height)
        view->chosen = topic;
    return 0;
}

/* Does the name or the message of a topic show the text? */
static bool found(const struct model_topic *topic, const struct search *wanted)
{
    struct buf line = {0};
    bool hit;

    model_topic_name(topic, &line);
    buf_append_u8(&line, ' ');
    put_payload(topic, &line);
    hit =
        search_in_text(wanted, buf_string(&line)) ||
        search_in_bytes(wanted, slice_of(topic->payload,
                                         topic->payload_len < MODEL_PAYLOAD_MAX
                                             ? topic->payload_len
                                             : MODEL_PAYLOAD_MAX));
    buf_release(&line);
    return hit;
}

static bool search(struct view *base, const struct search *wanted, bool forward)
{
    struct view_topics *view = (struct view_topics *)base;
    const struct model *model = base->store->model;
    struct model_topic *hit = NULL;
    bool behind = false;

    /* Forward: the first behind the chosen one, or else the first of all;
       backward: the last before it, or else the last of all. */
    for (struct model_topic *topic = model_topic_next(model, NULL, true); topic;
         topic = model_topic_next(model, topic, true)) {
        if (topic == view->chosen) {
            behind = true;
            if (!forward && hit)
                break;
            continue;
        }
        if ((!topic->named && !topic_lines_is_tree(&view->lines)) ||
            !found(topic, wanted))
            continue;
        if (forward && behind) {
            hit = topic;
            break;
        }
        if (!forward || !hit)
            hit = topic;
    }
    for (struct model_topic *up = hit ? hit->parent : NULL; up; up = up->parent)
        up->folded = false;
    if (hit)
        view->chosen = hit;
    return hit != NULL;
}

static void release(struct view *base)
{
    table_order_release(&((struct view_topics *)base)->lines.order);
}

struct view *view_topics_new(void)
{
    static const struct view_class class = {
        .id = VIEW_TOPICS,
        .panes = 1,
        .draw = draw,
        .act = act,
        .click = click,
        .search = search,
        .release = release,
    };
    struct view_topics *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
