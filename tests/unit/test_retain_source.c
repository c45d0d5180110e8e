#include "broker_rig.h"

#include "broker/access.h"
#include "broker/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct rig rig;
static struct rig_client publisher;
static struct rig_client reader;
static char path[64];

static void write_rules(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* Read the rules of the file; NULL: there are none. */
static struct config configured(const char *rules, bool check)
{
    struct config config;

    config_init(&config);
    config_add_listener(&config, 0, NULL);
    config_finish(&config);
    config.listeners[0].allow_anonymous = true;
    config.sys_interval = 0;
    config.check_retain_source = check;
    if (rules) {
        write_rules(rules);
        config.listeners[0].acl_file = strdup(path);
    }
    return config;
}

static void start(const char *rules, bool check)
{
    struct config_problems problems = {.to = stderr};

    config_release(&rig.config);
    rig.config = configured(rules, check);
    rig_start(&rig);
    struct access **access = access_load(&rig.config, &problems);
    ck_assert_ptr_nonnull(access);
    access_start(rig.broker, access);
    rig_login(&rig, &publisher, MQTT_5, "writer", true);
    rig_login(&rig, &reader, MQTT_5, "reader", true);
}

static void reload(const char *rules, bool check)
{
    struct config_problems problems = {.to = stderr};
    struct config fresh = configured(rules, check);

    ck_assert(reload_run(rig.broker, &rig.config, &fresh, &problems));
    config_release(&fresh);
}

static void set_up(void)
{
    strcpy(path, "/tmp/test_retain_source.XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
    rig_init(&rig);
    publisher = reader = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&publisher);
    rig_close(&reader);
    rig_release(&rig);
    unlink(path);
}

static bool is_sent(void)
{
    struct mqtt_packet packet;

    rig_subscribe(&reader, "r", 0);
    return rig_next(&reader, &packet);
}

#define MAY_WRITE     "topic read #\ntopic write r\n"
#define MAY_NOT_WRITE "topic read #\n"
#define OTHERS_WRITE  "topic read #\nuser other\ntopic write r\n"

static const struct {
    const char *first; /* rules when it is published; NULL: none */
    bool first_check;
    const char *then;
    bool then_check;
    bool sent;
} cases[] = {
    {MAY_WRITE, true,  MAY_WRITE,     true,  true },
    {MAY_WRITE, true,  MAY_NOT_WRITE, true,  false},
    {MAY_WRITE, true,  OTHERS_WRITE,  true,  false},
    {MAY_WRITE, true,  MAY_NOT_WRITE, false, true },
    {MAY_WRITE, true,  NULL,          true,  true },
    {MAY_WRITE, false, MAY_NOT_WRITE, true,  true }, /* nobody knows it */
    {NULL,      true,  MAY_NOT_WRITE, true,  true },
};

START_TEST(a_retained_message_is_sent_while_its_publisher_may_publish_it)
{
    start(cases[_i].first, cases[_i].first_check);
    rig_publish_retained(&publisher, "r", "kept", 0);
    ck_assert(is_sent());
    reload(cases[_i].then, cases[_i].then_check);
    ck_assert_int_eq(is_sent(), cases[_i].sent);
    /* It is hidden, not lost. */
    reload(MAY_WRITE, true);
    ck_assert(is_sent());
}
END_TEST

START_TEST(the_publisher_is_known_when_it_is_gone)
{
    start(MAY_WRITE, true);
    rig_publish_retained(&publisher, "r", "kept", 0);
    rig_logout(&publisher);
    ck_assert(is_sent());
    reload("topic read #\npattern write %c\n", true);
    ck_assert(!is_sent());
    reload("topic read #\ntopic write +\n", true);
    ck_assert(is_sent());
}
END_TEST

START_TEST(what_the_broker_retains_itself_is_always_sent)
{
    const struct mqtt_publish message = {
        .retain = true,
        .topic = slice_of_string("r"),
        .payload = slice_of_string("own"),
    };

    start(MAY_NOT_WRITE, true);
    broker_publish(rig.broker, &message);
    ck_assert(is_sent());
}
END_TEST

START_TEST(without_rules_nobody_is_noted)
{
    struct message *message;

    start(NULL, true);
    rig_publish_retained(&publisher, "r", "kept", 0);
    message = retained_store_get(rig.broker->retained, slice_of_string("r"), 0);
    ck_assert(!message->has_source);
    ck_assert_uint_eq(message_source(message).len, 0);
    reload(MAY_WRITE, true);
    rig_publish_retained(&publisher, "r", "kept", 0);
    message = retained_store_get(rig.broker->retained, slice_of_string("r"), 0);
    ck_assert_uint_eq(message_source(message).len, 2 + 2 + strlen("writer"));
    ck_assert(slice_equal_string(message_payload(message), "kept"));
}
END_TEST

Suite *retain_source_suite(void)
{
    Suite *suite = suite_create("retain_source");
    TCase *tcase = unit_case(suite, "retain_source", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(
        tcase, a_retained_message_is_sent_while_its_publisher_may_publish_it, 0,
        sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, the_publisher_is_known_when_it_is_gone);
    tcase_add_test(tcase, what_the_broker_retains_itself_is_always_sent);
    tcase_add_test(tcase, without_rules_nobody_is_noted);
    return suite;
}
