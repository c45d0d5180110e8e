#include "net/transport_memory.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "net/timer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes that were written together. */
struct mark {
    size_t len; /* how many of them are still in the inbox */
    uint64_t due_ns;
};

/*
 * An end owns what is on its way to it. Whatever happens to it is told to its
 * owner by its task, at the start of a turn.
 */
struct end {
    struct transport transport;
    struct loop *loop;
    struct end *other;                     /* NULL: freed */
    struct transport_memory_faults faults; /* of what comes to this end */
    struct buf inbox;
    struct buf marks; /* struct mark: the inbox's stretches, in order */
    struct loop_task task;
    struct timer timer; /* until something delayed is due */
    unsigned number;    /* 0 or 1 */
    bool opened;
    bool paused;
    bool blocked;  /* a write was cut short */
    bool writable; /* and may go on now */
    bool cut;      /* reset, still to be told */
    bool finished; /* the other end closed; its last bytes may be under way */
    bool ended;    /* on_end was called */
    bool closed;
};

static struct mark *first_mark(struct end *end)
{
    return (struct mark *)(void *)end->marks.bytes;
}

static void drop_inbox(struct end *end)
{
    buf_release(&end->marks);
    buf_release(&end->inbox);
}

static void wake(struct end *end)
{
    loop_at_start(end->loop, &end->task);
}

/* ---- what an owner is told ---- */

static void finish_closing(struct end *end)
{
    if (end->other)
        end->other->other = NULL;
    timer_cancel(&end->timer);
    drop_inbox(end);
    end->transport.events->on_closed(end->transport.owner);
    free(end);
}

static void tell_end(struct end *end, int error)
{
    end->ended = true;
    end->transport.events->on_end(end->transport.owner, error);
}

static bool may_read(const struct end *end)
{
    return !end->paused && !end->closed && !end->ended;
}

/* How many bytes are due; for later ones the timer is set. */
static size_t due_bytes(struct end *end)
{
    uint64_t now = end->loop->clock.monotonic_ns;
    size_t count = end->marks.len / sizeof(struct mark);
    size_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        const struct mark *mark = first_mark(end) + i;

        if (mark->due_ns > now) {
            uint64_t wait_ns = mark->due_ns - now + CLOCK_NS_PER_MS - 1;

            timer_set(end->loop, &end->timer, wait_ns / CLOCK_NS_PER_MS);
            break;
        }
        sum += mark->len;
    }
    return sum;
}

static void unmark(struct end *end, size_t len)
{
    while (len) {
        struct mark *mark = first_mark(end);
        size_t part = len < mark->len ? len : mark->len;

        mark->len -= part;
        len -= part;
        if (!mark->len)
            buf_consume(&end->marks, sizeof(*mark));
    }
}

/* Let a writer that had to stop go on. */
static void unblock(struct end *writer)
{
    if (!writer || !writer->blocked)
        return;
    writer->blocked = false;
    writer->writable = true;
    wake(writer);
}

/* Hand over one piece of what is due. */
static void deliver(struct end *end)
{
    size_t len = due_bytes(end);
    size_t most = end->faults.chunk_bytes;

    if (most == 0 || most > LOOP_SCRATCH_BYTES)
        most = LOOP_SCRATCH_BYTES;
    if (len > most) {
        len = most;
        wake(end);
    }
    if (!len)
        return;
    /* Out of the inbox first: the owner may make the other end write. */
    memcpy(end->loop->scratch, end->inbox.bytes, len);
    buf_consume(&end->inbox, len);
    unmark(end, len);
    unblock(end->other);
    end->transport.events->on_bytes(end->transport.owner,
                                    slice_of(end->loop->scratch, len));
}

static void on_task(struct loop_task *task)
{
    struct end *end = LIST_ITEM(task, struct end, task);

    if (end->closed) {
        finish_closing(end);
        return;
    }
    if (!end->opened) {
        end->opened = true;
        wake(end);
        end->transport.events->on_open(end->transport.owner);
        return;
    }
    if (end->cut && !end->ended) {
        tell_end(end, -ECONNRESET);
        return;
    }
    if (may_read(end))
        deliver(end);
    if (end->writable && !end->closed) {
        end->writable = false;
        end->transport.events->on_writable(end->transport.owner);
    }
    if (may_read(end) && end->finished && !end->inbox.len)
        tell_end(end, 0);
    else if (may_read(end) && end->finished && !timer_is_set(&end->timer))
        wake(end);
}

static void on_timer(struct timer *timer)
{
    wake(LIST_ITEM(timer, struct end, timer));
}

/* ---- what an owner can do ---- */

static size_t room_at(const struct end *to, size_t len)
{
    size_t capacity = to->faults.capacity_bytes;
    size_t unread = to->inbox.len;

    if (!capacity || unread + len <= capacity)
        return len;
    return unread < capacity ? capacity - unread : 0;
}

static ssize_t memory_writev(struct transport *transport,
                             const struct iovec *parts, int count)
{
    struct end *end = (struct end *)transport;
    struct end *to = end->other;
    size_t taken = 0;

    if (end->cut || end->finished || !to || to->closed)
        return -EPIPE;
    for (int i = 0; i < count && !end->blocked; i++) {
        size_t len = room_at(to, parts[i].iov_len);

        buf_append(&to->inbox, parts[i].iov_base, len);
        taken += len;
        end->blocked = len < parts[i].iov_len;
    }
    if (taken) {
        struct mark mark = {
            .len = taken,
            .due_ns = end->loop->clock.monotonic_ns +
                      to->faults.delay_ms * CLOCK_NS_PER_MS,
        };

        buf_append(&to->marks, &mark, sizeof(mark));
        wake(to);
    }
    return (ssize_t)taken;
}

static void memory_pause(struct transport *transport, bool pause)
{
    struct end *end = (struct end *)transport;

    end->paused = pause;
    if (!pause)
        wake(end);
}

static void memory_close(struct transport *transport, bool abort)
{
    struct end *end = (struct end *)transport;

    if (end->closed)
        return;
    end->closed = true;
    wake(end);
    if (!end->other || end->other->closed)
        return;
    if (abort) {
        end->other->cut = true;
        drop_inbox(end->other);
    }
    end->other->finished = true;
    wake(end->other);
}

static void memory_peer(struct transport *transport, char *text, size_t size)
{
    const struct end *end = (struct end *)transport;

    snprintf(text, size, "memory:%u", 1 - end->number);
}

static void memory_local(struct transport *transport, char *text, size_t size)
{
    const struct end *end = (struct end *)transport;

    snprintf(text, size, "memory:%u", end->number);
}

static const struct transport_ops ops = {
    .name = "memory",
    .writev = memory_writev,
    .pause = memory_pause,
    .close = memory_close,
    .peer = memory_peer,
    .local = memory_local,
};

void transport_memory_pair(struct loop *loop, struct transport *ends[2],
                           const struct transport_events *events[2],
                           void *owners[2])
{
    struct end *pair[2];

    for (unsigned i = 0; i < 2; i++) {
        struct end *end = alloc_zero(1, sizeof(*end));

        end->transport = (struct transport){&ops, events[i], owners[i]};
        end->loop = loop;
        end->number = i;
        loop_task_init(&end->task, on_task);
        timer_init(&end->timer, on_timer);
        wake(end);
        pair[i] = end;
        ends[i] = &end->transport;
    }
    pair[0]->other = pair[1];
    pair[1]->other = pair[0];
}

void transport_memory_set_faults(struct transport *transport,
                                 const struct transport_memory_faults *faults)
{
    struct end *end = (struct end *)transport;

    if (end->other)
        end->other->faults = *faults;
}

void transport_memory_cut(struct transport *transport)
{
    struct end *end = (struct end *)transport;
    struct end *both[2] = {end, end->other};

    for (int i = 0; i < 2; i++) {
        if (!both[i])
            continue;
        both[i]->cut = true;
        drop_inbox(both[i]);
        wake(both[i]);
    }
}
