#include "suites.h"

#include "access_rig.h"
#include "base/alloc.h"
#include "broker/access.h"
#include "broker/connection.h"
#include "broker/identity.h"
#include "mqtt/property.h"
#include "scram_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig rig;
static struct rig_client client;
static struct scram_client scram;

static void open_rig(void)
{
    struct access **access = alloc_zero(1, sizeof(struct access *));
    struct config_problems problems = {.to = stderr};
    struct password password = scram_client_password("secret", "salt", 4, 300);
    struct buf text = {0};

    rig_init(&rig);
    rig.config.listeners[0].allow_anonymous = false;
    rig.config.listeners[0].auth_method = CONFIG_SCRAM_SHA_256;
    buf_append_string(&text, "anna:");
    password_put(&password, &text);
    buf_append_string(&text, "\nbert:");
    password_make(&password, PASSWORD_PBKDF2_SHA512, 0,
                  slice_of_string("hidden"));
    password_put(&password, &text);
    buf_append_u8(&text, '\n');
    access[0] = alloc_zero(1, sizeof(*access[0]));
    access[0]->references = 1;
    access[0]->passwords =
        password_file_read("users", buf_slice(&text), &problems);
    buf_release(&text);
    ck_assert_ptr_nonnull(access[0]->passwords);
    rig_start(&rig);
    access_start(rig.broker, access);
    rig_open(&rig, &client, MQTT_5);
    scram = (struct scram_client){"anna", "secret", "fyko", {0}, {0}, {0}};
}

static void close_rig(void)
{
    scram_client_release(&scram);
    rig_close(&client);
    rig_release(&rig);
}

/* ---- packets ---- */

static struct buf method_and_data(const char *method, struct slice data)
{
    struct buf properties = {0};

    if (method)
        property_put_string(&properties, PROPERTY_AUTHENTICATION_METHOD,
                            slice_of_string(method));
    if (data.len)
        property_put_string(&properties, PROPERTY_AUTHENTICATION_DATA, data);
    return properties;
}

static void send_connect(const char *method, struct slice data,
                         const char *user_name)
{
    struct buf properties = method_and_data(method, data);
    struct mqtt_packet packet = rig_connect(&client, "a");

    packet.connect.properties = buf_slice(&properties);
    packet.connect.has_user_name = user_name != NULL;
    packet.connect.user_name = slice_of_string(user_name);
    rig_send(&client, &packet);
    buf_release(&properties);
}

static void send_auth(enum mqtt_reason reason, const char *method,
                      struct slice data)
{
    struct buf properties = method_and_data(method, data);
    struct mqtt_packet packet = {
        .type = MQTT_AUTH,
        .disconnect = {.reason = reason, .properties = buf_slice(&properties)},
    };

    rig_send(&client, &packet);
    buf_release(&properties);
}

static struct slice data_of(struct slice properties)
{
    struct property found;

    ck_assert(
        property_find(properties, PROPERTY_AUTHENTICATION_METHOD, &found));
    /* [MQTT-4.12.0-5] */
    ck_assert(slice_equal_string(found.string, "SCRAM-SHA-256"));
    /* [MQTT-3.15.2-2] [MQTT-3.15.2-3] */
    ck_assert(!property_find(properties, PROPERTY_USER_PROPERTY, &found));
    ck_assert(!property_find(properties, PROPERTY_REASON_STRING, &found));
    return property_find(properties, PROPERTY_AUTHENTICATION_DATA, &found)
               ? found.string
               : slice_of(NULL, 0);
}

/* The broker asks on; the answer is made. [MQTT-4.12.0-2] */
static void expect_challenge(void)
{
    struct mqtt_packet packet;

    rig_expect(&client, MQTT_AUTH, &packet);
    ck_assert_uint_eq(packet.disconnect.reason, MQTT_CONTINUE_AUTHENTICATION);
    scram_client_final(&scram, data_of(packet.disconnect.properties));
}

static void expect_in(void)
{
    struct mqtt_packet packet;

    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, 0);
    ck_assert(slice_equal(data_of(packet.connack.properties),
                          buf_slice(&scram.server_signature)));
}

/* [MQTT-4.12.0-4] */
static void expect_refused(enum mqtt_reason reason)
{
    struct mqtt_packet packet;

    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, reason);
    rig_expect_ended(&client);
}

/* [MQTT-4.12.1-2] */
static void expect_disconnected(enum mqtt_reason reason)
{
    struct mqtt_packet packet;

    rig_expect(&client, MQTT_DISCONNECT, &packet);
    ck_assert_uint_eq(packet.disconnect.reason, reason);
    if (reason == MQTT_NOT_AUTHORIZED) /* nor is it said what was wrong */
        ck_assert_uint_eq(packet.disconnect.properties.len, 0);
    rig_expect_ended(&client);
}

static void come_in(void)
{
    scram_client_first(&scram);
    send_connect("SCRAM-SHA-256", buf_slice(&scram.text), NULL);
    expect_challenge();
    send_auth(MQTT_CONTINUE_AUTHENTICATION, "SCRAM-SHA-256",
              buf_slice(&scram.text));
    expect_in();
}

/* ---- CONNECT ---- */

START_TEST(who_proves_the_password_comes_in_as_that_user)
{
    come_in();
    const struct connection *connection =
        LIST_ITEM(rig.broker->connections.next, struct connection, node);
    ck_assert_str_eq(identity_user_name(connection->session), "anna");
    ck_assert_ptr_null(connection_login(connection));
    ck_assert_uint_eq(rig_subscribe(&client, "t", 0), 0);
}
END_TEST

START_TEST(a_connect_without_data_is_asked_for_the_first_message)
{
    struct mqtt_packet packet;

    send_connect("SCRAM-SHA-256", slice_of(NULL, 0), "anna");
    rig_expect(&client, MQTT_AUTH, &packet);
    ck_assert_uint_eq(packet.disconnect.reason, MQTT_CONTINUE_AUTHENTICATION);
    ck_assert_uint_eq(data_of(packet.disconnect.properties).len, 0);
    scram_client_first(&scram);
    send_auth(MQTT_CONTINUE_AUTHENTICATION, "SCRAM-SHA-256",
              buf_slice(&scram.text));
    expect_challenge();
    send_auth(MQTT_CONTINUE_AUTHENTICATION, "SCRAM-SHA-256",
              buf_slice(&scram.text));
    expect_in();
}
END_TEST

static const struct {
    const char *user;
    const char *secret;
    const char *connect_user; /* the User Name of CONNECT; NULL: none */
} strangers[] = {
    {"anna", "wrong",  NULL  }, /* not the password */
    {"carl", "secret", NULL  }, /* not a user */
    {"bert", "hidden", NULL  }, /* one whose password is no SCRAM's */
    {"anna", "secret", "bert"}, /* one who says two names */
};

START_TEST(who_proves_nothing_is_asked_like_others_and_refused)
{
    scram.user_name = strangers[_i].user;
    scram.secret = strangers[_i].secret;
    scram_client_first(&scram);
    send_connect("SCRAM-SHA-256", buf_slice(&scram.text),
                 strangers[_i].connect_user);
    expect_challenge();
    send_auth(MQTT_CONTINUE_AUTHENTICATION, "SCRAM-SHA-256",
              buf_slice(&scram.text));
    expect_refused(MQTT_BAD_USER_NAME_OR_PASSWORD);
}
END_TEST

START_TEST(a_stranger_is_always_shown_the_same_salt)
{
    char *shown[2];

    for (int i = 0; i < 2; i++) {
        struct mqtt_packet packet;

        scram.user_name = "carl";
        scram_client_first(&scram);
        send_connect("SCRAM-SHA-256", buf_slice(&scram.text), NULL);
        rig_expect(&client, MQTT_AUTH, &packet);
        struct slice data = data_of(packet.disconnect.properties);
        char *text = alloc_string_of(data.bytes, data.len);
        shown[i] = alloc_string(strchr(text, ','));
        free(text);
        rig_close(&client);
        rig_open(&rig, &client, MQTT_5);
    }
    ck_assert_str_eq(shown[0], shown[1]);
    ck_assert_ptr_nonnull(strstr(shown[0], ",i=300"));
    free(shown[0]);
    free(shown[1]);
}
END_TEST

static const struct {
    const char *method;
    bool allowed; /* auth_method is set */
    const char *data;
    enum mqtt_reason reason;
} connects[] = {
    {"SCRAM-SHA-256", false, "n,,n=anna,r=x", MQTT_BAD_AUTHENTICATION_METHOD},
    {"SCRAM-SHA-1",   true,  "n,,n=anna,r=x", MQTT_BAD_AUTHENTICATION_METHOD},
    {"scram-sha-256", true,  "n,,n=anna,r=x", MQTT_BAD_AUTHENTICATION_METHOD},
    {"",              true,  "n,,n=anna,r=x", MQTT_BAD_AUTHENTICATION_METHOD},
    {"SCRAM-SHA-256", true,  "rubbish",       MQTT_NOT_AUTHORIZED           },
};

START_TEST(a_connect_with_what_we_do_not_have_is_refused)
{
    if (!connects[_i].allowed)
        rig.config.listeners[0].auth_method = 0;
    /* [MQTT-4.12.0-1] */
    send_connect(connects[_i].method, slice_of_string(connects[_i].data), NULL);
    expect_refused(connects[_i].reason);
}
END_TEST

START_TEST(a_plain_password_is_good_for_a_user_of_scram_too)
{
    rig_close(&client);
    ck_assert_uint_eq(
        access_rig_login(&rig, &client, MQTT_5, "a", "anna", "secret"), 0);
    rig_close(&client);
    ck_assert_uint_eq(
        access_rig_login(&rig, &client, MQTT_5, "a", "anna", "other"), 0x86);
}
END_TEST

/* In the middle of it, and when it is over. */
static const struct {
    enum mqtt_reason code;
    const char *method;
    enum mqtt_reason reason; /* of DISCONNECT once it is over */
} wrong[] = {
    {MQTT_CONTINUE_AUTHENTICATION, "SCRAM-SHA-256", MQTT_PROTOCOL_ERROR},
    {MQTT_SUCCESS,                 "SCRAM-SHA-256", MQTT_PROTOCOL_ERROR},
    {MQTT_UNSPECIFIED_ERROR,       "SCRAM-SHA-256",
     MQTT_PROTOCOL_ERROR                                               }, /* [MQTT-3.15.2-1] */
    {MQTT_REAUTHENTICATE,          "SCRAM-SHA-1",   MQTT_PROTOCOL_ERROR},
};

START_TEST(an_auth_out_of_turn_ends_the_connection)
{
    come_in();
    send_auth(wrong[_i].code, wrong[_i].method, slice_of_string("x"));
    expect_disconnected(wrong[_i].reason);
}
END_TEST

static const char *const meanwhile[] = {
    "f0 12 19 10 15 00 0d 53 43 52 41 4d 2d 53 48 41 2d 32 35 36", /* AUTH 0x19 */
    "c0 00",                                                       /* PINGREQ */
    "30 05 00 01 74 00 78",                                        /* PUBLISH */
    "10 0d 00 04 4d 51 54 54 05 02 00 00 00 00 00",                /* CONNECT */
};

START_TEST(nothing_but_auth_and_disconnect_comes_in_the_middle)
{
    scram_client_first(&scram);
    send_connect("SCRAM-SHA-256", buf_slice(&scram.text), NULL);
    expect_challenge();
    rig_send_hex(&client, meanwhile[_i]);
    rig_expect_nothing(&client);
    rig_expect_ended(&client);
}
END_TEST

START_TEST(a_client_may_give_up_in_the_middle)
{
    scram_client_first(&scram);
    send_connect("SCRAM-SHA-256", buf_slice(&scram.text), NULL);
    expect_challenge();
    rig_send_hex(&client, "e0 00");
    rig_expect_ended(&client);
    ck_assert(rig_logged(&rig, "disconnected"));
    ck_assert(!rig_logged(&rig, "protocol error"));
}
END_TEST

/* [MQTT-3.14.0-1] */
START_TEST(in_the_middle_no_disconnect_is_sent)
{
    scram_client_first(&scram);
    send_connect("SCRAM-SHA-256", buf_slice(&scram.text), NULL);
    expect_challenge();
    broker_stop(rig.broker, NULL, NULL);
    loop_settle(&rig.loop);
    rig_expect_nothing(&client);
    rig_expect_ended(&client);
}
END_TEST

START_TEST(who_does_not_go_on_is_given_up_in_time)
{
    scram_client_first(&scram);
    send_connect("SCRAM-SHA-256", buf_slice(&scram.text), NULL);
    expect_challenge();
    rig_advance(&rig, rig.config.connect_timeout - 1);
    ck_assert(!client.ended);
    rig_advance(&rig, 2);
    rig_expect_ended(&client);
}
END_TEST

/* ---- again ---- */

static void begin_again(void)
{
    buf_clear(&scram.text);
    scram_client_first(&scram);
    send_auth(MQTT_REAUTHENTICATE, "SCRAM-SHA-256", buf_slice(&scram.text));
}

START_TEST(who_is_in_can_prove_it_again)
{
    struct mqtt_packet packet;

    come_in();
    for (int i = 0; i < 3; i++) {
        begin_again();
        expect_challenge();
        /* Other packets may come meanwhile [MQTT5 4.12.1]. */
        ck_assert_uint_eq(rig_subscribe(&client, "t", 0), 0);
        send_auth(MQTT_CONTINUE_AUTHENTICATION, "SCRAM-SHA-256",
                  buf_slice(&scram.text));
        rig_expect(&client, MQTT_AUTH, &packet);
        ck_assert_uint_eq(packet.disconnect.reason, MQTT_SUCCESS);
        ck_assert(slice_equal(data_of(packet.disconnect.properties),
                              buf_slice(&scram.server_signature)));
    }
    ck_assert_uint_eq(rig_subscribe(&client, "u", 0), 0);
}
END_TEST

START_TEST(who_cannot_prove_it_again_is_disconnected)
{
    come_in();
    scram.secret = "wrong";
    begin_again();
    expect_challenge();
    send_auth(MQTT_CONTINUE_AUTHENTICATION, "SCRAM-SHA-256",
              buf_slice(&scram.text));
    expect_disconnected(MQTT_NOT_AUTHORIZED);
}
END_TEST

START_TEST(who_sends_rubbish_again_is_disconnected)
{
    come_in();
    send_auth(MQTT_REAUTHENTICATE, "SCRAM-SHA-256", slice_of_string("x"));
    expect_disconnected(MQTT_NOT_AUTHORIZED);
}
END_TEST

START_TEST(who_came_in_with_a_password_sends_no_auth)
{
    rig_close(&client);
    access_rig_login(&rig, &client, MQTT_5, "a", "anna", "secret");
    begin_again(); /* [MQTT-4.12.0-6] [MQTT-4.12.0-7] */
    expect_disconnected(MQTT_BAD_AUTHENTICATION_METHOD);
}
END_TEST

Suite *broker_auth_suite(void)
{
    Suite *suite = suite_create("broker_auth");
    TCase *in = unit_case(suite, "CONNECT", 0);
    TCase *again = unit_case(suite, "again", 0);

    tcase_add_checked_fixture(in, open_rig, close_rig);
    tcase_add_test(in, who_proves_the_password_comes_in_as_that_user);
    tcase_add_test(in, a_connect_without_data_is_asked_for_the_first_message);
    tcase_add_loop_test(in, who_proves_nothing_is_asked_like_others_and_refused,
                        0, sizeof(strangers) / sizeof(strangers[0]));
    tcase_add_test(in, a_stranger_is_always_shown_the_same_salt);
    tcase_add_loop_test(in, a_connect_with_what_we_do_not_have_is_refused, 0,
                        sizeof(connects) / sizeof(connects[0]));
    tcase_add_test(in, a_plain_password_is_good_for_a_user_of_scram_too);
    tcase_add_loop_test(in, an_auth_out_of_turn_ends_the_connection, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    tcase_add_loop_test(in, nothing_but_auth_and_disconnect_comes_in_the_middle,
                        0, sizeof(meanwhile) / sizeof(meanwhile[0]));
    tcase_add_test(in, a_client_may_give_up_in_the_middle);
    tcase_add_test(in, in_the_middle_no_disconnect_is_sent);
    tcase_add_test(in, who_does_not_go_on_is_given_up_in_time);

    tcase_add_checked_fixture(again, open_rig, close_rig);
    tcase_add_test(again, who_is_in_can_prove_it_again);
    tcase_add_test(again, who_cannot_prove_it_again_is_disconnected);
    tcase_add_test(again, who_sends_rubbish_again_is_disconnected);
    tcase_add_test(again, who_came_in_with_a_password_sends_no_auth);
    return suite;
}
