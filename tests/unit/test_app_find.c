/*
 * Finding: filters, searches, and from a field to its bytes and back.
 */
#include "suites.h"

#include "app_stage.h"

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

/* How many cells of the screen have this style. */
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

Suite *app_find_suite(void)
{
    Suite *suite = suite_create("app_find");
    TCase *tcase = unit_case(suite, "app_find", 30);

    tcase_add_checked_fixture(tcase, app_stage_open, app_stage_close);
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
    return suite;
}
