/*
 * tests/filters has the tables: filters and what they select of the sample
 * recording, and texts that are no filters.
 */
#include "sample_records.h"
#include "suites.h"

#include "base/clock.h"
#include "wire/filter.h"
#include "wire/pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINES 512

/* One line of a table: the filter, and what stands behind " =>". */
struct line {
    char *filter;
    char *expected;
};

static struct line lines[MAX_LINES];
static size_t line_count;
static struct history *history;
static struct dissection scratch;

static void read_table(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    ck_assert_msg(file != NULL, "cannot open %s", path);
    for (ssize_t len; (len = getline(&text, &size, file)) > 0;) {
        char *arrow = NULL;

        text[len - 1] = '\0';
        for (char *at = text; (at = strstr(at, " =>")); at++)
            arrow = at;
        if (text[0] == '#')
            continue;
        ck_assert_msg(arrow && line_count < MAX_LINES, "%s: %s", path, text);
        *arrow = '\0';
        lines[line_count].filter = strdup(text);
        lines[line_count++].expected = strdup(arrow[3] ? arrow + 4 : "");
    }
    free(text);
    fclose(file);
    ck_assert_uint_gt(line_count, 10);
}

static void begin(void)
{
    line_count = 0;
    history = sample_history();
}

static void end(void)
{
    for (size_t i = 0; i < line_count; i++) {
        free(lines[i].filter);
        free(lines[i].expected);
    }
    history_free(history);
    dissect_release(&scratch);
    scratch = (struct dissection){0};
}

static struct filter *compile(const char *text)
{
    struct filter_error error;
    struct filter *filter = filter_new(text, &error);

    ck_assert_msg(filter != NULL, "%s: column %u: %s", text, error.column,
                  error.message);
    return filter;
}

/* The numbers of the packets that match; with_others: "-" for other records. */
static void select_rows(const char *text, bool with_others, struct buf *found)
{
    struct filter *filter = compile(text);
    struct history_row row;

    buf_clear(found);
    for (uint64_t i = 0; history_get(history, i, &row); i++) {
        if (!filter_match(filter, &row, &scratch))
            continue;
        if (row.number)
            buf_printf(found, "%s%u", found->len ? " " : "",
                       (unsigned)row.number);
        else if (with_others)
            buf_printf(found, "%s-", found->len ? " " : "");
    }
    filter_free(filter);
}

static void check_table(const char *path, bool with_others)
{
    struct buf found = {0};

    read_table(path);
    for (size_t i = 0; i < line_count; i++) {
        select_rows(lines[i].filter, with_others, &found);
        ck_assert_msg(!strcmp(buf_string(&found), lines[i].expected),
                      "%s\nselects  %s\nexpected %s", lines[i].filter,
                      buf_string(&found), lines[i].expected);
    }
    buf_release(&found);
}

START_TEST(filters_select_what_wireshark_selects)
{
    check_table("tests/filters/wireshark.txt", false);
}
END_TEST

START_TEST(own_fields_select_what_the_table_says)
{
    check_table("tests/filters/own.txt", true);
}
END_TEST

START_TEST(what_is_no_filter_is_refused_with_column_and_reason)
{
    struct filter_error error;
    char message[256];

    read_table("tests/filters/errors.txt");
    for (size_t i = 0; i < line_count; i++) {
        ck_assert_msg(!filter_new(lines[i].filter, &error), "%s is accepted",
                      lines[i].filter);
        snprintf(message, sizeof(message), "%u %s", error.column,
                 error.message);
        ck_assert_msg(!strcmp(message, lines[i].expected),
                      "%s\nsays     %s\nexpected %s", lines[i].filter, message,
                      lines[i].expected);
    }
}
END_TEST

/* Whatever begins a filter is a filter or an error, never a crash. */
START_TEST(every_prefix_of_a_filter_is_judged)
{
    struct filter_error error;
    struct buf part = {0};

    read_table("tests/filters/wireshark.txt");
    for (size_t i = 0; i < line_count; i++) {
        for (size_t len = strlen(lines[i].filter); len > 0; len--) {
            buf_clear(&part);
            buf_append(&part, lines[i].filter, len);
            struct filter *filter = filter_new(buf_string(&part), &error);
            if (!filter)
                ck_assert_uint_ge(error.column, 1);
            filter_free(filter);
        }
    }
    buf_release(&part);
}
END_TEST

START_TEST(a_filter_of_own_fields_is_marked)
{
    static const struct {
        const char *text;
        bool own;
    } cases[] = {
        {"mqtt.topic == \"x\"",                   false},
        {"frame.number == 1 && tcp.port == 1883", false},
        {"mqtt && lab.client == \"x\"",           true },
        {"topicmatch(mqtt.topic, \"a/#\")",       true },
        {"count(lab.flow) == 1",                  true },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct filter *filter = compile(cases[i].text);
        ck_assert_int_eq(filter_is_own(filter), cases[i].own);
        filter_free(filter);
    }
}
END_TEST

START_TEST(nesting_and_length_are_limited)
{
    struct filter_error error;
    struct buf text = {0};

    for (int i = 0; i < 500; i++)
        buf_append_string(&text, i % 2 ? "(" : "not ");
    ck_assert_ptr_null(filter_new(buf_string(&text), &error));
    ck_assert_str_eq(error.message, "too many parentheses");

    buf_clear(&text);
    for (int i = 0; i < 250; i++)
        buf_append_string(&text, "mqtt.qos == 1||");
    buf_append_string(&text, "mqtt");
    filter_free(compile(buf_string(&text)));
    for (int i = 0; i < 100; i++)
        buf_append_string(&text, "||mqtt.qos == 1");
    ck_assert_ptr_null(filter_new(buf_string(&text), &error));
    ck_assert_str_eq(error.message, "the filter is too long");
    for (int i = 0; i < 100; i++) {
        buf_clear(&text);
        for (int k = 0; k < i; k++)
            buf_append_string(&text, "{");
        buf_append_string(&text, "mqtt.qos");
        for (int k = 0; k < i; k++)
            buf_append_string(&text, "}");
        struct filter *filter = filter_new(buf_string(&text), &error);
        ck_assert((filter != NULL) == (i <= 64));
        filter_free(filter);
    }
    buf_release(&text);
}
END_TEST

/* Each sum has a value for each pair of theirs. */
START_TEST(sums_of_many_values_are_limited)
{
    static const char *const filters[] = {
        "mqtt.topic_len + mqtt.topic_len + mqtt.topic_len + mqtt.topic_len < 4",
        "mqtt.topic_len & mqtt.topic_len & mqtt.topic_len & mqtt.topic_len "
        "> 1",
    };
    struct buf packet = {0};
    struct filter *filter = compile(filters[_i]);
    struct history_row row = {
        .record = {.type = RECORD_MQTT, .direction = RECORD_C2B}
    };

    buf_append(&packet, "\x82\xf2\x2e\0\1", 5);
    for (int i = 0; i < 1500; i++)
        buf_append(&packet, "\0\1x\0", 4);
    row.record.bytes = buf_slice(&packet);
    row.record.original_len = packet.len;
    ck_assert(!filter_match(filter, &row, &scratch));
    filter_free(filter);
    buf_release(&packet);
}
END_TEST

static const struct {
    const char *field;
    uint64_t number; /* of the packet */
    const char *text;
} values[] = {
    {"mqtt.topic",          5,  "lab/temp"              },
    {"mqtt.topic",          3,  "lab/+/temp, debug/#, x"},
    {"mqtt.msg",            5,  "21.5"                  },
    {"mqtt.msgid",          6,  "7"                     },
    {"lab.topic",           6,  "lab/temp"              },
    {"lab.rtt",             6,  "0.050000"              },
    {"frame.time_relative", 6,  "0.350000000"           },
    {"frame.time_epoch",    6,  "1700000000.400000000"  },
    {"lab.type",            6,  "PUBREC"                },
    {"ip.src",              10, "10.1.2.3"              },
    {"mqtt.retain",         9,  "1"                     },
    {"mqtt.topic",          6,  NULL                    },
    {"lab.flow",            1,  NULL                    },
    {"mqtt.nothing",        1,  NULL                    },
};

START_TEST(the_value_of_a_field_is_given_as_text)
{
    struct history_row row;
    struct buf text = {0};

    history_get(history, history_find_number(history, values[_i].number), &row);
    bool found = filter_value(values[_i].field, &row, &scratch, &text);
    ck_assert_int_eq(found, values[_i].text != NULL);
    ck_assert_str_eq(buf_string(&text), values[_i].text ? values[_i].text : "");
    buf_release(&text);
}
END_TEST

START_TEST(every_own_field_is_explained_and_can_be_used)
{
    for (const struct filter_own_field *f = filter_own_fields(); f->name; f++) {
        ck_assert_uint_gt(strlen(f->explain), 10);
        filter_free(compile(f->name));
    }
    for (const struct field_info *i = dissect_field_table(); i->name; i++)
        filter_free(compile(i->name));
}
END_TEST

/* ---- what is found without dissecting ---- */

/* Dissects every packet and is always true. */
#define SLOWLY "(mqtt.property_len || !mqtt.property_len) && "

/* Do both filters select the same of all rows? */
static void assert_same(const char *text, const struct history *rows)
{
    struct buf slow_text = {0};
    struct filter *quick = compile(text);
    struct history_row row;

    buf_printf(&slow_text, SLOWLY "%s", text);
    struct filter *slow = compile(buf_string(&slow_text));
    for (uint64_t i = 0; history_get(rows, i, &row); i++)
        ck_assert_msg(filter_match(quick, &row, &scratch) ==
                          filter_match(slow, &row, &scratch),
                      "%s, packet %u", text, (unsigned)row.number);
    filter_free(quick);
    filter_free(slow);
    buf_release(&slow_text);
}

static uint32_t random_state = 1;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

/* Every byte of every packet is changed, a packet has the wrong length. */
static void spoil(struct history *spoiled, const struct history_row *row)
{
    uint8_t bytes[512];
    struct record record = row->record;

    for (int i = 0; i < 20; i++) {
        size_t len = record.bytes.len;

        memcpy(bytes, row->record.bytes.bytes, row->record.bytes.len);
        bytes[next_random() % row->record.bytes.len] = (uint8_t)next_random();
        if (i % 4 == 0)
            len = next_random() % (len + 1);
        record.seq = history_end(spoiled) + 1;
        record.bytes = slice_of(bytes, len);
        record.original_len = (uint32_t)len;
        history_add(spoiled, &record);
        record.bytes = row->record.bytes;
    }
}

static const char *const quick_tests[] = {
    "mqtt.msgtype == %d", "mqtt.qos == %d",      "mqtt.retain == %d",
    "mqtt.msgid == %d",   "mqtt.topic > \"%d\"", "mqtt.msg > %d",
    "mqtt.len == %d",     "mqtt.hdrflags & %d",  "mqtt.dupflag == %d",
};

START_TEST(quick_fields_are_what_the_dissector_finds)
{
    struct history *spoiled = history_new(0);
    struct history_row row;
    struct buf text = {0};

    for (uint64_t i = 0; history_get(history, i, &row); i++) {
        if (row.number)
            spoil(spoiled, &row);
    }
    for (const struct field_info *i = dissect_field_table(); i->name; i++)
        assert_same(i->name, spoiled);
    for (size_t i = 0; i < sizeof(quick_tests) / sizeof(quick_tests[0]); i++) {
        const char *percent = strchr(quick_tests[i], '%');

        for (int value = 0; value < 18; value++) {
            buf_clear(&text);
            buf_append(&text, quick_tests[i],
                       (size_t)(percent - quick_tests[i]));
            buf_printf(&text, "%d%s", value, percent + 2);
            assert_same(buf_string(&text), history);
            assert_same(buf_string(&text), spoiled);
        }
    }
    buf_release(&text);
    history_free(spoiled);
}
END_TEST

static const char *const simple[] = {
    "lab.client == \"sensor-1\"",
    "mqtt.msgtype == 3",
    "mqtt.topic == \"lab/temp\"",
    "mqtt.topic contains \"temp\"",
    "mqtt.msgid == 7 && lab.dir == \"c2b\"",
    "mqtt.qos > 0 or lab.type == \"CONNECT\"",
    "topicmatch(lab.topic, \"lab/#\")",
    "lab.flow_state == \"done\"",
};

START_TEST(a_simple_filter_finds_some_of_100000_packets)
{
    struct history *large = history_new(0);
    struct history_row row;
    struct record record;

    for (uint64_t seq = 1; seq <= 100000; seq++) {
        do {
            history_get(history, next_random() % history_end(history), &row);
        } while (!row.number);
        record = row.record;
        record.seq = seq;
        history_add(large, &record);
    }
    struct filter *filter = compile(simple[_i]);
    int64_t start_us = clock_process_cpu_us(0);
    size_t count = 0;
    for (uint64_t i = 0; history_get(large, i, &row); i++)
        count += filter_match(filter, &row, &scratch);
    int64_t took_us = clock_process_cpu_us(0) - start_us;
    printf("filter: 100,000 packets in %lld us of CPU: %s\n",
           (long long)took_us, simple[_i]);
    if (getenv("MQTTLAB_BENCH"))
        ck_assert_int_le(took_us, 100000);
    ck_assert_uint_gt(count, 0);
    filter_free(filter);
    history_free(large);
}
END_TEST

/* ---- against Wireshark ---- */

/* Prints for each filter of a file the frames that it selects. */
static const char script[] =
    "local n = 0\n"
    "for line in io.lines(os.getenv('FILTERS')) do\n"
    "  n = n + 1\n"
    "  local id, hits = n, {}\n"
    "  local tap = Listener.new('frame', line)\n"
    "  function tap.packet(p) hits[#hits + 1] = p.number end\n"
    "  function tap.draw() print(id .. ':' .. table.concat(hits, ' ')) end\n"
    "end\n";

struct folder {
    char path[64];
    char script[96];
    char filters[96];
    char recording[96];
};

static void write_record(void *context, const struct record *record)
{
    ck_assert_int_eq(pcapng_write(context, record), 0);
}

static void fill_folder(struct folder *folder)
{
    strcpy(folder->path, "/tmp/mqttlab-filter-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder->path));
    snprintf(folder->script, sizeof(folder->script), "%s/taps.lua",
             folder->path);
    snprintf(folder->filters, sizeof(folder->filters), "%s/filters",
             folder->path);
    snprintf(folder->recording, sizeof(folder->recording), "%s/sample.pcapng",
             folder->path);

    FILE *file = fopen(folder->script, "w");
    fputs(script, file);
    fclose(file);
    file = fopen(folder->filters, "w");
    fputs("mqtt\n", file);
    for (size_t i = 0; i < line_count; i++)
        fprintf(file, "%s\n", lines[i].filter);
    fclose(file);
    file = fopen(folder->recording, "wb");
    struct pcapng_writer *writer = pcapng_writer_new(file, "sample");
    sample_visit(write_record, writer);
    pcapng_writer_free(writer);
    fclose(file);
}

static void remove_folder(const struct folder *folder)
{
    unlink(folder->script);
    unlink(folder->filters);
    unlink(folder->recording);
    rmdir(folder->path);
}

#define MAX_FRAMES 256
/* Frame numbers as numbers of packets, by the order of the MQTT frames. */
struct numbering {
    unsigned packet_of[MAX_FRAMES]; /* 0: no MQTT */
};

static void take_numbering(struct numbering *numbering, char *frames)
{
    unsigned packet = 0;

    *numbering = (struct numbering){0};
    for (char *word = strtok(frames, " \n"); word; word = strtok(NULL, " \n")) {
        unsigned long frame = strtoul(word, NULL, 10);
        ck_assert_uint_lt(frame, MAX_FRAMES);
        numbering->packet_of[frame] = ++packet;
    }
}

static void translate(const struct numbering *numbering, char *frames,
                      struct buf *packets)
{
    buf_clear(packets);
    for (char *word = strtok(frames, " \n"); word; word = strtok(NULL, " \n")) {
        unsigned packet =
            numbering->packet_of[strtoul(word, NULL, 10) % MAX_FRAMES];
        if (packet)
            buf_printf(packets, "%s%u", packets->len ? " " : "", packet);
    }
}

/* Reads "id:frames" for each filter, in any order. Returns how many came. */
static size_t read_answers(FILE *answers, char **frames)
{
    char *text = NULL;
    size_t size = 0;
    size_t count = 0;

    while (getline(&text, &size, answers) > 0) {
        char *colon;
        unsigned long id = strtoul(text, &colon, 10);

        if (*colon != ':' || !id || id > line_count + 1 || frames[id - 1])
            continue;
        frames[id - 1] = strdup(colon + 1);
        count++;
    }
    free(text);
    return count;
}

static void compare_answers(char **frames)
{
    struct numbering numbering;
    struct buf packets = {0};

    take_numbering(&numbering, frames[0]);
    for (size_t i = 0; i < line_count; i++) {
        translate(&numbering, frames[i + 1], &packets);
        ck_assert_msg(!strcmp(buf_string(&packets), lines[i].expected),
                      "%s\ntshark selects %s\nwe select      %s",
                      lines[i].filter, buf_string(&packets), lines[i].expected);
    }
    buf_release(&packets);
}

START_TEST(tshark_selects_the_same_packets)
{
    struct folder folder;
    char *frames[MAX_LINES + 1] = {0};
    char command[512];

    if (system("tshark -v >/dev/null 2>&1") != 0) {
        puts("SKIP filter_conformance: tshark is not installed");
        return;
    }
    read_table("tests/filters/wireshark.txt");
    fill_folder(&folder);
    snprintf(command, sizeof(command),
             "FILTERS=%s tshark -X lua_script:%s -r %s -q 2>/dev/null",
             folder.filters, folder.script, folder.recording);
    FILE *answers = popen(command, "r");
    ck_assert_ptr_nonnull(answers);
    size_t count = read_answers(answers, frames);
    pclose(answers);
    remove_folder(&folder);
    if (count == 0)
        puts("SKIP filter_conformance: tshark is without Lua");
    else if (count < line_count + 1)
        ck_abort_msg("tshark answered %zu of %zu filters", count,
                     line_count + 1);
    else
        compare_answers(frames);
    for (size_t i = 0; i <= line_count; i++)
        free(frames[i]);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

Suite *filter_suite(void)
{
    Suite *suite = suite_create("filter");
    TCase *tcase = unit_case(suite, "filter", 60);

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, filters_select_what_wireshark_selects);
    tcase_add_test(tcase, own_fields_select_what_the_table_says);
    tcase_add_test(tcase, what_is_no_filter_is_refused_with_column_and_reason);
    tcase_add_test(tcase, every_prefix_of_a_filter_is_judged);
    tcase_add_test(tcase, a_filter_of_own_fields_is_marked);
    tcase_add_test(tcase, nesting_and_length_are_limited);
    tcase_add_loop_test(tcase, sums_of_many_values_are_limited, 0, 2);
    tcase_add_loop_test(tcase, the_value_of_a_field_is_given_as_text, 0,
                        COUNT(values));
    tcase_add_test(tcase, every_own_field_is_explained_and_can_be_used);
    tcase_add_test(tcase, quick_fields_are_what_the_dissector_finds);
    tcase_add_loop_test(tcase, a_simple_filter_finds_some_of_100000_packets, 0,
                        COUNT(simple));
    tcase_add_test(tcase, tshark_selects_the_same_packets);
    return suite;
}
