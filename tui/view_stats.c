/*
 * Stats: how many packets of each type went each way, bytes and rates.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "tui/view.h"

struct view_stats {
    struct view view;
    int top;
    int height;
    int lines; /* when drawn last */
};

/* The lines that it can take: sentences are broken in a narrow area. */
#define MAX_LINES 60

static int draw_types(const struct view_stats *view, const struct area *area,
                      int y)
{
    const struct model_counters *counters = &view->view.store->model->counters;

    grid_text(area, y++, 1, STYLE_HEADING,
              "Type         to broker  to clients");
    for (unsigned type = MQTT_CONNECT; type <= MQTT_AUTH; type++, y++) {
        uint64_t in = counters->packets[true][type];
        uint64_t out = counters->packets[false][type];

        grid_printf(area, y, 1, in + out ? STYLE_PLAIN : STYLE_DIM,
                    "%-11s %10llu  %10llu", mqtt_type_name(type),
                    (unsigned long long)in, (unsigned long long)out);
    }
    grid_printf(area, y++, 1, STYLE_PLAIN, "%-11s %10llu  %10llu", "bytes",
                (unsigned long long)counters->bytes[true],
                (unsigned long long)counters->bytes[false]);
    return y;
}

/* Packets in each of the last seconds, as a row of signs. */
static void put_history(const struct view_stats *view, int columns,
                        struct buf *out)
{
    static const char signs[] = ".:-=+*#";
    const struct model_counters *counters = &view->view.store->model->counters;
    uint64_t now = view->view.store->now_ns / CLOCK_NS_PER_S;
    uint32_t most = 1;

    for (int i = 0; i < MODEL_SECONDS; i++)
        most = counters->per_second[i] > most ? counters->per_second[i] : most;
    for (int i = columns; i-- > 0;) {
        uint64_t second = now > (uint64_t)i ? now - (uint64_t)i : 0;
        bool known = second <= counters->second &&
                     counters->second - second < MODEL_SECONDS;
        uint32_t count =
            known ? counters->per_second[second % MODEL_SECONDS] : 0;
        size_t height = (size_t)count * (sizeof(signs) - 2) / most;

        buf_append_u8(out, count ? (uint8_t)signs[height] : ' ');
    }
    buf_printf(out, "| at most %u/s", most);
}

/* As many lines as it takes; the text is empty then. */
static int draw_sentence(const struct area *area, int y, struct buf *text)
{
    struct area inner = grid_part(area, 0, 1, area->height, area->width - 2);
    int lines = view_paragraph(&inner, y, STYLE_PLAIN, buf_string(text));

    buf_clear(text);
    return y + lines;
}

/* Those of the clients; the broker's own have no place in a count of them. */
static size_t count_topics(const struct model *model, size_t *retained)
{
    struct model_topic *topic = NULL;
    size_t count = 0;

    while ((topic = model_topic_next(model, topic, true))) {
        const struct model_topic *top = topic;

        while (top->parent && top->parent->parent)
            top = top->parent;
        if (!strcmp(top->name, "$SYS"))
            continue;
        count += topic->named;
        *retained += topic->retained;
    }
    return count;
}

static int draw_totals(const struct view_stats *view, const struct area *area,
                       int y)
{
    const struct model *model = view->view.store->model;
    const struct model_counters *counters = &model->counters;
    struct buf text = {0};
    int columns =
        area->width - 20 < MODEL_SECONDS ? area->width - 20 : MODEL_SECONDS;

    buf_printf(
        &text,
        "published by clients: %llu at QoS 0, %llu at QoS 1, %llu at QoS 2",
        (unsigned long long)counters->publishes[0],
        (unsigned long long)counters->publishes[1],
        (unsigned long long)counters->publishes[2]);
    y = draw_sentence(area, y, &text);
    size_t retained = 0;
    size_t topics = count_topics(model, &retained);

    buf_printf(&text,
               "topics %zu, retained messages %zu (without $SYS), clients %zu, "
               "wills %zu",
               topics, retained, model->client_count, model->will_count);
    y = draw_sentence(area, y, &text);
    buf_printf(&text,
               "against the rules %llu, held %llu, dropped %llu, events %llu",
               (unsigned long long)counters->malformed,
               (unsigned long long)counters->held,
               (unsigned long long)counters->dropped,
               (unsigned long long)counters->events);
    y = draw_sentence(area, y, &text);
    grid_text(area, y++, 1, STYLE_HEADING, "packets in each second");
    put_history(view, columns > 0 ? columns : 0, &text);
    grid_text(area, y++, 1, STYLE_PLAIN, buf_string(&text));
    buf_release(&text);
    return y;
}

/* ---- who and what is busiest ---- */

#define BUSIEST 5

/* The busiest of many, in order. */
struct busiest {
    const void *items[BUSIEST];
    uint64_t counts[BUSIEST];
    size_t count;
};

static void consider(struct busiest *busiest, const void *item, uint64_t count)
{
    size_t at = busiest->count;

    if (!count)
        return;
    for (; at > 0 && busiest->counts[at - 1] < count; at--) {
        if (at == BUSIEST)
            continue;
        busiest->items[at] = busiest->items[at - 1];
        busiest->counts[at] = busiest->counts[at - 1];
    }
    if (at == BUSIEST)
        return;
    busiest->items[at] = item;
    busiest->counts[at] = count;
    busiest->count += busiest->count < BUSIEST;
}

static int draw_bar(const struct area *area, int y,
                    const struct busiest *busiest, size_t i, const char *name)
{
    int bar = (int)(busiest->counts[i] * 10 / busiest->counts[0]);

    grid_printf(area, y, 1, STYLE_PLAIN, "%8llu  %-10.*s",
                (unsigned long long)busiest->counts[i], bar, "##########");
    view_peer_text(area, y, 22, area->width - 22, STYLE_NAME, name);
    return y + 1;
}

static int draw_topics(const struct view_stats *view, const struct area *area,
                       int y)
{
    const struct model *model = view->view.store->model;
    struct busiest busiest = {.count = 0};
    struct model_topic *topic = NULL;

    while ((topic = model_topic_next(model, topic, true)))
        consider(&busiest, topic, topic->published);
    if (busiest.count)
        grid_text(area, ++y, 1, STYLE_HEADING,
                  "messages of the busiest topics");
    y += busiest.count > 0;
    for (size_t i = 0; i < busiest.count; i++) {
        struct buf name = {0};

        model_topic_name(busiest.items[i], &name);
        y = draw_bar(area, y, &busiest, i, buf_string(&name));
        buf_release(&name);
    }
    return y;
}

static int draw_clients(const struct view_stats *view, const struct area *area,
                        int y)
{
    const struct model *model = view->view.store->model;
    struct busiest busiest = {.count = 0};

    for (size_t i = 0; i < model->client_count; i++)
        consider(&busiest, model->clients[i],
                 model->clients[i]->packets_in +
                     model->clients[i]->packets_out);
    if (busiest.count)
        grid_text(area, ++y, 1, STYLE_HEADING,
                  "packets of the busiest clients");
    y += busiest.count > 0;
    for (size_t i = 0; i < busiest.count; i++) {
        const struct model_client *client = busiest.items[i];

        y = draw_bar(area, y, &busiest, i, client->client_id);
    }
    return y;
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_stats *view = (struct view_stats *)base;
    /* Drawn into a grid as high as it needs, of which a part is seen. */
    struct grid all;
    struct area whole;

    grid_init(&all, MAX_LINES, area->width, area->grid->ascii);
    whole = grid_area(&all);
    view->height = area->height;
    view->lines = draw_types(view, &whole, draw_totals(view, &whole, 0) + 1);
    view->lines = draw_topics(view, &whole, view->lines);
    view->lines = draw_clients(view, &whole, view->lines);
    view->top = (int)view_scroll((size_t)view->top, (size_t)view->top,
                                 (size_t)view->lines, area->height);
    for (int y = 0; y < area->height; y++)
        grid_copy_row(area, y, &all, view->top + y);
    grid_release(&all);
    if (view->top + area->height < view->lines && area->height > 0)
        grid_text(area, area->height - 1, area->width - 8, STYLE_WARNING,
                  "j more");
    if (pane >= 0)
        grid_cursor(area, 0, 0);
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_stats *view = (struct view_stats *)base;
    int64_t step = view_step(action, view->height);

    (void)pane;
    if (step)
        view->top =
            (int)view_stepped((size_t)view->top, (size_t)view->lines, step);
    return step != 0;
}

struct view *view_stats_new(void)
{
    static const struct view_class class = {
        .id = VIEW_STATS,
        .panes = 1,
        .draw = draw,
        .act = act,
    };
    struct view_stats *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
