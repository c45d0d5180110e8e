#include "suites.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "sample.h"
#include "sample_panel.h"
#include "tui/app.h"
#include "wire/event.h"
#include "wire/pcapng.h"

static struct store *store;
static struct app *app;
static struct sample sample;
static struct sample_lab lab;
static struct grid grid;
static char done[128];

static const char *publish(void *owner, const char *topic, const char *payload,
                           unsigned qos, bool retain)
{
    (void)owner;
    snprintf(done, sizeof(done), "publish %s '%s' %u %d", topic, payload, qos,
             retain);
    return "published";
}

static const char *kick(void *owner, const char *client_id, const char *how)
{
    (void)owner;
    snprintf(done, sizeof(done), "kick %s %s", client_id, how);
    return "done";
}

static const char *rule(void *owner, const struct app_rule *rule)
{
    (void)owner;
    snprintf(done, sizeof(done), "rule %s '%s' %d %u", rule->kind, rule->filter,
             rule->always, rule->ms);
    return "rule: 1";
}

static const char *unrule(void *owner, const char *kind)
{
    (void)owner;
    snprintf(done, sizeof(done), "unrule %s", kind ? kind : "all");
    return "rules ended: 1";
}

static const char *release(void *owner, uint64_t seq, bool all)
{
    (void)owner;
    snprintf(done, sizeof(done), "release %llu %d", (unsigned long long)seq,
             all);
    return "let go: 1";
}

static const char *drop(void *owner, uint64_t seq)
{
    (void)owner;
    snprintf(done, sizeof(done), "drop %llu", (unsigned long long)seq);
    return "dropped";
}

static const char *clear(void *owner, const char *topic)
{
    (void)owner;
    snprintf(done, sizeof(done), "clear %s", topic);
    return "cleared";
}

static const char *note(void *owner, uint64_t seq, const char *text)
{
    (void)owner;
    snprintf(done, sizeof(done), "note %llu %s", (unsigned long long)seq, text);
    return "noted";
}

static const struct app_deeds deeds = {
    .publish = publish,
    .kick = kick,
    .rule = rule,
    .unrule = unrule,
    .release = release,
    .drop = drop,
    .clear = clear,
    .note = note,
};

static void take(void *owner, const struct record *record)
{
    (void)owner;
    store_add(store, record);
}

static void set_up(void)
{
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    done[0] = '\0';
    store = store_new(1 << 20);
    sample_begin(&sample, take, NULL);
    sample_story(&sample);
    store_catch_up(store, 0);
    store_set_now(store, sample.time_ns);
    sample_lab_init(&lab);
    app = app_new(store, &lab.panel, NULL);
    app->deeds = &deeds;
    app_show(app, VIEW_PACKETS);
    grid_init(&grid, 24, 80, false);
    app_draw(app, &grid);
}

static void tear_down(void)
{
    grid_release(&grid);
    app_free(app);
    store_free(store);
    sample_end(&sample);
}

/* Type, and draw between keys as a terminal does. */
static void press(const char *keys)
{
    int key = KEYS_NONE;
    size_t used;

    while ((used = keys_parse(keys, &key))) {
        app_key(app, key, NULL);
        store_catch_up(store, 0);
        app_draw(app, &grid);
        keys += used;
    }
}

static bool shows(const char *text)
{
    struct buf picture = {0};
    bool found;

    grid_dump(&grid, false, &picture);
    found = strstr(buf_string(&picture), text);
    buf_release(&picture);
    return found;
}

static uint64_t chosen(void)
{
    struct history_row row;

    ck_assert(store_row(store, store_chosen_at(store, STORE_ALL), &row));
    return row.number;
}

/* ---- views and panes ---- */

START_TEST(a_digit_shows_its_view)
{
    for (int view = 0; view < VIEW_HELP; view++) {
        char key[] = {keys_view_digit((enum view_id)view), '\0'};

        press(key);
        ck_assert_int_eq(app->view, view);
    }
}
END_TEST

/* The line of keys, as it is drawn now. */
static bool key_line_says(const char *words)
{
    struct grid wide;
    struct buf text = {0};

    grid_init(&wide, 24, 100, true);
    app_draw(app, &wide);
    grid_dump(&wide, false, &text);
    bool says = strstr(buf_string(&text), words);
    buf_release(&text);
    grid_release(&wide);
    return says;
}

START_TEST(the_key_line_says_what_enter_does_in_this_pane)
{
    press("1");
    ck_assert(key_line_says("  Enter Open  "));
    press("<Enter>");
    ck_assert(key_line_says("  Enter List  "));
    press("<Enter>");
    ck_assert(key_line_says("  Enter Open  "));
    press("5<Tab>");
    ck_assert(key_line_says("  Enter Ladder  "));
}
END_TEST

START_TEST(tab_visits_every_pane_and_comes_back)
{
    int panes = 0;

    for (int view = 0; view < VIEW_HELP; view++)
        panes += (int)app->views[view]->class->panes;
    for (int i = 0; i < panes; i++)
        press("<Tab>");
    ck_assert_int_eq(app->view, VIEW_PACKETS);
    ck_assert_int_eq(app->pane, 0);
    for (int i = 0; i < panes; i++)
        press("<S-Tab>");
    ck_assert_int_eq(app->view, VIEW_PACKETS);
    ck_assert_int_eq(app->pane, 0);
}
END_TEST

START_TEST(the_chosen_packet_is_the_same_in_every_view)
{
    press(":9<Enter>2");
    ck_assert(shows("flow A: QoS 2, id 7"));
    press("j<Enter>");
    ck_assert_int_eq(app->view, VIEW_PACKETS);
    ck_assert_uint_eq(chosen(), 10);
}
END_TEST

START_TEST(help_leads_back_to_where_one_was)
{
    press("4?");
    ck_assert_int_eq(app->view, VIEW_HELP);
    ck_assert(shows("In this view (topics)"));
    press("q");
    ck_assert_int_eq(app->view, VIEW_TOPICS);
    ck_assert(!app->quit);
}
END_TEST

START_TEST(q_asks_before_the_broker_ends_and_escape_never_quits)
{
    app->about_quit = " Quit? ";
    press("<Esc><Esc>");
    ck_assert(!app->quit);
    press("qn");
    ck_assert(!app->quit);
    press("qy");
    ck_assert(app->quit);
}
END_TEST

START_TEST(q_leaves_at_once_when_nothing_ends_with_it)
{
    press("q");
    ck_assert(app->quit);
}
END_TEST

/* ---- filter ---- */

START_TEST(a_filter_is_tried_while_it_is_typed)
{
    press("fmqtt.qos == 2");
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 2);
    ck_assert(shows("[ok]  2 of 32 pkt"));
    press(" &&");
    ck_assert(shows("[bad]"));
    ck_assert(shows("column "));
    press("<Esc>");
    ck_assert_str_eq(store->filter_text, "");
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 32);
}
END_TEST

START_TEST(what_is_no_filter_cannot_be_entered)
{
    press("fmqtt.topik<Enter>");
    ck_assert_int_eq(app->asking, APP_FILTER);
    press("<C-u>mqtt.qos == 2<Enter>");
    ck_assert_int_eq(app->asking, APP_NOTHING);
    ck_assert_str_eq(store->filter_text, "mqtt.qos == 2");
    press("<Esc>");
    ck_assert_str_eq(store->filter_text, "");
}
END_TEST

START_TEST(the_chosen_field_becomes_a_filter)
{
    /* Packet 7: PUBLISH, QoS 2. The fourth line of the tree is its QoS. */
    press(":7<Enter><Enter>jjj=");
    ck_assert_str_eq(store->filter_text, "mqtt.qos == 2");
    ck_assert_uint_eq(store_count(store, STORE_PACKETS), 2);
    press("<Esc><Esc>:7<Enter><Enter>-");
    ck_assert_str_eq(store->filter_text, "!(mqtt.qos == 2)");
}
END_TEST

START_TEST(a_client_of_the_list_becomes_a_filter)
{
    press(":7<Enter>=");
    ck_assert_str_eq(store->filter_text, "lab.client == \"sensor-1\"");
    press("<Esc>3jj<Enter>");
    ck_assert_str_eq(store->filter_text, "lab.client == \"old-7\"");
    ck_assert_int_eq(app->view, VIEW_PACKETS);
}
END_TEST

START_TEST(earlier_filters_come_back_with_the_arrow)
{
    press("fmqtt.qos == 1<Enter>f<C-u>mqtt.qos == 2<Enter>f<Up><Up>");
    ck_assert_str_eq(store->filter_text, "mqtt.qos == 1");
    press("<Down>");
    ck_assert_str_eq(store->filter_text, "mqtt.qos == 2");
}
END_TEST

/* ---- finding ---- */

START_TEST(search_goes_on_and_back_and_says_when_there_is_nothing)
{
    press("g/pubrec<Enter>");
    ck_assert_uint_eq(chosen(), 8);
    press("n");
    ck_assert_uint_eq(chosen(), 32);
    press("N");
    ck_assert_uint_eq(chosen(), 8);
    press("/nowhere<Enter>");
    ck_assert(shows("not found: nowhere"));
    ck_assert_uint_eq(chosen(), 8);
}
END_TEST

START_TEST(a_number_goes_to_its_packet)
{
    press(":12<Enter>");
    ck_assert_uint_eq(chosen(), 12);
    press("ma:3<Enter>'a");
    ck_assert_uint_eq(chosen(), 12);
    press("''");
    ck_assert_uint_eq(chosen(), 3);
    press(":1000<Enter>");
    ck_assert(shows("there is no packet 1000"));
    ck_assert_uint_eq(chosen(), 3);
}
END_TEST

START_TEST(a_request_leads_to_its_answer_and_back)
{
    press(":3<Enter>o");
    ck_assert_uint_eq(chosen(), 4);
    press("o");
    ck_assert_uint_eq(chosen(), 3);
}
END_TEST

START_TEST(follow_comes_back_to_the_newest)
{
    press("gkF");
    ck_assert(store->follow);
    ck_assert_uint_eq(chosen(), 32);
    press("F");
    ck_assert(!store->follow);
    ck_assert_uint_eq(chosen(), 32);
    press("g<End>");
    ck_assert(store->follow);
}
END_TEST

/* ---- fields and bytes ---- */

START_TEST(bytes_and_fields_are_linked_both_ways)
{
    press(":7<Enter><Enter>jjjjjjjj");
    ck_assert(shows("Message Identifier: 7"));
    ck_assert(shows("[00 07]"));
    press("<Tab>gl");
    ck_assert(shows("[11]"));
    ck_assert(shows("mqtt.len  byte 1"));
}
END_TEST

START_TEST(a_field_is_explained_from_its_bytes_too)
{
    press("1<Tab><Tab>");
    ck_assert(shows("── > bytes"));
    press("e");
    ck_assert(shows("what it is for"));
    ck_assert(shows("The first byte of every packet"));
    press("<Tab>");
    ck_assert(shows("── > bytes"));
    ck_assert(!shows("The first byte of every packet"));
    press("e");
    ck_assert(shows("The first byte of every packet"));
    press("e");
    ck_assert(!shows("what it is for"));
}
END_TEST

START_TEST(a_folded_group_hides_its_fields)
{
    press(":7<Enter><Enter>");
    ck_assert(shows("DUP Flag"));
    press("h");
    ck_assert(!shows("DUP Flag"));
    press("l");
    ck_assert(shows("DUP Flag"));
}
END_TEST

/* ---- deeds ---- */

START_TEST(a_message_is_published_from_the_screen)
{
    press("p-q 1 -r a/b two words<Enter>");
    ck_assert_str_eq(done, "publish a/b 'two words' 1 1");
    press(":publish x y<Enter>");
    ck_assert_str_eq(done, "publish x 'y' 0 0");
    press("p-q 7 x y<Enter>");
    ck_assert(shows("-q: the QoS is 0, 1 or 2"));
    ck_assert_str_eq(done, "publish x 'y' 0 0");
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
    press("3K");
    press(kicks[_i].key);
    ck_assert_str_eq(done, kicks[_i].done);
}
END_TEST

/* ---- the wire ---- */

START_TEST(packets_are_held_and_let_go_from_the_keyboard)
{
    press("imqtt.qos == 2<Enter>");
    ck_assert_str_eq(done, "rule hold 'mqtt.qos == 2' 1 0");
    press(".");
    ck_assert_str_eq(done, "release 0 0");
    press("A");
    ck_assert_str_eq(done, "release 0 1");
    press("i");
    ck_assert_str_eq(done, "unrule hold");
    press("a");
    ck_assert(shows("the chosen packet is not held"));
    done[0] = '\0';
    press("imqtt.topik<Enter>");
    ck_assert_str_eq(done, "");
}
END_TEST

static const struct {
    const char *typed;
    const char *done;
} commands[] = {
    {":drop mqtt.msgtype == 4",                 "rule drop 'mqtt.msgtype == 4' 0 0"},
    {":drop always",                            "rule drop '' 1 0"                 },
    {":dr",                                     "rule drop '' 0 0"                 },
    {":delay 3s always lab.type == \"PUBACK\"",
     "rule delay 'lab.type == \"PUBACK\"' 1 3000"                                  },
    {":delay 500ms",                            "rule delay '' 0 500"              },
    {":slow 2s",                                "rule delay '' 1 2000"             },
    {":dup",                                    "rule dup '' 0 0"                  },
    {":corrupt mqtt.qos == 1",                  "rule corrupt 'mqtt.qos == 1' 0 0" },
    {":rules-off",                              "unrule all"                       },
    {":release all",                            "release 0 1"                      },
    {":cut sensor-1",                           "kick sensor-1 cut"                },
    {":silent sensor-1",                        "kick sensor-1 silent"             },
    {":disconnect sensor-1",                    "kick sensor-1 disconnect"         },
    {":clear a/b",                              "clear a/b"                        },
    {":delay",                                  ""                                 },
    {":delay x",                                ""                                 },
    {":delay 999999s",                          ""                                 },
    {":drop mqtt.topik",                        ""                                 },
    {":c sensor-1",                             ""                                 },
};

START_TEST(a_command_does_what_it_says)
{
    press(commands[_i].typed);
    press("<Enter>");
    ck_assert_str_eq(done, commands[_i].done);
}
END_TEST

START_TEST(who_only_watches_changes_nothing)
{
    app->deeds = NULL;
    app->no_deeds = "this only watches";
    press(commands[_i].typed);
    press("<Enter>i.Ap");
    ck_assert_str_eq(done, "");
    ck_assert_int_eq(app->asking, APP_NOTHING);
}
END_TEST

START_TEST(present_mode_comes_back_to_where_one_was)
{
    press("2P");
    ck_assert_int_eq(app->view, VIEW_PRESENT);
    ck_assert(shows("PRESENT"));
    press("?qP");
    ck_assert_int_eq(app->view, VIEW_LADDER);
    press("P<Esc>");
    ck_assert_int_eq(app->view, VIEW_LADDER);
}
END_TEST

START_TEST(space_lets_the_oldest_go_in_present_mode)
{
    press("P<Space>");
    ck_assert_str_eq(done, "release 0 0");
    done[0] = '\0';
    press("b");
    ck_assert(!shows("PRESENT"));
    press("<Space>");
    ck_assert_str_eq(done, "");
    ck_assert(shows("PRESENT"));
    press(":9<Enter>");
    ck_assert_uint_eq(chosen(), 9);
    press("u");
    ck_assert_uint_eq(chosen(), 8);
}
END_TEST

/* The sample story with a packet that a rule holds at its end. */
static void hold_one(void)
{
    struct history_row row;

    ck_assert(store_row(store, store_at(store, STORE_PACKETS, 8), &row));
    struct record record = row.record;
    record.seq = store->last_seq + 1;
    record.flags |= RECORD_HELD;
    store_add(store, &record);
    store_catch_up(store, 0);
    app_draw(app, &grid);
}

START_TEST(a_held_packet_is_shown_and_let_go)
{
    char expected[40];

    hold_one();
    ck_assert(shows("held 1 "));
    press("<End>");
    snprintf(expected, sizeof(expected), "release %llu 0",
             (unsigned long long)store->last_seq);
    press("a");
    ck_assert_str_eq(done, expected);
    snprintf(expected, sizeof(expected), "drop %llu",
             (unsigned long long)store->last_seq);
    press("Pd");
    ck_assert_str_eq(done, expected);
    ck_assert(shows(">HELD<"));
    /* The broker says that it goes on. */
    struct buf bytes = {0};
    record_begin(&bytes, EVENT_PACKET_RELEASED);
    store_add(store, &(struct record){.type = RECORD_EVT,
                                      .seq = store->last_seq + 1,
                                      .cause = store->last_seq,
                                      .time_ns = store->last_ns,
                                      .bytes = buf_slice(&bytes)});
    buf_release(&bytes);
    store_catch_up(store, 0);
    press("P");
    ck_assert(shows("held 0 "));
}
END_TEST

START_TEST(a_note_is_written_on_the_chosen_packet)
{
    press(":7<Enter>;look here<Enter>");
    ck_assert_ptr_nonnull(strstr(done, " look here"));
    app->deeds = NULL;
    press(":8<Enter>;and here<Enter>");
    struct history_row row;
    ck_assert(store_row(store, store_chosen_at(store, STORE_ALL), &row));
    ck_assert_uint_eq(row.number, 8);
    ck_assert_str_eq(row.comment, "and here");
}
END_TEST

START_TEST(a_retained_message_is_cleared_after_asking)
{
    press("4/mode<Enter>D");
    ck_assert_str_eq(done, "");
    press("y");
    ck_assert_ptr_nonnull(strstr(done, "clear "));
}
END_TEST

/* ---- completion ---- */

static const struct {
    const char *typed;
    enum app_asking asking;
    const char *text;
} completions[] = {
    {"fmqtt.msgi<Tab>",                 APP_FILTER,  "mqtt.msgid"                },
    {"flab.cl<Tab> == \"sens<Tab>",     APP_FILTER,  "lab.client == \"sensor-1\""},
    {"flab.type == \"PUBC<Tab>",        APP_FILTER,  "lab.type == \"PUBCOMP\""   },
    {"fno<Tab>",                        APP_FILTER,  "no-ping"                   },
    {"fmqtt.qos == 2 && mqtt.dup<Tab>", APP_FILTER,
     "mqtt.qos == 2 && mqtt.dupflag"                                             },
    {":dis<Tab>",                       APP_COMMAND, "disconnect"                },
    {":view ses<Tab>",                  APP_COMMAND, "view sessions"             },
    {":cut sens<Tab>",                  APP_COMMAND, "cut sensor-1"              },
    {":drop mqtt.msgi<Tab>",            APP_COMMAND, "drop mqtt.msgid"           },
    {"fzzz<Tab>",                       APP_FILTER,  "zzz"                       },
};

START_TEST(tab_completes_what_is_typed)
{
    press(completions[_i].typed);
    ck_assert_int_eq(app->asking, completions[_i].asking);
    ck_assert_str_eq(prompt_text(&app->prompts[app->asking]),
                     completions[_i].text);
}
END_TEST

START_TEST(what_is_typed_is_utf8)
{
    press("f\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xad");
    ck_assert_str_eq(prompt_text(&app->prompts[APP_FILTER]),
                     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xad");
    press("<BS><BS>");
    ck_assert_str_eq(prompt_text(&app->prompts[APP_FILTER]), "\xc3\xa9");
}
END_TEST

START_TEST(a_preset_is_a_filter)
{
    static const char *const names[] = {"no-ping", "errors", "qos2", "wills",
                                        "auth"};
    char keys[40];

    snprintf(keys, sizeof(keys), "f%s<Enter>", names[_i]);
    press(keys);
    ck_assert_int_eq(app->asking, APP_NOTHING);
    ck_assert(*store->filter_text);
    ck_assert_uint_gt(store_count(store, STORE_ALL), 0);
    ck_assert_uint_lt(store_count(store, STORE_PACKETS), 32);
}
END_TEST

START_TEST(an_unknown_command_is_corrected)
{
    press(":dorp<Enter>");
    ck_assert(shows("did you mean drop?"));
}
END_TEST

START_TEST(a_recording_cannot_be_changed)
{
    app->deeds = NULL;
    press("p");
    ck_assert_int_eq(app->asking, APP_NOTHING);
    press("3Kc");
    ck_assert_str_eq(done, "");
}
END_TEST

/* ---- lab ---- */

START_TEST(the_lab_is_led_from_the_keyboard)
{
    press("7p");
    ck_assert_uint_eq(lab.step, 1);
    press("n");
    ck_assert_uint_eq(lab.step, 2);
    press("h");
    ck_assert_uint_eq(lab.hints_open, 2);
    press("a5<Enter>");
    ck_assert(shows("not right yet"));
    press("a4<Enter>");
    ck_assert(shows("answered: 4"));
    press("<Tab><Enter>");
    ck_assert_int_eq(app->view, VIEW_PACKETS);
    ck_assert_uint_eq(chosen(), 7);
}
END_TEST

/* ---- mouse and size ---- */

static void mouse(int y, int x, enum keys_button button)
{
    const struct keys_mouse at = {y, x, button};

    app_key(app, KEYS_MOUSE, &at);
    app_draw(app, &grid);
}

START_TEST(a_click_chooses_and_the_wheel_moves)
{
    mouse(4, 10, KEYS_CLICK);
    ck_assert_uint_eq(chosen(), 26);
    mouse(13, 10, KEYS_CLICK);
    ck_assert_int_eq(app->pane, 1);
    mouse(4, 10, KEYS_WHEEL_DOWN);
    mouse(1, 9, KEYS_CLICK);
    ck_assert_int_eq(app->view, VIEW_LADDER);
    mouse(5, 10, KEYS_WHEEL_UP);
    ck_assert_uint_lt(chosen(), 32);
    mouse(23, 79, KEYS_CLICK);
    mouse(-1, 500, KEYS_CLICK);
}
END_TEST

START_TEST(every_view_draws_at_every_size)
{
    for (int height = 1; height < 45; height += 3) {
        for (int width = 1; width < 130; width += 7) {
            grid_resize(&grid, height, width);
            for (int view = 0; view < VIEW_COUNT; view++) {
                app_show(app, (enum view_id)view);
                app_draw(app, &grid);
                press("<Tab>");
            }
        }
    }
    ck_assert_int_eq(app->layout.kind, LAYOUT_FULL);
}
END_TEST

START_TEST(a_large_screen_shows_several_views_and_zoom_one)
{
    grid_resize(&grid, 40, 120);
    press("1");
    ck_assert_int_eq(app->layout.kind, LAYOUT_FULL);
    ck_assert(shows("7 lab") && shows("4 topics") && shows("9 log"));
    press("z");
    ck_assert_int_eq(app->layout.kind, LAYOUT_NORMAL);
    ck_assert(!shows("4 topics"));
    press("<Esc>");
    ck_assert_int_eq(app->layout.kind, LAYOUT_FULL);
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
    uint64_t records = 0;
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    snprintf(keys, sizeof(keys), ":w %s<Enter>", path);
    press(keys);
    FILE *file = fopen(path, "rb");
    struct pcapng_reader *reader =
        pcapng_reader_new(file, error, sizeof(error));
    ck_assert_ptr_nonnull(reader);
    while (pcapng_read(reader, &record) == 1)
        count(&records, &record);
    ck_assert_uint_eq(records, sample.seq);
    pcapng_reader_free(reader);
    fclose(file);
    snprintf(keys, sizeof(keys), ":save-display %s<Enter>", path);
    press(keys);
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(fgets(error, sizeof(error), file));
    ck_assert_ptr_nonnull(strstr(error, "mqttlab"));
    fclose(file);
    unlink(path);
    press(":w /nowhere/at/all<Enter>");
    ck_assert(shows("No such file"));
}
END_TEST

/* ---- anything ---- */

static uint32_t random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
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
    uint64_t end = clock_read_monotonic_ns() + 4 * CLOCK_NS_PER_S;

    for (int i = 0; i < 4000 && clock_read_monotonic_ns() < end; i++) {
        uint32_t dice = random_next(&state);
        int key =
            dice % 4 ? 0x20 + (int)(dice / 4 % 0x5f) : special[dice / 4 % 15];
        struct keys_mouse at = {(int)(random_next(&state) % 50),
                                (int)(random_next(&state) % 140),
                                (enum keys_button)(dice % 3)};

        /* ":" would lead to files of any name. */
        if (key == ':')
            key = 27;
        app_key(app, key, &at);
        if (dice % 50 == 0)
            grid_resize(&grid, 1 + (int)(random_next(&state) % 50),
                        1 + (int)(random_next(&state) % 140));
        if (dice % 97 == 0)
            sample_story(&sample);
        store_catch_up(store, 0);
        store_set_now(store, sample.time_ns);
        app_draw(app, &grid);
        ck_assert_int_lt(grid.cursor_y, grid.height);
        ck_assert_int_lt(grid.cursor_x, grid.width);
        app->quit = false;
    }
    ck_assert_uint_eq(store->tag_count <= history_packets(store->history), 1);
}
END_TEST

Suite *app_suite(void)
{
    Suite *suite = suite_create("app");
    TCase *tcase = unit_case(suite, "app", 60);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_digit_shows_its_view);
    tcase_add_test(tcase, the_key_line_says_what_enter_does_in_this_pane);
    tcase_add_test(tcase, tab_visits_every_pane_and_comes_back);
    tcase_add_test(tcase, the_chosen_packet_is_the_same_in_every_view);
    tcase_add_test(tcase, help_leads_back_to_where_one_was);
    tcase_add_test(tcase, q_asks_before_the_broker_ends_and_escape_never_quits);
    tcase_add_test(tcase, q_leaves_at_once_when_nothing_ends_with_it);
    tcase_add_test(tcase, a_filter_is_tried_while_it_is_typed);
    tcase_add_test(tcase, what_is_no_filter_cannot_be_entered);
    tcase_add_test(tcase, the_chosen_field_becomes_a_filter);
    tcase_add_test(tcase, a_client_of_the_list_becomes_a_filter);
    tcase_add_test(tcase, earlier_filters_come_back_with_the_arrow);
    tcase_add_test(tcase,
                   search_goes_on_and_back_and_says_when_there_is_nothing);
    tcase_add_test(tcase, a_number_goes_to_its_packet);
    tcase_add_test(tcase, a_request_leads_to_its_answer_and_back);
    tcase_add_test(tcase, follow_comes_back_to_the_newest);
    tcase_add_test(tcase, bytes_and_fields_are_linked_both_ways);
    tcase_add_test(tcase, a_field_is_explained_from_its_bytes_too);
    tcase_add_test(tcase, a_folded_group_hides_its_fields);
    tcase_add_test(tcase, a_message_is_published_from_the_screen);
    tcase_add_loop_test(tcase, a_client_is_ended_in_one_of_three_ways, 0,
                        sizeof(kicks) / sizeof(kicks[0]));
    tcase_add_test(tcase, packets_are_held_and_let_go_from_the_keyboard);
    tcase_add_loop_test(tcase, a_command_does_what_it_says, 0,
                        sizeof(commands) / sizeof(commands[0]));
    tcase_add_loop_test(tcase, who_only_watches_changes_nothing, 0,
                        sizeof(commands) / sizeof(commands[0]));
    tcase_add_test(tcase, present_mode_comes_back_to_where_one_was);
    tcase_add_test(tcase, space_lets_the_oldest_go_in_present_mode);
    tcase_add_test(tcase, a_held_packet_is_shown_and_let_go);
    tcase_add_test(tcase, a_note_is_written_on_the_chosen_packet);
    tcase_add_test(tcase, a_retained_message_is_cleared_after_asking);
    tcase_add_loop_test(tcase, tab_completes_what_is_typed, 0,
                        sizeof(completions) / sizeof(completions[0]));
    tcase_add_test(tcase, what_is_typed_is_utf8);
    tcase_add_loop_test(tcase, a_preset_is_a_filter, 0, 5);
    tcase_add_test(tcase, an_unknown_command_is_corrected);
    tcase_add_test(tcase, a_recording_cannot_be_changed);
    tcase_add_test(tcase, the_lab_is_led_from_the_keyboard);
    tcase_add_test(tcase, a_click_chooses_and_the_wheel_moves);
    tcase_add_test(tcase, every_view_draws_at_every_size);
    tcase_add_test(tcase, a_large_screen_shows_several_views_and_zoom_one);
    tcase_add_test(tcase, what_was_written_can_be_read_again);
    tcase_add_loop_test(tcase, random_keys_never_break_it, 0, 3);
    return suite;
}
