/*
 * Open the dashboard: find or start the broker that it watches.
 */
#ifndef TUI_DASHBOARD_H
#define TUI_DASHBOARD_H

#include "tui/panel.h"
#include "tui/screen.h"

#include <stdint.h>

struct dashboard_options {
    struct screen_options screen;
    uint16_t port;           /* of the broker that is started; 0: 1883 */
    const char *config;      /* mosquitto.conf for it; NULL: none */
    bool with_keys;          /* the broker records the keys of TLS */
    const char *folder;      /* where it runs; NULL: here */
    const struct panel *lab; /* shown in the lab view; NULL: none */
    size_t max_bytes;        /* of the history; 0: DASHBOARD_BYTES */
    const uint16_t *ports;   /* ends with 0: other ports by which the broker may
                              be known when it was started anew; NULL: none */
    bool watch;              /* a broker of ours that has the port already is
                              watched without asking */
    /* Told the port before a broker is started there: it may be another than
       was asked for. Returns 0 or a negative errno. NULL: nobody is told. */
    int (*on_port)(void *owner, uint16_t port);
    void *owner; /* given to on_port */
    bool plain;  /* lines of text in place of the screen */
    bool json;   /* and these as objects of JSON */
};

#define DASHBOARD_BYTES (48u << 20)

/*
 * Start a broker on the port, watch it, and show the dashboard until the user
 * leaves; then end the broker. When the port is taken the user is asked what
 * to do. Returns the exit code.
 */
int dashboard_run(const struct dashboard_options *options);

#endif
