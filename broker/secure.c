#include "broker/secure.h"

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/cable.h"
#include "broker/connection.h"
#include "broker/psk_file.h"
#include "broker/report.h"
#include "broker/trace.h"
#include "net/tls_settings.h"
#include "net/transport_tls.h"
#include "net/transport_ws.h"

#include <stdlib.h>
#include <string.h>

/* What was made ready by a reload and not yet taken. */
struct fresh {
    struct tls_context *tls;
    struct psk_file *psk;
};

struct secure {
    struct broker *broker;
    struct reload_hook hook;
    struct fresh *fresh; /* as many as listeners; owned */
};

/* The TLS of a connection, which may lie below WebSocket; NULL: it has none. */
static const struct transport *tls_of(const struct connection *connection)
{
    const struct transport *transport = connection->link.transport;

    if (transport && transport_is_ws(transport))
        transport = transport_ws_carrier(transport);
    return transport && transport_is_tls(transport) ? transport : NULL;
}

/* ---- contexts ---- */

/* Where a complaint about a file goes. */
struct complaints {
    struct config_problems *problems;
    const char *where;
};

static void say(void *owner, bool error, const char *text)
{
    const struct complaints *to = owner;

    if (error)
        config_problem(to->problems, to->where, "%s", text);
    else
        config_warning(to->problems, to->where, "%s", text);
}

static size_t find_psk(void *owner, const char *identity, uint8_t *key)
{
    const struct broker_listener *listener = owner;

    return listener->psk ? psk_file_find(listener->psk, identity, key) : 0;
}

static const char *version_name(uint8_t version)
{
    switch ((enum config_tls_version)version) {
    case CONFIG_TLS_1_3: return "tlsv1.3";
    case CONFIG_TLS_1_2: return "tlsv1.2";
    case CONFIG_TLS_1_1: return "tlsv1.1";
    case CONFIG_TLS_DEFAULT: break;
    }
    return NULL;
}

static void record_keys(void *owner, const char *line)
{
    struct broker *broker = owner;

    if (!tap_on(&broker->tap))
        return;
    report_begin(broker, EVENT_TLS_KEYS, slice_of(NULL, 0));
    report_printf(broker, RECORD_TEXT, "%s", line);
    report_end(broker, NULL, 0);
}

/* The context of a listener; its keys are those of owner. */
static struct tls_context *make_context(const struct config_listener *config,
                                        struct loop *loop, void *owner,
                                        struct config_problems *problems)
{
    struct complaints to = {.problems = problems, .where = config->where};
    const struct tls_settings settings = {
        .cafile = config->cafile,
        .capath = config->capath,
        .certfile = config->certfile,
        .keyfile = config->keyfile,
        .crlfile = config->crlfile,
        .ocspfile = config->ocspfile,
        .ciphers = config->ciphers,
        .ciphers_tls13 = config->ciphers_tls13,
        .tls_version = version_name(config->tls_version),
        .tls_max_version = version_name(config->tls_max_version),
        .dhparamfile = config->dhparamfile,
        .require_certificate = config->require_certificate,
        .psk_find = config->psk_hint ? find_psk : NULL,
        .psk_owner = owner,
        .psk_hint = config->psk_hint,
    };

    return tls_settings_server(loop, &settings,
                               &(struct tls_complaint){say, &to});
}

static bool make(const struct config_listener *config, struct loop *loop,
                 void *owner, struct fresh *fresh,
                 struct config_problems *problems)
{
    if (!config_wants_tls(config))
        return true;
    if (config->psk_hint && config->psk_file) {
        fresh->psk = psk_file_load(config->psk_file, problems);
        if (!fresh->psk)
            return false;
    } else if (config->psk_hint) {
        config_problem(problems, config->where,
                       "psk_hint needs a psk_file with identities and keys");
        return false;
    }
    fresh->tls = make_context(config, loop, owner, problems);
    return fresh->tls != NULL;
}

static void drop(struct fresh *fresh)
{
    tls_context_unref(fresh->tls);
    psk_file_free(fresh->psk);
    *fresh = (struct fresh){0};
}

static void take(struct broker_listener *listener, struct fresh *fresh)
{
    struct fresh old = {.tls = listener->tls, .psk = listener->psk};

    listener->tls = fresh->tls;
    listener->psk = fresh->psk;
    if (fresh->tls && listener->broker->config->record_keys)
        tls_context_give_keys(fresh->tls, record_keys, listener->broker);
    *fresh = (struct fresh){0};
    drop(&old);
}

/* ---- start and reload ---- */

static bool prepare(void *context, const struct config *config,
                    struct config_problems *problems)
{
    struct secure *secure = context;
    struct broker *broker = secure->broker;
    bool good = true;

    (void)config; /* which files there are is settled at the start */
    for (size_t i = 0; i < broker->config->listener_count; i++)
        good &= make(&broker->config->listeners[i], broker->loop,
                     &broker->listeners[i], &secure->fresh[i], problems);
    for (size_t i = 0; !good && i < broker->config->listener_count; i++)
        drop(&secure->fresh[i]);
    return good;
}

static void cancel(void *context)
{
    struct secure *secure = context;

    for (size_t i = 0; i < secure->broker->config->listener_count; i++)
        drop(&secure->fresh[i]);
}

/* Whose certificate is not good any more has to go. Returns whether it is. */
static bool part_if_revoked(struct connection *connection)
{
    const struct transport *transport = tls_of(connection);
    char *why = NULL;

    if (transport)
        why = transport_tls_distrusts(transport, connection->listener->tls);
    if (!why)
        return true;
    connection_end(connection, &(struct connection_ending){
                                   .why = END_UNWELCOME,
                                   .text = why,
                               });
    free(why);
    return false;
}

static void part_with_revoked(struct broker *broker)
{
    LIST_FOREACH_SAFE (node, &broker->connections) {
        struct connection *connection =
            LIST_ITEM(node, struct connection, node);

        if (connection->state != CONNECTION_ENDED)
            part_if_revoked(connection);
    }
}

/* Does the connection's identity have another key now, or none? */
static bool key_is_old(const struct secure *secure,
                       const struct connection *connection)
{
    const struct transport *transport = tls_of(connection);
    size_t listener =
        (size_t)(connection->listener - secure->broker->listeners);
    const struct psk_file *fresh = secure->fresh[listener].psk;
    uint8_t keys[2][TLS_PSK_MAX_BYTES] = {{0}};
    struct tls_description seen;

    if (!transport || !connection->listener->psk)
        return false;
    transport_tls_describe(transport, &seen);
    if (!seen.identity)
        return false;
    size_t before =
        psk_file_find(connection->listener->psk, seen.identity, keys[0]);
    size_t now = fresh ? psk_file_find(fresh, seen.identity, keys[1]) : 0;
    bool old = now != before || memcmp(keys[0], keys[1], now) != 0;
    OPENSSL_cleanse(keys, sizeof(keys));
    return old;
}

/* While both files of keys are there. */
static void part_with_old_keys(const struct secure *secure)
{
    LIST_FOREACH_SAFE (node, &secure->broker->connections) {
        struct connection *connection =
            LIST_ITEM(node, struct connection, node);

        if (connection->state == CONNECTION_ENDED ||
            !key_is_old(secure, connection))
            continue;
        connection_end(connection,
                       &(struct connection_ending){
                           .why = END_UNWELCOME,
                           .text = "its pre-shared key is not valid any more",
                       });
    }
}

static void apply(void *context)
{
    struct secure *secure = context;
    struct broker *broker = secure->broker;

    part_with_old_keys(secure);
    for (size_t i = 0; i < broker->config->listener_count; i++)
        take(&broker->listeners[i], &secure->fresh[i]);
    part_with_revoked(broker);
}

bool secure_open(struct broker *broker, struct config_problems *problems)
{
    struct secure *secure = alloc_zero(1, sizeof(*secure));
    size_t count = broker->config->listener_count;

    secure->broker = broker;
    secure->fresh = alloc_zero(count, sizeof(*secure->fresh));
    secure->hook = (struct reload_hook){
        .prepare = prepare,
        .apply = apply,
        .cancel = cancel,
        .context = secure,
    };
    broker->secure = secure;
    if (!prepare(secure, broker->config, problems))
        return false;
    apply(secure);
    reload_add(broker, &secure->hook);
    return true;
}

bool secure_check(const struct config *config, struct config_problems *problems)
{
    struct loop loop;
    int error = loop_init(&loop);
    bool good = true;

    if (error) {
        config_problem(problems, NULL, "no loop can be had: %s",
                       strerror(-error));
        return false;
    }
    for (size_t i = 0; i < config->listener_count; i++) {
        struct fresh fresh = {0};

        good &= make(&config->listeners[i], &loop, NULL, &fresh, problems);
        drop(&fresh);
    }
    loop_release(&loop);
    return good;
}

void secure_close(struct broker *broker)
{
    if (!broker->secure)
        return;
    for (size_t i = 0; i < broker->config->listener_count; i++)
        take(&broker->listeners[i], &(struct fresh){0});
    free(broker->secure->fresh);
    free(broker->secure);
    broker->secure = NULL;
}

/* ---- connections ---- */

struct transport *secure_accept(struct broker_listener *listener, int fd,
                                const struct sockaddr *peer, struct link *link,
                                const struct transport_events *events,
                                void *owner)
{
    if (!listener->tls)
        return cable_accept(listener, fd, peer, link, events, owner);
    struct transport *tls = transport_tls_new(listener->tls, events, owner);
    struct transport *below =
        cable_accept(listener, fd, peer, link, &transport_tls_below, tls);
    if (!below) {
        transport_tls_discard(tls);
        return NULL;
    }
    transport_tls_carry(tls, below);
    return tls;
}

bool secure_admit(struct connection *connection)
{
    const struct transport *transport = tls_of(connection);

    return !transport ||
           transport_tls_is_of(transport, connection->listener->tls) ||
           part_if_revoked(connection);
}

const char *secure_reason(const struct connection *connection)
{
    const struct transport *tls = tls_of(connection);

    return tls ? transport_tls_reason(tls) : NULL;
}

static void tell(const struct connection *connection, const char *text)
{
    struct broker *broker = connection->broker;

    report_begin(broker, EVENT_TLS_OPENED, slice_of(NULL, 0));
    report_printf(broker, RECORD_TEXT, "%s", text);
    report_end(broker, connection, 0);
}

void secure_report(const struct connection *connection)
{
    struct broker *broker = connection->broker;
    const struct transport *transport = tls_of(connection);
    bool logged = trace_on(connection);
    char peer[CONNECTION_ADDRESS_BYTES];

    if (!transport || (!logged && !tap_on(&broker->tap)))
        return;
    char *text = transport_tls_told(transport, "client");
    if (logged) {
        connection_peer(connection, peer, sizeof(peer));
        log_debug(broker->log, "TLS with %s: %s.", peer, text);
    }
    if (tap_on(&broker->tap))
        tell(connection, text);
    free(text);
}

void secure_report_again(const struct connection *connection)
{
    const struct transport *transport = tls_of(connection);

    if (!transport || !connection->opened)
        return; /* it is told when the handshake is done */
    char *text = transport_tls_told(transport, "client");
    tell(connection, text);
    free(text);
}

bool secure_user_name(const struct connection *connection, char **name)
{
    const struct config_listener *config = connection->listener->config;
    const struct transport *transport = tls_of(connection);
    struct tls_description seen;

    *name = NULL;
    if (!config->use_identity_as_username && !config->use_subject_as_username)
        return true;
    if (!transport)
        return true; /* the option means nothing there */
    transport_tls_describe(transport, &seen);
    if (seen.identity)
        *name = alloc_string(seen.identity);
    else if (seen.has_certificate)
        *name =
            transport_tls_peer_name(transport, config->use_subject_as_username);
    return *name != NULL;
}
