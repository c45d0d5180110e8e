/*
 * A store that says anything: it is refused with a reason, or the broker works
 * with it. Then each session's client comes, and what it is sent must be
 * well-formed packets.
 *
 * The input is a file as it lies on the disk if it begins as SQLite's do; else
 * statements that change the rows of a new store.
 */
#include "broker/broker.h"
#include "broker/durable.h"
#include "broker/durable_file.h"
#include "broker/session.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "mqtt/packet.h"
#include "net/transport_memory.h"
#include "wire/link.h"

#define MAX_CLIENTS 8
#define MAX_STEPS   100000 /* of SQLite, for all statements */

static struct loop loop;
static struct broker *broker;
static char folder[40];
static char path[64];
static struct buf fresh; /* a store with nothing in it */

static void must(bool truth)
{
    if (!truth)
        abort();
}

/* ---- the file ---- */

static void remove_files(void)
{
    static const char *const endings[] = {"",      "-wal", "-shm",
                                          "-lock", "-new", "-journal"};
    char name[80];

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
}

static void remove_folder(void)
{
    remove_files();
    rmdir(folder);
    buf_release(&fresh);
}

static void write_file(const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    must(file && fwrite(bytes, 1, len, file) == len);
    must(fclose(file) == 0);
}

static void read_fresh(void)
{
    FILE *file = fopen(path, "rb");
    size_t len;

    must(file != NULL);
    while ((len = fread(buf_reserve(&fresh, 4096), 1, 4096, file)) > 0)
        fresh.len += (uint32_t)len;
    fclose(file);
}

/* In memory where there is such a place: thousands of files are written. */
static void make_folder(void)
{
    struct durable_file file;
    char error[DURABLE_ERROR_BYTES];

    if (path[0])
        return;
    snprintf(folder, sizeof(folder), "%s/mqttlab-fuzz.XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    must(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/mqttlab.db", folder);
    must(durable_file_open(&file, path, false, error));
    durable_file_close(&file);
    read_fresh();
    atexit(remove_folder);
}

/* Rows may be changed, and nothing else. */
static int authorize(void *context, int action, const char *a, const char *b,
                     const char *database, const char *trigger)
{
    (void)context;
    (void)a;
    (void)b;
    (void)database;
    (void)trigger;
    return action == SQLITE_INSERT || action == SQLITE_UPDATE ||
                   action == SQLITE_DELETE || action == SQLITE_SELECT ||
                   action == SQLITE_READ
               ? SQLITE_OK
               : SQLITE_DENY;
}

static int stop(void *context)
{
    (void)context;
    return 1;
}

static void execute(const uint8_t *bytes, size_t len)
{
    char *sql = alloc_string_of(bytes, len);
    sqlite3 *db;

    write_file(fresh.bytes, fresh.len);
    must(sqlite3_open(path, &db) == SQLITE_OK);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 20);
    sqlite3_set_authorizer(db, authorize, NULL);
    sqlite3_progress_handler(db, MAX_STEPS, stop, NULL);
    sqlite3_exec(db, sql, NULL, NULL, NULL); /* or a part of it */
    sqlite3_close(db);
    free(sql);
}

/* ---- a client ---- */

struct client {
    struct transport *transport; /* NULL when closed */
    struct buf in;
};

static void on_bytes(void *owner, struct slice bytes)
{
    struct client *client = owner;
    struct mqtt_packet packet;
    struct frame frame;
    int used;

    buf_append_slice(&client->in, bytes);
    while ((used = framer_next(buf_slice(&client->in), MQTT_MAX_PACKET_SIZE,
                               &frame)) > 0) {
        must(!packet_decode(&packet, MQTT_5, &frame));
        buf_consume(&client->in, (size_t)used);
    }
    must(used == 0);
}

static void ignore(void *owner)
{
    (void)owner;
}

static void on_end(void *owner, int error)
{
    (void)error;
    transport_close(((struct client *)owner)->transport, false);
}

static void on_closed(void *owner)
{
    ((struct client *)owner)->transport = NULL;
}

static const struct transport_events events = {
    .on_open = ignore,
    .on_bytes = on_bytes,
    .on_writable = ignore,
    .on_end = on_end,
    .on_closed = on_closed,
};

/* CONNECT, "#" is subscribed to, what waits comes. */
static void come(const char *client_id)
{
    static const uint8_t subscribe[] = {0x82, 7, 0, 1, 0, 0, 1, '#', 2};
    struct mqtt_connect connect = {.version = MQTT_5,
                                   .client_id = slice_of_string(client_id)};
    struct link *link = broker_connect(broker, 0);
    struct client client = {0};
    struct transport *ends[2];
    struct buf bytes = {0};

    must(link != NULL);
    transport_memory_pair(
        &loop, ends,
        (const struct transport_events *[]){&events, &link_transport_events},
        (void *[]){&client, link});
    client.transport = ends[0];
    link->transport = ends[1];
    loop_settle(&loop);
    connect_encode(&bytes, &connect);
    buf_append(&bytes, subscribe, sizeof(subscribe));
    transport_writev(
        client.transport,
        &(struct iovec){.iov_base = bytes.bytes, .iov_len = bytes.len}, 1);
    loop_settle(&loop);
    must(client.transport != NULL);
    transport_memory_cut(client.transport);
    loop_settle(&loop);
    buf_release(&client.in);
    buf_release(&bytes);
}

static void let_all_come(void)
{
    size_t count = session_store_count(&broker->sessions);
    struct session **sessions = session_store_list(&broker->sessions);
    char *names[MAX_CLIENTS];

    if (count > MAX_CLIENTS)
        count = MAX_CLIENTS;
    for (size_t i = 0; i < count; i++)
        names[i] = alloc_string(sessions[i]->client_id);
    free(sessions);
    for (size_t i = 0; i < count; i++) {
        come(names[i]);
        free(names[i]);
    }
}

/* ---- one input ---- */

static void discard(void *context, enum log_level level, const char *line)
{
    (void)context;
    (void)level;
    (void)line;
}

static void configure(struct config *config)
{
    config_init(config);
    config_add_listener(config, 0, NULL);
    config_finish(config);
    config->listeners[0].allow_anonymous = true;
    config->sys_interval = 0;
    config->persistence = true;
    config->persistence_sync = CONFIG_SYNC_NORMAL;
    config->persistence_location = alloc_string(folder);
}

/* Work with the store, if it is one. */
static void work(void)
{
    char error[DURABLE_TEXT_BYTES] = "";

    if (!durable_open(broker, error)) {
        must(strstr(error, path) != NULL && strlen(error) > strlen(path) + 2);
        return;
    }
    loop_settle(&loop);
    let_all_come();
    loop_advance(&loop, 5000);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct log log = {.level = LOG_DEBUG, .sink = discard};
    struct config config;

    make_folder();
    if (len >= 6 && !memcmp(bytes, "SQLite", 6))
        write_file(bytes, len);
    else
        execute(bytes, len);
    configure(&config);
    must(loop_init(&loop) == 0);
    clock_init_manual(&loop.clock, CLOCK_NS_PER_S, 2000 * CLOCK_NS_PER_S);
    broker = broker_new(&loop, &config, &log);
    work();
    broker_stop(broker, NULL, NULL);
    loop_settle(&loop);
    broker_free(broker);
    loop_release(&loop);
    config_release(&config);
    remove_files();
    return 0;
}
