/*
 * A load generator: the same load for any broker, measured from outside.
 *
 * Every publisher has a window of messages that were published and are not yet
 * delivered to all subscribers (and, at QoS 1 and 2, acknowledged to the
 * publisher). So a broker is never given more than it can take, its queues
 * stay short, and a message that is lost is the broker's doing. The generator
 * works in batches: one read brings many messages, which allow as many new
 * ones, which go out in one write.
 */
#ifndef CLIENT_BENCH_H
#define CLIENT_BENCH_H

#include "client/histogram.h"
#include "mqtt/mqtt.h"

#include <stdbool.h>
#include <stdint.h>

enum bench_workload {
    BENCH_PAIRS,      /* publisher i to subscriber i */
    BENCH_FAN_IN,     /* all publishers to one subscriber, by a wildcard */
    BENCH_FAN_OUT,    /* one publisher to all subscribers */
    BENCH_SHARED,     /* all publishers to receivers that share */
    BENCH_PING_PONG,  /* pairs with one message under way in each */
    BENCH_RETAINED,   /* retained messages to a new "#", again and again */
    BENCH_CONNECT,    /* connect, disconnect, connect again */
    BENCH_IDLE,       /* memory of connections that do nothing */
    BENCH_SUBSCRIBED, /* the same, with one subscription each */
    BENCH_FILTERS,    /* memory of Topic Filters */
    BENCH_MESSAGES,   /* memory of retained messages */
    BENCH_START,      /* memory of a broker that nobody has come to */
};

/* "pairs", "fan-in" and so on; NULL behind the last. */
const char *bench_workload_name(unsigned workload);

/* Is it about memory, and not about time? */
static inline bool bench_is_memory(enum bench_workload workload)
{
    return workload >= BENCH_IDLE;
}

/* Are messages published and delivered? */
static inline bool bench_has_messages(enum bench_workload workload)
{
    return workload < BENCH_CONNECT;
}

/* How the broker is started that is measured. */
enum bench_variant {
    BENCH_PLAIN,
    BENCH_TAPPED,     /* our own: somebody reads its records */
    BENCH_PERSISTENT, /* with persistence */
};

/* What the connections go over. */
enum bench_way {
    BENCH_TCP,
    BENCH_TLS,
    BENCH_TLS_RESUMED, /* each connection resumes the session of the last */
    BENCH_WS,          /* WebSocket */
    BENCH_WSS,         /* WebSocket over TLS */
};

/* "tcp", "tls" and so on; NULL behind the last. */
const char *bench_way_name(unsigned way);
bool bench_way_is_tls(enum bench_way way);
bool bench_way_is_ws(enum bench_way way);

struct bench_plan {
    enum bench_workload workload;
    enum bench_variant variant;
    enum bench_way over;
    const char *cafile; /* borrowed; who signed the broker's certificate */
    const char *host;   /* borrowed */
    uint16_t port;
    unsigned connections; /* pairs; publishers or subscribers; connections */
    unsigned receivers;   /* of BENCH_SHARED: subscribers */
    /* BENCH_RETAINED, BENCH_FILTERS, BENCH_MESSAGES: how many. Of the others
       that have messages: Topic Filters of another client, which match none
       of them. */
    uint32_t stored;
    uint8_t qos;
    bool durable;    /* subscribers with sessions that outlive connections */
    uint32_t window; /* messages under way per publisher, 1..10,000 */
    uint32_t payload_bytes;
    uint64_t messages; /* publish so many; 0: for so many seconds */
    double seconds;
    enum mqtt_version version;
    int pid; /* the broker's process; 0: not known */
    /* The generator has a processor to itself and never waits there: then no
       write of the broker pays for waking it, which can cost more than the
       write. */
    bool never_sleep;
};

/* Payloads of at least so many bytes carry the time of publishing, and the
   order of messages. */
#define BENCH_STAMP_BYTES    8
#define BENCH_SEQUENCE_BYTES 16

struct bench_result {
    char error[200];       /* empty: all went well */
    bool interrupted;      /* by SIGINT or SIGTERM */
    uint64_t published;    /* in all; of BENCH_CONNECT: connections made; of
                              BENCH_RETAINED: messages asked for */
    uint64_t delivered;    /* in all */
    uint64_t lost;         /* published, but never delivered */
    uint64_t out_of_order; /* delivered behind a later one, or again */
    /* From here on: after the warm-up, until publishing ended. */
    uint64_t measured; /* messages delivered */
    double seconds;
    int64_t broker_cpu_us;    /* -1: not known */
    int64_t generator_cpu_us; /* of this process */
    double bytes;             /* of memory for one; negative: not known */
    struct histogram latency; /* ns; empty when payloads are too small */
};

/* Run to the end. Returns false with result->error when it could not. */
bool bench_run(const struct bench_plan *plan, struct bench_result *result);

/*
 * Messages delivered (for BENCH_CONNECT, connections made) in a second, and
 * the broker's CPU microseconds for one; negative when not known.
 */
double bench_rate(const struct bench_result *result);
double bench_cpu_us(const struct bench_result *result);

#endif
