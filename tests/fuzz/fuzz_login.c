/*
 * Bytes to a broker that asks who everybody is and what he may do: a password
 * file, an access control list, SCRAM-SHA-256. The input is pieces, each behind
 * a byte that says how long it is; 0 opens a new connection. Nobody can guess a
 * nonce, so nobody gets in by SCRAM; and nobody gets in without a user name.
 */
#include "broker/access.h"
#include "broker/broker.h"
#include "broker/identity.h"
#include "broker/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mqtt/packet.h"
#include "net/transport_memory.h"
#include "wire/link.h"

/* "anna" with "pw", "bert" for SCRAM. */
static const char users[] =
    "anna:$6$XmRDSt+6okHHqHsO$CfaEO2UEJd+owpo+6FPUrPTnIC8N3w+VErusas1DT6Uah5pU"
    "FbXNCAS6SgtChUTCVXIYXx8r2IA7bI0m8U3L4A==\n"
    "bert:$scram-sha-256$1$c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
static const char acl[] = "user anna\ntopic a/#\ntopic deny a/b\n"
                          "pattern read %c/%u/+\n";

static struct loop loop;
static struct broker *broker;
static struct transport *peer; /* our end; NULL when closed */
static struct buf in;

static void must(bool truth)
{
    if (!truth)
        abort();
}

/* ---- our end ---- */

static void on_bytes(void *owner, struct slice bytes)
{
    struct frame frame;
    int used;

    (void)owner;
    buf_append_slice(&in, bytes);
    while ((used = framer_next(buf_slice(&in), MQTT_MAX_PACKET_SIZE, &frame)) >
           0)
        buf_consume(&in, (size_t)used);
    must(used == 0);
}

static void ignore(void *owner)
{
    (void)owner;
}

static void on_end(void *owner, int error)
{
    (void)owner;
    (void)error;
    transport_close(peer, false);
}

static void on_closed(void *owner)
{
    (void)owner;
    peer = NULL;
}

static const struct transport_events events = {
    .on_open = ignore,
    .on_bytes = on_bytes,
    .on_writable = ignore,
    .on_end = on_end,
    .on_closed = on_closed,
};

static void cut(void)
{
    if (peer)
        transport_memory_cut(peer);
    loop_settle(&loop);
    buf_release(&in);
}

static void open_peer(void)
{
    cut();
    struct link *link = broker_connect(broker, 0);
    struct transport *ends[2];

    must(link != NULL);
    transport_memory_pair(
        &loop, ends,
        (const struct transport_events *[]){&events, &link_transport_events},
        (void *[]){NULL, link});
    peer = ends[0];
    link->transport = ends[1];
    loop_settle(&loop);
}

static void send_bytes(const uint8_t *bytes, size_t len)
{
    struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};

    if (peer)
        transport_writev(peer, &part, 1);
    loop_settle(&loop);
}

/* ---- the broker ---- */

static void check_sessions(void)
{
    size_t position = 0;
    const struct session *session;

    while ((session = session_store_next(&broker->sessions, &position))) {
        must(identity_user_name(session) != NULL);
        must(!strcmp(identity_user_name(session), "anna"));
        must(session->identity->voucher == VOUCHED_BY_PASSWORD_FILE);
    }
}

static struct access **rules(void)
{
    struct config_problems problems = {0};
    struct access **access = alloc_zero(1, sizeof(struct access *));

    access[0] = alloc_zero(1, sizeof(*access[0]));
    access[0]->references = 1;
    access[0]->passwords =
        password_file_read("users", slice_of_string(users), &problems);
    access[0]->acl = acl_read("acl", slice_of_string(acl), &problems);
    must(problems.count == 0);
    return access;
}

static void discard(void *context, enum log_level level, const char *line)
{
    (void)context;
    (void)level;
    (void)line;
}

static void run(const uint8_t *at, size_t left)
{
    open_peer();
    while (left) {
        size_t len = *at++;

        left--;
        if (len == 0)
            open_peer();
        len = len < left ? len : left;
        send_bytes(at, len);
        check_sessions();
        at += len;
        left -= len;
    }
    cut();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct log log = {.level = LOG_DEBUG, .sink = discard};
    struct config config;

    config_init(&config);
    config_add_listener(&config, 0, NULL);
    config_finish(&config);
    config.listeners[0].allow_anonymous = false;
    config.listeners[0].auth_method = CONFIG_SCRAM_SHA_256;
    config.sys_interval = 0;
    if (loop_init(&loop))
        abort();
    clock_init_manual(&loop.clock, CLOCK_NS_PER_S, CLOCK_NS_PER_S);
    broker = broker_new(&loop, &config, &log);
    access_start(broker, rules());
    run(bytes, len);
    broker_stop(broker, NULL, NULL);
    loop_settle(&loop);
    broker_free(broker);
    loop_release(&loop);
    config_release(&config);
    return 0;
}
