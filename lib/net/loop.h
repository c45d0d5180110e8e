/*
 * The loop: one thread, one turn after another.
 *
 * A turn is: wait for descriptors and timers, read the clock once, call
 * whoever has something to do, then run what was put off to the end of the
 * turn. Output is flushed and the dead are freed there, never in the middle.
 *
 * Descriptors are waited for by a poller of our own (net/poller.h), for there
 * may be tens of thousands: one costs 40 bytes, and one system call when it
 * comes. Signals and threads are libuv's, whose loop runs inside this one: its
 * descriptor is watched like any other.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct burst;
struct loop_fd;
struct loop_task;
struct poller;
struct poller_ops;
struct timer_wheel;

#define LOOP_SCRATCH_BYTES 65536
#define LOOP_BUFFER_BYTES  65536 /* what loop_buffer_take gives */
#define LOOP_BUFFERS_KEPT  16

/* A descriptor of somebody else's (a terminal, a control socket). */
struct loop_fd {
    struct loop *loop;
    void (*on_ready)(struct loop_fd *fd, bool readable, bool writable);
    void (*on_closed)(struct loop_fd *fd); /* the struct may be freed now */
    struct loop_fd *next_closed;
    int fd;
    uint32_t place : 29; /* the poller's */
    uint32_t events : 2; /* POLLER_READABLE, POLLER_WRITABLE, as wanted */
    uint32_t closing : 1;
};

struct loop {
    uv_loop_t uv;
    struct loop_fd uv_watch; /* of uv's descriptor */
    bool uv_changed;         /* it has something to wait for that its
                                descriptor does not know of */
    const struct poller_ops *poller_ops;
    struct poller *poller;  /* owned */
    size_t active;          /* descriptors waited for, uv's included */
    struct loop_fd *closed; /* on_closed is still to be called */
    struct clock clock;     /* ticked once a turn */
    uint8_t *scratch; /* LOOP_SCRATCH_BYTES, for reading; owned; what is in
                           it is valid until the callback returns */
    struct list start_of_turn; /* struct loop_task, in order of loop_at_start */
    struct list end_of_turn;   /* struct loop_task, in order of loop_at_end */
    struct list next_end;      /* tasks that queued themselves */
    struct loop_task *running; /* at the end of a turn; NULL: none */
    struct timer_wheel *timers;
    struct burst *burst; /* owned; NULL: nobody wrote so far */
    size_t job_count;    /* struct loop_job that are not done */
    uint64_t turns;      /* since the beginning */
    bool stopping;
    struct buf kept[LOOP_BUFFERS_KEPT]; /* spare buffers */
    size_t kept_count;
};

/*
 * Something to do at the end of this turn or at the start of the next.
 * Embedded in its owner; being put on a list twice is once.
 */
struct loop_task {
    struct list node; /* list_init before first use, by loop_task_init */
    void (*run)(struct loop_task *task);
};

/* Returns 0 or a negative errno. */
int loop_init(struct loop *loop);
/* The same with a poller of choice. */
int loop_init_with(struct loop *loop, const struct poller_ops *poller_ops);

/*
 * Every descriptor and signal must have been closed before; what is queued for
 * the end of the turn is still done. To come here from a loop that runs:
 * loop_stop, close everything, then loop_run again, which returns when the
 * last of it is gone.
 */
void loop_release(struct loop *loop);

/* Run until loop_stop, or until nothing is left that could happen. */
void loop_run(struct loop *loop);

/* One turn; waits at most until something happens if wait is true. */
void loop_turn(struct loop *loop, bool wait);

/* Make loop_run return after this turn. */
void loop_stop(struct loop *loop);

/*
 * For tests, with clock_init_manual(&loop.clock, ...) after loop_init: turns
 * until no task is queued and no job is under way any more; waits for jobs
 * only.
 */
void loop_settle(struct loop *loop);

/*
 * The same, while the manual clock moves forward by ms: from one timer to the
 * next, so that each sees the time at which it was due.
 */
void loop_advance(struct loop *loop, uint64_t ms);

void loop_task_init(struct loop_task *task,
                    void (*run)(struct loop_task *task));

/*
 * Run task at the end of this turn, or of the next one when this one's end is
 * over, which then comes without waiting. What a task queues there runs in the
 * same end, a few rounds deep; a task that queues itself runs in the next turn.
 */
void loop_at_end(struct loop *loop, struct loop_task *task);

/*
 * Run task at the start of the next turn, which comes without waiting: an event
 * that no descriptor announces.
 */
void loop_at_start(struct loop *loop, struct loop_task *task);

void loop_task_cancel(struct loop_task *task);

/*
 * Lend memory of LOOP_BUFFER_BYTES to an empty buffer, and take it back (or
 * free it, if there is enough of it or its size is another).
 */
void loop_buffer_take(struct loop *loop, struct buf *buf);
void loop_buffer_give(struct loop *loop, struct buf *buf);

/*
 * Long work, done in a thread of a small pool while the loop goes on. Embedded
 * in its owner, which must stay until done was called: a job cannot be called
 * back, and loop_release waits for all of them.
 */
struct loop_job {
    uv_work_t work;
    /* In another thread: may touch nothing but what belongs to this job. */
    void (*run)(struct loop_job *job);
    /* In the loop; may free the job. */
    void (*done)(struct loop_job *job);
};
void loop_job_start(struct loop *loop, struct loop_job *job,
                    void (*run)(struct loop_job *job),
                    void (*done)(struct loop_job *job));

/*
 * Watch fd until it is readable; loop_fd_want says otherwise. A descriptor
 * with an error is reported as ready for what is wanted, so that reading or
 * writing tells which. Returns 0 or a negative errno (-EPERM: a plain file).
 */
int loop_fd_open(struct loop *loop, struct loop_fd *watch, int fd,
                 void (*on_ready)(struct loop_fd *fd, bool readable,
                                  bool writable));
/* Change what is waited for; change rarely, each is a system call. */
void loop_fd_want(struct loop_fd *watch, bool readable, bool writable);
/* Stop watching; on_closed (may be NULL) comes in a later turn and may close
   the descriptor. */
void loop_fd_close(struct loop_fd *watch, void (*on_closed)(struct loop_fd *));

static inline bool loop_fd_closing(const struct loop_fd *watch)
{
    return watch->closing;
}

/* A signal, delivered in the loop. The struct must stay until the loop has
   taken a turn after loop_signal_close. */
struct loop_signal {
    uv_signal_t signal;
    void (*on_signal)(struct loop_signal *signal);
};
int loop_signal_open(struct loop *loop, struct loop_signal *watch, int signum,
                     void (*on_signal)(struct loop_signal *signal));
void loop_signal_close(struct loop_signal *watch);

#endif
