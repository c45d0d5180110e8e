#include "net/ws_context.h"

#include "base/alloc.h"
#include "net/ws_layer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define CARRY_BYTES (LWS_PRE + WS_FRAME_BYTES)

/* Its tables have a place for every descriptor that the system may give us,
   unless that is an unlikely number. */
#define DESCRIPTORS_MAX (1 << 20)

static const lws_retry_bo_t never = {0};

static const struct lws_protocols *make_protocols(struct ws_context *context,
                                                  const char *const *names)
{
    size_t count = 0;

    while (names[count])
        count++;
    context->protocol_names = names;
    context->protocols = alloc_zero(count + 1, sizeof(context->protocols[0]));
    for (size_t i = 0; i < count; i++)
        context->protocols[i] = (struct lws_protocols){
            .name = names[i],
            .callback = ws_layer_on_event,
            .rx_buffer_size = WS_CONTROL_BYTES,
            .tx_packet_size = CARRY_BYTES,
        };
    return context->protocols;
}

/* Who hears what libwebsockets says; its log has no room for a context. */
static struct {
    void (*log)(void *owner, const char *line);
    void *owner;
} hearer;

static void hear(int level, const char *line)
{
    char text[400];

    (void)level;
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
    hearer.log(hearer.owner, text);
}

static void hear_nothing(int level, const char *line)
{
    (void)level;
    (void)line; /* what goes wrong we say ourselves, of the connection */
}

static void set_log(const struct ws_settings *settings)
{
    hearer.log = settings->log;
    hearer.owner = settings->log_owner;
    lws_set_log_level(settings->log ? (int)settings->log_levels : 0,
                      settings->log ? hear : hear_nothing);
}

static struct lws_context *create(const struct lws_context_creation_info *info)
{
    struct sigaction pipe;
    struct rlimit limit;
    struct rlimit likely;

    /* It ignores SIGPIPE for the whole program, which is not its business. */
    sigaction(SIGPIPE, NULL, &pipe);
    getrlimit(RLIMIT_NOFILE, &limit);
    likely = limit;
    if (likely.rlim_cur > DESCRIPTORS_MAX)
        likely.rlim_cur = DESCRIPTORS_MAX;
    setrlimit(RLIMIT_NOFILE, &likely);
    struct lws_context *lws = lws_create_context(info);
    setrlimit(RLIMIT_NOFILE, &limit);
    sigaction(SIGPIPE, &pipe, NULL);
    return lws;
}

struct ws_context *ws_context_new(struct loop *loop,
                                  const struct ws_settings *settings)
{
    struct ws_context *context = alloc_zero(1, sizeof(*context));
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
        .protocols = make_protocols(context, settings->protocols),
        .vhost_name = "websocket",
        .pt_serv_buf_size = 2 * WS_HTTP_BYTES,
        .max_http_header_data2 = settings->headers_bytes,
        .retry_and_idle_policy = &never,
    };

    context->loop = loop;
    context->refs = 1;
    context->never = &never;
    context->frame = alloc_bytes(CARRY_BYTES);
    context->carry = alloc_bytes(CARRY_BYTES);
    context->data = alloc_bytes(WS_FRAME_BYTES);
    set_log(settings);
    context->lws = create(&info);
    if (context->lws)
        context->host = lws_create_vhost(context->lws, &info);
    if (!context->host) {
        ws_context_unref(context);
        return NULL;
    }
    return context;
}

struct ws_context *ws_context_ref(struct ws_context *context)
{
    context->refs++;
    return context;
}

void ws_context_unref(struct ws_context *context)
{
    if (!context || --context->refs)
        return;
    if (context->lws)
        lws_context_destroy(context->lws);
    lws_set_log_level(0, hear_nothing);
    free(context->protocols);
    free(context->frame);
    free(context->carry);
    free(context->data);
    free(context);
}
