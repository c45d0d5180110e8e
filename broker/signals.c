#include "broker/signals.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static const struct {
    int number;
    enum signals_wish wish;
} wishes[SIGNALS_COUNT] = {
    {SIGINT,  SIGNALS_STOP  },
    {SIGTERM, SIGNALS_STOP  },
    {SIGHUP,  SIGNALS_RELOAD},
    {SIGUSR1, SIGNALS_SAVE  },
    {SIGUSR2, SIGNALS_SHOW  },
};

static bool has_terminal(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void on_any(struct loop_signal *signal)
{
    const struct signals_watch *watch =
        LIST_ITEM(signal, struct signals_watch, signal);
    struct signals *signals = watch->all;
    enum signals_wish wish = watch->wish;

    /* Who closes the window of a terminal wants an end, not a reload. */
    if (wish == SIGNALS_RELOAD && signals->had_terminal && !has_terminal())
        wish = SIGNALS_STOP;
    signals->on_signal(signals->owner, wish);
}

void signals_open(struct signals *signals, struct loop *loop,
                  void (*on_signal)(void *owner, enum signals_wish wish),
                  void *owner)
{
    *signals = (struct signals){
        .on_signal = on_signal,
        .owner = owner,
        .had_terminal = has_terminal(),
    };
    for (size_t i = 0; i < SIGNALS_COUNT; i++) {
        struct signals_watch *watch = &signals->watches[i];

        watch->all = signals;
        watch->wish = wishes[i].wish;
        loop_signal_open(loop, &watch->signal, wishes[i].number, on_any);
    }
}

void signals_close(struct signals *signals)
{
    for (size_t i = 0; i < SIGNALS_COUNT; i++)
        loop_signal_close(&signals->watches[i].signal);
}
