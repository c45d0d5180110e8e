#include "broker_rig.h"

#include "broker/connection.h"
#include "broker/message.h"
#include "broker/session.h"

static struct rig rig;
static struct rig_client publisher;
static struct rig_client subscribers[4];

static void set_up(void)
{
    static const char *const ids[] = {"s0", "s1", "s2", "s3"};

    rig_init(&rig);
    rig_start(&rig);
    rig_login(&rig, &publisher, MQTT_3_1_1, "pub", true);
    for (int i = 0; i < 4; i++)
        rig_login(&rig, &subscribers[i], i < 2 ? MQTT_3_1_1 : MQTT_5, ids[i],
                  true);
}

static void tear_down(void)
{
    rig_close(&publisher);
    for (int i = 0; i < 4; i++)
        rig_close(&subscribers[i]);
    rig_release(&rig);
}

static struct session *session(const char *client_id)
{
    return session_store_find(&rig.broker->sessions,
                              slice_of_string(client_id));
}

static const struct delivery *inflight(const char *client_id)
{
    const struct outgoing_queue *queue = &session(client_id)->outgoing;

    return outgoing_queue_find(queue, queue->last_id);
}

static int layouts_made(void)
{
    return __builtin_popcount(rig.broker->router.layouts.made);
}

static const struct {
    const char *name;
    unsigned qos[4]; /* granted to each subscriber; 9: does not subscribe */
    unsigned published;
    int layouts;
} encodings[] = {
    {"two of one kind",          {0, 0, 9, 9}, 0, 1},
    {"two versions",             {0, 0, 0, 0}, 0, 2},
    {"two QoS",                  {0, 1, 9, 9}, 1, 2},
    {"two QoS and two versions", {0, 1, 0, 1}, 2, 4},
    {"the lower QoS holds",      {2, 1, 9, 9}, 1, 1},
    {"nobody",                   {9, 9, 9, 9}, 2, 0},
};

START_TEST(a_message_is_encoded_once_for_each_kind_of_subscriber)
{
    for (int i = 0; i < 4; i++) {
        if (encodings[_i].qos[i] <= 2)
            rig_subscribe(&subscribers[i], "t", encodings[_i].qos[i]);
    }
    rig_publish(&publisher, "t", "x", encodings[_i].published);
    ck_assert_int_eq(layouts_made(), encodings[_i].layouts);
}
END_TEST

/* Nothing is encoded at all when the publisher's own bytes will do. */
START_TEST(the_publishers_bytes_are_passed_on_where_nothing_changes)
{
    rig_subscribe(&subscribers[0], "t", 0);
    rig_subscribe(&subscribers[1], "t", 0);
    rig_publish(&publisher, "t", "x", 0);
    ck_assert_int_eq(layouts_made(), 1);
    for (size_t i = 0; i < LAYOUTS; i++)
        ck_assert_uint_eq(rig.broker->router.layouts.all[i].bytes.cap, 0);
}
END_TEST

START_TEST(all_subscribers_share_one_message)
{
    for (int i = 0; i < 4; i++)
        rig_subscribe(&subscribers[i], "t", 1 + (unsigned)i % 2);
    rig_publish(&publisher, "t", "x", 2);
    const struct message *message = inflight("s0")->message;
    ck_assert_ptr_eq(inflight("s1")->message, message);
    ck_assert_ptr_eq(inflight("s2")->message, message);
    ck_assert_ptr_eq(inflight("s3")->message, message);
    ck_assert_uint_eq(message_shared(message)->refs, 4);
}
END_TEST

START_TEST(each_subscriber_has_identifiers_of_its_own)
{
    struct mqtt_publish publish;

    rig_subscribe(&subscribers[0], "t", 1);
    rig_subscribe(&subscribers[1], "+", 1);
    rig_subscribe(&subscribers[0], "only", 1);
    rig_publish(&publisher, "only", "x", 1);
    rig_expect_publish(&subscribers[0], "only", "x", 1, &publish);
    ck_assert_uint_eq(publish.packet_id, 1);
    rig_publish(&publisher, "t", "y", 1);
    rig_expect_publish(&subscribers[0], "t", "y", 1, &publish);
    ck_assert_uint_eq(publish.packet_id, 2);
    rig_expect_publish(&subscribers[1], "only", "x", 1, &publish);
    ck_assert_uint_eq(publish.packet_id, 1);
}
END_TEST

START_TEST(a_shared_group_prefers_who_is_there)
{
    rig_close(&subscribers[0]);
    rig_login(&rig, &subscribers[0], MQTT_3_1_1, "s0", false);
    rig_subscribe(&subscribers[0], "$share/g/t", 1);
    rig_subscribe(&subscribers[1], "$share/g/t", 1);
    rig_cut(&subscribers[0]);
    for (int i = 0; i < 4; i++) {
        rig_publish(&publisher, "t", "x", 1);
        rig_expect_publish(&subscribers[1], "t", "x", 1, NULL);
    }
    ck_assert_uint_eq(outgoing_queue_waiting(&session("s0")->outgoing), 0);
    /* With nobody there it waits for one of them. */
    rig_cut(&subscribers[1]);
    rig_publish(&publisher, "t", "x", 1);
    ck_assert_uint_eq(outgoing_queue_waiting(&session("s0")->outgoing), 1);
    subscribers[0] = subscribers[1] = (struct rig_client){.rig = &rig};
}
END_TEST

START_TEST(nothing_is_written_before_the_end_of_the_turn)
{
    const struct mqtt_publish publish = {.topic = slice_of_string("t")};

    rig_subscribe(&subscribers[0], "t", 0);
    const struct link *link = &session("s0")->connection->link;
    broker_publish(rig.broker, &publish);
    broker_publish(rig.broker, &publish);
    ck_assert_uint_eq(link_pending(link), 2 * 5);
    rig_expect_nothing(&subscribers[0]);
    loop_settle(&rig.loop);
    ck_assert_uint_eq(link_pending(link), 0);
    rig_expect_publish(&subscribers[0], "t", "", 0, NULL);
    rig_expect_publish(&subscribers[0], "t", "", 0, NULL);
}
END_TEST

START_TEST(a_connection_outlives_its_end_until_the_turn_is_over)
{
    struct connection *connection = session("s0")->connection;
    uint32_t count = rig.broker->connection_count;

    connection_end(connection, &(struct connection_ending){.why = END_KICKED});
    ck_assert_uint_eq(connection->state, CONNECTION_ENDED);
    ck_assert_uint_eq(rig.broker->connection_count, count);
    ck_assert_ptr_null(session("s0"));
    loop_settle(&rig.loop);
    ck_assert_uint_eq(rig.broker->connection_count, count - 1);
}
END_TEST

START_TEST(receivers_are_counted)
{
    const struct mqtt_publish publish = {.topic = slice_of_string("t")};

    ck_assert_uint_eq(broker_publish(rig.broker, &publish), 0);
    rig_subscribe(&subscribers[0], "t", 0);
    rig_subscribe(&subscribers[0], "#", 0);
    rig_subscribe(&subscribers[2], "+", 0);
    ck_assert_uint_eq(broker_publish(rig.broker, &publish), 2);
}
END_TEST

Suite *router_suite(void)
{
    Suite *suite = suite_create("router");
    TCase *tcase = unit_case(suite, "router", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase,
                        a_message_is_encoded_once_for_each_kind_of_subscriber,
                        0, sizeof(encodings) / sizeof(encodings[0]));
    tcase_add_test(tcase,
                   the_publishers_bytes_are_passed_on_where_nothing_changes);
    tcase_add_test(tcase, all_subscribers_share_one_message);
    tcase_add_test(tcase, each_subscriber_has_identifiers_of_its_own);
    tcase_add_test(tcase, a_shared_group_prefers_who_is_there);
    tcase_add_test(tcase, nothing_is_written_before_the_end_of_the_turn);
    tcase_add_test(tcase, a_connection_outlives_its_end_until_the_turn_is_over);
    tcase_add_test(tcase, receivers_are_counted);
    return suite;
}
