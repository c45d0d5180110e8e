/*
 * A plugin for mqttlab's broker: users, passwords and rights in an SQLite file.
 *
 *     plugin /path/of/sqlite_users.so
 *     plugin_opt_database /path/of/users.db
 *
 * The file is made with
 *
 *     CREATE TABLE user (name TEXT PRIMARY KEY, salt TEXT, iterations INTEGER,
 *                        hash TEXT);
 *     CREATE TABLE permission (user TEXT, kind TEXT, filter TEXT);
 *
 * hash is PBKDF2 with HMAC-SHA-256 of the password, 32 bytes; it and the salt
 * are hexadecimal. kind is "read", "write" or "subscribe". filter is a topic,
 * or what a topic begins with and "#" behind it. docs/plugins.md says how to
 * try it.
 */
#include "plugin.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { HASH_BYTES = 32, SALT_MAX_BYTES = 64, MAX_ITERATIONS = 10000000 };

/* What "name" may do with a topic; the broker asks for one right at a time. */
static const char permission_query[] =
    "SELECT filter FROM permission WHERE user = ?1 AND kind = ?2";

static const char user_query[] =
    "SELECT salt, iterations, hash FROM user WHERE name = ?1";

static int open_database(void **context, const struct mqttlab_option *options,
                         size_t option_count, char *error, size_t error_size)
{
    sqlite3 *database = NULL;
    const char *path = NULL;

    for (size_t i = 0; i < option_count; i++) {
        if (!strcmp(options[i].name, "database"))
            path = options[i].value;
    }
    if (!path) {
        snprintf(error, error_size, "plugin_opt_database PATH is missing");
        return 1;
    }
    /* Several threads ask at a time: SQLite sees to it that they may. */
    if (sqlite3_open_v2(path, &database,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX,
                        NULL) != SQLITE_OK) {
        snprintf(error, error_size, "%s: %s", path, sqlite3_errmsg(database));
        sqlite3_close(database);
        return 1;
    }
    *context = database;
    return 0;
}

static void close_database(void *context)
{
    sqlite3_close(context);
}

/* A question about one user; NULL when it cannot be asked. */
static sqlite3_stmt *ask(sqlite3 *database, const char *query,
                         const char *user_name)
{
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(database, query, -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    sqlite3_bind_text(statement, 1, user_name, -1, SQLITE_STATIC);
    return statement;
}

static const char *column(sqlite3_stmt *statement, int number)
{
    const char *text = (const char *)sqlite3_column_text(statement, number);

    return text ? text : "";
}

/* Hexadecimal digits to bytes. Returns how many; 0 when they are none. */
static size_t from_hex(const char *digits, unsigned char *bytes, size_t size)
{
    size_t count;

    return OPENSSL_hexstr2buf_ex(bytes, size, &count, digits, '\0') == 1 ? count
                                                                         : 0;
}

static int is_password(sqlite3_stmt *row, const struct mqttlab_client *client)
{
    unsigned char salt[SALT_MAX_BYTES];
    unsigned char wanted[HASH_BYTES];
    unsigned char hash[HASH_BYTES];
    size_t salt_len = from_hex(column(row, 0), salt, sizeof(salt));
    int iterations = sqlite3_column_int(row, 1);

    return client->password && salt_len && iterations > 0 &&
           iterations <= MAX_ITERATIONS &&
           from_hex(column(row, 2), wanted, sizeof(wanted)) == HASH_BYTES &&
           PKCS5_PBKDF2_HMAC(client->password, (int)client->password_len, salt,
                             (int)salt_len, iterations, EVP_sha256(),
                             sizeof(hash), hash) == 1 &&
           CRYPTO_memcmp(hash, wanted, sizeof(hash)) == 0;
}

static enum mqttlab_answer authenticate(void *context,
                                        const struct mqttlab_client *client,
                                        char *why, size_t why_size)
{
    enum mqttlab_answer answer = MQTTLAB_DENY;

    if (!client->user_name)
        return MQTTLAB_DEFER; /* allow_anonymous decides */
    sqlite3_stmt *row = ask(context, user_query, client->user_name);
    int result = row ? sqlite3_step(row) : SQLITE_ERROR;
    if (result == SQLITE_DONE) {
        answer = MQTTLAB_DEFER; /* perhaps another check knows the user */
    } else if (result != SQLITE_ROW) {
        snprintf(why, why_size, "the database cannot be read: %s",
                 sqlite3_errmsg(context));
    } else if (is_password(row, client)) {
        answer = MQTTLAB_ALLOW;
    } else {
        snprintf(why, why_size, "not the password in the database");
    }
    sqlite3_finalize(row);
    return answer;
}

static int matches(const char *filter, const char *topic)
{
    size_t len = strlen(filter);

    if (len && filter[len - 1] == '#')
        return !strncmp(filter, topic, len - 1);
    return !strcmp(filter, topic);
}

static enum mqttlab_answer authorize(void *context,
                                     const struct mqttlab_client *client,
                                     enum mqttlab_right right,
                                     const char *topic, char *why,
                                     size_t why_size)
{
    const char *kind = right == MQTTLAB_READ    ? "read"
                       : right == MQTTLAB_WRITE ? "write"
                                                : "subscribe";
    int found = 0;

    if (!client->user_name)
        return MQTTLAB_DEFER;
    sqlite3_stmt *rows = ask(context, permission_query, client->user_name);
    if (rows)
        sqlite3_bind_text(rows, 2, kind, -1, SQLITE_STATIC);
    while (rows && !found && sqlite3_step(rows) == SQLITE_ROW)
        found = matches(column(rows, 0), topic);
    sqlite3_finalize(rows);
    if (found)
        return MQTTLAB_ALLOW;
    sqlite3_stmt *row = ask(context, user_query, client->user_name);
    /* Who cannot be looked for may be ours: a fault opens nothing. */
    int is_ours = !row || sqlite3_step(row) != SQLITE_DONE;
    sqlite3_finalize(row);
    if (!is_ours)
        return MQTTLAB_DEFER; /* somebody else has let it in */
    snprintf(why, why_size, "the database does not let %s %s there",
             client->user_name, kind);
    return MQTTLAB_DENY;
}

const struct mqttlab_plugin mqttlab_plugin = {
    .version = MQTTLAB_PLUGIN_VERSION,
    .name = "sqlite_users",
    .open = open_database,
    .close = close_database,
    .authenticate = authenticate,
    .authorize = authorize,
};
