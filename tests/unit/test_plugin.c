#include "suites.h"

#include "access_rig.h"
#include "base/alloc.h"
#include "broker/access.h"
#include "broker/reload.h"

#include <semaphore.h>
#include <stdio.h>
#include <string.h>

/*
 * A plugin in the program itself. Users are let in by their first letter: "a"
 * is allowed, "d" denied, others are not known; of "ask" it thinks until the
 * test lets it. What may be done is in rights; each question is counted.
 */
static struct rig rig;
static struct rig_client client;
static struct rig_client other;

static enum mqttlab_answer rights[5]; /* by enum mqttlab_right */
static unsigned asked;
static char last[100]; /* what was asked last */
static sem_t thought;

static enum mqttlab_answer authenticate(void *context,
                                        const struct mqttlab_client *who,
                                        char *why, size_t why_size)
{
    (void)context;
    if (who->user_name && !strcmp(who->user_name, "ask")) {
        sem_wait(&thought);
        return MQTTLAB_ALLOW;
    }
    snprintf(last, sizeof(last), "%s %s %.*s", who->client_id,
             who->user_name ? who->user_name : "-", (int)who->password_len,
             who->password ? (const char *)who->password : "");
    if (!who->user_name || !strchr("ad", who->user_name[0]))
        return MQTTLAB_DEFER;
    if (who->user_name[0] == 'a')
        return MQTTLAB_ALLOW;
    if (who->user_name[1])
        snprintf(why, why_size, "because of %s", who->user_name + 1);
    return MQTTLAB_DENY;
}

static enum mqttlab_answer authorize(void *context,
                                     const struct mqttlab_client *who,
                                     enum mqttlab_right right,
                                     const char *topic, char *why,
                                     size_t why_size)
{
    (void)context;
    (void)why;
    (void)why_size;
    asked++;
    snprintf(last, sizeof(last), "%s %s %d %s", who->client_id,
             who->user_name ? who->user_name : "-", (int)right, topic);
    return rights[right];
}

static const struct mqttlab_plugin decider = {
    .version = MQTTLAB_PLUGIN_VERSION,
    .name = "decider",
    .authenticate = authenticate,
    .authorize = authorize,
};

static const struct mqttlab_plugin doorkeeper = {
    .version = MQTTLAB_PLUGIN_VERSION,
    .name = "doorkeeper",
    .authenticate = authenticate,
};

static void open_rig(void)
{
    rig_init(&rig);
    rig.config.listeners[0].allow_anonymous = false;
    client = other = (struct rig_client){0};
    asked = 0;
    rights[MQTTLAB_READ] = rights[MQTTLAB_WRITE] = rights[MQTTLAB_SUBSCRIBE] =
        MQTTLAB_ALLOW;
}

static void close_rig(void)
{
    if (client.rig)
        rig_close(&client);
    if (other.rig)
        rig_close(&other);
    rig_release(&rig);
}

static void start(const struct mqttlab_plugin *plugin, const char *users,
                  const char *acl)
{
    struct access **access = alloc_zero(1, sizeof(struct access *));
    struct config_problems problems = {0};
    struct plugin_host *host = alloc_zero(1, sizeof(*host));

    host->plugin = plugin;
    host->references = 1;
    host->deny_special_chars = true;
    access[0] = alloc_zero(1, sizeof(*access[0]));
    access[0]->references = 1;
    access[0]->plugins = alloc_zero(1, sizeof(host));
    access[0]->plugins[0] = host;
    access[0]->plugin_count = 1;
    access[0]->asks_plugins = plugin->authorize != NULL;
    if (users)
        access[0]->passwords =
            password_file_read("users", slice_of_string(users), &problems);
    if (acl)
        access[0]->acl = acl_read("acl", slice_of_string(acl), &problems);
    ck_assert_uint_eq(problems.count, 0);
    ck_assert(access_open(access, 1, &problems));
    rig_start(&rig);
    access_start(rig.broker, access);
}

static unsigned login(struct rig_client *who, const char *id, const char *user)
{
    return access_rig_login(&rig, who, MQTT_5, id, user, user ? "pw" : NULL);
}

/* ---- who it is ---- */

/* "bert" with "pw" by SHA-512, as mosquitto_passwd wrote it. */
static const char bert[] =
    "bert:$6$XmRDSt+6okHHqHsO$"
    "CfaEO2UEJd+owpo+6FPUrPTnIC8N3w+VErusas1DT6Uah5pUFbXNCAS6SgtChUTCVXIYXx8r"
    "2IA7bI0m8U3L4A==\n";

static const struct {
    const char *user;
    bool file;      /* there is a password file */
    bool anonymous; /* allow_anonymous */
    unsigned code;
} logins[] = {
    {"anna", false, false, 0   },
    {"anna", true,  false, 0   },
    {"dora", true,  true,  0x86},
    {"bert", true,  false, 0   }, /* the file knows him */
    {"carl", true,  true,  0x86},
    {"bert", false, true,  0x87}, /* nobody does */
    {NULL,   false, false, 0x87},
    {NULL,   false, true,  0   },
};

START_TEST(the_plugin_is_asked_first_and_then_the_file)
{
    rig.config.listeners[0].allow_anonymous = logins[_i].anonymous;
    start(&doorkeeper, logins[_i].file ? bert : NULL, NULL);
    ck_assert_uint_eq(login(&client, "c", logins[_i].user), logins[_i].code);
}
END_TEST

START_TEST(the_plugin_is_told_all_and_says_why)
{
    start(&doorkeeper, NULL, NULL);
    login(&client, "c1", "dX");
    ck_assert_str_eq(last, "c1 dX pw");
    ck_assert(rig_logged(&rig, "because of X"));
    login(&other, "c2", "d");
    ck_assert(rig_logged(&rig, "plugin doorkeeper says no"));
}
END_TEST

static void turn(void)
{
    for (int i = 0; i < 5; i++)
        loop_turn(&rig.loop, false);
}

/* Send a CONNECT, without waiting until the plugin has thought. */
static void ask(struct rig_client *who, const char *id)
{
    struct mqtt_packet packet = rig_connect(who, id);
    struct buf bytes = {0};

    packet.connect.has_user_name = true;
    packet.connect.user_name = slice_of_string("ask");
    packet_encode(&bytes, MQTT_5, &packet);
    struct iovec part = {.iov_base = bytes.bytes, .iov_len = bytes.len};
    ck_assert_int_eq(transport_writev(who->transport, &part, 1), bytes.len);
    buf_release(&bytes);
    turn();
}

/* Both of those that may be checked at once are longer than connect_timeout;
   who waits for its turn that long is told so. */
START_TEST(who_is_being_checked_has_sent_its_connect_in_time)
{
    struct rig_client third;
    struct mqtt_packet packet;

    ck_assert_int_eq(sem_init(&thought, 0, 0), 0);
    start(&doorkeeper, NULL, NULL);
    rig_open(&rig, &client, MQTT_5);
    rig_open(&rig, &other, MQTT_5);
    rig_open(&rig, &third, MQTT_5);
    ask(&client, "one");
    ask(&other, "two");
    ask(&third, "three");
    for (int i = 0; i < 2; i++) {
        clock_advance(&rig.loop.clock,
                      (rig.config.connect_timeout + 1) * CLOCK_NS_PER_S);
        turn();
    }
    bool ended = client.ended || other.ended;
    sem_post(&thought);
    sem_post(&thought);
    loop_settle(&rig.loop);
    ck_assert(!ended);
    ck_assert(third.ended);
    ck_assert(rig_logged(&rig, "its turn did not come within connect_timeout"));
    ck_assert(!rig_logged(&rig, "no CONNECT"));
    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, MQTT_SUCCESS);
    rig_expect(&other, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, MQTT_SUCCESS);
    rig_close(&third);
    sem_destroy(&thought);
}
END_TEST

START_TEST(a_doorkeeper_alone_leaves_everything_allowed)
{
    start(&doorkeeper, NULL, NULL);
    login(&client, "c", "anna");
    ck_assert_uint_eq(rig_subscribe(&client, "#", 0), 0);
    rig_publish(&client, "t", "x", 0);
    rig_expect_publish(&client, "t", "x", 0, NULL);
}
END_TEST

/* ---- what it may do ---- */

START_TEST(a_subscription_that_it_denies_is_answered_so)
{
    struct rig_client old;

    start(&decider, NULL, NULL);
    rights[MQTTLAB_SUBSCRIBE] = MQTTLAB_DENY;
    login(&client, "c", "anna");
    ck_assert_uint_eq(rig_subscribe(&client, "a/+", 0), MQTT_NOT_AUTHORIZED);
    ck_assert_str_eq(last, "c anna 4 a/+");
    access_rig_login(&rig, &old, MQTT_3_1_1, "o", "anna", "pw");
    ck_assert_uint_eq(rig_subscribe(&old, "a/+", 0), 0x80);
    rig_publish(&old, "a/x", "x", 0);
    rig_expect_nothing(&client);
    rig_expect_nothing(&old);
    rig_close(&old);
}
END_TEST

static void publish(struct rig_client *who, const char *topic, unsigned code)
{
    struct mqtt_packet packet;

    rig_publish(who, topic, "x", 1);
    rig_expect(who, MQTT_PUBACK, &packet);
    ck_assert_uint_eq(packet.puback.reason, code);
}

START_TEST(what_it_says_of_a_topic_is_kept_for_a_second)
{
    start(&decider, NULL, NULL);
    login(&client, "c", "anna");
    login(&other, "o", "anna");
    rig_subscribe(&other, "#", 0);
    asked = 0;
    for (int i = 0; i < 5; i++) {
        publish(&client, "t", 0);
        rig_expect_publish(&other, "t", "x", 0, NULL);
    }
    ck_assert_uint_eq(asked, 2); /* to write, to read */
    rights[MQTTLAB_READ] = MQTTLAB_DENY;
    publish(&client, "t", 0);
    rig_expect_publish(&other, "t", "x", 0, NULL);
    rig_advance(&rig, 1.1);
    publish(&client, "t", MQTT_NO_MATCHING_SUBSCRIBERS);
    rig_expect_nothing(&other);
    rights[MQTTLAB_WRITE] = MQTTLAB_DENY;
    publish(&client, "t", MQTT_NO_MATCHING_SUBSCRIBERS);
    rig_advance(&rig, 1.1);
    publish(&client, "t", MQTT_NOT_AUTHORIZED);
    ck_assert(rig_logged(&rig, "plugin decider says no"));
}
END_TEST

static const struct {
    enum mqttlab_answer answer;
    const char *acl;
    bool allowed;
} answers[] = {
    {MQTTLAB_ALLOW,          NULL,             true },
    {MQTTLAB_ALLOW,          "topic deny t\n", true },
    {MQTTLAB_DENY,           NULL,             false},
    {MQTTLAB_DENY,           "pattern t\n",    false},
    {MQTTLAB_DEFER,          NULL,             false},
    {MQTTLAB_DEFER,          "pattern t\n",    true },
    {MQTTLAB_DEFER,          "pattern u\n",    false},
    {(enum mqttlab_answer)7, "pattern t\n",    true }, /* none of ours: defer */
};

START_TEST(the_list_is_asked_when_it_does_not_know)
{
    start(&decider, NULL, answers[_i].acl);
    login(&client, "c", "anna");
    login(&other, "o", "anna");
    rig_subscribe(&client, "#", 0);
    rights[MQTTLAB_READ] = rights[MQTTLAB_WRITE] = answers[_i].answer;
    publish(&other, "t", answers[_i].allowed ? 0 : MQTT_NOT_AUTHORIZED);
    if (answers[_i].allowed)
        rig_expect_publish(&client, "t", "x", 0, NULL);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(a_name_with_a_wildcard_is_denied_without_asking)
{
    start(&decider, NULL, NULL);
    login(&client, "c+", "anna");
    ck_assert_uint_eq(rig_subscribe(&client, "t", 0), MQTT_NOT_AUTHORIZED);
    publish(&client, "t", MQTT_NOT_AUTHORIZED);
    ck_assert_uint_eq(asked, 0);
    ck_assert(rig_logged(&rig, "auth_plugin_deny_special_chars"));
}
END_TEST

START_TEST(a_reload_keeps_the_plugin_and_whom_it_let_in)
{
    start(&decider, NULL, NULL);
    login(&client, "c", "anna");
    ck_assert(access_rig_reload(&rig, "bert:pw\n", NULL));
    ck_assert(!client.ended);
    rights[MQTTLAB_WRITE] = MQTTLAB_DENY;
    publish(&client, "t", MQTT_NOT_AUTHORIZED);
    ck_assert_uint_eq(login(&other, "o", "anna"), 0);
}
END_TEST

/* ---- loading ---- */

START_TEST(what_is_no_plugin_is_refused_with_the_reason)
{
    static const char *const paths[] = {"/nonexistent/x.so", "/etc/passwd",
                                        "libc.so.6"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct config_problems problems = {0};
        struct config_plugin config = {.path = (char *)(uintptr_t)paths[i]};

        ck_assert_ptr_null(plugin_host_new(&config, "conf:1", &problems));
        ck_assert_uint_eq(problems.count, 1);
    }
}
END_TEST

Suite *plugin_suite(void)
{
    Suite *suite = suite_create("plugin");
    TCase *who = unit_case(suite, "who it is", 0);
    TCase *what = unit_case(suite, "what it may do", 0);

    tcase_add_checked_fixture(who, open_rig, close_rig);
    tcase_add_loop_test(who, the_plugin_is_asked_first_and_then_the_file, 0,
                        sizeof(logins) / sizeof(logins[0]));
    tcase_add_test(who, the_plugin_is_told_all_and_says_why);
    tcase_add_test(who, who_is_being_checked_has_sent_its_connect_in_time);
    tcase_add_test(who, a_doorkeeper_alone_leaves_everything_allowed);

    tcase_add_checked_fixture(what, open_rig, close_rig);
    tcase_add_test(what, a_subscription_that_it_denies_is_answered_so);
    tcase_add_test(what, what_it_says_of_a_topic_is_kept_for_a_second);
    tcase_add_loop_test(what, the_list_is_asked_when_it_does_not_know, 0,
                        sizeof(answers) / sizeof(answers[0]));
    tcase_add_test(what, a_name_with_a_wildcard_is_denied_without_asking);
    tcase_add_test(what, a_reload_keeps_the_plugin_and_whom_it_let_in);

    TCase *loading = unit_case(suite, "loading", 0);
    tcase_add_test(loading, what_is_no_plugin_is_refused_with_the_reason);
    return suite;
}
