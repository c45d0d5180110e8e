#include "tui/screen_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS_MAX  1024 /* more are not open when a screen is begun */
#define SHELL_MS 200  /* so long a shell may take to set its terminal */

static void write_all(const char *text, size_t len)
{
    while (len) {
        ssize_t written = write(STDOUT_FILENO, text, len);

        if (written < 0 && errno != EINTR)
            return;
        if (written > 0) {
            text += written;
            len -= (size_t)written;
        }
    }
}

/* Nothing that is open here may stay open for others when the dashboard has
   ended; and a shell that stops or interrupts its job means the dashboard. */
static void leave_the_rest(int end)
{
    static const int not_for_us[] = {SIGTTOU, SIGTTIN, SIGTSTP, SIGINT,
                                     SIGQUIT};

    for (int fd = 0; fd < FDS_MAX; fd++) {
        if (fd != end && fd != STDOUT_FILENO)
            close(fd);
    }
    for (size_t i = 0; i < sizeof(not_for_us) / sizeof(not_for_us[0]); i++)
        signal(not_for_us[i], SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    setpgid(0, 0); /* kill -9 %1 is for a whole group */
}

/* The dashboard reads keys raw, Ctrl-C too; bash and others set what they want
   when a job of theirs is killed, a plain sh does not. */
static void set_modes(const struct termios *termios)
{
    struct termios now;

    poll(NULL, 0, SHELL_MS);
    if (tcgetattr(STDOUT_FILENO, &now) == 0 && !(now.c_lflag & (ICANON | ISIG)))
        tcsetattr(STDOUT_FILENO, TCSANOW, termios);
}

/* Does not return. A byte is goodbye, an end without one is not. */
static void watch(int end, const char *text, size_t len,
                  const struct termios *termios)
{
    static const char said[] =
        "\r\nmqttlab was killed. If what you type is not shown, type: reset\r\n";
    char byte;
    ssize_t got;

    leave_the_rest(end);
    do
        got = read(end, &byte, 1);
    while (got < 0 && errno == EINTR);
    if (got == 0) {
        write_all(text, len);
        write_all(said, strlen(said));
        set_modes(termios);
    }
    _exit(0);
}

int screen_guard_begin(const char *text, size_t len,
                       const struct termios *termios)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
    setsockopt(ends[1], SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
#endif
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        /* Its parent must not be one who counts its children. */
        if (fork() == 0)
            watch(ends[0], text, len, termios);
        _exit(0);
    }
    close(ends[0]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    if (pid > 0)
        return ends[1];
    close(ends[1]);
    return -1;
}

void screen_guard_end(int *guard)
{
    if (*guard < 0)
        return;
    /* It may have been killed itself. */
    ssize_t ignored = send(*guard, SCREEN_GUARD_BYE, 1, MSG_NOSIGNAL);

    (void)ignored;
    close(*guard);
    *guard = -1;
}
