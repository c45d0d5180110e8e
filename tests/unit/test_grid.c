#include "suites.h"

#include <locale.h>
#include <string.h>

#include "tui/grid.h"

static struct grid grid;

/* The width of characters is the locale's knowledge. */
static void set_up(void)
{
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    grid_init(&grid, 3, 12, false);
}

static void tear_down(void)
{
    grid_release(&grid);
}

static void expect_dump(bool layer, const char *expected)
{
    struct buf out = {0};

    grid_dump(&grid, layer, &out);
    ck_assert_str_eq(buf_string(&out), expected);
    buf_release(&out);
}

START_TEST(text_is_clipped_at_the_area)
{
    struct area all = grid_area(&grid);
    struct area part = grid_part(&all, 1, 4, 1, 5);

    ck_assert_int_eq(grid_text(&part, 0, 0, STYLE_PLAIN, "clipped"), 5);
    ck_assert_int_eq(grid_text(&part, 1, 0, STYLE_PLAIN, "below"), 0);
    ck_assert_int_eq(grid_text(&part, 0, 9, STYLE_PLAIN, "right"), 0);
    expect_dump(false, "\n    clipp\n\n");
}
END_TEST

START_TEST(an_area_without_room_draws_nothing)
{
    struct area all = grid_area(&grid);
    struct area none = grid_part(&all, 3, 12, 5, 5);
    struct area beyond = grid_part(&none, 2, 2, 1, 1);

    grid_text(&none, 0, 0, STYLE_PLAIN, "x");
    grid_rule(&none, 0, "title");
    grid_divide(&none, 0);
    grid_select(&none, 0);
    grid_column(&beyond, 0, 0, 5, STYLE_PLAIN, "text");
    ck_assert_int_eq(grid.cursor_y, -1);
    expect_dump(false, "\n\n\n");
}
END_TEST

START_TEST(a_wide_character_takes_two_cells_and_is_never_cut_in_half)
{
    struct area all = grid_area(&grid);
    struct area narrow = grid_part(&all, 1, 0, 1, 3);

    ck_assert_int_eq(grid_text(&all, 0, 0, STYLE_PLAIN, "a\u4e2d\u6587b"), 6);
    ck_assert_int_eq(grid_text(&narrow, 0, 0, STYLE_PLAIN, "\u4e2d\u6587"), 2);
    expect_dump(false, "a\u4e2d\u6587b\n\u4e2d\n\n");
    ck_assert_uint_eq(grid.cells[1].width, 2);
    ck_assert_uint_eq(grid.cells[2].width, 0);
}
END_TEST

START_TEST(writing_over_half_of_a_wide_character_blanks_the_other_half)
{
    struct area all = grid_area(&grid);

    grid_text(&all, 0, 0, STYLE_PLAIN, "\u4e2d\u6587");
    grid_text(&all, 0, 1, STYLE_PLAIN, "x");
    grid_text(&all, 0, 2, STYLE_PLAIN, "y");
    expect_dump(false, " xy\n\n\n");
}
END_TEST

START_TEST(combining_characters_join_the_cell_before_them)
{
    struct area all = grid_area(&grid);

    ck_assert_int_eq(grid_text(&all, 0, 0, STYLE_PLAIN, "e\u0301x"), 2);
    ck_assert_int_eq(grid.cells[0].chars[1], 0x301);
    /* More of them than a cell has room for change nothing. */
    grid_text(&all, 1, 0, STYLE_PLAIN, "a\u0301\u0302\u0303\u0304");
    expect_dump(false, "e\u0301x\na\u0301\u0302\n\n");
}
END_TEST

static const struct {
    const char *text;
    const char *shown;
} harmless[] = {
    {"a\033[2Jb",     "a?[2Jb"},
    {"a\nb\tc",       "a?b?c" },
    {"a\xc2\x9b"
     "31mb",     "a?31mb"},
    {"\xff\xfe",      "??"    },
    {"a\u202e"
     "cba",      "a?cba" },
    {"a\u200f\u2066", "a??"   },
    {"\x7f",          "?"     },
    {"\xe4\xb8",      "??"    },
};

START_TEST(what_could_move_a_cursor_is_shown_as_a_question_mark)
{
    struct area all = grid_area(&grid);
    struct buf out = {0};

    grid_text(&all, 0, 0, STYLE_PLAIN, harmless[_i].text);
    grid_dump(&grid, false, &out);
    buf_printf(&out, "%s", "");
    ck_assert_int_eq(strncmp(buf_string(&out), harmless[_i].shown,
                             strlen(harmless[_i].shown)),
                     0);
    ck_assert_int_eq(out.bytes[strlen(harmless[_i].shown)], '\n');
    buf_release(&out);
}
END_TEST

START_TEST(an_ascii_grid_keeps_the_width_of_what_it_cannot_show)
{
    struct area all;

    grid_release(&grid);
    grid_init(&grid, 3, 12, true);
    all = grid_area(&grid);
    ck_assert_int_eq(grid_text(&all, 0, 0, STYLE_PLAIN, "a\u4e2d\u00e9b"), 5);
    grid_rule(&all, 1, "x");
    grid_divide(&all, 7);
    expect_dump(false, "a???b  |\n-- x --|----\n       |\n");
}
END_TEST

START_TEST(a_column_shows_that_it_was_cut)
{
    struct area all = grid_area(&grid);

    grid_column(&all, 0, 0, 5, STYLE_PLAIN, "fits!");
    grid_column(&all, 0, 6, 5, STYLE_PLAIN, "does not");
    grid_column(&all, 1, 0, -5, STYLE_PLAIN, "12");
    grid_column(&all, 2, 9, 5, STYLE_PLAIN, "clipped");
    expect_dump(false, "fits! does\u2026\n   12\n         cl\u2026\n");
}
END_TEST

START_TEST(the_layer_shows_styles_selection_and_cursor)
{
    struct area all = grid_area(&grid);

    grid_text(&all, 0, 0, STYLE_C2B, "> in");
    grid_text(&all, 1, 2, STYLE_ERROR, "bad");
    grid_select(&all, 2);
    expect_dump(true, "> in\n  bad\n\n---\n> >>\n  !!!\nSSSSSSSSSSSS\n"
                      "cursor row 3 column 1\n");
}
END_TEST

START_TEST(text_width_and_fit_agree)
{
    static const char text[] = "ab\u4e2d\u0301c";

    ck_assert_int_eq(grid_text_width(text), 5);
    ck_assert_uint_eq(grid_text_fit(text, 5), strlen(text));
    ck_assert_uint_eq(grid_text_fit(text, 4), strlen(text) - 1);
    ck_assert_uint_eq(grid_text_fit(text, 3), 2);
    ck_assert_uint_eq(grid_text_fit(text, 0), 0);
}
END_TEST

Suite *grid_suite(void)
{
    Suite *suite = suite_create("grid");
    TCase *tcase = unit_case(suite, "grid", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, text_is_clipped_at_the_area);
    tcase_add_test(tcase, an_area_without_room_draws_nothing);
    tcase_add_test(tcase,
                   a_wide_character_takes_two_cells_and_is_never_cut_in_half);
    tcase_add_test(tcase,
                   writing_over_half_of_a_wide_character_blanks_the_other_half);
    tcase_add_test(tcase, combining_characters_join_the_cell_before_them);
    tcase_add_loop_test(tcase,
                        what_could_move_a_cursor_is_shown_as_a_question_mark, 0,
                        sizeof(harmless) / sizeof(harmless[0]));
    tcase_add_test(tcase, an_ascii_grid_keeps_the_width_of_what_it_cannot_show);
    tcase_add_test(tcase, a_column_shows_that_it_was_cut);
    tcase_add_test(tcase, the_layer_shows_styles_selection_and_cursor);
    tcase_add_test(tcase, text_width_and_fit_agree);
    return suite;
}
