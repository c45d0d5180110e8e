/*
 * A proxy in front of any broker: what passes is shown and recorded, and is
 * passed on as it came.
 *
 * Its records go to a tap with a control socket, so dashboard, labs and grader
 * watch the broker behind it as they watch our own.
 */
#ifndef INSPECT_INSPECT_PROXY_H
#define INSPECT_INSPECT_PROXY_H

#include "capture/capture.h"

struct inspect_proxy_options {
    const char *listen;   /* "1884", "0.0.0.0:1884" */
    const char *upstream; /* "broker.example:1883", "mqtts://..." */
    const char *certfile; /* with a key: clients come with TLS */
    const char *keyfile;
    const char *cafile; /* whom we trust as the broker's authority; NULL: those
                           that the system trusts */
    bool insecure;      /* whatever name its certificate has */
    struct capture_options capture; /* with on_row; ports are not looked at */
    /* Nothing more is there just now. Must not wait; false: call it again
       soon. */
    bool (*on_turn)(void *context);
};

/*
 * Listen until SIGINT or SIGTERM. Returns the exit code; problems are told on
 * standard error, and so is the port.
 */
int inspect_proxy_run(const struct inspect_proxy_options *options);

#endif
