#include "net/loop.h"

#include "base/alloc.h"
#include "net/timer.h"

#include <assert.h>
#include <stdlib.h>

/* So often the end of a turn looks for what its tasks queued meanwhile. */
#define END_ROUNDS 8

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

static void on_idle(uv_idle_t *idle);

static void do_not_wait(struct loop *loop)
{
    uv_idle_start(&loop->idle, on_idle);
}

void loop_at_end(struct loop *loop, struct loop_task *task)
{
    if (!list_empty(&task->node))
        return;
    if (task == loop->running)
        list_append(&loop->next_end, &task->node);
    else
        list_append(&loop->end_of_turn, &task->node);
    if (!loop->end_is_next)
        do_not_wait(loop);
}

void loop_at_start(struct loop *loop, struct loop_task *task)
{
    if (!list_empty(&task->node))
        return;
    list_append(&loop->start_of_turn, &task->node);
    do_not_wait(loop);
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

static void on_check(uv_check_t *check)
{
    struct loop *loop = loop_of(check->loop);

    loop->end_is_next = true;
    for (int i = 0; i < END_ROUNDS && !list_empty(&loop->end_of_turn); i++)
        run_all(loop, &loop->end_of_turn);
    loop->end_is_next = false;

    while (!list_empty(&loop->next_end))
        list_append(&loop->end_of_turn, list_take_first(&loop->next_end));
    if (list_empty(&loop->start_of_turn) && list_empty(&loop->end_of_turn))
        uv_idle_stop(&loop->idle);
    else
        do_not_wait(loop);
}

static void on_idle(uv_idle_t *idle)
{
    struct loop *loop = loop_of(idle->loop);

    clock_tick(&loop->clock);
    run_all(loop, &loop->start_of_turn);
}

/* Called by whatever comes out of waiting: the first one reads the clock. */
static void woken(struct loop *loop)
{
    if (loop->end_is_next)
        return;
    clock_tick(&loop->clock);
    loop->end_is_next = true;
}

/* ---- life ---- */

int loop_init(struct loop *loop)
{
    *loop = (struct loop){0};
    int error = uv_loop_init(&loop->uv);
    if (error)
        return error;
    loop->uv.data = loop;
    clock_init(&loop->clock);
    loop->scratch = alloc_bytes(LOOP_SCRATCH_BYTES);
    list_init(&loop->start_of_turn);
    list_init(&loop->end_of_turn);
    list_init(&loop->next_end);
    uv_idle_init(&loop->uv, &loop->idle);
    uv_check_init(&loop->uv, &loop->check);
    uv_check_start(&loop->check, on_check);
    uv_unref((uv_handle_t *)&loop->check);
    loop->timers = timer_wheel_new(loop);
    return 0;
}

void loop_release(struct loop *loop)
{
    loop_settle(loop);
    timer_wheel_free(loop->timers);
    uv_close((uv_handle_t *)&loop->check, NULL);
    uv_close((uv_handle_t *)&loop->idle, NULL);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    int error = uv_loop_close(&loop->uv);
    assert(!error); /* somebody's handle is still open */
    while (loop->kept_count)
        buf_release(&loop->kept[--loop->kept_count]);
    free(loop->scratch);
    *loop = (struct loop){0};
}

void loop_turn(struct loop *loop, bool wait)
{
    if (loop->clock.manual)
        timer_wheel_run(loop->timers);
    uv_run(&loop->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

void loop_run(struct loop *loop)
{
    if (loop->clock.manual) {
        do
            loop_turn(loop, true);
        while (!loop->stopping && uv_loop_alive(&loop->uv));
    } else {
        uv_run(&loop->uv, UV_RUN_DEFAULT);
    }
    loop->stopping = false;
}

void loop_stop(struct loop *loop)
{
    loop->stopping = true;
    uv_stop(&loop->uv);
}

void loop_settle(struct loop *loop)
{
    do
        loop_turn(loop,
                  loop->job_count && !uv_is_active((uv_handle_t *)&loop->idle));
    while (uv_is_active((uv_handle_t *)&loop->idle) || loop->job_count);
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
    woken(loop);
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

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch_again(struct loop_fd *watch)
{
    if (watch->events)
        uv_poll_start(&watch->poll, watch->events, on_poll);
    else
        uv_poll_stop(&watch->poll);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct loop_fd *watch = LIST_ITEM(poll, struct loop_fd, poll);

    woken(loop_of(poll->loop));
    if (status < 0)
        events = watch->events;
    watch->on_ready(watch, events & UV_READABLE, events & UV_WRITABLE);
    /* After an error libuv has stopped watching. */
    if (status < 0 && !uv_is_closing((uv_handle_t *)poll))
        watch_again(watch);
}

int loop_fd_open(struct loop *loop, struct loop_fd *watch, int fd,
                 void (*on_ready)(struct loop_fd *fd, bool readable,
                                  bool writable))
{
    *watch = (struct loop_fd){.on_ready = on_ready, .fd = fd};
    int error = uv_poll_init(&loop->uv, &watch->poll, fd);

    if (error)
        return error;
    loop_fd_want(watch, true, false);
    return 0;
}

void loop_fd_want(struct loop_fd *watch, bool readable, bool writable)
{
    int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);

    if (events == watch->events)
        return;
    watch->events = events;
    watch_again(watch);
}

static void on_fd_closed(uv_handle_t *handle)
{
    struct loop_fd *watch = LIST_ITEM(handle, struct loop_fd, poll);

    if (watch->on_closed)
        watch->on_closed(watch);
}

void loop_fd_close(struct loop_fd *watch, void (*on_closed)(struct loop_fd *))
{
    watch->on_closed = on_closed;
    uv_close((uv_handle_t *)&watch->poll, on_fd_closed);
}

/* ---- signals ---- */

static void on_uv_signal(uv_signal_t *signal, int signum)
{
    struct loop_signal *watch = LIST_ITEM(signal, struct loop_signal, signal);

    (void)signum;
    woken(loop_of(signal->loop));
    watch->on_signal(watch);
}

int loop_signal_open(struct loop *loop, struct loop_signal *watch, int signum,
                     void (*on_signal)(struct loop_signal *signal))
{
    *watch = (struct loop_signal){.on_signal = on_signal};
    int error = uv_signal_init(&loop->uv, &watch->signal);

    if (error)
        return error;
    error = uv_signal_start(&watch->signal, on_uv_signal, signum);
    if (error)
        loop_signal_close(watch);
    return error;
}

void loop_signal_close(struct loop_signal *watch)
{
    uv_close((uv_handle_t *)&watch->signal, NULL);
}
