#include "suites.h"

#include "client_stage.h"
#include "mqtt/property.h"

#include <errno.h>
#include <string.h>

/* --- connecting ----------------------------------------------------------- */

START_TEST(connects_and_is_accepted)
{
    stage_start();
    stage_was("CONNECT 'c' v4 c1\n", "");
    ck_assert(!client_connected(stage.client));
    ck_assert_int_eq(client_connect(stage.client), -EISCONN);
    stage_send_connack(false, 0);
    ck_assert(client_connected(stage.client));
    stage_was("", "connack 0\n");
}
END_TEST

START_TEST(a_refusal_is_told_and_ends)
{
    stage_start();
    stage_send_connack(false, CONNACK_NOT_AUTHORIZED);
    stage_was("CONNECT 'c' v4 c1\n"
              "end\n",
              "connack 5\n"
              "ended refused 5\n");
}
END_TEST

START_TEST(an_error_of_the_transport_is_returned)
{
    stage.open_error = -ECONNREFUSED;
    ck_assert_int_eq(stage_try_start(), -ECONNREFUSED);
    stage_was("", "");
    client_connect_in(stage.client, 500);
    loop_advance(&stage.loop, 499);
    stage_was("", "");
    loop_advance(&stage.loop, 20);
    stage_was("", "ended unreached Connection refused\n");
}
END_TEST

START_TEST(a_server_that_says_nothing_is_given_up)
{
    stage_start();
    stage_was("CONNECT 'c' v4 c1\n", "");
    loop_advance(&stage.loop, 59000);
    stage_was("", "");
    loop_advance(&stage.loop, 1100);
    stage_was("reset\n", "ended unreached Connection timed out\n");
}
END_TEST

START_TEST(a_connection_that_goes_before_connack_is_lost)
{
    stage_start();
    stage_close_server();
    stage_was("CONNECT 'c' v4 c1\n", "ended lost\n");
}
END_TEST

/* [MQTT-3.2.2-16] */
START_TEST(an_assigned_client_identifier_is_used_from_then_on)
{
    stage.config.connect.version = MQTT_5;
    stage.config.connect.client_id.len = 0;
    property_put_string(&stage.properties, PROPERTY_ASSIGNED_CLIENT_IDENTIFIER,
                        slice_of_string("given"));
    stage_connected();
    ck_assert(slice_equal_string(client_id(stage.client), "given"));
    stage_cut();
    stage_reconnect(false);
    stage_was("reset\n"
              "CONNECT 'given' v5 c1\n",
              "ended lost Connection reset by peer\n"
              "connack 0\n");
}
END_TEST

START_TEST(connecting_again_waits_as_long_as_asked)
{
    stage_connected();
    stage_cut();
    client_connect_in(stage.client, 1000);
    loop_advance(&stage.loop, 990);
    ck_assert_int_eq(stage.connections, 1);
    loop_advance(&stage.loop, 20);
    ck_assert_int_eq(stage.connections, 2);
}
END_TEST

/* --- subscribing ---------------------------------------------------------- */

START_TEST(subscribes_and_unsubscribes)
{
    const struct mqtt_subscription two[] = {
        {.topic_filter = slice_of_string("a/#"), .qos = 1},
        {.topic_filter = slice_of_string("b"),   .qos = 2},
    };
    struct slice filter = slice_of_string("b");

    stage_connected();
    ck_assert_int_eq(client_subscribe(stage.client, two, 2, slice_of(NULL, 0)),
                     1);
    ck_assert_int_eq(
        client_unsubscribe(stage.client, &filter, 1, slice_of(NULL, 0)), 2);
    stage_was("SUBSCRIBE #1 a/#:1 b:2\n"
              "UNSUBSCRIBE #2 b:0\n",
              "");
    stage_send_hex("90 04 0001 01 02");
    stage_send_hex("b0 02 0002");
    stage_was("", "suback 1\n"
                  "unsuback 2\n");
}
END_TEST

START_TEST(without_a_connection_there_is_no_subscribing)
{
    stage_start();
    ck_assert_int_eq(stage_subscribe("a"), 0);
}
END_TEST

/* --- publishing ----------------------------------------------------------- */

START_TEST(qos_0_is_published_when_it_is_written)
{
    stage_connected();
    ck_assert_int_eq(stage_publish(0, "x"), 1);
    ck_assert_int_eq(stage_publish(0, "y"), 2);
    stage_was("PUBLISH d0 q0 r0 #0 a x\n"
              "PUBLISH d0 q0 r0 #0 a y\n",
              "published 1 0\n"
              "published 2 0\n");
}
END_TEST

START_TEST(qos_0_is_not_published_before_it_is_written)
{
    static char large[20000];

    memset(large, 'x', sizeof(large) - 1);
    stage.to_server.capacity_bytes = 8000;
    stage_connected();
    ck_assert_int_eq(stage_publish(0, large), 1);
    loop_turn(&stage.loop, false);
    ck_assert_str_eq(buf_string(&stage.told), "");
    stage_was("PUBLISH d0 q0 r0 #0 a (19999 bytes)\n", "published 1 0\n");
}
END_TEST

/* [MQTT-4.3.2-1] [MQTT-4.3.2-2] */
START_TEST(qos_1_is_published_when_acknowledged)
{
    stage_connected();
    ck_assert_int_eq(stage_publish(1, "x"), 1);
    stage_was("PUBLISH d0 q1 r0 #1 a x\n", "");
    ck_assert_uint_eq(client_unacknowledged(stage.client), 1);
    stage_send_ack(MQTT_PUBACK, 1, 0);
    stage_was("", "published 1 0\n");
    ck_assert_uint_eq(client_unacknowledged(stage.client), 0);
}
END_TEST

/* [MQTT-4.3.3-1] to [MQTT-4.3.3-5] */
START_TEST(qos_2_is_published_when_complete)
{
    stage_connected();
    ck_assert_int_eq(stage_publish(2, "x"), 1);
    stage_send_ack(MQTT_PUBREC, 1, 0);
    stage_was("PUBLISH d0 q2 r0 #1 a x\n"
              "PUBREL #1\n",
              "");
    stage_send_ack(MQTT_PUBCOMP, 1, 0);
    stage_was("", "published 1 0\n");
}
END_TEST

START_TEST(a_refused_message_is_told_with_its_reason)
{
    stage.config.connect.version = MQTT_5;
    stage_connected();
    stage_publish(1, "x");
    stage_publish(2, "y");
    stage_send_ack(MQTT_PUBACK, 1, MQTT_NOT_AUTHORIZED);
    stage_send_ack(MQTT_PUBREC, 2, MQTT_QUOTA_EXCEEDED);
    stage_was("PUBLISH d0 q1 r0 #1 a x\n"
              "PUBLISH d0 q2 r0 #2 a y\n",
              "published 1 135\n"
              "published 2 151\n");
    ck_assert_uint_eq(client_unacknowledged(stage.client), 0);
}
END_TEST

/* [MQTT-3.3.4-7] [MQTT-4.9.0-2] */
START_TEST(no_more_is_under_way_than_receive_maximum)
{
    stage.config.connect.version = MQTT_5;
    property_put_number(&stage.properties, PROPERTY_RECEIVE_MAXIMUM, 2);
    stage_connected();
    stage_publish(1, "x");
    stage_publish(2, "y");
    stage_publish(1, "z");
    stage_was("PUBLISH d0 q1 r0 #1 a x\n"
              "PUBLISH d0 q2 r0 #2 a y\n",
              "");
    stage_send_ack(MQTT_PUBREC, 2, 0); /* still under way */
    stage_was("PUBREL #2\n", "");
    stage_send_ack(MQTT_PUBCOMP, 2, 0);
    stage_was("PUBLISH d0 q1 r0 #3 a z\n", "published 2 0\n");
}
END_TEST

START_TEST(max_in_flight_is_a_limit_of_our_own)
{
    stage.config.max_in_flight = 1;
    stage_connected();
    stage_publish(1, "x");
    stage_publish(1, "y");
    stage_was("PUBLISH d0 q1 r0 #1 a x\n", "");
    stage_send_ack(MQTT_PUBACK, 1, 0);
    stage_was("PUBLISH d0 q1 r0 #2 a y\n", "published 1 0\n");
}
END_TEST

START_TEST(what_the_server_cannot_take_is_not_sent)
{
    struct mqtt_publish retained = {.retain = true,
                                    .topic = slice_of_string("a")};

    stage.config.connect.version = MQTT_5;
    property_put_number(&stage.properties, PROPERTY_MAXIMUM_QOS, 1);
    property_put_number(&stage.properties, PROPERTY_RETAIN_AVAILABLE, 0);
    property_put_number(&stage.properties, PROPERTY_MAXIMUM_PACKET_SIZE, 20);
    stage_connected();
    ck_assert_int_eq(stage_publish(2, "x"), -ENOTSUP);
    ck_assert_int_eq(client_publish(stage.client, &retained), -ENOTSUP);
    ck_assert_int_eq(stage_publish(0, "12345678901234567890"), -EMSGSIZE);
    ck_assert_int_eq(stage_publish(0, "12345678901234"), 1);
    stage_was("PUBLISH d0 q0 r0 #0 a 12345678901234\n", "published 1 0\n");
}
END_TEST

START_TEST(what_waited_is_judged_by_the_limits_of_the_new_connection)
{
    stage.config.connect.version = MQTT_5;
    stage_start();
    ck_assert_int_eq(stage_publish(2, "x"), 1);
    property_put_number(&stage.properties, PROPERTY_MAXIMUM_QOS, 1);
    stage_send_connack(false, 0);
    stage_was("CONNECT 'c' v5 c1\n", "connack 0\n"
                                     "published 1 155\n");
}
END_TEST

START_TEST(without_a_connection_qos_0_fails_and_qos_1_waits)
{
    stage_start();
    ck_assert_int_eq(stage_publish(0, "x"), -ENOTCONN);
    ck_assert_int_eq(stage_publish(1, "y"), 1);
    stage_send_connack(false, 0);
    stage_was("CONNECT 'c' v4 c1\n"
              "PUBLISH d0 q1 r0 #1 a y\n",
              "connack 0\n");
}
END_TEST

START_TEST(when_all_identifiers_are_used_publishing_fails)
{
    stage_start();
    for (int i = 0; i < UINT16_MAX; i++)
        ck_assert_int_gt(stage_publish(1, ""), 0);
    ck_assert_int_eq(stage_publish(1, ""), -EAGAIN);
}
END_TEST

/* --- receiving ------------------------------------------------------------ */

START_TEST(messages_come_and_are_acknowledged)
{
    stage_connected();
    stage_send_publish(0, 0, "t", "zero");
    stage_send_publish(1, 7, "t", "one");
    stage_was("PUBACK #7\n", "message t zero\n"
                             "message t one\n");
}
END_TEST

/* [MQTT-4.3.3-8] to [MQTT-4.3.3-12] */
START_TEST(a_message_of_qos_2_comes_once_with_its_pubrel)
{
    stage_connected();
    stage_send_publish(2, 9, "t", "two");
    stage_send_publish(2, 9, "t", "two");
    stage_was("PUBREC #9\n"
              "PUBREC #9\n",
              "");
    stage_send_ack(MQTT_PUBREL, 9, 0);
    stage_was("PUBCOMP #9\n", "message t two\n");
    stage_send_ack(MQTT_PUBREL, 9, 0);
    stage_was("PUBCOMP #9\n", "");
}
END_TEST

START_TEST(in_version_5_an_unknown_identifier_is_answered_as_such)
{
    stage.config.connect.version = MQTT_5;
    stage_connected();
    stage_send_ack(MQTT_PUBREL, 9, 0);
    stage_send_ack(MQTT_PUBREC, 8, 0);
    stage_was("PUBCOMP #9 146\n"
              "PUBREL #8 146\n",
              "");
    stage_send_ack(MQTT_PUBACK, 7, 0); /* of a session it has and we have not */
    stage_was("", "");
}
END_TEST

/* One list for each type of packet. */
static struct buf answers[16];

static void make_answers(void)
{
    static const char *const texts[16] = {[MQTT_PUBACK] = "ack",
                                          [MQTT_PUBREC] = "rec",
                                          [MQTT_PUBREL] = "rel",
                                          [MQTT_PUBCOMP] = "comp"};

    for (int i = 0; i < 16; i++) {
        buf_release(&answers[i]);
        if (texts[i])
            property_put_string(&answers[i], PROPERTY_REASON_STRING,
                                slice_of_string(texts[i]));
    }
    stage.config.answer_properties = answers;
}

static void drop_answers(void)
{
    for (int i = 0; i < 16; i++)
        buf_release(&answers[i]);
}

START_TEST(acknowledgements_carry_the_owners_properties)
{
    make_answers();
    stage.config.connect.version = MQTT_5;
    stage_connected();
    stage_publish(2, "x");
    stage_send_publish(1, 7, "t", "one");
    stage_send_publish(2, 8, "t", "two");
    stage_send_ack(MQTT_PUBREC, 1, 0);
    stage_send_ack(MQTT_PUBREL, 8, 0);
    stage_was("PUBLISH d0 q2 r0 #1 a x\n"
              "PUBACK #7 ack\n"
              "PUBREC #8 rec\n"
              "PUBREL #1 rel\n"
              "PUBCOMP #8 comp\n",
              "message t one\n"
              "message t two\n");
    drop_answers();
}
END_TEST

START_TEST(before_version_5_acknowledgements_have_no_properties)
{
    make_answers();
    stage_connected();
    stage_send_publish(1, 7, "t", "one");
    stage_was("PUBACK #7\n", "message t one\n");
    drop_answers();
}
END_TEST

/* [MQTT-3.4.2-2] */
START_TEST(properties_that_are_too_large_for_the_server_are_left_out)
{
    make_answers();
    stage.config.connect.version = MQTT_5;
    property_put_number(&stage.properties, PROPERTY_MAXIMUM_PACKET_SIZE, 17);
    stage_connected();
    stage_send_publish(1, 7, "t", "one");
    stage_was("PUBACK #7\n", "message t one\n");
    drop_answers();
}
END_TEST

START_TEST(topic_aliases_of_the_server_are_resolved)
{
    struct buf alias = {0};

    stage.config.connect.version = MQTT_5;
    property_put_number(&stage.properties, PROPERTY_TOPIC_ALIAS_MAXIMUM, 2);
    stage.config.connect.properties = buf_slice(&stage.properties);
    property_put_number(&alias, PROPERTY_TOPIC_ALIAS, 2);
    stage_connected();
    struct mqtt_packet packet = {
        .type = MQTT_PUBLISH,
        .publish = {.topic = slice_of_string("long/topic"),
                    .properties = buf_slice(&alias),
                    .payload = slice_of_string("1")},
    };
    stage_send(&packet);
    packet.publish.topic.len = 0;
    stage_send(&packet);
    stage_was("", "message long/topic 1\n"
                  "message long/topic 1\n");
    buf_release(&alias);
    client_free(stage.client);
    stage.client = NULL;
    loop_settle(&stage.loop);
}
END_TEST

START_TEST(bytes_may_come_one_at_a_time)
{
    stage.to_client.chunk_bytes = 1;
    stage.to_server.chunk_bytes = 1;
    stage_connected();
    stage_send_publish(2, 9, "t", "two");
    stage_send_ack(MQTT_PUBREL, 9, 0);
    ck_assert_int_eq(stage_publish(1, "x"), 1);
    stage_was("PUBREC #9\n"
              "PUBCOMP #9\n"
              "PUBLISH d0 q1 r0 #1 a x\n",
              "message t two\n");
}
END_TEST

static void add_connecting(Suite *suite)
{
    TCase *tcase = unit_case(suite, "connecting", 0);

    tcase_add_checked_fixture(tcase, stage_set_up, stage_tear_down);
    tcase_add_test(tcase, connects_and_is_accepted);
    tcase_add_test(tcase, a_refusal_is_told_and_ends);
    tcase_add_test(tcase, an_error_of_the_transport_is_returned);
    tcase_add_test(tcase, a_server_that_says_nothing_is_given_up);
    tcase_add_test(tcase, a_connection_that_goes_before_connack_is_lost);
    tcase_add_test(tcase, an_assigned_client_identifier_is_used_from_then_on);
    tcase_add_test(tcase, connecting_again_waits_as_long_as_asked);
    tcase_add_test(tcase, subscribes_and_unsubscribes);
    tcase_add_test(tcase, without_a_connection_there_is_no_subscribing);
}

static void add_publishing(Suite *suite)
{
    TCase *tcase = unit_case(suite, "publishing", 0);

    tcase_add_checked_fixture(tcase, stage_set_up, stage_tear_down);
    tcase_add_test(tcase, qos_0_is_published_when_it_is_written);
    tcase_add_test(tcase, qos_0_is_not_published_before_it_is_written);
    tcase_add_test(tcase, qos_1_is_published_when_acknowledged);
    tcase_add_test(tcase, qos_2_is_published_when_complete);
    tcase_add_test(tcase, a_refused_message_is_told_with_its_reason);
    tcase_add_test(tcase, no_more_is_under_way_than_receive_maximum);
    tcase_add_test(tcase, max_in_flight_is_a_limit_of_our_own);
    tcase_add_test(tcase, what_the_server_cannot_take_is_not_sent);
    tcase_add_test(tcase,
                   what_waited_is_judged_by_the_limits_of_the_new_connection);
    tcase_add_test(tcase, without_a_connection_qos_0_fails_and_qos_1_waits);
    tcase_add_test(tcase, when_all_identifiers_are_used_publishing_fails);
}

static void add_receiving(Suite *suite)
{
    TCase *tcase = unit_case(suite, "receiving", 0);

    tcase_add_checked_fixture(tcase, stage_set_up, stage_tear_down);
    tcase_add_test(tcase, messages_come_and_are_acknowledged);
    tcase_add_test(tcase, a_message_of_qos_2_comes_once_with_its_pubrel);
    tcase_add_test(tcase,
                   in_version_5_an_unknown_identifier_is_answered_as_such);
    tcase_add_test(tcase, acknowledgements_carry_the_owners_properties);
    tcase_add_test(tcase, before_version_5_acknowledgements_have_no_properties);
    tcase_add_test(tcase,
                   properties_that_are_too_large_for_the_server_are_left_out);
    tcase_add_test(tcase, topic_aliases_of_the_server_are_resolved);
    tcase_add_test(tcase, bytes_may_come_one_at_a_time);
}

Suite *client_suite(void)
{
    Suite *suite = suite_create("client");

    add_connecting(suite);
    add_publishing(suite);
    add_receiving(suite);
    return suite;
}
