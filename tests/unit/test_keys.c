#include "suites.h"

#include <stdio.h>
#include <string.h>

#include "tui/command_table.h"
#include "tui/keys.h"

static const struct {
    const char *text;
    size_t used;
    int key;
} written[] = {
    {"j",         1, 'j'          },
    {"<Down>x",   6, KEYS_DOWN    },
    {"<C-d>",     5, 4            },
    {"<lt>",      4, '<'          },
    {"<no such>", 1, '<'          },
    {"<",         1, '<'          },
    {"\u00e9t",   2, 0xe9         },
    {"<Enter>",   7, '\r'         },
    {"<S-Tab>",   7, KEYS_BACK_TAB},
    {"",          0, 0            },
    {"<F10>",     5, KEYS_F10     },
    {"<Space>",   7, ' '          },
};

START_TEST(a_key_is_read_as_the_table_writes_it)
{
    int key = 0;

    ck_assert_uint_eq(keys_parse(written[_i].text, &key), written[_i].used);
    ck_assert_int_eq(key, written[_i].key);
}
END_TEST

START_TEST(a_views_own_binding_wins)
{
    ck_assert_int_eq(keys_action(VIEW_PACKETS, 'n'), ACTION_SEARCH_NEXT);
    ck_assert_int_eq(keys_action(VIEW_LAB, 'n'), ACTION_LAB_NEXT);
    ck_assert_int_eq(keys_action(VIEW_LOG, 'K'), ACTION_NONE);
    ck_assert_int_eq(keys_action(VIEW_SESSIONS, 'K'), ACTION_KILL);
}
END_TEST

/* A second binding of a key, once in a view, could never be used. */
START_TEST(no_key_is_bound_twice_in_one_place)
{
    for (const struct keys_binding *a = keys_table(); a->action; a++) {
        int key = KEYS_NONE;
        size_t used;
        const char *text = a->keys;

        while ((used = keys_parse(text, &key))) {
            for (const struct keys_binding *b = a + 1; b->action; b++) {
                const char *other = b->keys;
                int second = KEYS_NONE;
                size_t step;

                if (a->views != b->views && !(a->views & b->views))
                    continue;
                while ((step = keys_parse(other, &second))) {
                    ck_assert_msg(key != second, "%s and %s", a->text, b->text);
                    other += step + strspn(other + step, " ");
                }
            }
            text += used + strspn(text + used, " ");
        }
    }
}
END_TEST

START_TEST(every_action_has_a_key_and_a_help_text)
{
    bool seen[ACTION_COUNT] = {0};

    for (const struct keys_binding *b = keys_table(); b->action; b++) {
        seen[b->action] = true;
        ck_assert(b->text[0] != '\0');
    }
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++)
        ck_assert_msg(seen[action], "action %d has no key", action);
}
END_TEST

START_TEST(the_key_line_names_a_key_of_its_binding)
{
    for (const struct keys_binding *b = keys_table(); b->action; b++) {
        int key = KEYS_NONE;
        char first[16] = "";

        if (!b->line)
            continue;
        size_t used = keys_parse(b->keys, &key);
        snprintf(first, sizeof(first), "%.*s", (int)used, b->keys);
        if (used > 1)
            snprintf(first, sizeof(first), "%.*s", (int)used - 2, b->keys + 1);
        ck_assert_msg(!strncmp(b->line, first, strlen(first)), "%s: %s",
                      b->line, b->keys);
    }
}
END_TEST

START_TEST(the_key_line_fits_and_always_ends_with_help)
{
    for (int width = 12; width < 200; width++) {
        struct buf out = {0};

        keys_line((enum view_id)(width % VIEW_COUNT),
                  width % 2 ? "Enter Something" : NULL, width, &out);
        ck_assert_int_le((int)out.len, width);
        ck_assert_ptr_nonnull(strstr(buf_string(&out), "? Help"));
        buf_release(&out);
    }
}
END_TEST

START_TEST(help_shows_what_a_view_has_and_not_what_it_hides)
{
    struct buf out = {0};

    keys_help(VIEW_LAB, &out);
    ck_assert_ptr_nonnull(strstr(buf_string(&out), "open the next hint"));
    ck_assert_ptr_null(strstr(buf_string(&out), "to the next that was found"));
    ck_assert_ptr_null(strstr(buf_string(&out), "publish a message"));
    buf_clear(&out);
    keys_help(VIEW_SESSIONS, &out);
    ck_assert_ptr_nonnull(
        strstr(buf_string(&out), "to the next that was found"));
    ck_assert_ptr_null(strstr(buf_string(&out), "open the next hint"));
    buf_release(&out);
}
END_TEST

START_TEST(the_manual_has_every_binding_and_command)
{
    struct buf out = {0};
    size_t bindings = 0;
    size_t entries = 0;

    keys_document(true, &out);
    for (const struct keys_binding *b = keys_table(); b->action; b++)
        bindings++;
    for (const struct command *c = command_table(); c->name; c++)
        bindings++;
    for (const char *at = buf_string(&out); (at = strstr(at, ".TP")); at++)
        entries++;
    ck_assert_uint_eq(entries, bindings);
    buf_release(&out);
}
END_TEST

START_TEST(views_are_found_by_name)
{
    for (int view = 0; view < VIEW_COUNT; view++)
        ck_assert_int_eq(keys_view_of(keys_view_name((enum view_id)view)),
                         view);
    ck_assert_int_eq(keys_view_of("nothing"), VIEW_COUNT);
}
END_TEST

Suite *keys_suite(void)
{
    Suite *suite = suite_create("keys");
    TCase *tcase = unit_case(suite, "keys", 0);

    tcase_add_loop_test(tcase, a_key_is_read_as_the_table_writes_it, 0,
                        sizeof(written) / sizeof(written[0]));
    tcase_add_test(tcase, a_views_own_binding_wins);
    tcase_add_test(tcase, no_key_is_bound_twice_in_one_place);
    tcase_add_test(tcase, every_action_has_a_key_and_a_help_text);
    tcase_add_test(tcase, the_key_line_names_a_key_of_its_binding);
    tcase_add_test(tcase, the_key_line_fits_and_always_ends_with_help);
    tcase_add_test(tcase, help_shows_what_a_view_has_and_not_what_it_hides);
    tcase_add_test(tcase, the_manual_has_every_binding_and_command);
    tcase_add_test(tcase, views_are_found_by_name);
    return suite;
}
