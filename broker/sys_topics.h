/*
 * Counters under $SYS/broker, as mosquitto names them: retained, QoS 0.
 *
 * They are published sys_interval seconds after something happened, and only
 * those that changed. While nobody subscribes to them and nothing happens, no
 * timer is set: the broker sleeps. Then what is retained is as old as the last
 * event, so whoever subscribes to "$SYS/..." gets fresh ones first
 * (sys_topics_refresh).
 */
#ifndef BROKER_SYS_TOPICS_H
#define BROKER_SYS_TOPICS_H

#include "broker/counters.h"
#include "mqtt/publish.h"
#include "net/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct sys_topics;

/* What it needs of its broker; all borrowed until sys_topics_free. */
struct sys_topics_host {
    struct loop *loop;
    const struct broker_counters *counters;
    uint32_t interval_s; /* sys_interval; 0: no $SYS at all */
    /* Bring those counters up to date that are not kept; may be NULL. */
    void (*gather)(void *context);
    /* Publish on the broker's behalf. */
    void (*publish)(void *context, const struct mqtt_publish *publish);
    /* Does anybody connected subscribe to this topic? */
    bool (*is_wanted)(void *context, struct slice topic_name);
    void *context;
};

/* Publishes nothing yet: the broker calls sys_topics_refresh when it is ready
   to take messages. */
struct sys_topics *sys_topics_new(const struct sys_topics_host *host);
void sys_topics_free(struct sys_topics *sys_topics);

/* Publish so often from now on; 0: no more, what is retained stays. */
void sys_topics_set_interval(struct sys_topics *sys_topics,
                             uint32_t interval_s);

/*
 * Something was counted: publish within sys_interval. Cheap, for every batch
 * of packets that came, every connection that opened or ended.
 */
void sys_topics_touch(struct sys_topics *sys_topics);

/* Publish what changed now: at the start, and before the retained messages of
   a Topic Filter that begins with "$SYS" are sent. */
void sys_topics_refresh(struct sys_topics *sys_topics);

#endif
