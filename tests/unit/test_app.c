#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app_stage.h"
#include "base/clock.h"
#include "cable_sample.h"
#include "wire/pcapng.h"

/* ---- views and panes ---- */

START_TEST(a_digit_shows_its_view)
{
    for (int view = 0; view < VIEW_HELP; view++) {
        char key[] = {keys_view_digit((enum view_id)view), '\0'};

        app_press(key);
        ck_assert_int_eq(dash.app->view, view);
    }
}
END_TEST

/* The line of keys, as it is drawn now. */
static bool key_line_says(const char *words)
{
    struct grid wide;
    struct buf text = {0};

    grid_init(&wide, 24, 100, true);
    app_draw(dash.app, &wide);
    grid_dump(&wide, false, &text);
    bool says = strstr(buf_string(&text), words);
    buf_release(&text);
    grid_release(&wide);
    return says;
}

START_TEST(the_key_line_says_what_enter_does_in_this_pane)
{
    app_press("1");
    ck_assert(key_line_says("  Enter Open  "));
    app_press("<Enter>");
    ck_assert(key_line_says("  Enter List  "));
    app_press("<Enter>");
    ck_assert(key_line_says("  Enter Open  "));
    app_press("5<Tab>");
    ck_assert(key_line_says("  Enter Ladder  "));
}
END_TEST

START_TEST(tab_visits_every_pane_and_comes_back)
{
    int panes = 0;

    for (int view = 0; view < VIEW_HELP; view++)
        panes += (int)dash.app->views[view]->class->panes;
    for (int i = 0; i < panes; i++)
        app_press("<Tab>");
    ck_assert_int_eq(dash.app->view, VIEW_PACKETS);
    ck_assert_int_eq(dash.app->pane, 0);
    for (int i = 0; i < panes; i++)
        app_press("<S-Tab>");
    ck_assert_int_eq(dash.app->view, VIEW_PACKETS);
    ck_assert_int_eq(dash.app->pane, 0);
}
END_TEST

START_TEST(the_chosen_packet_is_the_same_in_every_view)
{
    app_press(":9<Enter>2");
    ck_assert(app_shows("flow A done: QoS 2, id 7"));
    app_press("j<Enter>");
    ck_assert_int_eq(dash.app->view, VIEW_PACKETS);
    ck_assert_uint_eq(app_chosen(), 10);
}
END_TEST

START_TEST(a_handshake_that_waits_says_for_what)
{
    app_press(":31<Enter>2");
    ck_assert(app_shows("flow E open: QoS 2, id 5, dash-1 -> broker, PUBREL "
                        "is missing"));
    ck_assert(app_shows("keeps only the id once PUBREC reaches it"));
}
END_TEST

/* A recording of another broker has packets, and no word of what they cause. */
START_TEST(messages_of_another_broker_are_traced_by_what_they_say)
{
    static const struct sample_way in = {2, MQTT_5, false, 0};
    static const struct sample_way out = {1, MQTT_3_1_1, true, 0};

    sample_publish(&dash.sample, in, 0, 0, "far", "1");
    sample_publish(&dash.sample, in, 0, 0, "far", "2");
    sample_publish(&dash.sample, out, 0, 0, "far", "1");
    app_press(":35<Enter>2");
    ck_assert(app_shows("came from: the broker itself"));
    app_press("k");
    ck_assert(app_shows("went to: nobody so far"));
    dash.store->model->tells_causes = false;
    app_press("k");
    ck_assert(app_shows("went to 1 subscriber by topic and message: dash-1 "));
    app_press("j");
    ck_assert(app_shows("went to: nobody that was seen"));
    app_press("j");
    ck_assert(
        app_shows("came from, by topic and message: packet 33 by conn 2"));
    app_press(":31<Enter>");
    ck_assert(app_shows("went to: nobody that was seen"));
}
END_TEST

START_TEST(a_repeated_copy_and_one_that_waits_are_counted_apart)
{
    static const struct sample_way in = {2, MQTT_5, false, 0};
    struct sample_way out = {1, MQTT_3_1_1, true, 0};

    out.cause = sample_publish(&dash.sample, in, 78, 1, "far", "1");
    sample_event(&dash.sample, EVENT_MESSAGE_QUEUED, 0, out.cause,
                 RECORD_CLIENT_ID, "old-7", RECORD_TOPIC, "far", 0);
    app_press(":33<Enter>2");
    ck_assert(app_shows("waits for old-7"));
    sample_publish(&dash.sample, out, 77, 1, "far", "1");
    app_press("1");
    app_press("2");
    ck_assert(app_shows("went to 1 subscriber: dash-1 with QoS 1, open (packet "
                        "34); waits for old-7"));
    sample_publish(&dash.sample, out, 77, 1 | 8, "far", "1");
    app_press("1");
    app_press("2");
    ck_assert(app_shows("went to 1 subscriber: dash-1 with QoS 1, open (packet "
                        "34, again 35); waits"));
}
END_TEST

START_TEST(packets_of_a_handshake_may_lie_far_apart)
{
    static const struct sample_way in = {1, MQTT_3_1_1, false, 0};
    static const struct sample_way out = {1, MQTT_3_1_1, true, 0};

    sample_publish(&dash.sample, in, 70, 1, "far", "1");
    for (int i = 0; i < 1000; i++)
        sample_ack(&dash.sample, in, MQTT_PINGREQ, 0);
    app_press(":33<Enter>2");
    ck_assert(app_shows(" open: QoS 1, id 70, dash-1 -> broker, PUBACK is"));
    sample_ack(&dash.sample, out, MQTT_PUBACK, 70);
    app_press("12");
    ck_assert(app_shows(" done: QoS 1, id 70, dash-1 -> broker, "));
    ck_assert(app_shows("PUBACK got [done]"));
    app_press(":1034<Enter>");
    ck_assert(app_shows(" done: QoS 1, id 70, dash-1 -> broker, "));
    ck_assert(app_shows("went to: nobody so far"));
}
END_TEST

START_TEST(a_key_without_use_says_so)
{
    app_press("1B");
    ck_assert(app_shows("B has no use here; ? lists the keys"));
    app_press("3M");
    ck_assert(app_shows("M has no use here; it has in view 1, 2; ? lists"));
    app_press("<C-y>");
    ck_assert(app_shows("this key has no use here; ? lists the keys"));
    app_press("j");
    ck_assert(!app_shows("no use here"));
}
END_TEST

START_TEST(what_is_said_is_never_cut)
{
    app_press("1:copy<Enter>");
    ck_assert(app_shows(":copy FORM [FILE]: what is chosen as hex, text,"));
    ck_assert(app_shows("clipboard"));
    app_press("j");
    ck_assert(app_shows("? Help"));
}
END_TEST

START_TEST(the_rules_in_force_are_listed)
{
    app_press(":rules<Enter>");
    ck_assert(app_shows("no rule is in force"));
    ck_assert(!app_shows("lost 0  rules"));
    sample_event(&dash.sample, EVENT_RULE_SET, 0, 0, RECORD_TEXT,
                 "rule 1: always drop mqtt.qos == 2", 0);
    sample_event(&dash.sample, EVENT_RULE_SET, 0, 0, RECORD_TEXT,
                 "rule 2: delay 500 ms every packet", 0);
    /* Told again to somebody else, it is no third one. */
    sample_event(&dash.sample, EVENT_RULE_SET, 0, 0, RECORD_TEXT,
                 "rule 1: always drop mqtt.qos == 2", 0);
    app_press(":rules<Enter>");
    ck_assert(app_shows("lost 0  rules 2"));
    ck_assert(app_shows("rule 1: always drop mqtt.qos == 2; rule 2: delay"));
    sample_event(&dash.sample, EVENT_RULE_DID, 0, 0, RECORD_TEXT,
                 "dropped (rule 1)", 0);
    sample_event(&dash.sample, EVENT_RULE_DID, 0, 0, RECORD_TEXT,
                 "delayed (rule 2)", 0);
    app_press(":rules<Enter>");
    ck_assert(app_shows("lost 0  rules 1"));
    ck_assert(app_shows("rule 1: always drop mqtt.qos == 2"));
    ck_assert(!app_shows("rule 2"));
    sample_event(&dash.sample, EVENT_RULE_ENDED, 0, 0, RECORD_TEXT, "rule 1",
                 0);
    app_press(":rules<Enter>");
    ck_assert(app_shows("no rule is in force"));
}
END_TEST

START_TEST(the_list_of_commands_begins_with_them)
{
    app_press(":help<Enter>");
    ck_assert(app_shows(":filter EXPR"));
    ck_assert(!app_shows("In this view"));
}
END_TEST

START_TEST(help_leads_back_to_where_one_was)
{
    app_press("4?");
    ck_assert_int_eq(dash.app->view, VIEW_HELP);
    ck_assert(app_shows("In this view (topics)"));
    app_press("q");
    ck_assert_int_eq(dash.app->view, VIEW_TOPICS);
    ck_assert(!dash.app->quit);
}
END_TEST

START_TEST(help_begins_with_the_keys_of_the_view)
{
    app_press(":help<Enter>");
    ck_assert(!app_shows("In this view"));
    app_press("<Esc>?");
    ck_assert(app_shows("In this view (packets)"));
}
END_TEST

START_TEST(rules_are_counted_on_a_small_screen)
{
    grid_release(&dash.grid);
    grid_init(&dash.grid, 12, 40, false);
    app_press("1");
    ck_assert(app_shows("drop0 lost0"));
    sample_event(&dash.sample, EVENT_RULE_SET, 0, 0, RECORD_TEXT,
                 "rule 1: always drop mqtt.qos == 2", 0);
    app_press("1");
    ck_assert(app_shows(" held0 drop0 rules1      ?help"));
    grid_release(&dash.grid);
    grid_init(&dash.grid, 4, 20, false); /* nothing stands within the rest */
    app_press("1");
    ck_assert(app_shows(" LIVE 32p held0 drop"));
}
END_TEST

START_TEST(q_asks_before_the_broker_ends_and_escape_never_quits)
{
    dash.app->about_quit = " Quit? ";
    app_press("<Esc><Esc>");
    ck_assert(!dash.app->quit);
    app_press("qn");
    ck_assert(!dash.app->quit);
    app_press("qy");
    ck_assert(dash.app->quit);
}
END_TEST

static bool read_truth(void *owner)
{
    return *(bool *)owner;
}

START_TEST(q_leaves_at_once_when_nothing_ends_with_it)
{
    app_press("q");
    ck_assert(dash.app->quit);
}
END_TEST

/* The broker may have ended meanwhile, or another one may have come. */
START_TEST(q_asks_as_long_as_a_broker_would_end_with_it)
{
    bool runs = true;

    dash.app->about_quit = " Quit? ";
    dash.app->quit_ends = read_truth;
    dash.app->quit_owner = &runs;
    app_press("q");
    ck_assert(!dash.app->quit);
    app_press("n");
    runs = false;
    app_press("q");
    ck_assert(dash.app->quit);
}
END_TEST

/* ---- deeds ---- */

START_TEST(a_message_is_published_from_the_screen)
{
    app_press("p-q 1 -r a/b two words<Enter>");
    ck_assert_str_eq(dash.done, "publish a/b 'two words' 1 1");
    app_press(":publish x y<Enter>");
    ck_assert_str_eq(dash.done, "publish x 'y' 0 0");
    app_press("p-q 7 x y<Enter>");
    ck_assert(app_shows("-q: the QoS is 0, 1 or 2"));
    ck_assert_str_eq(dash.done, "publish x 'y' 0 0");
}
END_TEST

static const struct {
    const char *key;
    const char *done;
} kicks[] = {
    {"d", "kick dash-1 disconnect"},
    {"c", "kick dash-1 cut"       },
    {"s", "kick dash-1 silent"    },
    {"x", ""                      },
};

START_TEST(a_client_is_ended_in_one_of_three_ways)
{
    app_press("3K");
    app_press(kicks[_i].key);
    ck_assert_str_eq(dash.done, kicks[_i].done);
}
END_TEST

/* ---- mouse and size ---- */

static void mouse(int y, int x, enum keys_button button)
{
    const struct keys_mouse at = {y, x, button};

    app_key(dash.app, KEYS_MOUSE, &at);
    app_draw(dash.app, &dash.grid);
}

START_TEST(a_click_chooses_and_the_wheel_moves)
{
    mouse(4, 10, KEYS_CLICK);
    ck_assert_uint_eq(app_chosen(), 26);
    mouse(13, 10, KEYS_CLICK);
    ck_assert_int_eq(dash.app->pane, 1);
    mouse(4, 10, KEYS_WHEEL_DOWN);
    mouse(1, 9, KEYS_CLICK);
    ck_assert_int_eq(dash.app->view, VIEW_LADDER);
    mouse(5, 10, KEYS_WHEEL_UP);
    ck_assert_uint_lt(app_chosen(), 32);
    mouse(23, 79, KEYS_CLICK);
    mouse(-1, 500, KEYS_CLICK);
}
END_TEST

START_TEST(every_view_draws_at_every_size)
{
    for (int height = 1; height < 45; height += 3) {
        for (int width = 1; width < 130; width += 7) {
            grid_resize(&dash.grid, height, width);
            for (int view = 0; view < VIEW_COUNT; view++) {
                app_show(dash.app, (enum view_id)view);
                app_draw(dash.app, &dash.grid);
                app_press("<Tab>");
            }
        }
    }
    ck_assert_int_eq(dash.app->layout.kind, LAYOUT_FULL);
}
END_TEST

START_TEST(a_large_screen_shows_several_views_and_zoom_one)
{
    grid_resize(&dash.grid, 40, 120);
    app_press("1");
    ck_assert_int_eq(dash.app->layout.kind, LAYOUT_FULL);
    ck_assert(app_shows("7 lab") && app_shows("4 topics") &&
              !app_shows("9 log")); /* the lab has its place */
    app_press("z");
    ck_assert_int_eq(dash.app->layout.kind, LAYOUT_NORMAL);
    ck_assert(!app_shows("4 topics"));
    app_press("<Esc>");
    ck_assert_int_eq(dash.app->layout.kind, LAYOUT_FULL);
}
END_TEST

/* ---- files ---- */

static void count(void *owner, const struct record *record)
{
    (void)record;
    ++*(uint64_t *)owner;
}

START_TEST(what_was_written_can_be_read_again)
{
    char path[] = "/tmp/mqttlab-test-XXXXXX";
    char keys[64];
    char error[200];
    struct record record;
    struct stat status;
    uint64_t records = 0;
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fchmod(fd, 0644), 0);
    close(fd);
    snprintf(keys, sizeof(keys), ":w %s<Enter>", path);
    app_press(keys);
    /* It can hold passwords: for its owner alone. */
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
    FILE *file = fopen(path, "rb");
    struct pcapng_reader *reader =
        pcapng_reader_new(file, error, sizeof(error));
    ck_assert_ptr_nonnull(reader);
    while (pcapng_read(reader, &record) == 1)
        count(&records, &record);
    ck_assert_uint_eq(records, dash.sample.seq);
    pcapng_reader_free(reader);
    fclose(file);
    snprintf(keys, sizeof(keys), ":save-display %s<Enter>", path);
    app_press(keys);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(fgets(error, sizeof(error), file));
    ck_assert_ptr_nonnull(strstr(error, "mqttlab"));
    fclose(file);
    unlink(path);
    app_press(":w /nowhere/at/all<Enter>");
    ck_assert(app_shows("No such file"));
}
END_TEST

/* ---- anything ---- */

static uint32_t random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* What is shown at all changes, and what crossed cables comes to it. */
static void disturb(uint32_t dice)
{
    static const char *const filters[] = {
        "", "mqtt.qos > 0", "tls.handshake.type == 1",
        "!(tls.record.content_type == 23)", "mqtt.msgid == 999"};
    struct filter_error error;

    if (dice % 61 == 0)
        ck_assert(store_set_filter(dash.store, filters[dice / 61 % 5], &error));
    if (dice % 997 == 0) {
        struct history *cables = cable_sample_history();
        struct history_row row;

        for (uint64_t i = 0; history_get(cables, i, &row); i++)
            store_add(dash.store, &row.record);
        history_free(cables);
    }
}

/* A terminal gets no control characters, whatever is shown. */
static bool is_harmless(const struct grid *grid)
{
    for (int i = 0; i < grid->height * grid->width; i++) {
        for (int c = 0; c < GRID_CELL_CHARS; c++) {
            wchar_t sign = grid->cells[i].chars[c];

            if (sign && (sign < 0x20 || (sign >= 0x7f && sign < 0xa0)))
                return false;
        }
    }
    return true;
}

/* Keys, sizes and records at random, always the same: nothing crashes, every
   picture is harmless, the cursor is on the screen. */
START_TEST(random_keys_never_break_it)
{
    static const int special[] = {
        KEYS_UP,    KEYS_DOWN,    KEYS_LEFT,      KEYS_RIGHT, KEYS_HOME,
        KEYS_END,   KEYS_PAGE_UP, KEYS_PAGE_DOWN, KEYS_TAB,   KEYS_BACK_TAB,
        KEYS_ENTER, KEYS_ESCAPE,  KEYS_DELETE,    KEYS_F1,    KEYS_MOUSE};
    uint32_t state = 20260105u + (uint32_t)_i;
    const char *asked = getenv("RANDOM_KEYS_SECONDS");
    long seconds = asked ? strtol(asked, NULL, 10) : 4;
    uint64_t end =
        clock_read_monotonic_ns() + (uint64_t)seconds * CLOCK_NS_PER_S;

    for (int i = 0; (asked || i < 4000) && clock_read_monotonic_ns() < end;
         i++) {
        uint32_t dice = random_next(&state);
        int key =
            dice % 4 ? 0x20 + (int)(dice / 4 % 0x5f) : special[dice / 4 % 15];
        struct keys_mouse at = {(int)(random_next(&state) % 50),
                                (int)(random_next(&state) % 140),
                                (enum keys_button)(dice % 3)};

        /* These would lead to files of any name. */
        if (key == ':' || key == 'w' || key == 'x')
            key = 27;
        app_key(dash.app, key, &at);
        if (dice % 50 == 0)
            grid_resize(&dash.grid, 1 + (int)(random_next(&state) % 50),
                        1 + (int)(random_next(&state) % 140));
        if (dice % 97 == 0)
            sample_story(&dash.sample);
        disturb(dice);
        store_catch_up(dash.store, 0);
        store_set_now(dash.store, dash.sample.time_ns);
        app_draw(dash.app, &dash.grid);
        ck_assert(is_harmless(&dash.grid));
        ck_assert_int_lt(dash.grid.cursor_y, dash.grid.height);
        ck_assert_int_lt(dash.grid.cursor_x, dash.grid.width);
        dash.app->quit = false;
    }
    ck_assert_uint_le(dash.store->tag_count,
                      history_packets(dash.store->history));
}
END_TEST

Suite *app_suite(void)
{
    Suite *suite = suite_create("app");
    TCase *tcase = unit_case(suite, "app", 60);

    tcase_add_checked_fixture(tcase, app_stage_open, app_stage_close);
    tcase_add_test(tcase, a_digit_shows_its_view);
    tcase_add_test(tcase, the_key_line_says_what_enter_does_in_this_pane);
    tcase_add_test(tcase, tab_visits_every_pane_and_comes_back);
    tcase_add_test(tcase, the_chosen_packet_is_the_same_in_every_view);
    tcase_add_test(tcase, a_handshake_that_waits_says_for_what);
    tcase_add_test(tcase,
                   messages_of_another_broker_are_traced_by_what_they_say);
    tcase_add_test(tcase, a_repeated_copy_and_one_that_waits_are_counted_apart);
    tcase_add_test(tcase, packets_of_a_handshake_may_lie_far_apart);
    tcase_add_test(tcase, a_key_without_use_says_so);
    tcase_add_test(tcase, what_is_said_is_never_cut);
    tcase_add_test(tcase, the_rules_in_force_are_listed);
    tcase_add_test(tcase, the_list_of_commands_begins_with_them);
    tcase_add_test(tcase, help_begins_with_the_keys_of_the_view);
    tcase_add_test(tcase, rules_are_counted_on_a_small_screen);
    tcase_add_test(tcase, help_leads_back_to_where_one_was);
    tcase_add_test(tcase, q_asks_before_the_broker_ends_and_escape_never_quits);
    tcase_add_test(tcase, q_leaves_at_once_when_nothing_ends_with_it);
    tcase_add_test(tcase, q_asks_as_long_as_a_broker_would_end_with_it);
    tcase_add_test(tcase, a_message_is_published_from_the_screen);
    tcase_add_loop_test(tcase, a_client_is_ended_in_one_of_three_ways, 0,
                        sizeof(kicks) / sizeof(kicks[0]));
    tcase_add_test(tcase, a_click_chooses_and_the_wheel_moves);
    tcase_add_test(tcase, every_view_draws_at_every_size);
    tcase_add_test(tcase, a_large_screen_shows_several_views_and_zoom_one);
    tcase_add_test(tcase, what_was_written_can_be_read_again);
    tcase_add_loop_test(tcase, random_keys_never_break_it, 0, 3);
    return suite;
}
