/*
 * Lines from a descriptor, without blocking the loop; used for standard input.
 *
 * Works for terminals and pipes, which are waited for, and for files, which
 * cannot be waited for and are read a piece a turn.
 */
#ifndef CLIENT_LINE_INPUT_H
#define CLIENT_LINE_INPUT_H

#include "base/buf.h"
#include "net/loop.h"

#include <stdbool.h>

struct line_input {
    struct loop *loop;
    int fd;
    bool waits;  /* the descriptor can be waited for */
    bool paused; /* at first, until line_input_resume */
    bool ended;
    bool open;
    struct loop_fd watch;
    struct loop_task task;
    struct buf rest; /* read, but not yet handed over */
    /* One line, without its end of line; borrowed until it returns. May pause
       or close the input. */
    void (*on_line)(struct line_input *input, struct slice line);
    /* The last line was handed over. */
    void (*on_end)(struct line_input *input);
};

/* Begin, paused. The descriptor stays the caller's. */
void line_input_open(struct loop *loop, struct line_input *input, int fd,
                     void (*on_line)(struct line_input *input,
                                     struct slice line),
                     void (*on_end)(struct line_input *input));

/* Stop and go on; lines come from the loop, never from inside these. */
void line_input_pause(struct line_input *input);
void line_input_resume(struct line_input *input);

/* No more lines. Harmless when it is not open. */
void line_input_close(struct line_input *input);

#endif
