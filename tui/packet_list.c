#include "tui/packet_list.h"

#include "wire/render.h"

enum column {
    COLUMN_NUMBER,
    COLUMN_TIME,
    COLUMN_DELTA,
    COLUMN_CLIENT,
    COLUMN_DIRECTION,
    COLUMN_TYPE,
    COLUMN_ID,
    COLUMN_FLAGS,
    COLUMN_INFO,
    COLUMN_PAIR,
};

/* A column is as wide as what was seen in it, between least and most. */
static const struct {
    const char *title;
    int least;
    int most;
    bool right; /* its text stands at the right */
    int from;   /* width of the list from which it is shown */
} columns[PACKET_LIST_COLUMNS] = {
    [COLUMN_NUMBER] = {"No",           3,  8,  true,  0 },
    [COLUMN_TIME] = {"Time",         5,  12, true,  0 },
    [COLUMN_DELTA] = {"dt",           5,  9,  true,  76},
    [COLUMN_CLIENT] = {"Client",       8,  14, false, 52},
    [COLUMN_DIRECTION] = {"",             1,  1,  false, 0 },
    [COLUMN_TYPE] = {"Type",         7,  11, false, 0 },
    [COLUMN_ID] = {"Id",           2,  5,  true,  0 },
    [COLUMN_FLAGS] = {"Flags",        5,  7,  false, 48},
    [COLUMN_INFO] = {"Topic / info", 12, 12, false, 0 },
    [COLUMN_PAIR] = {"Pair",         5,  9,  false, 60},
};

/* The rows of the list: packets, or turning points between them too. */
static enum store_list rows_of(const struct store *store)
{
    return store->with_events ? STORE_ALL : STORE_PACKETS;
}

/* ---- a row of the list ---- */

struct row_text {
    struct buf text[PACKET_LIST_COLUMNS];
};

static uint64_t pair_number(const struct store *store,
                            const struct history_row *row)
{
    uint64_t position = row->note.pair
                            ? history_find_seq(store->history, row->note.pair)
                            : UINT64_MAX;
    struct history_row pair;

    return store_row(store, position, &pair) ? pair.number : 0;
}

/* The packet that answers this one: it comes soon, or it is not known. */
static uint64_t answer_number(const struct store *store, uint64_t position,
                              const struct history_row *row)
{
    struct history_row later;

    for (uint64_t at = position + 1; at <= position + 64; at++) {
        if (!history_get(store->history, at, &later))
            return 0;
        if (later.note.pair == row->record.seq)
            return later.number;
    }
    return 0;
}

uint64_t packet_list_pair(const struct store *store, uint64_t position,
                          const struct history_row *row)
{
    uint64_t number = pair_number(store, row);

    return number ? number : answer_number(store, position, row);
}

static void put_pair(const struct store *store, uint64_t position,
                     const struct history_row *row, struct buf *out)
{
    uint64_t pair = pair_number(store, row);

    if (pair) {
        buf_printf(out, "<=%llu", (unsigned long long)pair);
        return;
    }
    pair = answer_number(store, position, row);
    if (pair)
        buf_printf(out, "=>%llu", (unsigned long long)pair);
}

/* Time since the row before in the list. */
static void put_delta(const struct store *store, enum store_list list,
                      size_t index, const struct history_row *row,
                      struct buf *out)
{
    struct history_row before;

    if (index == 0 ||
        !store_row(store, store_at(store, list, index - 1), &before))
        buf_append_string(out, "-");
    else
        render_time(out, row->record.time_ns, before.record.time_ns);
}

static void fill_row(const struct packet_list *list, size_t index,
                     const struct history_row *row, struct row_text *texts)
{
    const struct store *store = list->store;
    uint64_t position = store_at(store, rows_of(store), index);
    struct buf *text = texts->text;

    for (int i = 0; i < PACKET_LIST_COLUMNS; i++)
        buf_clear(&text[i]);
    view_time(store, row->record.time_ns, &text[COLUMN_TIME]);
    put_delta(store, rows_of(store), index, row, &text[COLUMN_DELTA]);
    view_client(row, columns[COLUMN_CLIENT].most, &text[COLUMN_CLIENT]);
    render_info(&text[COLUMN_INFO], row);
    buf_printf(&text[COLUMN_NUMBER], "%llu", (unsigned long long)row->number);
    buf_append_string(&text[COLUMN_DIRECTION],
                      row->record.direction == RECORD_C2B ? ">" : "<");
    buf_append_string(&text[COLUMN_TYPE], mqtt_type_name(row->note.type));
    if (row->note.packet_id)
        buf_printf(&text[COLUMN_ID], "%u", row->note.packet_id);
    render_flags(&text[COLUMN_FLAGS], row);
    put_pair(store, position, row, &text[COLUMN_PAIR]);
}

/* ---- the list ---- */

static bool shown(int column, int width)
{
    return width >= columns[column].from;
}

/* Let the columns grow to what is in them; what is left is for the info. */
static void fit_columns(struct packet_list *list, struct row_text *texts)
{
    for (int i = 0; i < PACKET_LIST_COLUMNS; i++) {
        int needed = grid_text_width(buf_string(&texts->text[i]));

        if (needed > columns[i].most)
            needed = columns[i].most;
        if (needed > list->widths[i])
            list->widths[i] = needed;
    }
}

static int info_width(const struct packet_list *list, int width)
{
    int left = width - 2;

    for (int i = 0; i < PACKET_LIST_COLUMNS; i++) {
        if (i != COLUMN_INFO && shown(i, width))
            left -= list->widths[i] + 1;
    }
    return left > 4 ? left : 4;
}

static void draw_columns(const struct packet_list *list,
                         const struct area *area, int y, enum style style,
                         struct row_text *texts)
{
    int x = 2;

    for (int i = 0; i < PACKET_LIST_COLUMNS; i++) {
        int width =
            i == COLUMN_INFO ? info_width(list, area->width) : list->widths[i];
        const char *text =
            texts ? buf_string(&texts->text[i]) : columns[i].title;

        if (!shown(i, area->width))
            continue;
        grid_column(area, y, x, columns[i].right ? -width : width, style, text);
        x += width + 1;
    }
}

/* What is no packet: a sentence from the client's column on. */
static void draw_event(const struct packet_list *list, const struct area *area,
                       int y, const struct history_row *row)
{
    struct buf text = {0};
    int x = 2;

    for (int i = 0; i < COLUMN_CLIENT; i++) {
        if (!shown(i, area->width))
            continue;
        buf_clear(&text);
        if (i == COLUMN_TIME)
            view_time(list->store, row->record.time_ns, &text);
        grid_column(area, y, x, -list->widths[i], STYLE_EVENT,
                    buf_string(&text));
        x += list->widths[i] + 1;
    }
    buf_clear(&text);
    buf_append_string(&text, "* ");
    render_event(&text, row);
    grid_column(area, y, x, area->width - x, STYLE_EVENT, buf_string(&text));
    buf_release(&text);
}

static const char *row_sign(const struct store *store, uint64_t position,
                            const struct history_row *row)
{
    static const char *const letters[HIGHLIGHTS_MAX] = {"a", "b", "c",
                                                        "d", "e", "f"};
    int highlight;

    if (store_tagged(store, position))
        return "*";
    if (row->record.flags & RECORD_MALFORMED)
        return "!";
    if (row->record.flags & RECORD_DROPPED)
        return "x";
    if (model_waits(store->model, row->record.seq))
        return "~";
    if (row->comment)
        return "#";
    highlight = highlight_of(store->highlights, row);
    return highlight < 0 ? " " : letters[highlight];
}

static void draw_row(struct packet_list *list, const struct area *area, int y,
                     size_t index, struct row_text *texts)
{
    const struct store *store = list->store;
    enum store_list rows = rows_of(store);
    uint64_t position = store_at(store, rows, index);
    bool chosen = index == store_chosen(store, rows);
    struct history_row row;

    if (!store_row(store, position, &row))
        return;
    if (row.record.type == RECORD_MQTT) {
        fill_row(list, index, &row, texts);
        draw_columns(list, area, y, view_style(store, &row), texts);
    } else {
        draw_event(list, area, y, &row);
    }
    grid_text(area, y, 0, STYLE_WARNING, row_sign(store, position, &row));
    if (chosen)
        grid_text(area, y, 1, STYLE_PLAIN, ">");
}

/* Columns get their widths from the rows that are seen. */
static void measure(struct packet_list *list, size_t from, size_t to)
{
    const struct store *store = list->store;
    enum store_list rows = rows_of(store);
    struct row_text texts = {0};
    struct history_row row;

    for (size_t i = from; i < to; i++) {
        if (!store_row(store, store_at(store, rows, i), &row) ||
            row.record.type != RECORD_MQTT)
            continue;
        fill_row(list, i, &row, &texts);
        fit_columns(list, &texts);
    }
    for (int i = 0; i < PACKET_LIST_COLUMNS; i++)
        buf_release(&texts.text[i]);
}

void packet_list_draw(struct packet_list *list, const struct area *area,
                      bool focus)
{
    const struct store *store = list->store;
    enum store_list rows = rows_of(store);
    size_t count = store_count(store, rows);
    size_t chosen = store_chosen(store, rows);
    struct row_text texts = {0};
    int height = area->height - 1;

    if (area->height < 1 || !count)
        return;
    list->top = view_scroll(list->top, chosen, count, height);
    size_t end = list->top + (height > 0 ? (size_t)height : 0);
    measure(list, list->top, end < count ? end : count);
    draw_columns(list, area, 0, STYLE_HEADING, NULL);
    for (size_t i = list->top; i < end && i < count; i++) {
        int y = 1 + (int)(i - list->top);

        draw_row(list, area, y, i, &texts);
        if (i == chosen && focus)
            grid_select(area, y);
    }
    for (int i = 0; i < PACKET_LIST_COLUMNS; i++)
        buf_release(&texts.text[i]);
}
void packet_list_init(struct packet_list *list, const struct store *store)
{
    *list = (struct packet_list){.store = store};
    for (int i = 0; i < PACKET_LIST_COLUMNS; i++)
        list->widths[i] = columns[i].least;
}
