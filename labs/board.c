#include "labs/board.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/process.h"
#include "labs/lab_score.h"
#include "net/address.h"
#include "net/socket.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* socket_prepare has set SO_NOSIGPIPE instead */
#endif

#define RETRY_NS     (3 * CLOCK_NS_PER_S)
#define USUAL_PREFIX "board"

/* $0: this program, $1: URL of the student's topics, $2: their topic. When the
   lines end, the lab was closed: so signals are not for it. */
static const char script[] =
    "trap '' TERM INT HUP\n"
    "\"$0\" pub -L \"$1/state\" -r -q 1 -m here &&\n"
    "\"$0\" pub -L \"$1/progress\" -r -q 1 -l -k 20 --will-topic \"$2/state\""
    " --will-payload gone --will-retain --will-qos 1 &&\n"
    "\"$0\" pub -L \"$1/state\" -r -q 1 -m left\n";

/* Cut the password out of a URL that has one. */
static void hide_password(char *url)
{
    char *user = strstr(url, "://") + 3;
    char *colon = strchr(user, ':');
    char *at = user + strcspn(user, "/");

    while (*at != '@') /* the last one, as in address_parse */
        at--;
    memmove(colon, at, strlen(at) + 1);
}

bool board_password_shows(const char *url)
{
    struct address address;
    char detail[200];

    return address_parse(&address, url, detail, sizeof(detail)) == 0 &&
           address.has_password;
}

bool board_open(struct board *board, const char *url, const char *student,
                const char *lab_id, char *error, size_t error_size)
{
    struct address address;
    char detail[200] = "";

    *board = (struct board){.lines = -1, .leash = -1};
    if (!url || !*url)
        return true;
    const char *scheme = strstr(url, "://") ? "" : "mqtt://";
    size_t len = strlen(url);
    while (len && url[len - 1] == '/')
        len--;
    char *whole = alloc_printf("%s%.*s", scheme, (int)len, url);
    if (address_parse(&address, whole, detail, sizeof(detail)) != 0 ||
        address.scheme > ADDRESS_WSS) {
        snprintf(error, error_size, "%s is no URL of a class board%s%s", url,
                 *detail ? ": " : "", detail);
        free(whole);
        return false;
    }
    if (address.has_password) {
        board->password = alloc_string(address.password);
        hide_password(whole);
    }
    const char *prefix = address.path[0] ? address.path : USUAL_PREFIX;
    board->program = process_self_path("mqttlab");
    board->topic = alloc_printf("%s/%s/%s", prefix, student, lab_id);
    board->url =
        alloc_printf("%s%s%s/%s/%s", whole, address.path[0] ? "" : "/",
                     address.path[0] ? "" : USUAL_PREFIX, student, lab_id);
    free(whole);
    return true;
}

/* In the child. */
static void publish(const struct board *board, int lines)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setpgid(0, 0); /* Ctrl-C is for the lab */
    dup2(lines, 0);
    dup2(null, 1);
    dup2(null, 2);
    if (board->password)
        setenv("MQTTLAB_PASSWORD", board->password, 1);
    execl("/bin/sh", "sh", "-c", script, board->program, board->url,
          board->topic, (char *)NULL);
    _exit(127);
}

static void start(struct board *board)
{
    int ends[2];

    /* Not a pipe: when nobody reads any more, no signal comes. */
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    socket_prepare(ends[1]);
    pid_t pid = process_fork(&board->leash);
    if (pid == 0)
        publish(board, ends[0]);
    close(ends[0]);
    if (pid < 0) {
        close(ends[1]);
        return;
    }
    board->pid = pid;
    board->lines = ends[1];
    free(board->told);
    board->told = NULL;
}

/* It ended by itself, or its lines have. */
static void forget(struct board *board)
{
    if (board->lines >= 0)
        close(board->lines);
    process_unleash(&board->leash);
    board->lines = -1;
    board->pid = 0;
}

/* Is somebody there who publishes? If not, one is started now and then. */
static bool is_there(struct board *board)
{
    uint64_t now_ns = clock_read_monotonic_ns();

    if (board->pid && waitpid(board->pid, NULL, WNOHANG) != 0) {
        forget(board);
        board->lost = true;
        board->retry_ns = now_ns + RETRY_NS;
    }
    if (!board->pid && now_ns >= board->retry_ns)
        start(board);
    return board->pid != 0;
}

/* All but the time, owned by the caller. */
static json_t *progress(const struct lab_run *run)
{
    unsigned hints = 0;

    for (size_t i = 0; i < run->lab->step_count; i++)
        hints += (unsigned)run->steps[i].hints_open;
    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i}", "lab", run->lab->id,
                     "title", run->lab->title, "step", (int)run->current + 1,
                     "steps", (int)run->lab->step_count, "points",
                     (int)lab_score_points(run), "max", (int)run->lab->points,
                     "hints", (int)hints);
}

/* A line of a few hundred bytes fits, or is not sent. */
static void tell(struct board *board, json_t *line)
{
    json_object_set_new(
        line, "moved",
        json_integer((json_int_t)(clock_read_wall_ns() / CLOCK_NS_PER_S)));
    char *text = json_dumps(line, JSON_COMPACT);
    char *with_end = alloc_printf("%s\n", text);
    size_t len = strlen(with_end);

    if (send(board->lines, with_end, len, MSG_NOSIGNAL) != (ssize_t)len) {
        free(board->told); /* the next tick tries again */
        board->told = NULL;
    }
    free(with_end);
    free(text);
}

void board_tick(struct board *board, const struct lab_run *run)
{
    if (!board->program || !is_there(board))
        return;
    json_t *line = progress(run);
    char *text = json_dumps(line, JSON_COMPACT);
    if (!board->told || strcmp(text, board->told) != 0) {
        free(board->told);
        board->told = alloc_string(text);
        tell(board, line);
    }
    free(text);
    json_decref(line);
}

void board_close(struct board *board)
{
    /* It goes on by itself until it has said so. */
    if (board->pid)
        forget(board);
    free(board->program);
    free(board->url);
    free(board->topic);
    free(board->password);
    free(board->told);
    *board = (struct board){.lines = -1, .leash = -1};
}
