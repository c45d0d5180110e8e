#include "suites.h"

#include "broker/rate_limit.h"

static struct rate_limit limit;

START_TEST(those_of_one_second_may_come_at_once)
{
    const struct rate rate = {.messages = 10};

    rate_limit_init(&limit, &rate, 5000);
    for (int i = 0; i < 10; i++)
        ck_assert_uint_eq(rate_limit_pay(&limit, &rate, 1, 99, 5000), 0);
    ck_assert_uint_eq(rate_limit_pay(&limit, &rate, 1, 99, 5000), 100);
    ck_assert_uint_eq(rate_limit_pay(&limit, &rate, 1, 99, 5000), 200);
}
END_TEST

START_TEST(in_the_long_run_the_rate_holds)
{
    const struct rate rate = {.messages = 3};
    uint64_t now_ms = 1000;
    unsigned count = 0;

    rate_limit_init(&limit, &rate, now_ms);
    while (now_ms < 1000 + 100 * 1000) {
        now_ms += rate_limit_pay(&limit, &rate, 1, 1, now_ms);
        count++;
    }
    /* A millisecond is the smallest step, so it may be a little less. */
    ck_assert_uint_le(count, 304);
    ck_assert_uint_ge(count, 300);
}
END_TEST

START_TEST(silence_brings_no_more_than_a_second_of_it)
{
    const struct rate rate = {.messages = 2, .bytes = 100};

    rate_limit_init(&limit, &rate, 1);
    ck_assert_uint_eq(rate_limit_pay(&limit, &rate, 0, 0, UINT64_MAX / 2), 0);
    ck_assert_uint_eq(rate_limit_pay(&limit, &rate, 0, 101, UINT64_MAX / 2),
                      10);
}
END_TEST

START_TEST(a_packet_larger_than_a_second_brings_is_waited_for)
{
    const struct rate rate = {.bytes = 1000};

    rate_limit_init(&limit, &rate, 0);
    ck_assert_uint_eq(rate_limit_pay(&limit, &rate, 1, 268435460, 0),
                      268434460);
    ck_assert_uint_eq(rate_limit_pay(&limit, &rate, 1, 0, 268434459), 1);
    ck_assert_uint_eq(rate_limit_pay(&limit, &rate, 1, 0, 268434460), 0);
}
END_TEST

START_TEST(what_is_not_limited_costs_nothing)
{
    const struct rate messages = {.messages = 1};
    const struct rate bytes = {.bytes = 1};

    rate_limit_init(&limit, &messages, 0);
    ck_assert_uint_eq(rate_limit_pay(&limit, &messages, 0, 1 << 28, 0), 0);
    rate_limit_init(&limit, &bytes, 0);
    ck_assert_uint_eq(rate_limit_pay(&limit, &bytes, 1, 1, 0), 0);
    ck_assert_uint_eq(rate_limit_pay(&limit, &bytes, 1, 0, 0), 0);
}
END_TEST

START_TEST(the_largest_rates_do_not_overflow)
{
    const struct rate rate = {.messages = 1000000000,
                              .bytes = UINT64_C(1) << 40};

    rate_limit_init(&limit, &rate, 0);
    ck_assert_uint_eq(rate_limit_pay(&limit, &rate, 1, 268435460, 0), 0);
    ck_assert_uint_eq(rate_limit_pay(&limit, &rate, 1, 268435460, UINT64_MAX),
                      0);
    ck_assert_int_gt(limit.bytes, 0);
}
END_TEST

START_TEST(another_rate_holds_from_then_on)
{
    const struct rate rate = {.messages = 1000};
    const struct rate less = {.messages = 1};

    rate_limit_init(&limit, &rate, 0);
    ck_assert_uint_eq(rate_limit_pay(&limit, &less, 1, 0, 0), 0);
    ck_assert_uint_eq(rate_limit_pay(&limit, &less, 1, 0, 0), 1000);
}
END_TEST

Suite *rate_limit_suite(void)
{
    Suite *suite = suite_create("rate_limit");
    TCase *tcase = unit_case(suite, "rate", 0);

    tcase_add_test(tcase, those_of_one_second_may_come_at_once);
    tcase_add_test(tcase, in_the_long_run_the_rate_holds);
    tcase_add_test(tcase, silence_brings_no_more_than_a_second_of_it);
    tcase_add_test(tcase, a_packet_larger_than_a_second_brings_is_waited_for);
    tcase_add_test(tcase, what_is_not_limited_costs_nothing);
    tcase_add_test(tcase, the_largest_rates_do_not_overflow);
    tcase_add_test(tcase, another_rate_holds_from_then_on);
    return suite;
}
