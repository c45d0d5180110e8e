#include "suites.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "broker/durable_file.h"
#include "mqtt/flow.h"

static char folder[64];
static char path[96];
static char error[DURABLE_ERROR_BYTES];
static struct durable_file file;

static void set_up(void)
{
    snprintf(folder, sizeof(folder), "/tmp/mqttlab-unit.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/mqttlab.db", folder);
    error[0] = '\0';
    file = (struct durable_file){.lock_fd = -1};
}

static void tear_down(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-lock", "-new"};
    char name[128];

    durable_file_close(&file);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
    rmdir(folder);
}

static void put_file(const void *bytes, size_t len)
{
    FILE *to = fopen(path, "wb");

    ck_assert_ptr_nonnull(to);
    ck_assert_uint_eq(fwrite(bytes, 1, len, to), len);
    ck_assert_int_eq(fclose(to), 0);
}

static void open_file(void)
{
    ck_assert_msg(durable_file_open(&file, path, false, error), "%s", error);
}

static void expect_refusal(const char *text)
{
    ck_assert(!durable_file_open(&file, path, false, error));
    ck_assert_msg(strstr(error, text) != NULL, "not \"%s\": %s", text, error);
}

static void execute(const char *sql)
{
    sqlite3 *db;

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int64_t number(const char *sql)
{
    sqlite3_stmt *statement;

    ck_assert_int_eq(sqlite3_prepare_v2(file.db, sql, -1, &statement, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

START_TEST(a_new_file_is_for_its_owner_alone)
{
    struct stat status;

    open_file();
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    ck_assert_int_eq(number("SELECT count(*) FROM sessions"), 0);
    ck_assert_int_eq(number("SELECT value FROM meta WHERE name = 'format'"),
                     DURABLE_FILE_FORMAT);
}
END_TEST

START_TEST(a_file_of_ours_is_opened_again)
{
    open_file();
    durable_file_close(&file);
    open_file();
}
END_TEST

START_TEST(a_second_broker_is_kept_out)
{
    struct durable_file second;
    char text[64];

    open_file();
    ck_assert(!durable_file_open(&second, path, false, error));
    snprintf(text, sizeof(text), "another broker (process %ld)",
             (long)getpid());
    ck_assert_ptr_nonnull(strstr(error, text));
    durable_file_close(&file);
    ck_assert(durable_file_open(&second, path, false, error));
    durable_file_close(&second);
}
END_TEST

START_TEST(an_empty_file_is_refused)
{
    put_file("", 0);
    expect_refusal("is empty");
}
END_TEST

START_TEST(mosquittos_store_is_named)
{
    put_file("\0\265\0mosquitto db\0\0\0\0\0\0\0\6", 23);
    expect_refusal("mosquitto's store");
}
END_TEST

START_TEST(another_file_is_refused_and_not_touched)
{
    char text[8];

    put_file("a letter", 8);
    expect_refusal("no store of mqttlab");
    FILE *from = fopen(path, "rb");
    ck_assert_uint_eq(fread(text, 1, 8, from), 8);
    fclose(from);
    ck_assert_mem_eq(text, "a letter", 8);
}
END_TEST

START_TEST(another_programs_database_is_refused)
{
    execute("CREATE TABLE t (x)");
    expect_refusal("another program");
    execute("PRAGMA application_id = -2");
    expect_refusal("another program");
}
END_TEST

START_TEST(a_newer_format_is_refused)
{
    open_file();
    durable_file_close(&file);
    execute("PRAGMA user_version = 2");
    expect_refusal("newer mqttlab");
    execute("PRAGMA user_version = -1");
    expect_refusal("damaged (it has no format of ours)");
}
END_TEST

START_TEST(a_damaged_page_is_noticed_wherever_it_is)
{
    struct stat status;

    open_file();
    durable_file_close(&file);
    ck_assert_int_eq(stat(path, &status), 0);
    long page = _i * 4096L + 200;
    ck_assert_int_gt(status.st_size, page);
    FILE *to = fopen(path, "r+b");
    fseek(to, page - 200, SEEK_SET);
    for (int i = 0; i < 200; i++) {
        /* The first page begins with what SQLite knows it by. */
        if (_i == 0 && i < 100)
            fseek(to, 1, SEEK_CUR);
        else
            fputc(0x5a, to);
    }
    fclose(to);
    expect_refusal(path);
}
END_TEST

START_TEST(a_file_that_was_cut_off_is_refused)
{
    open_file();
    durable_file_close(&file);
    ck_assert_int_eq(truncate(path, 3 * 4096), 0);
    expect_refusal("damaged");
}
END_TEST

START_TEST(a_log_without_its_file_is_refused)
{
    char log[128];

    snprintf(log, sizeof(log), "%s-wal", path);
    ck_assert_int_ge(close(open(log, O_CREAT | O_WRONLY, 0600)), 0);
    expect_refusal("is gone");
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    ck_assert(
        !durable_file_open(&file, "/nonexistent/mqttlab.db", false, error));
    ck_assert_ptr_nonnull(strstr(error, "/nonexistent/mqttlab.db"));
}
END_TEST

/* ---- changes ---- */

static struct message *new_message(const char *payload)
{
    const struct mqtt_publish publish = {
        .qos = 1,
        .topic = slice_of_string("a/b"),
        .payload = slice_of_string(payload),
    };

    return message_new(&publish, 0, 0);
}

static uint32_t add_message(struct durable_batch *batch, uint64_t id)
{
    return durable_batch_add(batch, &(struct durable_change){
                                        .kind = DURABLE_MESSAGE_ADD,
                                        .number = id,
                                        .wall_ms = 1000,
                                        .message = new_message("x"),
                                    });
}

static void add_delivery(struct durable_batch *batch, uint64_t id,
                         uint64_t message_id)
{
    durable_batch_add(batch, &(struct durable_change){
                                 .kind = DURABLE_DELIVERY_ADD,
                                 .number = id,
                                 .session = 1,
                                 .message_id = message_id,
                                 .qos = 1,
                                 .packet_id = 7,
                                 .state = FLOW_WAIT_PUBACK,
                             });
}

static void apply(struct durable_batch *batch)
{
    ck_assert_msg(durable_file_apply(&file, batch, error), "%s", error);
    durable_batch_clear(batch);
}

START_TEST(a_batch_is_made_as_it_was_put)
{
    struct durable_batch batch = {0};

    open_file();
    durable_batch_put_text(&batch,
                           &(struct durable_change){.kind = DURABLE_SESSION_SET,
                                                    .session = 1,
                                                    .seconds = UINT32_MAX},
                           slice_of_string("sensor"));
    durable_batch_put_text(
        &batch,
        &(struct durable_change){
            .kind = DURABLE_SUBSCRIPTION_SET, .session = 1, .qos = 2},
        slice_of_string("a/#"));
    add_message(&batch, 1);
    add_delivery(&batch, 2, 1);
    durable_batch_put(&batch,
                      &(struct durable_change){.kind = DURABLE_INCOMING_ADD,
                                               .session = 1,
                                               .packet_id = 9});
    apply(&batch);
    ck_assert_int_eq(number("SELECT count(*) FROM queued_messages WHERE"
                            " client_id = 'sensor' AND packet_id = 7 AND"
                            " state = 'wait for PUBACK' AND payload = 'x'"),
                     1);
    ck_assert_int_eq(number("SELECT qos FROM client_subscriptions"), 2);
    durable_batch_put(
        &batch, &(struct durable_change){
                    .kind = DURABLE_MESSAGE_SET, .number = 1, .retain = true});
    durable_batch_put(&batch,
                      &(struct durable_change){.kind = DURABLE_DELIVERY_SET,
                                               .number = 2,
                                               .packet_id = 7,
                                               .state = FLOW_WAIT_PUBCOMP});
    durable_batch_put(
        &batch,
        &(struct durable_change){.kind = DURABLE_SESSION_REMOVE, .session = 1});
    apply(&batch);
    ck_assert_int_eq(number("SELECT count(*) FROM retained_messages"), 1);
    ck_assert_int_eq(number("SELECT message IS NULL FROM outgoing"), 1);
    ck_assert_int_eq(number("SELECT (SELECT count(*) FROM sessions) +"
                            " (SELECT count(*) FROM subscriptions) +"
                            " (SELECT count(*) FROM incoming)"),
                     0);
    durable_batch_release(&batch);
}
END_TEST

START_TEST(what_is_taken_back_is_not_written)
{
    struct durable_batch batch = {0};

    open_file();
    uint32_t place = add_message(&batch, 1);
    add_message(&batch, 2);
    ck_assert_uint_gt(batch.bytes, 0);
    durable_batch_cancel(&batch, place);
    ck_assert_uint_eq(batch.live, 1);
    ck_assert_uint_eq(add_message(&batch, 3), place); /* its place again */
    ck_assert_uint_eq(batch.count, 2);
    apply(&batch);
    ck_assert_int_eq(number("SELECT sum(id) FROM messages"), 5);
    durable_batch_release(&batch);
}
END_TEST

START_TEST(a_batch_that_fails_changes_nothing)
{
    struct durable_batch batch = {0};

    open_file();
    add_message(&batch, 1);
    apply(&batch);
    add_message(&batch, 2);
    add_message(&batch, 1); /* is there already */
    ck_assert(!durable_file_apply(&file, &batch, error));
    ck_assert_ptr_nonnull(strstr(error, "UNIQUE"));
    durable_batch_clear(&batch);
    ck_assert_int_eq(number("SELECT count(*) FROM messages"), 1);
    add_message(&batch, 2);
    apply(&batch);
    ck_assert_int_eq(number("SELECT count(*) FROM messages"), 2);
    durable_batch_release(&batch);
}
END_TEST

Suite *durable_file_suite(void)
{
    Suite *suite = suite_create("durable_file");
    TCase *tcase = unit_case(suite, "durable_file", 20);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_new_file_is_for_its_owner_alone);
    tcase_add_test(tcase, a_file_of_ours_is_opened_again);
    tcase_add_test(tcase, a_second_broker_is_kept_out);
    tcase_add_test(tcase, an_empty_file_is_refused);
    tcase_add_test(tcase, mosquittos_store_is_named);
    tcase_add_test(tcase, another_file_is_refused_and_not_touched);
    tcase_add_test(tcase, another_programs_database_is_refused);
    tcase_add_test(tcase, a_newer_format_is_refused);
    tcase_add_loop_test(tcase, a_damaged_page_is_noticed_wherever_it_is, 0, 6);
    tcase_add_test(tcase, a_file_that_was_cut_off_is_refused);
    tcase_add_test(tcase, a_log_without_its_file_is_refused);
    tcase_add_test(tcase, a_folder_that_is_not_there_is_named);
    tcase_add_test(tcase, a_batch_is_made_as_it_was_put);
    tcase_add_test(tcase, what_is_taken_back_is_not_written);
    tcase_add_test(tcase, a_batch_that_fails_changes_nothing);
    return suite;
}
