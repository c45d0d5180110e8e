/*
 * docs/filter.md says what the filter language can do: every field and event is
 * in it, every example is a filter, and what it calls refused is refused.
 */
#include "suites.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "wire/event.h"
#include "wire/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct buf read_document(void)
{
    struct buf text = {0};
    FILE *file = fopen("docs/filter.md", "r");
    size_t got;

    ck_assert_msg(file != NULL, "docs/filter.md cannot be read");
    while ((got = fread(buf_reserve(&text, 4096), 1, 4096, file)) > 0)
        text.len += (uint32_t)got;
    fclose(file);
    ck_assert_uint_gt(text.len, 0);
    return text;
}

/* A table has a row that begins with the name. */
static void assert_described(struct buf *document, const char *name)
{
    char *row = alloc_printf("\n| `%s` | ", name);

    ck_assert_msg(strstr(buf_string(document), row) != NULL,
                  "docs/filter.md does not describe %s", name);
    free(row);
}

START_TEST(every_field_is_described)
{
    struct buf document = read_document();

    for (const struct filter_own_field *f = filter_own_fields(); f->name; f++)
        assert_described(&document, f->name);
    for (const struct field_info *i = dissect_field_table(); i->name; i++)
        assert_described(&document, i->name);
    buf_release(&document);
}
END_TEST

START_TEST(every_event_is_described)
{
    static const char *const events[] = {
#define NAME(code, number, name, text) name,
        EVENT_CODES(NAME)
#undef NAME
    };
    struct buf document = read_document();

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
        assert_described(&document, events[i]);
    buf_release(&document);
}
END_TEST

/* Compile each line of the blocks with this info string; returns how many. */
static unsigned try_blocks(const char *info, bool valid)
{
    struct buf document = read_document();
    char *line = strtok((char *)(uintptr_t)buf_string(&document), "\n");
    unsigned count = 0;
    bool inside = false;

    for (; line; line = strtok(NULL, "\n")) {
        if (!strncmp(line, "```", 3)) {
            inside = !inside && !strcmp(line + 3, info);
            continue;
        }
        if (!inside)
            continue;
        struct filter_error error;
        struct filter *filter = filter_new(line, &error);
        ck_assert_msg((filter != NULL) == valid, "%s: %s", line,
                      valid ? error.message : "is a filter");
        filter_free(filter);
        count++;
    }
    buf_release(&document);
    return count;
}

START_TEST(every_example_is_a_filter)
{
    ck_assert_uint_gt(try_blocks("filter", true), 20);
}
END_TEST

START_TEST(what_is_called_refused_is_refused)
{
    ck_assert_uint_gt(try_blocks("refused", false), 4);
}
END_TEST

Suite *filter_document_suite(void)
{
    Suite *suite = suite_create("filter_document");
    TCase *tcase = unit_case(suite, "filter_document", 10);

    tcase_add_test(tcase, every_field_is_described);
    tcase_add_test(tcase, every_event_is_described);
    tcase_add_test(tcase, every_example_is_a_filter);
    tcase_add_test(tcase, what_is_called_refused_is_refused);
    return suite;
}
