#include "broker_rig.h"

#include "broker/log_output.h"
#include "broker/log_topics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rig rig;
static struct log_output output;
static char path[64];

static void setup(void)
{
    strcpy(path, "/tmp/test_log_output.XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    rig_init(&rig);
    free(rig.config.log_file);
    rig.config.log_file = strdup(path);
    rig.config.log_dests = CONFIG_LOG_FILE;
    rig.config.log_timestamp = false;
}

static void teardown(void)
{
    log_topics_free(output.topics);
    log_output_close(&output);
    rig_release(&rig);
    unlink(path);
}

/* What the file holds. */
static const char *written(void)
{
    static char text[4096];
    FILE *file = fopen(path, "r");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void log_one_of_each(void)
{
    const struct log *log = &output.log;

    log_error(log, "an error");
    log_warning(log, "a warning");
    log_notice(log, "a notice");
    log_info(log, "information");
    log_debug(log, "debug");
    log_subscribe(log, "subscribe");
    log_unsubscribe(log, "unsubscribe");
}

static const struct {
    unsigned types;
    const char *lines;
} types[] = {
    {CONFIG_LOG_ERROR,                        "Error: an error\n"           },
    {CONFIG_LOG_WARNING,                      "Warning: a warning\n"        },
    {CONFIG_LOG_NOTICE,                       "a notice\n"                  },
    {CONFIG_LOG_INFORMATION,                  "information\n"               },
    {CONFIG_LOG_DEBUG,                        "debug\n"                     },
    {CONFIG_LOG_SUBSCRIBE,                    "subscribe\n"                 },
    {CONFIG_LOG_UNSUBSCRIBE,                  "unsubscribe\n"               },
    {CONFIG_LOG_ERROR | CONFIG_LOG_SUBSCRIBE, "Error: an error\nsubscribe\n"},
    {CONFIG_LOG_ALL,
     "Error: an error\nWarning: a warning\na notice\ninformation\ndebug\n"
     "subscribe\nunsubscribe\n"                                             },
    {0,                                       ""                            },
};

START_TEST(only_the_types_that_are_asked_for_are_written)
{
    rig.config.log_types = types[_i].types;
    ck_assert_int_eq(log_output_open(&output, &rig.config), 0);
    log_one_of_each();
    ck_assert_str_eq(written(), types[_i].lines);
}
END_TEST

START_TEST(nobody_formats_a_line_that_is_not_wanted)
{
    rig.config.log_types = CONFIG_LOG_ERROR | CONFIG_LOG_SUBSCRIBE;
    ck_assert_int_eq(log_output_open(&output, &rig.config), 0);
    ck_assert(log_wants(&output.log, LOG_ERROR));
    ck_assert(log_wants(&output.log, LOG_SUBSCRIBE));
    ck_assert(!log_wants(&output.log, LOG_WARNING));
    ck_assert(!log_wants(&output.log, LOG_DEBUG));
    ck_assert(!log_wants(&output.log, LOG_UNSUBSCRIBE));
}
END_TEST

START_TEST(the_time_stands_in_front_in_the_format_that_is_asked_for)
{
    rig.config.log_types = CONFIG_LOG_ERROR;
    rig.config.log_timestamp = true;
    rig.config.log_timestamp_format = strdup("the year %Y");
    ck_assert_int_eq(log_output_open(&output, &rig.config), 0);
    log_error(&output.log, "x");
    ck_assert_str_eq(written() + strlen("the year 2026"), ": Error: x\n");
    ck_assert_int_eq(strncmp(written(), "the year 2", 10), 0);
}
END_TEST

START_TEST(a_file_that_was_moved_away_is_made_anew)
{
    char moved[80];

    snprintf(moved, sizeof(moved), "%s.1", path);
    rig.config.log_types = CONFIG_LOG_ERROR;
    ck_assert_int_eq(log_output_open(&output, &rig.config), 0);
    log_error(&output.log, "before");
    ck_assert_int_eq(rename(path, moved), 0);
    rig.config.log_types = CONFIG_LOG_NOTICE;
    ck_assert_int_eq(log_output_reopen(&output), 0);
    log_error(&output.log, "not this");
    log_notice(&output.log, "after");
    ck_assert_str_eq(written(), "after\n");
    unlink(moved);
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_is_told)
{
    free(rig.config.log_file);
    rig.config.log_file = strdup("/nonexistent/x");
    ck_assert_int_eq(log_output_open(&output, &rig.config), -ENOENT);
}
END_TEST

/* --- log_dest topic ------------------------------------------------------- */

static void watch(struct rig_client *client)
{
    rig.config.log_dests = CONFIG_LOG_TOPIC;
    rig.config.log_types = CONFIG_LOG_ALL;
    rig_start(&rig);
    ck_assert_int_eq(log_output_open(&output, &rig.config), 0);
    output.topics = log_topics_new(rig.broker);
    rig_login(&rig, client, MQTT_5, "watcher", true);
    rig_subscribe(client, "$SYS/broker/log/#", 0);
}

static void expect(struct rig_client *client, const char *topic,
                   const char *line)
{
    struct mqtt_publish publish;

    rig_expect_publish(client, topic, line, 0, &publish);
    ck_assert(!publish.retain);
}

START_TEST(each_type_has_its_topic_and_debug_has_none)
{
    static const char *const expected[][2] = {
        {"$SYS/broker/log/E",             "Error: an error"   },
        {"$SYS/broker/log/W",             "Warning: a warning"},
        {"$SYS/broker/log/N",             "a notice"          },
        {"$SYS/broker/log/I",             "information"       },
        {"$SYS/broker/log/M/subscribe",   "subscribe"         },
        {"$SYS/broker/log/M/unsubscribe", "unsubscribe"       },
    };
    struct rig_client client;

    watch(&client);
    log_one_of_each();
    loop_settle(&rig.loop);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
        expect(&client, expected[i][0], expected[i][1]);
    rig_expect_nothing(&client);
    rig_close(&client);
}
END_TEST

START_TEST(a_line_about_a_line_is_not_published)
{
    struct rig_client client;

    /* The broker's own log is the one whose lines it publishes. */
    watch(&client);
    rig.broker->log = &output.log;
    log_notice(&output.log, "one");
    loop_settle(&rig.loop);
    expect(&client, "$SYS/broker/log/N", "one");
    rig_expect_nothing(&client);
    rig.broker->log = &rig.log;
    rig_close(&client);
}
END_TEST

START_TEST(a_flood_of_lines_in_one_turn_takes_bounded_memory)
{
    struct rig_client client;
    size_t count = 0;
    struct mqtt_packet packet;

    watch(&client);
    for (unsigned i = 0; i < 100000; i++)
        log_notice(&output.log, "a line of forty bytes, or a few more");
    loop_settle(&rig.loop);
    while (rig_next(&client, &packet))
        count++;
    ck_assert_uint_gt(count, 1000);
    ck_assert_uint_lt(count, 10000);
    log_notice(&output.log, "the next turn");
    loop_settle(&rig.loop);
    expect(&client, "$SYS/broker/log/N", "the next turn");
    rig_close(&client);
}
END_TEST

START_TEST(a_reader_that_stands_still_loses_lines_and_stops_nobody)
{
    static char text[1 << 20];
    size_t len = 0;
    int ends[2];
    int was = dup(STDERR_FILENO);

    ck_assert_int_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    rig.config.log_dests = CONFIG_LOG_STDERR;
    ck_assert_int_eq(log_output_open(&output, &rig.config), 0);
    for (int i = 0; i < 100000; i++)
        log_notice(&output.log, "line %d", i);
    len = (size_t)read(ends[0], text, sizeof(text) / 2);
    log_notice(&output.log, "another");
    dup2(was, STDERR_FILENO);
    close(ends[1]);
    for (ssize_t more;
         (more = read(ends[0], text + len, sizeof(text) - 1 - len)) > 0;)
        len += (size_t)more;
    close(ends[0]);
    close(was);
    text[len] = '\0';
    ck_assert(strncmp(text, "line 0\nline 1\n", 14) == 0);
    ck_assert(strstr(text, " lines of the log are lost"));
    ck_assert(strstr(text, "\nanother\n"));
    ck_assert(!strstr(text, "line 99999"));
}
END_TEST

Suite *log_output_suite(void)
{
    Suite *suite = suite_create("log_output");
    TCase *tcase = unit_case(suite, "log_output", 20);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, only_the_types_that_are_asked_for_are_written, 0,
                        sizeof(types) / sizeof(types[0]));
    tcase_add_test(tcase, nobody_formats_a_line_that_is_not_wanted);
    tcase_add_test(tcase,
                   the_time_stands_in_front_in_the_format_that_is_asked_for);
    tcase_add_test(tcase, a_file_that_was_moved_away_is_made_anew);
    tcase_add_test(tcase, a_file_that_cannot_be_opened_is_told);
    tcase_add_test(tcase, each_type_has_its_topic_and_debug_has_none);
    tcase_add_test(tcase, a_line_about_a_line_is_not_published);
    tcase_add_test(tcase, a_flood_of_lines_in_one_turn_takes_bounded_memory);
    tcase_add_test(tcase,
                   a_reader_that_stands_still_loses_lines_and_stops_nobody);
    return suite;
}
