#include "suites.h"

#include "client/histogram.h"

#include <string.h>

static struct histogram histogram;

static void empty(void)
{
    memset(&histogram, 0, sizeof(histogram));
}

START_TEST(an_empty_one_has_no_percentiles)
{
    ck_assert_uint_eq(histogram_percentile(&histogram, 50), 0);
}
END_TEST

START_TEST(small_values_are_exact)
{
    for (uint64_t value = 1; value <= 100; value++)
        histogram_add(&histogram, value);
    ck_assert_uint_eq(histogram.count, 100);
    ck_assert_uint_eq(histogram_percentile(&histogram, 50), 50);
    ck_assert_uint_eq(histogram_percentile(&histogram, 90), 90);
    ck_assert_uint_eq(histogram_percentile(&histogram, 99), 99);
    ck_assert_uint_eq(histogram_percentile(&histogram, 100), 100);
}
END_TEST

START_TEST(every_value_is_known_to_one_part_in_64)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        for (uint64_t low = 0; low < 3; low++) {
            uint64_t value = (UINT64_C(1) << bit) + (low << bit >> 2);

            empty();
            histogram_add(&histogram, value);
            histogram_add(&histogram, UINT64_MAX);
            uint64_t told = histogram_percentile(&histogram, 50);
            ck_assert_uint_ge(told, value);
            ck_assert_uint_le(told - value, value / 64);
        }
    }
}
END_TEST

START_TEST(no_percentile_is_above_the_maximum)
{
    histogram_add(&histogram, 1000003);
    ck_assert_uint_eq(histogram_percentile(&histogram, 50), 1000003);
    ck_assert_uint_eq(histogram.max, 1000003);
}
END_TEST

START_TEST(one_in_a_thousand_shows_only_above_p99_9)
{
    for (int i = 0; i < 999; i++)
        histogram_add(&histogram, 10);
    histogram_add(&histogram, 5000000);
    ck_assert_uint_eq(histogram_percentile(&histogram, 99.9), 10);
    ck_assert_uint_eq(histogram_percentile(&histogram, 99.95), 5000000);
}
END_TEST

Suite *histogram_suite(void)
{
    Suite *suite = suite_create("histogram");
    TCase *tcase = unit_case(suite, "histogram", 0);

    tcase_add_checked_fixture(tcase, empty, NULL);
    tcase_add_test(tcase, an_empty_one_has_no_percentiles);
    tcase_add_test(tcase, small_values_are_exact);
    tcase_add_test(tcase, every_value_is_known_to_one_part_in_64);
    tcase_add_test(tcase, no_percentile_is_above_the_maximum);
    tcase_add_test(tcase, one_in_a_thousand_shows_only_above_p99_9);
    return suite;
}
