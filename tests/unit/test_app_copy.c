/* What is taken out of the dashboard, and what of it is shown. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_stage.h"
#include "base/alloc.h"
#include "sample.h"
#include "tui/export.h"
#include "tui/loaded.h"

/* ---- copying ---- */

/* Packet 7: PUBLISH lab/temp "21.5", QoS 2, Packet Identifier 7. */
static const struct {
    const char *keys;
    const char *copied;
} copies[] = {
    {":8<Enter>yh",                 "50 02 00 07"                         },
    {":8<Enter>yc",                 "static const unsigned char packet[] = {\n"
                    "    0x50, 0x02, 0x00, 0x07,\n};\n"},
    {":8<Enter>yf",                 "lab.packet == 8"                     },
    {":8<Enter>:copy hex<Enter>",   "50 02 00 07"                         },
    {":8<Enter><Enter>G yh",        "00 07"                               },
    {":8<Enter><Enter>Gyh",         "00 07"                               },
    {":8<Enter><Enter>Gyf",         "mqtt.msgid == 7"                     },
    {":8<Enter><Enter>Gyt",         "Message Identifier: 7"               },
    {":8<Enter><Enter>Gyj",         "{\n  \"mqtt.msgid\": 7\n}"           },
    {":7<Enter>Myt",                "21.5"                                },
    {":7<Enter>Myh",                "32 31 2e 35"                         },
    {":8<Enter>yx",                 ""                                    },
    {":8<Enter>y<Esc>",             ""                                    },
    {":8<Enter>:copy<Enter>",       ""                                    },
    {":8<Enter>:copy roman<Enter>", ""                                    },
};

START_TEST(what_is_chosen_is_copied)
{
    app_press(copies[_i].keys);
    ck_assert_str_eq(buf_string(&dash.app->copied), copies[_i].copied);
    buf_clear(&dash.app->copied);
}
END_TEST

START_TEST(a_whole_packet_is_copied_with_all_its_fields)
{
    app_press(":7<Enter>yj");
    const char *json = buf_string(&dash.app->copied);
    ck_assert_ptr_nonnull(strstr(json, "\"mqtt.topic\": \"lab/temp\""));
    ck_assert_ptr_nonnull(strstr(json, "\"mqtt.msgid\": 7"));
    ck_assert_ptr_nonnull(strstr(json, "\"mqtt.msg\": \"32:31:2e:35\""));
    app_press("yt");
    const char *text = buf_string(&dash.app->copied);
    ck_assert_ptr_nonnull(strstr(text, "PUBLISH"));
    ck_assert_ptr_nonnull(strstr(text, "\n  Message Identifier: 7\n"));
}
END_TEST

START_TEST(a_copy_can_go_to_a_file)
{
    char path[] = "/tmp/mqttlab-test-XXXXXX";
    char keys[64];
    char line[64] = "";
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    snprintf(keys, sizeof(keys), ":8<Enter>:copy hex %s<Enter>", path);
    app_press(keys);
    ck_assert_uint_eq(dash.app->copied.len, 0);
    close(fd);
    FILE *file = fopen(path, "r");
    ck_assert_uint_eq(fread(line, 1, sizeof(line) - 1, file), 11);
    ck_assert_str_eq(line, "50 02 00 07");
    fclose(file);
    unlink(path);
}
END_TEST

START_TEST(a_name_that_is_meant_for_something_else_is_refused)
{
    app_press(":save /tmp/mqttlab-test.pcapng<Enter>");
    ck_assert(app_shows("the records: :write /tmp/mqttlab-test.pcapng"));
    ck_assert_int_ne(access("/tmp/mqttlab-test.pcapng", F_OK), 0);
    app_press(":load /dev/null<Enter>");
    ck_assert(app_shows("/dev/null is no file"));
    ck_assert_ptr_null(dash.app->load);
}
END_TEST

START_TEST(an_empty_list_has_nothing_to_copy)
{
    app_press("fmqtt.msgid == 999<Enter>yh");
    ck_assert(app_shows("there is nothing here to copy as hex"));
    ck_assert_uint_eq(dash.app->copied.len, 0);
}
END_TEST

/* ---- a filter for Wireshark ---- */

START_TEST(a_filter_of_own_fields_becomes_frame_numbers)
{
    app_press("fmqtt.qos == 2<Enter>:wireshark<Enter>");
    ck_assert(app_shows("[ok]  2 of 32"));
    ck_assert_str_eq(buf_string(&dash.app->copied), "mqtt.qos == 2");
    app_press("f<C-u>lab.client == \"old-7\"<Enter>:wireshark<Enter>");
    ck_assert(app_shows("[ok, mqttlab only]  5 of 32"));
    ck_assert(app_shows("a filter for the file that w writes"));
    ck_assert_ptr_nonnull(
        strstr(buf_string(&dash.app->copied), "frame.number in {"));
    app_press("f<C-u><Enter>:wireshark<Enter>");
    ck_assert(app_shows("there is no filter"));
}
END_TEST

/* The frames that are named are those of the file that is written. */
START_TEST(tshark_selects_what_is_shown)
{
    char path[] = "/tmp/mqttlab-test-XXXXXX";
    char keys[200];
    char line[80] = "";
    int fd = mkstemp(path);

    if (system("command -v tshark >/dev/null 2>&1") != 0)
        return;
    ck_assert_int_ge(fd, 0);
    close(fd);
    app_press("flab.client == \"old-7\"<Enter>");
    snprintf(keys, sizeof(keys), ":write %s<Enter>", path);
    app_press(keys);
    app_press(":wireshark<Enter>");
    char *command = alloc_printf(
        "tshark -r %s -Y '%s' -T fields -e mqtt.msgtype 2>/dev/null | tr '\\n' "
        "' '",
        path, buf_string(&dash.app->copied));
    FILE *tshark = popen(command, "r");
    ck_assert_ptr_nonnull(fgets(line, sizeof(line), tshark));
    pclose(tshark);
    ck_assert_str_eq(line, "1 2 8 9 14 ");
    free(command);
    unlink(path);
}
END_TEST

/* ---- numbers of messages ---- */

START_TEST(a_member_of_json_is_plotted)
{
    const struct sample_way in = {.connection = 1, .version = MQTT_3_1_1};

    for (int i = 1; i <= 3; i++) {
        char json[80];

        snprintf(json, sizeof(json),
                 "{\"id\":%d,\"wind\":{\"speed\":%d,\"gust\":9}}", i, i * 10);
        sample_publish(&dash.sample, in, 0, 0, "sea", json);
        sample_publish(&dash.sample, in, 0, 0, "sea", "calm");
    }
    store_catch_up(dash.store, 0);
    app_press(":37<Enter>Mv");
    ck_assert(app_shows("id: 3, the last of 3 values up to here"));
    app_press("m");
    ck_assert(app_shows("wind.speed: 30, the last of 3 values up to here"));
    ck_assert(app_shows("30 |"));
    ck_assert(app_shows("10 |"));
    app_press("m");
    ck_assert(app_shows("wind.gust: 9, the last of 3 values up to here"));
    app_press("m");
    ck_assert(app_shows("id: 3, the last"));
    app_press("M:plot speed<Enter>");
    ck_assert(app_shows("speed: 30, the last of 3 values up to here"));
    app_press("jj");
    ck_assert(app_shows("no PUBLISH comes behind this one"));
    app_press("kkk");
    ck_assert(app_shows("speed: 20, the last of 2 values up to here"));
    app_press("M:plot tide<Enter>");
    ck_assert(app_shows("No number of this name"));
    app_press("M4/^sea<Enter>/~^sea<Enter>");
    ck_assert(app_shows("numbers 1 to 3  _=#"));
}
END_TEST

/* From the least to the most of these is more than a double holds. */
START_TEST(numbers_of_any_size_are_plotted)
{
    const struct sample_way in = {.connection = 1, .version = MQTT_3_1_1};

    sample_publish(&dash.sample, in, 0, 0, "sea", "-1e308");
    sample_publish(&dash.sample, in, 0, 0, "sea", "0");
    sample_publish(&dash.sample, in, 0, 0, "sea", "1e308");
    store_catch_up(dash.store, 0);
    app_press(":35<Enter>Mv");
    ck_assert(app_shows("1e+308, the last of 3 values up to here"));
    app_press("M4/^sea<Enter>/~^sea<Enter>");
    ck_assert(app_shows("numbers -1e+308 to 1e+308  _=#"));
}
END_TEST

/* ---- columns ---- */

START_TEST(columns_are_chosen_and_ordered)
{
    app_press("o<C-u>bytes type, number topic<Enter>:7<Enter>");
    ck_assert(app_shows("Bytes Type      No Topic"));
    ck_assert(app_shows("   19 PUBLISH    7 lab/temp"));
    ck_assert(!app_shows("Client"));
    app_press("o answer pair<Enter>:8<Enter>");
    ck_assert(app_shows("Answer Pair"));
    ck_assert(app_shows("ms <=7"));
    app_press("o<C-u><Enter>");
    ck_assert(app_shows("Client"));
    app_press(":columns user<Enter>");
    ck_assert(app_shows("alice"));
}
END_TEST

START_TEST(a_column_is_completed_and_a_wrong_one_refused)
{
    app_press("o<C-u>numb<Tab> by<Tab><Enter>");
    ck_assert(app_shows("No Bytes"));
    app_press(":columns number weight<Enter>");
    ck_assert(app_shows("there is no column 'weight'; there are number frame"));
    ck_assert(app_shows("No Bytes"));
    app_press(":columns number number<Enter>");
    ck_assert(app_shows("once"));
    app_press(":columns <Tab>");
    ck_assert(app_shows("direction"));
    app_press("<Esc>");
}
END_TEST

/* As many as there is room for, from the left; the last may be cut. */
static const struct {
    int width;
    const char *last;    /* columns that are seen */
    const char *missing; /* what is not */
} widths[] = {
    {40,  "Client   User Stream", "Stream   Type"},
    {60,  "Type     Id Fl\u2026", "Id Flags"     },
    {80,  "Id Flags Bytes Topic", "Answer"       },
    {120, "Answer Pair",          "Pair "        },
};

START_TEST(columns_that_do_not_fit_are_left_out)
{
    app_press(":columns number time delta client user stream direction type id "
              "flags bytes topic info answer pair<Enter>");
    grid_resize(&dash.grid, 24, widths[_i].width);
    for (int events = 0; events < 2; events++) { /* among them, too */
        app_draw(dash.app, &dash.grid);
        ck_assert(app_shows(widths[_i].last));
        ck_assert(!app_shows(widths[_i].missing));
        app_press("v");
    }
}
END_TEST

/* ---- the order of clients ---- */

static void click(int y, int x)
{
    const struct keys_mouse at = {y, x, KEYS_CLICK};

    app_key(dash.app, KEYS_MOUSE, &at);
    app_draw(dash.app, &dash.grid);
}

START_TEST(clients_are_sorted_by_the_column_that_is_clicked)
{
    app_press("3g");
    ck_assert(app_shows("> dash-1 "));
    click(3, 4);
    ck_assert(app_shows("Client^"));
    app_press("g");
    ck_assert(app_shows("> dash-1 "));
    click(3, 4);
    ck_assert(app_shows("Clientv"));
    app_press("g");
    ck_assert(app_shows("> x"));
    app_press("jj");
    ck_assert(app_shows("> old-7 "));
    app_press("o");
    ck_assert(app_shows("State^"));
    ck_assert(app_shows("> old-7 "));
    app_press("O");
    ck_assert(app_shows("Statev"));
    app_press("ooooooooo");
    ck_assert(!app_shows("^"));
    app_press("/sensor<Enter><Enter>");
    ck_assert_str_eq(dash.store->filter_text, "lab.client == \"sensor-1\"");
}
END_TEST

/* ---- a recording at home ---- */

static char *table_of(const struct store *from)
{
    struct buf text = {0};

    export_table(from, EXPORT_PACKETS, EXPORT_CSV, &text);
    return buf_take_string(&text);
}

START_TEST(a_recording_has_the_same_rows_and_notes_again)
{
    char path[] = "/tmp/mqttlab-test-XXXXXX";
    char text[200];
    int fd = mkstemp(path);
    struct loaded *loaded;

    ck_assert_int_ge(fd, 0);
    close(fd);
    dash.app->deeds = NULL;
    app_press(":8<Enter>;the broker has stored it<Enter>");
    snprintf(text, sizeof(text), ":write %s<Enter>", path);
    app_press(text);
    loaded = loaded_new(path, dash.app, text, sizeof(text));
    ck_assert_msg(loaded, "%s", text);
    source_poll(&loaded->source, 0);
    store_catch_up(loaded->store, 0);
    char *before = table_of(dash.store);
    char *after = table_of(loaded->store);
    ck_assert_ptr_nonnull(strstr(after, "the broker has stored it"));
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
    loaded_free(loaded);
    unlink(path);
}
END_TEST

static struct history_row chosen_of(const struct loaded *loaded)
{
    struct history_row row = {0};

    store_row(loaded->store, loaded->store->cursor, &row);
    return row;
}

/* Frame 8 to 10 of the story open a connection, frame 13 is the seventh packet;
   inspect says so, too. */
START_TEST(a_frame_of_a_file_leads_to_its_packet)
{
    char text[300];
    struct loaded *loaded =
        loaded_new("tests/screens/story.pcapng", dash.app, text, sizeof(text));
    struct filter_error error;

    ck_assert_msg(loaded, "%s", text);
    source_poll(&loaded->source, 0);
    store_catch_up(loaded->store, 0);
    app_command(loaded->app, "frame 13");
    ck_assert_uint_eq(chosen_of(loaded).number, 7);
    ck_assert_uint_eq(chosen_of(loaded).frame, 13);
    app_command(loaded->app, "frame 8");
    ck_assert_uint_eq(chosen_of(loaded).frame, 11);
    ck_assert_ptr_nonnull(strstr(loaded->app->said,
                                 "frame 8 is no packet; the next one is in "
                                 "frame 11"));
    app_command(loaded->app, "frame 9999");
    ck_assert_ptr_nonnull(strstr(loaded->app->said, "no packet came in"));
    app_command(loaded->app, "frame x");
    ck_assert_ptr_nonnull(strstr(loaded->app->said, "not the number"));
    ck_assert_uint_eq(chosen_of(loaded).frame, 11);
    ck_assert(store_set_filter(loaded->store, "frame.number == 13", &error));
    store_catch_up(loaded->store, 0);
    ck_assert_uint_eq(store_count(loaded->store, STORE_PACKETS), 1);
    ck_assert(store_set_filter(
        loaded->store, "frame.number == 13 && lab.packet == 7", &error));
    store_catch_up(loaded->store, 0);
    ck_assert_uint_eq(store_count(loaded->store, STORE_PACKETS), 1);
    loaded_free(loaded);
    app_press(":frame 1<Enter>");
    ck_assert(app_shows("of a file that was opened"));
}
END_TEST

START_TEST(what_is_no_recording_is_not_opened)
{
    char text[300];

    ck_assert_ptr_null(
        loaded_new("/nowhere/at/all", dash.app, text, sizeof(text)));
    ck_assert_ptr_nonnull(strstr(text, "No such file"));
    ck_assert_ptr_null(
        loaded_new("CHANGELOG.md", dash.app, text, sizeof(text)));
    app_press("Ltests/screens/story.pcapng<Enter>");
    ck_assert_str_eq(dash.app->load, "tests/screens/story.pcapng");
}
END_TEST

/* ---- the line of keys ---- */

START_TEST(the_line_of_keys_can_be_hidden)
{
    struct settings settings = {0};
    char error[200];

    ck_assert(app_shows("j/k Move"));
    app_press("H");
    ck_assert(!app_shows("j/k Move"));
    app_press("f");
    ck_assert(app_shows("filter: "));
    ck_assert_int_eq(dash.grid.cursor_y, dash.grid.height - 1);
    app_press("<Esc>H");
    ck_assert(app_shows("j/k Move"));
    ck_assert(settings_take(&settings, "no-keys", error, sizeof(error)));
    ck_assert(settings_take(&settings, "columns number, info # mine", error,
                            sizeof(error)));
    app_use(dash.app, &settings);
    app_press("g");
    ck_assert(!app_shows("j/k Move"));
    ck_assert(!app_shows("Client"));
    settings_release(&settings);
}
END_TEST

Suite *app_copy_suite(void)
{
    Suite *suite = suite_create("app_copy");
    TCase *tcase = unit_case(suite, "app_copy", 20);

    tcase_add_checked_fixture(tcase, app_stage_open, app_stage_close);
    tcase_add_loop_test(tcase, what_is_chosen_is_copied, 0,
                        sizeof(copies) / sizeof(copies[0]));
    tcase_add_test(tcase, a_whole_packet_is_copied_with_all_its_fields);
    tcase_add_test(tcase, a_copy_can_go_to_a_file);
    tcase_add_test(tcase, a_name_that_is_meant_for_something_else_is_refused);
    tcase_add_test(tcase, an_empty_list_has_nothing_to_copy);
    tcase_add_test(tcase, a_filter_of_own_fields_becomes_frame_numbers);
    tcase_add_test(tcase, tshark_selects_what_is_shown);
    tcase_add_test(tcase, a_member_of_json_is_plotted);
    tcase_add_test(tcase, numbers_of_any_size_are_plotted);
    tcase_add_test(tcase, columns_are_chosen_and_ordered);
    tcase_add_test(tcase, a_column_is_completed_and_a_wrong_one_refused);
    tcase_add_loop_test(tcase, columns_that_do_not_fit_are_left_out, 0,
                        sizeof(widths) / sizeof(widths[0]));
    tcase_add_test(tcase, clients_are_sorted_by_the_column_that_is_clicked);
    tcase_add_test(tcase, a_recording_has_the_same_rows_and_notes_again);
    tcase_add_test(tcase, a_frame_of_a_file_leads_to_its_packet);
    tcase_add_test(tcase, what_is_no_recording_is_not_opened);
    tcase_add_test(tcase, the_line_of_keys_can_be_hidden);
    return suite;
}
