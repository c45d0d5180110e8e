#include "broker/sys_topics.h"

#include "base/alloc.h"
#include "net/timer.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNTER(member) offsetof(struct broker_counters, member)
#define NO_COUNTER      SIZE_MAX

/* A topic whose value is one counter, or the sum of two. */
struct gauge {
    const char *topic; /* below $SYS/broker */
    size_t counter;
    size_t plus; /* NO_COUNTER: none */
};

/* clang-format off */
static const struct gauge gauges[] = {
    {"bytes/received",             COUNTER(bytes_received),         NO_COUNTER},
    {"bytes/sent",                 COUNTER(bytes_sent),             NO_COUNTER},
    {"clients/active",             COUNTER(clients_connected),      NO_COUNTER},
    {"clients/connected",          COUNTER(clients_connected),      NO_COUNTER},
    {"clients/disconnected",       COUNTER(clients_disconnected),   NO_COUNTER},
    {"clients/expired",            COUNTER(clients_expired),        NO_COUNTER},
    {"clients/inactive",           COUNTER(clients_disconnected),   NO_COUNTER},
    {"clients/maximum",            COUNTER(clients_maximum),        NO_COUNTER},
    {"clients/total",              COUNTER(clients_connected),
                                               COUNTER(clients_disconnected)},
    {"heap/current",               COUNTER(heap_bytes),             NO_COUNTER},
    {"heap/maximum",               COUNTER(heap_maximum),           NO_COUNTER},
    {"messages/inflight",          COUNTER(messages_inflight),      NO_COUNTER},
    {"messages/received",          COUNTER(messages_received),      NO_COUNTER},
    {"messages/sent",              COUNTER(messages_sent),          NO_COUNTER},
    {"messages/stored",            COUNTER(stored_messages),        NO_COUNTER},
    {"publish/bytes/received",     COUNTER(publish_bytes_received), NO_COUNTER},
    {"publish/bytes/sent",         COUNTER(publish_bytes_sent),     NO_COUNTER},
    {"publish/messages/dropped",   COUNTER(publish_dropped),        NO_COUNTER},
    {"publish/messages/received",  COUNTER(publish_received),       NO_COUNTER},
    {"publish/messages/sent",      COUNTER(publish_sent),           NO_COUNTER},
    {"retained messages/count",    COUNTER(retained_messages),      NO_COUNTER},
    {"shared_subscriptions/count", COUNTER(shared_subscriptions),   NO_COUNTER},
    {"store/messages/bytes",       COUNTER(stored_bytes),           NO_COUNTER},
    {"store/messages/count",       COUNTER(stored_messages),        NO_COUNTER},
    {"subscriptions/count",        COUNTER(subscriptions),          NO_COUNTER},
};

/* Counters whose rate per minute is averaged. */
static const struct {
    const char *name;
    size_t counter;
} loads[] = {
    {"bytes/received",    COUNTER(bytes_received)},
    {"bytes/sent",        COUNTER(bytes_sent)},
    {"connections",       COUNTER(connections_opened)},
    {"messages/received", COUNTER(messages_received)},
    {"messages/sent",     COUNTER(messages_sent)},
    {"publish/dropped",   COUNTER(publish_dropped)},
    {"publish/received",  COUNTER(publish_received)},
    {"publish/sent",      COUNTER(publish_sent)},
    {"sockets",           COUNTER(sockets_opened)},
};
/* clang-format on */

static const struct {
    const char *name;
    double minutes;
} windows[] = {
    {"1min",  1 },
    {"5min",  5 },
    {"15min", 15}
};

enum {
    GAUGES = sizeof(gauges) / sizeof(gauges[0]),
    LOADS = sizeof(loads) / sizeof(loads[0]),
    WINDOWS = sizeof(windows) / sizeof(windows[0]),
};

struct sys_topics {
    struct sys_topics_host host;
    struct timer timer;
    struct broker_counters last; /* at the last refresh */
    uint64_t started_ms;
    uint64_t last_ms; /* when the last refresh was */
    bool published;   /* once, so only changes follow */
    double load[LOADS][WINDOWS];
    long load_shown[LOADS][WINDOWS]; /* in hundredths, as published */
};

static uint64_t counter_of(const struct broker_counters *counters, size_t at)
{
    return at == NO_COUNTER
               ? 0
               : *(const uint64_t *)(const void *)((const char *)counters + at);
}

static uint64_t gauge_value(const struct gauge *gauge,
                            const struct broker_counters *counters)
{
    return counter_of(counters, gauge->counter) +
           counter_of(counters, gauge->plus);
}

static void publish(struct sys_topics *sys, const char *topic,
                    const char *value)
{
    char name[80];
    int len = snprintf(name, sizeof(name), "$SYS/broker/%s", topic);
    const struct mqtt_publish message = {
        .retain = true,
        .topic = slice_of(name, (size_t)len),
        .payload = slice_of_string(value),
    };

    sys->host.publish(sys->host.context, &message);
}

static void publish_gauges(struct sys_topics *sys,
                           const struct broker_counters *now)
{
    char value[24];

    for (size_t i = 0; i < GAUGES; i++) {
        uint64_t is = gauge_value(&gauges[i], now);

        if (sys->published && is == gauge_value(&gauges[i], &sys->last))
            continue;
        snprintf(value, sizeof(value), "%llu", (unsigned long long)is);
        publish(sys, gauges[i].topic, value);
    }
}

/*
 * The average of the last minutes in which what is older counts ever less, as
 * a system's load is averaged: right for any time between two looks.
 */
static void average_loads(struct sys_topics *sys,
                          const struct broker_counters *now, double minutes)
{
    for (size_t i = 0; i < LOADS && minutes > 0; i++) {
        uint64_t events = counter_of(now, loads[i].counter) -
                          counter_of(&sys->last, loads[i].counter);
        double rate = (double)events / minutes;

        for (size_t w = 0; w < WINDOWS; w++) {
            double keep = exp(-minutes / windows[w].minutes);

            sys->load[i][w] = rate + (sys->load[i][w] - rate) * keep;
        }
    }
}

static void publish_loads(struct sys_topics *sys)
{
    char topic[64];
    char value[32];

    for (size_t i = 0; i < LOADS; i++) {
        for (size_t w = 0; w < WINDOWS; w++) {
            long hundredths = lround(sys->load[i][w] * 100);

            if (sys->published && hundredths == sys->load_shown[i][w])
                continue;
            sys->load_shown[i][w] = hundredths;
            snprintf(topic, sizeof(topic), "load/%s/%s", loads[i].name,
                     windows[w].name);
            snprintf(value, sizeof(value), "%.2f", sys->load[i][w]);
            publish(sys, topic, value);
        }
    }
}

void sys_topics_refresh(struct sys_topics *sys)
{
    uint64_t now_ms = clock_ms(&sys->host.loop->clock);

    if (!sys->host.interval_s)
        return;
    if (sys->host.gather)
        sys->host.gather(sys->host.context);
    /* What is published is counted too, and must not be seen halfway. */
    const struct broker_counters now = *sys->host.counters;
    uint64_t uptime_s = (now_ms - sys->started_ms) / 1000;
    char uptime[40];

    if (!sys->published)
        publish(sys, "version", "mqttlab version " MQTTLAB_VERSION);
    if (!sys->published ||
        uptime_s != (sys->last_ms - sys->started_ms) / 1000) {
        snprintf(uptime, sizeof(uptime), "%llu seconds",
                 (unsigned long long)uptime_s);
        publish(sys, "uptime", uptime);
    }
    average_loads(sys, &now, (double)(now_ms - sys->last_ms) / 60000);
    publish_gauges(sys, &now);
    publish_loads(sys);
    sys->last = now;
    sys->last_ms = now_ms;
    sys->published = true;
}

void sys_topics_touch(struct sys_topics *sys)
{
    if (sys->host.interval_s && !timer_is_set(&sys->timer))
        timer_set(sys->host.loop, &sys->timer,
                  sys->host.interval_s * UINT64_C(1000));
}

/* Set again only for somebody who watches: the uptime always changes. */
static void on_interval(struct timer *timer)
{
    struct sys_topics *sys = LIST_ITEM(timer, struct sys_topics, timer);

    sys_topics_refresh(sys);
    if (sys->host.is_wanted(sys->host.context,
                            slice_of_string("$SYS/broker/uptime")))
        sys_topics_touch(sys);
}

void sys_topics_set_interval(struct sys_topics *sys, uint32_t interval_s)
{
    if (interval_s == sys->host.interval_s)
        return;
    sys->host.interval_s = interval_s;
    timer_cancel(&sys->timer);
    sys_topics_refresh(sys);
    sys_topics_touch(sys);
}

struct sys_topics *sys_topics_new(const struct sys_topics_host *host)
{
    struct sys_topics *sys = alloc_zero(1, sizeof(*sys));

    sys->host = *host;
    sys->started_ms = sys->last_ms = clock_ms(&host->loop->clock);
    timer_init(&sys->timer, on_interval);
    return sys;
}

void sys_topics_free(struct sys_topics *sys)
{
    if (!sys)
        return;
    timer_cancel(&sys->timer);
    free(sys);
}
