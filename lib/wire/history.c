#include "wire/history.h"

#include "base/alloc.h"
#include "wire/event.h"

#include <stdlib.h>
#include <string.h>

/*
 * Rows lie in chunks of CHUNK_ROWS and their bytes in blocks; neither moves.
 * Both are queues: what is dropped goes from their front, a chunk at a time.
 */
#define CHUNK_ROWS    256u
#define BLOCK_BYTES   32768u
#define POINTER_BYTES sizeof(void *)
#define MAX_COMMENT   4096u /* bytes of all notes on one row */

struct block {
    struct block *next;
    uint64_t end; /* position behind the last row with bytes in here */
    size_t used;
    size_t size;
    uint8_t bytes[];
};

struct row {
    struct record record;
    struct track_note note;
    uint32_t frame;   /* of the file that it comes from; 0: none */
    uint16_t packets; /* packets in the chunk before this row */
    bool is_packet : 1;
    bool is_frame : 1; /* would be a frame in Wireshark */
    bool has_comment : 1;
};

struct chunk {
    uint64_t packets;     /* seen before this chunk */
    uint64_t previous_ns; /* time of the last frame before it; 0: none */
    struct row rows[CHUNK_ROWS];
};

struct comment {
    uint64_t position;
    const char *text; /* interned */
};

struct history {
    struct tracker *tracker;
    size_t max_bytes;
    struct chunk **chunks; /* owned: a queue in an array */
    size_t chunk_first;    /* index of the oldest chunk */
    size_t chunk_end;
    size_t chunk_cap;
    struct block *oldest; /* owned */
    struct block *newest;
    size_t block_bytes; /* of all blocks */
    uint64_t first;     /* position; a multiple of CHUNK_ROWS */
    uint64_t end;
    uint64_t packets;
    uint64_t lost;
    uint64_t origin_ns;       /* time of the first frame; 0: none yet */
    uint64_t previous_ns;     /* of the latest */
    struct comment *comments; /* owned, by position */
    size_t comment_count;
    size_t comment_cap;
};

struct history *history_new(size_t max_bytes)
{
    struct history *history = alloc_zero(1, sizeof(*history));

    history->max_bytes = max_bytes;
    history->tracker = tracker_new();
    return history;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    for (size_t i = history->chunk_first; i < history->chunk_end; i++)
        free(history->chunks[i]);
    while (history->oldest) {
        struct block *block = history->oldest;

        history->oldest = block->next;
        free(block);
    }
    free(history->chunks);
    free(history->comments);
    tracker_free(history->tracker);
    free(history);
}

struct tracker *history_tracker(struct history *history)
{
    return history->tracker;
}

/* ---- room ---- */

static size_t row_bytes(const struct history *history)
{
    return (history->chunk_end - history->chunk_first) * sizeof(struct chunk) +
           history->chunk_cap * POINTER_BYTES + history->block_bytes +
           history->comment_cap * sizeof(history->comments[0]);
}

static void drop_oldest_chunk(struct history *history)
{
    free(history->chunks[history->chunk_first++]);
    history->first += CHUNK_ROWS;
    while (history->oldest != history->newest &&
           history->oldest->end <= history->first) {
        struct block *block = history->oldest;

        history->oldest = block->next;
        history->block_bytes -= sizeof(*block) + block->size;
        free(block);
    }

    size_t gone = 0;
    while (gone < history->comment_count &&
           history->comments[gone].position < history->first)
        gone++;
    if (!gone)
        return;
    history->comment_count -= gone;
    memmove(history->comments, history->comments + gone,
            history->comment_count * sizeof(history->comments[0]));
}

static void add_chunk(struct history *history)
{
    struct chunk *chunk = alloc_bytes(sizeof(*chunk));

    chunk->packets = history->packets;
    chunk->previous_ns = history->previous_ns;
    if (history->chunk_end == history->chunk_cap) {
        size_t count = history->chunk_end - history->chunk_first;

        if (history->chunk_first > history->chunk_cap / 2) {
            memmove(history->chunks, history->chunks + history->chunk_first,
                    count * POINTER_BYTES);
            history->chunk_first = 0;
            history->chunk_end = count;
        } else {
            history->chunk_cap =
                history->chunk_cap ? history->chunk_cap * 2 : 64;
            history->chunks = alloc_resize(history->chunks, history->chunk_cap,
                                           POINTER_BYTES);
        }
    }
    history->chunks[history->chunk_end++] = chunk;
}

/* A copy of bytes that stays where it is. */
static struct slice keep_bytes(struct history *history, struct slice bytes)
{
    struct block *block = history->newest;

    if (!bytes.len)
        return slice_of(NULL, 0);
    if (!block || block->size - block->used < bytes.len) {
        size_t size = bytes.len > BLOCK_BYTES ? bytes.len : BLOCK_BYTES;

        block = alloc_bytes(sizeof(*block) + size);
        *block = (struct block){.size = size};
        if (history->newest)
            history->newest->next = block;
        else
            history->oldest = block;
        history->newest = block;
        history->block_bytes += sizeof(*block) + size;
    }
    uint8_t *copy = block->bytes + block->used;
    memcpy(copy, bytes.bytes, bytes.len);
    block->used += bytes.len;
    block->end = history->end + 1;
    return slice_of(copy, bytes.len);
}

static struct row *row_at(const struct history *history, uint64_t position)
{
    uint64_t chunk = (position - history->first) / CHUNK_ROWS;

    return &history->chunks[history->chunk_first + chunk]
                ->rows[position % CHUNK_ROWS];
}

/* ---- comments ---- */

/* The index of the comment on this position, or where it would be. */
static size_t find_comment(const struct history *history, uint64_t position)
{
    size_t low = 0;
    size_t high = history->comment_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (history->comments[middle].position < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void join_comment(struct history *history, struct comment *comment,
                         struct slice text)
{
    struct buf both = {0};

    buf_append_string(&both, comment->text);
    buf_append_string(&both, "; ");
    buf_append_slice(&both, text);
    if (both.len <= MAX_COMMENT)
        comment->text = tracker_string(history->tracker, buf_slice(&both));
    buf_release(&both);
}

static void put_comment(struct history *history, uint64_t position,
                        struct slice text)
{
    size_t at = find_comment(history, position);
    struct row *row = row_at(history, position);

    if (row->has_comment) {
        join_comment(history, &history->comments[at], text);
        return;
    }
    if (history->comment_count == history->comment_cap) {
        history->comment_cap =
            history->comment_cap ? history->comment_cap * 2 : 16;
        history->comments =
            alloc_resize(history->comments, history->comment_cap,
                         sizeof(history->comments[0]));
    }
    memmove(history->comments + at + 1, history->comments + at,
            (history->comment_count - at) * sizeof(history->comments[0]));
    history->comments[at] = (struct comment){
        .position = position,
        .text = tracker_string(history->tracker, text),
    };
    history->comment_count++;
    row->has_comment = true;
}

/* ---- adding ---- */

/* Does it become a frame, or several, in a capture file? */
static bool is_frame(const struct record *record)
{
    if (record->type == RECORD_CONN)
        return !(record->flags & RECORD_SNAPSHOT);
    return (record->type == RECORD_MQTT || record->type == RECORD_WIRE) &&
           record->layer != RECORD_WITHIN;
}

static void count_record(struct history *history, struct row *row)
{
    const struct record *record = &row->record;

    row->is_packet = record->type == RECORD_MQTT;
    row->is_frame = is_frame(record);
    if (row->is_packet)
        history->packets++;
    if (row->is_frame) {
        if (!history->origin_ns)
            history->origin_ns = record->time_ns;
        history->previous_ns = record->time_ns;
    }
    if (record->type == RECORD_EVT &&
        record_code(record->bytes) == EVENT_LOST_RECORDS)
        history->lost += record_get_number(record->bytes, RECORD_NUMBER, 0);
    if (record->type == RECORD_NOTE) {
        uint64_t position = history_find_seq(history, record_subject(record));

        if (position != UINT64_MAX)
            put_comment(history, position,
                        record_get(record->bytes, RECORD_TEXT));
    }
}

void history_add(struct history *history, const struct record *record)
{
    history_add_frame(history, record, 0);
}

void history_add_frame(struct history *history, const struct record *record,
                       uint64_t frame)
{
    if (history->end % CHUNK_ROWS == 0)
        add_chunk(history);
    while (history->max_bytes && row_bytes(history) > history->max_bytes &&
           history->chunk_end - history->chunk_first > 1)
        drop_oldest_chunk(history);

    struct chunk *chunk = history->chunks[history->chunk_end - 1];
    struct row *row = &chunk->rows[history->end % CHUNK_ROWS];
    *row = (struct row){
        .record = *record,
        .frame = frame > UINT32_MAX ? 0 : (uint32_t)frame,
        .packets = (uint16_t)(history->packets - chunk->packets),
    };
    row->record.bytes = keep_bytes(history, record->bytes);
    tracker_note(history->tracker, &row->record, &row->note);
    history->end++;
    count_record(history, row);
}

/* ---- finding ---- */

uint64_t history_first(const struct history *history)
{
    return history->first;
}

uint64_t history_end(const struct history *history)
{
    return history->end;
}

/* The time of the last frame before the position; 0 when there is none. */
static uint64_t previous_frame_ns(const struct history *history,
                                  uint64_t position)
{
    const struct chunk *chunk =
        history->chunks[history->chunk_first +
                        (position - history->first) / CHUNK_ROWS];

    for (size_t i = position % CHUNK_ROWS; i > 0; i--) {
        if (chunk->rows[i - 1].is_frame)
            return chunk->rows[i - 1].record.time_ns;
    }
    return chunk->previous_ns;
}

bool history_get(const struct history *history, uint64_t position,
                 struct history_row *row)
{
    if (position < history->first || position >= history->end)
        return false;

    const struct row *stored = row_at(history, position);
    *row = (struct history_row){
        .record = stored->record,
        .note = stored->note,
        .frame = stored->frame,
        .origin_ns = history->origin_ns,
    };
    if (stored->is_packet) {
        const struct chunk *chunk =
            history->chunks[history->chunk_first +
                            (position - history->first) / CHUNK_ROWS];

        row->number = chunk->packets + stored->packets + 1;
    }
    if (stored->is_frame)
        row->previous_ns = previous_frame_ns(history, position);
    if (stored->has_comment)
        row->comment = history->comments[find_comment(history, position)].text;
    return true;
}

/* What the searches compare: a row's seq, or the packets up to and with it. */
static uint64_t seq_of(const struct history *history, uint64_t position)
{
    return row_at(history, position)->record.seq;
}

static uint64_t number_of(const struct history *history, uint64_t position)
{
    const struct row *row = row_at(history, position);
    const struct chunk *chunk =
        history->chunks[history->chunk_first +
                        (position - history->first) / CHUNK_ROWS];

    return chunk->packets + row->packets + row->is_packet;
}

/* The first position whose value is not below wanted; end when none is. */
static uint64_t search(const struct history *history, uint64_t wanted,
                       uint64_t (*value)(const struct history *history,
                                         uint64_t position))
{
    uint64_t low = history->first;
    uint64_t high = history->end;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (value(history, middle) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t history_find_seq(const struct history *history, uint64_t seq)
{
    uint64_t at = search(history, seq, seq_of);

    return at < history->end && seq_of(history, at) == seq ? at : UINT64_MAX;
}

uint64_t history_find_number(const struct history *history, uint64_t number)
{
    uint64_t at = search(history, number, number_of);

    return number && at < history->end && row_at(history, at)->is_packet &&
                   number_of(history, at) == number
               ? at
               : UINT64_MAX;
}

/* Frames need not rise: a segment that was lost comes late, in a later frame
   than those of other connections. */
uint64_t history_find_frame(const struct history *history, uint64_t frame)
{
    uint64_t found = UINT64_MAX;
    uint64_t best = UINT64_MAX;

    for (uint64_t at = history->first; at < history->end && best > frame;
         at++) {
        const struct row *row = row_at(history, at);

        if (row->is_packet && row->frame >= frame && row->frame < best) {
            best = row->frame;
            found = at;
        }
    }
    return found;
}

uint64_t history_packets(const struct history *history)
{
    return history->packets;
}

uint64_t history_lost(const struct history *history)
{
    return history->lost;
}

size_t history_bytes(const struct history *history)
{
    return row_bytes(history) + tracker_bytes(history->tracker);
}
