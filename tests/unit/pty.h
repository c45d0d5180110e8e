/*
 * A program on a terminal that the test holds the other end of.
 */
#ifndef UNIT_PTY_H
#define UNIT_PTY_H

#include "base/buf.h"

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

struct pty {
    pid_t pid;
    int fd;            /* our end */
    int slave;         /* the program's end, to look at its settings */
    struct buf output; /* all that was written and not forgotten */
    struct termios before;
};

/* Start a program; argv ends with NULL, TERM as given. */
void pty_start(struct pty *pty, const char *const argv[], const char *term,
               int height, int width);

/* Press keys. */
void pty_press(struct pty *pty, const char *keys);

/* Read what comes until text is in the output, or the time is over. */
bool pty_shows(struct pty *pty, const char *text, int timeout_ms);

/* Read what comes for so long. */
void pty_read(struct pty *pty, int for_ms);

/* Forget what was written. */
void pty_forget(struct pty *pty);

void pty_resize(struct pty *pty, int height, int width);

/* Wait for its end: its exit code, 128 + signal, or -1 when it still runs. */
int pty_end(struct pty *pty, int timeout_ms);

/* Are the terminal's settings as they were before the program? */
bool pty_restored(const struct pty *pty);

/* Kill it if it runs; free everything. */
void pty_stop(struct pty *pty);

#endif
