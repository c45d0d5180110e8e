#include "labs/lab_rival.h"

#include "base/clock.h"
#include "base/process.h"
#include "labs/ports.h"
#include "labs/workspace.h"
#include "wire/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void say_two(struct lab_rival *rival, const struct control_broker *own,
                    const struct control_broker *other)
{
    snprintf(rival->text, sizeof(rival->text),
             "Two brokers run, and only the one on port %u is watched: what "
             "you do with the one on port %u does not count. Stop that one "
             "(Ctrl-C in its terminal), then type: kill %ld. Then start "
             "yours again.",
             own->port, other->port, (long)own->pid);
}

/* Does a broker that works in this place read other files than the lab's? One
   folder may have two paths: a container's, and that outside of it. */
static bool is_elsewhere(const struct control_broker *broker, const char *place,
                         const char *folder, bool configured)
{
    return strcmp(place, folder) != 0 &&
           !process_works_in(broker->pid, folder) &&
           (configured || workspace_is(place));
}

static void say_strange(struct lab_rival *rival,
                        const struct control_broker *broker, const char *place)
{
    snprintf(rival->text, sizeof(rival->text),
             "The broker on port %u is not this lab's: it runs in %.160s. "
             "Stop it (q in its dashboard, Ctrl-C in its terminal, or kill "
             "%ld). Then leave this lab with q, and begin it again.",
             broker->port, place, (long)broker->pid);
}

static void look(struct lab_rival *rival, const char *folder, bool configured)
{
    struct control_broker brokers[MAX_BROKERS];
    int count = control_find(brokers, MAX_BROKERS);
    const struct control_broker *own =
        on_port(brokers, count, ports_number(PORTS_MQTT));
    const struct control_broker *other = NULL;

    for (int kind = PORTS_TLS; !other && kind < PORTS_COUNT; kind++)
        other = on_port(brokers, count, ports_number((enum ports_kind)kind));
    rival->text[0] = '\0';
    char *place = own ? process_folder(own->pid) : NULL;
    if (place && is_elsewhere(own, place, folder, configured))
        say_strange(rival, own, place);
    else if (own && other && configured)
        say_two(rival, own, other);
    free(place);
}

const char *lab_rival_look(struct lab_rival *rival, const char *folder,
                           bool configured)
{
    uint64_t now = clock_read_monotonic_ns();

    if (!rival->looked_ns || now - rival->looked_ns >= LOOK_EVERY) {
        rival->looked_ns = now;
        look(rival, folder, configured);
    }
    return rival->text[0] ? rival->text : NULL;
}
