#include "suites.h"

#include "cable_sample.h"
#include "sample.h"
#include "tui/store.h"
#include "wire/event.h"

static struct store *store;
static struct sample sample;

static const struct sample_way in = {1, MQTT_3_1_1, false, 0};

static void take(void *owner, const struct record *record)
{
    (void)owner;
    store_add(store, record);
}

static void begin(size_t max_bytes)
{
    store = store_new(max_bytes);
    sample_begin(&sample, take, NULL);
}

static void set_up(void)
{
    begin(0);
}

static void tear_down(void)
{
    sample_end(&sample);
    store_free(store);
}

static void publish(unsigned count, const char *topic)
{
    while (count--)
        sample_publish(&sample, in, 0, 0, topic, "x");
    store_catch_up(store, 0);
}

static uint64_t chosen_number(void)
{
    struct history_row row;

    ck_assert(store_row(store, store_chosen_at(store, STORE_PACKETS), &row));
    return row.number;
}

static void filter(const char *text)
{
    struct filter_error error;

    ck_assert(store_set_filter(store, text, &error));
    store_catch_up(store, 0);
}

START_TEST(packets_turning_points_and_log_have_their_lists)
{
    sample_event(&sample, EVENT_CONN_OPENED, 1, 0, 0);
    sample_event(&sample, EVENT_SUBSCRIBED, 1, 0, 0);
    publish(2, "t");
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 2);
    ck_assert_uint_eq(store_count(store, STORE_ALL), 3);
    ck_assert_uint_eq(store_count(store, STORE_LOG), 2);
}
END_TEST

START_TEST(the_brokers_own_counters_are_no_events)
{
    sample_event(&sample, EVENT_RETAINED_REPLACED, 0, 0, RECORD_TOPIC,
                 "$SYS/broker/uptime", 0);
    store_catch_up(store, 0);
    ck_assert_uint_eq(store_count(store, STORE_LOG), 0);
    ck_assert_uint_eq(store_count(store, STORE_ALL), 0);
}
END_TEST

START_TEST(following_chooses_the_newest_until_one_moves_up)
{
    publish(3, "t");
    ck_assert_uint_eq(chosen_number(), 3);
    publish(1, "t");
    ck_assert_uint_eq(chosen_number(), 4);
    store_move(store, STORE_PACKETS, -1);
    publish(1, "t");
    ck_assert_uint_eq(chosen_number(), 3);
    ck_assert(!store->follow);
    store_move(store, STORE_PACKETS, 2);
    ck_assert(store->follow);
    publish(1, "t");
    ck_assert_uint_eq(chosen_number(), 6);
}
END_TEST

START_TEST(moving_stops_at_both_ends)
{
    publish(3, "t");
    store_move(store, STORE_PACKETS, INT64_MIN);
    ck_assert_uint_eq(chosen_number(), 1);
    store_move(store, STORE_PACKETS, -5);
    ck_assert_uint_eq(chosen_number(), 1);
    store_move(store, STORE_PACKETS, 1);
    ck_assert_uint_eq(chosen_number(), 2);
    store_move(store, STORE_PACKETS, INT64_MAX);
    ck_assert_uint_eq(chosen_number(), 3);
}
END_TEST

START_TEST(a_filter_holds_for_what_is_there_and_what_comes)
{
    publish(2, "a");
    publish(2, "b");
    filter("mqtt.topic == \"a\"");
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 2);
    publish(1, "a");
    publish(1, "b");
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 3);
    filter("");
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 6);
}
END_TEST

/* Of one with fields of the cable the packets have none. */
START_TEST(a_filter_finds_what_crossed_the_cable)
{
    struct history *history = cable_sample_history();
    struct history_row row;
    unsigned hellos = 0;

    for (uint64_t i = 0; history_get(history, i, &row); i++)
        store_add(store, &row.record);
    filter("");
    ck_assert_uint_eq(store_count(store, STORE_CABLE), 0);
    ck_assert(store_shows(store, 0));
    filter("tls.handshake.type == 1");
    ck_assert(filter_is_cable(store->filter));
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 0);
    for (uint64_t i = 0; store_row(store, i, &row); i++) {
        bool hello =
            row.record.layer == RECORD_CABLE &&
            row.record.direction == RECORD_C2B && row.record.bytes.len > 5 &&
            row.record.bytes.bytes[0] == 22 && row.record.bytes.bytes[5] == 1;

        ck_assert(store_shows(store, i) == hello);
        hellos += hello;
    }
    ck_assert_uint_eq(store_count(store, STORE_CABLE), hellos);
    ck_assert_uint_gt(hellos, 0);
    filter("mqtt.qos == 2");
    ck_assert(!filter_is_cable(store->filter));
    ck_assert_uint_eq(store_count(store, STORE_CABLE), 0);
    ck_assert_uint_gt(store_count(store, STORE_PACKETS), 0);
    history_free(history);
}
END_TEST

START_TEST(what_is_no_filter_changes_nothing)
{
    struct filter_error error;

    publish(2, "a");
    filter("mqtt.topic == \"a\"");
    ck_assert(!store_set_filter(store, "mqtt.topic ==", &error));
    ck_assert_str_eq(store->filter_text, "mqtt.topic == \"a\"");
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 2);
    ck_assert_uint_gt(error.column, 1);
}
END_TEST

/* Out of sight of the filter the nearest row before is chosen. */
START_TEST(the_cursor_stays_when_the_filter_hides_its_row)
{
    publish(1, "a");
    publish(1, "b");
    publish(1, "a");
    ck_assert(store_choose_packet(store, 2));
    filter("mqtt.topic == \"a\"");
    ck_assert_uint_eq(chosen_number(), 1);
    filter("");
    ck_assert_uint_eq(chosen_number(), 2);
}
END_TEST

START_TEST(frozen_nothing_that_is_seen_changes_and_nothing_is_lost)
{
    publish(3, "t");
    store_set_now(store, 1000);
    store_freeze(store, true);
    publish(5, "t");
    store_set_now(store, 2000);
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 3);
    ck_assert_uint_eq(store->model->counters.publishes[0], 3);
    ck_assert(store->now_ns == 1000);
    ck_assert_uint_eq(history_packets(store->history), 8);
    filter("mqtt");
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 3);
    store_freeze(store, false);
    store_catch_up(store, 0);
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 8);
    ck_assert_uint_eq(store->model->counters.publishes[0], 8);
}
END_TEST

/* The history may drop rows that the frozen model has not seen: it sees them
   before. */
START_TEST(the_model_counts_every_packet_however_long_it_is_frozen)
{
    tear_down();
    begin(256 << 10);
    publish(1, "t");
    store_freeze(store, true);
    publish(50000, "t");
    ck_assert_uint_gt(history_first(store->history), 10000);
    store_freeze(store, false);
    store_catch_up(store, 0);
    ck_assert_uint_eq(store->model->counters.publishes[0], 50001);
    ck_assert(history_first(store->history) <=
              store_at(store, STORE_PACKETS, 0));
}
END_TEST

START_TEST(a_little_time_is_enough_to_go_on_with)
{
    while (sample.seq < 20000)
        sample_publish(&sample, in, 0, 0, "t", "x");
    for (int i = 0; store_catch_up(store, 1); i++)
        ck_assert_int_lt(i, 20000);
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 20000);
}
END_TEST

START_TEST(marks_and_jumps_come_back)
{
    publish(5, "t");
    store_choose_packet(store, 2);
    ck_assert(store_mark(store, 'a'));
    ck_assert(!store_mark(store, 'A'));
    store_choose_packet(store, 5);
    ck_assert(store_jump(store, 'a'));
    ck_assert_uint_eq(chosen_number(), 2);
    ck_assert(store_jump(store, '\''));
    ck_assert_uint_eq(chosen_number(), 5);
    ck_assert(!store_jump(store, 'b'));
    ck_assert(!store_choose_packet(store, 99));
}
END_TEST

START_TEST(tags_are_kept_in_order_and_taken_away)
{
    static const uint64_t positions[] = {5, 1, 9, 3, 5};

    for (size_t i = 0; i < 5; i++)
        store_tag(store, positions[i], true);
    ck_assert_uint_eq(store->tag_count, 4);
    for (size_t i = 1; i < store->tag_count; i++)
        ck_assert(store->tags[i - 1] < store->tags[i]);
    store_tag(store, 3, false);
    ck_assert(!store_tagged(store, 3));
    ck_assert(store_tagged(store, 9));
    store_untag(store);
    ck_assert(!store_tagged(store, 9));
}
END_TEST

/* A restarted broker counts its records from 1 again. */
START_TEST(numbers_of_records_grow_over_a_restart)
{
    struct history_row row;

    publish(3, "t");
    sample.seq = 0;
    publish(2, "u");
    ck_assert(store_row(store, history_end(store->history) - 1, &row));
    ck_assert_uint_eq(row.record.seq, 5);
    ck_assert_uint_eq(history_find_seq(store->history, 5),
                      history_end(store->history) - 1);
}
END_TEST

static struct history_row last_row(void)
{
    struct history_row row;

    ck_assert(store_row(store, history_end(store->history) - 1, &row));
    return row;
}

/* Whoever writes it counts as the broker does that is watched now. */
START_TEST(a_note_finds_its_record_after_a_restart)
{
    struct buf bytes = {0};
    struct history_row row;

    publish(3, "t");
    sample.seq = 0;
    publish(2, "u");
    record_begin(&bytes, EVENT_NOTE);
    record_put_string(&bytes, RECORD_TEXT, "look");
    record_put_number(&bytes, RECORD_SUBJECT, 1);
    store_add(store, &(struct record){.seq = 3,
                                      .type = RECORD_NOTE,
                                      .cause = 1,
                                      .bytes = buf_slice(&bytes)});
    buf_release(&bytes);
    ck_assert(store_row(store, 3, &row));
    ck_assert_str_eq(row.comment, "look");
    ck_assert(store_row(store, 0, &row));
    ck_assert_ptr_null(row.comment);
}
END_TEST

/* Those to come say what caused them by numbers of their own. */
START_TEST(a_note_of_ones_own_changes_no_number)
{
    struct history_row row;

    publish(3, "t");
    sample.seq = 0;
    publish(2, "u");
    for (uint64_t seq = 1; seq <= 5; seq++) {
        store_note(store, seq, "mine");
        ck_assert(
            store_row(store, history_find_seq(store->history, seq), &row));
        ck_assert_uint_eq(row.record.seq, seq);
        ck_assert_uint_eq(row.record.type, RECORD_MQTT);
        ck_assert_str_eq(row.comment, "mine");
    }
    store_add(store,
              &(struct record){.seq = 3, .type = RECORD_EVT, .cause = 2});
    ck_assert_uint_eq(last_row().record.seq, 6);
    ck_assert_uint_eq(last_row().record.cause, 5);
}
END_TEST

/* As they come out of a file that they were written to. */
START_TEST(a_note_with_the_number_of_the_record_before_is_no_restart)
{
    publish(3, "t");
    store_add(store,
              &(struct record){.seq = 3, .type = RECORD_NOTE, .cause = 1});
    store_add(store,
              &(struct record){.seq = 4, .type = RECORD_EVT, .cause = 2});
    ck_assert_uint_eq(last_row().record.seq, 4);
    ck_assert_uint_eq(last_row().record.cause, 2);
}
END_TEST

/* It counts its connections from 1 again, too: the old one that was called 1 is
   not this one. */
START_TEST(connections_of_another_broker_get_numbers_of_their_own)
{
    struct history_row row;

    sample_event(&sample, EVENT_CONN_OPENED, 3, 0, 0);
    store_other_broker(store);
    sample_event(&sample, EVENT_CONN_OPENED, 1, 0, 0);
    ck_assert(store_row(store, history_end(store->history) - 1, &row));
    ck_assert_uint_eq(row.record.connection, 4);
}
END_TEST

START_TEST(what_belongs_to_no_connection_belongs_to_none_of_another_broker)
{
    struct history_row row;

    sample_event(&sample, EVENT_CONN_OPENED, 3, 0, 0);
    store_other_broker(store);
    sample_event(&sample, EVENT_BROKER_STOPPED, 0, 0, 0);
    ck_assert(store_row(store, history_end(store->history) - 1, &row));
    ck_assert_uint_eq(row.record.connection, 0);
}
END_TEST

Suite *store_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *tcase = unit_case(suite, "store", 20);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, packets_turning_points_and_log_have_their_lists);
    tcase_add_test(tcase, the_brokers_own_counters_are_no_events);
    tcase_add_test(tcase, following_chooses_the_newest_until_one_moves_up);
    tcase_add_test(tcase, moving_stops_at_both_ends);
    tcase_add_test(tcase, a_filter_holds_for_what_is_there_and_what_comes);
    tcase_add_test(tcase, a_filter_finds_what_crossed_the_cable);
    tcase_add_test(tcase, what_is_no_filter_changes_nothing);
    tcase_add_test(tcase, the_cursor_stays_when_the_filter_hides_its_row);
    tcase_add_test(tcase,
                   frozen_nothing_that_is_seen_changes_and_nothing_is_lost);
    tcase_add_test(tcase,
                   the_model_counts_every_packet_however_long_it_is_frozen);
    tcase_add_test(tcase, a_little_time_is_enough_to_go_on_with);
    tcase_add_test(tcase, marks_and_jumps_come_back);
    tcase_add_test(tcase, tags_are_kept_in_order_and_taken_away);
    tcase_add_test(tcase, numbers_of_records_grow_over_a_restart);
    tcase_add_test(tcase, a_note_finds_its_record_after_a_restart);
    tcase_add_test(tcase, a_note_of_ones_own_changes_no_number);
    tcase_add_test(tcase,
                   a_note_with_the_number_of_the_record_before_is_no_restart);
    tcase_add_test(tcase,
                   connections_of_another_broker_get_numbers_of_their_own);
    tcase_add_test(
        tcase, what_belongs_to_no_connection_belongs_to_none_of_another_broker);
    return suite;
}
