#include "broker_rig.h"

#include "broker/reload.h"
#include "wire/tap_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig rig;
static struct config fresh;
static char *report;
static size_t report_len;

static void setup(void)
{
    rig_init(&rig);
    config_init(&fresh);
}

static void teardown(void)
{
    rig_release(&rig);
    config_release(&fresh);
    free(report);
    report = NULL;
}

/* What the broker starts with. */
static void start(const char *text)
{
    struct config_problems problems = {.to = stderr};

    config_release(&rig.config);
    config_init(&rig.config);
    ck_assert(config_read_text(&rig.config, "old.conf", slice_of_string(text),
                               &problems));
    config_finish(&rig.config);
    rig_start(&rig);
}

/* What SIGHUP finds. */
static bool reload(const char *text)
{
    struct config_problems problems = {
        .to = open_memstream(&report, &report_len)};

    ck_assert(
        config_read_text(&fresh, "new.conf", slice_of_string(text), &problems));
    config_finish(&fresh);
    bool good = reload_run(rig.broker, &rig.config, &fresh, &problems);
    fclose(problems.to);
    return good;
}

START_TEST(options_that_can_change_have_their_new_values)
{
    start("max_queued_messages 5\nlog_type error\nauto_id_prefix a-\n");
    ck_assert(reload("max_queued_messages 6\nallow_anonymous false\n"
                     "log_dest file /tmp/x\nlog_type all\nauto_id_prefix b-\n"
                     "clientid_prefixes lab-\nmax_retained_messages 7\n"));
    ck_assert_str_eq(report, "");
    ck_assert_uint_eq(rig.config.max_queued_messages, 6);
    ck_assert_uint_eq(rig.config.log_types, CONFIG_LOG_ALL);
    ck_assert_uint_eq(rig.config.log_dests, CONFIG_LOG_FILE);
    ck_assert_str_eq(rig.config.log_file, "/tmp/x");
    ck_assert_str_eq(rig.config.clientid_prefixes, "lab-");
    ck_assert(!rig.config.listeners[0].allow_anonymous);
    ck_assert_str_eq(rig.config.listeners[0].auto_id_prefix, "b-");
}
END_TEST

START_TEST(what_is_gone_from_the_file_has_its_default_again)
{
    start(
        "max_queued_messages 5\nclientid_prefixes lab-\nacl_file /dev/null\n");
    ck_assert_str_eq(rig.config.listeners[0].acl_file, "/dev/null");
    ck_assert(reload(""));
    ck_assert_uint_eq(rig.config.max_queued_messages, 1000);
    ck_assert_ptr_null(rig.config.clientid_prefixes);
    ck_assert_ptr_null(rig.config.listeners[0].acl_file);
}
END_TEST

static const struct {
    const char *old;
    const char *new;
    const char *warning;
} restarts[] = {
    {"",                          "persistence true",
     "warning: persistence: a change takes effect when the broker is started"                       },
    {"",                          "pid_file /tmp/x",                   "warning: pid_file: a change"},
    {"listener 1",                "listener 1\nmax_qos 1",
     "new.conf:1: warning: max_qos: a change"                                                       },
    {"listener 1",                "listener 1\nmount_point a/",
     "new.conf:1: warning: mount_point: a change"                                                   },
    {"listener 1",                "listener 1\nauth_plugin /dev/null",
     "new.conf:1: warning: auth_plugin: a change"                                                   },
    {"listener 1",                "listener 1\nlistener 2",
     "new.conf:2: warning: Port 2 of 127.0.0.1 will be open when"                                   },
    {"listener 1\nlistener 0 /x", "listener 1",
     "old.conf:2: warning: Unix socket /x stays open until"                                         },
};

START_TEST(what_only_a_start_changes_is_named_and_stays)
{
    start(restarts[_i].old);
    size_t listeners = rig.config.listener_count;
    ck_assert(reload(restarts[_i].new));
    ck_assert_msg(strstr(report, restarts[_i].warning) != NULL, "%s", report);
    ck_assert_uint_eq(rig.config.listener_count, listeners);
    ck_assert(!rig.config.persistence);
    ck_assert_ptr_null(rig.config.pid_file);
    ck_assert_uint_eq(rig.config.listeners[0].max_qos, 2);
    ck_assert_ptr_null(rig.config.listeners[0].mount_point);
    ck_assert_uint_eq(rig.config.listeners[0].plugin_count, 0);
}
END_TEST

START_TEST(settings_follow_their_listener_wherever_it_stands)
{
    start("per_listener_settings true\nlistener 1\nlistener 2\n");
    ck_assert(reload("per_listener_settings true\nlistener 2\n"
                     "allow_anonymous true\nauto_id_prefix two-\nlistener 1\n"
                     "auto_id_prefix one-\n"));
    ck_assert_str_eq(report, "");
    ck_assert_str_eq(rig.config.listeners[0].auto_id_prefix, "one-");
    ck_assert(!rig.config.listeners[0].allow_anonymous);
    ck_assert_str_eq(rig.config.listeners[1].auto_id_prefix, "two-");
    ck_assert(rig.config.listeners[1].allow_anonymous);
}
END_TEST

/* --- hooks ---------------------------------------------------------------- */

struct witness {
    struct reload_hook hook;
    bool refuses;
    char did[64];
    uint32_t seen; /* max_queued_messages when applied */
};

static bool prepare(void *context, const struct config *config,
                    struct config_problems *problems)
{
    struct witness *witness = context;

    ck_assert_ptr_eq(config, &fresh);
    ck_assert_uint_eq(rig.config.max_queued_messages, 1000);
    strcat(witness->did, "prepare ");
    if (witness->refuses)
        config_problem(problems, "users", "no user");
    return !witness->refuses;
}

static void apply(void *context)
{
    struct witness *witness = context;

    strcat(witness->did, "apply ");
    witness->seen = rig.config.max_queued_messages;
}

static void cancel(void *context)
{
    strcat(((struct witness *)context)->did, "cancel ");
}

static void add(struct witness *witness, bool refuses)
{
    *witness = (struct witness){
        .hook = {.prepare = prepare,
                 .apply = apply,
                 .cancel = cancel,
                 .context = witness},
        .refuses = refuses,
    };
    reload_add(rig.broker, &witness->hook);
}

START_TEST(hooks_prepare_before_and_apply_after_the_change)
{
    struct witness first;
    struct witness second;

    start("");
    add(&first, false);
    add(&second, false);
    ck_assert(reload("max_queued_messages 3"));
    ck_assert_str_eq(first.did, "prepare apply ");
    ck_assert_str_eq(second.did, "prepare apply ");
    ck_assert_uint_eq(second.seen, 3);
}
END_TEST

START_TEST(one_hook_that_refuses_leaves_everything_as_it_was)
{
    struct witness first;
    struct witness second;
    struct witness third;

    start("");
    add(&first, false);
    add(&second, true);
    add(&third, false);
    ck_assert(!reload("max_queued_messages 3\nlog_type none"));
    ck_assert_str_eq(first.did, "prepare cancel ");
    ck_assert_str_eq(second.did, "prepare ");
    ck_assert_str_eq(third.did, "");
    ck_assert_str_eq(report, "users: no user\n");
    ck_assert_uint_eq(rig.config.max_queued_messages, 1000);
    ck_assert_uint_ne(rig.config.log_types, 0);
}
END_TEST

/* Of what was said the first line, without the word that marks a warning. */
START_TEST(who_watches_is_told_what_came_of_it)
{
    struct tap_reader reader;

    start("");
    int ring = tap_attach(&rig.broker->tap);
    ck_assert_int_eq(tap_reader_open(&reader, ring), 0);
    reload_tell(rig.broker, false, "a.conf:1: no\na.conf:2: neither\n");
    ck_assert_uint_eq(
        rig_events(&rig, &reader, EVENT_CONFIG_REFUSED, "a.conf:1: no"), 1);
    reload_tell(rig.broker, true, "a.conf: warning: it is new\n");
    ck_assert_uint_eq(
        rig_events(&rig, &reader, EVENT_CONFIG_READ, "a.conf: it is new"), 1);
    reload_tell(rig.broker, true, NULL);
    ck_assert_uint_eq(rig_events(&rig, &reader, EVENT_CONFIG_READ, ""), 1);
    tap_reader_close(&reader);
    tap_detach(&rig.broker->tap);
}
END_TEST

Suite *reload_suite(void)
{
    Suite *suite = suite_create("reload");
    TCase *tcase = unit_case(suite, "reload", 0);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, options_that_can_change_have_their_new_values);
    tcase_add_test(tcase, what_is_gone_from_the_file_has_its_default_again);
    tcase_add_loop_test(tcase, what_only_a_start_changes_is_named_and_stays, 0,
                        sizeof(restarts) / sizeof(restarts[0]));
    tcase_add_test(tcase, settings_follow_their_listener_wherever_it_stands);
    tcase_add_test(tcase, hooks_prepare_before_and_apply_after_the_change);
    tcase_add_test(tcase, one_hook_that_refuses_leaves_everything_as_it_was);
    tcase_add_test(tcase, who_watches_is_told_what_came_of_it);
    return suite;
}
