#include "labs/lab_rival.h"

#include "base/clock.h"
#include "labs/ports.h"
#include "wire/control.h"

#include <stdio.h>

#define MAX_BROKERS 32
#define LOOK_EVERY  CLOCK_NS_PER_S

static const struct control_broker *
on_port(const struct control_broker *brokers, int count, uint16_t port)
{
    for (int i = 0; i < count; i++) {
        if (brokers[i].port == port)
            return &brokers[i];
    }
    return NULL;
}

static void look(struct lab_rival *rival)
{
    struct control_broker brokers[MAX_BROKERS];
    int count = control_find(brokers, MAX_BROKERS);
    const struct control_broker *own =
        on_port(brokers, count, ports_number(PORTS_MQTT));
    const struct control_broker *other = NULL;

    for (int kind = PORTS_TLS; !other && kind < PORTS_COUNT; kind++)
        other = on_port(brokers, count, ports_number((enum ports_kind)kind));
    rival->text[0] = '\0';
    if (own && other)
        snprintf(
            rival->text, sizeof(rival->text),
            "Two brokers run, and only the one on port %u is watched: what "
            "you do with the one on port %u does not count. Stop that one "
            "(Ctrl-C in its terminal), then type: kill %ld. Then start "
            "yours again.",
            own->port, other->port, (long)own->pid);
}

const char *lab_rival_look(struct lab_rival *rival)
{
    uint64_t now = clock_read_monotonic_ns();

    if (!rival->looked_ns || now - rival->looked_ns >= LOOK_EVERY) {
        rival->looked_ns = now;
        look(rival);
    }
    return rival->text[0] ? rival->text : NULL;
}
