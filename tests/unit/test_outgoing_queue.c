#include "suites.h"

#include <stdlib.h>

#include "base/shared.h"
#include "broker/message.h"
#include "broker/outgoing_queue.h"

static struct outgoing_queue queue;

static void tear_down(void)
{
    outgoing_queue_release(&queue);
    queue = (struct outgoing_queue){0};
}

/* A delivery of a message with this payload. */
static struct delivery delivery_of(const char *payload, unsigned qos)
{
    const struct mqtt_publish publish = {
        .topic = slice_of_string("t"),
        .payload = slice_of_string(payload),
    };

    return (struct delivery){.message = message_new(&publish, 0, 0),
                             .qos = qos & 3};
}

static void push(const char *payload, unsigned qos)
{
    const struct delivery delivery = delivery_of(payload, qos);

    outgoing_queue_push(&queue, &delivery);
}

static uint16_t start(void)
{
    const struct delivery delivery = delivery_of("x", 1);

    return outgoing_queue_start(&queue, &delivery)->packet_id;
}

static void finish(uint16_t packet_id)
{
    struct delivery *delivery = outgoing_queue_find(&queue, packet_id);

    ck_assert_ptr_nonnull(delivery);
    outgoing_queue_finish(&queue, delivery);
}

START_TEST(what_waits_comes_out_in_order)
{
    char payload[2] = "a";

    for (int round = 0; round < 3; round++) {
        for (char c = 'a'; c <= 'z'; c++) {
            payload[0] = c;
            push(payload, 1);
        }
        ck_assert_uint_eq(outgoing_queue_waiting(&queue), 26);
        for (char c = 'a'; c <= 'z'; c++) {
            struct delivery delivery = outgoing_queue_take(&queue);

            ck_assert_int_eq(message_payload(delivery.message).bytes[0], c);
            delivery_release(&delivery);
        }
    }
    ck_assert_ptr_null(queue.waiting); /* the memory is given back */
}
END_TEST

START_TEST(counts_bytes_and_what_is_of_qos_0)
{
    push("12345", 0);
    push("1", 1);
    size_t both = outgoing_queue_waiting_bytes(&queue);
    ck_assert(outgoing_queue_has_qos_0(&queue));
    struct delivery delivery = outgoing_queue_take(&queue);
    ck_assert(!outgoing_queue_has_qos_0(&queue));
    ck_assert_uint_eq(both - outgoing_queue_waiting_bytes(&queue),
                      message_size_bytes(delivery.message));
    delivery_release(&delivery);
}
END_TEST

/* [MQTT-2.2.1-3] [MQTT-2.2.1-4] */
START_TEST(identifiers_are_never_0_and_never_twice_in_flight)
{
    static bool used[65536];

    for (int i = 0; i < 65534; i++) {
        uint16_t packet_id = start();

        ck_assert_uint_ne(packet_id, 0);
        ck_assert(!used[packet_id]);
        used[packet_id] = true;
    }
    ck_assert_uint_eq(queue.inflight_count, 65534);
}
END_TEST

START_TEST(an_identifier_is_not_used_again_at_once)
{
    uint16_t first = start();

    finish(first);
    ck_assert_uint_ne(start(), first);
}
END_TEST

START_TEST(one_that_stays_in_flight_is_found_after_all_the_others)
{
    uint16_t first = start();

    for (int i = 0; i < 200000; i++)
        finish(start());
    ck_assert_ptr_nonnull(outgoing_queue_find(&queue, first));
    ck_assert_uint_eq(queue.inflight_count, 1);
    ck_assert_uint_le(queue.inflight_cap, 4);
    size_t bytes = queue.inflight_bytes;
    ck_assert_uint_eq(
        bytes, message_size_bytes(outgoing_queue_find(&queue, first)->message));
    outgoing_queue_drop_message(&queue, outgoing_queue_find(&queue, first));
    ck_assert_uint_eq(queue.inflight_bytes, 0);
    finish(first);
    ck_assert_uint_eq(queue.inflight_bytes, 0);
    ck_assert_ptr_null(queue.inflight); /* the memory is given back */
    ck_assert_ptr_null(outgoing_queue_find(&queue, first));
}
END_TEST

START_TEST(acknowledgements_may_come_in_any_order)
{
    uint16_t ids[1000];

    srand(1);
    for (int i = 0; i < 1000; i++)
        ids[i] = start();
    for (int i = 999; i > 0; i--) {
        int other = rand() % (i + 1);
        uint16_t id = ids[i];

        ids[i] = ids[other];
        ids[other] = id;
    }
    for (int i = 0; i < 1000; i++)
        finish(ids[i]);
    ck_assert_uint_eq(queue.inflight_count, 0);
}
END_TEST

/* [MQTT-4.6.0-1] */
/* A client can ask for half a megabyte of them with each message. */
START_TEST(subscription_identifiers_count_as_much_as_other_bytes)
{
    struct delivery delivery = delivery_of("x", 1);
    size_t bytes = delivery_size_bytes(&delivery);

    delivery.identifiers = shared_new(1000);
    ck_assert_uint_eq(delivery_size_bytes(&delivery), bytes + 1000);
    outgoing_queue_push(&queue, &delivery);
    ck_assert_uint_eq(outgoing_queue_waiting_bytes(&queue), bytes + 1000);
    delivery = outgoing_queue_take(&queue);
    ck_assert_uint_eq(outgoing_queue_waiting_bytes(&queue), 0);

    struct delivery *started = outgoing_queue_start(&queue, &delivery);
    ck_assert_uint_eq(queue.inflight_bytes, bytes + 1000);
    outgoing_queue_drop_message(&queue, started);
    ck_assert_ptr_null(started->identifiers);
    ck_assert_uint_eq(queue.inflight_bytes, 0);
    outgoing_queue_finish(&queue, started);
    ck_assert_uint_eq(queue.inflight_bytes, 0);
}
END_TEST

START_TEST(sending_again_keeps_the_first_order)
{
    uint16_t ids[40];

    queue.next_order = UINT32_MAX - 20; /* also when the counter wraps */
    queue.last_id = 65530;
    for (int i = 0; i < 40; i++)
        ids[i] = start();
    finish(ids[0]);
    finish(ids[7]);
    outgoing_queue_resume(&queue);
    ck_assert_uint_eq(outgoing_queue_unacknowledged(&queue), 0);
    finish(ids[9]); /* acknowledged before it was sent again */
    for (int i = 1; i < 40; i++) {
        if (i == 7 || i == 9)
            continue;
        struct delivery *delivery = outgoing_queue_next_resend(&queue);
        ck_assert_uint_eq(delivery->packet_id, ids[i]);
    }
    ck_assert_ptr_null(outgoing_queue_next_resend(&queue));
    ck_assert_uint_eq(outgoing_queue_unacknowledged(&queue), 37);
}
END_TEST

START_TEST(resuming_twice_begins_again)
{
    uint16_t first = start();

    start();
    outgoing_queue_resume(&queue);
    outgoing_queue_next_resend(&queue);
    outgoing_queue_resume(&queue);
    ck_assert_uint_eq(outgoing_queue_next_resend(&queue)->packet_id, first);
    ck_assert_uint_eq(queue.resend_count, 1);
}
END_TEST

/* Whatever identifiers they have, and in whatever places they meet. */
START_TEST(restored_deliveries_are_all_there_and_sent_again_in_order)
{
    static const uint16_t ids[] = {64, 65535, 128, 1, 32768, 3, 256, 2, 4};

    for (size_t i = 0; i < 9; i++) {
        struct delivery delivery = delivery_of("x", 1);

        delivery.packet_id = ids[i];
        outgoing_queue_restore(&queue, &delivery);
    }
    ck_assert_uint_eq(queue.inflight_count, 9);
    for (size_t i = 0; i < 9; i++)
        ck_assert_ptr_nonnull(outgoing_queue_find(&queue, ids[i]));
    outgoing_queue_resume(&queue);
    for (size_t i = 0; i < 9; i++)
        ck_assert_uint_eq(outgoing_queue_next_resend(&queue)->packet_id,
                          ids[i]);
    ck_assert_uint_eq(queue.resend_count, 0);
}
END_TEST

static void count_visit(void *context, struct delivery *delivery)
{
    ck_assert_ptr_nonnull(delivery->message);
    ++*(unsigned *)context;
}

START_TEST(a_visit_sees_what_waits_and_what_is_in_flight)
{
    unsigned seen = 0;

    outgoing_queue_visit(&queue, count_visit, &seen);
    ck_assert_uint_eq(seen, 0);
    for (int i = 0; i < 5; i++)
        start();
    finish(3);
    for (int i = 0; i < 20; i++)
        push("x", 1);
    outgoing_queue_visit(&queue, count_visit, &seen);
    ck_assert_uint_eq(seen, 24);
}
END_TEST

Suite *outgoing_queue_suite(void)
{
    Suite *suite = suite_create("outgoing_queue");
    TCase *tcase = unit_case(suite, "outgoing_queue", 0);

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, what_waits_comes_out_in_order);
    tcase_add_test(tcase, counts_bytes_and_what_is_of_qos_0);
    tcase_add_test(tcase, identifiers_are_never_0_and_never_twice_in_flight);
    tcase_add_test(tcase, an_identifier_is_not_used_again_at_once);
    tcase_add_test(tcase,
                   one_that_stays_in_flight_is_found_after_all_the_others);
    tcase_add_test(tcase, acknowledgements_may_come_in_any_order);
    tcase_add_test(tcase,
                   subscription_identifiers_count_as_much_as_other_bytes);
    tcase_add_test(tcase, sending_again_keeps_the_first_order);
    tcase_add_test(tcase, resuming_twice_begins_again);
    tcase_add_test(tcase,
                   restored_deliveries_are_all_there_and_sent_again_in_order);
    tcase_add_test(tcase, a_visit_sees_what_waits_and_what_is_in_flight);
    return suite;
}
