#include "pty.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

static void become(const struct pty *pty, const char *const argv[],
                   const char *term)
{
    setsid();
    ioctl(pty->slave, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; fd++)
        dup2(pty->slave, fd);
    close(pty->fd);
    setenv("TERM", term, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    execv(argv[0], (char **)(uintptr_t)argv);
    _exit(127);
}

void pty_start(struct pty *pty, const char *const argv[], const char *term,
               int height, int width)
{
    *pty = (struct pty){.fd = posix_openpt(O_RDWR | O_NOCTTY)};
    ck_assert_int_ge(pty->fd, 0);
    ck_assert_int_eq(grantpt(pty->fd), 0);
    ck_assert_int_eq(unlockpt(pty->fd), 0);
    pty->slave = open(ptsname(pty->fd), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(pty->slave, 0);
    pty_resize(pty, height, width);
    ck_assert_int_eq(tcgetattr(pty->slave, &pty->before), 0);
    pty->pid = fork();
    if (pty->pid == 0)
        become(pty, argv, term);
    ck_assert_int_gt(pty->pid, 0);
}

void pty_press(struct pty *pty, const char *keys)
{
    ck_assert_int_eq(write(pty->fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

static bool read_some(struct pty *pty, int timeout_ms)
{
    struct pollfd ready = {.fd = pty->fd, .events = POLLIN};
    char bytes[65536];
    ssize_t got;

    if (poll(&ready, 1, timeout_ms) <= 0)
        return false;
    got = read(pty->fd, bytes, sizeof(bytes));
    if (got > 0)
        buf_append(&pty->output, bytes, (size_t)got);
    return got > 0;
}

static uint64_t now_ms(void)
{
    return clock_read_monotonic_ns() / CLOCK_NS_PER_MS;
}

void pty_read(struct pty *pty, int for_ms)
{
    uint64_t end = now_ms() + (uint64_t)for_ms;

    while (now_ms() < end)
        read_some(pty, (int)(end - now_ms()) + 1);
}

bool pty_shows(struct pty *pty, const char *text, int timeout_ms)
{
    uint64_t end = now_ms() + (uint64_t)timeout_ms;

    while (!strstr(buf_string(&pty->output), text)) {
        if (now_ms() >= end)
            return false;
        read_some(pty, (int)(end - now_ms()) + 1);
    }
    return true;
}

void pty_forget(struct pty *pty)
{
    buf_clear(&pty->output);
}

void pty_resize(struct pty *pty, int height, int width)
{
    const struct winsize size = {.ws_row = (unsigned short)height,
                                 .ws_col = (unsigned short)width};

    ck_assert_int_eq(ioctl(pty->slave, TIOCSWINSZ, &size), 0);
}

int pty_end(struct pty *pty, int timeout_ms)
{
    uint64_t end = now_ms() + (uint64_t)timeout_ms;
    int status = 0;

    while (pty->pid) {
        if (waitpid(pty->pid, &status, WNOHANG) == pty->pid) {
            pty->pid = 0;
            read_some(pty, 0);
            return WIFEXITED(status) ? WEXITSTATUS(status)
                                     : 128 + WTERMSIG(status);
        }
        if (now_ms() >= end)
            break;
        read_some(pty, 10);
    }
    return -1;
}

bool pty_restored(const struct pty *pty)
{
    struct termios now;

    return tcgetattr(pty->slave, &now) == 0 &&
           now.c_iflag == pty->before.c_iflag &&
           now.c_oflag == pty->before.c_oflag &&
           now.c_lflag == pty->before.c_lflag;
}

void pty_stop(struct pty *pty)
{
    if (pty->pid) {
        kill(pty->pid, SIGTERM);
        if (pty_end(pty, 5000) == -1) {
            kill(pty->pid, SIGKILL);
            waitpid(pty->pid, NULL, 0);
        }
    }
    close(pty->fd);
    close(pty->slave);
    buf_release(&pty->output);
}
