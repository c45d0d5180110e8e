/*
 * Sessions: every client, how it is connected, and what the broker keeps.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/table_order.h"
#include "tui/view.h"
#include "wire/render.h"

/* Handshakes that are named one by one. */
#define FLOWS_NAMED 4

enum column {
    COLUMN_CLIENT,
    COLUMN_STATE,
    COLUMN_VERSION,
    COLUMN_USER,
    COLUMN_SESSION,
    COLUMN_SUBSCRIPTIONS,
    COLUMN_FLIGHT,
    COLUMN_QUEUE,
    COLUMN_WILL,
    COLUMN_ALIVE,
    COLUMN_TLS,
    COLUMN_RTT,
    COLUMNS,
};

static const struct table_column columns[COLUMNS] = {
    [COLUMN_CLIENT] = {"Client",  0,  30, false, 0 },
    [COLUMN_STATE] = {"State",   10, 0,  false, 0 },
    [COLUMN_VERSION] = {"V",       5,  0,  false, 50},
    [COLUMN_USER] = {"User",    8,  0,  false, 64},
    [COLUMN_SESSION] = {"Session", 7,  0,  false, 74},
    [COLUMN_SUBSCRIPTIONS] = {"Subs",    4,  0,  true,  0 },
    [COLUMN_FLIGHT] = {"In/Out",  6,  0,  true,  50},
    [COLUMN_QUEUE] = {"Queue",   5,  0,  true,  0 },
    [COLUMN_WILL] = {"Will",    9,  0,  false, 56},
    [COLUMN_ALIVE] = {"Alive",   6,  0,  true,  78},
    [COLUMN_TLS] = {"TLS",     4,  0,  false, 98},
    [COLUMN_RTT] = {"RTT",     8,  0,  true,  92},
};

struct view_sessions {
    struct view view;
    char *chosen; /* Client Identifier; NULL: the first */
    struct table_order order;
    size_t top;
    int height;
    int width;
};

/* The client at a place of the table as it was put in order last. */
static struct model_client *client_at(const struct view_sessions *view,
                                      size_t index)
{
    return view->order.rows[index];
}

static size_t chosen_index(const struct view_sessions *view)
{
    for (size_t i = 0; view->chosen && i < view->order.count; i++) {
        if (slice_equal_string(slice_of_string(client_at(view, i)->client_id),
                               view->chosen))
            return i;
    }
    return 0;
}

static void choose(struct view_sessions *view, size_t index)
{
    if (index >= view->order.count)
        return;
    free(view->chosen);
    view->chosen = alloc_string(client_at(view, index)->client_id);
}

/* ---- the table ---- */

/* Its latest packet came before this watched: nobody knows how long before. */
static bool is_unheard(const struct model_client *client)
{
    return !client->connected_ns && !client->packets_in;
}

static void put_alive(const struct view_sessions *view,
                      const struct model_client *client, struct buf *out)
{
    const struct store *store = view->view.store;
    int64_t left = model_keep_alive_left_s(client, store->now_ns);
    int64_t patience =
        model_patience_left_s(store->model, client, store->now_ns);
    int64_t session = model_session_left_s(client, store->now_ns);

    if (patience >= 0)
        buf_printf(out, "~%lld s", (long long)patience);
    else if (client->state == MODEL_CONNECTED && client->untold)
        buf_append_string(out, "?");
    else if (client->state == MODEL_CONNECTED && left < 0)
        buf_append_string(out, "no end");
    else if (client->state == MODEL_CONNECTED)
        buf_printf(out, "%s%lld s", is_unheard(client) ? "<" : "",
                   (long long)left);
    else if (session >= 0)
        buf_printf(out, session < 10000 ? "%lld s" : "%lld h",
                   (long long)(session < 10000 ? session : session / 3600));
    else
        buf_append_string(out, client->state == MODEL_AWAY ? "kept" : "gone");
}

/* Its version, or which transport has it. */
static void put_tls(const struct model_client *client, struct buf *out)
{
    static const char version[] = "TLSv";
    const char *cover = client->cover;

    if (!strncmp(cover, version, strlen(version)))
        buf_append(out, cover + strlen(version),
                   strcspn(cover + strlen(version), ","));
    else
        buf_append_string(
            out, !strcmp(cover, "tls") || !strcmp(cover, "wss") ? "yes" : "-");
}

static void put_cell(const struct view_sessions *view,
                     const struct model_client *client, enum column column,
                     struct buf *out)
{
    switch (column) {
    case COLUMN_CLIENT:
        render_text(out, slice_of_string(client->client_id), 40);
        break;
    case COLUMN_STATE:
        buf_append_string(out, model_state_name(client->state));
        break;
    case COLUMN_VERSION:
        buf_append_string(out, mqtt_version_name(client->version));
        break;
    case COLUMN_USER:
        if (*client->user_name)
            render_text(out, slice_of_string(client->user_name), 20);
        else
            buf_append_string(out, "-");
        break;
    case COLUMN_SESSION:
        buf_append_string(out, client->untold  ? "?"
                               : client->keeps ? "kept"
                                               : "clean");
        break;
    case COLUMN_SUBSCRIPTIONS:
        buf_printf(out, "%zu", client->subscription_count);
        break;
    case COLUMN_FLIGHT:
        buf_printf(out, "%zu/%zu", model_in_flight(client, true),
                   model_in_flight(client, false));
        break;
    case COLUMN_QUEUE:
        buf_printf(out, "%llu", (unsigned long long)client->queued);
        break;
    case COLUMN_WILL:
        buf_append_string(out,
                          model_will_name(client->will ? client->will->state
                                                       : MODEL_WILL_NONE));
        break;
    case COLUMN_ALIVE: put_alive(view, client, out); break;
    case COLUMN_TLS: put_tls(client, out); break;
    case COLUMN_RTT:
        if (client->rtt_ns)
            buf_printf(out, "%.1f ms", (double)client->rtt_ns / 1e6);
        else
            buf_append_string(out, "-");
        break;
    case COLUMNS: break;
    }
}

static enum style cell_style(const struct model_client *client,
                             enum column column)
{
    if (column == COLUMN_CLIENT)
        return grid_client_style(client->number);
    if (column == COLUMN_STATE && client->state == MODEL_CONNECTED)
        return STYLE_GOOD;
    if (column == COLUMN_STATE && client->state == MODEL_REFUSED)
        return STYLE_ERROR;
    if (column == COLUMN_WILL && client->will &&
        client->will->state == MODEL_WILL_FIRED)
        return STYLE_WARNING;
    return client->state == MODEL_CONNECTED ? STYLE_PLAIN : STYLE_DIM;
}

static enum style cell(const void *owner, void *row, int column,
                       struct buf *out)
{
    put_cell(owner, row, (enum column)column, out);
    return cell_style(row, (enum column)column);
}

static struct table table_of(const struct view_sessions *view)
{
    return (struct table){
        columns, COLUMNS, cell, view, view->order.column, view->order.down};
}

static void put_in_order(struct view_sessions *view)
{
    const struct model *model = view->view.store->model;
    const struct table table = table_of(view);

    table_order_make(&view->order, &table, (void *const *)model->clients,
                     model->client_count);
}

/* ---- the chosen client ---- */

static void put_expiry(const struct model_client *client, struct buf *out)
{
    if (!client->keeps)
        buf_append_string(out, "ends with the connection");
    else if (client->expiry_s == UINT32_MAX)
        buf_append_string(out, "kept for ever");
    else
        buf_printf(out, "kept for %u s after it goes",
                   (unsigned)client->expiry_s);
}

/* What runs out, and what happens then. */
static int draw_times(const struct view_sessions *view, const struct area *area,
                      int y, const struct model_client *client)
{
    const struct store *store = view->view.store;
    int64_t given_up = model_given_up_in_s(store->model, client, store->now_ns);
    int64_t patience =
        model_patience_left_s(store->model, client, store->now_ns);
    int64_t session = model_session_left_s(client, store->now_ns);
    struct buf line = {0};

    if (patience >= 0)
        buf_append_string(&line, model_holds(store->model, client)
                                     ? "a packet is held"
                                     : "its PINGREQ got no answer");
    if (patience > 0)
        buf_printf(&line,
                   ": the client itself gives up in about %lld s, as most do "
                   "after two Keep Alives",
                   (long long)patience);
    else if (patience == 0)
        buf_append_string(&line, ": the client itself may give up any moment");
    else if (given_up >= 0)
        buf_printf(
            &line,
            "if no packet comes, the broker gives it up in %s%lld s, after "
            "1.5 Keep Alives",
            is_unheard(client) ? "at most " : "", (long long)given_up);
    else if (session >= 0)
        buf_printf(&line, "the session is over in %lld s", (long long)session);
    if (line.len)
        y +=
            view_paragraph(area, y, patience >= 0 ? STYLE_WARNING : STYLE_PLAIN,
                           buf_string(&line));
    buf_release(&line);
    return y;
}

static void put_connected(const struct view_sessions *view,
                          const struct model_client *client, struct buf *out)
{
    if (client->connected_ns) {
        buf_append_string(out, "connected at ");
        view_time(view->view.store, client->connected_ns, out);
    } else {
        buf_append_string(out, "connected before this watched");
    }
    if (*client->peer)
        buf_printf(out, " from %s", client->peer);
    if (client->untold)
        return;
    buf_printf(out, ", keep alive %u s, %s, session ", client->keep_alive_s,
               client->clean_start ? "clean start" : "wants its old session");
    put_expiry(client, out);
}

/* Which handshakes of messages are not over, and what the broker keeps. */
static void put_waiting(const struct model_client *client, struct buf *out)
{
    size_t count = 0;

    for (size_t i = 0; i < client->flow_count; i++) {
        buf_append_string(out, count++ ? ", " : "not finished: ");
        buf_printf(out, "id %u %s it", client->flows[i] & UINT16_MAX,
                   model_flow_is_from(client, i) ? "from" : "to");
        if (count == FLOWS_NAMED && client->flow_count > count) {
            buf_printf(out, ", %zu more", client->flow_count - count);
            break;
        }
    }
    if (!client->queued)
        return;
    if (count)
        buf_append_string(out, "; ");
    buf_printf(out, "%llu message%s for it", (unsigned long long)client->queued,
               client->queued == 1 ? " waits" : "s wait");
}

static int draw_waiting(const struct area *area, int y,
                        const struct model_client *client)
{
    struct buf line = {0};
    int lines = 0;

    put_waiting(client, &line);
    if (line.len)
        lines = view_paragraph(area, y, STYLE_WARNING, buf_string(&line));
    buf_release(&line);
    return lines;
}

static int draw_about(const struct view_sessions *view, const struct area *area,
                      int y, const struct model_client *client)
{
    struct buf line = {0};
    /* With room for little, what matters first. */
    bool small = area->height < 8;

    if (small)
        y += draw_waiting(area, y, client);
    put_connected(view, client, &line);
    y += view_paragraph(area, y, STYLE_PLAIN, buf_string(&line));
    if (*client->cover) {
        buf_clear(&line);
        buf_append_string(&line, "around it: ");
        render_text(&line, slice_of_string(client->cover), 0);
        y += view_paragraph(area, y, STYLE_PLAIN, buf_string(&line));
    }
    if (*client->why) {
        buf_clear(&line);
        buf_append_string(&line, "last: ");
        render_text(&line, slice_of_string(client->why), 0);
        y += view_paragraph(area, y, STYLE_PLAIN, buf_string(&line));
    }
    if (!small)
        y += draw_waiting(area, y, client);
    buf_release(&line);
    return y;
}

static void draw_detail(const struct view_sessions *view,
                        const struct area *area,
                        const struct model_client *client)
{
    struct area inner = grid_part(area, 0, 2, area->height, area->width - 3);
    struct buf line = {0};
    int y;

    render_text(&line, slice_of_string(client->client_id), 60);
    grid_rule(area, 0, buf_string(&line));
    y = draw_about(view, &inner, 1, client);
    y = draw_times(view, &inner, y, client);
    if (!client->subscription_count)
        view_paragraph(&inner, y, STYLE_DIM,
                       client->untold ? "a proxy cannot ask: its keep alive, "
                                        "session and subscriptions of before "
                                        "are not known"
                                      : "no subscriptions");
    for (size_t i = 0; i < client->subscription_count && y < inner.height;
         i++) {
        buf_clear(&line);
        buf_printf(&line, "QoS %u  ", client->subscriptions[i].qos);
        render_text(&line,
                    slice_of_string(client->subscriptions[i].topic_filter), 0);
        grid_text(&inner, y++, 0, STYLE_PLAIN, buf_string(&line));
    }
    buf_release(&line);
}

/* ---- the view ---- */

static void draw_table(struct view_sessions *view, const struct area *area,
                       bool focus)
{
    const struct table table = table_of(view);
    size_t chosen = chosen_index(view);
    int rows = area->height - 1;

    view->height = rows;
    view->width = area->width;
    view->top = view_scroll(view->top, chosen, view->order.count, rows);
    table_draw_row(&table, area, 0, NULL);
    for (int y = 0; y < rows && view->top + (size_t)y < view->order.count;
         y++) {
        size_t index = view->top + (size_t)y;

        table_draw_row(&table, area, y + 1, client_at(view, index));
        if (index == chosen)
            table_mark(area, y + 1, focus);
    }
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_sessions *view = (struct view_sessions *)base;
    const struct model *model = base->store->model;
    /* On a small screen: when the table leaves three lines and a rule. */
    bool detailed =
        area->height >= 12 || (int)model->client_count + 5 <= area->height;
    int rows = detailed && area->height >= 12 ? area->height * 3 / 5
                                              : area->height - 1;

    if (!model->client_count) {
        view_empty(base, area, "No client has connected yet.");
        return;
    }
    put_in_order(view);
    if (rows > (int)model->client_count + 1 && detailed)
        rows = (int)model->client_count + 1;
    struct area table = grid_part(area, 0, 0, rows + 1, area->width);
    draw_table(view, &table, pane >= 0);
    if (detailed) {
        struct area detail =
            grid_part(area, rows + 1, 0, area->height, area->width);

        draw_detail(view, &detail, client_at(view, chosen_index(view)));
    }
}

static void show_packets(struct view_sessions *view,
                         const struct model_client *client)
{
    const struct view_host *host = view->view.host;
    struct buf text = {0};

    buf_append_string(&text, "lab.client == ");
    view_quote(slice_of_string(client->client_id), &text);
    host->filter(host->app, buf_string(&text));
    host->show(host->app, VIEW_PACKETS);
    buf_release(&text);
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_sessions *view = (struct view_sessions *)base;
    const struct table table = table_of(view);
    int64_t step = view_step(action, view->height);

    (void)pane;
    put_in_order(view);
    size_t chosen = chosen_index(view);
    if (step) {
        choose(view, view_stepped(chosen, view->order.count, step));
        return true;
    }
    if (chosen >= view->order.count)
        return false;
    if (action == ACTION_OPEN)
        show_packets(view, client_at(view, chosen));
    else if (action == ACTION_KILL)
        base->host->end(base->host->app, client_at(view, chosen)->client_id);
    else if (action == ACTION_SORT)
        table_order_next(&view->order, &table, view->width);
    else if (action == ACTION_REVERSE && view->order.column)
        table_order_by(&view->order, view->order.column - 1);
    else
        return false;
    return true;
}

static int click(struct view *base, int y, int x)
{
    struct view_sessions *view = (struct view_sessions *)base;
    const struct table table = table_of(view);
    int column = table_column_at(&table, view->width, x);

    if (y == 0 && column >= 0)
        table_order_by(&view->order, column);
    else if (y > 0 && y <= view->height)
        choose(view, view->top + (size_t)y - 1);
    return 0;
}

static bool search(struct view *base, const struct search *wanted, bool forward)
{
    struct view_sessions *view = (struct view_sessions *)base;

    put_in_order(view);
    size_t index = chosen_index(view);
    for (size_t i = 0; i < view->order.count; i++) {
        index = view_next(index, view->order.count, forward);
        if (search_in_text(wanted, client_at(view, index)->client_id) ||
            search_in_text(wanted, client_at(view, index)->user_name)) {
            choose(view, index);
            return true;
        }
    }
    return false;
}

static void release(struct view *base)
{
    struct view_sessions *view = (struct view_sessions *)base;

    free(view->chosen);
    table_order_release(&view->order);
}

struct view *view_sessions_new(void)
{
    static const struct view_class class = {
        .id = VIEW_SESSIONS,
        .panes = 1,
        .draw = draw,
        .act = act,
        .click = click,
        .search = search,
        .release = release,
    };
    struct view_sessions *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
