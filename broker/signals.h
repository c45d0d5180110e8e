/*
 * What an administrator asks of a running broker by a signal.
 */
#ifndef BROKER_SIGNALS_H
#define BROKER_SIGNALS_H

#include "net/loop.h"

#include <stdbool.h>

enum signals_wish {
    SIGNALS_STOP,   /* SIGINT, SIGTERM, or SIGHUP when the terminal is gone */
    SIGNALS_RELOAD, /* SIGHUP */
    SIGNALS_SAVE,   /* SIGUSR1 */
    SIGNALS_SHOW,   /* SIGUSR2 */
};

#define SIGNALS_COUNT 5

struct signals;

struct signals_watch {
    struct loop_signal signal;
    struct signals *all;
    enum signals_wish wish;
};

struct signals {
    struct signals_watch watches[SIGNALS_COUNT];
    void (*on_signal)(void *owner, enum signals_wish wish);
    void *owner;
    bool had_terminal;
};

/* Until signals_close; on_signal comes from the loop. */
void signals_open(struct signals *signals, struct loop *loop,
                  void (*on_signal)(void *owner, enum signals_wish wish),
                  void *owner);
void signals_close(struct signals *signals);

#endif
