/* Configurations: whole listeners, plugins, files of strange kinds, and what is
   wrong though each line is right. */
#include "suites.h"

#include "broker/config.h"
#include "broker/config_names.h"
#include "broker/config_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config config;
static char *report;
static size_t report_len;

static void setup(void)
{
    config_init(&config);
}

static void teardown(void)
{
    config_release(&config);
    free(report);
    report = NULL;
}

/* Read, finish and check; returns the number of problems. */
static unsigned check(struct slice text)
{
    free(report);
    struct config_problems problems = {
        .to = open_memstream(&report, &report_len)};

    config_read_text(&config, "t.conf", text, &problems);
    config_finish(&config);
    config_check(&config, &problems);
    fclose(problems.to);
    return problems.count;
}

static void check_good(const char *text)
{
    ck_assert_msg(check(slice_of_string(text)) == 0, "%s", report);
}

/* --- the table itself ----------------------------------------------------- */

START_TEST(every_option_has_a_help_and_a_name_of_its_own)
{
    for (const struct config_option *o = config_table(); o->name; o++) {
        ck_assert_msg(o->text && o->text[0], "%s has no help", o->name);
        ck_assert_ptr_eq(config_table_find(o->name), o);
        ck_assert_msg(!config_names_why_not(o->name), "%s is refused too",
                      o->name);
        ck_assert_msg(o->type != CONFIG_CHOICE || o->values, "%s", o->name);
        for (const char *line = o->text; line; line = strchr(line, '\n')) {
            line += *line == '\n';
            ck_assert_msg(strcspn(line, "\n") <= 76, "%s: %s", o->name, line);
        }
    }
}
END_TEST

START_TEST(the_nearest_name_is_found_within_three_letters_or_begins_so)
{
    ck_assert_str_eq(config_names_nearest("max_queued_mesages"),
                     "max_queued_messages");
    ck_assert_str_eq(config_names_nearest("persistance"), "persistence");
    ck_assert_str_eq(config_names_nearest("max_queued"), "max_queued_messages");
    ck_assert_ptr_null(config_names_nearest("xyzzy"));
    ck_assert_ptr_null(config_names_nearest("max"));
    ck_assert_ptr_null(config_names_nearest(""));
}
END_TEST

START_TEST(a_name_with_a_star_needs_something_behind)
{
    ck_assert(config_names_match("auth_opt_*", "auth_opt_a"));
    ck_assert(!config_names_match("auth_opt_*", "auth_opt_"));
    ck_assert(!config_names_match("auth_opt_*", "auth_op"));
    ck_assert(config_names_match("a", "a"));
    ck_assert(!config_names_match("a", "ab"));
}
END_TEST

/* --- what is read --------------------------------------------------------- */

START_TEST(a_byte_order_mark_and_carriage_returns_do_not_count)
{
    check_good("\xef\xbb\xbfmax_topic_levels 7\r\n\r\n# x\r\n"
               "log_timestamp_format a b\r\n");
    ck_assert_uint_eq(config.max_topic_levels, 7);
    ck_assert_str_eq(config.log_timestamp_format, "a b");
}
END_TEST

START_TEST(a_line_may_be_as_long_as_it_likes)
{
    enum { LONG = 1 << 20 };

    static char text[LONG + 64];
    size_t start = strlen("auto_id_prefix ");

    memcpy(text, "auto_id_prefix ", start);
    memset(text + start, 'x', LONG);
    strcpy(text + start + LONG, "\nmax_topic_levels 7\n");
    check_good(text);
    ck_assert_uint_eq(strlen(config.listeners[0].auto_id_prefix), LONG);
    ck_assert_uint_eq(config.max_topic_levels, 7);
    /* A name of that length is cut in the report. */
    memset(text, 'x', start);
    ck_assert_uint_eq(check(slice_of_string(text)), 1);
    ck_assert_uint_lt(strlen(report), 200);
}
END_TEST

START_TEST(yes_and_no_may_be_numbers)
{
    check_good("queue_qos0_messages 1\nretain_available 0\n");
    ck_assert(config.queue_qos0_messages);
    ck_assert(!config.retain_available);
}
END_TEST

START_TEST(choices_are_numbers_from_one)
{
    check_good("persistence_sync off\n"
               "listener 1\nsocket_domain ipv6\ntls_version tlsv1.1\n"
               "listener 2\n");
    ck_assert_uint_eq(config.persistence_sync, CONFIG_SYNC_OFF);
    ck_assert_uint_eq(config.listeners[0].socket_domain, CONFIG_IPV6);
    ck_assert_uint_eq(config.listeners[0].tls_version, CONFIG_TLS_1_1);
    ck_assert_uint_eq(config.listeners[0].protocol, CONFIG_MQTT);
    ck_assert_uint_eq(config.listeners[1].socket_domain, CONFIG_ANY_DOMAIN);
    ck_assert_uint_eq(config.listeners[1].tls_version, CONFIG_TLS_DEFAULT);
}
END_TEST

START_TEST(a_unix_socket_has_a_path_and_no_host)
{
    check_good("listener 0 /run/a b\nlistener 0 ./rel\nlistener 0 127.0.0.1\n");
    ck_assert_str_eq(config.listeners[0].path, "/run/a b");
    ck_assert_ptr_null(config.listeners[0].host);
    ck_assert_str_eq(config.listeners[1].path, "./rel");
    ck_assert_ptr_null(config.listeners[2].path);
    ck_assert_str_eq(config.listeners[2].host, "127.0.0.1");
    ck_assert_str_eq(config.listeners[2].where, "t.conf:3");
}
END_TEST

START_TEST(per_listener_settings_may_be_said_again_or_be_false)
{
    check_good("per_listener_settings true\nallow_anonymous true\n"
               "per_listener_settings true\n");
    config_release(&config);
    config_init(&config);
    check_good("allow_anonymous true\nper_listener_settings false\n");
}
END_TEST

START_TEST(max_qos_has_two_names)
{
    check_good("listener 1\nmaximum_qos 1\nlistener 2\nmax_qos 0\n");
    ck_assert_uint_eq(config.listeners[0].max_qos, 1);
    ck_assert_uint_eq(config.listeners[1].max_qos, 0);
}
END_TEST

START_TEST(plugins_have_the_options_that_follow_them)
{
    check_good("auth_plugin /dev/null\nauth_opt_db a b\nauth_opt_x 1\n"
               "auth_plugin_deny_special_chars false\n"
               "plugin /dev/zero\nplugin_opt_y 2\nlistener 1\nlistener 2\n");
    for (size_t i = 0; i < 2; i++) {
        const struct config_plugin *plugins = config.listeners[i].plugins;

        ck_assert_uint_eq(config.listeners[i].plugin_count, 2);
        ck_assert_str_eq(plugins[0].path, "/dev/null");
        ck_assert_uint_eq(plugins[0].option_count, 2);
        ck_assert_str_eq(plugins[0].names[0], "db");
        ck_assert_str_eq(plugins[0].values[0], "a b");
        ck_assert_str_eq(plugins[0].names[1], "x");
        ck_assert(!plugins[0].deny_special_chars);
        ck_assert_str_eq(plugins[1].path, "/dev/zero");
        ck_assert_str_eq(plugins[1].names[0], "y");
        ck_assert(plugins[1].deny_special_chars);
    }
    config_release(&config);
    config_init(&config);
    check_good("per_listener_settings true\nlistener 1\n"
               "auth_plugin /dev/null\nauth_opt_a 1\nlistener 2\n");
    ck_assert_uint_eq(config.listeners[0].plugin_count, 1);
    ck_assert_uint_eq(config.listeners[0].plugins[0].option_count, 1);
    ck_assert_uint_eq(config.listeners[1].plugin_count, 0);
}
END_TEST

START_TEST(files_for_security_are_for_all_or_for_one)
{
    check_good("listener 1\npassword_file /dev/null\nlistener 2\n");
    ck_assert_str_eq(config.listeners[0].password_file, "/dev/null");
    ck_assert_str_eq(config.listeners[1].password_file, "/dev/null");
    config_release(&config);
    config_init(&config);
    check_good("per_listener_settings true\nlistener 1\n"
               "password_file /dev/null\nlistener 2\nacl_file /dev/null\n");
    ck_assert_ptr_null(config.listeners[0].acl_file);
    ck_assert_ptr_null(config.listeners[1].password_file);
    ck_assert_str_eq(config.listeners[1].acl_file, "/dev/null");
}
END_TEST

/* --- include_dir ---------------------------------------------------------- */

START_TEST(files_are_included_capitals_first_letter_by_letter)
{
    static const char *const names[] = {"b.conf", "A.conf", "01.conf",
                                        "a.conf", "B.conf", "00.conf"};
    char folder[] = "/tmp/test_config.XXXXXX";
    char path[64];
    char text[96];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (size_t i = 0; i < 6; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fprintf(file, "listener %zu\n", i + 1);
        fclose(file);
    }
    snprintf(text, sizeof(text), "include_dir %s\n", folder);
    check_good(text);
    ck_assert_uint_eq(config.listener_count, 6);
    /* 00 01 A a B b */
    static const uint16_t order[] = {6, 3, 2, 4, 5, 1};
    for (size_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(config.listeners[i].port, order[i]);
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* --- what no line shows --------------------------------------------------- */

static const struct {
    const char *text;
    const char *problem;
} bad[] = {
    {"listener 1\nlistener 2\nlistener 1",
     "t.conf:3: Port 1 of 127.0.0.1 is listened on before"                     },
    {"port 1\nlistener 1",                      "t.conf:2: Port 1 of 127.0.0.1"},
    {"listener 0 /x\nlistener 0 /x",
     "t.conf:2: Unix socket /x is listened on before"                          },
    {"listener 1\ncertfile /dev/null",          "need each other"              },
    {"listener 1\nrequire_certificate true",    "require_certificate needs"    },
    {"listener 1\nwebsockets_origin me",        "must be SCHEME://HOST[:PORT]" },
    {"listener 1\nwebsockets_origin ://h",      "must be SCHEME://HOST[:PORT]" },
    {"listener 1\nwebsockets_origin http://",   "must be SCHEME://HOST[:PORT]" },
    {"listener 1\nwebsockets_origin http://h/", "must be SCHEME://HOST"        },
    {"listener 1\nmount_point a/#/",            "mount_point a/#/ is no Topic" },
};

START_TEST(a_mistake_of_several_lines_is_reported)
{
    ck_assert_uint_ge(check(slice_of_string(bad[_i].text)), 1);
    ck_assert_msg(strstr(report, bad[_i].problem) != NULL, "%s", report);
}
END_TEST

static const char *const fine[] = {
    "listener 1\nlistener 1 127.0.0.2",
    "listener 1 ::\nsocket_domain ipv6\nlistener 1 0.0.0.0\nsocket_domain ipv4",
    "listener 0\nlistener 0",
    "listener 0 /x\nlistener 0 /y",
    "listener 1\nmount_point a/b/",
};

START_TEST(what_only_looks_like_a_mistake_is_none)
{
    check_good(fine[_i]);
}
END_TEST

START_TEST(a_warning_is_no_problem)
{
    check_good("clientid_prefixes lab-\nlistener 1\n"
               "use_username_as_clientid true\n");
    ck_assert_msg(strstr(report, "t.conf:2: warning: use_username") != NULL,
                  "%s", report);
}
END_TEST

START_TEST(what_stands_in_front_of_its_listener_is_warned_of)
{
    check_good("per_listener_settings true\nacl_file /dev/null\nlistener 1\n");
    ck_assert_msg(strstr(report, "t.conf:3: warning: acl_file stands in front "
                                 "of the first listener") != NULL,
                  "%s", report);
}
END_TEST

START_TEST(an_option_of_old_versions_is_warned_of_and_passed_over)
{
    check_good("listener 1\nretry_interval 20\nstore_clean_interval\n");
    ck_assert_msg(strstr(report, "t.conf:2: warning: retry_interval has no "
                                 "meaning any more") != NULL,
                  "%s", report);
    ck_assert_ptr_nonnull(strstr(report, "t.conf:3: warning: store_clean_"));
}
END_TEST

START_TEST(a_list_of_prefixes_is_warned_of_where_it_stands)
{
    check_good("listener 1\nclientid_prefixes lab-;\n");
    ck_assert_msg(strstr(report, "t.conf:2: warning: clientid_prefixes is one "
                                 "prefix") != NULL,
                  "%s", report);
}
END_TEST

START_TEST(an_authority_alone_does_not_make_tls_and_that_is_said)
{
    check_good("listener 1\ncafile /dev/null\n");
    ck_assert_msg(strstr(report, "t.conf:1: warning: without certfile") != NULL,
                  "%s", report);
}
END_TEST

Suite *config_check_suite(void)
{
    Suite *suite = suite_create("config_check");
    TCase *tcase = unit_case(suite, "config_check", 0);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_option_has_a_help_and_a_name_of_its_own);
    tcase_add_test(tcase,
                   the_nearest_name_is_found_within_three_letters_or_begins_so);
    tcase_add_test(tcase, a_name_with_a_star_needs_something_behind);
    tcase_add_test(tcase, a_byte_order_mark_and_carriage_returns_do_not_count);
    tcase_add_test(tcase, a_line_may_be_as_long_as_it_likes);
    tcase_add_test(tcase, yes_and_no_may_be_numbers);
    tcase_add_test(tcase, choices_are_numbers_from_one);
    tcase_add_test(tcase, a_unix_socket_has_a_path_and_no_host);
    tcase_add_test(tcase, per_listener_settings_may_be_said_again_or_be_false);
    tcase_add_test(tcase, max_qos_has_two_names);
    tcase_add_test(tcase, plugins_have_the_options_that_follow_them);
    tcase_add_test(tcase, files_for_security_are_for_all_or_for_one);
    tcase_add_test(tcase, files_are_included_capitals_first_letter_by_letter);
    tcase_add_loop_test(tcase, a_mistake_of_several_lines_is_reported, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_loop_test(tcase, what_only_looks_like_a_mistake_is_none, 0,
                        sizeof(fine) / sizeof(fine[0]));
    tcase_add_test(tcase, a_warning_is_no_problem);
    tcase_add_test(tcase, what_stands_in_front_of_its_listener_is_warned_of);
    tcase_add_test(tcase,
                   an_option_of_old_versions_is_warned_of_and_passed_over);
    tcase_add_test(tcase, a_list_of_prefixes_is_warned_of_where_it_stands);
    tcase_add_test(tcase,
                   an_authority_alone_does_not_make_tls_and_that_is_said);
    return suite;
}
