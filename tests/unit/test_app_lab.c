/*
 * A lab in the dashboard: its steps, questions, hints, and where they are seen.
 */
#include "suites.h"

#include "app_stage.h"

START_TEST(the_lab_is_led_from_the_keyboard)
{
    app_press("7p");
    ck_assert_uint_eq(dash.lab.step, 1);
    app_press("n");
    ck_assert_uint_eq(dash.lab.step, 2);
    app_press("h"); /* it costs a point, so that is asked */
    ck_assert(app_shows("costs points: open it?"));
    app_press("h");
    ck_assert_uint_eq(dash.lab.hints_open, 1);
    app_press("hy");
    ck_assert_uint_eq(dash.lab.hints_open, 2);
    ck_assert(app_shows("There are four packets."));
    app_press("a5<Enter>");
    ck_assert(app_shows("not right yet"));
    app_press("a4<Enter>");
    ck_assert(app_shows("answered: 4"));
    app_press("a");
    ck_assert(app_shows("answered already"));
    ck_assert_int_eq(dash.app->asking, APP_NOTHING);
    app_press("<Tab><Enter>");
    ck_assert_int_eq(dash.app->view, VIEW_PACKETS);
    ck_assert_uint_eq(app_chosen(), 7);
}
END_TEST

START_TEST(the_lab_is_presented_step_by_step)
{
    app_press("7P");
    ck_assert(app_shows("Exactly once"));
    app_press("h");
    ck_assert_uint_eq(dash.lab.step, 1);
    app_press("<Right>");
    ck_assert_uint_eq(dash.lab.step, 2);
    app_press("t");
    ck_assert(!app_shows("Exactly once"));
    app_press("l");
    ck_assert_uint_eq(dash.lab.step, 2);
    app_press("tjjjjG");
    ck_assert(app_shows("PRESENT"));
    app_press("P");
    ck_assert_int_eq(dash.app->view, VIEW_LAB);
    app_press("1P");
    ck_assert(!app_shows("Exactly once"));
}
END_TEST

START_TEST(a_step_that_begins_again_is_read_from_its_top)
{
    grid_release(&dash.grid);
    grid_init(&dash.grid, 12, 40, false);
    app_press("7");
    ck_assert(app_shows("Publish ONE"));
    app_press("G");
    ck_assert(!app_shows("Publish ONE"));
    app_press("Xn");
    ck_assert(!app_shows("Publish ONE"));
    app_press("Xy");
    ck_assert(app_shows("Publish ONE"));
}
END_TEST

/* Who answers sees what is asked, and how one comes back from the checks. */
START_TEST(a_question_is_seen_while_it_is_answered)
{
    grid_resize(&dash.grid, 18, 80);
    app_press("7");
    ck_assert(!app_shows("Question: number of packets?"));
    app_press("a");
    ck_assert(app_shows("Question: number of packets?"));
    app_press("<Esc><Tab>");
    ck_assert(app_shows("> Checks  2 of 5   7: text"));
    app_press("7");
    ck_assert(!app_shows("> Checks"));
    ck_assert(app_shows("Checks  2 of 5"));
}
END_TEST

/* Points that are gone again are no secret, in a narrow pane neither. */
START_TEST(what_a_changed_file_has_cost_is_seen_beside_the_checks)
{
    app_press("7");
    ck_assert(!app_shows("ca.crt was"));
    dash.lab.lost = "ca.crt was changed";
    grid_resize(&dash.grid, 24, 80);
    app_press("g");
    ck_assert(app_shows("ca.crt was"));
    grid_resize(&dash.grid, 40, 60);
    app_press("g");
    ck_assert(app_shows("ca.crt was"));
}
END_TEST

/* There is more room then, so less of the text is above what is seen. */
START_TEST(a_lab_read_to_its_end_is_seen_when_zoomed)
{
    grid_resize(&dash.grid, 40, 120);
    app_press("7G");
    ck_assert(!app_shows("Publish ONE message"));
    app_press("z");
    ck_assert(app_shows("Publish ONE message"));
}
END_TEST

/* On a narrow screen a number that is cut would be another packet's. */
START_TEST(all_packets_that_prove_a_check_are_named_in_full)
{
    grid_resize(&dash.grid, 50, 80);
    dash.lab.wordy = true;
    app_press("7<Tab>");
    ck_assert(app_shows("packets 1007, 1008,"));
    ck_assert(app_shows("1013   Enter=go"));
}
END_TEST

/* q that only takes the whole window away from a view says so. */
START_TEST(leaving_a_zoomed_view_is_told)
{
    grid_resize(&dash.grid, 40, 120);
    app_press("2");
    ck_assert(app_shows("q Quit"));
    app_press("z");
    ck_assert(app_shows("q Back") && !app_shows("q Quit"));
    app_press("7q");
    ck_assert(app_shows("beside the other views again; now q quits"));
    ck_assert(!app_shows("Quit?"));
}
END_TEST

/* Where only one view has room, zoom changes nothing: q quits at once. */
START_TEST(zoom_on_a_small_screen_keeps_nobody_from_leaving)
{
    grid_resize(&dash.grid, 24, 80);
    app_press("3zq");
    ck_assert(!app_shows("beside the other views again"));
    ck_assert(dash.app->quit);
}
END_TEST

Suite *app_lab_suite(void)
{
    Suite *suite = suite_create("app_lab");
    TCase *tcase = unit_case(suite, "app_lab", 30);

    tcase_add_checked_fixture(tcase, app_stage_open, app_stage_close);
    tcase_add_test(tcase, the_lab_is_led_from_the_keyboard);
    tcase_add_test(tcase, the_lab_is_presented_step_by_step);
    tcase_add_test(tcase, a_step_that_begins_again_is_read_from_its_top);
    tcase_add_test(tcase, a_question_is_seen_while_it_is_answered);
    tcase_add_test(tcase, a_lab_read_to_its_end_is_seen_when_zoomed);
    tcase_add_test(tcase,
                   what_a_changed_file_has_cost_is_seen_beside_the_checks);
    tcase_add_test(tcase, all_packets_that_prove_a_check_are_named_in_full);
    tcase_add_test(tcase, leaving_a_zoomed_view_is_told);
    tcase_add_test(tcase, zoom_on_a_small_screen_keeps_nobody_from_leaving);
    return suite;
}
