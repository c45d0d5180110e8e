/*
 * The limit on all memory (memory_limit).
 *
 * What the process takes is asked of the system, after so much traffic or after
 * a while: counting every allocation would cost more, and would not count what
 * the libraries take.
 */
#ifndef BROKER_MEMORY_WATCH_H
#define BROKER_MEMORY_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct broker;

struct memory_watch {
    int64_t (*measure)(
        void);              /* private bytes, -1: unknown; a test has its own */
    uint64_t traffic_bytes; /* both ways, when it was measured last */
    uint64_t at_ms;         /* when that was */
    uint64_t used_bytes;    /* what it was */
    bool full;              /* nothing that stays may be added */
};

/* When nothing may be added, so much may still be under way to one client. */
#define MEMORY_WATCH_CLIENT_BYTES 65536u

/* For texts: why something was refused. */
#define MEMORY_WATCH_TEXT "the broker has reached memory_limit"

void memory_watch_init(struct memory_watch *watch);

/* Measure, if it is time to. */
void memory_watch_look(struct broker *broker);

/*
 * May one more connection begin a handshake, of TLS or WebSocket? It takes
 * memory before there is a CONNECT that could be refused, so near the limit
 * only a few are under way at a time.
 */
bool memory_watch_admits(struct broker *broker);

#endif
