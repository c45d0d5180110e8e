#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "app_stage.h"
#include "tui/command_table.h"

/* In which order rows stand, and views beside each other. */

static void click_at(int y, int x)
{
    struct keys_mouse mouse = {.button = KEYS_CLICK, .y = y, .x = x};

    app_key(dash.app, KEYS_MOUSE, &mouse);
    app_draw(dash.app, &dash.grid);
}

/* The numbers of the packets as the keys go through them. */
static void put_walk(int steps, struct buf *out)
{
    app_press("g");
    for (int i = 0; i < steps; i++, app_press("j"))
        buf_printf(out, "%llu ", (unsigned long long)app_chosen());
}

START_TEST(packets_are_sorted_by_a_column)
{
    struct buf walk = {0};

    app_press("fmqtt.msgtype == 3<Enter>");
    put_walk(4, &walk);
    ck_assert_str_eq(buf_string(&walk), "7 11 13 14 ");
    buf_clear(&walk);
    click_at(3, 43); /* Id */
    ck_assert(app_shows("^Id"));
    put_walk(4, &walk);
    ck_assert_str_eq(buf_string(&walk), "28 22 11 24 ");
    buf_clear(&walk);
    app_press("R");
    ck_assert(app_shows("vId"));
    put_walk(4, &walk);
    ck_assert_str_eq(buf_string(&walk), "7 31 24 11 ");
    click_at(6, 20);
    ck_assert_uint_eq(app_chosen(), 24);
    ck_assert(app_shows(" > 24 "));
    buf_clear(&walk);
    app_press(
        "f<C-u>mqtt.qos == 2<Enter>"); /* another filter, the same order */
    put_walk(2, &walk);
    ck_assert_str_eq(buf_string(&walk), "7 31 ");
    app_press("OOOO");
    buf_clear(&walk);
    app_press("<Esc>:8<Enter>g");
    put_walk(3, &walk);
    ck_assert_str_eq(buf_string(&walk), "1 2 3 ");
    buf_release(&walk);
}
END_TEST

/* What comes is put in its place, or is shown when the rows are sorted again;
   who follows sees the newest in any case. */
START_TEST(a_sorted_list_follows_the_newest)
{
    static const struct sample_way in = {1, MQTT_3_1_1, false, 0};

    app_press("OR");
    ck_assert(app_shows("Nov"));
    ck_assert_uint_eq(app_chosen(), 32);
    dash.sample.seq = dash.store->last_seq;
    sample_publish(&dash.sample, in, 0, 0, "new", "x");
    store_catch_up(dash.store, 0);
    app_draw(dash.app, &dash.grid);
    ck_assert_uint_eq(app_chosen(), 33);
    ck_assert(app_shows("33 PUBLISH"));
    app_press("j");
    ck_assert(!dash.store->follow);
    app_press("F");
    ck_assert_uint_eq(app_chosen(), 33);
}
END_TEST

/* In another order than the tree's they are a list of all that were named. */
START_TEST(a_column_that_is_not_shown_any_more_is_followed_by_the_first)
{
    app_press("OO");
    ck_assert(app_shows("Time^"));
    grid_resize(&dash.grid, 12, 40);
    app_draw(dash.app, &dash.grid);
    ck_assert(!app_shows("Time"));
    app_press("O");
    ck_assert(app_shows("No^"));
}
END_TEST

START_TEST(topics_are_sorted_by_a_column)
{
    app_press("4");
    ck_assert(app_shows("  - lab"));
    click_at(3, 28); /* Last message */
    ck_assert(app_shows("Last message^"));
    ck_assert(app_shows("  lab/goal") && !app_shows("  - lab"));
    app_press("g");
    ck_assert(app_shows("> lab/\xe6\xb8\xa9"));
    app_press("h");
    ck_assert(app_shows("nothing folds in a list"));
    app_press("Og");
    ck_assert(app_shows("Last messagev") && app_shows("> lab/goal"));
    app_press("/temp<Enter>");
    ck_assert(app_shows("> lab/temp"));
    app_press("<Enter>");
    ck_assert_str_eq(dash.store->filter_text, "lab.topic == \"lab/temp\"");
    app_press("4");
    click_at(3, 4); /* Topic */
    ck_assert(app_shows("  - lab"));
}
END_TEST

/* Which views one sees together; the chosen one is always among them. */
START_TEST(layouts_are_chosen_one_after_the_other)
{
    static const enum view_id first[LAYOUT_PLANS] = {
        [LAYOUT_ALL] = VIEW_WIRE,       [LAYOUT_LECTURE] = VIEW_PACKETS,
        [LAYOUT_STATE] = VIEW_SESSIONS, [LAYOUT_CABLE] = VIEW_WIRE,
        [LAYOUT_ONE] = VIEW_WIRE,
    };
    static const int slots[LAYOUT_PLANS] = {
        [LAYOUT_ALL] = 1,   [LAYOUT_LECTURE] = 3, [LAYOUT_STATE] = 4,
        [LAYOUT_CABLE] = 3, [LAYOUT_ONE] = 1,
    };

    grid_resize(&dash.grid, 40, 120);
    app_press("1");
    for (int plan = LAYOUT_LECTURE; plan < LAYOUT_PLANS; plan++) {
        app_press("V");
        ck_assert_int_eq(dash.app->plan, plan);
        ck_assert_int_eq(dash.app->view, first[plan]);
        ck_assert_int_eq(dash.app->layout.count, slots[plan]);
        ck_assert(app_shows(layout_plan_text((enum layout_plan)plan)));
    }
    app_press("1:layout nonsense<Enter>");
    ck_assert(app_shows("no layout 'nonsense'"));
    ck_assert_int_eq(dash.app->plan, LAYOUT_ONE);
    app_press("V");
    ck_assert_int_eq(dash.app->plan, LAYOUT_ALL);
    ck_assert_int_eq(dash.app->view, VIEW_PACKETS);
    ck_assert_int_eq(dash.app->layout.count, 5);
}
END_TEST

/* What is said of a command names all that it takes. */
START_TEST(help_names_every_layout_and_theme)
{
    const char *layouts = command_find("layout", strlen("layout"))->text;
    const char *themes = command_find("theme", strlen("theme"))->text;

    for (int plan = 0; plan < LAYOUT_PLANS; plan++)
        ck_assert_ptr_nonnull(
            strstr(layouts, layout_plan_name((enum layout_plan)plan)));
    for (const struct theme *theme = theme_table(); theme->name; theme++)
        ck_assert_ptr_nonnull(strstr(themes, theme->name));
}
END_TEST

/* A lab has its place beside whatever else is seen. */
START_TEST(a_lab_keeps_the_focus_when_the_layout_changes)
{
    grid_resize(&dash.grid, 40, 120);
    app_press("7V");
    ck_assert_int_eq(dash.app->plan, LAYOUT_LECTURE);
    ck_assert_int_eq(dash.app->view, VIEW_LAB);
    ck_assert_int_eq(dash.app->layout.kind, LAYOUT_FULL);
}
END_TEST

/* A terminal of the usual size has room for two views, one above the other. */
START_TEST(a_lecture_has_two_views_on_the_usual_screen)
{
    app_press("2:layout lecture<Enter>");
    ck_assert_int_eq(dash.app->view, VIEW_LADDER);
    ck_assert_int_eq(dash.app->layout.count, 2);
    app_press("<Tab>");
    ck_assert_int_eq(dash.app->view, VIEW_PACKETS);
    app_press("3");
    ck_assert_int_eq(dash.app->layout.count, 1);
    app_press(":layout cable<Enter>");
    ck_assert(app_shows("layout cable needs a screen of 120x40"));
    ck_assert_int_eq(dash.app->view, VIEW_WIRE);
    grid_resize(&dash.grid, 12, 40);
    app_press(":layout lecture<Enter>");
    ck_assert_int_eq(dash.app->layout.kind, LAYOUT_COMPACT);
    grid_resize(&dash.grid, 40, 120);
    app_press("1");
    ck_assert_int_eq(dash.app->layout.kind, LAYOUT_FULL);
}
END_TEST

START_TEST(messages_are_compared_from_where_they_are_seen)
{
    static const struct sample_way in = {1, MQTT_3_1_1, false, 0};

    for (unsigned i = 0; i < 3; i++) {
        char text[8];

        snprintf(text, sizeof(text), "v%u", i);
        sample_publish(&dash.sample, in, 0, 0, "same", text); /* 33 to 35 */
    }
    app_press("1:35<Enter>d");
    ck_assert(app_shows("compared"));
    ck_assert(app_shows("- packet 34"));
    ck_assert(app_shows("+ packet 35"));
    ck_assert(app_shows("- v1"));
    app_press("M:33<Enter><Space>:34<Enter><Space>:8<Enter>d");
    ck_assert(app_shows("- packet 33"));
    ck_assert(app_shows("+ packet 34"));
    app_press("MU4/same<Enter>d");
    ck_assert(app_shows("- packet 34"));
    ck_assert(app_shows("+ packet 35"));
    /* A tag on what is no PUBLISH does not count. */
    app_press("MU1:8<Enter><Space>:35<Enter>d");
    ck_assert(app_shows("- packet 34"));
    app_press("MU1:7<Enter>d");
    ck_assert(app_shows("No message of this topic was before"));
}
END_TEST

/* From a snapshot nobody knows when the client was heard last. */
START_TEST(who_was_not_heard_yet_has_at_most_so_long)
{
    static const struct sample_way in = {9, MQTT_3_1_1, false, 0};
    struct buf bytes = {0};
    struct record record = {.type = RECORD_EVT,
                            .flags = RECORD_SNAPSHOT,
                            .seq = ++dash.sample.seq,
                            .time_ns = dash.sample.time_ns,
                            .connection = 9};

    record_begin(&bytes, EVENT_CONNECT_ACCEPTED);
    record_put_string(&bytes, RECORD_CLIENT_ID, "before");
    record_put_number(&bytes, RECORD_KEEP_ALIVE, 60);
    record.bytes = buf_slice(&bytes);
    dash.sample.take(dash.sample.owner, &record);
    buf_release(&bytes);
    sample_event(&dash.sample, EVENT_SESSION_CREATED, 9, 0, RECORD_CLIENT_ID,
                 "before", 0);
    app_press("3/before<Enter>");
    ck_assert(app_shows("<60 s"));
    ck_assert(app_shows("gives it up in at most 90 s"));
    sample_ack(&dash.sample, in, MQTT_PINGREQ, 0);
    app_press("j");
    ck_assert(!app_shows("<60 s"));
    ck_assert(!app_shows("at most"));
}
END_TEST

Suite *app_order_suite(void)
{
    Suite *suite = suite_create("app_order");
    TCase *tcase = unit_case(suite, "app_order", 0);

    tcase_add_checked_fixture(tcase, app_stage_open, app_stage_close);
    tcase_add_test(tcase, packets_are_sorted_by_a_column);
    tcase_add_test(tcase, a_sorted_list_follows_the_newest);
    tcase_add_test(
        tcase, a_column_that_is_not_shown_any_more_is_followed_by_the_first);
    tcase_add_test(tcase, topics_are_sorted_by_a_column);
    tcase_add_test(tcase, layouts_are_chosen_one_after_the_other);
    tcase_add_test(tcase, help_names_every_layout_and_theme);
    tcase_add_test(tcase, a_lab_keeps_the_focus_when_the_layout_changes);
    tcase_add_test(tcase, a_lecture_has_two_views_on_the_usual_screen);
    tcase_add_test(tcase, messages_are_compared_from_where_they_are_seen);
    tcase_add_test(tcase, who_was_not_heard_yet_has_at_most_so_long);
    return suite;
}
