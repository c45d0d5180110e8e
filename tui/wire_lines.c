#include "tui/wire_lines.h"

#include "base/alloc.h"
#include "net/ws_frame.h"
#include "wire/cable_units.h"
#include "wire/event.h"

#include <stdlib.h>
#include <string.h>

#define APP_DATA   23
#define FRAME_MOST 14u  /* what a WebSocket frame within TLS adds */
#define LOOK_BACK  256u /* lines among which a packet's carrier is looked for */
#define MAX_TRIES  8u   /* packets at which what fills a unit may begin */
#define TLS_HEADER 5u

void wire_lines_release(struct wire_lines *lines)
{
    free(lines->lines);
    free(lines->shown);
    *lines = (struct wire_lines){0};
}

static struct wire_line *add(struct wire_lines *lines, bool from_client)
{
    if (lines->count == lines->cap) {
        lines->cap = lines->cap ? lines->cap * 2 : 64;
        lines->lines =
            alloc_resize(lines->lines, lines->cap, sizeof(lines->lines[0]));
    }
    lines->lines[lines->count] = (struct wire_line){
        .packet = STORE_NOWHERE,
        .cable = STORE_NOWHERE,
        .from_client = from_client,
    };
    return &lines->lines[lines->count++];
}

static size_t look_back(const struct wire_lines *lines)
{
    return lines->count > LOOK_BACK ? lines->count - LOOK_BACK : 0;
}

/* Does a packet of len bytes fill so much content? */
static bool fits(const struct wire_lines *lines, uint32_t room, uint32_t len)
{
    return room >= len && room - len <= (lines->is_wss ? FRAME_MOST : 0);
}

/* ---- packets ---- */

/* Where a client's packet lay has come before it. */
static void from_client(struct wire_lines *lines, uint64_t position,
                        uint32_t len)
{
    struct wire_line *last = NULL;

    for (size_t i = look_back(lines); i < lines->count; i++) {
        struct wire_line *line = &lines->lines[i];

        if (!line->from_client || !line->room || line->cable == STORE_NOWHERE)
            continue;
        last = line;
        if (line->packet == STORE_NOWHERE && fits(lines, line->room, len)) {
            line->packet = position;
            return;
        }
    }
    if (last && last->packet == STORE_NOWHERE && lines->is_tls) {
        last->packet = position; /* it began before, or others are in it too */
        return;
    }
    struct wire_line *line = add(lines, true);
    line->packet = position;
    line->shares = lines->is_tls;
    line->room = lines->is_tls ? 0 : len; /* a CONNECT: its password is hidden
                                             before the bytes are recorded */
}

static void take_packet(struct wire_lines *lines, uint64_t position,
                        const struct history_row *row)
{
    bool in = row->record.direction == RECORD_C2B;

    if (row->record.layer == RECORD_WITHIN && in) {
        from_client(lines, position, row->record.original_len);
        return;
    }
    struct wire_line *line = add(lines, in);
    line->packet = position;
    if (row->record.layer != RECORD_WITHIN)
        line->cable = position;
}

/* ---- the cable ---- */

/* A packet that waits for what carries it. */
static bool waits(const struct wire_line *line, bool from_client)
{
    return line->from_client == from_client && line->cable == STORE_NOWHERE &&
           line->room;
}

/* Lines that wait, the first and the last, lie in this unit. */
static void put_in(struct wire_lines *lines, size_t first, size_t last,
                   const struct wire_line *unit)
{
    for (size_t i = first; i <= last; i++) {
        struct wire_line *line = &lines->lines[i];

        if (!waits(line, unit->from_client))
            continue;
        line->cable = unit->cable;
        line->unit = unit->unit;
        line->at = unit->at;
        line->shares = i > first;
    }
}

/* Do the packets from this one on fill the unit? */
static bool fill(struct wire_lines *lines, size_t first,
                 const struct wire_line *unit)
{
    uint32_t len = 0;

    for (size_t i = first; i < lines->count && len <= unit->room; i++) {
        if (!waits(&lines->lines[i], unit->from_client))
            continue;
        len += lines->lines[i].room;
        if (!fits(lines, unit->room, len))
            continue;
        put_in(lines, first, i, unit);
        return true;
    }
    return false;
}

/* Find the packets that the unit carries; mostly those that wait longest. */
static bool carry(struct wire_lines *lines, const struct wire_line *unit)
{
    unsigned tries = 0;

    for (size_t i = look_back(lines); i < lines->count && tries < MAX_TRIES;
         i++) {
        if (!waits(&lines->lines[i], unit->from_client))
            continue;
        if (fill(lines, i, unit))
            return true;
        tries++;
    }
    return false;
}

/* Bytes of content of a unit; 0: it carries none. */
static uint32_t room_of(const struct cable_unit *unit, struct slice piece,
                        unsigned overhead)
{
    struct slice at = slice_skip(piece, unit->at);
    struct ws_frame frame;

    if (unit->kind == CABLE_TLS)
        return at.bytes[0] == APP_DATA && unit->len > TLS_HEADER + overhead
                   ? (uint32_t)unit->len - TLS_HEADER - overhead
                   : 0;
    if (unit->kind != CABLE_FRAMES || ws_frame_decode(at, &frame) <= 0 ||
        ws_frame_is_control(&frame) || frame.payload_bytes > UINT32_MAX)
        return 0;
    return (uint32_t)frame.payload_bytes;
}

static void take_cable(struct wire_lines *lines, uint64_t position,
                       const struct history_row *row, unsigned overhead)
{
    struct cable_place place = row->note.cable;
    struct slice piece = row->record.bytes;
    bool in = row->record.direction == RECORD_C2B;
    struct cable_unit unit;
    uint32_t at = 0;

    for (uint32_t i = 0; cable_units_next(&place, piece, &at, &unit); i++) {
        struct wire_line line = {
            .packet = STORE_NOWHERE,
            .cable = position,
            .unit = i,
            .at = unit.at,
            .from_client = in,
        };

        if (!unit.begins)
            continue;
        line.room = room_of(&unit, piece, overhead);
        if (!line.room || !carry(lines, &line))
            *add(lines, in) = line;
    }
}

static void take(struct wire_lines *lines, uint64_t position,
                 const struct history_row *row, unsigned overhead)
{
    const struct record *record = &row->record;

    if (record->connection != lines->connection)
        return;
    lines->is_wss = !strcmp(row->note.transport, "wss");
    lines->is_tls = lines->is_wss || !strcmp(row->note.transport, "tls");
    if (record->type == RECORD_MQTT) {
        take_packet(lines, position, row);
        if (record->direction != RECORD_C2B)
            lines->lines[lines->count - 1].room = record->original_len;
    } else if (record->type == RECORD_WIRE && record->layer == RECORD_CABLE) {
        take_cable(lines, position, row, overhead);
    } else if (record->type == RECORD_TLS &&
               record_code(record->bytes) != EVENT_TLS_KEYS) {
        add(lines, false)->packet = position;
    } else if (record->type == RECORD_WIRE) {
        add(lines, record->direction == RECORD_C2B)->cable = position;
    }
}

/* ---- the filter ---- */

/* By what the filter decides on the line. */
static uint64_t judged(const struct wire_lines *lines,
                       const struct wire_line *line, bool by_cable)
{
    const struct wire_line *holder;

    if (line->packet != STORE_NOWHERE && !by_cable)
        return line->packet;
    holder = wire_lines_holder(lines, line);
    return holder ? holder->cable : line->packet;
}

static void show(struct wire_lines *lines, size_t index)
{
    if (lines->shown_count == lines->shown_cap) {
        lines->shown_cap = lines->shown_cap ? lines->shown_cap * 2 : 64;
        lines->shown = alloc_resize(lines->shown, lines->shown_cap,
                                    sizeof(lines->shown[0]));
    }
    lines->shown[lines->shown_count++] = index;
}

/* Anew each time: what carries a packet may come after it. */
static void filter(struct wire_lines *lines, const struct store *store)
{
    bool by_cable = store->filter && filter_is_cable(store->filter);

    lines->filtered = store->filter;
    lines->shown_count = 0;
    for (size_t i = 0; lines->filtered && i < lines->count; i++) {
        if (store_shows(store, judged(lines, &lines->lines[i], by_cable)))
            show(lines, i);
    }
}

size_t wire_lines_count(const struct wire_lines *lines)
{
    return lines->filtered ? lines->shown_count : lines->count;
}

const struct wire_line *wire_lines_at(const struct wire_lines *lines,
                                      size_t index)
{
    return &lines->lines[lines->filtered ? lines->shown[index] : index];
}

size_t wire_lines_place(const struct wire_lines *lines, size_t index)
{
    size_t low = 0;
    size_t high = wire_lines_count(lines);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if ((size_t)(wire_lines_at(lines, middle) - lines->lines) <= index)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? low - 1 : 0;
}

void wire_lines_look(struct wire_lines *lines, const struct store *store,
                     uint32_t connection, uint64_t first, unsigned overhead)
{
    struct history_row row;

    if (lines->connection != connection) {
        lines->connection = connection;
        lines->count = 0;
        lines->read_to = first;
    }
    if (lines->read_to < history_first(store->history))
        lines->read_to = history_first(store->history);
    for (; lines->read_to < store->listed_to; lines->read_to++) {
        if (store_row(store, lines->read_to, &row))
            take(lines, lines->read_to, &row, overhead);
    }
    filter(lines, store);
}

const struct wire_line *wire_lines_holder(const struct wire_lines *lines,
                                          const struct wire_line *line)
{
    bool from_client = line->from_client;

    if (line->cable == STORE_NOWHERE && !line->shares)
        return NULL;
    while (line->cable == STORE_NOWHERE || line->from_client != from_client) {
        if (line == lines->lines)
            return NULL;
        line--;
    }
    return line;
}

bool wire_lines_carrier(const struct wire_lines *lines, uint64_t packet,
                        uint64_t *cable, uint32_t *at)
{
    for (size_t i = lines->count; i-- > 0;) {
        const struct wire_line *line = &lines->lines[i];

        if (line->packet != packet)
            continue;
        line = wire_lines_holder(lines, line);
        if (!line)
            return false;
        *cable = line->cable;
        *at = line->at;
        return true;
    }
    return false;
}
