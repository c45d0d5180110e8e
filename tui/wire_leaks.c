#include "tui/wire_leaks.h"

#include "base/alloc.h"
#include "tui/grid.h"
#include "wire/event.h"

#include <stdlib.h>

#define NAME_WIDTH  25
#define SWEEP_LEAST 1024 /* connections */

static struct slice key_of(const uint32_t *number)
{
    return slice_of(number, sizeof(*number));
}

static void free_connection(struct wire_connection *connection)
{
    eavesdropper_release(&connection->eavesdropper);
    free(connection);
}

static void forget(struct wire_leaks *leaks, struct wire_connection *connection)
{
    map_remove(&leaks->by_number, key_of(&connection->number));
    free_connection(connection);
}

void wire_leaks_release(struct wire_leaks *leaks)
{
    struct wire_connection *connection;
    size_t position = 0;

    while ((connection = map_next(&leaks->by_number, &position)))
        free_connection(connection);
    map_release(&leaks->by_number);
    free(leaks->connections);
    *leaks = (struct wire_leaks){0};
}

static struct wire_connection *known(const struct wire_leaks *leaks,
                                     uint32_t number)
{
    return map_get(&leaks->by_number, key_of(&number));
}

size_t wire_leaks_find(const struct wire_leaks *leaks, uint32_t number)
{
    const struct wire_connection *connection = known(leaks, number);

    return connection && connection->listed ? connection->place : leaks->count;
}

static struct wire_connection *add(struct wire_leaks *leaks, uint32_t number)
{
    struct wire_connection *connection = alloc_zero(1, sizeof(*connection));

    connection->number = number;
    map_set(&leaks->by_number, key_of(&connection->number), connection);
    return connection;
}

static void list_connection(struct wire_leaks *leaks,
                            struct wire_connection *connection,
                            uint64_t position)
{
    connection->listed = true;
    connection->first = position;
    connection->place = leaks->count;
    if (leaks->count == leaks->cap) {
        leaks->cap = leaks->cap ? leaks->cap * 2 : 16;
        leaks->connections = alloc_resize(leaks->connections, leaks->cap,
                                          sizeof(leaks->connections[0]));
    }
    leaks->connections[leaks->count++] = connection;
}

static void take(struct wire_leaks *leaks, uint64_t position,
                 const struct history_row *row)
{
    uint32_t number = row->record.connection;
    bool crossed =
        row->record.type == RECORD_MQTT || row->record.type == RECORD_WIRE;
    struct wire_connection *connection = known(leaks, number);

    if (connection && !connection->listed && row->record.type == RECORD_CONN &&
        record_code(row->record.bytes) == EVENT_CONN_CLOSED)
        forget(leaks, connection); /* nothing has crossed */
    if (!number || (!crossed && row->record.type != RECORD_TLS))
        return;
    if (!connection)
        connection = add(leaks, number);
    if (crossed && !connection->listed)
        list_connection(leaks, connection, position);
    connection->latest = position;
    eavesdropper_take(&connection->eavesdropper, row);
}

/* Connections of which no record is here any more go, when there are twice as
   many as after the last time: each record pays for a little of it. */
static void sweep(struct wire_leaks *leaks, uint64_t first)
{
    size_t kept = 0;

    if (leaks->count < leaks->sweep_at)
        return;
    for (size_t i = 0; i < leaks->count; i++) {
        struct wire_connection *connection = leaks->connections[i];

        if (connection->latest < first) {
            forget(leaks, connection);
            continue;
        }
        connection->place = kept;
        leaks->connections[kept++] = connection;
    }
    leaks->count = kept;
    leaks->sweep_at = 2 * kept < SWEEP_LEAST ? SWEEP_LEAST : 2 * kept;
}

void wire_leaks_catch_up(struct wire_leaks *leaks, const struct store *store)
{
    uint64_t first = history_first(store->history);
    struct history_row row;

    if (leaks->read_to < first)
        leaks->read_to = first;
    for (; leaks->read_to < store->listed_to; leaks->read_to++) {
        if (store_row(store, leaks->read_to, &row))
            take(leaks, leaks->read_to, &row);
    }
    sweep(leaks, first);
}

/* Which connections have something that the filter leaves; the caller frees. */
static bool *find_matches(const struct wire_leaks *leaks,
                          const struct store *store)
{
    static const enum store_list lists[] = {STORE_PACKETS, STORE_CABLE};
    bool *found = alloc_zero(leaks->count + 1, sizeof(*found));
    uint32_t before = 0;
    struct history_row row;

    for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++) {
        for (size_t i = 0; i < store_count(store, lists[list]); i++) {
            if (!store_row(store, store_at(store, lists[list], i), &row) ||
                row.record.connection == before)
                continue;
            before = row.record.connection;
            found[wire_leaks_find(leaks, before)] = true;
        }
    }
    return found;
}

size_t wire_leaks_next(const struct wire_leaks *leaks,
                       const struct store *store, size_t at, bool forward)
{
    bool *found = store->filter ? find_matches(leaks, store) : NULL;

    do {
        if (!forward && at == 0)
            at = leaks->count;
        else
            at += forward ? 1 : (size_t)-1;
    } while (at < leaks->count && found && !found[at]);
    free(found);
    return at < leaks->count ? at : leaks->count;
}

/* ---- the table ---- */

/* Its rows: what is learnt together stands together. */
static const struct leak_row {
    const char *name;
    enum eavesdropper_secret first;
    enum eavesdropper_secret last;
} rows[WIRE_LEAKS_ROWS - 1] = {
    {"addresses, times, sizes", EAVESDROPPER_SIZES,     EAVESDROPPER_SIZES   },
    {"name of the server",      EAVESDROPPER_HOST,      EAVESDROPPER_HOST    },
    {"server's certificate",    EAVESDROPPER_SERVER,    EAVESDROPPER_SERVER  },
    {"client's certif. or key", EAVESDROPPER_CLIENT,    EAVESDROPPER_CLIENT  },
    {"client id, user, passw.", EAVESDROPPER_CLIENT_ID, EAVESDROPPER_PASSWORD},
    {"topic, message",          EAVESDROPPER_TOPIC,     EAVESDROPPER_MESSAGE },
    {"QoS",                     EAVESDROPPER_QOS,       EAVESDROPPER_QOS     },
};

static enum eavesdropper_answer answer_of(const struct eavesdropper *e,
                                          const struct leak_row *row)
{
    enum eavesdropper_answer answer = EAVESDROPPER_NOTHING;

    for (unsigned i = row->first; i <= row->last; i++) {
        if (e->secrets[i].answer > answer)
            answer = e->secrets[i].answer;
    }
    return answer;
}

/* Over all connections that are covered so: the worst. */
static enum eavesdropper_answer worst(const struct wire_leaks *leaks,
                                      enum eavesdropper_cover cover,
                                      const struct leak_row *row)
{
    enum eavesdropper_answer answer = EAVESDROPPER_NOTHING;

    for (size_t i = 0; i < leaks->count; i++) {
        const struct eavesdropper *e = &leaks->connections[i]->eavesdropper;

        if (e->cover == cover && answer_of(e, row) > answer)
            answer = answer_of(e, row);
    }
    return answer;
}

static enum style style_of(enum eavesdropper_answer answer)
{
    static const enum style styles[] = {
        [EAVESDROPPER_NOTHING] = STYLE_DIM,
        [EAVESDROPPER_HIDDEN] = STYLE_PLAIN,
        [EAVESDROPPER_GUESSED] = STYLE_WARNING,
        [EAVESDROPPER_READ] = STYLE_ERROR,
    };

    return styles[answer];
}

/* Where the column of a cover begins, or behind the last that of values. */
static int column_of(enum eavesdropper_cover cover)
{
    static const int columns[] = {
        [EAVESDROPPER_UNKNOWN] = 0,  [EAVESDROPPER_PLAIN] = NAME_WIDTH,
        [EAVESDROPPER_WS] = 33,      [EAVESDROPPER_TLS_1_2] = 45,
        [EAVESDROPPER_TLS_1_3] = 55, [EAVESDROPPER_COVERS] = 65,
    };

    return columns[cover];
}

/* What he read in this connection. */
static void draw_value(const struct area *area, int y, int x,
                       const struct eavesdropper *e, const struct leak_row *row)
{
    struct buf text = {0};

    for (unsigned i = row->first; i <= row->last; i++) {
        if (!*e->secrets[i].value)
            continue;
        buf_append_string(&text, text.len ? ", " : "");
        buf_append_string(&text, e->secrets[i].value);
    }
    if (row->first == EAVESDROPPER_SIZES) {
        buf_clear(&text);
        if (e->bytes[0] || e->bytes[1])
            buf_printf(&text, "%llu + %llu bytes",
                       (unsigned long long)e->bytes[0],
                       (unsigned long long)e->bytes[1]);
        else
            buf_append_string(&text, "not recorded");
    }
    grid_column(area, y, x, area->width - x, style_of(answer_of(e, row)),
                buf_string(&text));
    buf_release(&text);
}

/* Too narrow for all covers: only that of the connection that is shown, what
   matters most at the bottom. */
static void draw_narrow(const struct area *area,
                        const struct wire_connection *shown)
{
    int first = WIRE_LEAKS_ROWS - 1 - area->height;

    if (first < 0)
        first = 0;
    for (int y = 0; shown && first + y < WIRE_LEAKS_ROWS - 1; y++) {
        const struct leak_row *row = &rows[first + y];
        const struct eavesdropper *e = &shown->eavesdropper;
        enum eavesdropper_answer answer = answer_of(e, row);

        grid_column(area, y, 1, NAME_WIDTH - 1, STYLE_PLAIN, row->name);
        grid_text(area, y, NAME_WIDTH, style_of(answer),
                  eavesdropper_answer_name(answer));
        draw_value(area, y, NAME_WIDTH + 6, e, row);
    }
}

static void draw_row(const struct wire_leaks *leaks, const struct area *area,
                     int y, const struct wire_connection *shown)
{
    const struct leak_row *row = &rows[y - 1];

    grid_column(area, y, 1, NAME_WIDTH - 1, STYLE_PLAIN, row->name);
    for (int i = EAVESDROPPER_PLAIN; i < EAVESDROPPER_COVERS; i++) {
        enum eavesdropper_cover cover = (enum eavesdropper_cover)i;
        enum eavesdropper_answer answer = worst(leaks, cover, row);

        if (worst(leaks, cover, &rows[0]) != EAVESDROPPER_NOTHING)
            grid_text(area, y, 1 + column_of(cover), style_of(answer),
                      eavesdropper_answer_name(answer));
    }
    if (shown)
        draw_value(area, y, column_of(EAVESDROPPER_COVERS),
                   &shown->eavesdropper, row);
}

void wire_leaks_draw(const struct wire_leaks *leaks, const struct area *area,
                     const struct wire_connection *shown)
{
    if (area->width < column_of(EAVESDROPPER_COVERS)) {
        draw_narrow(area, shown);
        return;
    }
    for (int i = EAVESDROPPER_PLAIN; i < EAVESDROPPER_COVERS; i++) {
        enum eavesdropper_cover cover = (enum eavesdropper_cover)i;
        bool here = shown && shown->eavesdropper.cover == cover;

        grid_printf(area, 0, column_of(cover), STYLE_HEADING,
                    here ? "[%s]" : " %s", eavesdropper_cover_name(cover));
    }
    for (int y = 1; y < WIRE_LEAKS_ROWS; y++)
        draw_row(leaks, area, y, shown);
}
