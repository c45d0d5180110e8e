/*
 * Control: commands to a running broker, JSON lines on a Unix socket.
 *
 * Every broker of this program announces itself by a socket in one directory of
 * its user (mode 0700): $MQTTLAB_RUNTIME_DIR, or $XDG_RUNTIME_DIR/mqttlab if
 * that can be written to, or /tmp/mqttlab-UID. A request is one line,
 * {"cmd":"attach"}, and gets one line back, {"ok":true,...} or
 * {"ok":false,"error":"..."}. The answer to "attach" carries the tap's
 * descriptor (SCM_RIGHTS). The end of the connection undoes what it asked for:
 * the attachment, and the rules that it set.
 */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include "base/buf.h"
#include "net/loop.h"
#include "wire/tap.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

/* ---- the directory ---- */

/*
 * The directory for sockets; made, with mode 0700, when it does not exist.
 * Returns 0 or a negative errno: -EPERM when it belongs to somebody else or
 * others can enter it, -ENOTDIR when it is something else.
 */
int control_directory(char *path, size_t size);

/* What its error means and what to do, in one line, for the user. */
void control_explain(int error, char *text, size_t size);

struct control_broker {
    char path[256];
    pid_t pid;
    unsigned port;     /* of its first listener */
    uint64_t since_ns; /* wall clock, when it opened the socket */
};

/*
 * The brokers that are alive, at most max, ordered by pid; sockets of dead
 * ones are removed. Returns the number, or a negative errno.
 */
int control_find(struct control_broker *brokers, size_t max);

/* ---- the broker's end ---- */

struct control;
struct tap_reader;

/*
 * What a command does: called with the request; fills the answer (an object
 * that gets "ok": true when this returns true). On false answer has "error".
 */
typedef bool control_handler(void *owner, const char *cmd, json_t *request,
                             json_t *answer);

/*
 * Open "PID-PORT.sock" in the directory. attach and detach are handled here
 * with tap; on_attach is called after each attachment, so that the owner can
 * write its snapshot records; every other command goes to handler. A line that
 * is no request gets an answer, and the end of the connection; so does, without
 * an answer, a line of more than 64 KiB. Returns 0 or a negative errno.
 */
struct control_options {
    struct tap *tap;
    unsigned port;
    void *owner;
    void (*on_attach)(void *owner);
    control_handler *handler;
    /* A connection ended: what it asked for is undone. May be NULL. */
    void (*on_end)(void *owner, uint64_t peer);
};

/* For a handler: the number, from 1, of the connection that asks. */
uint64_t control_peer(const struct control *control);
int control_open(struct control **control, struct loop *loop,
                 const struct control_options *options);
/* Ends its connections and removes the socket; the memory is freed by the
   loop, in a later turn. NULL does nothing. */
void control_close(struct control *control);

/* ---- the other end, for dashboard, labs and tests: blocking ---- */

/* Connect to the socket; returns a descriptor or a negative errno. */
int control_connect(const char *path);

/*
 * Send a request (which stays the caller's) and wait at most timeout_ms for
 * the answer. Returns the answer (the caller's, json_decref) or NULL with errno
 * set: ETIMEDOUT, ECONNRESET when the broker is gone, EPROTO for no JSON. When
 * fd is not NULL a descriptor that came along is put there (-1: none).
 */
json_t *control_request(int control_fd, json_t *request, int timeout_ms,
                        int *fd);

/*
 * Connect and attach to the tap: reader is opened on its ring. Returns the
 * descriptor to keep open as long as it is read, or a negative errno: as
 * control_connect and control_request, -EPROTO when the broker gives no ring.
 */
int control_attach(const char *path, int timeout_ms, struct tap_reader *reader);

#endif
