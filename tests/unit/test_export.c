#include "suites.h"

#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mqtt/utf8.h"
#include "sample.h"
#include "tui/export.h"
#include "wire/event.h"

static struct store *store;
static struct sample sample;
static struct buf out;

static void take(void *owner, const struct record *record)
{
    store_add(owner, record);
}

static void set_up(void)
{
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    store = store_new(32 << 20);
    sample_begin(&sample, take, store);
    sample_story(&sample);
    store_catch_up(store, 0);
    store_set_now(store, sample.time_ns);
}

static void tear_down(void)
{
    buf_release(&out);
    store_free(store);
    sample_end(&sample);
}

/* As tests/screens has it; SCREENS_WRITE=1 writes it anew. */
static void compare(const char *name)
{
    char *path = alloc_printf("tests/screens/%s", name);
    FILE *file = fopen(path, getenv("SCREENS_WRITE") ? "w" : "r");
    char *expected = alloc_bytes(out.len + 2);
    size_t got;

    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    if (getenv("SCREENS_WRITE")) {
        fwrite(out.bytes, 1, out.len, file);
    } else {
        got = fread(expected, 1, out.len + 1, file);
        ck_assert_msg(got == out.len && !memcmp(expected, out.bytes, got),
                      "%s is another file now:\n%s", path, buf_string(&out));
    }
    fclose(file);
    free(expected);
    free(path);
}

static const struct {
    enum export_what what;
    enum export_format format;
    const char *name;
} tables[] = {
    {EXPORT_PACKETS,  EXPORT_CSV,      "packets.csv"   },
    {EXPORT_PACKETS,  EXPORT_JSON,     "packets.jsonl" },
    {EXPORT_PACKETS,  EXPORT_MARKDOWN, "packets.md"    },
    {EXPORT_SESSIONS, EXPORT_CSV,      "sessions.csv"  },
    {EXPORT_SESSIONS, EXPORT_JSON,     "sessions.jsonl"},
    {EXPORT_TOPICS,   EXPORT_MARKDOWN, "topics.md"     },
    {EXPORT_TOPICS,   EXPORT_JSON,     "topics.jsonl"  },
    {EXPORT_STATS,    EXPORT_CSV,      "stats.csv"     },
};

START_TEST(a_table_is_what_it_was)
{
    export_table(store, tables[_i].what, tables[_i].format, &out);
    compare(tables[_i].name);
}
END_TEST

START_TEST(each_line_of_json_is_an_object)
{
    char *line;
    char *rest;
    size_t lines = 0;

    export_table(store, EXPORT_PACKETS, EXPORT_JSON, &out);
    line = strtok_r((char *)(uintptr_t)buf_string(&out), "\n", &rest);
    for (; line; line = strtok_r(NULL, "\n", &rest), lines++) {
        json_t *object = json_loads(line, 0, NULL);

        ck_assert_msg(json_is_object(object), "%s", line);
        ck_assert(json_is_integer(json_object_get(object, "number")));
        json_decref(object);
    }
    ck_assert_uint_eq(lines, 32);
}
END_TEST

static const struct {
    enum export_format format;
    const char *name;
} ladders[] = {
    {EXPORT_TEXT,    "story-ladder.txt"},
    {EXPORT_MERMAID, "story-ladder.mmd"},
    {EXPORT_SVG,     "story-ladder.svg"},
};

START_TEST(a_ladder_is_what_it_was)
{
    export_ladder(store, ladders[_i].format, &out);
    compare(ladders[_i].name);
}
END_TEST

/* Or no program opens the picture; each of these is cut in another place. */
START_TEST(a_ladder_is_utf8_wherever_a_topic_is_cut)
{
    static const struct sample_way in = {1, MQTT_3_1_1, false, 0};
    static const char *const topics[] = {
        "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
        "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9",
        "x\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
        "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9",
    };

    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
        sample_publish(&sample, in, 0, 0, topics[i], "1");
    store_catch_up(store, 0);
    export_ladder(store, EXPORT_SVG, &out);
    ck_assert_ptr_nonnull(strstr(buf_string(&out), "\u00e9\u00e9\u00e9"));
    ck_assert(utf8_valid(buf_slice(&out)));
}
END_TEST

/* Those of another program may have been put together from several clocks. */
START_TEST(a_time_before_the_first_is_negative)
{
    static const struct sample_way in = {2, MQTT_5, false, 0};

    sample.time_ns = store->origin_ns - 1500000000;
    sample_publish(&sample, in, 0, 0, "early", "1");
    store_catch_up(store, 0);
    export_table(store, EXPORT_PACKETS, EXPORT_CSV, &out);
    ck_assert_ptr_nonnull(strstr(buf_string(&out), "\n33,-1.500000,"));
}
END_TEST

START_TEST(only_what_the_filter_shows_is_exported)
{
    struct filter_error error;

    ck_assert(store_set_filter(store, "mqtt.msgtype == 1", &error));
    store_catch_up(store, 0);
    export_table(store, EXPORT_PACKETS, EXPORT_JSON, &out);
    size_t lines = 0;
    for (uint32_t i = 0; i < out.len; i++)
        lines += out.bytes[i] == '\n';
    ck_assert_uint_eq(lines, store_count(store, STORE_PACKETS));
    ck_assert_ptr_null(strstr(buf_string(&out), "PUBLISH"));
}
END_TEST

START_TEST(what_begins_like_a_formula_is_text_in_a_spreadsheet)
{
    struct buf note = {0};
    struct history_row row;

    ck_assert(store_row(store, store_at(store, STORE_PACKETS, 0), &row));
    record_begin(&note, EVENT_NOTE);
    record_put_number(&note, RECORD_SUBJECT, row.record.seq);
    record_put_string(&note, RECORD_TEXT, "=1+\"1\"");
    store_add(store, &(struct record){.type = RECORD_NOTE,
                                      .seq = store->last_seq + 1,
                                      .time_ns = store->last_ns,
                                      .bytes = buf_slice(&note)});
    buf_release(&note);
    export_table(store, EXPORT_PACKETS, EXPORT_CSV, &out);
    ck_assert_ptr_nonnull(strstr(buf_string(&out), ",\"'=1+\"\"1\"\"\"\r\n"));
}
END_TEST

static const struct {
    const char *path;
    enum export_format format;
} names[] = {
    {"a.csv",   EXPORT_CSV     },
    {"a.json",  EXPORT_JSON    },
    {"a.jsonl", EXPORT_JSON    },
    {"b/a.md",  EXPORT_MARKDOWN},
    {"a.mmd",   EXPORT_MERMAID },
    {"a.svg",   EXPORT_SVG     },
    {"a.txt",   EXPORT_TEXT    },
    {"a.pdf",   EXPORT_NONE    },
    {".csv",    EXPORT_NONE    },
    {"",        EXPORT_NONE    },
};

START_TEST(the_format_is_told_by_the_name)
{
    ck_assert_int_eq(export_format_of(names[_i].path), names[_i].format);
}
END_TEST

Suite *export_suite(void)
{
    Suite *suite = suite_create("export");
    TCase *tcase = unit_case(suite, "export", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_table_is_what_it_was, 0,
                        sizeof(tables) / sizeof(tables[0]));
    tcase_add_test(tcase, each_line_of_json_is_an_object);
    tcase_add_loop_test(tcase, a_ladder_is_what_it_was, 0,
                        sizeof(ladders) / sizeof(ladders[0]));
    tcase_add_test(tcase, a_ladder_is_utf8_wherever_a_topic_is_cut);
    tcase_add_test(tcase, a_time_before_the_first_is_negative);
    tcase_add_test(tcase, only_what_the_filter_shows_is_exported);
    tcase_add_test(tcase, what_begins_like_a_formula_is_text_in_a_spreadsheet);
    tcase_add_loop_test(tcase, the_format_is_told_by_the_name, 0,
                        sizeof(names) / sizeof(names[0]));
    return suite;
}
