#include "suites.h"

#include <string.h>

#include "tui/table_order.h"

/* Rows are words; the second column has their lengths. */
static const struct table_column columns[] = {
    {"Word",   0, 10, false, 0 },
    {"Length", 6, 0,  true,  0 },
    {"Wide",   5, 0,  false, 90},
};

static enum style cell(const void *owner, void *row, int column,
                       struct buf *out)
{
    (void)owner;
    if (column == 1)
        buf_printf(out, "%zu", strlen(row));
    else
        buf_append_string(out, row);
    return STYLE_PLAIN;
}

static const struct table table = {columns, 3, cell, NULL, 0, false};
static char words[][12] = {"pear", "fig", "banana", "kiwi", "elderberry"};
static void *rows[] = {words[0], words[1], words[2], words[3], words[4]};

static const struct {
    int column; /* from 1 */
    bool down;
    const char *order;
} orders[] = {
    {0, false, "pear fig banana kiwi elderberry "},
    {1, false, "banana elderberry fig kiwi pear "},
    {1, true,  "pear kiwi fig elderberry banana "},
    {2, false, "fig pear kiwi banana elderberry "},
    {2, true,  "elderberry banana pear kiwi fig "},
};

START_TEST(rows_are_ordered_by_a_column)
{
    struct table_order order = {orders[_i].column, orders[_i].down, NULL, 0};
    struct buf text = {0};

    for (int again = 0; again < 2; again++) {
        table_order_make(&order, &table, rows, 5);
        buf_clear(&text);
        for (size_t i = 0; i < order.count; i++)
            buf_printf(&text, "%s ", (const char *)order.rows[i]);
        ck_assert_str_eq(buf_string(&text), orders[_i].order);
    }
    table_order_make(&order, &table, NULL, 0);
    ck_assert_uint_eq(order.count, 0);
    table_order_release(&order);
    buf_release(&text);
}
END_TEST

/* For strtod these begin with a number. */
START_TEST(names_like_numbers_are_names)
{
    static char names[][12] = {"nancy", "infra", "10 s", "ada", "-2", "."};
    void *items[] = {names[0], names[1], names[2],
                     names[3], names[4], names[5]};
    struct table_order order = {1, false, NULL, 0};
    struct buf text = {0};

    table_order_make(&order, &table, items, 6);
    for (size_t i = 0; i < order.count; i++)
        buf_printf(&text, "%s, ", (const char *)order.rows[i]);
    ck_assert_str_eq(buf_string(&text), "-2, 10 s, ., ada, infra, nancy, ");
    order.down = true;
    table_order_make(&order, &table, items, 6);
    ck_assert_str_eq(order.rows[0], "10 s");
    ck_assert_str_eq(order.rows[2], "nancy");
    table_order_release(&order);
    buf_release(&text);
}
END_TEST

START_TEST(the_same_column_again_turns_the_order_round)
{
    struct table_order order = {0};

    table_order_by(&order, 1);
    ck_assert(order.column == 2 && !order.down);
    table_order_by(&order, 1);
    ck_assert(order.column == 2 && order.down);
    table_order_by(&order, 1);
    ck_assert(order.column == 2 && !order.down);
    table_order_by(&order, 0);
    ck_assert(order.column == 1 && !order.down);
}
END_TEST

START_TEST(the_next_column_is_one_that_is_shown)
{
    struct table_order order = {0};

    for (int i = 1; i <= 2; i++) {
        table_order_next(&order, &table, 80);
        ck_assert_int_eq(order.column, i);
    }
    table_order_next(&order, &table, 80);
    ck_assert_int_eq(order.column, 0);
    for (int i = 1; i <= 3; i++)
        table_order_next(&order, &table, 100);
    ck_assert_int_eq(order.column, 3);
}
END_TEST

START_TEST(a_column_is_where_it_is_drawn)
{
    ck_assert_int_eq(table_column_at(&table, 40, 0), -1);
    ck_assert_int_eq(table_column_at(&table, 40, 2), 0);
    ck_assert_int_eq(table_column_at(&table, 40, 12), 0);
    ck_assert_int_eq(table_column_at(&table, 40, 13), 1);
    ck_assert_int_eq(table_column_at(&table, 40, 19), 1);
    ck_assert_int_eq(table_column_at(&table, 40, 30), -1);
}
END_TEST

Suite *table_order_suite(void)
{
    Suite *suite = suite_create("table_order");
    TCase *tcase = unit_case(suite, "table_order", 0);

    tcase_add_loop_test(tcase, rows_are_ordered_by_a_column, 0,
                        sizeof(orders) / sizeof(orders[0]));
    tcase_add_test(tcase, names_like_numbers_are_names);
    tcase_add_test(tcase, the_same_column_again_turns_the_order_round);
    tcase_add_test(tcase, the_next_column_is_one_that_is_shown);
    tcase_add_test(tcase, a_column_is_where_it_is_drawn);
    return suite;
}
