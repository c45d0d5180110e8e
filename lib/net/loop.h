/*
 * The loop: one thread, one turn after another (over libuv).
 *
 * A turn is: wait for descriptors and timers, read the clock once, call
 * whoever has something to do, then run what was put off to the end of the
 * turn. Output is flushed and the dead are freed there, never in the middle.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/clock.h"
#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct timer_wheel;

#define LOOP_SCRATCH_BYTES 65536

struct loop {
    uv_loop_t uv;
    struct clock clock; /* ticked once a turn */
    uint8_t *scratch;   /* LOOP_SCRATCH_BYTES, for reading; owned; what is in
                           it is valid until the callback returns */
    struct list end_of_turn; /* struct loop_task, in order of loop_at_end */
    struct timer_wheel *timers;
    bool stopping;
    uv_check_t check;
    uv_idle_t idle; /* active only while a task put off another turn */
};

/*
 * Something to do at the end of this turn. Embedded in its owner; being put
 * on the list twice is once. A task that queues itself again runs in the next
 * turn, which then comes without waiting.
 */
struct loop_task {
    struct list node; /* list_init before first use, by loop_task_init */
    void (*run)(struct loop_task *task);
};

/* Returns 0 or a negative errno. */
int loop_init(struct loop *loop);

/* Every handle must be closed (loop_run until it returns after loop_stop). */
void loop_release(struct loop *loop);

/* Run until loop_stop, or until nothing is left that could happen. */
void loop_run(struct loop *loop);

/* One turn; waits at most until something happens if wait is true. */
void loop_turn(struct loop *loop, bool wait);

/* Make loop_run return after this turn. */
void loop_stop(struct loop *loop);

void loop_task_init(struct loop_task *task,
                    void (*run)(struct loop_task *task));
void loop_at_end(struct loop *loop, struct loop_task *task);
void loop_task_cancel(struct loop_task *task);

/* A descriptor of somebody else's (a terminal, a control socket). */
struct loop_fd {
    uv_poll_t poll;
    void (*on_ready)(struct loop_fd *fd, bool readable, bool writable);
    void (*on_closed)(struct loop_fd *fd); /* the struct may be freed now */
    int fd;
};

/* Watch fd; returns 0 or a negative errno. */
int loop_fd_open(struct loop *loop, struct loop_fd *watch, int fd,
                 void (*on_ready)(struct loop_fd *fd, bool readable,
                                  bool writable));
/* Change what is waited for; change rarely, each is two system calls. */
void loop_fd_want(struct loop_fd *watch, bool readable, bool writable);
/* Stop watching; on_closed (may be NULL) comes in a later turn and may close
   the descriptor. */
void loop_fd_close(struct loop_fd *watch, void (*on_closed)(struct loop_fd *));

/* A signal, delivered in the loop. */
struct loop_signal {
    uv_signal_t signal;
    void (*on_signal)(struct loop_signal *signal);
};
int loop_signal_open(struct loop *loop, struct loop_signal *watch, int signum,
                     void (*on_signal)(struct loop_signal *signal));
void loop_signal_close(struct loop_signal *watch);

#endif
