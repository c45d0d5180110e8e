/*
 * What the connections of the load generator go over.
 */
#include "client/bench_state.h"
#include "client/client_open.h"
#include "net/tls_settings.h"
#include "net/ws_context.h"

#include <stdio.h>

static const char *const names[] = {
    [BENCH_TCP] = "tcp",
    [BENCH_TLS] = "tls",
    [BENCH_TLS_RESUMED] = "tls-resumed",
    [BENCH_WS] = "ws",
    [BENCH_WSS] = "wss",
};

const char *bench_way_name(unsigned way)
{
    return way < sizeof(names) / sizeof(names[0]) ? names[way] : NULL;
}

bool bench_way_is_tls(enum bench_way way)
{
    return way == BENCH_TLS || way == BENCH_TLS_RESUMED || way == BENCH_WSS;
}

bool bench_way_is_ws(enum bench_way way)
{
    return way == BENCH_WS || way == BENCH_WSS;
}

static void note(void *owner, bool error, const char *text)
{
    struct bench_result *result = owner;

    if (error && !result->error[0])
        snprintf(result->error, sizeof(result->error), "%s", text);
}

static bool prepare_tls(struct bench *bench)
{
    const struct bench_plan *plan = bench->plan;

    if (!bench_way_is_tls(plan->over))
        return true;
    bench->tls =
        tls_settings_client(&bench->loop,
                            &(struct tls_settings){.cafile = plan->cafile,
                                                   .os_certs = !plan->cafile},
                            &(struct tls_complaint){note, bench->result});
    if (bench->tls && plan->over == BENCH_TLS_RESUMED)
        tls_context_resume(bench->tls);
    return bench->tls != NULL;
}

static bool prepare_ws(struct bench *bench)
{
    static const char *const protocols[] = {"mqtt", NULL};

    if (!bench_way_is_ws(bench->plan->over))
        return true;
    bench->ws = ws_context_new(&bench->loop,
                               &(struct ws_settings){.protocols = protocols});
    if (!bench->ws)
        note(bench->result, true, "libwebsockets cannot be set up");
    return bench->ws != NULL;
}

bool bench_way_prepare(struct bench *bench)
{
    return prepare_tls(bench) && prepare_ws(bench);
}

void bench_way_release(struct bench *bench)
{
    ws_context_unref(bench->ws);
    tls_context_unref(bench->tls);
    bench->ws = NULL;
    bench->tls = NULL;
}

static struct client_config config_of(const struct bench *bench)
{
    return (struct client_config){
        .host = bench->plan->host,
        .port = bench->plan->port,
        .tls = bench->tls,
        .ws = bench->ws,
    };
}

struct transport *bench_way_open(struct bench *bench, struct link *link,
                                 int *error)
{
    const struct client_config config = config_of(bench);

    return client_open(&bench->loop, &config, &link_transport_events, link,
                       error);
}

const char *bench_way_fault(const struct bench *bench,
                            struct transport *transport)
{
    const struct client_config config = config_of(bench);
    const char *text;

    client_open_fault(&config, transport, true, &text);
    return text;
}
