#include "suites.h"

#include "dissect_cases.h"
#include "wire/dissect.h"

#include <stdlib.h>

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

START_TEST(the_table_has_the_76_fields_of_wireshark_and_explains_each)
{
    size_t count = 0;

    for (const struct field_info *info = dissect_field_table(); info->name;
         info++) {
        ck_assert_msg(!strncmp(info->name, "mqtt.", 5), "%s", info->name);
        ck_assert_msg(strstr(info->explain, "MQTT"), "%s", info->name);
        ck_assert_msg(strstr(info->explain, " section"), "%s", info->name);
        ck_assert_ptr_eq(dissect_field_info(info->name, strlen(info->name)),
                         info);
        count++;
    }
    ck_assert_uint_eq(count, 76);
    ck_assert_ptr_null(dissect_field_info("mqtt.topik", 10));
    ck_assert_ptr_null(dissect_field_info("mqtt.topic_len", 9));
}
END_TEST

Suite *dissect_suite(void)
{
    Suite *suite = suite_create("dissect");
    TCase *tcase = unit_case(suite, "dissect", 60);

    tcase_add_checked_fixture(tcase, load, unload);
    tcase_add_test(tcase, each_packet_gives_its_tree);
    tcase_add_test(tcase, each_proper_prefix_is_marked_as_wrong);
    tcase_add_test(tcase, no_changed_byte_leads_out_of_bounds);
    tcase_add_test(tcase,
                   the_table_has_the_76_fields_of_wireshark_and_explains_each);
    return suite;
}
