#include "broker/durable_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"
#include "broker/durable_schema.h"

/* How long to wait for somebody who looks at the file with sqlite3. */
#define BUSY_MS 5000

/* Pages of 4 KiB in the log before they go into the file. */
#define LOG_PAGES "4000"

/* What a burst made of the log is given back. */
#define LOG_BYTES "67108864"

static void complain(char *error, const char *path, const char *why)
{
    snprintf(error, DURABLE_ERROR_BYTES, "%.200s: %.300s", path, why);
}

static bool complain_of_damage(char *error, const struct durable_file *file,
                               const char *what)
{
    char why[300];

    snprintf(why, sizeof(why),
             "is damaged (%.120s). Move it away; `sqlite3 FILE .recover` "
             "saves what can be read",
             what);
    complain(error, file->path, why);
    return false;
}

static bool complain_of_db(char *error, const struct durable_file *file)
{
    int code = sqlite3_errcode(file->db);

    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        return complain_of_damage(error, file, sqlite3_errmsg(file->db));
    complain(error, file->path, sqlite3_errmsg(file->db));
    return false;
}

/* ---- one broker at a time ---- */

static void complain_of_lock(char *error, const char *path, int fd)
{
    char pid[24] = "";
    char why[160];
    ssize_t len = pread(fd, pid, sizeof(pid) - 1, 0);

    pid[len > 0 ? strcspn(pid, "\n") : 0] = '\0';
    snprintf(why, sizeof(why),
             "is in use by another broker%s%.20s%s. Stop it, or set "
             "persistence_location or persistence_file",
             pid[0] ? " (process " : "", pid, pid[0] ? ")" : "");
    complain(error, path, why);
}

static bool lock(struct durable_file *file, char *error)
{
    char *path = alloc_printf("%s-lock", file->path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

    if (fd >= 0 && !locked && errno == EWOULDBLOCK)
        complain_of_lock(error, file->path, fd);
    else if (!locked)
        complain(error, path, strerror(errno));
    free(path);
    if (!locked) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    /* Only for the message above: nothing depends on it. */
    if (ftruncate(fd, 0) != 0 || dprintf(fd, "%ld\n", (long)getpid()) < 0)
        errno = 0;
    file->lock_fd = fd;
    return true;
}

/* ---- what lies there ---- */

/* Where SQLite's file format has PRAGMA application_id, in four bytes. */
#define PROGRAM_AT 68

static bool is_of_program(const uint8_t *header)
{
    uint32_t program = 0;

    for (int i = 0; i < 4; i++)
        program = program << 8 | header[PROGRAM_AT + i];
    return program == DURABLE_SCHEMA_PROGRAM;
}

/* Returns why the file is none of ours by its first bytes; NULL: it may be. */
static const char *judge_header(const uint8_t *header, size_t len)
{
    static const char sqlite[16] = "SQLite format 3";
    static const char mosquitto[] = "\0\xB5\0mosquitto db";

    if (len == 0)
        return "is empty, which a store never is. Remove it to begin anew";
    if (len >= sizeof(mosquitto) - 1 &&
        !memcmp(header, mosquitto, sizeof(mosquitto) - 1))
        return "is mosquitto's store, which has another format. Set "
               "persistence_file to another name";
    if (len < sizeof(sqlite) || memcmp(header, sqlite, sizeof(sqlite)) != 0)
        return "is damaged, or no store of mqttlab. Set persistence_file to "
               "another name, or move the file away";
    if (len >= PROGRAM_AT + 4 && !is_of_program(header))
        return "is an SQLite database of another program. Set "
               "persistence_file to another name";
    return NULL;
}

/* Returns 1 for a file that may be ours, 0 when there is none, -1 with a
   complaint. */
static int look_at(const struct durable_file *file, char *error)
{
    uint8_t header[100];
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0) {
        complain(error, file->path, strerror(errno));
        return -1;
    }
    ssize_t len = read(fd, header, sizeof(header));
    const char *why =
        len < 0 ? strerror(errno) : judge_header(header, (size_t)len);
    close(fd);
    if (!why)
        return 1;
    complain(error, file->path, why);
    return -1;
}

static bool execute(const struct durable_file *file, const char *sql,
                    char *error)
{
    return sqlite3_exec(file->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           complain_of_db(error, file);
}

static bool connect_to(struct durable_file *file, const char *path, char *error)
{
    if (sqlite3_open_v2(path, &file->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return complain_of_db(error, file);
    sqlite3_busy_timeout(file->db, BUSY_MS);
    return true;
}

static void disconnect_from(struct durable_file *file)
{
    sqlite3_close(file->db);
    file->db = NULL;
}

/* What an earlier try to make the file has left must not be mixed with it. */
static void remove_rest(const char *path)
{
    char *journal = alloc_printf("%s-journal", path);

    unlink(path);
    unlink(journal);
    free(journal);
}

/* A name is on the disk when its folder is. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? alloc_string_of(path, (size_t)(slash - path) + 1)
                         : alloc_string(".");
    int fd = open(folder, O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

/* Fill a new, empty file at path. */
static bool fill(struct durable_file *file, const char *path, char *error)
{
    remove_rest(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        complain(error, path, strerror(errno));
        return false;
    }
    close(fd);
    bool good = connect_to(file, path, error) &&
                execute(file, durable_schema_create, error);
    disconnect_from(file);
    return good;
}

/*
 * Make a new one under another name first, so that under its own there is a
 * whole one or none.
 */
static bool create(struct durable_file *file, char *error)
{
    char *log = alloc_printf("%s-wal", file->path);
    char *fresh = alloc_printf("%s-new", file->path);
    bool good = false;

    if (access(log, F_OK) == 0)
        complain(error, log,
                 "is left, but the store that it belongs to is gone. Bring "
                 "that back, or remove this to begin anew");
    else if (fill(file, fresh, error)) {
        good = rename(fresh, file->path) == 0;
        if (good)
            sync_folder(file->path);
        else
            complain(error, file->path, strerror(errno));
    }
    if (!good)
        remove_rest(fresh);
    free(log);
    free(fresh);
    return good;
}

/* ---- is it whole, and ours? ---- */

/* Is it in the format that we read? */
static bool is_ours(const struct durable_file *file, char *error)
{
    sqlite3_stmt *statement = NULL;
    char why[200];

    if (sqlite3_prepare_v2(file->db, "PRAGMA user_version", -1, &statement,
                           NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        complain_of_db(error, file);
        sqlite3_finalize(statement);
        return false;
    }
    int format = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    if (format == DURABLE_FILE_FORMAT)
        return true;
    if (format < DURABLE_FILE_FORMAT)
        return complain_of_damage(error, file, "it has no format of ours");
    snprintf(why, sizeof(why),
             "has format %d and was written by a newer mqttlab; this one "
             "(" MQTTLAB_VERSION ") reads format %d",
             format, DURABLE_FILE_FORMAT);
    complain(error, file->path, why);
    return false;
}

/* The first thing that SQLite finds wrong with the file's inside, if any. */
static bool is_whole(const struct durable_file *file, char *error)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(file->db, "PRAGMA quick_check(1)", -1, &statement,
                           NULL) != SQLITE_OK)
        return complain_of_db(error, file);
    int result = sqlite3_step(statement);
    const char *said = result == SQLITE_ROW
                           ? (const char *)sqlite3_column_text(statement, 0)
                           : sqlite3_errmsg(file->db);
    bool whole = result == SQLITE_ROW && said && !strcmp(said, "ok");
    if (!whole)
        complain_of_damage(error, file, said ? said : "?");
    sqlite3_finalize(statement);
    return whole;
}

static bool configure(const struct durable_file *file, bool to_disk,
                      char *error)
{
    return execute(file,
                   "PRAGMA journal_mode = WAL;"
                   "PRAGMA wal_autocheckpoint = " LOG_PAGES ";"
                   "PRAGMA journal_size_limit = " LOG_BYTES ";"
                   "PRAGMA cache_size = -16000;"
                   "PRAGMA temp_store = MEMORY;"
                   "PRAGMA fullfsync = 1;"
                   "PRAGMA checkpoint_fullfsync = 1",
                   error) &&
           execute(file,
                   to_disk ? "PRAGMA synchronous = FULL"
                           : "PRAGMA synchronous = NORMAL",
                   error);
}

/* ---- statements ---- */

static bool prepare(const struct durable_file *file, const char *sql,
                    sqlite3_stmt **statement, char *error)
{
    return sqlite3_prepare_v3(file->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                              statement, NULL) == SQLITE_OK ||
           complain_of_db(error, file);
}

static bool prepare_all(struct durable_file *file, char *error)
{
    for (unsigned kind = 0; kind < DURABLE_KINDS; kind++) {
        const char *sql = durable_schema_statement((enum durable_kind)kind);

        if (sql && !prepare(file, sql, &file->statements[kind], error))
            return false;
    }
    return prepare(file, "BEGIN IMMEDIATE", &file->begin, error) &&
           prepare(file, "COMMIT", &file->commit, error) &&
           prepare(file, "DELETE FROM subscriptions WHERE session = ?1",
                   &file->forget_subscriptions, error);
}

bool durable_file_open(struct durable_file *file, const char *path,
                       bool to_disk, char *error)
{
    *file = (struct durable_file){.path = alloc_string(path), .lock_fd = -1};
    bool good = lock(file, error);
    int there = good ? look_at(file, error) : -1;

    if (there == 0)
        there = create(file, error) ? 1 : -1;
    good = there == 1 && connect_to(file, path, error) &&
           is_ours(file, error) && configure(file, to_disk, error) &&
           is_whole(file, error) && prepare_all(file, error);
    if (!good)
        durable_file_close(file);
    return good;
}

void durable_file_close(struct durable_file *file)
{
    if (!file->path)
        return;
    for (unsigned kind = 0; kind < DURABLE_KINDS; kind++)
        sqlite3_finalize(file->statements[kind]);
    sqlite3_finalize(file->begin);
    sqlite3_finalize(file->commit);
    sqlite3_finalize(file->forget_subscriptions);
    disconnect_from(file);
    if (file->lock_fd >= 0)
        close(file->lock_fd);
    free(file->path);
    *file = (struct durable_file){.lock_fd = -1};
}

/* ---- changes ---- */

static void bind_text(sqlite3_stmt *statement, int at, struct slice text)
{
    sqlite3_bind_text(statement, at, text.len ? (const char *)text.bytes : "",
                      (int)text.len, SQLITE_STATIC);
}

static void bind_blob(sqlite3_stmt *statement, int at, struct slice bytes)
{
    sqlite3_bind_blob(statement, at, bytes.len ? (const void *)bytes.bytes : "",
                      (int)bytes.len, SQLITE_STATIC);
}

static void bind_number_or_null(sqlite3_stmt *statement, int at,
                                uint64_t number)
{
    if (number)
        sqlite3_bind_int64(statement, at, (int64_t)number);
    else
        sqlite3_bind_null(statement, at);
}

static void bind_session(sqlite3_stmt *s, const struct durable_change *change,
                         const struct durable_batch *batch)
{
    sqlite3_bind_int64(s, 1, (int64_t)change->session);
    bind_text(s, 2, durable_batch_text(batch, change));
    sqlite3_bind_int64(s, 3, change->seconds);
    bind_number_or_null(s, 4, change->wall_ms);
    bind_number_or_null(s, 5, change->message_id);
    sqlite3_bind_int64(s, 6, change->delay_s);
    if (change->user_len)
        bind_text(
            s, 7,
            slice_of(batch->text.bytes + change->user_at, change->user_len));
    else
        sqlite3_bind_null(s, 7);
    sqlite3_bind_int(s, 8, change->voucher);
    sqlite3_bind_int(s, 9, change->listener);
}

static void bind_subscription(sqlite3_stmt *s,
                              const struct durable_change *change,
                              struct slice topic_filter)
{
    sqlite3_bind_int64(s, 1, (int64_t)change->session);
    bind_text(s, 2, topic_filter);
    if (change->kind == DURABLE_SUBSCRIPTION_REMOVE)
        return;
    sqlite3_bind_int(s, 3, change->qos);
    sqlite3_bind_int(s, 4, change->no_local);
    sqlite3_bind_int(s, 5, change->retain_as_published);
    sqlite3_bind_int(s, 6, change->retain_handling);
    bind_number_or_null(s, 7, change->seconds);
}

static void bind_message(sqlite3_stmt *s, const struct durable_change *change)
{
    const struct message *message = change->message;

    sqlite3_bind_int64(s, 1, (int64_t)change->number);
    bind_text(s, 2, message_topic(message));
    bind_blob(s, 3, message_payload(message));
    sqlite3_bind_int(s, 4, message->qos);
    sqlite3_bind_int(s, 5, message->retain);
    if (message->properties_len)
        bind_blob(s, 6, message_properties(message));
    else
        sqlite3_bind_null(s, 6);
    if (message->has_expiry)
        sqlite3_bind_int64(s, 7, message->expiry_s);
    else
        sqlite3_bind_null(s, 7);
    sqlite3_bind_int64(s, 8, (int64_t)change->wall_ms);
    sqlite3_bind_int(s, 9, change->retain);
    if (message->has_source)
        bind_blob(s, 10, message_source(message));
    else
        sqlite3_bind_null(s, 10);
}

static void bind_delivery(sqlite3_stmt *s, const struct durable_change *change)
{
    sqlite3_bind_int64(s, 1, (int64_t)change->number);
    bind_number_or_null(s, 2, change->message_id);
    sqlite3_bind_int(s, 3, change->packet_id);
    sqlite3_bind_text(s, 4, durable_schema_state(change->state), -1,
                      SQLITE_STATIC);
    if (change->kind == DURABLE_DELIVERY_SET)
        return;
    sqlite3_bind_int64(s, 5, (int64_t)change->session);
    sqlite3_bind_int(s, 6, change->qos);
    sqlite3_bind_int(s, 7, change->retain);
    if (change->identifiers)
        bind_blob(s, 8, shared_slice(change->identifiers));
    else
        sqlite3_bind_null(s, 8);
}

static bool run(sqlite3_stmt *statement)
{
    bool good = sqlite3_step(statement) == SQLITE_DONE;

    sqlite3_reset(statement);
    return good;
}

static bool run_with(sqlite3_stmt *statement, uint64_t number)
{
    sqlite3_bind_int64(statement, 1, (int64_t)number);
    return run(statement);
}

static bool make_change(const struct durable_file *file,
                        const struct durable_batch *batch,
                        const struct durable_change *change)
{
    sqlite3_stmt *statement = file->statements[change->kind];
    struct slice text = durable_batch_text(batch, change);

    switch ((enum durable_kind)change->kind) {
    case DURABLE_NOTHING: return true;
    case DURABLE_SESSION_SET: bind_session(statement, change, batch); break;
    case DURABLE_SESSION_REMOVE:
        return run_with(file->forget_subscriptions, change->session) &&
               run_with(file->statements[DURABLE_INCOMING_CLEAR],
                        change->session) &&
               run_with(statement, change->session);
    case DURABLE_SUBSCRIPTION_SET:
    case DURABLE_SUBSCRIPTION_REMOVE:
        bind_subscription(statement, change, text);
        break;
    case DURABLE_MESSAGE_ADD: bind_message(statement, change); break;
    case DURABLE_MESSAGE_SET:
        sqlite3_bind_int64(statement, 1, (int64_t)change->number);
        sqlite3_bind_int(statement, 2, change->retain);
        break;
    case DURABLE_DELIVERY_ADD:
    case DURABLE_DELIVERY_SET: bind_delivery(statement, change); break;
    case DURABLE_INCOMING_ADD:
    case DURABLE_INCOMING_REMOVE:
        sqlite3_bind_int64(statement, 1, (int64_t)change->session);
        sqlite3_bind_int(statement, 2, change->packet_id);
        break;
    case DURABLE_INCOMING_CLEAR: return run_with(statement, change->session);
    case DURABLE_MESSAGE_REMOVE:
    case DURABLE_DELIVERY_REMOVE: return run_with(statement, change->number);
    }
    return run(statement);
}

bool durable_file_apply(struct durable_file *file,
                        const struct durable_batch *batch, char *error)
{
    bool good = run(file->begin);

    for (uint32_t i = 0; good && i < batch->count; i++)
        good = make_change(file, batch, &batch->changes[i]);
    good = good && run(file->commit);
    if (good)
        return true;
    complain_of_db(error, file);
    if (!sqlite3_get_autocommit(file->db))
        sqlite3_exec(file->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}
