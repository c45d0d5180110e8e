/*
 * The file in which sessions and messages outlive the broker: an SQLite
 * database with a write-ahead log.
 *
 * `sqlite3 mqttlab.db` shows it, also while the broker runs. A file beside it
 * ("-lock") keeps a second broker out. A file that is damaged, empty, another
 * program's or a newer mqttlab's is refused and never touched. One thread at a
 * time may use it.
 */
#ifndef BROKER_DURABLE_FILE_H
#define BROKER_DURABLE_FILE_H

#include "broker/durable_batch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

/* The format that is written; in the file as PRAGMA user_version. */
#define DURABLE_FILE_FORMAT 1

struct durable_file {
    char *path; /* owned */
    struct sqlite3 *db;
    struct sqlite3_stmt *statements[DURABLE_KINDS];
    struct sqlite3_stmt *begin;
    struct sqlite3_stmt *commit;
    struct sqlite3_stmt *forget_subscriptions; /* of a session */
    int lock_fd;                               /* -1: none */
};

/* Room enough for any message about a file. */
#define DURABLE_ERROR_BYTES 512

/*
 * Open the file, or make a new one if there is none. to_disk: a commit comes
 * back only when the disk has it, so that it survives a power failure; else it
 * survives the end of this process. Returns false with the reason, and what to
 * do, in error, which has DURABLE_ERROR_BYTES.
 */
bool durable_file_open(struct durable_file *file, const char *path,
                       bool to_disk, char *error);

/* Write what is in the log into the file, and close both. Harmless on one that
   is not open. */
void durable_file_close(struct durable_file *file);

/*
 * Make all changes of a batch, in one transaction. Returns false, and nothing
 * has changed, with the reason in error.
 */
bool durable_file_apply(struct durable_file *file,
                        const struct durable_batch *batch, char *error);

#endif
