#include "net/sender_ring.h"

#include "net/sender.h"

#ifdef __linux__

#include "base/alloc.h"

#include <errno.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

struct sender_ring {
    struct io_uring uring;
};

static int open_ring(struct io_uring *uring)
{
    int error = io_uring_queue_init(SENDER_AT_ONCE, uring,
                                    IORING_SETUP_SINGLE_ISSUER |
                                        IORING_SETUP_DEFER_TASKRUN |
                                        IORING_SETUP_SUBMIT_ALL);

    /* Before Linux 6.1 nobody knew all of these. */
    if (error == -EINVAL)
        error = io_uring_queue_init(SENDER_AT_ONCE, uring, 0);
    return error;
}

static bool can_send(struct io_uring *uring)
{
    struct io_uring_probe *probe = io_uring_get_probe_ring(uring);
    bool can = probe && io_uring_opcode_supported(probe, IORING_OP_SEND);

    io_uring_free_probe(probe);
    return can;
}

struct sender_ring *sender_ring_new(void)
{
    struct sender_ring *ring = alloc_zero(1, sizeof(*ring));

    if (open_ring(&ring->uring)) {
        free(ring);
        return NULL;
    }
    if (can_send(&ring->uring))
        return ring;
    sender_ring_free(ring);
    return NULL;
}

void sender_ring_free(struct sender_ring *ring)
{
    if (ring)
        io_uring_queue_exit(&ring->uring);
    free(ring);
}

/* With MSG_DONTWAIT each is tried once, while it is handed over, and is done
   with when that is. */
static void put(struct sender_ring *ring, struct sender_item *item)
{
    struct io_uring_sqe *entry = io_uring_get_sqe(&ring->uring);

    io_uring_prep_send(entry, item->fd, item->bytes, item->len,
                       MSG_NOSIGNAL | MSG_DONTWAIT);
    io_uring_sqe_set_data(entry, item);
}

/* Returns how many results there were. */
static int take_results(struct sender_ring *ring)
{
    struct io_uring_cqe *result;
    unsigned head;
    unsigned count = 0;

    io_uring_for_each_cqe(&ring->uring, head, result)
    {
        struct sender_item *item = io_uring_cqe_get_data(result);

        item->result = result->res;
        /* A signal came first: rare, and simply tried again. */
        if (item->result == -EINTR)
            item->result = sender_send_one(item->fd, item->bytes, item->len);
        count++;
    }
    io_uring_cq_advance(&ring->uring, count);
    return (int)count;
}

int sender_ring_send(struct sender_ring *ring, struct sender_item *items,
                     int count)
{
    for (int i = 0; i < count; i++)
        put(ring, &items[i]);
    int sent = io_uring_submit(&ring->uring);

    if (sent < 0)
        return 0;
    /* All results are there; were one not, it would be waited for, since the
       bytes are borrowed until then. */
    for (int done = take_results(ring); done < sent;) {
        struct io_uring_cqe *result;

        io_uring_wait_cqe(&ring->uring, &result);
        done += take_results(ring);
    }
    return sent;
}

#else

struct sender_ring *sender_ring_new(void)
{
    return NULL;
}

void sender_ring_free(struct sender_ring *ring)
{
    (void)ring;
}

int sender_ring_send(struct sender_ring *ring, struct sender_item *items,
                     int count)
{
    (void)ring;
    (void)items;
    (void)count;
    return 0;
}

#endif
