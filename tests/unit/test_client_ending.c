#include "suites.h"

#include "client_stage.h"
#include "mqtt/property.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- the session ---------------------------------------------------------- */

/* Three messages under way, in three states. */
static void interrupt(void)
{
    stage.config.connect.clean_start = false;
    stage_connected();
    stage_publish(1, "one");
    stage_publish(2, "two");
    stage_publish(2, "three");
    stage_send_ack(MQTT_PUBREC, 2, 0);
    stage_send_publish(2, 9, "t", "in");
    stage_cut();
    buf_clear(&stage.received);
    buf_clear(&stage.told);
}

/* [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.6.0-1] */
START_TEST(a_session_that_both_have_goes_on)
{
    interrupt();
    stage_reconnect(true);
    stage_was("CONNECT 'c' v4 c0\n"
              "PUBLISH d1 q1 r0 #1 a one\n"
              "PUBREL #2\n"
              "PUBLISH d1 q2 r0 #3 a three\n",
              "connack 0\n");
    stage_send_ack(MQTT_PUBREL, 9, 0);
    stage_was("PUBCOMP #9\n", "message t in\n");
}
END_TEST

/* [MQTT-3.2.2-4] */
START_TEST(a_session_that_the_server_lost_begins_anew)
{
    interrupt();
    stage_reconnect(false);
    stage_was("CONNECT 'c' v4 c0\n"
              "PUBLISH d0 q1 r0 #1 a one\n"
              "PUBLISH d0 q2 r0 #3 a three\n",
              "published 2 0\n"
              "connack 0\n");
    stage_send_ack(MQTT_PUBREL, 9, 0);
    stage_was("PUBCOMP #9\n", "");
}
END_TEST

START_TEST(version_3_1_cannot_say_so_and_goes_on)
{
    stage.config.connect.version = MQTT_3_1;
    interrupt();
    stage_reconnect(false);
    stage_was("CONNECT 'c' v3 c0\n"
              "PUBLISH d1 q1 r0 #1 a one\n"
              "PUBREL #2\n"
              "PUBLISH d1 q2 r0 #3 a three\n",
              "connack 0\n");
}
END_TEST

START_TEST(requests_are_not_repeated_and_their_identifiers_are_free)
{
    stage.config.connect.clean_start = false;
    stage_connected();
    ck_assert_int_eq(stage_subscribe("a"), 1);
    stage_cut();
    stage_reconnect(true);
    buf_clear(&stage.received);
    buf_clear(&stage.told);
    /* Its identifier, 1, is among those that are free again. */
    for (int i = 0; i < UINT16_MAX; i++)
        ck_assert_int_gt(stage_publish(1, ""), 0);
    ck_assert_int_eq(stage_publish(1, ""), -EAGAIN);
}
END_TEST

/* --- the end -------------------------------------------------------------- */

START_TEST(disconnecting_is_polite)
{
    stage_connected();
    client_disconnect(stage.client, MQTT_SUCCESS, slice_of(NULL, 0));
    stage_was("DISCONNECT 0\n"
              "end\n",
              "ended closed\n");
    client_disconnect(stage.client, MQTT_SUCCESS, slice_of(NULL, 0));
    stage_was("", "");
}
END_TEST

START_TEST(version_5_says_why_it_disconnects)
{
    stage.config.connect.version = MQTT_5;
    stage_connected();
    client_disconnect(stage.client, MQTT_DISCONNECT_WITH_WILL,
                      slice_of(NULL, 0));
    stage_was("DISCONNECT 4\n"
              "end\n",
              "ended closed 4\n");
}
END_TEST

START_TEST(disconnecting_waits_until_all_is_written)
{
    static char large[50000];

    memset(large, 'x', sizeof(large) - 1);
    stage.to_server.capacity_bytes = 1000;
    stage_connected();
    stage_publish(0, large);
    client_disconnect(stage.client, MQTT_SUCCESS, slice_of(NULL, 0));
    stage_was("PUBLISH d0 q0 r0 #0 a (49999 bytes)\n"
              "DISCONNECT 0\n"
              "end\n",
              "published 1 0\n"
              "ended closed\n");
}
END_TEST

START_TEST(a_server_that_reads_nothing_does_not_hold_the_end)
{
    static char large[50000];

    memset(large, 'x', sizeof(large) - 1);
    stage_connected();
    transport_pause(stage.server, true);
    stage.to_server.capacity_bytes = 1000;
    stage_cut();
    stage_reconnect(false);
    transport_pause(stage.server, true);
    stage_publish(0, large);
    client_disconnect(stage.client, MQTT_SUCCESS, slice_of(NULL, 0));
    loop_settle(&stage.loop);
    ck_assert_ptr_null(strstr(buf_string(&stage.told), "ended closed"));
    loop_advance(&stage.loop, 61000);
    ck_assert_ptr_nonnull(strstr(buf_string(&stage.told), "ended closed"));
}
END_TEST

START_TEST(aborting_is_not_polite)
{
    stage_connected();
    client_abort(stage.client);
    stage_was("reset\n", "ended closed\n");
}
END_TEST

START_TEST(the_servers_disconnect_is_told)
{
    stage.config.connect.version = MQTT_5;
    stage_connected();
    stage_send_hex("e0 01 8e");
    stage_was("end\n", "ended disconnect 142\n");
}
END_TEST

/* What a server must not send, to a client of version 5 that is connected, and
   the Reason Code that the client answers. */
static const struct {
    const char *hex;
    int reason;
} violations[] = {
    {"20 03 00 00 00",                               MQTT_PROTOCOL_ERROR           }, /* CONNACK */
    {"90 04 00 05 00 00",                            MQTT_PROTOCOL_ERROR           }, /* no such request */
    {"b0 04 00 05 00 00",                            MQTT_PROTOCOL_ERROR           },
    {"c0 00",                                        MQTT_PROTOCOL_ERROR           }, /* PINGREQ */
    {"10 0d 00 04 4d 51 54 54 05 02 00 00 00 00 00",
     MQTT_PROTOCOL_ERROR                                                           }, /* CONNECT */
    {"82 07 00 01 00 00 01 61 00",                   MQTT_PROTOCOL_ERROR           }, /* SUBSCRIBE */
    {"30 07 00 01 61 03 23 00 01",                   MQTT_TOPIC_ALIAS_INVALID      }, /* none allowed */
    {"f0 00",                                        MQTT_BAD_AUTHENTICATION_METHOD},
    {"36 05 00 01 61 00 01",                         MQTT_MALFORMED_PACKET         }, /* QoS 3 */
    {"30 04 00 01 23 00",                            MQTT_TOPIC_NAME_INVALID       }, /* "#" */
    {"00 00",                                        MQTT_MALFORMED_PACKET         },
    {"30 ff ff ff ff 01",                            MQTT_MALFORMED_PACKET         },
};

START_TEST(violations_are_answered_with_their_reason)
{
    char received[40];
    char told[40];

    stage.config.connect.version = MQTT_5;
    stage_connected();
    stage_send_hex(violations[_i].hex);
    snprintf(received, sizeof(received), "DISCONNECT %d\nend\n",
             violations[_i].reason);
    snprintf(told, sizeof(told), "ended protocol %d\n", violations[_i].reason);
    stage_was(received, told);
}
END_TEST

START_TEST(before_version_5_violations_just_end)
{
    stage_connected();
    stage_send_hex("e0 00"); /* DISCONNECT is a client's word there */
    stage_was("end\n", "ended protocol 130\n");
}
END_TEST

START_TEST(nothing_may_come_before_connack)
{
    stage_start();
    stage_send_hex("d0 00");
    stage_was("CONNECT 'c' v4 c1\n"
              "end\n",
              "ended protocol 130\n");
}
END_TEST

START_TEST(an_acknowledgement_of_the_wrong_kind_is_a_violation)
{
    stage.config.connect.version = MQTT_5;
    stage_connected();
    stage_publish(2, "x");
    stage_send_ack(MQTT_PUBACK, 1, 0);
    stage_was("PUBLISH d0 q2 r0 #1 a x\n"
              "DISCONNECT 130\n"
              "end\n",
              "ended protocol 130\n");
}
END_TEST

/* [MQTT-3.3.4-9] */
START_TEST(more_than_our_receive_maximum_is_a_violation)
{
    stage.config.connect.version = MQTT_5;
    property_put_number(&stage.properties, PROPERTY_RECEIVE_MAXIMUM, 2);
    stage.config.connect.properties = buf_slice(&stage.properties);
    stage_connected();
    stage_send_publish(2, 1, "t", "");
    stage_send_publish(2, 2, "t", "");
    stage_was("PUBREC #1\n"
              "PUBREC #2\n",
              "");
    stage_send_publish(2, 3, "t", "");
    stage_was("DISCONNECT 147\n"
              "end\n",
              "ended protocol 147\n");
    client_free(stage.client);
    stage.client = NULL;
    loop_settle(&stage.loop);
}
END_TEST

START_TEST(a_packet_above_our_maximum_is_a_violation)
{
    stage.config.connect.version = MQTT_5;
    property_put_number(&stage.properties, PROPERTY_MAXIMUM_PACKET_SIZE, 20);
    stage.config.connect.properties = buf_slice(&stage.properties);
    stage_connected();
    stage_send_publish(0, 0, "t", "12345678901234");
    stage_was("", "message t 12345678901234\n");
    stage_send_publish(0, 0, "t", "123456789012345");
    stage_was("DISCONNECT 149\n"
              "end\n",
              "ended protocol 149\n");
    client_free(stage.client);
    stage.client = NULL;
    loop_settle(&stage.loop);
}
END_TEST

/* --- Keep Alive ----------------------------------------------------------- */

/* [MQTT-3.1.2-20] */
START_TEST(a_quiet_client_sends_pingreq_before_keep_alive_is_over)
{
    stage.config.connect.keep_alive_s = 10;
    stage_connected();
    loop_advance(&stage.loop, 9900);
    stage_was("", "");
    loop_advance(&stage.loop, 100);
    stage_was("PINGREQ\n", "");
    stage_send_hex("d0 00");
    loop_advance(&stage.loop, 10000);
    stage_was("PINGREQ\n", "");
}
END_TEST

START_TEST(what_is_sent_puts_pingreq_off)
{
    stage.config.connect.keep_alive_s = 10;
    stage_connected();
    loop_advance(&stage.loop, 6000);
    stage_publish(0, "x");
    loop_advance(&stage.loop, 6000);
    stage_was("PUBLISH d0 q0 r0 #0 a x\n", "published 1 0\n");
    loop_advance(&stage.loop, 4000);
    stage_was("PINGREQ\n", "");
}
END_TEST

START_TEST(without_pingresp_the_connection_ends)
{
    stage.config.connect.version = MQTT_5;
    stage.config.connect.keep_alive_s = 10;
    stage_connected();
    loop_advance(&stage.loop, 10000);
    stage_was("PINGREQ\n", "");
    loop_advance(&stage.loop, 10000);
    stage_was("DISCONNECT 141\n"
              "end\n",
              "ended keep alive 141\n");
}
END_TEST

/* [MQTT-3.2.2-21] */
START_TEST(the_servers_keep_alive_counts)
{
    stage.config.connect.version = MQTT_5;
    stage.config.connect.keep_alive_s = 60;
    property_put_number(&stage.properties, PROPERTY_SERVER_KEEP_ALIVE, 5);
    stage_connected();
    loop_advance(&stage.loop, 5000);
    stage_was("PINGREQ\n", "");
}
END_TEST

START_TEST(keep_alive_0_never_pings)
{
    stage_connected();
    loop_advance(&stage.loop, 3600 * 1000);
    stage_was("", "");
}
END_TEST

/* --- freeing -------------------------------------------------------------- */

static const char *const callbacks[] = {"connack", "message", "published",
                                        "suback", "ended"};

START_TEST(the_owner_may_free_it_in_any_callback)
{
    stage.free_in = callbacks[_i];
    stage_start();
    stage_send_connack(false, 0);
    if (stage.client)
        stage_subscribe("a");
    if (stage.client)
        stage_send_hex("90 03 0001 00  30 04 00 01 61 62  30 04 00 01 61 62");
    if (stage.client)
        stage_publish(0, "x");
    loop_settle(&stage.loop);
    if (stage.client)
        stage_cut();
    ck_assert_ptr_null(stage.client);
}
END_TEST

START_TEST(freeing_one_that_connects_is_quiet)
{
    stage_start();
    client_free(stage.client);
    stage.client = NULL;
    stage_was("CONNECT 'c' v4 c1\n"
              "reset\n",
              "");
}
END_TEST

#define ROWS(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

static void add_session(Suite *suite)
{
    TCase *tcase = unit_case(suite, "session", 0);

    tcase_add_checked_fixture(tcase, stage_set_up, stage_tear_down);
    tcase_add_test(tcase, a_session_that_both_have_goes_on);
    tcase_add_test(tcase, a_session_that_the_server_lost_begins_anew);
    tcase_add_test(tcase, version_3_1_cannot_say_so_and_goes_on);
    tcase_add_test(tcase,
                   requests_are_not_repeated_and_their_identifiers_are_free);
}

static void add_ending(Suite *suite)
{
    TCase *tcase = unit_case(suite, "ending", 0);

    tcase_add_checked_fixture(tcase, stage_set_up, stage_tear_down);
    tcase_add_test(tcase, disconnecting_is_polite);
    tcase_add_test(tcase, version_5_says_why_it_disconnects);
    tcase_add_test(tcase, disconnecting_waits_until_all_is_written);
    tcase_add_test(tcase, a_server_that_reads_nothing_does_not_hold_the_end);
    tcase_add_test(tcase, aborting_is_not_polite);
    tcase_add_test(tcase, the_servers_disconnect_is_told);
    tcase_add_loop_test(tcase, violations_are_answered_with_their_reason, 0,
                        ROWS(violations));
    tcase_add_test(tcase, before_version_5_violations_just_end);
    tcase_add_test(tcase, nothing_may_come_before_connack);
    tcase_add_test(tcase, an_acknowledgement_of_the_wrong_kind_is_a_violation);
    tcase_add_test(tcase, more_than_our_receive_maximum_is_a_violation);
    tcase_add_test(tcase, a_packet_above_our_maximum_is_a_violation);
    tcase_add_loop_test(tcase, the_owner_may_free_it_in_any_callback, 0,
                        ROWS(callbacks));
    tcase_add_test(tcase, freeing_one_that_connects_is_quiet);
}

static void add_keep_alive(Suite *suite)
{
    TCase *tcase = unit_case(suite, "keep alive", 0);

    tcase_add_checked_fixture(tcase, stage_set_up, stage_tear_down);
    tcase_add_test(tcase,
                   a_quiet_client_sends_pingreq_before_keep_alive_is_over);
    tcase_add_test(tcase, what_is_sent_puts_pingreq_off);
    tcase_add_test(tcase, without_pingresp_the_connection_ends);
    tcase_add_test(tcase, the_servers_keep_alive_counts);
    tcase_add_test(tcase, keep_alive_0_never_pings);
}

Suite *client_ending_suite(void)
{
    Suite *suite = suite_create("client_ending");

    add_session(suite);
    add_ending(suite);
    add_keep_alive(suite);
    return suite;
}
