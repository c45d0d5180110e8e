#include "durable_rig.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

static const char *const endings[] = {"", "-wal"};
static const char *const all_endings[] = {"",      "-wal",  "-shm",
                                          "-lock", ".dead", ".dead-wal"};

static void path_of(const struct durable_rig *durable, const char *ending,
                    char *path, size_t size)
{
    snprintf(path, size, "%s/mqttlab.db%s", durable->folder, ending);
}

void durable_rig_init(struct durable_rig *durable)
{
    *durable = (struct durable_rig){.sync = CONFIG_SYNC_NORMAL};
    snprintf(durable->folder, sizeof(durable->folder),
             "/tmp/mqttlab-unit.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(durable->folder));
    rig_init(&durable->rig);
    clock_init_manual(&durable->rig.loop.clock, CLOCK_NS_PER_S,
                      1000 * CLOCK_NS_PER_S);
}

bool durable_rig_try(struct durable_rig *durable)
{
    struct config *config = &durable->rig.config;

    config->persistence = true;
    config->persistence_sync = durable->sync;
    free(config->persistence_location);
    config->persistence_location = alloc_string(durable->folder);
    if (durable->configure)
        durable->configure(config);
    rig_start(&durable->rig);
    bool good = durable_open(durable->rig.broker, durable->error);
    loop_settle(&durable->rig.loop);
    return good;
}

void durable_rig_start(struct durable_rig *durable)
{
    ck_assert_msg(durable_rig_try(durable), "%s", durable->error);
}

void durable_rig_release(struct durable_rig *durable)
{
    char path[128];

    rig_release(&durable->rig);
    for (size_t i = 0; i < sizeof(all_endings) / sizeof(all_endings[0]); i++) {
        path_of(durable, all_endings[i], path, sizeof(path));
        unlink(path);
    }
    rmdir(durable->folder);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    size_t len;
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");

    ck_assert(in && out);
    while ((len = fread(bytes, 1, sizeof(bytes), in)) > 0)
        ck_assert_uint_eq(fwrite(bytes, 1, len, out), len);
    fclose(in);
    ck_assert_int_eq(fclose(out), 0);
}

/* Keep what is on the disk now, or bring it back. */
static void keep(const struct durable_rig *durable, bool back)
{
    for (size_t i = 0; i < 2; i++) {
        char ending[16];
        char path[128];
        char dead[128];

        snprintf(ending, sizeof(ending), ".dead%s", endings[i]);
        path_of(durable, endings[i], path, sizeof(path));
        path_of(durable, ending, dead, sizeof(dead));
        copy_file(back ? dead : path, back ? path : dead);
    }
}

void durable_rig_restart(struct durable_rig *durable, enum durable_end end,
                         unsigned seconds)
{
    uint64_t wall_ns =
        durable->rig.loop.clock.wall_ns + seconds * CLOCK_NS_PER_S;

    if (end == DURABLE_KILLED)
        keep(durable, false);
    rig_release(&durable->rig);
    if (end == DURABLE_KILLED)
        keep(durable, true);
    rig_init(&durable->rig);
    clock_init_manual(&durable->rig.loop.clock, 5 * CLOCK_NS_PER_S, wall_ns);
    durable_rig_start(durable);
}

/* ---- the file ---- */

static sqlite3 *open_file(const struct durable_rig *durable)
{
    char path[128];
    sqlite3 *db;

    path_of(durable, "", path, sizeof(path));
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

int64_t durable_rig_number(struct durable_rig *durable, const char *sql)
{
    sqlite3 *db = open_file(durable);
    sqlite3_stmt *statement;

    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) ==
                      SQLITE_OK,
                  "%s: %s", sql, sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

void durable_rig_execute(struct durable_rig *durable, const char *sql)
{
    sqlite3 *db = open_file(durable);

    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
                  "%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* Smaller than the store's log will be then, larger than Check's own files. */
#define FULL_BYTES 262144

void durable_rig_fill_disk(struct durable_rig *durable)
{
    durable_rig_execute(durable,
                        "CREATE TABLE IF NOT EXISTS ballast (bytes);"
                        "INSERT INTO ballast VALUES (zeroblob(300000))");
    unit_limit_files(FULL_BYTES);
}

void durable_rig_empty_disk(void)
{
    unit_limit_files(SIZE_MAX);
}
