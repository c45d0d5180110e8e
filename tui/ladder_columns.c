#include "tui/ladder_columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define SPACING_MIN 17
#define SPACING_MAX 24

void ladder_columns_release(struct ladder_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        free(columns->clients[i]);
    columns->count = 0;
}

/* ---- which clients have a column ---- */

static bool has_column(const struct ladder_columns *columns,
                       const char *client_id)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (!strcmp(columns->clients[i], client_id))
            return true;
    }
    return false;
}

/* A client that is not among the rows any more makes room. */
static bool make_room(struct ladder_columns *columns, char *const *used,
                      size_t count)
{
    for (size_t i = 0; i < columns->count; i++) {
        bool needed = false;

        for (size_t k = 0; k < count && !needed; k++)
            needed = !strcmp(columns->clients[i], used[k]);
        if (needed)
            continue;
        free(columns->clients[i]);
        columns->count--;
        memmove(columns->clients + i, columns->clients + i + 1,
                (columns->count - i) * sizeof(char *));
        return true;
    }
    return false;
}

/* The clients of the rows in sight, the newest first; owned by the caller. */
static size_t clients_of_rows(const struct store *store,
                              struct ladder_rows rows, char **used)
{
    size_t count = 0;

    for (size_t i = rows.to; i-- > rows.from && count < LADDER_CLIENTS_MAX;) {
        struct history_row row;
        bool known = false;

        if (!store_row(store, store_at(store, STORE_ALL, i), &row) ||
            !*row.note.client_id)
            continue;
        for (size_t k = 0; k < count && !known; k++)
            known = !strcmp(used[k], row.note.client_id);
        if (!known)
            used[count++] = alloc_string(row.note.client_id);
    }
    return count;
}

/* Columns stay where they are as long as there is room for those who come;
   fit: how many are seen at once. */
static void choose(struct ladder_columns *columns, const struct store *store,
                   struct ladder_rows rows, size_t fit)
{
    char *used[LADDER_CLIENTS_MAX] = {0};
    size_t count = clients_of_rows(store, rows, used);

    for (size_t k = 0; k < count; k++) {
        if (!has_column(columns, used[k]) &&
            (columns->count < fit || make_room(columns, used, count) ||
             columns->count < LADDER_CLIENTS_MAX))
            columns->clients[columns->count++] = alloc_string(used[k]);
    }
    while (columns->count > fit && make_room(columns, used, count))
        ;
    for (size_t k = 0; k < count; k++)
        free(used[k]);
}

/* ---- their order ---- */

static bool on_right(const struct store *store, const char *client_id)
{
    const struct model_client *client = model_client(store->model, client_id);

    return client && client->on_right;
}

static unsigned appearance(const struct store *store, const char *client_id)
{
    const struct model_client *client = model_client(store->model, client_id);

    return client ? client->number : UINT32_MAX;
}

/* Must the second stand before the first? */
static bool out_of_order(const struct store *store, const char *first,
                         const char *second)
{
    if (on_right(store, first) != on_right(store, second))
        return on_right(store, first);
    return appearance(store, first) > appearance(store, second);
}

/* Who publishes, then who receives; each as they came. */
static void put_in_order(struct ladder_columns *columns,
                         const struct store *store)
{
    for (size_t i = 1; i < columns->count; i++) {
        for (size_t k = i; k > 0; k--) {
            char *left = columns->clients[k - 1];
            char *right = columns->clients[k];

            if (!out_of_order(store, left, right))
                break;
            columns->clients[k - 1] = right;
            columns->clients[k] = left;
        }
    }
}

/* ---- where they stand ---- */

/* Scroll so that the client of the chosen row has its column in sight. */
static void show_client(struct ladder_columns *columns,
                        const struct store *store, size_t seen)
{
    struct history_row row;

    if (columns->count <= seen)
        columns->first = 0;
    else if (columns->first > columns->count - seen)
        columns->first = columns->count - seen;
    if (columns->scrolled ||
        !store_row(store, store_chosen_at(store, STORE_ALL), &row))
        return;
    for (size_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->clients[i], row.note.client_id) != 0)
            continue;
        if (i < columns->first)
            columns->first = i;
        if (i >= columns->first + seen)
            columns->first = i - seen + 1;
    }
}

static void size_frame(const struct store *store, const struct area *area,
                       struct ladder_frame *frame)
{
    int width = area->width;

    *frame = (struct ladder_frame){.area = area};
    frame->time = width < 60 ? 0 : store->time_of_day ? 13 : 9;
    frame->flow_x = width >= 76 ? width - 24 : width >= 50 ? width - 4 : width;
    frame->room = frame->flow_x - frame->time - 9;
    frame->fit = (frame->room + 4) / SPACING_MIN;
    if (frame->fit < 1)
        frame->fit = 1;
    if (frame->fit > LADDER_CLIENTS_MAX)
        frame->fit = LADDER_CLIENTS_MAX;
}

static void stand(struct ladder_columns *columns, const struct store *store,
                  struct ladder_frame *frame)
{
    int spacing;
    int x = frame->time + 4;
    bool broker_placed = false;

    frame->columns =
        (int)columns->count < frame->fit ? (int)columns->count : frame->fit;
    show_client(columns, store, (size_t)frame->columns);
    spacing = frame->room / (frame->columns > 0 ? frame->columns : 1);
    spacing = spacing > SPACING_MAX ? SPACING_MAX : spacing;
    for (int i = 0; i < frame->columns; i++) {
        const char *client_id = columns->clients[columns->first + (size_t)i];

        if (!broker_placed && on_right(store, client_id) && i > 0) {
            frame->broker_x = x;
            x += spacing;
            broker_placed = true;
        }
        frame->clients[i] = client_id;
        frame->x[i] = x;
        x += spacing;
    }
    if (!broker_placed)
        frame->broker_x = frame->columns ? x : x + SPACING_MIN;
}

void ladder_columns_place(struct ladder_columns *columns,
                          const struct store *store, const struct area *area,
                          struct ladder_rows rows, struct ladder_frame *frame)
{
    size_frame(store, area, frame);
    choose(columns, store, rows, (size_t)frame->fit);
    put_in_order(columns, store);
    stand(columns, store, frame);
}

int ladder_column_of(const struct ladder_frame *frame, const char *client_id)
{
    for (int i = 0; i < frame->columns; i++) {
        if (!strcmp(frame->clients[i], client_id))
            return frame->x[i];
    }
    return -1;
}
