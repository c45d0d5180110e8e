#include "net/sender.h"

#include "base/alloc.h"
#include "net/sender_ring.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* socket_prepare has set SO_NOSIGPIPE instead */
#endif

struct sender {
    int from_count;
    struct sender_ring *ring; /* owned; NULL: not yet, or not here */
    bool refused;             /* the system has none for us */
};

struct sender *sender_new(int from_count)
{
    struct sender *sender = alloc_zero(1, sizeof(*sender));

    sender->from_count = from_count;
    return sender;
}

void sender_free(struct sender *sender)
{
    if (sender)
        sender_ring_free(sender->ring);
    free(sender);
}

ssize_t sender_send_one(int fd, const void *bytes, size_t len)
{
    ssize_t taken;

    do
        taken = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (taken < 0 && errno == EINTR);
    return taken < 0 ? -errno : taken;
}

/* It is made when there is first something for it: most programs that have a
   loop never need one. */
static struct sender_ring *ring_of(struct sender *sender)
{
    if (!sender->ring && !sender->refused) {
        sender->ring = sender_ring_new();
        sender->refused = !sender->ring;
    }
    return sender->ring;
}

/* Returns how many of the first items were sent. */
static int send_at_once(struct sender *sender, struct sender_item *items,
                        int count)
{
    int sent = sender_ring_send(sender->ring, items, count);

    if (sent < count) {
        sender_ring_free(sender->ring);
        sender->ring = NULL;
        sender->refused = true;
    }
    return sent;
}

int sender_send(struct sender *sender, struct sender_item *items, int count)
{
    int calls = 0;
    int sent = 0;

    while (count - sent >= sender->from_count && ring_of(sender)) {
        int some = count - sent;

        if (some > SENDER_AT_ONCE)
            some = SENDER_AT_ONCE;
        sent += send_at_once(sender, items + sent, some);
        calls++;
    }
    for (; sent < count; sent++, calls++)
        items[sent].result =
            sender_send_one(items[sent].fd, items[sent].bytes, items[sent].len);
    return calls;
}
