/*
 * Packets: the list of all that passed, and the chosen one field by field and
 * byte by byte.
 */

#include "base/alloc.h"
#include "tui/packet_cable.h"
#include "tui/packet_detail.h"
#include "tui/packet_list.h"
#include "tui/view.h"
#include "wire/render.h"

enum pane { PANE_LIST, PANE_TREE, PANE_BYTES, PANES };

#define BOTH_WIDTH 76 /* columns: packet and cable fit side by side */

struct view_packets {
    struct view view;
    struct packet_list list;
    struct packet_detail detail;
    struct packet_cable cable;
    int height[PANES]; /* rows of each pane when drawn last */
    int start[PANES];  /* and its first row */
    int width;
};

/* Whose fields and bytes the keys are for: the packet's, or with E those of
   what lay on the cable for it. */
static struct packet_detail *side_of(struct view_packets *view)
{
    return view->cable.on && !view->cable.why ? &view->cable.detail
                                              : &view->detail;
}

/* Look at the chosen packet, from one side or both. */
static void look(struct view_packets *view, uint64_t position)
{
    detail_look(&view->detail, view->view.store, position);
    if (view->cable.on && view->detail.here)
        packet_cable_look(&view->cable, view->view.store, position,
                          &view->detail.row);
}

static enum store_list list_of(const struct view *view)
{
    return view->store->with_events ? STORE_ALL : STORE_PACKETS;
}

/* ---- the whole ---- */

static void place(struct view_packets *view, const struct area *area,
                  enum pane pane, int start, int height)
{
    view->start[pane] = start;
    view->height[pane] =
        start + height > area->height ? area->height - start : height;
    if (view->height[pane] < 0)
        view->height[pane] = 0;
}

/* Who gets how many rows: the pane with the focus gets most. */
static void arrange(struct view_packets *view, const struct area *area,
                    int pane)
{
    int rows = area->height;
    int width = area->width;
    const struct packet_detail *side = side_of(view);
    size_t len = side->here ? side->row.record.bytes.len : 0;
    int per_line = width >= 76 ? 16 : width >= 40 ? 8 : 4;
    int bytes = (int)((len + (size_t)per_line - 1) / (size_t)per_line) + 1;
    int most = pane == PANE_BYTES ? rows / 2 : rows / 5 + 1;
    int list;

    view->width = width;
    if (side->explain)
        bytes = most = rows / 3;
    if (bytes > most)
        bytes = most;
    if (bytes < 2)
        bytes = 2;
    if (rows < 12) {
        /* Small: one pane, and below it the packet in two lines. */
        list = pane == PANE_LIST ? rows - 3 : 0;
        bytes = pane == PANE_BYTES ? rows - 1 : pane == PANE_TREE ? 0 : 2;
    } else {
        int rest = rows - bytes - 2;

        list = pane == PANE_TREE ? rest / 3 : (rest + 1) / 2;
    }
    place(view, area, PANE_LIST, 0, list);
    place(view, area, PANE_TREE, list + 1,
          rows < 12 && pane != PANE_TREE
              ? 0
              : rows - list - bytes - 1 - (bytes ? rows >= 12 : 0));
    place(view, area, PANE_BYTES, rows - bytes, bytes);
}

static void draw_explanation(struct view_packets *view, const struct area *area)
{
    struct area rest =
        grid_part(area, view->start[PANE_BYTES], 0, area->height, area->width);

    detail_draw_explanation(side_of(view), &rest);
}

/* The ends' side, and beside it, or instead of it, the cable's. */
static void draw_tree(struct view_packets *view, const struct area *area,
                      bool focus)
{
    int middle = area->width / 2;
    struct area left = grid_part(area, 0, 0, area->height, middle - 1);
    struct area right =
        grid_part(area, 0, middle, area->height, area->width - middle);

    if (!view->cable.on) {
        detail_draw_tree(&view->detail, area, focus);
    } else if (area->width < BOTH_WIDTH) {
        packet_cable_draw_tree(&view->cable, area, focus);
    } else {
        detail_draw_tree(&view->detail, &left, false);
        grid_divide(area, middle - 1);
        packet_cable_draw_tree(&view->cable, &right, focus);
    }
}

/* What a narrow list has no room for. */
static void put_short_title(struct view_packets *view, struct buf *out)
{
    const struct history_row *row = &view->detail.row;

    buf_printf(out, "%llu %s, %u bytes, at ", (unsigned long long)row->number,
               view->detail.dissection.type_name
                   ? view->detail.dissection.type_name
                   : "garbage",
               (unsigned)row->record.original_len);
    view_time(view->view.store, row->record.time_ns, out);
}

static void draw_title(struct view_packets *view, const struct area *area,
                       bool focus)
{
    struct buf title = {0};
    bool beside_list = area->width < PACKET_LIST_NARROW &&
                       view->height[PANE_LIST] > 1 && view->detail.here;

    if (beside_list)
        put_short_title(view, &title);
    else
        detail_title(&view->detail, &title);
    if (view->cable.on && !view->cable.why) {
        if (area->width < BOTH_WIDTH)
            buf_clear(&title);
        else
            buf_append_string(&title, " | ");
        detail_title(&view->cable.detail, &title);
    }
    if (!view->cable.on)
        detail_add_frame(&view->detail, area->width, &title);
    view_rule(area, view->start[PANE_TREE] - 1, buf_string(&title), focus);
    buf_release(&title);
}

/* What the broker decided can be chosen, too (v): its whole sentence, where the
   fields of a packet would be. False: it is a packet. */
static bool draw_decision(struct view_packets *view, const struct area *area,
                          int pane)
{
    int y = view->start[PANE_TREE];
    struct area rest = grid_part(area, y, 1, area->height - y, area->width - 2);
    struct history_row row;
    struct buf text = {0};

    if (view->detail.here ||
        !store_row(view->view.store, view->detail.position, &row))
        return false;
    render_event(&text, &row);
    if (y > 0)
        view_rule(area, y - 1, "no packet", pane > PANE_LIST);
    view_paragraph(&rest, 0, STYLE_EVENT, buf_string(&text));
    buf_release(&text);
    return true;
}

static void draw_detail(struct view_packets *view, const struct area *area,
                        int pane)
{
    struct packet_detail *side = side_of(view);
    bool explain = side->explain && pane != PANE_BYTES;
    struct area tree = grid_part(area, view->start[PANE_TREE], 0,
                                 view->height[PANE_TREE], area->width);
    struct area bytes = grid_part(area, view->start[PANE_BYTES], 0,
                                  view->height[PANE_BYTES], area->width);

    if (view->start[PANE_TREE] > 0)
        draw_title(view, area, pane == PANE_TREE);
    if (view->height[PANE_TREE] > 0) {
        draw_tree(view, &tree, pane == PANE_TREE);
        if (view->height[PANE_BYTES] > 0)
            view_rule(area, view->start[PANE_BYTES] - 1,
                      explain                 ? "what it is for"
                      : side != &view->detail ? "bytes on the cable"
                                              : "bytes",
                      pane == PANE_BYTES);
    }
    if (explain)
        draw_explanation(view, area);
    else
        detail_draw_bytes(side, &bytes, pane == PANE_BYTES);
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_packets *view = (struct view_packets *)base;
    struct area list;

    if (!view->list.store)
        packet_list_init(&view->list, base->store);
    look(view, store_chosen_at(base->store, list_of(base)));
    if (!store_count(base->store, list_of(base))) {
        view_empty(base, area, NULL);
        return;
    }
    arrange(view, area, pane < 0 ? PANE_LIST : pane);
    list = grid_part(area, 0, 0, view->height[PANE_LIST], area->width);
    packet_list_draw(&view->list, &list, pane == PANE_LIST);
    if (!draw_decision(view, area, pane))
        draw_detail(view, area, pane);
}

/* ---- what can be asked of it ---- */

static void add_filter(struct view_packets *view, bool out)
{
    const struct view_host *host = view->view.host;
    struct buf test = {0};

    if (detail_filter(side_of(view), &test))
        host->narrow(host->app, buf_string(&test), out);
    else
        host->say(host->app, "this line has no value to filter by");
    buf_release(&test);
}

static void go_to_pair(struct view_packets *view)
{
    struct store *store = view->view.store;
    uint64_t position = view->detail.position;
    uint64_t number;

    if (!view->detail.here)
        return;
    number = packet_list_pair(store, position, &view->detail.row);
    if (!number || !store_choose_packet(store, number))
        view->view.host->say(view->view.host->app,
                             "no answer to this packet was seen");
}

static bool act_list(struct view_packets *view, enum action action)
{
    struct store *store = view->view.store;
    enum store_list list = list_of(&view->view);
    int64_t step = view_step(action, view->height[PANE_LIST] - 1);

    if (step && view->list.order.order.column) {
        size_t count = packet_list_count(&view->list);
        size_t at = view_stepped(packet_list_chosen(&view->list), count, step);

        if (count)
            store_choose(store, packet_list_at(&view->list, at));
        return true;
    }
    if (step) {
        store_move(store, list, step);
        return true;
    }
    if (action == ACTION_OPEN && view->detail.here)
        view->view.host->focus(view->view.host->app, PANE_TREE);
    return action == ACTION_OPEN;
}

static bool act_everywhere(struct view_packets *view, enum action action,
                           int pane)
{
    struct store *store = view->view.store;
    uint64_t position = store_chosen_at(store, list_of(&view->view));

    if (action == ACTION_EXPLAIN && pane == PANE_BYTES) {
        /* The explanation stands where the bytes are. */
        side_of(view)->explain = true;
        view->view.host->focus(view->view.host->app, PANE_TREE);
    } else if (action == ACTION_EXPLAIN)
        side_of(view)->explain = !side_of(view)->explain;
    else if (action == ACTION_CABLE)
        view->cable.on = !view->cable.on;
    else if (action == ACTION_EVENTS)
        store->with_events = !store->with_events;
    else if (pane != PANE_LIST &&
             (action == ACTION_FILTER_TO || action == ACTION_FILTER_OUT))
        add_filter(view, action == ACTION_FILTER_OUT);
    else if (action == ACTION_SORT)
        packet_list_sort_next(&view->list);
    else if (action == ACTION_REVERSE)
        packet_list_reverse(&view->list);
    else if (action == ACTION_PAIR)
        go_to_pair(view);
    else if (action == ACTION_TAG && position != STORE_NOWHERE)
        store_tag(store, position, !store_tagged(store, position));
    else
        return false;
    return true;
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_packets *view = (struct view_packets *)base;

    look(view, store_chosen_at(base->store, list_of(base)));
    if (action == ACTION_BACK && side_of(view)->explain) {
        side_of(view)->explain = false;
        return true;
    }
    if (pane != PANE_LIST && (action == ACTION_BACK || action == ACTION_LEAVE ||
                              action == ACTION_OPEN)) {
        base->host->focus(base->host->app, PANE_LIST);
        return true;
    }
    if (pane == PANE_LIST && act_list(view, action))
        return true;
    if (pane == PANE_TREE &&
        detail_act_tree(side_of(view), action, view->height[PANE_TREE]))
        return true;
    if (pane == PANE_BYTES &&
        detail_act_bytes(side_of(view), action, view->width))
        return true;
    return act_everywhere(view, action, pane);
}

static int click(struct view *base, int y, int x)
{
    struct view_packets *view = (struct view_packets *)base;

    if (y >= view->start[PANE_BYTES] && view->height[PANE_BYTES] > 0) {
        detail_click_bytes(side_of(view), y - view->start[PANE_BYTES], x,
                           view->width);
        return PANE_BYTES;
    }
    if (y >= view->start[PANE_TREE] && view->height[PANE_TREE] > 0) {
        detail_click_tree(side_of(view), y - view->start[PANE_TREE]);
        return PANE_TREE;
    }
    if (y == 0 && view->list.store)
        packet_list_sort_at(&view->list, x);
    else if (y < view->height[PANE_LIST] && view->list.store &&
             view->list.top + (size_t)y - 1 < packet_list_count(&view->list))
        store_choose(
            base->store,
            packet_list_at(&view->list, view->list.top + (size_t)y - 1));
    return PANE_LIST;
}

static bool search(struct view *base, const struct search *wanted, bool forward)
{
    return view_search_rows(base->store, list_of(base), wanted, forward,
                            render_line);
}

static size_t field(const struct view *base, int pane)
{
    const struct view_packets *view = (const struct view_packets *)base;

    return pane != PANE_LIST && detail_field(&view->detail) ? view->detail.field
                                                            : SIZE_MAX;
}

static void release(struct view *base)
{
    struct view_packets *view = (struct view_packets *)base;

    packet_list_release(&view->list);
    detail_release(&view->detail);
    packet_cable_release(&view->cable);
}

struct view *view_packets_new(void)
{
    static const struct view_class class = {
        .id = VIEW_PACKETS,
        .panes = PANES,
        .inner_open = "Enter List",
        .draw = draw,
        .act = act,
        .click = click,
        .search = search,
        .field = field,
        .release = release,
    };
    struct view_packets *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    detail_init(&view->detail);
    detail_init(&view->cable.detail);
    return &view->view;
}
