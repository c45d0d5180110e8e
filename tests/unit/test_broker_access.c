#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "access_rig.h"
#include "base/alloc.h"
#include "broker/connection.h"
#include "broker/identity.h"
#include "broker/login.h"
#include "broker/session.h"
#include "wire/tap_reader.h"

static struct rig rig;
static struct rig_client client;
static struct rig_client other;

static const char users[] = "anna:secret\nbert:hidden\n";

static void open_rig(void)
{
    rig_init(&rig);
    rig.config.listeners[0].allow_anonymous = false;
    client = other = (struct rig_client){0};
}

static void close_rig(void)
{
    if (client.rig)
        rig_close(&client);
    if (other.rig)
        rig_close(&other);
    rig_release(&rig);
}

static unsigned login(struct rig_client *who, const char *id, const char *user,
                      const char *password)
{
    return access_rig_login(&rig, who, MQTT_5, id, user, password);
}

/* ---- who it is ---- */

static const struct {
    const char *user;
    const char *password;
    bool anonymous;  /* allow_anonymous */
    unsigned code_3; /* of 3.1.1 */
    unsigned code_5;
} logins[] = {
    {"anna", "secret",  false, 0, 0   },
    {"anna", "secret",  true,  0, 0   },
    {"bert", "hidden",  false, 0, 0   },
    {"anna", "hidden",  false, 4, 0x86},
    {"anna", "hidden",  true,  4, 0x86},
    {"anna", "secret ", false, 4, 0x86},
    {"anna", "",        false, 4, 0x86},
    {"anna", NULL,      false, 4, 0x86},
    {"Anna", "secret",  false, 4, 0x86},
    {"carl", "secret",  true,  4, 0x86},
    {NULL,   NULL,      false, 5, 0x87},
    {NULL,   NULL,      true,  0, 0   },
    {"",     "secret",  false, 5, 0x87},
    {"",     "secret",  true,  0, 0   },
};

START_TEST(who_has_no_right_password_is_refused_with_the_code_for_it)
{
    rig.config.listeners[0].allow_anonymous = logins[_i].anonymous;
    access_rig_start(&rig, users, NULL);
    ck_assert_uint_eq(access_rig_login(&rig, &client, MQTT_5, "a",
                                       logins[_i].user, logins[_i].password),
                      logins[_i].code_5);
    ck_assert_int_eq(client.ended, logins[_i].code_5 != 0);
    ck_assert_uint_eq(access_rig_login(&rig, &other, MQTT_3_1_1, "b",
                                       logins[_i].user, logins[_i].password),
                      logins[_i].code_3);
    ck_assert(!rig_logged(&rig, "secret"));
    ck_assert(!rig_logged(&rig, "hidden"));
}
END_TEST

START_TEST(without_a_password_file_a_user_name_means_nothing)
{
    access_rig_start(&rig, NULL, NULL);
    ck_assert_uint_eq(login(&client, "a", "anna", "secret"), 0x87);
    rig.config.listeners[0].allow_anonymous = true;
    ck_assert_uint_eq(login(&other, "a", "anna", "secret"), 0);
}
END_TEST

/* CONNECT of 3.1.1 with a user name and a password, "a:anna:secret", and what
   comes behind it in one write. */
static const char connect_anna[] =
    "10 1b 00 04 4d 51 54 54 04 c2 00 3c 00 01 61 00 04 61 6e 6e 61"
    "00 06 73 65 63 72 65 74";

START_TEST(what_comes_behind_a_connect_waits_for_the_answer)
{
    char hex[400];

    access_rig_start(&rig, users, NULL);
    rig_open(&rig, &client, MQTT_3_1_1);
    snprintf(hex, sizeof(hex), "%s %s %s", connect_anna,
             "82 06 00 01 00 01 74 00", "30 04 00 01 74 78");
    rig_send_hex(&client, hex);
    rig_expect_hex(&client, "20 02 00 00 90 03 00 01 00 30 04 00 01 74 78");
}
END_TEST

START_TEST(who_is_gone_before_the_answer_harms_nobody)
{
    struct iovec part;
    uint8_t bytes[64];

    access_rig_iterations = 100000; /* so that it is not done too soon */
    access_rig_start(&rig, users, NULL);
    access_rig_iterations = 0;
    rig_open(&rig, &client, MQTT_3_1_1);
    part.iov_len = unit_hex(connect_anna, bytes, sizeof(bytes));
    part.iov_base = bytes;
    transport_writev(client.transport, &part, 1);
    while (!rig.loop.job_count)
        loop_turn(&rig.loop, false);
    LIST_FOREACH_SAFE (node, &rig.broker->connections) {
        struct connection *connection =
            LIST_ITEM(node, struct connection, node);

        ck_assert_ptr_nonnull(connection_login(connection));
        connection_end(connection,
                       &(struct connection_ending){.why = END_KICKED});
    }
    loop_settle(&rig.loop);
    ck_assert(client.ended);
    ck_assert_uint_eq(session_store_count(&rig.broker->sessions), 0);
}
END_TEST

START_TEST(many_at_a_time_are_checked_in_turn)
{
    struct rig_client many[12];
    struct mqtt_packet packet;
    uint8_t bytes[64];
    struct iovec part = {.iov_base = bytes};

    access_rig_start(&rig, users, NULL);
    for (int i = 0; i < 12; i++) {
        rig_open(&rig, &many[i], MQTT_3_1_1);
        part.iov_len = unit_hex(connect_anna, bytes, sizeof(bytes));
        bytes[14] = (uint8_t)('a' + i); /* the Client Identifier */
        transport_writev(many[i].transport, &part, 1);
    }
    for (int turn = 0; rig.loop.job_count || turn < 10; turn++) {
        loop_turn(&rig.loop, false);
        ck_assert_uint_le(rig.loop.job_count, LOGIN_JOBS);
    }
    loop_settle(&rig.loop);
    for (int i = 0; i < 12; i++) {
        rig_expect(&many[i], MQTT_CONNACK, &packet);
        ck_assert_uint_eq(packet.connack.reason, 0);
        rig_close(&many[i]);
    }
}
END_TEST

START_TEST(a_second_connect_behind_the_first_ends_it)
{
    char hex[400];

    access_rig_start(&rig, users, NULL);
    rig_open(&rig, &client, MQTT_3_1_1);
    snprintf(hex, sizeof(hex), "%s %s", connect_anna, connect_anna);
    rig_send_hex(&client, hex);
    rig_expect_hex(&client, "20 02 00 00");
    rig_expect_ended(&client);
}
END_TEST

START_TEST(client_ids_must_begin_as_clientid_prefixes_says)
{
    static const struct {
        const char *id;
        unsigned code;
    } ids[] = {
        {"lab-1", 0   },
        {"lab-",  0   },
        {"lab",   0x87},
        {"x",     0x87},
        {"",      0x87}
    };

    rig.config.listeners[0].allow_anonymous = true;
    rig.config.clientid_prefixes = alloc_string("lab-");
    access_rig_start(&rig, NULL, NULL);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        ck_assert_uint_eq(login(&client, ids[i].id, NULL, NULL), ids[i].code);
        rig_close(&client);
    }
}
END_TEST

/* ---- what it may do ---- */

static const char acl[] = "topic read public/#\n"
                          "user anna\n"
                          "topic anna/#\n"
                          "topic deny anna/secret\n"
                          "topic read both/#\n"
                          "user bert\n"
                          "topic #\n"
                          "topic deny anna/private\n"
                          "pattern write in/%c\n";

static void start_both(void)
{
    access_rig_start(&rig, users, acl);
    ck_assert_uint_eq(login(&client, "a", "anna", "secret"), 0);
    ck_assert_uint_eq(login(&other, "b", "bert", "hidden"), 0);
}

static unsigned publish(struct rig_client *who, const char *topic, unsigned qos)
{
    struct mqtt_packet packet;

    rig_publish(who, topic, "x", qos);
    rig_expect(who, qos == 1 ? MQTT_PUBACK : MQTT_PUBREC, &packet);
    return packet.puback.reason;
}

START_TEST(a_publish_without_permission_is_refused_and_goes_nowhere)
{
    start_both();
    rig_subscribe(&other, "#", 1);
    ck_assert_uint_eq(publish(&client, "both/x", 1), MQTT_NOT_AUTHORIZED);
    ck_assert_uint_eq(publish(&client, "both/x", 2), MQTT_NOT_AUTHORIZED);
    rig_publish(&client, "both/x", "x", 0);
    ck_assert_uint_eq(publish(&client, "anna/secret", 1), MQTT_NOT_AUTHORIZED);
    rig_expect_nothing(&other);
    ck_assert_uint_eq(publish(&client, "anna/x", 1), 0);
    ck_assert_uint_eq(publish(&client, "in/a", 1), 0);
    ck_assert_uint_eq(publish(&client, "in/b", 1), MQTT_NOT_AUTHORIZED);
    rig_expect_publish(&other, "anna/x", "x", 1, NULL);
    rig_expect_publish(&other, "in/a", "x", 1, NULL);
    rig_expect_nothing(&other);
    ck_assert(rig_logged(&rig, "topic deny anna/secret ("));
    ck_assert(rig_logged(&rig, "no line lets user anna write this topic"));
}
END_TEST

START_TEST(an_old_client_is_acknowledged_what_is_refused)
{
    struct rig_client old;

    start_both();
    access_rig_login(&rig, &old, MQTT_3_1_1, "o", "anna", "secret");
    rig_subscribe(&other, "#", 0);
    ck_assert_uint_eq(publish(&old, "both/x", 1), 0);
    ck_assert_uint_eq(publish(&old, "both/x", 2), 0);
    rig_expect_nothing(&other);
    rig_close(&old);
}
END_TEST

START_TEST(a_message_goes_only_to_who_may_read_it)
{
    start_both();
    ck_assert_uint_eq(rig_subscribe(&client, "#", 0), 0);
    for (int i = 0; i < 3; i++) { /* the second time from the cache */
        rig_publish(&other, "bert/x", "x", 0);
        rig_publish(&other, "anna/secret", "x", 0);
        rig_publish(&other, "both/x", "y", 0);
    }
    for (int i = 0; i < 3; i++)
        rig_expect_publish(&client, "both/x", "y", 0, NULL);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(a_shared_subscription_passes_over_who_may_not_read)
{
    start_both();
    rig_subscribe(&client, "$share/g/#", 0);
    rig_subscribe(&other, "$share/g/#", 0);
    for (int i = 0; i < 4; i++)
        broker_publish(rig.broker, &(struct mqtt_publish){
                                       .topic = slice_of_string("bert/x"),
                                       .payload = slice_of_string("x")});
    loop_settle(&rig.loop);
    rig_expect_nothing(&client);
    for (int i = 0; i < 4; i++)
        rig_expect_publish(&other, "bert/x", "x", 0, NULL);
}
END_TEST

START_TEST(retained_messages_come_only_to_who_may_read_them)
{
    start_both();
    rig_publish_retained(&other, "anna/x", "1", 0);
    rig_publish_retained(&other, "bert/x", "2", 0);
    rig_subscribe(&client, "#", 0);
    rig_expect_publish(&client, "anna/x", "1", 0, NULL);
    rig_expect_nothing(&client);
}
END_TEST

START_TEST(while_its_client_is_away_a_session_gets_what_it_may)
{
    struct mqtt_packet packet;

    access_rig_start(&rig, users, acl);
    ck_assert_uint_eq(login(&other, "b", "bert", "hidden"), 0);
    for (int round = 0; round < 2; round++) {
        rig_open(&rig, &client, MQTT_3_1_1);
        packet = rig_connect(&client, "a");
        packet.connect.clean_start = false;
        packet.connect.has_user_name = packet.connect.has_password = true;
        packet.connect.user_name = slice_of_string("anna");
        packet.connect.password = slice_of_string("secret");
        rig_send(&client, &packet);
        rig_expect(&client, MQTT_CONNACK, &packet);
        if (round)
            break;
        rig_subscribe(&client, "#", 1);
        rig_cut(&client);
        publish(&other, "bert/x", 1);
        publish(&other, "anna/x", 1);
    }
    rig_expect_publish(&client, "anna/x", "x", 1, NULL);
    rig_expect_nothing(&client);
}
END_TEST

static void connect_with_will(struct rig_client *who, const char *topic)
{
    struct mqtt_packet packet;

    rig_open(&rig, who, MQTT_3_1_1);
    packet = rig_connect(who, "w");
    packet.connect.has_user_name = packet.connect.has_password = true;
    packet.connect.user_name = slice_of_string("anna");
    packet.connect.password = slice_of_string("secret");
    packet.connect.will = (struct mqtt_will){
        .set = true,
        .topic = slice_of_string(topic),
        .payload = slice_of_string("gone"),
    };
    rig_send(who, &packet);
    rig_expect(who, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, 0);
}

START_TEST(a_will_is_published_only_where_its_client_may)
{
    access_rig_start(&rig, users, acl);
    ck_assert_uint_eq(login(&other, "b", "bert", "hidden"), 0);
    rig_subscribe(&other, "#", 0);
    connect_with_will(&client, "both/will");
    rig_cut(&client);
    rig_expect_nothing(&other);
    ck_assert(rig_logged(&rig, "Denied the will of w ('both/will')"));
    connect_with_will(&client, "anna/will");
    rig_cut(&client);
    rig_expect_publish(&other, "anna/will", "gone", 0, NULL);
}
END_TEST

START_TEST(who_resumes_a_session_as_another_reads_what_that_one_may)
{
    struct mqtt_packet packet;

    access_rig_start(&rig, users, acl);
    ck_assert_uint_eq(login(&other, "b", "bert", "hidden"), 0);
    for (int i = 0; i < 2; i++) {
        rig_open(&rig, &client, MQTT_3_1_1);
        packet = rig_connect(&client, "a");
        packet.connect.clean_start = false;
        packet.connect.has_user_name = packet.connect.has_password = true;
        packet.connect.user_name = slice_of_string(i ? "anna" : "bert");
        packet.connect.password = slice_of_string(i ? "secret" : "hidden");
        rig_send(&client, &packet);
        rig_expect(&client, MQTT_CONNACK, &packet);
        if (i == 0)
            rig_subscribe(&client, "#", 0);
        rig_publish(&other, "bert/x", "x", 0);
        if (i == 0) {
            rig_expect_publish(&client, "bert/x", "x", 0, NULL);
            rig_cut(&client);
        }
    }
    rig_expect_nothing(&client);
}
END_TEST

/* ---- records ---- */

static struct tap_reader reader;

static void watch(void)
{
    int fd = tap_attach(&rig.broker->tap);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(tap_reader_open(&reader, fd), 0);
}

/* The next event of this code must be there; its text contains this. */
static void expect_event(enum event_code code, const char *topic,
                         const char *text)
{
    struct record record;
    char said[600];

    while (tap_reader_next(&reader, &record)) {
        if (record.type != RECORD_EVT || record_code(record.bytes) != code)
            continue;
        struct slice value = record_get(record.bytes, RECORD_TEXT);

        snprintf(said, sizeof(said), "%.*s", SLICE_ARGS(value));
        ck_assert_msg(strstr(said, text), "'%s' has no '%s'", said, text);
        if (topic)
            ck_assert(slice_equal_string(record_get(record.bytes, RECORD_TOPIC),
                                         topic));
        return;
    }
    ck_abort_msg("no event %s", event_name(code));
}

START_TEST(whoever_watches_sees_every_refusal_and_its_rule)
{
    struct rig_client third;

    start_both();
    rig_subscribe(&client, "#", 0);
    rig_publish(&other, "bert/x", "x", 0); /* now it is in the cache */
    watch();
    rig_publish(&client, "anna/secret", "x", 0);
    expect_event(EVENT_ACCESS_REFUSED, "anna/secret",
                 "topic deny anna/secret (");
    for (int i = 0; i < 2; i++) {
        rig_publish(&other, "bert/x", "x", 0);
        expect_event(EVENT_ACCESS_REFUSED, "bert/x", "is not sent it: ");
    }
    login(&third, "c", "anna", "wrong");
    expect_event(EVENT_CONNECT_REFUSED, NULL, "the password is wrong");
    rig_close(&third);
    tap_reader_close(&reader);
    tap_detach(&rig.broker->tap);
}
END_TEST

/* ---- reload ---- */

START_TEST(a_reload_ends_clients_whose_user_is_gone_or_has_a_new_password)
{
    start_both();
    ck_assert(access_rig_reload(&rig, "anna:secret\nbert:hidden\n", acl));
    /* The same passwords with other salts are other entries. */
    rig_expect_ended(&client);
    rig_expect_ended(&other);
}
END_TEST

START_TEST(a_reload_without_a_password_file_lets_clients_stay)
{
    start_both();
    ck_assert(access_rig_reload(&rig, NULL, acl));
    ck_assert(!client.ended);
    ck_assert(!other.ended);
}
END_TEST

START_TEST(a_reload_changes_what_may_be_read_and_written)
{
    rig.config.listeners[0].allow_anonymous = true;
    access_rig_start(&rig, NULL, "topic a\n");
    login(&client, "a", NULL, NULL);
    login(&other, "b", NULL, NULL);
    rig_subscribe(&client, "#", 0);
    ck_assert_uint_eq(publish(&other, "a", 1), 0);
    ck_assert_uint_eq(publish(&other, "b", 1), MQTT_NOT_AUTHORIZED);
    rig_expect_publish(&client, "a", "x", 0, NULL);
    ck_assert(access_rig_reload(&rig, NULL, "topic b\ntopic write a\n"));
    ck_assert_uint_eq(publish(&other, "a", 1), MQTT_NO_MATCHING_SUBSCRIBERS);
    rig_expect_nothing(&client);
    ck_assert_uint_eq(publish(&other, "b", 1), 0);
    rig_expect_publish(&client, "b", "x", 0, NULL);
    ck_assert(access_rig_reload(&rig, NULL, NULL));
    ck_assert_uint_eq(publish(&other, "c", 1), 0);
    rig_expect_publish(&client, "c", "x", 0, NULL);
    ck_assert(access_rig_reload(&rig, NULL, "topic read #\n"));
    ck_assert_uint_eq(publish(&other, "c", 1), MQTT_NOT_AUTHORIZED);
}
END_TEST

START_TEST(a_reload_with_a_faulty_file_changes_nothing)
{
    start_both();
    ck_assert(!access_rig_reload(&rig, users, "topc a\n"));
    ck_assert(!client.ended);
    ck_assert_uint_eq(publish(&client, "anna/x", 1),
                      MQTT_NO_MATCHING_SUBSCRIBERS);
    ck_assert_uint_eq(publish(&client, "both/x", 1), MQTT_NOT_AUTHORIZED);
}
END_TEST

START_TEST(a_reload_that_refuses_anonymous_clients_ends_them)
{
    rig.config.listeners[0].allow_anonymous = true;
    access_rig_start(&rig, users, NULL);
    login(&client, "a", NULL, NULL);
    rig.config.listeners[0].allow_anonymous = false;
    ck_assert(access_rig_reload(&rig, users, NULL));
    struct mqtt_packet packet;
    rig_expect(&client, MQTT_DISCONNECT, &packet);
    ck_assert_uint_eq(packet.disconnect.reason, MQTT_NOT_AUTHORIZED);
    rig_expect_ended(&client);
}
END_TEST

Suite *broker_access_suite(void)
{
    Suite *suite = suite_create("broker_access");
    TCase *who = unit_case(suite, "who it is", 0);
    TCase *what = unit_case(suite, "what it may do", 0);
    TCase *again = unit_case(suite, "reload", 0);

    tcase_add_checked_fixture(who, open_rig, close_rig);
    tcase_add_loop_test(
        who, who_has_no_right_password_is_refused_with_the_code_for_it, 0,
        sizeof(logins) / sizeof(logins[0]));
    tcase_add_test(who, without_a_password_file_a_user_name_means_nothing);
    tcase_add_test(who, what_comes_behind_a_connect_waits_for_the_answer);
    tcase_add_test(who, who_is_gone_before_the_answer_harms_nobody);
    tcase_add_test(who, many_at_a_time_are_checked_in_turn);
    tcase_add_test(who, a_second_connect_behind_the_first_ends_it);
    tcase_add_test(who, client_ids_must_begin_as_clientid_prefixes_says);

    tcase_add_checked_fixture(what, open_rig, close_rig);
    tcase_add_test(what,
                   a_publish_without_permission_is_refused_and_goes_nowhere);
    tcase_add_test(what, an_old_client_is_acknowledged_what_is_refused);
    tcase_add_test(what, a_message_goes_only_to_who_may_read_it);
    tcase_add_test(what, a_shared_subscription_passes_over_who_may_not_read);
    tcase_add_test(what, retained_messages_come_only_to_who_may_read_them);
    tcase_add_test(what, while_its_client_is_away_a_session_gets_what_it_may);
    tcase_add_test(what, a_will_is_published_only_where_its_client_may);
    tcase_add_test(what,
                   who_resumes_a_session_as_another_reads_what_that_one_may);

    tcase_add_test(what, whoever_watches_sees_every_refusal_and_its_rule);

    tcase_add_checked_fixture(again, open_rig, close_rig);
    tcase_add_test(
        again, a_reload_ends_clients_whose_user_is_gone_or_has_a_new_password);
    tcase_add_test(again, a_reload_without_a_password_file_lets_clients_stay);
    tcase_add_test(again, a_reload_changes_what_may_be_read_and_written);
    tcase_add_test(again, a_reload_with_a_faulty_file_changes_nothing);
    tcase_add_test(again, a_reload_that_refuses_anonymous_clients_ends_them);
    return suite;
}
