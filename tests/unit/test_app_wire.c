#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app_stage.h"
#include "cable_sample.h"
#include "wire/event.h"

/* ---- the wire ---- */

START_TEST(packets_are_held_and_let_go_from_the_keyboard)
{
    app_press("imqtt.qos == 2<Enter>");
    ck_assert_str_eq(dash.done, "rule hold 'mqtt.qos == 2' 1 0");
    app_press(".");
    ck_assert_str_eq(dash.done, "release 0 0");
    app_press("A");
    ck_assert_str_eq(dash.done, "release 0 1");
    app_press("i");
    ck_assert_str_eq(dash.done, "unrule hold");
    app_press("a");
    ck_assert(app_shows("the chosen packet is not held"));
    dash.done[0] = '\0';
    app_press("imqtt.topik<Enter>");
    ck_assert_str_eq(dash.done, "");
}
END_TEST

START_TEST(a_rule_that_is_refused_holds_nothing)
{
    dash.refuses = true;
    app_press("imqtt.qos == 2<Enter>");
    ck_assert(app_shows("64 rules are the most"));
    ck_assert(!app_shows("holds what matches"));
    ck_assert(!dash.app->holding);
    app_press(":drop<Enter>");
    ck_assert(app_shows("64 rules are the most"));
    ck_assert(!app_shows("rules-off"));
    dash.refuses = false;
    app_press("imqtt.qos == 2<Enter>");
    ck_assert(dash.app->holding);
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
    app_press(commands[_i].typed);
    app_press("<Enter>");
    ck_assert_str_eq(dash.done, commands[_i].done);
}
END_TEST

START_TEST(who_only_watches_changes_nothing)
{
    dash.app->deeds = NULL;
    dash.app->no_deeds = "this only watches";
    app_press(commands[_i].typed);
    app_press("<Enter>i.Ap");
    ck_assert_str_eq(dash.done, "");
    ck_assert_int_eq(dash.app->asking, APP_NOTHING);
}
END_TEST

START_TEST(present_mode_comes_back_to_where_one_was)
{
    app_press("2P");
    ck_assert_int_eq(dash.app->view, VIEW_PRESENT);
    ck_assert(app_shows("PRESENT"));
    app_press("?qP");
    ck_assert_int_eq(dash.app->view, VIEW_LADDER);
    app_press("P<Esc>");
    ck_assert_int_eq(dash.app->view, VIEW_LADDER);
}
END_TEST

/* Lines of the picture in which something else than a frame is written. */
static int lines_of_content(void)
{
    struct buf text = {0};
    int lines = 0;

    grid_dump(&dash.grid, false, &text);
    for (const char *at = buf_string(&text); *at;) {
        size_t len = strcspn(at, "\n");

        lines += strspn(at, " |") < len;
        at += len + (at[len] == '\n');
    }
    buf_release(&text);
    return lines;
}

/* Large enough for the last row of a lecture hall. */
START_TEST(what_is_presented_is_large)
{
    const int around = 3; /* header, rule, keys */
    int letters = 0;

    dash.grid.ascii = true;
    app_press(":9<Enter>P");
    ck_assert_int_le(lines_of_content(), 12 + around);
    for (int y = 2; y < 7; y++) {
        const struct cell *row = &dash.grid.cells[y * dash.grid.width];

        for (int x = 0; x < 40; x++)
            letters += row[x].chars[0] == '#';
    }
    ck_assert_int_gt(letters, 40);
    ck_assert(app_shows("    ###   #  #  ###   ###   ####  #"));
}
END_TEST

START_TEST(a_message_is_read_compared_and_left)
{
    app_press("2:7<Enter>M");
    ck_assert_int_eq(dash.app->view, VIEW_PAYLOAD);
    ck_assert(app_shows("lab/temp  text"));
    app_press("t");
    ck_assert(app_shows("lab/temp  JSON"));
    app_press("d");
    ck_assert(app_shows("No message of this topic was before"));
    app_press("<Esc>");
    ck_assert_int_eq(dash.app->view, VIEW_LADDER);
}
END_TEST

START_TEST(space_lets_the_oldest_go_in_present_mode)
{
    app_press("P<Space>");
    ck_assert_str_eq(dash.done, "release 0 0");
    dash.done[0] = '\0';
    app_press("b");
    ck_assert(!app_shows("PRESENT"));
    app_press("<Space>");
    ck_assert_str_eq(dash.done, "");
    ck_assert(app_shows("PRESENT"));
    app_press(":9<Enter>");
    ck_assert_uint_eq(app_chosen(), 9);
    app_press("u");
    ck_assert_uint_eq(app_chosen(), 8);
}
END_TEST

/* The sample story with a packet that a rule holds at its end. */
static void hold_one(void)
{
    struct history_row row;

    ck_assert(
        store_row(dash.store, store_at(dash.store, STORE_PACKETS, 8), &row));
    struct record record = row.record;
    record.seq = dash.store->last_seq + 1;
    record.flags |= RECORD_HELD;
    store_add(dash.store, &record);
    store_catch_up(dash.store, 0);
    app_draw(dash.app, &dash.grid);
}

START_TEST(a_held_packet_is_shown_and_let_go)
{
    char expected[40];

    hold_one();
    ck_assert(app_shows("held 1 "));
    app_press("<End>");
    snprintf(expected, sizeof(expected), "release %llu 0",
             (unsigned long long)dash.store->last_seq);
    app_press("a");
    ck_assert_str_eq(dash.done, expected);
    snprintf(expected, sizeof(expected), "drop %llu",
             (unsigned long long)dash.store->last_seq);
    app_press("Pd");
    ck_assert_str_eq(dash.done, expected);
    ck_assert(app_shows(">HELD<"));
    /* The broker says that it goes on. */
    struct buf bytes = {0};
    record_begin(&bytes, EVENT_PACKET_RELEASED);
    store_add(dash.store, &(struct record){.type = RECORD_EVT,
                                           .seq = dash.store->last_seq + 1,
                                           .cause = dash.store->last_seq,
                                           .time_ns = dash.store->last_ns,
                                           .bytes = buf_slice(&bytes)});
    buf_release(&bytes);
    store_catch_up(dash.store, 0);
    app_press("P");
    ck_assert(app_shows("held 0 "));
}
END_TEST

/* In front of a class the held packet is what one speaks about, whatever else
   passes meanwhile. */
START_TEST(the_held_packet_is_presented_while_others_pass)
{
    struct history_row row;

    hold_one();
    uint64_t held = history_packets(dash.store->history);
    ck_assert(
        store_row(dash.store, store_at(dash.store, STORE_PACKETS, 0), &row));
    struct record record = row.record;
    record.seq = dash.store->last_seq + 1;
    store_add(dash.store, &record);
    store_catch_up(dash.store, 0);
    ck_assert(dash.store->follow);
    ck_assert_uint_eq(app_chosen(), held + 1);
    store_set_now(dash.store, dash.store->last_ns + 12 * UINT64_C(1000000000));
    app_press("P");
    ck_assert(app_shows(">HELD<"));
    ck_assert(app_shows("1 held  for 1"));
    ck_assert_uint_eq(app_chosen(), held);
    app_press("P");
    ck_assert_uint_eq(app_chosen(), held + 1);
}
END_TEST

START_TEST(a_note_is_written_on_the_chosen_packet)
{
    app_press(":7<Enter>;look here<Enter>");
    ck_assert_ptr_nonnull(strstr(dash.done, " look here"));
    dash.app->deeds = NULL;
    app_press(":8<Enter>;and here<Enter>");
    struct history_row row;
    ck_assert(
        store_row(dash.store, store_chosen_at(dash.store, STORE_ALL), &row));
    ck_assert_uint_eq(row.number, 8);
    ck_assert_str_eq(row.comment, "and here");
}
END_TEST

/* Instead of the story: connections with what crossed their cables. */
static void show_cables(void)
{
    struct history *history = cable_sample_history();
    struct history_row row;

    app_free(dash.app);
    store_free(dash.store);
    dash.store = store_new(0);
    for (uint64_t i = 0; history_get(history, i, &row); i++)
        store_add(dash.store, &row.record);
    store_catch_up(dash.store, 0);
    dash.app = app_new(dash.store, NULL, NULL);
    app_draw(dash.app, &dash.grid);
    history_free(history);
}

/* A line of the Wire view that only an eavesdropper sees is in no list. */
START_TEST(a_note_is_written_on_what_crossed_the_cable)
{
    unsigned notes = 0;
    struct history_row row;

    show_cables();
    app_press(":10<Enter>6g:note a hello<Enter><Enter>");
    for (uint64_t i = 0; store_row(dash.store, i, &row); i++) {
        if (!row.comment)
            continue;
        notes++;
        ck_assert_str_eq(row.comment, "a hello");
        ck_assert_uint_eq(row.record.type, RECORD_WIRE);
        ck_assert_uint_eq(row.record.layer, RECORD_CABLE);
    }
    ck_assert_uint_eq(notes, 1);
    ck_assert(app_shows("# a hello"));
}
END_TEST

/* The broker that is watched now knows nothing of its packets. */
START_TEST(a_note_on_a_packet_of_a_broker_that_is_gone_stays_here)
{
    static const struct sample_way in = {1, MQTT_3_1_1, false, 0};
    struct history_row row;

    dash.sample.seq = 0;
    sample_publish(&dash.sample, in, 0, 0, "new", "x");
    store_catch_up(dash.store, 0);
    app_press(":8<Enter>;old<Enter>");
    ck_assert_str_eq(dash.done, "");
    ck_assert(
        store_row(dash.store, store_chosen_at(dash.store, STORE_ALL), &row));
    ck_assert_str_eq(row.comment, "old");
    app_press("F;new<Enter>");
    ck_assert_ptr_nonnull(strstr(dash.done, " new"));
}
END_TEST

START_TEST(a_retained_message_is_cleared_after_asking)
{
    app_press("4/mode<Enter>D");
    ck_assert_str_eq(dash.done, "");
    app_press("y");
    ck_assert_ptr_nonnull(strstr(dash.done, "clear "));
}
END_TEST

/* ---- completion ---- */

static const struct {
    const char *typed;
    enum app_asking asking;
    const char *text;
} completions[] = {
    {"fmqtt.msgi<Tab>",                        APP_FILTER,  "mqtt.msgid"                },
    {"flab.cl<Tab> == \"sens<Tab>",            APP_FILTER,  "lab.client == \"sensor-1\""},
    {"flab.type == \"PUBC<Tab>",               APP_FILTER,  "lab.type == \"PUBCOMP\""   },
    {"fno<Tab>",                               APP_FILTER,  "no-ping"                   },
    {"fmqtt.qos == 2 && mqtt.dup<Tab>",        APP_FILTER,
     "mqtt.qos == 2 && mqtt.dupflag"                                                    },
    {"fmi<Tab>mqtt.topic_l<Tab>)",             APP_FILTER,  "min(mqtt.topic_len)"       },
    {"fmqtt.msgtype == \"Publish M<Tab>",      APP_FILTER,
     "mqtt.msgtype == \"Publish Message\""                                              },
    {"flab.event in {\"note\", \"will.f<Tab>", APP_FILTER,
     "lab.event in {\"note\", \"will.fired\""                                           },
    {":dis<Tab>",                              APP_COMMAND, "disconnect"                },
    {":view ses<Tab>",                         APP_COMMAND, "view sessions"             },
    {":cut sens<Tab>",                         APP_COMMAND, "cut sensor-1"              },
    {":drop mqtt.msgi<Tab>",                   APP_COMMAND, "drop mqtt.msgid"           },
    {"fzzz<Tab>",                              APP_FILTER,  "zzz"                       },
};

START_TEST(tab_completes_what_is_typed)
{
    app_press(completions[_i].typed);
    ck_assert_int_eq(dash.app->asking, completions[_i].asking);
    ck_assert_str_eq(prompt_text(&dash.app->prompts[dash.app->asking]),
                     completions[_i].text);
}
END_TEST

START_TEST(what_is_typed_is_utf8)
{
    app_press("f\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xad");
    ck_assert_str_eq(prompt_text(&dash.app->prompts[APP_FILTER]),
                     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xad");
    app_press("<BS><BS>");
    ck_assert_str_eq(prompt_text(&dash.app->prompts[APP_FILTER]), "\xc3\xa9");
}
END_TEST

START_TEST(keys_of_ones_own_come_first)
{
    static const char *const lines[] = {
        "bind X view-ladder\n", "bind <C-t> page-down packets",
        "bind j view-topics wills # x", "filter qos2"};
    static struct settings settings;
    char error[200];

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        ck_assert_msg(settings_take(&settings, lines[i], error, sizeof(error)),
                      "%s: %s", lines[i], error);
    app_use(dash.app, &settings);
    ck_assert_ptr_nonnull(strstr(dash.store->filter_text, "mqtt.qos == 2"));
    app_press("X");
    ck_assert_int_eq(dash.app->view, VIEW_LADDER);
    app_press("j");
    ck_assert_int_eq(dash.app->view, VIEW_LADDER);
    app_press("5j");
    ck_assert_int_eq(dash.app->view, VIEW_TOPICS);
    app_press("?");
    ck_assert(app_shows("Your own keys"));
    ck_assert(app_shows("view-ladder"));
    settings_release(&settings);
}
END_TEST

static const struct {
    const char *line;
    const char *why; /* a part of it */
} settings_wrong[] = {
    {"theme pink",     "no theme 'pink', but dark, light"                       },
    {"theme",          "a value is missing"                                     },
    {"memory 0",       "memory is 1 to 4096"                                    },
    {"memory x",       "memory is 1 to 4096"                                    },
    {"time noon",      "time is day or start"                                   },
    {"filter mqtt.x",  "mqtt.x"                                                 },
    {"columns weight", "weight"                                                 },
    {"bind X",         "bind KEY ACTION"                                        },
    {"bind XY help",   "a key is one letter"                                    },
    {"bind X fly",     "no such action"                                         },
    {"bind X help y",  "no such view"                                           },
    {"colour blue",    "there are ascii, mono, no-mouse, no-keys, theme, layout"},
    {"layout",         "a value is missing"                                     },
    {"layout wide",    "no layout 'wide', but all, lecture"                     },
};

START_TEST(a_wrong_setting_is_refused)
{
    struct settings settings = {0};
    char error[200] = "";

    ck_assert(!settings_take(&settings, settings_wrong[_i].line, error,
                             sizeof(error)));
    ck_assert_msg(strstr(error, settings_wrong[_i].why), "%s", error);
    settings_release(&settings);
}
END_TEST

START_TEST(settings_are_read_from_their_file)
{
    char folder[] = "/tmp/mqttlab-test-XXXXXX";
    char path[100];
    char error[200] = "";
    struct settings settings;
    struct screen_options screen = {0};
    size_t bytes = 0;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("XDG_CONFIG_HOME", folder, 1);
    ck_assert(settings_load(&settings, error, sizeof(error)));
    snprintf(path, sizeof(path), "%s/mqttlab", folder);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/mqttlab/dashboard.conf", folder);
    FILE *file = fopen(path, "w");
    fputs("# mine\ntheme safe\nmemory 7\nlayout lecture\nascii\n", file);
    fclose(file);
    ck_assert_msg(settings_load(&settings, error, sizeof(error)), "%s", error);
    settings_complete(&settings, &screen, &bytes);
    ck_assert_ptr_eq(screen.theme, theme_find("safe"));
    ck_assert(screen.ascii && !screen.mono);
    ck_assert_int_eq(settings.plan, LAYOUT_LECTURE);
    ck_assert_uint_eq(bytes, 7 << 20);
    settings_release(&settings);
    file = fopen(path, "a");
    fputs("theme none\n", file);
    fclose(file);
    ck_assert(!settings_load(&settings, error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "dashboard.conf:6: there is no theme"));
    settings_release(&settings);
    file = fopen(path, "w"); /* a line is a line, however long */
    fprintf(file, "# %2000s theme none\nfilter mqtt.topic == \"%1500s\"\n", "",
            "x");
    fclose(file);
    ck_assert_msg(settings_load(&settings, error, sizeof(error)), "%s", error);
    ck_assert_uint_eq(strlen(settings.filter), strlen("mqtt.topic == ") + 1502);
    settings_release(&settings);
    unlink(path);
    snprintf(path, sizeof(path), "%s/mqttlab", folder);
    rmdir(path);
    rmdir(folder);
}
END_TEST

START_TEST(a_preset_is_a_filter)
{
    static const char *const names[] = {"no-ping", "errors", "qos2", "wills",
                                        "auth"};
    char keys[40];

    snprintf(keys, sizeof(keys), "f%s<Enter>", names[_i]);
    app_press(keys);
    ck_assert_int_eq(dash.app->asking, APP_NOTHING);
    ck_assert(*dash.store->filter_text);
    ck_assert_uint_gt(store_count(dash.store, STORE_ALL), 0);
    ck_assert_uint_lt(store_count(dash.store, STORE_PACKETS), 32);
}
END_TEST

START_TEST(an_unknown_command_is_corrected)
{
    app_press(":dorp<Enter>");
    ck_assert(app_shows("did you mean drop?"));
}
END_TEST

START_TEST(a_recording_cannot_be_changed)
{
    dash.app->deeds = NULL;
    app_press("p");
    ck_assert_int_eq(dash.app->asking, APP_NOTHING);
    app_press("3Kc");
    ck_assert_str_eq(dash.done, "");
}
END_TEST

Suite *app_wire_suite(void)
{
    Suite *suite = suite_create("app_wire");
    TCase *tcase = unit_case(suite, "app_wire", 0);

    tcase_add_checked_fixture(tcase, app_stage_open, app_stage_close);
    tcase_add_test(tcase, packets_are_held_and_let_go_from_the_keyboard);
    tcase_add_test(tcase, a_rule_that_is_refused_holds_nothing);
    tcase_add_loop_test(tcase, a_command_does_what_it_says, 0,
                        sizeof(commands) / sizeof(commands[0]));
    tcase_add_loop_test(tcase, who_only_watches_changes_nothing, 0,
                        sizeof(commands) / sizeof(commands[0]));
    tcase_add_test(tcase, present_mode_comes_back_to_where_one_was);
    tcase_add_test(tcase, what_is_presented_is_large);
    tcase_add_test(tcase, a_message_is_read_compared_and_left);
    tcase_add_test(tcase, space_lets_the_oldest_go_in_present_mode);
    tcase_add_test(tcase, a_held_packet_is_shown_and_let_go);
    tcase_add_test(tcase, the_held_packet_is_presented_while_others_pass);
    tcase_add_test(tcase, a_note_is_written_on_the_chosen_packet);
    tcase_add_test(tcase, a_note_is_written_on_what_crossed_the_cable);
    tcase_add_test(tcase,
                   a_note_on_a_packet_of_a_broker_that_is_gone_stays_here);
    tcase_add_test(tcase, a_retained_message_is_cleared_after_asking);
    tcase_add_loop_test(tcase, tab_completes_what_is_typed, 0,
                        sizeof(completions) / sizeof(completions[0]));
    tcase_add_test(tcase, what_is_typed_is_utf8);
    tcase_add_test(tcase, keys_of_ones_own_come_first);
    tcase_add_loop_test(tcase, a_wrong_setting_is_refused, 0,
                        sizeof(settings_wrong) / sizeof(settings_wrong[0]));
    tcase_add_test(tcase, settings_are_read_from_their_file);
    tcase_add_loop_test(tcase, a_preset_is_a_filter, 0, 5);
    tcase_add_test(tcase, an_unknown_command_is_corrected);
    tcase_add_test(tcase, a_recording_cannot_be_changed);
    return suite;
}
