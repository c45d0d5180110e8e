#include "client/line_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 65536

/* Hand over whole lines, as long as nobody says stop. */
static void hand_over(struct line_input *input)
{
    struct buf lines = input->rest;
    uint32_t at = 0;

    input->rest = (struct buf){0}; /* a line must outlive closing */
    while (input->open && !input->paused && at < lines.len) {
        const uint8_t *line = lines.bytes + at;
        const uint8_t *end = memchr(line, '\n', lines.len - at);

        if (!end && !input->ended)
            break;
        size_t len = end ? (size_t)(end - line) : lines.len - at;
        at += (uint32_t)len + (end != NULL);
        input->on_line(input, slice_of(line, len));
    }
    if (!input->open) {
        buf_release(&lines);
        return;
    }
    buf_consume(&lines, at);
    input->rest = lines;
    if (!input->paused && input->ended && input->rest.len == 0) {
        line_input_pause(input);
        input->on_end(input);
    }
}

static void read_some(struct line_input *input)
{
    uint8_t *to = buf_reserve(&input->rest, READ_BYTES);
    ssize_t got = read(input->fd, to, READ_BYTES);

    if (got > 0)
        input->rest.len += (uint32_t)got;
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        input->ended = true; /* a broken input ends like a finished one */
}

/* Is there something to do that no descriptor will tell of? */
static void plan(struct line_input *input)
{
    bool wait = input->waits && !input->paused && !input->ended;

    if (!input->open)
        return;
    if (input->waits)
        loop_fd_want(&input->watch, wait, false);
    if (!input->paused && !wait)
        loop_at_end(input->loop, &input->task);
}

static void on_ready(struct loop_fd *watch, bool readable, bool writable)
{
    struct line_input *input = LIST_ITEM(watch, struct line_input, watch);

    (void)writable;
    if (readable && !input->paused)
        read_some(input);
    hand_over(input);
    plan(input);
}

static void on_turn(struct loop_task *task)
{
    struct line_input *input = LIST_ITEM(task, struct line_input, task);

    hand_over(input); /* what was left when somebody paused */
    if (input->open && !input->waits && !input->paused && !input->ended) {
        read_some(input);
        hand_over(input);
    }
    plan(input);
}

void line_input_open(struct loop *loop, struct line_input *input, int fd,
                     void (*on_line)(struct line_input *input,
                                     struct slice line),
                     void (*on_end)(struct line_input *input))
{
    *input = (struct line_input){.loop = loop,
                                 .fd = fd,
                                 .paused = true,
                                 .open = true,
                                 .on_line = on_line,
                                 .on_end = on_end};
    loop_task_init(&input->task, on_turn);
    /* Files refuse: they are always ready. */
    input->waits = loop_fd_open(loop, &input->watch, fd, on_ready) == 0;
    plan(input);
}

void line_input_pause(struct line_input *input)
{
    input->paused = true;
    plan(input);
}

void line_input_resume(struct line_input *input)
{
    input->paused = false;
    /* Lines may wait in rest: look at them in this turn. */
    if (input->open)
        loop_at_end(input->loop, &input->task);
}

void line_input_close(struct line_input *input)
{
    if (!input->open)
        return;
    input->open = false;
    loop_task_cancel(&input->task);
    if (input->waits)
        loop_fd_close(&input->watch, NULL);
    buf_release(&input->rest);
}
