/*
 * What the broker counts. Plain numbers, incremented where things happen;
 * sys_topics publishes them, control reports them.
 *
 * The first part only grows; the second goes up and down and is kept by
 * whoever owns what is counted.
 */
#ifndef BROKER_COUNTERS_H
#define BROKER_COUNTERS_H

#include <stdint.h>

struct broker_counters {
    /* Since the start. A message is any Control Packet, as $SYS calls it. */
    uint64_t bytes_received;
    uint64_t bytes_sent;
    uint64_t messages_received;
    uint64_t messages_sent;
    uint64_t publish_received; /* PUBLISH packets */
    uint64_t publish_sent;
    uint64_t publish_dropped;        /* a queue was full, or it expired */
    uint64_t publish_bytes_received; /* payload bytes */
    uint64_t publish_bytes_sent;
    uint64_t sockets_opened;     /* Network Connections accepted */
    uint64_t connections_opened; /* CONNECTs accepted */
    uint64_t clients_expired;    /* sessions that expired while away */
    uint64_t clients_maximum;    /* most clients connected at a time */

    /* Now. */
    uint64_t clients_connected;
    uint64_t clients_disconnected; /* sessions kept while away */
    uint64_t messages_inflight;    /* sent and not yet acknowledged */
    uint64_t stored_messages;      /* held in queues, in flight, retained */
    uint64_t stored_bytes;
    uint64_t retained_messages;
    uint64_t subscriptions;
    uint64_t shared_subscriptions;
    uint64_t heap_bytes;   /* that malloc has given us */
    uint64_t heap_maximum; /* the most that was seen when looking */
};

#endif
