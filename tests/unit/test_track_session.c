/* What the tracker makes of reconnects, takeovers, repetitions and losses. */
#include "suites.h"
#include "track_feed.h"

#include "wire/event.h"

/* [MQTT-4.4.0-1] */
START_TEST(a_repetition_after_a_reconnect_joins_its_flow)
{
    c2b(1, CONNECT_KEPT);
    b2c(1, CONNACK);
    c2b(1, PUBLISH_QOS_2);
    closed(1);
    assert_flow(0, 0, 0, TRACK_NO_FLOW);
    ck_assert_uint_eq(tracker_flow_progress(tracker, 1), TRACK_OPEN);

    c2b(2, CONNECT_KEPT);
    b2c(2, CONNACK_RESUMED);
    c2b(2, PUBLISH_QOS_2_DUP);
    assert_flow(1, 1, 4, TRACK_OPEN);
    b2c(2, PUBREC);
    assert_flow(1, 2, 4, TRACK_OPEN);
    closed(2);
    c2b(3, CONNECT_KEPT);
    b2c(3, CONNACK_RESUMED);
    c2b(3, PUBREL);
    assert_flow(1, 3, 4, TRACK_OPEN);
    b2c(3, PUBCOMP);
    assert_flow(1, 4, 4, TRACK_DONE);
}
END_TEST

START_TEST(a_session_expiry_interval_keeps_the_flow_in_version_5)
{
    c2b(1, CONNECT_5_KEPT);
    b2c(1, "20 03 00 00 00");
    c2b(1, "32 07 0001 74 0007 00 78");
    closed(1);
    c2b(2, CONNECT_5_KEPT);
    b2c(2, "20 03 01 00 00");
    c2b(2, "3a 07 0001 74 0007 00 78");
    assert_flow(1, 1, 2, TRACK_OPEN);
}
END_TEST

/* [MQTT5 3.14.2.2.2] */
START_TEST(disconnect_may_end_a_session_that_was_to_be_kept)
{
    c2b(1, CONNECT_5_KEPT);
    b2c(1, "20 03 00 00 00");
    c2b(1, "32 07 0001 74 0007 00 78");
    c2b(1, "e0 07 00 05 11 00000000");
    closed(1);
    assert_flow(1, 1, 2, TRACK_LOST);
}
END_TEST

START_TEST(a_flow_of_a_clean_session_is_lost_with_its_connection)
{
    c2b(1, CONNECT_CLEAN);
    b2c(1, CONNACK);
    c2b(1, PUBLISH_QOS_2);
    b2c(1, PUBREC);
    closed(1);
    assert_flow(1, 2, 4, TRACK_LOST);
    ck_assert_str_eq(note.topic, "t");
    ck_assert_uint_eq(tracker_flow_progress(tracker, 1), TRACK_LOST);

    c2b(2, CONNECT_CLEAN);
    b2c(2, CONNACK);
    c2b(2, PUBLISH_QOS_2_DUP);
    assert_flow(2, 1, 4, TRACK_OPEN);
}
END_TEST

/* [MQTT-3.2.2-3] */
START_TEST(connack_without_session_present_loses_what_was_under_way)
{
    c2b(1, CONNECT_KEPT);
    b2c(1, CONNACK);
    c2b(1, PUBLISH_QOS_1);
    closed(1);
    c2b(2, CONNECT_CLEAN);
    ck_assert_uint_eq(tracker_flow_progress(tracker, 1), TRACK_OPEN);
    b2c(2, CONNACK);
    assert_flow(1, 1, 2, TRACK_LOST);
}
END_TEST

START_TEST(a_refused_connect_changes_no_session)
{
    c2b(1, CONNECT_KEPT);
    b2c(1, CONNACK);
    c2b(1, PUBLISH_QOS_1);
    c2b(2, CONNECT_CLEAN);
    c2b(2, PUBLISH_QOS_1);
    b2c(2, "20 02 00 05");
    closed(2);
    assert_flow(2, 1, 2, TRACK_LOST);
    b2c(1, PUBACK);
    assert_flow(1, 2, 2, TRACK_DONE);
}
END_TEST

/* A client may send before it has the answer [MQTT5 3.1.4]. */
START_TEST(what_came_before_connack_belongs_to_the_session)
{
    c2b(1, CONNECT_KEPT);
    b2c(1, CONNACK);
    closed(1);
    c2b(2, CONNECT_KEPT);
    c2b(2, PUBLISH_QOS_1);
    b2c(2, CONNACK_RESUMED);
    closed(2);
    ck_assert_uint_eq(tracker_flow_progress(tracker, 1), TRACK_OPEN);
    c2b(3, CONNECT_KEPT);
    b2c(3, CONNACK_RESUMED);
    c2b(3, PUBLISH_QOS_1_DUP);
    assert_flow(1, 1, 2, TRACK_OPEN);
}
END_TEST

/* [MQTT-3.1.4-3] */
START_TEST(a_takeover_leaves_the_session_to_the_new_connection)
{
    c2b(1, CONNECT_KEPT);
    b2c(1, CONNACK);
    c2b(1, PUBLISH_QOS_1);
    c2b(2, CONNECT_KEPT);
    b2c(2, CONNACK_RESUMED);
    closed(1);
    ck_assert_uint_eq(note.flow, 0);
    b2c(2, PUBACK);
    assert_flow(1, 2, 2, TRACK_DONE);
}
END_TEST

START_TEST(the_end_of_a_session_loses_its_flows)
{
    c2b(1, CONNECT_KEPT);
    b2c(1, CONNACK);
    c2b(1, PUBLISH_QOS_1);
    closed(1);
    event(RECORD_EVT, 0, EVENT_SESSION_EXPIRED, "a", 0);
    assert_flow(1, 1, 2, TRACK_LOST);
    ck_assert_str_eq(note.client_id, "a");
}
END_TEST

START_TEST(an_identifier_used_again_without_dup_is_a_new_flow)
{
    c2b(1, PUBLISH_QOS_1);
    c2b(1, PUBLISH_QOS_1);
    assert_flow(2, 1, 2, TRACK_OPEN);
    ck_assert_uint_eq(tracker_flow_progress(tracker, 1), TRACK_LOST);
}
END_TEST

START_TEST(a_repetition_of_a_complete_flow_opens_it_again)
{
    c2b(1, PUBLISH_QOS_1);
    b2c(1, PUBACK);
    c2b(1, PUBLISH_QOS_1_DUP);
    assert_flow(1, 1, 2, TRACK_OPEN);
    b2c(1, PUBACK);
    assert_flow(1, 2, 2, TRACK_DONE);
}
END_TEST

START_TEST(an_acknowledgement_that_was_dropped_completes_nothing)
{
    c2b(1, PUBLISH_QOS_1);
    b2c_flags(1, PUBACK, RECORD_DROPPED);
    assert_flow(1, 2, 2, TRACK_OPEN);
    ck_assert_uint_eq(tracker_flow_progress(tracker, 1), TRACK_OPEN);
}
END_TEST

/* [MQTT5 4.3.3]: a Reason Code of 0x80 or more ends it. */
START_TEST(a_pubrec_that_refuses_completes_the_flow)
{
    c2b(1, CONNECT_5);
    b2c(1, "20 03 00 00 00");
    c2b(1, "34 07 0001 74 0007 00 78");
    b2c(1, "50 03 0007 87");
    assert_flow(1, 2, 4, TRACK_DONE);
}
END_TEST

Suite *track_session_suite(void)
{
    Suite *suite = suite_create("track_session");
    TCase *tcase = unit_case(suite, "track_session", 60);

    tcase_add_checked_fixture(tcase, track_feed_begin, track_feed_end);
    tcase_add_test(tcase, a_repetition_after_a_reconnect_joins_its_flow);
    tcase_add_test(tcase,
                   a_session_expiry_interval_keeps_the_flow_in_version_5);
    tcase_add_test(tcase, disconnect_may_end_a_session_that_was_to_be_kept);
    tcase_add_test(tcase,
                   a_flow_of_a_clean_session_is_lost_with_its_connection);
    tcase_add_test(tcase,
                   connack_without_session_present_loses_what_was_under_way);
    tcase_add_test(tcase, a_refused_connect_changes_no_session);
    tcase_add_test(tcase, what_came_before_connack_belongs_to_the_session);
    tcase_add_test(tcase, a_takeover_leaves_the_session_to_the_new_connection);
    tcase_add_test(tcase, the_end_of_a_session_loses_its_flows);
    tcase_add_test(tcase, an_identifier_used_again_without_dup_is_a_new_flow);
    tcase_add_test(tcase, a_repetition_of_a_complete_flow_opens_it_again);
    tcase_add_test(tcase,
                   an_acknowledgement_that_was_dropped_completes_nothing);
    tcase_add_test(tcase, a_pubrec_that_refuses_completes_the_flow);
    return suite;
}
