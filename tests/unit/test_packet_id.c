#include "suites.h"

#include "mqtt/packet_id.h"

START_TEST(identifiers_are_handed_out_in_rising_order_from_1)
{
    struct packet_ids ids = {0};

    for (unsigned id = 1; id <= 1000; id++)
        ck_assert_uint_eq(packet_ids_take(&ids), id);
    ck_assert_uint_eq(ids.used, 1000);
    packet_ids_release(&ids);
}
END_TEST

/* [MQTT-2.2.1-3] */
START_TEST(there_are_65535_identifiers_and_0_is_none_of_them)
{
    struct packet_ids ids = {0};

    for (unsigned id = 1; id <= UINT16_MAX; id++)
        ck_assert_uint_eq(packet_ids_take(&ids), id);
    ck_assert_uint_eq(packet_ids_take(&ids), 0);
    ck_assert_uint_eq(ids.used, UINT16_MAX);
    ck_assert(packet_ids_put(&ids, 12345));
    ck_assert_uint_eq(packet_ids_take(&ids), 12345);
    ck_assert_uint_eq(packet_ids_take(&ids), 0);
    packet_ids_release(&ids);
}
END_TEST

START_TEST(an_identifier_just_freed_is_not_used_again_at_once)
{
    struct packet_ids ids = {0};

    for (unsigned round = 1; round < 64; round++) {
        uint16_t id = packet_ids_take(&ids);

        ck_assert_uint_eq(id, round);
        ck_assert(packet_ids_put(&ids, id));
    }
    ck_assert_uint_eq(ids.used, 0);
    packet_ids_release(&ids);
}
END_TEST

START_TEST(one_at_a_time_takes_memory_for_64)
{
    struct packet_ids ids = {0};

    for (unsigned round = 0; round < 100000; round++) {
        uint16_t id = packet_ids_take(&ids);

        ck_assert_uint_ne(id, 0);
        ck_assert(packet_ids_put(&ids, id));
    }
    ck_assert_uint_eq(ids.word_count, 1);
    packet_ids_release(&ids);
}
END_TEST

START_TEST(never_gives_one_that_is_in_use)
{
    struct packet_ids ids = {0};

    for (unsigned id = 1; id < 3000; id += 2)
        ck_assert(packet_ids_mark(&ids, (uint16_t)id));
    for (unsigned id = 2; id < 3000; id += 2)
        ck_assert_uint_eq(packet_ids_take(&ids), id);
    packet_ids_release(&ids);
}
END_TEST

START_TEST(marks_and_frees_any_identifier_once)
{
    static const uint16_t some[] = {1, 63, 64, 65, 127, 128, 1000, 65535};
    struct packet_ids ids = {0};

    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        ck_assert(!packet_ids_used(&ids, some[i]));
        ck_assert(!packet_ids_put(&ids, some[i]));
        ck_assert(packet_ids_mark(&ids, some[i]));
        ck_assert(!packet_ids_mark(&ids, some[i]));
        ck_assert(packet_ids_used(&ids, some[i]));
        ck_assert_uint_eq(ids.used, i + 1);
    }
    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
        ck_assert(packet_ids_put(&ids, some[i]));
        ck_assert(!packet_ids_put(&ids, some[i]));
        ck_assert(!packet_ids_used(&ids, some[i]));
    }
    ck_assert_uint_eq(ids.used, 0);
    packet_ids_release(&ids);
}
END_TEST

START_TEST(release_leaves_a_set_that_can_be_used_again)
{
    struct packet_ids ids = {0};

    packet_ids_release(&ids);
    packet_ids_mark(&ids, 500);
    packet_ids_release(&ids);
    ck_assert(!packet_ids_used(&ids, 500));
    ck_assert_uint_eq(packet_ids_take(&ids), 1);
    packet_ids_release(&ids);
}
END_TEST

Suite *packet_id_suite(void)
{
    Suite *suite = suite_create("packet_id");
    TCase *tcase = unit_case(suite, "packet_id", 0);

    tcase_add_test(tcase, identifiers_are_handed_out_in_rising_order_from_1);
    tcase_add_test(tcase, there_are_65535_identifiers_and_0_is_none_of_them);
    tcase_add_test(tcase, an_identifier_just_freed_is_not_used_again_at_once);
    tcase_add_test(tcase, one_at_a_time_takes_memory_for_64);
    tcase_add_test(tcase, never_gives_one_that_is_in_use);
    tcase_add_test(tcase, marks_and_frees_any_identifier_once);
    tcase_add_test(tcase, release_leaves_a_set_that_can_be_used_again);
    return suite;
}
