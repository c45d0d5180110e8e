#include "net/loop.h"

#include "base/alloc.h"
#include "net/burst.h"
#include "net/poller.h"
#include "net/timer.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

/* So often the end of a turn looks for what its tasks queued meanwhile. */
#define END_ROUNDS 8

/* Of more descriptors that are ready the rest has its turn in the next. */
#define READY_AT_ONCE 256

static struct loop *loop_of(const uv_loop_t *uv)
{
    return uv->data;
}

/* ---- tasks ---- */

void loop_task_init(struct loop_task *task, void (*run)(struct loop_task *task))
{
    list_init(&task->node);
    task->run = run;
}

void loop_task_cancel(struct loop_task *task)
{
    list_remove(&task->node);
}

void loop_at_end(struct loop *loop, struct loop_task *task)
{
    if (!list_empty(&task->node))
        return;
    if (task == loop->running)
        list_append(&loop->next_end, &task->node);
    else
        list_append(&loop->end_of_turn, &task->node);
}

void loop_at_start(struct loop *loop, struct loop_task *task)
{
    if (!list_empty(&task->node))
        return;
    list_append(&loop->start_of_turn, &task->node);
}

/* Append all of from to the empty list to. */
static void move_all(struct list *to, struct list *from)
{
    if (list_empty(from))
        return;
    *to = *from;
    to->next->prev = to;
    to->prev->next = to;
    list_init(from);
}

/* Run what is in tasks now, not what is put there meanwhile. */
static void run_all(struct loop *loop, struct list *tasks)
{
    struct list now;
    struct list *node;

    list_init(&now);
    move_all(&now, tasks);
    while ((node = list_take_first(&now)) != NULL) {
        loop->running = LIST_ITEM(node, struct loop_task, node);
        loop->running->run(loop->running);
    }
    loop->running = NULL;
}

static void end_turn(struct loop *loop)
{
    for (int i = 0; i < END_ROUNDS && !list_empty(&loop->end_of_turn); i++)
        run_all(loop, &loop->end_of_turn);
    while (!list_empty(&loop->next_end))
        list_append(&loop->end_of_turn, list_take_first(&loop->next_end));
}

/* Is something to be done without waiting? */
static bool is_busy(const struct loop *loop)
{
    return !list_empty(&loop->start_of_turn) ||
           !list_empty(&loop->end_of_turn) || loop->closed;
}

/* ---- libuv's loop inside this one ---- */

static void run_uv(struct loop *loop)
{
    loop->uv_changed = false;
    uv_run(&loop->uv, UV_RUN_NOWAIT);
}

/* What its callbacks start, its descriptor learns of when it runs again. */
static void on_uv_ready(struct loop_fd *watch, bool readable, bool writable)
{
    struct loop *loop = LIST_ITEM(watch, struct loop, uv_watch);

    (void)readable;
    (void)writable;
    run_uv(loop);
    loop->uv_changed = true;
}

static int uv_timeout_ms(struct loop *loop)
{
    int timeout_ms = uv_backend_timeout(&loop->uv);

    if (timeout_ms <= 0)
        return timeout_ms;
    uv_update_time(&loop->uv);
    return uv_backend_timeout(&loop->uv);
}

/* ---- life ---- */

int loop_init(struct loop *loop)
{
    return loop_init_with(loop, poller_best);
}

/* The loop is alive as long as anything else is. */
static int open_poller(struct loop *loop, const struct poller_ops *poller_ops)
{
    loop->poller_ops = poller_ops;
    loop->poller = poller_ops->open();
    if (!loop->poller)
        return -errno;
    int error = loop_fd_open(loop, &loop->uv_watch, uv_backend_fd(&loop->uv),
                             on_uv_ready);

    if (error)
        poller_ops->close(loop->poller);
    return error;
}

int loop_init_with(struct loop *loop, const struct poller_ops *poller_ops)
{
    *loop = (struct loop){.uv_changed = true};
    int error = uv_loop_init(&loop->uv);
    if (error)
        return error;
    loop->uv.data = loop;
    error = open_poller(loop, poller_ops);
    if (error) {
        uv_loop_close(&loop->uv);
        return error;
    }
    clock_init(&loop->clock);
    loop->scratch = alloc_bytes(LOOP_SCRATCH_BYTES);
    list_init(&loop->start_of_turn);
    list_init(&loop->end_of_turn);
    list_init(&loop->next_end);
    loop->timers = timer_wheel_new(loop);
    return 0;
}

void loop_release(struct loop *loop)
{
    loop_settle(loop);
    timer_wheel_free(loop->timers);
    burst_free(loop->burst);
    run_uv(loop);
    assert(loop->active == 1); /* somebody still watches a descriptor */
    loop->poller_ops->close(loop->poller);
    int error = uv_loop_close(&loop->uv);
    assert(!error); /* somebody's handle is still open */
    while (loop->kept_count)
        buf_release(&loop->kept[--loop->kept_count]);
    free(loop->scratch);
    *loop = (struct loop){0};
}

/* ---- turns ---- */

/* Of two timeouts, of which -1 is for ever. */
static int sooner(int a, int b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

static int timer_timeout_ms(const struct loop *loop)
{
    uint64_t next_ms = timer_wheel_next_ms(loop->timers);
    uint64_t now_ms = clock_ms(&loop->clock);

    if (next_ms <= now_ms)
        return 0;
    /* A clock that is set by hand moves for nobody who waits. */
    if (next_ms == UINT64_MAX || loop->clock.manual)
        return -1;
    return next_ms - now_ms < INT_MAX ? (int)(next_ms - now_ms) : INT_MAX;
}

static void report(struct loop_fd *watch, int events)
{
    /* What was wanted may have changed since the system was asked. */
    events &= (int)watch->events;
    if (events && !watch->closing)
        watch->on_ready(watch, events & POLLER_READABLE,
                        events & POLLER_WRITABLE);
}

static void tell_closed(struct loop *loop)
{
    struct loop_fd *watch = loop->closed;

    loop->closed = NULL;
    while (watch) {
        struct loop_fd *next = watch->next_closed;

        if (watch->on_closed)
            watch->on_closed(watch);
        watch = next;
    }
}

void loop_turn(struct loop *loop, bool wait)
{
    struct poller_ready ready[READY_AT_ONCE];
    int timeout_ms = 0;

    if (loop->uv_changed)
        run_uv(loop);
    if (wait && !is_busy(loop))
        timeout_ms = sooner(timer_timeout_ms(loop), uv_timeout_ms(loop));
    int count =
        loop->poller_ops->wait(loop->poller, timeout_ms, ready, READY_AT_ONCE);

    loop->turns++;
    clock_tick(&loop->clock);
    timer_wheel_run(loop->timers);
    run_all(loop, &loop->start_of_turn);
    for (int i = 0; i < count; i++)
        report(ready[i].watch, ready[i].events);
    if (uv_timeout_ms(loop) == 0)
        loop->uv_changed = true;
    end_turn(loop);
    tell_closed(loop);
}

/* Can anything happen yet? */
static bool is_alive(const struct loop *loop)
{
    return loop->active > 1 || is_busy(loop) || uv_loop_alive(&loop->uv) ||
           (!loop->clock.manual &&
            timer_wheel_next_ms(loop->timers) != UINT64_MAX);
}

void loop_run(struct loop *loop)
{
    while (!loop->stopping && is_alive(loop))
        loop_turn(loop, true);
    loop->stopping = false;
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
}

void loop_settle(struct loop *loop)
{
    do
        loop_turn(loop, loop->job_count);
    while (is_busy(loop) || loop->job_count);
}

void loop_advance(struct loop *loop, uint64_t ms)
{
    uint64_t end_ns = loop->clock.monotonic_ns + ms * CLOCK_NS_PER_MS;

    loop_settle(loop);
    for (;;) {
        uint64_t next_ms = timer_wheel_next_ms(loop->timers);

        if (next_ms > end_ns / CLOCK_NS_PER_MS)
            break;
        if (next_ms > clock_ms(&loop->clock))
            clock_advance(&loop->clock,
                          next_ms * CLOCK_NS_PER_MS - loop->clock.monotonic_ns);
        loop_settle(loop);
    }
    clock_advance(&loop->clock, end_ns - loop->clock.monotonic_ns);
    loop_settle(loop);
}

/* ---- buffers ---- */

void loop_buffer_take(struct loop *loop, struct buf *buf)
{
    assert(!buf->bytes);
    if (loop->kept_count)
        *buf = loop->kept[--loop->kept_count];
    else
        buf_reserve(buf, LOOP_BUFFER_BYTES);
}

void loop_buffer_give(struct loop *loop, struct buf *buf)
{
    if (buf->cap == LOOP_BUFFER_BYTES && loop->kept_count < LOOP_BUFFERS_KEPT) {
        buf_clear(buf);
        loop->kept[loop->kept_count++] = *buf;
        *buf = (struct buf){0};
    }
    buf_release(buf);
}

/* ---- jobs ---- */

static void run_job(uv_work_t *work)
{
    struct loop_job *job = LIST_ITEM(work, struct loop_job, work);

    job->run(job);
}

static void finish_job(uv_work_t *work, int status)
{
    struct loop_job *job = LIST_ITEM(work, struct loop_job, work);
    struct loop *loop = loop_of(work->loop);

    (void)status; /* none is ever cancelled */
    loop->job_count--;
    job->done(job);
}

void loop_job_start(struct loop *loop, struct loop_job *job,
                    void (*run)(struct loop_job *job),
                    void (*done)(struct loop_job *job))
{
    job->run = run;
    job->done = done;
    int error = uv_queue_work(&loop->uv, &job->work, run_job, finish_job);

    assert(!error); /* it fails only without a function to run */
    loop->job_count++;
}

/* ---- descriptors ---- */

/* Returns 0 or a negative errno. */
static int set_events(struct loop_fd *watch, int events)
{
    struct loop *loop = watch->loop;
    int error = loop->poller_ops->want(loop->poller, watch, events);

    if (error)
        return error;
    loop->active += (events != 0);
    loop->active -= (watch->events != 0);
    watch->events = (unsigned)events & 3;
    return 0;
}

int loop_fd_open(struct loop *loop, struct loop_fd *watch, int fd,
                 void (*on_ready)(struct loop_fd *fd, bool readable,
                                  bool writable))
{
    *watch = (struct loop_fd){.loop = loop, .on_ready = on_ready, .fd = fd};
    return set_events(watch, POLLER_READABLE);
}

void loop_fd_want(struct loop_fd *watch, bool readable, bool writable)
{
    int events =
        (readable ? POLLER_READABLE : 0) | (writable ? POLLER_WRITABLE : 0);

    if (events == (int)watch->events || watch->closing)
        return;
    int error = set_events(watch, events);
    assert(!error); /* it was waited for before, and the system has memory */
}

void loop_fd_close(struct loop_fd *watch, void (*on_closed)(struct loop_fd *))
{
    assert(!watch->closing);
    loop_fd_want(watch, false, false);
    watch->closing = true;
    watch->on_closed = on_closed;
    watch->next_closed = watch->loop->closed;
    watch->loop->closed = watch;
}

/* ---- signals ---- */

static void on_uv_signal(uv_signal_t *signal, int signum)
{
    struct loop_signal *watch = LIST_ITEM(signal, struct loop_signal, signal);

    (void)signum;
    watch->on_signal(watch);
}

int loop_signal_open(struct loop *loop, struct loop_signal *watch, int signum,
                     void (*on_signal)(struct loop_signal *signal))
{
    *watch = (struct loop_signal){.on_signal = on_signal};
    int error = uv_signal_init(&loop->uv, &watch->signal);

    if (error)
        return error;
    loop->uv_changed = true;
    error = uv_signal_start(&watch->signal, on_uv_signal, signum);
    if (error)
        loop_signal_close(watch);
    return error;
}

void loop_signal_close(struct loop_signal *watch)
{
    uv_close((uv_handle_t *)&watch->signal, NULL);
    loop_of(watch->signal.loop)->uv_changed = true;
}
