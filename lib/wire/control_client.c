#define _GNU_SOURCE /* MSG_CMSG_CLOEXEC */

#include "wire/control.h"

#include "base/clock.h"
#include "net/socket.h"
#include "wire/tap_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif
#ifndef MSG_CMSG_CLOEXEC
#define MSG_CMSG_CLOEXEC 0
#endif

#define MAX_ANSWER_BYTES (64u << 20)

/* ---- the directory ---- */

/* Make the directory if it is not there; nobody else may be able to enter. */
static int claim(const char *path)
{
    struct stat status;

    if (mkdir(path, 0700) && errno != EEXIST)
        return -errno;
    if (lstat(path, &status))
        return -errno;
    if (!S_ISDIR(status.st_mode))
        return -ENOTDIR;
    if (status.st_uid != geteuid() || status.st_mode & 077)
        return -EPERM;
    return 0;
}

/* A path that does not fit is never used cut. */
__attribute__((format(printf, 3, 4))) static int
print_path(char *path, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(path, size, format, args);
    va_end(args);
    return len >= 0 && (size_t)len < size ? 0 : -ENAMETOOLONG;
}

int control_directory(char *path, size_t size)
{
    const char *own = getenv("MQTTLAB_RUNTIME_DIR");
    const char *user = getenv("XDG_RUNTIME_DIR");
    int error;

    if (own && own[0]) {
        error = print_path(path, size, "%s", own);
        return error ? error : claim(path);
    }
    /* After su it may still be the other user's, and is then of no use. */
    if (user && user[0] && !access(user, W_OK | X_OK)) {
        error = print_path(path, size, "%s/mqttlab", user);
        return error ? error : claim(path);
    }
    error = print_path(path, size, "/tmp/mqttlab-%ld", (long)geteuid());
    return error ? error : claim(path);
}

void control_explain(int error, char *text, size_t size)
{
    char path[200];

    control_directory(path, sizeof(path));
    if (error == -EPERM)
        snprintf(text, size,
                 "%s must be yours, and closed to others: chmod 700 %s", path,
                 path);
    else
        snprintf(text, size, "%s: %s", path, strerror(-error));
}

/* "PID-PORT.sock" */
static bool parse_name(const char *name, struct control_broker *broker)
{
    char *end;
    long pid = strtol(name, &end, 10);

    if (end == name || pid <= 0 || pid > INT32_MAX || *end != '-')
        return false;
    const char *digits = end + 1;
    unsigned long port = strtoul(digits, &end, 10);
    if (end == digits || port > UINT16_MAX || strcmp(end, ".sock") != 0)
        return false;
    broker->pid = (pid_t)pid;
    broker->port = (unsigned)port;
    return true;
}

static bool alive(struct control_broker *broker)
{
    struct stat status;
    int fd = socket_connect_unix(broker->path);

    if (fd >= 0)
        close(fd);
    if (fd == -ECONNREFUSED)
        unlink(broker->path);
    if ((fd < 0 && fd != -EAGAIN) || lstat(broker->path, &status))
        return false;
    broker->since_ns = (uint64_t)status.st_mtime * CLOCK_NS_PER_S;
    return true;
}

static int by_pid(const void *a, const void *b)
{
    const struct control_broker *left = a;
    const struct control_broker *right = b;

    if (left->pid != right->pid)
        return left->pid < right->pid ? -1 : 1;
    return (left->port > right->port) - (left->port < right->port);
}

int control_find(struct control_broker *brokers, size_t max)
{
    char directory[200];
    size_t count = 0;
    int error = control_directory(directory, sizeof(directory));

    if (error)
        return error;
    DIR *dir = opendir(directory);
    if (!dir)
        return -errno;
    const struct dirent *entry;
    while (count < max && (entry = readdir(dir)) != NULL) {
        struct control_broker *broker = &brokers[count];

        if (parse_name(entry->d_name, broker) &&
            !print_path(broker->path, sizeof(broker->path), "%s/%s", directory,
                        entry->d_name) &&
            alive(broker))
            count++;
    }
    closedir(dir);
    qsort(brokers, count, sizeof(*brokers), by_pid);
    return (int)count;
}

/* ---- requests ---- */

int control_connect(const char *path)
{
    return socket_connect_unix(path);
}

/* Wait until the socket is ready; false with errno when the time is over. */
static bool wait_for(int fd, short events, uint64_t deadline_ns)
{
    struct pollfd watch = {.fd = fd, .events = events};

    for (;;) {
        uint64_t now_ns = clock_read_monotonic_ns();
        uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
        int ready =
            poll(&watch, 1,
                 (int)((left_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS));

        if (ready > 0)
            return true;
        if (ready == 0) {
            errno = ETIMEDOUT;
            return false;
        }
        if (errno != EINTR)
            return false;
    }
}

static bool again(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static bool send_all(int fd, struct slice bytes, uint64_t deadline_ns)
{
    while (bytes.len) {
        ssize_t len =
            send(fd, bytes.bytes, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (len > 0)
            bytes = slice_skip(bytes, (size_t)len);
        else if (!again() || !wait_for(fd, POLLOUT, deadline_ns))
            return false;
    }
    return true;
}

/* Take the descriptors of a message; the last one is kept in *kept. */
static void take_fds(struct msghdr *message, int *kept)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            if (*kept >= 0)
                close(*kept);
            memcpy(kept, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
        }
    }
}

/* Read once; the number of bytes, or -1 with errno. */
static ssize_t receive(int from, struct buf *line, int *kept)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(4 * sizeof(int))];
    } space;
    struct iovec part = {
        .iov_base = buf_reserve(line, 4096),
        .iov_len = 4096,
    };
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = space.bytes,
        .msg_controllen = sizeof(space.bytes),
    };
    ssize_t len = recvmsg(from, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

    if (len < 0)
        return -1;
    take_fds(&message, kept);
    if (len == 0) {
        errno = ECONNRESET;
        return -1;
    }
    line->len += (uint32_t)len;
    return len;
}

/* Read up to the end of the line. */
static bool receive_line(int from, struct buf *line, int *kept,
                         uint64_t deadline_ns)
{
    while (!line->len || line->bytes[line->len - 1] != '\n') {
        ssize_t len = receive(from, line, kept);

        if (len < 0 && (!again() || !wait_for(from, POLLIN, deadline_ns)))
            return false;
        if (line->len > MAX_ANSWER_BYTES) {
            errno = EMSGSIZE;
            return false;
        }
    }
    return true;
}

json_t *control_request(int control_fd, json_t *request, int timeout_ms,
                        int *fd)
{
    uint64_t deadline_ns =
        clock_read_monotonic_ns() + (uint64_t)timeout_ms * CLOCK_NS_PER_MS;
    char *text = json_dumps(request, JSON_COMPACT);
    struct buf line = {0};
    int kept = -1;
    json_t *answer = NULL;

    if (fd)
        *fd = -1;
    if (!text) {
        errno = EINVAL;
        return NULL;
    }
    buf_append_string(&line, text);
    buf_append_u8(&line, '\n');
    free(text);
    bool sent = send_all(control_fd, buf_slice(&line), deadline_ns);
    buf_clear(&line);
    if (sent && receive_line(control_fd, &line, &kept, deadline_ns)) {
        answer = json_loadb((const char *)line.bytes, line.len, 0, NULL);
        if (!answer)
            errno = EPROTO;
    }
    int error = errno;
    buf_release(&line);
    if (fd && answer)
        *fd = kept;
    else if (kept >= 0)
        close(kept);
    errno = error;
    return answer;
}

/* Ask for the ring; a negative errno when there is none. */
static int ask_for_ring(int control_fd, int timeout_ms,
                        struct tap_reader *reader)
{
    json_t *request = json_pack("{s:s}", "cmd", "attach");
    int ring_fd = -1;
    json_t *answer = control_request(control_fd, request, timeout_ms, &ring_fd);
    int result = answer ? -EPROTO : -errno;

    if (ring_fd >= 0) {
        result = tap_reader_open(reader, ring_fd);
        close(ring_fd);
    }
    json_decref(request);
    json_decref(answer);
    return result;
}

int control_attach(const char *path, int timeout_ms, struct tap_reader *reader)
{
    int fd = control_connect(path);
    int result = fd < 0 ? fd : ask_for_ring(fd, timeout_ms, reader);

    if (result < 0 && fd >= 0)
        close(fd);
    return result < 0 ? result : fd;
}
