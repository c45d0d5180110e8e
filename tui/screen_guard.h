/*
 * Who gives the terminal back when the dashboard cannot: SIGKILL leaves it no
 * moment for that. A process more waits for its end and does it then.
 */
#ifndef TUI_SCREEN_GUARD_H
#define TUI_SCREEN_GUARD_H

#include <stddef.h>
#include <sys/socket.h>
#include <termios.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* SO_NOSIGPIPE is set instead */
#endif

/*
 * Begin to watch this process: when it is killed, text goes to standard output,
 * and a line that says so; termios is set if no shell has set its own. Returns
 * a descriptor for screen_guard_end, or -1 when there is nobody to watch.
 */
int screen_guard_begin(const char *text, size_t len,
                       const struct termios *termios);

/* Sent to the guard with MSG_NOSIGNAL it does the same, in a signal handler. */
#define SCREEN_GUARD_BYE "q"

/* This process gives the terminal back itself. */
void screen_guard_end(int *guard);

#endif
