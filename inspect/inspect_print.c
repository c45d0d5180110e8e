#include "inspect/inspect_print.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* So many bytes go into a pipe that poll calls writable, on any system. */
#define MAX_AT_ONCE 512u

#define END_MS 1000 /* without a byte read, the reader has stopped */

void inspect_print_release(struct inspect_print *print)
{
    buf_release(&print->out);
}

/* The bytes written, 0: none just now. */
static size_t print_bytes(struct inspect_print *print, size_t at, size_t most)
{
    size_t len = print->out.len - at;
    ssize_t written =
        write(STDOUT_FILENO, print->out.bytes + at, len < most ? len : most);

    if (written < 0 && errno != EINTR && errno != EAGAIN) {
        print->deaf = true;
        print->error = errno != EPIPE ? -errno : 0;
    }
    return written > 0 ? (size_t)written : 0;
}

void inspect_print_all(struct inspect_print *print)
{
    struct pollfd fd = {STDOUT_FILENO, POLLOUT, 0};

    for (size_t at = 0; at < print->out.len && !print->deaf;) {
        size_t printed = print_bytes(print, at, print->out.len);

        if (!printed && !print->deaf) /* a pipe that does not wait itself */
            poll(&fd, 1, -1);
        at += printed;
    }
    buf_clear(&print->out);
}

/* For each piece standard output is waited for, so long. */
static void print_in_pieces(struct inspect_print *print, int wait_ms)
{
    struct pollfd fd = {STDOUT_FILENO, POLLOUT, 0};
    size_t at = 0;

    while (at < print->out.len && !print->deaf && poll(&fd, 1, wait_ms) > 0)
        at += print_bytes(print, at, MAX_AT_ONCE);
    if (print->deaf)
        at = print->out.len;
    buf_consume(&print->out, at);
}

static void tell_left_out(struct inspect_print *print)
{
    if (print->left_out)
        fprintf(stderr,
                "mqttlab: inspect: %" PRIu64
                " rows are not shown here: they were not read in time\n",
                print->left_out);
    print->left_out = 0;
}

bool inspect_print_some(struct inspect_print *print)
{
    print_in_pieces(print, 0);
    if (print->out.len)
        return false;
    tell_left_out(print);
    return true;
}

bool inspect_print_has_room(struct inspect_print *print)
{
    if (print->out.len < INSPECT_PRINT_MAX_BYTES && !print->left_out)
        return true;
    print->left_out++;
    return false;
}

void inspect_print_end(struct inspect_print *print)
{
    print_in_pieces(print, END_MS);
    tell_left_out(print);
}
