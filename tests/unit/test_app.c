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

/* ---- filter ---- */

START_TEST(a_filter_is_tried_while_it_is_typed)
{
    app_press("fmqtt.qos == 2");
    ck_assert_uint_eq(store_count(dash.store, STORE_PACKETS), 2);
    ck_assert(app_shows("[ok]  2 of 32 pkt"));
    app_press(" &&");
    ck_assert(app_shows("[bad]"));
    ck_assert(app_shows("column "));
    app_press("<Esc>");
    ck_assert_str_eq(dash.store->filter_text, "");
    ck_assert_uint_eq(store_count(dash.store, STORE_PACKETS), 32);
}
END_TEST

START_TEST(what_is_no_filter_cannot_be_entered)
{
    app_press("fmqtt.topik<Enter>");
    ck_assert_int_eq(dash.app->asking, APP_FILTER);
    app_press("<C-u>mqtt.qos == 2<Enter>");
    ck_assert_int_eq(dash.app->asking, APP_NOTHING);
    ck_assert_str_eq(dash.store->filter_text, "mqtt.qos == 2");
    app_press("<Esc>");
    ck_assert_str_eq(dash.store->filter_text, "");
}
END_TEST

START_TEST(the_chosen_field_becomes_a_filter)
{
    /* Packet 7: PUBLISH, QoS 2. The fourth line of the tree is its QoS. */
    app_press(":7<Enter><Enter>jjj=");
    ck_assert_str_eq(dash.store->filter_text, "mqtt.qos == 2");
    ck_assert_uint_eq(store_count(dash.store, STORE_PACKETS), 2);
    app_press("<Esc><Esc>:7<Enter><Enter>-");
    ck_assert_str_eq(dash.store->filter_text, "!(mqtt.qos == 2)");
}
END_TEST

START_TEST(a_client_of_the_list_becomes_a_filter)
{
    app_press(":7<Enter>=c");
    ck_assert_str_eq(dash.store->filter_text, "lab.client == \"sensor-1\"");
    app_press("<Esc>3jj<Enter>");
    ck_assert_str_eq(dash.store->filter_text, "lab.client == \"old-7\"");
    ck_assert_int_eq(dash.app->view, VIEW_PACKETS);
}
END_TEST

static const struct {
    const char *keys;
    const char *filter;
    size_t packets;
} narrowings[] = {
    {":7<Enter>=h",     "lab.flow == 1",              4 },
    {":7<Enter>=t",     "lab.topic == \"lab/temp\"",  6 },
    {":7<Enter>=p",     "lab.type == \"PUBLISH\"",    10},
    {":7<Enter>-p",     "!(lab.type == \"PUBLISH\")", 22},
    {":7<Enter>=t=p",
     "(lab.topic == \"lab/temp\") && "
     "lab.type == \"PUBLISH\"",                       2 },
    {"2:7<Enter>=h",    "lab.flow == 1",              4 },
    {":7<Enter>=<Esc>", "",                           32},
    {":7<Enter>=x",     "",                           32},
    {":1<Enter>=h",     "",                           32},
    {":1<Enter>=t",     "",                           32},
};

START_TEST(what_packets_have_in_common_becomes_a_filter)
{
    app_press(narrowings[_i].keys);
    ck_assert_str_eq(dash.store->filter_text, narrowings[_i].filter);
    ck_assert_uint_eq(store_count(dash.store, STORE_PACKETS),
                      narrowings[_i].packets);
}
END_TEST

START_TEST(earlier_filters_come_back_with_the_arrow)
{
    app_press("fmqtt.qos == 1<Enter>f<C-u>mqtt.qos == 2<Enter>f<Up><Up>");
    ck_assert_str_eq(dash.store->filter_text, "mqtt.qos == 1");
    app_press("<Down>");
    ck_assert_str_eq(dash.store->filter_text, "mqtt.qos == 2");
}
END_TEST

/* ---- finding ---- */

START_TEST(search_goes_on_and_back_and_says_when_there_is_nothing)
{
    app_press("g/pubrec<Enter>");
    ck_assert_uint_eq(app_chosen(), 8);
    app_press("n");
    ck_assert_uint_eq(app_chosen(), 32);
    app_press("N");
    ck_assert_uint_eq(app_chosen(), 8);
    app_press("/nowhere<Enter>");
    ck_assert(app_shows("not found: nowhere"));
    ck_assert_uint_eq(app_chosen(), 8);
    app_press("g/~^.*PUB(REC|COMP) +7<Enter>");
    ck_assert_uint_eq(app_chosen(), 8);
    app_press("g/#50 02 00 07<Enter>");
    ck_assert_uint_eq(app_chosen(), 8);
    app_press("/~(<Enter>");
    ck_assert(app_shows("column 2 of the expression"));
}
END_TEST

START_TEST(a_number_goes_to_its_packet)
{
    app_press(":12<Enter>");
    ck_assert_uint_eq(app_chosen(), 12);
    app_press("ma:3<Enter>'a");
    ck_assert_uint_eq(app_chosen(), 12);
    app_press("''");
    ck_assert_uint_eq(app_chosen(), 3);
    app_press(":1000<Enter>");
    ck_assert(app_shows("there is no packet 1000"));
    ck_assert_uint_eq(app_chosen(), 3);
}
END_TEST

START_TEST(a_request_leads_to_its_answer_and_back)
{
    app_press(":3<Enter>%");
    ck_assert_uint_eq(app_chosen(), 4);
    app_press("%");
    ck_assert_uint_eq(app_chosen(), 3);
}
END_TEST

START_TEST(follow_comes_back_to_the_newest)
{
    app_press("gkF");
    ck_assert(dash.store->follow);
    ck_assert_uint_eq(app_chosen(), 32);
    app_press("F");
    ck_assert(!dash.store->follow);
    ck_assert_uint_eq(app_chosen(), 32);
    app_press("g<End>");
    ck_assert(dash.store->follow);
}
END_TEST

/* ---- fields and bytes ---- */

START_TEST(bytes_and_fields_are_linked_both_ways)
{
    app_press(":7<Enter><Enter>jjjjjjjj");
    ck_assert(app_shows("Message Identifier: 7"));
    ck_assert(app_shows("[00 07]"));
    app_press("<Tab>gl");
    ck_assert(app_shows("[11]"));
    ck_assert(app_shows("mqtt.len  byte 1"));
}
END_TEST

/* The cells of the screen that have this style, or are selected for none. */
static int cells_of(enum style style)
{
    int count = 0;

    for (int i = 0; i < dash.grid.height * dash.grid.width; i++)
        count += dash.grid.cells[i].style == style;
    return count;
}

START_TEST(the_bytes_of_a_field_stand_out_with_and_without_colours)
{
    app_press(":8<Enter><Enter>G");
    ck_assert(app_shows("02[00 07]"));
    /* "00 07" and, at the right, "..". */
    ck_assert_int_eq(cells_of(STYLE_MARK), 11);
    app_press("<Tab>h");
    ck_assert(app_shows("50[02]00 07"));
    ck_assert(app_shows("mqtt.len"));
}
END_TEST

START_TEST(a_field_is_explained_from_its_bytes_too)
{
    app_press("1<Tab><Tab>");
    ck_assert(app_shows("── > bytes"));
    app_press("e");
    ck_assert(app_shows("what it is for"));
    ck_assert(app_shows("The first byte of every packet"));
    app_press("<Tab>");
    ck_assert(app_shows("── > bytes"));
    ck_assert(!app_shows("The first byte of every packet"));
    app_press("e");
    ck_assert(app_shows("The first byte of every packet"));
    app_press("e");
    ck_assert(!app_shows("what it is for"));
    /* Esc closes what opened last: this, and then the field. */
    app_press("e<Esc>");
    ck_assert(!app_shows("what it is for"));
}
END_TEST

START_TEST(a_folded_group_hides_its_fields)
{
    app_press(":7<Enter><Enter>");
    ck_assert(app_shows("DUP Flag"));
    app_press("h");
    ck_assert(!app_shows("DUP Flag"));
    app_press("l");
    ck_assert(app_shows("DUP Flag"));
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

/* ---- lab ---- */

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

/* q that only takes the whole window away from a view says so. */
START_TEST(leaving_a_zoomed_view_is_told)
{
    grid_resize(&dash.grid, 40, 120);
    app_press("7zq");
    ck_assert(app_shows("beside the other views again"));
    ck_assert(!app_shows("Quit?"));
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
        ck_assert_int_lt(dash.grid.cursor_y, dash.grid.height);
        ck_assert_int_lt(dash.grid.cursor_x, dash.grid.width);
        dash.app->quit = false;
    }
    ck_assert_uint_eq(
        dash.store->tag_count <= history_packets(dash.store->history), 1);
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
    tcase_add_test(tcase, help_leads_back_to_where_one_was);
    tcase_add_test(tcase, q_asks_before_the_broker_ends_and_escape_never_quits);
    tcase_add_test(tcase, a_step_that_begins_again_is_read_from_its_top);
    tcase_add_test(tcase, q_leaves_at_once_when_nothing_ends_with_it);
    tcase_add_test(tcase, q_asks_as_long_as_a_broker_would_end_with_it);
    tcase_add_test(tcase, a_filter_is_tried_while_it_is_typed);
    tcase_add_test(tcase, what_is_no_filter_cannot_be_entered);
    tcase_add_test(tcase, the_chosen_field_becomes_a_filter);
    tcase_add_test(tcase, a_client_of_the_list_becomes_a_filter);
    tcase_add_loop_test(tcase, what_packets_have_in_common_becomes_a_filter, 0,
                        sizeof(narrowings) / sizeof(narrowings[0]));
    tcase_add_test(tcase, earlier_filters_come_back_with_the_arrow);
    tcase_add_test(tcase,
                   search_goes_on_and_back_and_says_when_there_is_nothing);
    tcase_add_test(tcase, a_number_goes_to_its_packet);
    tcase_add_test(tcase, a_request_leads_to_its_answer_and_back);
    tcase_add_test(tcase, follow_comes_back_to_the_newest);
    tcase_add_test(tcase, bytes_and_fields_are_linked_both_ways);
    tcase_add_test(tcase,
                   the_bytes_of_a_field_stand_out_with_and_without_colours);
    tcase_add_test(tcase, a_field_is_explained_from_its_bytes_too);
    tcase_add_test(tcase, a_folded_group_hides_its_fields);
    tcase_add_test(tcase, a_message_is_published_from_the_screen);
    tcase_add_loop_test(tcase, a_client_is_ended_in_one_of_three_ways, 0,
                        sizeof(kicks) / sizeof(kicks[0]));
    tcase_add_test(tcase, the_lab_is_led_from_the_keyboard);
    tcase_add_test(tcase, the_lab_is_presented_step_by_step);
    tcase_add_test(tcase, a_click_chooses_and_the_wheel_moves);
    tcase_add_test(tcase, every_view_draws_at_every_size);
    tcase_add_test(tcase, a_large_screen_shows_several_views_and_zoom_one);
    tcase_add_test(tcase, a_lab_read_to_its_end_is_seen_when_zoomed);
    tcase_add_test(tcase, a_question_is_seen_while_it_is_answered);
    tcase_add_test(tcase, leaving_a_zoomed_view_is_told);
    tcase_add_test(tcase, what_was_written_can_be_read_again);
    tcase_add_loop_test(tcase, random_keys_never_break_it, 0, 3);
    return suite;
}
