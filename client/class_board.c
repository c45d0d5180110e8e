#include "client/class_board.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/render.h"

#define CELL      40  /* columns of one student, with what is between */
#define STUCK_S   600 /* so long without a move, and somebody may need help */
#define MOST      9999
#define NAME_SHOW 12
#define LAB_SHOW  5

void class_board_release(struct class_board *board)
{
    free(board->rows);
    *board = (struct class_board){0};
}

/* ---- what comes ---- */

/* The part of the topic up to the next '/', as text that is safe to show; the
   rest behind it. False when there is none. */
static bool take_level(struct slice *topic, char out[CLASS_BOARD_NAME])
{
    const uint8_t *end =
        topic->len ? memchr(topic->bytes, '/', topic->len) : NULL;
    struct buf text = {0};

    if (!end || end == topic->bytes)
        return false;
    size_t len = (size_t)(end - topic->bytes);
    render_text(&text, slice_of(topic->bytes, len), CLASS_BOARD_NAME - 8);
    snprintf(out, CLASS_BOARD_NAME, "%s", buf_string(&text));
    buf_release(&text);
    *topic = slice_of(end + 1, topic->len - len - 1);
    return true;
}

static int order(const struct class_board_row *a,
                 const struct class_board_row *b)
{
    int by_student = strcmp(a->student, b->student);

    return by_student ? by_student : strcmp(a->lab, b->lab);
}

/* The row of this student and lab, which may be new; NULL: there is no room. */
static struct class_board_row *find(struct class_board *board,
                                    const struct class_board_row *wanted)
{
    size_t at = 0;

    while (at < board->count && order(&board->rows[at], wanted) < 0)
        at++;
    if (at < board->count && order(&board->rows[at], wanted) == 0)
        return &board->rows[at];
    if (board->count == CLASS_BOARD_MAX)
        return NULL;
    board->rows =
        alloc_resize(board->rows, board->count + 1, sizeof(board->rows[0]));
    memmove(&board->rows[at + 1], &board->rows[at],
            (board->count - at) * sizeof(board->rows[0]));
    board->rows[at] = *wanted;
    board->count++;
    return &board->rows[at];
}

static unsigned number(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));

    return value < 0 ? 0 : value > MOST ? MOST : (unsigned)value;
}

static bool take_progress(struct class_board_row *row, struct slice payload)
{
    json_t *line =
        json_loadb((const char *)payload.bytes, payload.len, 0, NULL);
    json_int_t moved = json_integer_value(json_object_get(line, "moved"));

    if (json_is_object(line)) {
        row->step = number(line, "step");
        row->steps = number(line, "steps");
        row->points = number(line, "points");
        row->max = number(line, "max");
        row->hints = number(line, "hints");
        row->moved_s = moved > 0 ? (uint64_t)moved : 1;
    }
    bool good = json_is_object(line);
    json_decref(line);
    return good;
}

static bool take_state(struct class_board_row *row, struct slice payload)
{
    if (slice_equal_string(payload, "here"))
        row->state = CLASS_BOARD_HERE;
    else if (slice_equal_string(payload, "gone"))
        row->state = CLASS_BOARD_GONE;
    else
        row->state = CLASS_BOARD_LEFT;
    return true;
}

const struct class_board_row *class_board_take(struct class_board *board,
                                               struct slice topic,
                                               struct slice payload)
{
    struct class_board_row wanted = {0};

    if (!take_level(&topic, wanted.student) || !take_level(&topic, wanted.lab))
        return NULL;
    bool is_progress = slice_equal_string(topic, "progress");
    if (!is_progress && !slice_equal_string(topic, "state"))
        return NULL;
    struct class_board_row *row = find(board, &wanted);
    if (!row)
        return NULL;
    if (!payload.len && is_progress)
        row->moved_s = 0;
    else if (!(is_progress ? take_progress(row, payload)
                           : take_state(row, payload)))
        return NULL;
    return row;
}

/* ---- what is shown ---- */

/* Which of a student's labs is being done? */
static bool is_later(const struct class_board_row *a,
                     const struct class_board_row *b)
{
    bool a_here = a->state == CLASS_BOARD_HERE;
    bool b_here = b->state == CLASS_BOARD_HERE;

    return a_here != b_here ? a_here : a->moved_s > b->moved_s;
}

/* One row for each student, those that told something. Returns how many. */
static size_t choose(const struct class_board *board,
                     const struct class_board_row **chosen)
{
    size_t count = 0;

    for (size_t i = 0; i < board->count; i++) {
        const struct class_board_row *row = &board->rows[i];

        if (!row->moved_s)
            continue;
        if (!count || strcmp(chosen[count - 1]->student, row->student) != 0)
            chosen[count++] = row;
        else if (is_later(row, chosen[count - 1]))
            chosen[count - 1] = row;
    }
    return count;
}

/* "4m", "!12m" when it is long; "done", "left", "GONE". */
static void say_when(const struct class_board_row *row, uint64_t now_s,
                     char out[8])
{
    uint64_t ago_s = now_s > row->moved_s ? now_s - row->moved_s : 0;
    unsigned minutes = ago_s / 60 > MOST ? MOST : (unsigned)(ago_s / 60);

    if (row->state == CLASS_BOARD_GONE)
        snprintf(out, 8, "GONE");
    else if (row->max && row->points == row->max)
        snprintf(out, 8, "done");
    else if (row->state == CLASS_BOARD_LEFT)
        snprintf(out, 8, "left");
    else
        snprintf(out, 8, "%s%um", ago_s >= STUCK_S ? "!" : "", minutes % 10000);
}

/* A text in so many columns. */
static void put_column(struct buf *out, struct slice bytes, size_t width)
{
    uint32_t before = out->len;

    render_text(out, bytes, width);
    size_t taken =
        render_width(slice_of(out->bytes + before, out->len - before));
    buf_printf(out, "%*s", (int)(taken < width ? width - taken : 0), "");
}

static void put_cell(struct buf *out, const struct class_board_row *row,
                     uint64_t now_s)
{
    char when[8];

    say_when(row, now_s, when);
    put_column(out, slice_of_string(row->student), NAME_SHOW);
    buf_append_u8(out, ' ');
    /* The number of "01-plaintext" says it. */
    put_column(out, slice_of(row->lab, strcspn(row->lab, "-")), LAB_SHOW);
    buf_printf(out, " %2u/%-2u %3u/%-3u %5s", row->step % 100, row->steps % 100,
               row->points % 1000, row->max % 1000, when);
}

static void put_summary(struct buf *out,
                        const struct class_board_row *const *chosen,
                        size_t count, size_t shown)
{
    size_t here = 0;
    size_t gone = 0;

    for (size_t i = 0; i < count; i++) {
        here += chosen[i]->state == CLASS_BOARD_HERE;
        gone += chosen[i]->state == CLASS_BOARD_GONE;
    }
    buf_printf(out, "%zu student%s, %zu here, %zu gone", count,
               count == 1 ? "" : "s", here, gone);
    if (shown < count)
        buf_printf(out, "; %zu more than fit", count - shown);
    buf_append_u8(out, '\n');
}

void class_board_render(const struct class_board *board, unsigned columns,
                        unsigned lines, uint64_t now_s, struct buf *out)
{
    static const char heading[] = "student      lab   step   points moved";
    const struct class_board_row **chosen =
        alloc_zero(board->count + 1, sizeof(const struct class_board_row *));
    size_t count = choose(board, chosen);
    size_t wide = columns / CELL ? columns / CELL : 1;
    size_t high = lines > 2 ? lines - 2 : 1;
    size_t needed = (count + high - 1) / high;

    if (wide > needed)
        wide = needed ? needed : 1;
    if (high > count)
        high = count;
    size_t shown = wide * high < count ? wide * high : count;
    put_summary(out, chosen, count, shown);
    for (size_t x = 0; count && x < wide; x++)
        buf_printf(out, "%s%s", x ? "  " : "", heading);
    if (count)
        buf_append_u8(out, '\n');
    for (size_t y = 0; y < high; y++) {
        for (size_t x = 0; x < wide && x * high + y < shown; x++) {
            if (x)
                buf_append_string(out, "  ");
            put_cell(out, chosen[x * high + y], now_s);
        }
        buf_append_u8(out, '\n');
    }
    free(chosen);
}

void class_board_sentence(const struct class_board_row *row, struct buf *out)
{
    static const char *const states[] = {
        [CLASS_BOARD_LEFT] = "has left",
        [CLASS_BOARD_HERE] = "is here",
        [CLASS_BOARD_GONE] = "is gone: the connection broke",
    };

    buf_printf(out, "%s, lab %s: ", row->student, row->lab);
    if (row->moved_s)
        buf_printf(out, "step %u of %u, %u of %u points, %u hint%s; ",
                   row->step, row->steps, row->points, row->max, row->hints,
                   row->hints == 1 ? "" : "s");
    buf_append_string(out, states[row->state]);
}
