#include "suites.h"
#include "track_feed.h"

#include "base/clock.h"
#include "mqtt/mqtt.h"
#include "wire/event.h"
#include "wire/track.h"
#include "wire/track_packet.h"

#include <stdio.h>

START_TEST(every_packet_of_a_connection_has_client_and_user)
{
    c2b(1, CONNECT_CLEAN);
    ck_assert_str_eq(note.client_id, "a");
    ck_assert_str_eq(note.user_name, "u");
    ck_assert_uint_eq(note.type, MQTT_CONNECT);
    ck_assert_uint_eq(note.version, MQTT_3_1_1);
    b2c(1, CONNACK);
    c2b(1, "c0 00");
    ck_assert_str_eq(note.client_id, "a");
    ck_assert_uint_eq(note.type, MQTT_PINGREQ);
    closed(1);
    ck_assert_str_eq(note.client_id, "a");
    ck_assert_uint_eq(note.type, 0);
}
END_TEST

START_TEST(a_connect_that_ends_before_its_version_changes_none)
{
    static const uint8_t bytes[] = {0x10, 0x04, 0x00, 0x04, 'M', 'Q'};
    struct track_packet packet;

    track_packet_read(&packet, slice_of(bytes, sizeof(bytes)), MQTT_5);
    ck_assert_uint_eq(packet.type, MQTT_CONNECT);
    ck_assert_uint_eq(packet.version, MQTT_5);
}
END_TEST

/* [MQTT-3.2.2-16] */
START_TEST(an_assigned_client_identifier_names_the_connection)
{
    c2b(1, "10 0d 0004 4d515454 05 02 003c 00 0000");
    ck_assert_str_eq(note.client_id, "");
    b2c(1, "20 09 00 00 06 12 0003 616263");
    ck_assert_str_eq(note.client_id, "abc");
    c2b(1, "c0 00");
    ck_assert_str_eq(note.client_id, "abc");
}
END_TEST

START_TEST(the_broker_may_name_a_client_that_no_packet_names)
{
    c2b(1, "10 0c 0004 4d515454 04 02 003c 0000");
    b2c(1, CONNACK);
    event(RECORD_EVT, 1, EVENT_CONNECT_ACCEPTED, "made-up", 0);
    c2b(1, "c0 00");
    ck_assert_str_eq(note.client_id, "made-up");
}
END_TEST

START_TEST(four_packets_of_qos_2_are_one_flow_with_topic_and_pair)
{
    uint64_t publish = c2b(1, PUBLISH_QOS_2);
    assert_flow(1, 1, 4, TRACK_OPEN);
    ck_assert_uint_eq(note.pair, 0);
    ck_assert_uint_eq(note.flow_qos, 2);
    uint64_t pubrec = b2c(1, PUBREC);
    assert_flow(1, 2, 4, TRACK_OPEN);
    ck_assert_uint_eq(note.pair, publish);
    ck_assert_uint_eq(note.rtt_ns, CLOCK_NS_PER_MS);
    uint64_t pubrel = c2b(1, PUBREL);
    assert_flow(1, 3, 4, TRACK_OPEN);
    ck_assert_uint_eq(note.pair, pubrec);
    b2c(1, PUBCOMP);
    assert_flow(1, 4, 4, TRACK_DONE);
    ck_assert_uint_eq(note.pair, pubrel);
    ck_assert_str_eq(note.topic, "t");
    ck_assert_uint_eq(note.packet_id, 7);
    ck_assert_uint_eq(tracker_flow_progress(tracker, 1), TRACK_DONE);
}
END_TEST

START_TEST(two_packets_of_qos_1_are_one_flow)
{
    c2b(1, PUBLISH_QOS_1);
    assert_flow(1, 1, 2, TRACK_OPEN);
    b2c(1, PUBACK);
    assert_flow(1, 2, 2, TRACK_DONE);
    ck_assert_str_eq(note.topic, "t");
    c2b(1, PUBLISH_QOS_1);
    assert_flow(2, 1, 2, TRACK_OPEN);
}
END_TEST

/* [MQTT5 2.2.1]: client and server assign identifiers independently. */
START_TEST(identifiers_of_the_two_directions_are_separate)
{
    c2b(1, PUBLISH_QOS_1);
    b2c(1, "32 06 0001 73 0007 78");
    assert_flow(2, 1, 2, TRACK_OPEN);
    c2b(1, PUBACK);
    assert_flow(2, 2, 2, TRACK_DONE);
    ck_assert_str_eq(note.topic, "s");
    b2c(1, PUBACK);
    assert_flow(1, 2, 2, TRACK_DONE);
    ck_assert_str_eq(note.topic, "t");
}
END_TEST

START_TEST(identifiers_of_two_connections_are_separate)
{
    c2b(1, PUBLISH_QOS_1);
    c2b(2, PUBLISH_QOS_1);
    assert_flow(2, 1, 2, TRACK_OPEN);
    b2c(1, PUBACK);
    assert_flow(1, 2, 2, TRACK_DONE);
}
END_TEST

START_TEST(a_publish_at_qos_0_is_no_flow)
{
    c2b(1, "30 04 0001 74 78");
    assert_flow(0, 0, 0, TRACK_NO_FLOW);
    ck_assert_str_eq(note.topic, "t");
}
END_TEST

static const struct {
    const char *request;
    const char *answer;
} exchanges[] = {
    {CONNECT_CLEAN,           CONNACK        },
    {"82 06 0007 0001 74 00", "90 03 0007 00"},
    {"a2 05 0007 0001 74",    "b0 02 0007"   },
    {"c0 00",                 "d0 00"        },
};

START_TEST(an_answer_is_paired_with_its_request)
{
    uint64_t request = c2b(1, exchanges[_i].request);
    b2c(1, exchanges[_i].answer);
    ck_assert_uint_eq(note.pair, request);
    ck_assert_uint_eq(note.rtt_ns, CLOCK_NS_PER_MS);
    ck_assert_uint_eq(note.flow, 0);
    b2c(1, exchanges[_i].answer);
    ck_assert_msg(note.pair == 0, "a second answer answers nothing");
}
END_TEST

START_TEST(a_suback_has_the_first_filter_of_its_subscribe)
{
    c2b(1, "82 0a 0007 0001 74 00 0001 75 00");
    ck_assert_str_eq(note.topic, "t");
    b2c(1, "90 04 0007 00 00");
    ck_assert_str_eq(note.topic, "t");
}
END_TEST

START_TEST(an_acknowledgement_of_nothing_has_no_flow)
{
    b2c(1, PUBACK);
    assert_flow(0, 0, 0, TRACK_NO_FLOW);
    c2b(1, PUBLISH_QOS_1);
    b2c(1, PUBREC);
    assert_flow(0, 0, 0, TRACK_NO_FLOW);
    uint64_t pubrel = c2b(2, PUBREL);
    assert_flow(0, 0, 0, TRACK_NO_FLOW);
    b2c(2, PUBCOMP);
    ck_assert_uint_eq(note.pair, pubrel);
}
END_TEST

/* [MQTT5 3.3.2.3.4] */
START_TEST(a_topic_alias_stands_for_its_topic_in_its_direction)
{
    c2b(1, CONNECT_5);
    b2c(1, "20 03 00 00 00");
    c2b(1, "30 08 0001 74 03 23 0005 78");
    ck_assert_str_eq(note.topic, "t");
    c2b(1, "30 07 0000 03 23 0005 78");
    ck_assert_str_eq(note.topic, "t");
    b2c(1, "30 07 0000 03 23 0005 78");
    ck_assert_str_eq(note.topic, "");
    closed(1);
    c2b(1, CONNECT_5);
    c2b(1, "30 07 0000 03 23 0005 78");
    ck_assert_str_eq(note.topic, "");
}
END_TEST

START_TEST(a_refused_packet_opens_no_flow)
{
    uint8_t bytes[64];
    size_t len = unit_hex(PUBLISH_QOS_1, bytes, sizeof(bytes));

    give(RECORD_MQTT, 1, RECORD_C2B, RECORD_MALFORMED, slice_of(bytes, len));
    ck_assert_str_eq(note.topic, "t");
    assert_flow(0, 0, 0, TRACK_NO_FLOW);
}
END_TEST

START_TEST(every_prefix_of_a_packet_is_read_without_harm)
{
    uint8_t bytes[64];
    size_t len = unit_hex(CONNECT_5_KEPT, bytes, sizeof(bytes));

    for (size_t cut = 0; cut < len; cut++) {
        give(RECORD_MQTT, 1, RECORD_C2B, RECORD_TRUNCATED,
             slice_of(guarded(bytes, cut), cut));
        ck_assert_str_eq(note.client_id, "");
    }
}
END_TEST

START_TEST(a_snapshot_says_who_was_there_before)
{
    struct buf bytes = {0};

    record_begin(&bytes, EVENT_CONN_OPENED);
    record_put_string(&bytes, RECORD_CLIENT_ID, "old");
    record_put_string(&bytes, RECORD_PEER, "127.0.0.1:4242");
    record_put_string(&bytes, RECORD_LOCAL, "127.0.0.1:1883");
    record_put_string(&bytes, RECORD_VERSION, "4");
    record_put_string(&bytes, RECORD_CLEAN, "0");
    give(RECORD_CONN, 9, RECORD_NO_DIRECTION, RECORD_SNAPSHOT,
         buf_slice(&bytes));
    buf_release(&bytes);
    c2b(9, PUBLISH_QOS_1);
    ck_assert_str_eq(note.client_id, "old");
    ck_assert_str_eq(note.peer, "127.0.0.1:4242");
    ck_assert_str_eq(note.local, "127.0.0.1:1883");
    ck_assert_uint_eq(note.version, MQTT_3_1_1);
    closed(9);
    ck_assert_uint_eq(tracker_flow_progress(tracker, 1), TRACK_OPEN);
}
END_TEST

START_TEST(connections_are_numbered_as_streams_in_order)
{
    c2b(7, CONNECT_CLEAN);
    ck_assert_uint_eq(note.stream, 0);
    c2b(3, CONNECT_CLEAN);
    ck_assert_uint_eq(note.stream, 1);
    c2b(7, "c0 00");
    ck_assert_uint_eq(note.stream, 0);
}
END_TEST

START_TEST(rows_know_the_lab_step_under_way)
{
    struct buf bytes = {0};

    c2b(1, "c0 00");
    ck_assert_str_eq(note.step, "");
    record_begin(&bytes, EVENT_LAB_STEP);
    record_put_string(&bytes, RECORD_ID, "s3");
    give(RECORD_LAB, 0, RECORD_NO_DIRECTION, 0, buf_slice(&bytes));
    buf_release(&bytes);
    c2b(1, "c0 00");
    ck_assert_str_eq(note.step, "s3");
}
END_TEST

START_TEST(equal_strings_are_one_pointer)
{
    const char *first = tracker_string(tracker, slice_of_string("lab/temp"));

    ck_assert_str_eq(first, "lab/temp");
    ck_assert_ptr_ne(tracker_string(tracker, slice_of_string("lab")), first);
    ck_assert_ptr_eq(tracker_string(tracker, slice_of_string("lab/temp")),
                     first);
}
END_TEST

/* Flows, connections, aliases and text that a peer makes up without end. */
START_TEST(memory_is_bounded_whatever_peers_send)
{
    char hex[160];

    for (unsigned i = 0; i < 600000; i++) {
        snprintf(hex, sizeof(hex), "32 0e 0009 74%08x%08x %04x",
                 i * 0x9e3779b1u | 0x01010101u, i | 0x01010101u,
                 (i & 0xffff) | 1);
        c2b(1 + i / 5, hex);
    }
    ck_assert_uint_le(tracker_bytes(tracker), 100u << 20);
    for (unsigned i = 0; i < 40; i++) {
        c2b(1000000 + i, CONNECT_5);
        c2b(1000000 + i, "30 08 0001 74 03 23 ffff 78");
    }
    ck_assert_uint_le(tracker_bytes(tracker), 100u << 20);
}
END_TEST

START_TEST(a_million_records_are_250000_flows)
{
    static const char *const packets[] = {PUBLISH_QOS_2, PUBREC, PUBREL,
                                          PUBCOMP};
    uint8_t bytes[4][64];
    size_t lens[4];
    int64_t start_us = clock_process_cpu_us(0);

    for (int i = 0; i < 4; i++)
        lens[i] = unit_hex(packets[i], bytes[i], sizeof(bytes[i]));
    for (int i = 0; i < 1000000; i++)
        give(RECORD_MQTT, 1 + i / 4 % 50, i % 2 ? RECORD_B2C : RECORD_C2B, 0,
             slice_of(bytes[i % 4], lens[i % 4]));
    printf("track: 1,000,000 records in %lld us of CPU\n",
           (long long)(clock_process_cpu_us(0) - start_us));
    ck_assert_uint_eq(tracker_flow_progress(tracker, 250000), TRACK_DONE);
}
END_TEST

Suite *track_suite(void)
{
    Suite *suite = suite_create("track");
    TCase *tcase = unit_case(suite, "track", 60);

    tcase_add_checked_fixture(tcase, track_feed_begin, track_feed_end);
    tcase_add_test(tcase, every_packet_of_a_connection_has_client_and_user);
    tcase_add_test(tcase, a_connect_that_ends_before_its_version_changes_none);
    tcase_add_test(tcase, an_assigned_client_identifier_names_the_connection);
    tcase_add_test(tcase, the_broker_may_name_a_client_that_no_packet_names);
    tcase_add_test(tcase,
                   four_packets_of_qos_2_are_one_flow_with_topic_and_pair);
    tcase_add_test(tcase, two_packets_of_qos_1_are_one_flow);
    tcase_add_test(tcase, identifiers_of_the_two_directions_are_separate);
    tcase_add_test(tcase, identifiers_of_two_connections_are_separate);
    tcase_add_test(tcase, a_publish_at_qos_0_is_no_flow);
    tcase_add_loop_test(tcase, an_answer_is_paired_with_its_request, 0,
                        sizeof(exchanges) / sizeof(exchanges[0]));
    tcase_add_test(tcase, a_suback_has_the_first_filter_of_its_subscribe);
    tcase_add_test(tcase, an_acknowledgement_of_nothing_has_no_flow);
    tcase_add_test(tcase, a_topic_alias_stands_for_its_topic_in_its_direction);
    tcase_add_test(tcase, a_refused_packet_opens_no_flow);
    tcase_add_test(tcase, every_prefix_of_a_packet_is_read_without_harm);
    tcase_add_test(tcase, a_snapshot_says_who_was_there_before);
    tcase_add_test(tcase, connections_are_numbered_as_streams_in_order);
    tcase_add_test(tcase, rows_know_the_lab_step_under_way);
    tcase_add_test(tcase, equal_strings_are_one_pointer);
    tcase_add_test(tcase, memory_is_bounded_whatever_peers_send);
    tcase_add_test(tcase, a_million_records_are_250000_flows);
    return suite;
}
