/*
 * Clients that were started from the dashboard: devices, demonstrations,
 * subscribers. Each is a process of this same program and ends with it.
 */
#ifndef TUI_CREW_H
#define TUI_CREW_H

#include "tui/child.h"

#define CREW_MAX 32

struct crew_member {
    struct child child;
    char name[64]; /* "thermometer-1" */
};

struct crew {
    unsigned port; /* of the broker; 0: there is none to connect to */
    const char
        *folder; /* where a lab has put its scripts; NULL: there is none */
    struct crew_member members[CREW_MAX];
    size_t count;
    unsigned started; /* ever, of all kinds */
    char said[200];
};

/*
 * Start one. Each returns what to say, valid until the next call.
 * kind: of mqttlab device, or a script; every: "2s".
 */
const char *crew_device(struct crew *crew, const char *kind, const char *every);
const char *crew_play(struct crew *crew, const char *demo);
const char *crew_subscribe(struct crew *crew, const char *topic_filter,
                           const char *qos);
const char *crew_connect(struct crew *crew, const char *client_id);

/* End the member of this name; NULL: all. */
const char *crew_stop(struct crew *crew, const char *name);

/* Look who has ended; what to say of one that failed, NULL: nothing. */
const char *crew_tick(struct crew *crew);

/* End all. */
void crew_release(struct crew *crew);

#endif
