#include "suites.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "client/class_board.h"

static struct class_board board;
static struct buf out;

static void tear_down(void)
{
    class_board_release(&board);
    buf_release(&out);
}

static bool take(const char *topic, const char *payload)
{
    return class_board_take(
        &board, slice_of(guarded(topic, strlen(topic)), strlen(topic)),
        slice_of(guarded(payload, strlen(payload)), strlen(payload)));
}

static const char *render(unsigned columns, unsigned lines)
{
    buf_clear(&out);
    class_board_render(&board, columns, lines, 10000, &out);
    return buf_string(&out);
}

START_TEST(each_student_has_one_line)
{
    ck_assert(take("bob/07-qos/progress",
                   "{\"step\":2,\"steps\":6,\"points\":11,\"max\":26,"
                   "\"moved\":9760}"));
    ck_assert(take("bob/07-qos/state", "here"));
    ck_assert(take("ann/01-x/progress",
                   "{\"step\":1,\"steps\":6,\"points\":26,\"max\":26,"
                   "\"moved\":1000}"));
    ck_assert(take("ann/01-x/state", "left"));
    /* What is done now is shown, though the other moved later. */
    ck_assert(take("bob/01-x/progress", "{\"step\":6,\"moved\":9999}"));
    ck_assert(take("bob/01-x/state", "left"));
    ck_assert(take("cal/01-x/state", "here")); /* has told nothing yet */
    ck_assert(take("dan/01-x/progress", "{\"moved\":4000,\"max\":3}"));
    ck_assert(take("dan/01-x/state", "here"));
    ck_assert(take("eve/01-x/progress", "{\"moved\":4000,\"max\":3}"));
    ck_assert(take("eve/01-x/state", "gone"));
    ck_assert_str_eq(render(40, 24),
                     "4 students, 2 here, 1 gone\n"
                     "student      lab   step   points moved\n"
                     "ann          01     1/6   26/26   done\n"
                     "bob          07     2/6   11/26     4m\n"
                     "dan          01     0/0    0/3   !100m\n"
                     "eve          01     0/0    0/3    GONE\n");
}
END_TEST

START_TEST(a_large_class_stands_side_by_side)
{
    for (int i = 0; i < 7; i++) {
        char *topic = alloc_printf("s%d/01-x/progress", i);

        ck_assert(take(topic, "{\"moved\":9999}"));
        free(topic);
    }
    ck_assert_str_eq(render(80, 5),
                     "7 students, 0 here, 0 gone; 1 more than fit\n"
                     "student      lab   step   points moved  "
                     "student      lab   step   points moved\n"
                     "s0           01     0/0    0/0    left  "
                     "s3           01     0/0    0/0    left\n"
                     "s1           01     0/0    0/0    left  "
                     "s4           01     0/0    0/0    left\n"
                     "s2           01     0/0    0/0    left  "
                     "s5           01     0/0    0/0    left\n");
    ck_assert_ptr_nonnull(strstr(render(1, 1), "6 more than fit"));
}
END_TEST

START_TEST(a_board_of_nobody_is_a_board)
{
    ck_assert_str_eq(render(80, 24), "0 students, 0 here, 0 gone\n");
}
END_TEST

static const struct {
    const char *topic;
    const char *payload;
} nonsense[] = {
    {"",                  "x"        },
    {"/",                 "x"        },
    {"ann",               "x"        },
    {"ann/",              "x"        },
    {"ann/01",            "x"        },
    {"//state",           "here"     },
    {"ann/01/else",       "x"        },
    {"ann/01/state/more", "here"     },
    {"ann/01/progress",   "x"        },
    {"ann/01/progress",   "[1]"      },
    {"ann/01/progress",   "{\"step\""},
};

START_TEST(nonsense_changes_nothing)
{
    ck_assert(!take(nonsense[_i].topic, nonsense[_i].payload));
    ck_assert_str_eq(render(80, 24), "0 students, 0 here, 0 gone\n");
}
END_TEST

/* A name is anybody's text, and a number is anybody's number. */
START_TEST(a_hostile_message_stays_in_its_place)
{
    ck_assert(take("\033[2J\xffverylongnameindeed/\n-x/progress",
                   "{\"step\":-5,\"steps\":1e300,\"points\":99999999999,"
                   "\"max\":\"many\",\"moved\":-1}"));
    ck_assert_str_eq(render(40, 24),
                     "1 student, 0 here, 0 gone\n"
                     "student      lab   step   points moved\n"
                     "\\x1b[2J\\x... \\x0a   0/0  999/0    left\n");
}
END_TEST

START_TEST(there_is_room_for_so_many)
{
    for (int i = 0; i < CLASS_BOARD_MAX + 10; i++) {
        char *topic = alloc_printf("s%d/01-x/state", i);

        ck_assert_int_eq(take(topic, "here"), i < CLASS_BOARD_MAX);
        free(topic);
    }
    ck_assert_uint_eq(board.count, CLASS_BOARD_MAX);
}
END_TEST

START_TEST(an_empty_message_clears)
{
    ck_assert(take("ann/01-x/progress", "{\"moved\":9999}"));
    ck_assert(take("ann/01-x/progress", ""));
    ck_assert_str_eq(render(80, 24), "0 students, 0 here, 0 gone\n");
}
END_TEST

Suite *class_board_suite(void)
{
    Suite *suite = suite_create("class_board");
    TCase *tc = unit_case(suite, "class_board", 0);

    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_add_test(tc, each_student_has_one_line);
    tcase_add_test(tc, a_large_class_stands_side_by_side);
    tcase_add_test(tc, a_board_of_nobody_is_a_board);
    tcase_add_loop_test(tc, nonsense_changes_nothing, 0,
                        sizeof(nonsense) / sizeof(nonsense[0]));
    tcase_add_test(tc, a_hostile_message_stays_in_its_place);
    tcase_add_test(tc, there_is_room_for_so_many);
    tcase_add_test(tc, an_empty_message_clears);
    return suite;
}
