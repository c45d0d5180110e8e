#include "tui/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "wire/event.h"

/* How many rows the model may lag behind while frozen, before the history
   drops what it has not seen. */
#define STORE_MARGIN 4096
/* Rows between two looks at the clock. */
#define STORE_BATCH    256
#define STORE_TAGS_MAX 4096

struct store *store_new(size_t max_bytes)
{
    struct store *store = alloc_zero(1, sizeof(*store));

    store->history = history_new(max_bytes);
    store->max_bytes = max_bytes;
    store->model = model_new(store->history);
    store->filter_text = alloc_string("");
    store->highlights = alloc_zero(1, sizeof(*store->highlights));
    store->cursor = STORE_NOWHERE;
    store->jumped_from = STORE_NOWHERE;
    store->follow = true;
    for (size_t i = 0; i < sizeof(store->marks) / sizeof(store->marks[0]); i++)
        store->marks[i] = STORE_NOWHERE;
    return store;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    for (int list = 0; list < STORE_LISTS; list++)
        free(store->lists[list].positions);
    filter_free(store->filter);
    free(store->filter_text);
    highlight_release(store->highlights);
    free(store->highlights);
    free(store->tags);
    dissect_release(&store->scratch);
    model_free(store->model);
    history_free(store->history);
    free(store);
}

/* ---- lists of positions ---- */

static void rows_add(struct store_rows *rows, uint64_t position)
{
    if (rows->end == rows->cap) {
        size_t used = rows->end - rows->first;

        /* Room in front is used again before more is asked for. */
        if (rows->first <= rows->cap / 2) {
            rows->cap = rows->cap ? rows->cap * 2 : 256;
            rows->positions = alloc_resize(rows->positions, rows->cap,
                                           sizeof(*rows->positions));
        }
        if (rows->first)
            memmove(rows->positions, rows->positions + rows->first,
                    used * sizeof(*rows->positions));
        rows->first = 0;
        rows->end = used;
    }
    rows->positions[rows->end++] = position;
}

static void rows_trim(struct store_rows *rows, uint64_t first_position)
{
    while (rows->first < rows->end &&
           rows->positions[rows->first] < first_position)
        rows->first++;
}

/* Is the record one that belongs between packets in a ladder? */
static bool is_turning_point(const struct record *record)
{
    static const uint16_t codes[] = {
        EVENT_CONN_OPENED,
        EVENT_CONN_CLOSED,
        EVENT_CONNECT_REFUSED,
        EVENT_CONNECTION_LOST,
        EVENT_PROTOCOL_ERROR,
        EVENT_KEEP_ALIVE_MISSED,
        EVENT_SESSION_TAKEN_OVER,
        EVENT_SESSION_AWAY,
        EVENT_SESSION_EXPIRED,
        EVENT_WILL_ARMED,
        EVENT_WILL_CANCELLED,
        EVENT_WILL_DELAYED,
        EVENT_WILL_FIRED,
        EVENT_RETAINED_STORED,
        EVENT_RETAINED_REPLACED,
        EVENT_RETAINED_CLEARED,
        EVENT_MESSAGE_QUEUED,
        EVENT_MESSAGE_DROPPED,
        EVENT_MESSAGE_EXPIRED,
        EVENT_ACCESS_REFUSED,
        EVENT_STORE_FAILED,
        EVENT_STORE_WORKS,
        EVENT_LIMIT,
        EVENT_RULE_SET,
        EVENT_RULE_ENDED,
        EVENT_RULE_DID,
        EVENT_PACKET_RELEASED,
        EVENT_LOST_RECORDS,
    };
    unsigned code = record_code(record->bytes);

    if (record->flags & RECORD_SNAPSHOT || record->type == RECORD_MQTT ||
        record->type == RECORD_WIRE)
        return false;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i] == code)
            return true;
    }
    return false;
}

static void list_row(struct store *store, uint64_t position,
                     const struct history_row *row)
{
    bool packet = row->record.type == RECORD_MQTT;
    bool turning = !packet && is_turning_point(&row->record);
    bool crossed = store->filter && (row->record.type == RECORD_WIRE ||
                                     row->record.type == RECORD_TLS);

    if (!packet && record_is_own_counter(&row->record))
        return;
    if (!packet && row->record.type != RECORD_WIRE &&
        !(row->record.flags & RECORD_SNAPSHOT))
        rows_add(&store->lists[STORE_LOG], position);
    if (!packet && !turning && !crossed)
        return;
    if (store->filter && !filter_match(store->filter, row, &store->scratch))
        return;
    if (crossed)
        rows_add(&store->lists[STORE_CABLE], position);
    if (!packet && !turning)
        return;
    if (packet)
        rows_add(&store->lists[STORE_PACKETS], position);
    rows_add(&store->lists[STORE_ALL], position);
}

/* ---- records in ---- */

static void model_row(struct store *store)
{
    struct history_row row;

    if (history_get(store->history, store->modelled_to, &row))
        model_add(store->model, &row);
    store->modelled_to++;
}

/* The model must see each row before the history drops it. */
static void keep_up(struct store *store)
{
    uint64_t until = history_first(store->history) + STORE_MARGIN;

    while (store->modelled_to < history_end(store->history) &&
           store->modelled_to < until)
        model_row(store);
}

static void append(struct store *store, const struct record *record,
                   uint64_t frame)
{
    if (history_end(store->history) == 0)
        store->origin_ns = record->time_ns;
    if (store->max_bytes &&
        history_bytes(store->history) > store->max_bytes / 4 * 3)
        keep_up(store);
    store->last_ns = record->time_ns;
    history_add_frame(store->history, record, frame);
}

/* Do numbers begin again with this record? A note may have the number of the
   one before it (store_note). */
static bool begins_again(const struct store *store, const struct record *record)
{
    uint64_t seq = record->seq + store->seq_offset;

    return record->seq && seq <= store->last_seq &&
           (record->type != RECORD_NOTE || seq < store->last_seq);
}

void store_add(struct store *store, const struct record *record)
{
    store_add_frame(store, record, 0);
}

void store_add_frame(struct store *store, const struct record *record,
                     uint64_t frame)
{
    struct record kept = *record;

    if (begins_again(store, record))
        store->seq_offset = store->last_seq;
    if (kept.seq)
        store->last_seq = kept.seq += store->seq_offset;
    if (kept.cause)
        kept.cause += store->seq_offset;
    if (kept.connection)
        kept.connection += store->connection_offset;
    if (kept.connection > store->last_connection)
        store->last_connection = kept.connection;
    append(store, &kept, frame);
}

void store_note(struct store *store, uint64_t seq, const char *text)
{
    struct buf bytes = {0};

    record_begin(&bytes, EVENT_NOTE);
    record_put_string(&bytes, RECORD_TEXT, text);
    record_put_number(&bytes, RECORD_SUBJECT, seq);
    append(store,
           &(struct record){.type = RECORD_NOTE,
                            .seq = store->last_seq,
                            .time_ns = store->last_ns,
                            .cause = seq,
                            .original_len = bytes.len,
                            .bytes = buf_slice(&bytes)},
           0);
    buf_release(&bytes);
}

void store_other_broker(struct store *store)
{
    store->connection_offset = store->last_connection;
}

bool store_catch_up(struct store *store, uint64_t budget_ns)
{
    uint64_t end =
        store->frozen ? store->frozen_end : history_end(store->history);
    uint64_t first = history_first(store->history);
    uint64_t start = budget_ns ? clock_read_monotonic_ns() : 0;

    for (int list = 0; list < STORE_LISTS; list++)
        rows_trim(&store->lists[list], first);
    if (store->modelled_to < first)
        store->modelled_to = first;
    if (store->listed_to < first)
        store->listed_to = first;
    while (store->modelled_to < end || store->listed_to < end) {
        for (int i = 0; i < STORE_BATCH && store->modelled_to < end; i++)
            model_row(store);
        for (int i = 0; i < STORE_BATCH && store->listed_to < end; i++) {
            struct history_row row;

            if (history_get(store->history, store->listed_to, &row))
                list_row(store, store->listed_to, &row);
            store->listed_to++;
        }
        if (budget_ns && clock_read_monotonic_ns() - start >= budget_ns)
            break;
    }
    return store->modelled_to < end || store->listed_to < end;
}

void store_set_now(struct store *store, uint64_t now_ns)
{
    store->now_ns = store->frozen ? store->frozen_ns : now_ns;
}

void store_freeze(struct store *store, bool frozen)
{
    if (frozen == store->frozen)
        return;
    if (frozen) {
        store_catch_up(store, 0);
        store->frozen_end = history_end(store->history);
        store->frozen_ns = store->now_ns;
    }
    store->frozen = frozen;
}

bool store_set_filter(struct store *store, const char *text,
                      struct filter_error *error)
{
    struct filter *filter = NULL;

    while (*text == ' ')
        text++;
    if (*text) {
        filter = filter_new(text, error);
        if (!filter)
            return false;
    }
    char *copy = alloc_string(text);
    filter_free(store->filter);
    free(store->filter_text);
    store->filter = filter;
    store->filter_text = copy;
    store->filters_set++;
    store->listed_to = history_first(store->history);
    for (int list = 0; list < STORE_LISTS; list++)
        store->lists[list].first = store->lists[list].end = 0;
    return true;
}

/* ---- lists ---- */

size_t store_count(const struct store *store, enum store_list list)
{
    return store->lists[list].end - store->lists[list].first;
}

uint64_t store_at(const struct store *store, enum store_list list, size_t index)
{
    assert(index < store_count(store, list));
    return store->lists[list].positions[store->lists[list].first + index];
}

size_t store_find(const struct store *store, enum store_list list,
                  uint64_t position)
{
    size_t low = 0;
    size_t high = store_count(store, list);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (store_at(store, list, middle) < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool store_shows(const struct store *store, uint64_t position)
{
    static const enum store_list lists[] = {STORE_PACKETS, STORE_CABLE};

    if (!store->filter)
        return true;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        size_t index = store_find(store, lists[i], position);

        if (index < store_count(store, lists[i]) &&
            store_at(store, lists[i], index) == position)
            return true;
    }
    return false;
}

bool store_row(const struct store *store, uint64_t position,
               struct history_row *row)
{
    return position != STORE_NOWHERE &&
           history_get(store->history, position, row);
}

/* ---- the cursor ---- */

/* What is chosen while following: the newest, or what is held. */
static size_t followed(const struct store *store, enum store_list list)
{
    size_t newest = store_count(store, list) - 1;

    if (!store->follow_held || !store->model->waiting_count)
        return newest;
    uint64_t held = history_find_seq(store->history, store->model->waiting[0]);
    size_t index = store_find(store, list, held);
    return index <= newest && store_at(store, list, index) == held ? index
                                                                   : newest;
}

size_t store_chosen(const struct store *store, enum store_list list)
{
    size_t count = store_count(store, list);
    size_t index;

    if (!count)
        return 0;
    if (store->follow || store->cursor == STORE_NOWHERE)
        return followed(store, list);
    index = store_find(store, list, store->cursor);
    if (index < count && store_at(store, list, index) == store->cursor)
        return index;
    return index ? index - 1 : 0;
}

uint64_t store_chosen_at(const struct store *store, enum store_list list)
{
    if (!store_count(store, list))
        return STORE_NOWHERE;
    return store_at(store, list, store_chosen(store, list));
}

void store_move(struct store *store, enum store_list list, int64_t by)
{
    size_t count = store_count(store, list);
    size_t index = store_chosen(store, list);

    if (!count)
        return;
    if (by < 0)
        index = (uint64_t) - (by + 1) >= index ? 0 : index - (size_t)-by;
    else
        index = (uint64_t)by >= count - index ? count - 1 : index + (size_t)by;
    /* Down from the last row: the way back to the newest. */
    store->follow = by > 0 && index == count - 1;
    store->cursor = store_at(store, list, index);
}

void store_choose(struct store *store, uint64_t position)
{
    store->cursor = position;
    store->follow = false;
}

static bool jump_to(struct store *store, uint64_t position)
{
    if (position == UINT64_MAX)
        return false;
    store->jumped_from = store_chosen_at(store, STORE_ALL);
    store_choose(store, position);
    return true;
}

bool store_choose_packet(struct store *store, uint64_t number)
{
    return jump_to(store, history_find_number(store->history, number));
}

bool store_choose_frame(struct store *store, uint64_t frame)
{
    return jump_to(store, history_find_frame(store->history, frame));
}

/* ---- tags and marks ---- */

static size_t find_tag(const struct store *store, uint64_t position)
{
    size_t low = 0;
    size_t high = store->tag_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (store->tags[middle] < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool store_tagged(const struct store *store, uint64_t position)
{
    size_t at = find_tag(store, position);

    return at < store->tag_count && store->tags[at] == position;
}

void store_tag(struct store *store, uint64_t position, bool tagged)
{
    size_t at = find_tag(store, position);
    size_t behind = store->tag_count - at;

    if (store_tagged(store, position) == tagged)
        return;
    if (!tagged) {
        memmove(store->tags + at, store->tags + at + 1,
                (behind - 1) * sizeof(*store->tags));
        store->tag_count--;
        return;
    }
    if (store->tag_count == STORE_TAGS_MAX)
        return;
    store->tags =
        alloc_resize(store->tags, store->tag_count + 1, sizeof(*store->tags));
    memmove(store->tags + at + 1, store->tags + at,
            behind * sizeof(*store->tags));
    store->tags[at] = position;
    store->tag_count++;
}

void store_untag(struct store *store)
{
    store->tag_count = 0;
}

bool store_mark(struct store *store, int letter)
{
    if (letter < 'a' || letter > 'z')
        return false;
    store->marks[letter - 'a'] = store_chosen_at(store, STORE_ALL);
    return store->marks[letter - 'a'] != STORE_NOWHERE;
}

bool store_jump(struct store *store, int letter)
{
    uint64_t from = store_chosen_at(store, STORE_ALL);
    uint64_t to = STORE_NOWHERE;

    if (letter == '\'')
        to = store->jumped_from;
    else if (letter >= 'a' && letter <= 'z')
        to = store->marks[letter - 'a'];
    if (to == STORE_NOWHERE || to < history_first(store->history))
        return false;
    store->jumped_from = from;
    store_choose(store, to);
    return true;
}
