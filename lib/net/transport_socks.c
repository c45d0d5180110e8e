/*
 *  we to the proxy                          the proxy to us
 *  05  count  methods                       05  method
 *  01  len  user name  len  password        01  status
 *  05  01  00  kind  host  port (2 bytes)   05  reply  00  kind  host  port
 *
 * A kind is 1 for IPv4 (4 bytes), 3 for a name (its length and it), 4 for IPv6
 * (16 bytes).
 */
#include "net/transport_socks.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SOCKS_VERSION 5
#define LOGIN_VERSION 1
#define MAX_TEXT      255

enum { METHOD_NONE = 0, METHOD_PASSWORD = 2 };
enum { KIND_IPV4 = 1, KIND_NAME = 3, KIND_IPV6 = 4 };

enum step {
    STEP_CONNECTING, /* to the proxy */
    STEP_METHOD,     /* which way to log in */
    STEP_LOGIN,      /* is the password right */
    STEP_REPLY,      /* is the host connected */
    STEP_OPEN,
    STEP_ENDED
};

struct socks {
    struct transport transport;
    struct transport *below;
    enum step step;
    bool refused; /* by the proxy */
    bool closing; /* transport_close was called */
    bool blocked; /* the owner wrote too early */
    bool paused;
    struct buf login;   /* user name and password, empty without */
    struct buf request; /* what to connect to */
    struct buf out;     /* not yet taken by the transport below */
    struct buf in;      /* an answer that is not complete */
};

/* What the proxy may answer, and its words for it [RFC 1928 6]. */
static const struct {
    uint8_t reply;
    int error;
    const char *text;
} replies[] = {
    {1, -EIO,             "it failed"                                      },
    {2, -EACCES,          "it is not allowed by its rules"                 },
    {3, -ENETUNREACH,     "the network of the host cannot be reached"      },
    {4, -EHOSTUNREACH,    "the host cannot be reached"                     },
    {5, -ECONNREFUSED,    "the host refused the connection"                },
    {6, -ETIMEDOUT,       "the host did not answer in time"                },
    {7, -EOPNOTSUPP,      "it does not connect"                            },
    {8, -EAFNOSUPPORT,    "it does not know this kind of address"          },
    {0, -EPERM,           "user name or password is wrong"                 },
    {0, -EPROTONOSUPPORT, "it wants another way to log in"                 },
    {0, -ECONNRESET,      "it closed the connection before it had answered"},
    {0, -EPROTO,          "its answer is not that of a SOCKS5 proxy"       },
};

#define REPLIES (sizeof(replies) / sizeof(replies[0]))

const char *transport_socks_explain(int error)
{
    for (size_t i = 0; i < REPLIES; i++) {
        if (replies[i].error == error)
            return replies[i].text;
    }
    return "it failed";
}

static struct socks *socks_of(struct transport *transport)
{
    return (struct socks *)transport;
}

static void end(struct socks *socks, int error)
{
    if (socks->step == STEP_ENDED || socks->closing)
        return;
    socks->step = STEP_ENDED;
    socks->transport.events->on_end(socks->transport.owner, error);
}

static void refuse(struct socks *socks, int error)
{
    socks->refused = true;
    end(socks, error);
}

/* ---- what we say ---- */

static void flush(struct socks *socks)
{
    struct iovec part = {.iov_base = socks->out.bytes,
                         .iov_len = socks->out.len};

    if (part.iov_len == 0)
        return;
    ssize_t sent = transport_writev(socks->below, &part, 1);
    if (sent > 0)
        buf_consume(&socks->out, (size_t)sent);
}

static void say(struct socks *socks, enum step next, struct slice text)
{
    socks->step = next;
    buf_append_slice(&socks->out, text);
    flush(socks);
}

static void put_text(struct buf *to, const char *text)
{
    buf_append_u8(to, (uint8_t)strlen(text));
    buf_append_string(to, text);
}

static void make_request(struct socks *socks,
                         const struct socks_request *request)
{
    static const uint8_t connect[] = {SOCKS_VERSION, 1, 0};
    struct buf *out = &socks->request;
    uint8_t address[16];

    buf_append(out, connect, sizeof(connect));
    if (inet_pton(AF_INET, request->host, address) == 1) {
        buf_append_u8(out, KIND_IPV4);
        buf_append(out, address, 4);
    } else if (inet_pton(AF_INET6, request->host, address) == 1) {
        buf_append_u8(out, KIND_IPV6);
        buf_append(out, address, 16);
    } else {
        buf_append_u8(out, KIND_NAME);
        put_text(out, request->host);
    }
    buf_append_u8(out, (uint8_t)(request->port >> 8));
    buf_append_u8(out, (uint8_t)request->port);
}

static void on_open(void *owner)
{
    static const uint8_t methods[] = {SOCKS_VERSION, 2, METHOD_NONE,
                                      METHOD_PASSWORD};
    static const uint8_t only_none[] = {SOCKS_VERSION, 1, METHOD_NONE};
    struct socks *socks = owner;

    say(socks, STEP_METHOD,
        socks->login.len ? slice_of(methods, sizeof(methods))
                         : slice_of(only_none, sizeof(only_none)));
}

/* ---- what we are told: each takes its answer from the front, and returns how
   many bytes that was; 0 when it is not complete ---- */

static size_t take_method(struct socks *socks, struct slice in)
{
    if (in.len < 2)
        return 0;
    if (in.bytes[0] != SOCKS_VERSION)
        refuse(socks, -EPROTO);
    else if (in.bytes[1] == METHOD_NONE)
        say(socks, STEP_REPLY, buf_slice(&socks->request));
    else if (in.bytes[1] == METHOD_PASSWORD && socks->login.len)
        say(socks, STEP_LOGIN, buf_slice(&socks->login));
    else
        refuse(socks, -EPROTONOSUPPORT);
    return 2;
}

static size_t take_login(struct socks *socks, struct slice in)
{
    if (in.len < 2)
        return 0;
    if (in.bytes[0] != LOGIN_VERSION)
        refuse(socks, -EPROTO);
    else if (in.bytes[1] != 0)
        refuse(socks, -EPERM);
    else
        say(socks, STEP_REPLY, buf_slice(&socks->request));
    return 2;
}

static int reply_error(uint8_t reply)
{
    for (size_t i = 0; i < REPLIES; i++) {
        if (replies[i].reply == reply)
            return replies[i].error;
    }
    return -EIO;
}

/* The size of the whole reply, which its fifth byte decides at the latest. */
static size_t reply_size(struct slice in)
{
    switch (in.bytes[3]) {
    case KIND_IPV4: return 4 + 4 + 2;
    case KIND_IPV6: return 4 + 16 + 2;
    case KIND_NAME: return 4 + 1u + in.bytes[4] + 2;
    default: return 0;
    }
}

static size_t take_reply(struct socks *socks, struct slice in)
{
    if (in.len < 5)
        return 0;
    size_t size = reply_size(in);
    if (in.bytes[0] != SOCKS_VERSION || size == 0) {
        refuse(socks, -EPROTO);
        return in.len;
    }
    if (in.bytes[1] != 0) {
        refuse(socks, reply_error(in.bytes[1]));
        return in.len;
    }
    if (in.len < size)
        return 0;
    socks->step = STEP_OPEN;
    return size;
}

static size_t take_answer(struct socks *socks, struct slice in)
{
    switch (socks->step) {
    case STEP_METHOD: return take_method(socks, in);
    case STEP_LOGIN: return take_login(socks, in);
    case STEP_REPLY: return take_reply(socks, in);
    case STEP_CONNECTING:
    case STEP_OPEN:
    case STEP_ENDED: break;
    }
    return 0;
}

/* The rest of what came with the reply is the host's. */
static void open_now(struct socks *socks)
{
    const struct transport_events *events = socks->transport.events;
    void *owner = socks->transport.owner;

    transport_pause(socks->below, socks->paused);
    events->on_open(owner);
    if (!socks->closing && socks->in.len)
        events->on_bytes(owner, buf_slice(&socks->in));
    buf_release(&socks->in);
    if (!socks->closing && socks->blocked)
        events->on_writable(owner);
}

static void on_bytes(void *owner, struct slice bytes)
{
    struct socks *socks = owner;
    const struct transport_events *events = socks->transport.events;
    size_t used = 1;

    if (socks->step == STEP_OPEN) {
        events->on_bytes(socks->transport.owner, bytes);
        return;
    }
    buf_append_slice(&socks->in, bytes);
    while (used > 0 && socks->in.len > 0) {
        used = take_answer(socks, buf_slice(&socks->in));
        buf_consume(&socks->in, used);
    }
    if (socks->step == STEP_OPEN)
        open_now(socks);
}

/* ---- the transport below ---- */

static void on_writable(void *owner)
{
    struct socks *socks = owner;

    if (socks->step == STEP_OPEN)
        socks->transport.events->on_writable(socks->transport.owner);
    else
        flush(socks);
}

static void on_end(void *owner, int error)
{
    struct socks *socks = owner;

    if (socks->step == STEP_CONNECTING || socks->step == STEP_OPEN)
        end(socks, error);
    else
        refuse(socks, error ? error : -ECONNRESET);
}

static void on_closed(void *owner)
{
    struct socks *socks = owner;

    socks->transport.events->on_closed(socks->transport.owner);
    transport_socks_free(&socks->transport);
}

const struct transport_events transport_socks_events = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_writable = on_writable,
    .on_end = on_end,
    .on_closed = on_closed,
};

/* ---- what the owner calls ---- */

static ssize_t socks_writev(struct transport *transport,
                            const struct iovec *parts, int count)
{
    struct socks *socks = socks_of(transport);

    if (socks->step == STEP_OPEN)
        return transport_writev(socks->below, parts, count);
    if (socks->step == STEP_ENDED)
        return -EPIPE;
    socks->blocked = true;
    return 0;
}

static void socks_pause(struct transport *transport, bool pause)
{
    struct socks *socks = socks_of(transport);

    socks->paused = pause;
    if (socks->step == STEP_OPEN)
        transport_pause(socks->below, pause);
}

static void socks_close(struct transport *transport, bool abort)
{
    struct socks *socks = socks_of(transport);

    socks->closing = true;
    transport_close(socks->below, abort);
}

static void socks_peer(struct transport *transport, char *text, size_t size)
{
    struct transport *below = socks_of(transport)->below;

    below->ops->peer(below, text, size);
}

static void socks_local(struct transport *transport, char *text, size_t size)
{
    struct transport *below = socks_of(transport)->below;

    below->ops->local(below, text, size);
}

static const struct transport_ops socks_ops = {
    .name = "socks5",
    .writev = socks_writev,
    .pause = socks_pause,
    .close = socks_close,
    .peer = socks_peer,
    .local = socks_local,
};

static bool too_long(const char *text)
{
    return text && strlen(text) > MAX_TEXT;
}

struct transport *transport_socks_new(const struct socks_request *request,
                                      const struct transport_events *events,
                                      void *owner)
{
    if (too_long(request->host) || too_long(request->user_name) ||
        too_long(request->password))
        return NULL;
    struct socks *socks = alloc_zero(1, sizeof(*socks));
    socks->transport =
        (struct transport){.ops = &socks_ops, .events = events, .owner = owner};
    if (request->user_name) {
        buf_append_u8(&socks->login, LOGIN_VERSION);
        put_text(&socks->login, request->user_name);
        put_text(&socks->login, request->password ? request->password : "");
    }
    make_request(socks, request);
    return &socks->transport;
}

void transport_socks_put(struct transport *stage, struct transport *below)
{
    assert(!socks_of(stage)->below);
    socks_of(stage)->below = below;
}

void transport_socks_free(struct transport *stage)
{
    struct socks *socks = socks_of(stage);

    buf_release(&socks->login);
    buf_release(&socks->request);
    buf_release(&socks->out);
    buf_release(&socks->in);
    free(socks);
}

bool transport_socks_refused(const struct transport *stage)
{
    const struct socks *socks = (const struct socks *)stage;

    return socks->refused;
}
