#include "broker_rig.h"

#include <stdio.h>
#include <string.h>

#include "broker/gate_control.h"
#include "broker/snapshot.h"
#include "wire/event.h"
#include "wire/gate.h"
#include "wire/tap_reader.h"

static struct rig rig;
static struct rig_client pub;
static struct rig_client sub;
static json_t *answer;
static struct tap_reader reader;
static struct mqtt_packet packet;

static void set_up(void)
{
    rig_init(&rig);
    rig_start(&rig);
    pub = sub = (struct rig_client){.rig = &rig};
    answer = json_object();
    int fd = tap_attach(&rig.broker->tap);
    ck_assert_int_eq(tap_reader_open(&reader, fd), 0);
    rig_login(&rig, &pub, MQTT_3_1_1, "pub", true);
    rig_login(&rig, &sub, MQTT_3_1_1, "sub", true);
    rig_subscribe(&sub, "t", 2);
}

static void tear_down(void)
{
    json_decref(answer);
    rig_close(&pub);
    rig_close(&sub);
    tap_reader_close(&reader);
    rig_release(&rig);
}

static bool run(const char *line)
{
    return rig_control(&rig, line, answer);
}

/* A rule; its filter has no quotes in it. */
static void rule(const char *kind, const char *filter, const char *more)
{
    char line[300];

    snprintf(line, sizeof(line),
             "{\"cmd\":\"rule\",\"kind\":\"%s\",\"filter\":\"%s\"%s}", kind,
             filter, more);
    ck_assert_msg(run(line), "%s", json_dumps(answer, 0));
}

/* The next record for which flags or event are as asked; its seq. */
static uint64_t record_with(unsigned flag, enum event_code code)
{
    struct record record;

    tap_publish(&rig.broker->tap);
    while (tap_reader_next(&reader, &record)) {
        if (flag && record.type == RECORD_MQTT && record.flags & flag)
            return record.seq;
        if (code && record.type == RECORD_EVT &&
            record_code(record.bytes) == code)
            return record.seq;
    }
    return 0;
}

START_TEST(a_dropped_packet_never_comes_and_its_record_says_so)
{
    struct mqtt_publish publish;

    rule("drop", "mqtt.msgtype == 4", "");
    rig_publish(&pub, "t", "one", 1);
    rig_expect_publish(&sub, "t", "one", 1, &publish);
    rig_ack(&sub, MQTT_PUBACK, publish.packet_id);
    rig_expect_nothing(&pub);
    ck_assert_uint_ne(record_with(RECORD_DROPPED, 0), 0);
    ck_assert_uint_ne(record_with(0, EVENT_RULE_DID), 0);
    /* Once, for nobody said always. */
    rig_publish(&pub, "t", "two", 1);
    rig_expect(&pub, MQTT_PUBACK, &packet);
}
END_TEST

START_TEST(what_comes_dropped_is_not_seen_by_the_broker)
{
    rule("drop", "mqtt.msgtype == 3", "");
    rig_publish(&pub, "t", "one", 1);
    rig_expect_nothing(&pub);
    rig_expect_nothing(&sub);
}
END_TEST

START_TEST(held_packets_go_one_by_one_and_in_order)
{
    struct mqtt_publish publish;

    rule("hold", "lab.client == \\\"sub\\\" && mqtt.msgtype == 3", "");
    rig_publish(&pub, "t", "one", 0);
    rig_publish(&pub, "t", "two", 0);
    rig_expect_nothing(&sub);
    ck_assert_uint_eq(gate_waiting(rig.broker->tap.gate), 2);
    ck_assert(run("{\"cmd\":\"release\"}"));
    rig_expect_publish(&sub, "t", "one", 0, &publish);
    rig_expect_nothing(&sub);
    ck_assert(run("{\"cmd\":\"release\",\"all\":true}"));
    rig_expect_publish(&sub, "t", "two", 0, &publish);
    ck_assert(!run("{\"cmd\":\"release\"}"));
}
END_TEST

START_TEST(what_comes_behind_a_held_packet_waits_too)
{
    struct mqtt_publish publish;

    rule("hold", "mqtt.msg contains \\\"one\\\" && lab.dir == \\\"b2c\\\"", "");
    rig_publish(&pub, "t", "one", 0);
    rig_publish(&pub, "t", "two", 0);
    rig_expect_nothing(&sub);
    ck_assert(run("{\"cmd\":\"release\"}"));
    rig_expect_publish(&sub, "t", "one", 0, &publish);
    rig_expect_publish(&sub, "t", "two", 0, &publish);
}
END_TEST

START_TEST(a_client_whose_packets_are_held_is_not_read_from)
{
    struct mqtt_publish publish;

    rule("hold", "lab.dir == \\\"c2b\\\" && mqtt.msgtype == 3", "");
    rig_publish(&pub, "t", "one", 1);
    rig_publish(&pub, "t", "two", 1);
    rig_expect_nothing(&sub);
    ck_assert(run("{\"cmd\":\"release\"}"));
    rig_expect_publish(&sub, "t", "one", 1, &publish);
    rig_expect_nothing(&sub);
    uint64_t held = record_with(RECORD_HELD, 0);
    ck_assert_uint_ne(held, 0);
    held = record_with(RECORD_HELD, 0);
    char line[100];
    snprintf(line, sizeof(line), "{\"cmd\":\"release\",\"seq\":%llu}",
             (unsigned long long)held);
    ck_assert(run(line));
    rig_expect_publish(&sub, "t", "two", 1, &publish);
}
END_TEST

START_TEST(silence_does_not_count_while_a_packet_is_held)
{
    struct rig_client third = {.rig = &rig};

    rig_open(&rig, &third, MQTT_3_1_1);
    struct mqtt_packet connect = rig_connect(&third, "third");
    connect.connect.keep_alive_s = 2;
    rig_send(&third, &connect);
    rig_expect(&third, MQTT_CONNACK, &packet);
    rule("hold", "mqtt.msgtype == 12", "");
    rig_send_hex(&third, "c000");
    rig_advance(&rig, 20);
    ck_assert(!third.ended);
    ck_assert(run("{\"cmd\":\"release\"}"));
    rig_expect(&third, MQTT_PINGRESP, &packet);
    ck_assert(run("{\"cmd\":\"unrule\"}"));
    rig_advance(&rig, 2.5);
    ck_assert(!third.ended);
    rig_advance(&rig, 2);
    ck_assert(third.ended);
    rig_close(&third);
}
END_TEST

START_TEST(a_delayed_packet_comes_when_its_time_is_over)
{
    struct mqtt_publish publish;

    rule("delay", "mqtt.msgtype == 3 && lab.dir == \\\"b2c\\\"",
         ",\"ms\":3000");
    rig_publish(&pub, "t", "one", 0);
    rig_publish(&pub, "t", "two", 0);
    rig_advance(&rig, 2.9);
    rig_expect_nothing(&sub);
    rig_advance(&rig, 0.2);
    rig_expect_publish(&sub, "t", "one", 0, &publish);
    rig_expect_publish(&sub, "t", "two", 0, &publish);
}
END_TEST

START_TEST(a_doubled_publish_has_dup_and_is_delivered_once_at_qos_2)
{
    struct mqtt_publish publish;

    rule("dup", "mqtt.msgtype == 3", "");
    uint16_t id = rig_publish(&pub, "t", "one", 2);
    rig_expect(&pub, MQTT_PUBREC, &packet);
    rig_expect(&pub, MQTT_PUBREC, &packet);
    rig_ack(&pub, MQTT_PUBREL, id);
    rig_expect(&pub, MQTT_PUBCOMP, &packet);
    rig_expect_publish(&sub, "t", "one", 2, &publish);
    rig_expect_nothing(&sub);
}
END_TEST

START_TEST(a_corrupted_packet_has_another_last_byte)
{
    struct mqtt_publish publish;

    rule("corrupt", "mqtt.msgtype == 3", "");
    rig_publish(&pub, "t", "one", 0);
    rig_expect_publish(&sub, "t", "onp", 0, &publish);
    /* A packet that has nothing but its first byte breaks a rule. */
    rule("corrupt", "mqtt.msgtype == 12", "");
    rig_send_hex(&pub, "c000");
    rig_expect_ended(&pub);
}
END_TEST

/* The bytes of the next packet from a client or to one that ends so. */
static bool recorded(enum record_direction direction, const char *end,
                     unsigned flags)
{
    struct record record;
    size_t len = strlen(end);

    tap_publish(&rig.broker->tap);
    while (tap_reader_next(&reader, &record)) {
        if (record.type == RECORD_MQTT && record.direction == direction &&
            record.bytes.len > len &&
            !memcmp(record.bytes.bytes + record.bytes.len - len, end, len))
            return (record.flags & RECORD_DROPPED) == flags;
    }
    return false;
}

START_TEST(the_record_of_a_damaged_packet_is_what_the_peer_gets)
{
    struct mqtt_publish publish;

    rule("corrupt", "mqtt.msgtype == 3 && lab.dir == \\\"b2c\\\"", "");
    rig_publish(&pub, "t", "one", 0);
    rig_expect_publish(&sub, "t", "onp", 0, &publish);
    ck_assert(recorded(RECORD_C2B, "one", 0));
    ck_assert(recorded(RECORD_B2C, "onp", 0));
    /* Of one that comes both are there, and the first is lost. */
    rule("corrupt", "mqtt.msgtype == 3", "");
    rig_publish(&pub, "t", "one", 0);
    rig_expect_publish(&sub, "t", "onp", 0, &publish);
    ck_assert(recorded(RECORD_C2B, "one", RECORD_DROPPED));
    ck_assert(recorded(RECORD_C2B, "onp", 0));
    ck_assert(recorded(RECORD_B2C, "onp", 0));
}
END_TEST

START_TEST(thousands_of_delayed_packets_go_at_once)
{
    struct mqtt_publish publish;
    char payload[16];

    rule("delay", "mqtt.msgtype == 3 && lab.dir == \\\"b2c\\\"",
         ",\"ms\":3000,\"always\":true");
    for (int i = 0; i < GATE_WAITING_MAX; i++) {
        snprintf(payload, sizeof(payload), "%d", i);
        rig_publish(&pub, "t", payload, 0);
    }
    ck_assert_uint_eq(gate_waiting(rig.broker->tap.gate), GATE_WAITING_MAX);
    rig_advance(&rig, 3.1);
    ck_assert_uint_eq(gate_waiting(rig.broker->tap.gate), 0);
    for (int i = 0; i < GATE_WAITING_MAX; i++) {
        snprintf(payload, sizeof(payload), "%d", i);
        rig_expect_publish(&sub, "t", payload, 0, &publish);
    }
}
END_TEST

START_TEST(a_delayed_packet_behind_a_held_one_comes_in_its_own_time)
{
    struct mqtt_publish publish;

    rule("hold", "mqtt.msg contains \\\"one\\\" && lab.dir == \\\"b2c\\\"", "");
    rule("delay", "mqtt.msgtype == 3 && lab.dir == \\\"b2c\\\"",
         ",\"ms\":3000");
    rig_publish(&pub, "t", "one", 0);
    rig_publish(&pub, "t", "two", 0);
    rig_advance(&rig, 1);
    ck_assert(run("{\"cmd\":\"release\"}"));
    rig_expect_publish(&sub, "t", "one", 0, &publish);
    rig_expect_nothing(&sub);
    rig_advance(&rig, 2.1);
    rig_expect_publish(&sub, "t", "two", 0, &publish);
}
END_TEST

START_TEST(a_rule_cannot_ask_what_only_a_watcher_knows)
{
    ck_assert(!run("{\"cmd\":\"rule\",\"kind\":\"drop\","
                   "\"filter\":\"mqtt && frame.number == 7\"}"));
    ck_assert_ptr_nonnull(
        strstr(json_string_value(json_object_get(answer, "error")),
               "has no frame.number before"));
    ck_assert_ptr_null(rig.broker->tap.gate);
}
END_TEST

START_TEST(only_the_rule_that_is_named_ends)
{
    rule("drop", "mqtt.msgtype == 14", "");
    ck_assert(run("{\"cmd\":\"unrule\",\"rule\":4294967297}"));
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "ended")), 0);
    ck_assert(run("{\"cmd\":\"unrule\",\"rule\":-4294967295}"));
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "ended")), 0);
    ck_assert(run("{\"cmd\":\"unrule\",\"rule\":1}"));
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "ended")), 1);
}
END_TEST

START_TEST(a_held_packet_can_be_dropped)
{
    struct mqtt_publish publish;

    rule("hold", "mqtt.msgtype == 3 && lab.dir == \\\"c2b\\\"", "");
    rig_publish(&pub, "t", "one", 0);
    rig_publish(&pub, "t", "two", 0);
    ck_assert(run("{\"cmd\":\"release\",\"drop\":true}"));
    ck_assert(run("{\"cmd\":\"unrule\",\"kind\":\"hold\"}"));
    rig_expect_publish(&sub, "t", "two", 0, &publish);
}
END_TEST

static bool is_told(const struct record *record, const char *text)
{
    return record->type == RECORD_EVT && record->flags & RECORD_SNAPSHOT &&
           record_code(record->bytes) == EVENT_RULE_SET &&
           slice_equal_string(record_get(record->bytes, RECORD_TEXT), text);
}

START_TEST(who_comes_later_is_told_which_rules_are_in_force)
{
    struct record record;
    unsigned drops = 0;
    unsigned delays = 0;

    rule("drop", "mqtt.msgtype == 14", "");
    rule("hold", "mqtt.msgtype == 3", "");
    rule("delay", "", ",\"ms\":70,\"always\":true");
    ck_assert(run("{\"cmd\":\"unrule\",\"kind\":\"hold\"}"));
    snapshot_write(rig.broker);
    while (tap_reader_next(&reader, &record)) {
        drops += is_told(&record, "rule 1: drop mqtt.msgtype == 14");
        delays += is_told(&record, "rule 3: always delay 70 ms every packet");
        ck_assert(!is_told(&record, "rule 2: always hold mqtt.msgtype == 3"));
    }
    ck_assert_uint_eq(drops, 1);
    ck_assert_uint_eq(delays, 1);
}
END_TEST

START_TEST(rules_end_with_whoever_set_them)
{
    struct mqtt_publish publish;

    rule("hold", "mqtt.msgtype == 3", "");
    rig_publish(&pub, "t", "one", 0);
    gate_control_end(rig.broker, 1);
    loop_settle(&rig.loop);
    rig_expect_nothing(&sub);
    gate_control_end(rig.broker, 0);
    loop_settle(&rig.loop);
    rig_expect_publish(&sub, "t", "one", 0, &publish);
    ck_assert_ptr_null(rig.broker->tap.gate);
}
END_TEST

START_TEST(a_connection_that_ends_takes_its_held_packets_along)
{
    rule("hold", "mqtt.msgtype == 3 && lab.dir == \\\"b2c\\\"", "");
    rig_publish(&pub, "t", "one", 0);
    rig_cut(&sub);
    ck_assert_uint_eq(gate_waiting(rig.broker->tap.gate), 0);
    ck_assert_uint_ne(record_with(0, EVENT_PACKET_RELEASED), 0);
}
END_TEST

START_TEST(too_many_held_packets_end_the_rules)
{
    struct mqtt_publish publish;

    rule("hold", "lab.client == \\\"sub\\\"", "");
    for (int i = 0; i <= GATE_WAITING_MAX; i++)
        rig_publish(&pub, "t", "x", 0);
    ck_assert_uint_ne(record_with(0, EVENT_LIMIT), 0);
    rig_expect_publish(&sub, "t", "x", 0, &publish);
    ck_assert_uint_eq(gate_waiting(rig.broker->tap.gate), 0);
}
END_TEST

START_TEST(what_is_no_rule_is_refused)
{
    ck_assert(!run("{\"cmd\":\"rule\",\"kind\":\"x\"}"));
    ck_assert(!run("{\"cmd\":\"rule\",\"kind\":\"delay\"}"));
    ck_assert(
        !run("{\"cmd\":\"rule\",\"kind\":\"drop\",\"filter\":\"mqtt.topik\"}"));
    ck_assert_ptr_nonnull(strstr(
        json_string_value(json_object_get(answer, "error")), "mqtt.topic"));
    ck_assert_ptr_null(rig.broker->tap.gate);
}
END_TEST

START_TEST(a_note_becomes_a_record)
{
    struct record record;

    ck_assert(run("{\"cmd\":\"note\",\"seq\":1,\"text\":\"look\"}"));
    do
        ck_assert(tap_reader_next(&reader, &record));
    while (record.type != RECORD_NOTE);
    ck_assert_uint_eq(record_get_number(record.bytes, RECORD_SUBJECT, 0), 1);
    ck_assert(!run("{\"cmd\":\"note\",\"seq\":99999,\"text\":\"x\"}"));
    ck_assert(!run("{\"cmd\":\"note\",\"seq\":1}"));
}
END_TEST

START_TEST(bytes_are_the_same_when_no_rule_matches)
{
    struct mqtt_publish publish;
    struct buf long_one = {0};

    rule("drop", "mqtt.topic == \\\"other\\\"", "");
    for (int i = 0; i < 5000; i++)
        buf_append_u8(&long_one, 'x');
    uint16_t id = rig_publish(&pub, "t", buf_string(&long_one), 2);
    rig_expect(&pub, MQTT_PUBREC, &packet);
    rig_ack(&pub, MQTT_PUBREL, id);
    rig_expect(&pub, MQTT_PUBCOMP, &packet);
    rig_expect_publish(&sub, "t", buf_string(&long_one), 2, &publish);
    buf_release(&long_one);
}
END_TEST

Suite *gate_suite(void)
{
    Suite *suite = suite_create("gate");
    TCase *tcase = unit_case(suite, "gate", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_dropped_packet_never_comes_and_its_record_says_so);
    tcase_add_test(tcase, what_comes_dropped_is_not_seen_by_the_broker);
    tcase_add_test(tcase, held_packets_go_one_by_one_and_in_order);
    tcase_add_test(tcase, what_comes_behind_a_held_packet_waits_too);
    tcase_add_test(tcase, a_client_whose_packets_are_held_is_not_read_from);
    tcase_add_test(tcase, silence_does_not_count_while_a_packet_is_held);
    tcase_add_test(tcase, a_delayed_packet_comes_when_its_time_is_over);
    tcase_add_test(tcase,
                   a_doubled_publish_has_dup_and_is_delivered_once_at_qos_2);
    tcase_add_test(tcase, a_corrupted_packet_has_another_last_byte);
    tcase_add_test(tcase, the_record_of_a_damaged_packet_is_what_the_peer_gets);
    tcase_add_test(tcase, thousands_of_delayed_packets_go_at_once);
    tcase_add_test(tcase,
                   a_delayed_packet_behind_a_held_one_comes_in_its_own_time);
    tcase_add_test(tcase, a_rule_cannot_ask_what_only_a_watcher_knows);
    tcase_add_test(tcase, only_the_rule_that_is_named_ends);
    tcase_add_test(tcase, a_held_packet_can_be_dropped);
    tcase_add_test(tcase, who_comes_later_is_told_which_rules_are_in_force);
    tcase_add_test(tcase, rules_end_with_whoever_set_them);
    tcase_add_test(tcase, a_connection_that_ends_takes_its_held_packets_along);
    tcase_add_test(tcase, too_many_held_packets_end_the_rules);
    tcase_add_test(tcase, what_is_no_rule_is_refused);
    tcase_add_test(tcase, a_note_becomes_a_record);
    tcase_add_test(tcase, bytes_are_the_same_when_no_rule_matches);
    suite_add_tcase(suite, tcase);
    return suite;
}
