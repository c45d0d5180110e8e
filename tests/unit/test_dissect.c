#include "suites.h"

#include "dissect_cases.h"
#include "mqtt/packet.h"
#include "wire/dissect_fields.h"
#include "wire/event.h"

#include <stdlib.h>
#include <string.h>

static struct dissect_cases all;

static void load(void)
{
    dissect_cases_load(&all);
}

static void unload(void)
{
    dissect_cases_release(&all);
}

START_TEST(each_packet_gives_its_tree)
{
    struct dissection dissection = {0};

    for (size_t i = 0; i < all.count; i++) {
        const struct dissect_case *one = &all.cases[i];
        dissect_packet(&dissection,
                       slice_of(guarded(one->bytes, one->len), one->len),
                       one->version, one->from_client);

        char *tree = dissect_cases_tree(&dissection);
        ck_assert_msg(!strcmp(tree, one->tree), "%s: expected\n%sbut it is\n%s",
                      one->name, one->tree, tree);
        free(tree);
    }
    dissect_release(&dissection);
}
END_TEST

/* The table has no packet that only the dissector takes for right. */
START_TEST(each_packet_is_right_for_the_codec_as_well)
{
    struct dissection dissection = {0};

    for (size_t i = 0; i < all.count; i++) {
        const struct dissect_case *one = &all.cases[i];
        struct slice bytes = slice_of(one->bytes, one->len);
        struct mqtt_packet packet;
        struct frame frame;

        dissect_packet(&dissection, bytes, one->version, one->from_client);
        ck_assert_msg(!dissection.error, "%s: %s", one->name, dissection.error);
        if (one->version == MQTT_3_1 && bytes.bytes[0] & 0x08)
            continue; /* the framer does not take DUP but in PUBLISH */
        ck_assert_msg(framer_next(bytes, MQTT_MAX_PACKET_SIZE, &frame) ==
                          (int)one->len,
                      "%s", one->name);
        ck_assert_msg(packet_decode(&packet, (enum mqtt_version)one->version,
                                    &frame) == MQTT_SUCCESS,
                      "%s", one->name);
    }
    dissect_release(&dissection);
}
END_TEST

/* What every dissection promises, whatever the bytes were. */
static void check_sound(const struct dissection *dissection, size_t len,
                        const char *name)
{
    for (size_t i = 0; i < dissection->count; i++) {
        const struct field *field = &dissection->fields[i];
        const char *text = dissect_text(dissection, field);

        ck_assert_msg(field->offset + (size_t)field->len <= len,
                      "%s: %s ends behind the packet", name, text);
        ck_assert_msg(*text, "%s: a field without a line", name);
        ck_assert_uint_lt(field->text_at, dissection->text.len);
        if (i > 0)
            ck_assert_uint_le(field->depth, field[-1].depth + 1);
    }
    if (dissection->error)
        ck_assert_uint_le(dissection->error_offset, len);
}

START_TEST(each_proper_prefix_is_marked_as_wrong)
{
    struct dissection dissection = {0};

    for (size_t i = 0; i < all.count; i++) {
        const struct dissect_case *one = &all.cases[i];

        for (size_t cut = 0; cut < one->len; cut++) {
            dissect_packet(&dissection, slice_of(guarded(one->bytes, cut), cut),
                           one->version, one->from_client);
            ck_assert_msg(dissection.error, "%s cut to %zu bytes: no error",
                          one->name, cut);
            check_sound(&dissection, cut, one->name);
        }
    }
    dissect_release(&dissection);
}
END_TEST

START_TEST(no_changed_byte_leads_out_of_bounds)
{
    static const uint8_t changes[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct dissection dissection = {0};

    for (size_t i = 0; i < all.count; i++) {
        struct dissect_case one = all.cases[i];

        for (size_t at = 0; at < one.len * sizeof(changes); at++) {
            uint8_t *byte = &one.bytes[at / sizeof(changes)];
            uint8_t old = *byte;

            *byte = changes[at % sizeof(changes)];
            dissect_packet(&dissection,
                           slice_of(guarded(one.bytes, one.len), one.len),
                           one.version, one.from_client);
            check_sound(&dissection, one.len, one.name);
            *byte = old;
        }
    }
    dissect_release(&dissection);
}
END_TEST

START_TEST(the_table_has_the_76_fields_of_mqtt_and_explains_each)
{
    size_t count = 0;

    for (const struct field_info *info = dissect_field_table(); info->name;
         info++) {
        bool is_mqtt = !strncmp(info->name, "mqtt.", 5);

        ck_assert_int_ne(is_mqtt, dissect_fields_is_cable(info));
        ck_assert_msg(strstr(info->explain, is_mqtt ? "MQTT" : " "), "%s",
                      info->name);
        ck_assert_msg(strstr(info->explain, " section"), "%s", info->name);
        ck_assert_ptr_eq(dissect_field_info(info->name, strlen(info->name)),
                         info);
        count += is_mqtt;
    }
    ck_assert_uint_eq(count, 76);
    ck_assert_ptr_null(dissect_field_info("mqtt.topik", 10));
    ck_assert_ptr_null(dissect_field_info("mqtt.topic_len", 9));
}
END_TEST

/* ---- finding fields ---- */

START_TEST(a_byte_belongs_to_the_innermost_field)
{
    static const uint8_t bytes[] = {0x30, 0x09, 0, 1,   'a', 0x03,
                                    0x23, 0,    5, 'x', 'y'};
    static const char *const names[] = {"mqtt.hdrflags",
                                        "mqtt.len",
                                        "mqtt.topic_len",
                                        "mqtt.topic_len",
                                        "mqtt.topic",
                                        "mqtt.property_len",
                                        "mqtt.property_id",
                                        "mqtt.property.topic_alias",
                                        NULL,
                                        "mqtt.msg",
                                        "mqtt.msg"};
    struct dissection dissection = {0};

    dissect_packet(&dissection, slice_of(bytes, 11), MQTT_5, true);
    for (uint32_t i = 0; i < 11; i++) {
        const struct field *field = dissect_field_at(&dissection, i);

        ck_assert_str_eq(field->info->name, names[i] ? names[i] : names[i - 1]);
        ck_assert_uint_eq(field->mask, 0);
    }
    ck_assert_ptr_null(dissect_field_at(&dissection, 11));

    const struct field *alias =
        dissect_find(&dissection, "mqtt.property.topic_alias");
    ck_assert_uint_eq(alias->number, 5);
    ck_assert_ptr_nonnull(strstr(alias->explain, "Topic Alias: "));
    ck_assert_ptr_null(dissect_find(&dissection, "mqtt.msgid"));
    dissect_release(&dissection);
}
END_TEST

START_TEST(without_text_the_fields_are_the_same)
{
    struct dissection with = {0};
    struct dissection without = {.without_text = true};

    for (size_t i = 0; i < all.count; i++) {
        const struct dissect_case *one = &all.cases[i];
        struct slice bytes = slice_of(one->bytes, one->len);

        dissect_packet(&with, bytes, one->version, one->from_client);
        dissect_packet(&without, bytes, one->version, one->from_client);
        ck_assert_uint_eq(with.count, without.count);
        for (size_t k = 0; k < with.count; k++) {
            ck_assert_ptr_eq(with.fields[k].info, without.fields[k].info);
            ck_assert_uint_eq(with.fields[k].number, without.fields[k].number);
            ck_assert_str_eq(dissect_text(&without, &without.fields[k]), "");
        }
    }
    dissect_release(&with);
    dissect_release(&without);
}
END_TEST

/* ---- limits ---- */

/* SUBSCRIBE to many Topic Filters "a". */
static void put_subscribe(struct buf *packet, uint32_t filters)
{
    uint32_t len = 2 + 4 * filters;
    const uint8_t head[] = {0x82,
                            (uint8_t)(len & 0x7f) | 0x80,
                            (uint8_t)(len >> 7 & 0x7f) | 0x80,
                            (uint8_t)(len >> 14),
                            0,
                            1};

    buf_append(packet, head, sizeof(head));
    for (uint32_t i = 0; i < filters; i++)
        buf_append(packet, "\0\1a", 4);
}

START_TEST(a_long_list_is_cut_and_says_so)
{
    struct dissection dissection = {0};
    struct buf packet = {0};

    put_subscribe(&packet, 20000);
    dissect_packet(&dissection, buf_slice(&packet), MQTT_3_1_1, true);
    ck_assert_uint_le(dissection.count, DISSECT_MAX_FIELDS);
    ck_assert_uint_gt(dissection.count, DISSECT_MAX_FIELDS / 2);
    ck_assert(dissection.cut);
    ck_assert_ptr_null(dissection.error);
    ck_assert_ptr_nonnull(strstr(
        dissect_text(&dissection, &dissection.fields[dissection.count - 1]),
        "too many fields"));

    dissect_packet(&dissection, slice_of("\xc0", 2), MQTT_3_1_1, true);
    ck_assert(!dissection.cut);
    dissect_release(&dissection);
    buf_release(&packet);
}
END_TEST

START_TEST(what_follows_properties_that_were_cut_is_dissected)
{
    static const uint8_t head[] = {0x10, 0xf0, 0xd4, 0x03, 0,   4,
                                   'M',  'Q',  'T',  'T',  5,   2,
                                   0,    0,    0xe0, 0xd4, 0x03};
    struct dissection dissection = {0};
    struct buf packet = {0};

    buf_append(&packet, head, sizeof(head));
    for (int i = 0; i < 10000; i++)
        buf_append(&packet, "\x26\0\1k\0\0", 6);
    buf_append(&packet, "\0\1c", 3);
    dissect_packet(&dissection, buf_slice(&packet), MQTT_5, true);
    ck_assert(dissection.cut);
    ck_assert_ptr_null(dissection.error);
    ck_assert_uint_le(dissection.count, DISSECT_MAX_FIELDS);
    ck_assert(slice_equal_string(
        dissect_find(&dissection, "mqtt.clientid")->value, "c"));
    dissect_release(&dissection);
    buf_release(&packet);
}
END_TEST

START_TEST(a_long_message_has_a_short_line)
{
    static uint8_t packet[100000] = {0x30, 0x9c, 0x8d, 0x06, 0, 1, 'a'};
    struct dissection dissection = {0};

    memset(packet + 7, 'x', sizeof(packet) - 7);
    dissect_packet(&dissection, slice_of(packet, sizeof(packet)), MQTT_3_1_1,
                   true);
    ck_assert_ptr_null(dissection.error);
    ck_assert_uint_lt(dissection.text.len, 2000);
    ck_assert_uint_eq(dissect_find(&dissection, "mqtt.msg")->value.len, 99993);
    dissect_release(&dissection);
}
END_TEST

/* ---- rows ---- */

static struct history_row packet_row(const void *bytes, size_t len)
{
    return (struct history_row){
        .record = {.type = RECORD_MQTT,
                   .direction = RECORD_B2C,
                   .original_len = (uint32_t)len,
                   .bytes = slice_of(guarded(bytes, len), len)},
        .note = {.topic = "", .version = MQTT_5}
    };
}

START_TEST(a_row_knows_what_an_alias_stands_for)
{
    struct history_row row =
        packet_row("\x30\x07\0\0\3\x23\0\1h", 9); /* alias 1, "h" */
    struct dissection dissection = {0};

    row.note.topic = "a/b";
    dissect_row(&dissection, &row);
    const struct field *topic = dissect_find(&dissection, "mqtt.topic");
    ck_assert(slice_equal_string(topic->value, "a/b"));
    ck_assert_uint_eq(topic->len, 0);
    ck_assert_str_eq(dissect_text(&dissection, topic), "[Topic: a/b]");
    ck_assert_ptr_null(dissection.error);

    row.note.topic = "";
    dissect_row(&dissection, &row);
    ck_assert_ptr_nonnull(
        dissect_find(&dissection, "mqtt.unknown_topic_alias"));
    ck_assert_ptr_nonnull(dissection.error);
    dissect_release(&dissection);
}
END_TEST

START_TEST(what_was_not_recorded_is_no_error)
{
    struct history_row row = packet_row("\x30\x20\0\1a\0hallo", 11);
    struct dissection dissection = {0};

    dissect_row(&dissection, &row);
    ck_assert_ptr_nonnull(dissection.error);
    ck_assert(!dissection.cut);

    row.record.flags = RECORD_TRUNCATED;
    for (size_t len = 1; len <= 11; len++) {
        row.record.bytes.len = len;
        dissect_row(&dissection, &row);
        ck_assert_msg(!dissection.error, "%zu bytes: %s", len,
                      dissection.error);
        ck_assert(dissection.cut);
    }
    ck_assert_uint_eq(dissect_find(&dissection, "mqtt.msg")->value.len, 5);
    dissect_release(&dissection);
}
END_TEST

START_TEST(a_version_that_is_not_known_is_told_and_read_as_3_1_1)
{
    static const uint8_t suback[] = {0x90, 0x03, 0, 1, 2};
    struct dissection dissection = {0};

    dissect_packet(&dissection, slice_of(suback, 5), 0, false);
    ck_assert_str_eq(dissection.fields[0].info->name, "mqtt.unknown_version");
    ck_assert_uint_eq(
        dissect_find(&dissection, "mqtt.suback.reason_code")->number, 2);
    ck_assert_ptr_null(dissect_find(&dissection, "mqtt.suback.qos"));
    ck_assert_ptr_null(dissection.error);
    dissect_release(&dissection);
}
END_TEST

START_TEST(an_event_gives_a_heading_for_each_attribute)
{
    static const char *const lines[] = {"Event: will.fired",
                                        "Client Identifier: a\\x1bb", "QoS: 1",
                                        "Unknown attribute: ?"};
    struct buf bytes = {0};
    struct history_row row = {.record = {.type = RECORD_EVT}};
    struct dissection dissection = {0};

    record_begin(&bytes, EVENT_WILL_FIRED);
    record_put_string(&bytes, RECORD_CLIENT_ID,
                      "a\x1b"
                      "b");
    record_put_number(&bytes, RECORD_QOS, 1);
    record_put_string(&bytes, (enum record_key)200, "?");
    row.record.bytes = slice_of(guarded(bytes.bytes, bytes.len), bytes.len);
    dissect_row(&dissection, &row);
    ck_assert_uint_eq(dissection.count, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(dissect_text(&dissection, &dissection.fields[i]),
                         lines[i]);
    for (size_t len = 0; len < bytes.len; len++) {
        row.record.bytes = slice_of(guarded(bytes.bytes, len), len);
        dissect_row(&dissection, &row);
        check_sound(&dissection, len, "event");
        ck_assert_uint_lt(dissection.count, 4);
    }
    dissect_release(&dissection);
    buf_release(&bytes);
}
END_TEST

Suite *dissect_suite(void)
{
    Suite *suite = suite_create("dissect");
    TCase *tcase = unit_case(suite, "dissect", 60);

    tcase_add_checked_fixture(tcase, load, unload);
    tcase_add_test(tcase, each_packet_gives_its_tree);
    tcase_add_test(tcase, each_packet_is_right_for_the_codec_as_well);
    tcase_add_test(tcase, each_proper_prefix_is_marked_as_wrong);
    tcase_add_test(tcase, no_changed_byte_leads_out_of_bounds);
    tcase_add_test(tcase,
                   the_table_has_the_76_fields_of_mqtt_and_explains_each);
    tcase_add_test(tcase, a_byte_belongs_to_the_innermost_field);
    tcase_add_test(tcase, without_text_the_fields_are_the_same);
    tcase_add_test(tcase, a_long_list_is_cut_and_says_so);
    tcase_add_test(tcase, what_follows_properties_that_were_cut_is_dissected);
    tcase_add_test(tcase, a_long_message_has_a_short_line);
    tcase_add_test(tcase, a_row_knows_what_an_alias_stands_for);
    tcase_add_test(tcase, what_was_not_recorded_is_no_error);
    tcase_add_test(tcase,
                   a_version_that_is_not_known_is_told_and_read_as_3_1_1);
    tcase_add_test(tcase, an_event_gives_a_heading_for_each_attribute);
    return suite;
}
