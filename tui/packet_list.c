#include "tui/packet_list.h"

#include <string.h>

#include "wire/render.h"

/* The rows of the list: packets, or turning points between them too. */
static enum store_list rows_of(const struct store *store)
{
    return store->with_events ? STORE_ALL : STORE_PACKETS;
}

/* ---- a row of the list ---- */

struct row_text {
    struct buf text[PACKET_COLUMNS];
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

/* index: of the row in the list as it came. */
static void put_cell(const struct store *store, size_t index,
                     const struct history_row *row, enum packet_column column,
                     struct buf *out)
{
    const struct packet_column_info *info = &packet_column_table[column];

    switch (column) {
    case PACKET_COLUMN_NUMBER:
        buf_printf(out, "%llu", (unsigned long long)row->number);
        break;
    case PACKET_COLUMN_FRAME:
        if (row->frame)
            buf_printf(out, "%llu", (unsigned long long)row->frame);
        break;
    case PACKET_COLUMN_TIME: view_time(store, row->record.time_ns, out); break;
    case PACKET_COLUMN_DELTA:
        put_delta(store, rows_of(store), index, row, out);
        break;
    case PACKET_COLUMN_CLIENT: view_client(row, info->most, out); break;
    case PACKET_COLUMN_USER:
        render_text(out, slice_of_string(row->note.user_name),
                    (size_t)info->most);
        break;
    case PACKET_COLUMN_STREAM: buf_printf(out, "%u", row->note.stream); break;
    case PACKET_COLUMN_DIRECTION:
        buf_append_string(out, row->record.direction == RECORD_C2B ? ">" : "<");
        break;
    case PACKET_COLUMN_TYPE:
        buf_append_string(out, mqtt_type_name(row->note.type));
        break;
    case PACKET_COLUMN_ID:
        if (row->note.packet_id)
            buf_printf(out, "%u", row->note.packet_id);
        break;
    case PACKET_COLUMN_FLAGS: render_flags(out, row); break;
    case PACKET_COLUMN_BYTES:
        buf_printf(out, "%u", row->record.original_len);
        break;
    case PACKET_COLUMN_TOPIC:
        render_text(out, slice_of_string(row->note.topic), (size_t)info->most);
        break;
    case PACKET_COLUMN_INFO: render_info(out, row); break;
    case PACKET_COLUMN_ANSWER:
        if (row->note.pair)
            buf_printf(out, "%.1f ms", (double)row->note.rtt_ns / 1e6);
        break;
    case PACKET_COLUMN_PAIR:
        put_pair(store, store_at(store, rows_of(store), index), row, out);
        break;
    case PACKET_COLUMNS: break;
    }
}

/* ---- the order of the rows ---- */

/* What a row is put in order by: times and packets as numbers. */
static void put_key(const struct store *store, size_t index,
                    const struct history_row *row, enum packet_column column,
                    struct buf *out)
{
    uint64_t position = store_at(store, rows_of(store), index);
    struct history_row before;
    uint64_t pair;

    if (column == PACKET_COLUMN_NUMBER || column == PACKET_COLUMN_TIME) {
        buf_printf(out, "%llu", (unsigned long long)position);
    } else if (row->record.type != RECORD_MQTT) {
        return;
    } else if (column == PACKET_COLUMN_DELTA) {
        if (index &&
            store_row(store, store_at(store, rows_of(store), index - 1),
                      &before))
            buf_printf(out, "%.0f",
                       (double)row->record.time_ns -
                           (double)before.record.time_ns);
    } else if (column == PACKET_COLUMN_ANSWER) {
        if (row->note.pair)
            buf_printf(out, "%llu", (unsigned long long)row->note.rtt_ns);
    } else if (column == PACKET_COLUMN_PAIR) {
        pair = packet_list_pair(store, position, row);
        if (pair)
            buf_printf(out, "%llu", (unsigned long long)pair);
    } else {
        put_cell(store, index, row, column, out);
    }
}

static enum style key_cell(const void *owner, void *row, int column,
                           struct buf *out)
{
    const struct store *store = owner;
    uint64_t position = (uintptr_t)row;
    struct history_row filled;

    if (store_row(store, position, &filled))
        put_key(store, store_find(store, rows_of(store), position), &filled,
                (enum packet_column)column, out);
    return STYLE_PLAIN;
}

static bool is_sorted(const struct packet_list *list)
{
    return list->order.order.column;
}

size_t packet_list_count(struct packet_list *list)
{
    const struct store *store = list->store;
    const struct table table = {NULL, PACKET_COLUMNS, key_cell, store,
                                0,    false};

    packet_order_look(&list->order, store, rows_of(store), &table);
    return is_sorted(list) ? list->order.order.count
                           : store_count(store, rows_of(store));
}

uint64_t packet_list_at(const struct packet_list *list, size_t index)
{
    return is_sorted(list) ? packet_order_at(&list->order, index)
                           : store_at(list->store, rows_of(list->store), index);
}

size_t packet_list_chosen(const struct packet_list *list)
{
    enum store_list rows = rows_of(list->store);
    uint64_t chosen = store_chosen_at(list->store, rows);

    if (!is_sorted(list))
        return store_chosen(list->store, rows);
    for (size_t i = 0; i < list->order.order.count; i++) {
        if (packet_order_at(&list->order, i) == chosen)
            return i;
    }
    return 0; /* it came since the rows were sorted */
}

/* ---- the list ---- */

/* The column at a place from the left; PACKET_COLUMNS behind the last. */
static enum packet_column column_at(const struct packet_list *list, int place,
                                    int width)
{
    return packet_columns_at(&list->store->columns, place, width);
}

/* Only what is shown is filled; nothing when the row left the list since the
   rows were sorted. */
static void fill_row(const struct packet_list *list, uint64_t position,
                     const struct history_row *row, int width,
                     struct row_text *texts)
{
    enum packet_column column;
    size_t index = store_find(list->store, rows_of(list->store), position);

    if (index == store_count(list->store, rows_of(list->store)))
        return;

    for (int i = 0; (column = column_at(list, i, width)) != PACKET_COLUMNS;
         i++) {
        buf_clear(&texts->text[column]);
        put_cell(list->store, index, row, column, &texts->text[column]);
    }
}

/* Let the columns grow to what is in them; what is left is for the info. */
static void fit_columns(struct packet_list *list, struct row_text *texts)
{
    for (int i = 0; i < PACKET_COLUMNS; i++) {
        int needed = grid_text_width(buf_string(&texts->text[i]));

        if (needed > packet_column_table[i].most)
            needed = packet_column_table[i].most;
        if (needed > list->widths[i])
            list->widths[i] = needed;
    }
}

/* How wide a column is in a list so wide: a narrow one cuts the names of
   types and clients, so that more is left for the message. */
static int width_of(const struct packet_list *list, enum packet_column column,
                    int width)
{
    const struct packet_column_info *info = &packet_column_table[column];
    const struct packet_column_info *number =
        &packet_column_table[PACKET_COLUMN_NUMBER];
    const int least = 6; /* of a client, whom long numbers cost columns */
    int left =
        info->least - (list->widths[PACKET_COLUMN_NUMBER] - number->least);

    if (width >= PACKET_LIST_NARROW)
        return list->widths[column];
    if (column == PACKET_COLUMN_CLIENT)
        return left > least ? left : least;
    return column == PACKET_COLUMN_TYPE ? info->least : list->widths[column];
}

/* Where the columns begin: behind the signs, and the one of the chosen row. */
static int left_of(const struct packet_list *list)
{
    return (list->signs ? list->signs : 1) + 1;
}

static int info_width(const struct packet_list *list, int width)
{
    int left = width - left_of(list);
    enum packet_column column;

    for (int i = 0; (column = column_at(list, i, width)) != PACKET_COLUMNS;
         i++) {
        if (column != PACKET_COLUMN_INFO)
            left -= width_of(list, column, width) + 1;
    }
    return left > 4 ? left : 4;
}

/* Of clauses those that fit: "2 of 2, done". */
static void put_clauses(const char *text, int width, struct buf *out)
{
    size_t fits = 0;

    for (const char *at = text; (at = strstr(at, ", ")); at += 2) {
        if (grid_text_fit(text, width) >= (size_t)(at - text))
            fits = (size_t)(at - text);
    }
    buf_append(out, text, fits ? fits : strlen(text));
}

/* A topic and its message, where both do not fit: of the topic only the
   beginning, for the message is what changes. */
static void put_short(const char *text, int width, struct buf *out)
{
    const int least = 4; /* of the topic */
    const char *message = strstr(text, "  ");
    int needed = message ? grid_text_width(message) : 0;

    if (needed > width / 2)
        needed = width / 2;
    int left = width - needed - 2;
    if (!message || grid_text_width(text) <= width || left < least ||
        message - text <= left + 2) { /* that is short already */
        buf_append_string(out, text);
        return;
    }
    buf_append(out, text, grid_text_fit(text, left));
    buf_append_string(out, "..");
    buf_append_string(out, message);
}

static void put_info(const char *text, int width, bool narrow, struct buf *out)
{
    if (narrow && !strstr(text, "  ") && grid_text_width(text) > width)
        put_clauses(text, width, out);
    else
        put_short(text, width, out);
}

static bool is_sorted_by(const struct packet_list *list,
                         enum packet_column column)
{
    return list->order.order.column == (int)column + 1;
}

static const char *sort_sign(const struct packet_list *list)
{
    return list->order.order.down ? "v" : "^";
}

/* With the sign in longer, if there is room for both. */
static const char *title_of(const struct packet_list *list,
                            enum packet_column column, int width,
                            struct buf *longer)
{
    const char *title = packet_column_table[column].title;

    buf_clear(longer);
    if (is_sorted_by(list, column) && grid_text_width(title) < width)
        buf_printf(longer, "%s%s", title, sort_sign(list));
    return title;
}

static void draw_columns(const struct packet_list *list,
                         const struct area *area, int y, enum style style,
                         struct row_text *texts)
{
    int x = left_of(list);
    enum packet_column column;
    struct buf shorter = {0};

    for (int i = 0;
         (column = column_at(list, i, area->width)) != PACKET_COLUMNS; i++) {
        const struct packet_column_info *info = &packet_column_table[column];
        int width = column == PACKET_COLUMN_INFO
                        ? info_width(list, area->width)
                        : width_of(list, column, area->width);
        const char *text =
            texts ? buf_string(&texts->text[column]) : info->title;

        buf_clear(&shorter);
        if (column == PACKET_COLUMN_INFO)
            put_info(text, width, area->width < PACKET_LIST_NARROW, &shorter);
        if (!texts)
            text = title_of(list, column, width, &shorter);
        grid_column(area, y, x, info->right ? -width : width, style,
                    shorter.len ? buf_string(&shorter) : text);
        if (!texts && !shorter.len && is_sorted_by(list, column))
            grid_text(area, y, x - 1, style, sort_sign(list));
        x += width + 1;
    }
    buf_release(&shorter);
}

/* What is no packet: a sentence behind the columns of number and time. */
static void draw_event(const struct packet_list *list, const struct area *area,
                       int y, const struct history_row *row)
{
    struct buf text = {0};
    int x = left_of(list);
    enum packet_column column;

    for (int i = 0;
         (column = column_at(list, i, area->width)) <= PACKET_COLUMN_DELTA;
         i++) {
        buf_clear(&text);
        if (column == PACKET_COLUMN_TIME)
            view_time(list->store, row->record.time_ns, &text);
        grid_column(area, y, x, -list->widths[column], STYLE_EVENT,
                    buf_string(&text));
        x += list->widths[column] + 1;
    }
    buf_clear(&text);
    buf_append_string(&text, "* ");
    render_event(&text, row);
    grid_column(area, y, x, area->width - x, STYLE_EVENT, buf_string(&text));
    buf_release(&text);
}

/* All that is so of a row, a sign for each. */
static void put_signs(const struct store *store, uint64_t position,
                      const struct history_row *row, struct buf *out)
{
    int highlight = highlight_of(store->highlights, row);

    if (store_tagged(store, position))
        buf_append_u8(out, '*');
    if (row->record.flags & RECORD_MALFORMED)
        buf_append_u8(out, '!');
    if (row->record.flags & RECORD_DROPPED)
        buf_append_u8(out, 'x');
    if (model_waits(store->model, row->record.seq))
        buf_append_u8(out, '~');
    if (row->comment)
        buf_append_u8(out, '#');
    if (highlight >= 0)
        buf_append_u8(out, (uint8_t)('a' + highlight));
}

static void draw_row(struct packet_list *list, const struct area *area, int y,
                     uint64_t position, struct row_text *texts)
{
    const struct store *store = list->store;
    bool chosen = position == store_chosen_at(store, rows_of(store));
    struct history_row row;
    struct buf signs = {0};

    if (!store_row(store, position, &row))
        return;
    if (row.record.type == RECORD_MQTT) {
        fill_row(list, position, &row, area->width, texts);
        draw_columns(list, area, y, view_style(store, &row), texts);
    } else {
        draw_event(list, area, y, &row);
    }
    put_signs(store, position, &row, &signs);
    grid_text(area, y, 0, STYLE_WARNING, buf_string(&signs));
    buf_release(&signs);
    if (chosen)
        grid_text(area, y, left_of(list) - 1, STYLE_PLAIN, ">");
}

/* Columns get their widths from the rows that are seen. */
static void measure(struct packet_list *list, int width, size_t from, size_t to)
{
    struct row_text texts = {0};
    struct history_row row;
    struct buf signs = {0};

    list->signs = 1;
    for (size_t i = from; i < to; i++) {
        uint64_t position = packet_list_at(list, i);

        if (!store_row(list->store, position, &row))
            continue;
        buf_clear(&signs);
        put_signs(list->store, position, &row, &signs);
        if ((int)signs.len > list->signs)
            list->signs = (int)signs.len;
        if (row.record.type != RECORD_MQTT)
            continue;
        fill_row(list, position, &row, width, &texts);
        fit_columns(list, &texts);
    }
    for (int i = 0; i < PACKET_COLUMNS; i++)
        buf_release(&texts.text[i]);
    buf_release(&signs);
}

void packet_list_draw(struct packet_list *list, const struct area *area,
                      bool focus)
{
    size_t count = packet_list_count(list);
    size_t chosen = packet_list_chosen(list);
    struct row_text texts = {0};
    int height = area->height - 1;

    list->width = area->width;
    if (area->height < 1 || !count)
        return;
    list->top = view_scroll(list->top, chosen, count, height);
    size_t end = list->top + (height > 0 ? (size_t)height : 0);
    measure(list, area->width, list->top, end < count ? end : count);
    draw_columns(list, area, 0, STYLE_HEADING, NULL);
    for (size_t i = list->top; i < end && i < count; i++) {
        int y = 1 + (int)(i - list->top);

        draw_row(list, area, y, packet_list_at(list, i), &texts);
        if (i == chosen && focus)
            grid_select(area, y);
    }
    for (int i = 0; i < PACKET_COLUMNS; i++)
        buf_release(&texts.text[i]);
}

/* ---- sorting ---- */

static void sort_by(struct packet_list *list, enum packet_column column)
{
    table_order_by(&list->order.order, (int)column);
    list->order.made_ns = 0;
}

void packet_list_sort_at(struct packet_list *list, int x)
{
    int at = left_of(list);
    enum packet_column column;

    for (int i = 0;
         (column = column_at(list, i, list->width)) != PACKET_COLUMNS; i++) {
        at += (column == PACKET_COLUMN_INFO
                   ? info_width(list, list->width)
                   : width_of(list, column, list->width)) +
              1;
        if (x >= left_of(list) && x < at) {
            sort_by(list, column);
            return;
        }
    }
}

/* The place behind that of the column by which it is sorted; the first when it
   is sorted by none, or by one that a list so narrow does not show. */
static int next_place(const struct packet_list *list)
{
    const struct table_order *order = &list->order.order;
    enum packet_column column;

    for (int place = 0;
         (column = column_at(list, place, list->width)) != PACKET_COLUMNS;
         place++) {
        if (order->column == (int)column + 1)
            return place + 1;
    }
    return 0;
}

void packet_list_sort_next(struct packet_list *list)
{
    struct table_order *order = &list->order.order;

    order->column = (int)column_at(list, next_place(list), list->width) + 1;
    order->down = false;
    if (order->column > PACKET_COLUMNS)
        order->column = 0;
    list->order.made_ns = 0;
}

void packet_list_reverse(struct packet_list *list)
{
    if (is_sorted(list))
        sort_by(list, (enum packet_column)(list->order.order.column - 1));
}

void packet_list_release(struct packet_list *list)
{
    packet_order_release(&list->order);
}

void packet_list_init(struct packet_list *list, const struct store *store)
{
    *list = (struct packet_list){.store = store};
    for (int i = 0; i < PACKET_COLUMNS; i++)
        list->widths[i] = packet_column_table[i].least;
}
