#include "suites.h"

#include "broker/retained_store.h"
#include "mqtt/property.h"
#include "mqtt/topic.h"

#include <stdio.h>
#include <string.h>

static struct retained_store *store;

static const struct retained_limits no_limits = {.max_levels = 200};

static void setup(void)
{
    store = retained_store_new(&no_limits);
}

static void teardown(void)
{
    retained_store_free(store);
}

/* Retain a payload that expires after so many seconds; 0: never. */
static enum retained_result retain_for(const char *topic, const char *payload,
                                       uint32_t expiry_s, uint64_t now_ms)
{
    struct buf properties = {0};
    struct mqtt_publish publish = {
        .retain = true,
        .topic = slice_of_string(topic),
        .payload = slice_of_string(payload),
    };

    if (expiry_s)
        property_put_number(&properties, PROPERTY_MESSAGE_EXPIRY_INTERVAL,
                            expiry_s);
    publish.properties = buf_slice(&properties);
    struct message *message = message_new(&publish, now_ms, 0);
    enum retained_result result = retained_store_set(store, message, now_ms);
    message_unref(message);
    buf_release(&properties);
    return result;
}

static enum retained_result retain(const char *topic, const char *payload)
{
    return retain_for(topic, payload, 0, 0);
}

static bool holds(const char *topic, const char *payload)
{
    const struct message *message =
        retained_store_get(store, slice_of_string(topic), 0);

    return message && slice_equal_string(message_payload(message), payload);
}

struct visits {
    struct buf topics; /* each followed by a space */
    size_t count;
    size_t stop_after; /* 0: never */
};

static bool on_visit(void *context, struct message *message)
{
    struct visits *visits = context;

    buf_append_slice(&visits->topics, message_topic(message));
    buf_append_u8(&visits->topics, ' ');
    return ++visits->count != visits->stop_after;
}

static size_t count_visits(const char *filter, uint64_t now_ms)
{
    struct visits visits = {0};

    retained_store_visit(store, slice_of_string(filter), now_ms, on_visit,
                         &visits);
    buf_release(&visits.topics);
    return visits.count;
}

/* [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-7] */
START_TEST(the_last_message_of_a_topic_is_kept_until_an_empty_one)
{
    ck_assert_int_eq(retain("a/b", "1"), RETAINED_STORED);
    ck_assert_int_eq(retain("a/b", "2"), RETAINED_REPLACED);
    ck_assert_int_eq(retain("a", "3"), RETAINED_STORED);
    ck_assert(holds("a/b", "2"));
    ck_assert(holds("a", "3"));
    ck_assert_uint_eq(retained_store_count(store), 2);
    ck_assert_int_eq(retain("a/b", ""), RETAINED_CLEARED);
    ck_assert_int_eq(retain("a/b", ""), RETAINED_NOTHING);
    ck_assert_int_eq(retain("never", ""), RETAINED_NOTHING);
    ck_assert(!holds("a/b", "2"));
    ck_assert(holds("a", "3"));
    ck_assert(retained_store_clear(store, slice_of_string("a")));
    ck_assert(!retained_store_clear(store, slice_of_string("a")));
    ck_assert_uint_eq(retained_store_count(store), 0);
    ck_assert_uint_eq(retained_store_bytes(store), 0);
}
END_TEST

START_TEST(a_topic_between_others_has_no_message)
{
    retain("a/b/c", "1");
    ck_assert_ptr_null(retained_store_get(store, slice_of_string("a"), 0));
    ck_assert_ptr_null(retained_store_get(store, slice_of_string("a/b"), 0));
    ck_assert(!retained_store_clear(store, slice_of_string("a/b")));
    ck_assert_uint_eq(count_visits("a/+", 0), 0);
    ck_assert_uint_eq(count_visits("a/b/+", 0), 1);
}
END_TEST

START_TEST(a_visit_can_stop)
{
    struct visits visits = {.stop_after = 3};

    for (int i = 0; i < 10; i++) {
        char topic[16];

        snprintf(topic, sizeof(topic), "a/%d", i);
        retain(topic, "x");
    }
    retained_store_visit(store, slice_of_string("#"), 0, on_visit, &visits);
    ck_assert_uint_eq(visits.count, 3);
    visits.stop_after = 5;
    retained_store_visit(store, slice_of_string("a/+"), 0, on_visit, &visits);
    ck_assert_uint_eq(visits.count, 5);
    buf_release(&visits.topics);
}
END_TEST

/* [MQTT-3.3.2-5] */
START_TEST(an_expired_message_is_not_given_out_and_is_freed_when_met)
{
    retain_for("a/b", "1", 10, 1000);
    retain_for("a/c", "2", 20, 1000);
    ck_assert_uint_eq(count_visits("a/+", 10999), 2);
    ck_assert_uint_eq(count_visits("a/+", 11000), 1);
    ck_assert_uint_eq(retained_store_count(store), 1);
    ck_assert_ptr_nonnull(
        retained_store_get(store, slice_of_string("a/c"), 20999));
    ck_assert_ptr_null(
        retained_store_get(store, slice_of_string("a/c"), 21000));
    ck_assert_int_eq(retain_for("a/c", "3", 0, 30000), RETAINED_STORED);
    ck_assert_int_eq(retain_for("a/c", "", 0, 30000), RETAINED_CLEARED);
    retain_for("a/d", "1", 1, 30000);
    ck_assert_int_eq(retain_for("a/d", "", 0, 32000), RETAINED_NOTHING);
    ck_assert_uint_eq(retained_store_count(store), 0);
}
END_TEST

START_TEST(expired_messages_go_away_without_being_asked_for)
{
    char topic[32];

    for (int i = 0; i < 1000; i++) {
        snprintf(topic, sizeof(topic), "short/%d", i);
        retain_for(topic, "x", 1, 0);
    }
    for (int i = 0; i < 600; i++)
        retain_for("other", "x", 0, 5000);
    ck_assert_uint_eq(retained_store_count(store), 1);
}
END_TEST

START_TEST(limits_refuse_and_keep_what_is_there)
{
    const struct retained_limits limits = {
        .messages = 2, .bytes = 250, .max_levels = 3};

    retained_store_free(store);
    store = retained_store_new(&limits);
    ck_assert_int_eq(retain("a/b/c/d", "x"), RETAINED_TOO_DEEP);
    ck_assert_int_eq(retain("a/b/c", "x"), RETAINED_STORED);
    ck_assert_int_eq(retain("b", "x"), RETAINED_STORED);
    ck_assert_int_eq(retain("c", "x"), RETAINED_FULL);
    ck_assert_int_eq(retain("b", "y"), RETAINED_REPLACED);
    char big[250];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    ck_assert_int_eq(retain("b", big), RETAINED_FULL);
    ck_assert(holds("b", "y"));
    ck_assert_int_eq(retain("b", ""), RETAINED_CLEARED);
    ck_assert_int_eq(retain("c", big), RETAINED_FULL);
    ck_assert_int_eq(retain("c", "x"), RETAINED_STORED);
}
END_TEST

START_TEST(the_levels_above_a_message_count_for_the_limit_of_bytes)
{
    const struct retained_limits limits = {.bytes = 100000, .max_levels = 200};
    char topic[500] = "";
    unsigned kept = 0;

    retained_store_free(store);
    store = retained_store_new(&limits);
    for (size_t i = 0; i < 199; i++)
        strcat(topic, "a/");
    for (unsigned i = 0; i < 100; i++) { /* no level in common */
        topic[0] = (char)('0' + i);
        kept += retain(topic, "x") == RETAINED_STORED;
    }
    ck_assert_uint_gt(kept, 4);
    ck_assert_uint_lt(kept, 20);
    ck_assert_uint_lt(retained_store_bytes(store) +
                          retained_store_overhead_bytes(store),
                      150000);
    for (unsigned i = 0; i < kept; i++) {
        topic[0] = (char)('0' + i);
        ck_assert_int_eq(retain(topic, ""), RETAINED_CLEARED);
    }
    ck_assert_int_eq(retain("a", "x"), RETAINED_STORED);
}
END_TEST

static void limit_to(size_t messages)
{
    retained_store_limit(store, &(struct retained_limits){.messages = messages,
                                                          .max_levels = 200});
}

START_TEST(a_lower_limit_keeps_what_is_there)
{
    limit_to(1);
    ck_assert_int_eq(retain("a", "x"), RETAINED_STORED);
    ck_assert_int_eq(retain("b", "x"), RETAINED_FULL);
    limit_to(2);
    ck_assert_int_eq(retain("b", "x"), RETAINED_STORED);
    limit_to(1);
    ck_assert(holds("a", "x"));
    ck_assert(holds("b", "x"));
    ck_assert_int_eq(retain("c", "x"), RETAINED_FULL);
}
END_TEST

START_TEST(the_store_holds_one_reference)
{
    const struct mqtt_publish publish = {.topic = slice_of_string("a"),
                                         .payload = slice_of_string("x")};
    struct message *message = message_new(&publish, 0, 0);

    retained_store_set(store, message, 0);
    retained_store_set(store, message, 0);
    ck_assert_uint_eq(message_shared(message)->refs, 2);
    retained_store_clear(store, slice_of_string("a"));
    ck_assert_uint_eq(message_shared(message)->refs, 1);
    message_unref(message);
}
END_TEST

START_TEST(a_message_costs_at_most_180_bytes_beyond_its_topic_and_payload)
{
    enum { MESSAGES = 20000 };

    size_t text = 0;
    char topic[64];

    for (int i = 0; i < MESSAGES; i++) {
        int len = snprintf(topic, sizeof(topic), "building/%d/room/%d", i / 100,
                           i % 100);

        retain(topic, "21.5");
        text += (size_t)len + 4;
    }
    /* 16 for malloc's own header and rounding. */
    size_t all = retained_store_bytes(store) +
                 retained_store_overhead_bytes(store) + 16 * MESSAGES;
    ck_assert_uint_le((all - text) / MESSAGES, 180);
}
END_TEST

START_TEST(the_memory_goes_with_the_last_message)
{
    size_t empty = retained_store_overhead_bytes(store);
    char topic[32];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(topic, sizeof(topic), "%d/%d", i % 7, i);
            retain(topic, round ? "" : "x");
        }
    }
    ck_assert_uint_eq(retained_store_overhead_bytes(store), empty);
}
END_TEST

/* --- against the definition ----------------------------------------------- */

#define NAMES 150

static char names[NAMES][32];
static bool kept[NAMES];

static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)random_state * limit) >> 32);
}

static void random_topic(char *text, bool wildcards)
{
    static const char *const levels[] = {"a", "b", "c", "", "$x", "+", "#"};

    do {
        uint32_t count = 1 + random_below(4);

        text[0] = '\0';
        for (uint32_t i = 0; i < count; i++) {
            strcat(text, i ? "/" : "");
            strcat(text, levels[random_below(wildcards ? 7 : 5)]);
        }
    } while (!(wildcards ? topic_filter_valid(slice_of_string(text))
                         : topic_name_valid(slice_of_string(text))));
}

static size_t find_name(const char *name)
{
    size_t i = 0;

    while (i < NAMES && names[i][0] && strcmp(names[i], name) != 0)
        i++;
    return i;
}

/* Check writes a note for each assertion; these are many. */
static void must_visit_what_matches(const char *filter)
{
    struct visits visits = {0};
    size_t expected = 0;

    buf_append_u8(&visits.topics, ' ');
    retained_store_visit(store, slice_of_string(filter), 0, on_visit, &visits);
    for (size_t i = 0; i < NAMES && names[i][0]; i++) {
        char word[40];

        if (!kept[i] ||
            !topic_match(slice_of_string(filter), slice_of_string(names[i])))
            continue;
        expected++;
        snprintf(word, sizeof(word), " %s ", names[i]);
        if (!strstr(buf_string(&visits.topics), word))
            ck_abort_msg("%s does not visit %s", filter, names[i]);
    }
    if (expected != visits.count)
        ck_abort_msg("%s visits too much: %s", filter,
                     buf_string(&visits.topics));
    buf_release(&visits.topics);
}

START_TEST(random_filters_visit_what_matches_as_defined)
{
    char text[32];
    size_t count = 0;

    random_state = (uint32_t)_i + 1;
    memset(names, 0, sizeof(names));
    memset(kept, 0, sizeof(kept));
    for (int step = 0; step < 25000; step++) {
        random_topic(text, false);
        size_t at = find_name(text);

        if (at < NAMES) {
            bool keep = random_below(2);

            strcpy(names[at], text);
            enum retained_result result = retain(text, keep ? "x" : "");
            if (result != (keep ? kept[at] ? RETAINED_REPLACED : RETAINED_STORED
                           : kept[at] ? RETAINED_CLEARED
                                      : RETAINED_NOTHING))
                ck_abort_msg("%s: result %d", text, (int)result);
            count = count + keep - kept[at];
            kept[at] = keep;
        }
        if (retained_store_count(store) != count)
            ck_abort_msg("%zu kept", retained_store_count(store));
        random_topic(text, true);
        must_visit_what_matches(text);
    }
}
END_TEST

/* Retain or clear a random name; stays[] loses it when it is cleared. */
static void change_one(bool *stays)
{
    size_t at = random_below(NAMES);

    if (!names[at][0])
        return;
    kept[at] = random_below(2);
    retain(names[at], kept[at] ? "x" : "");
    stays[at] &= kept[at];
}

static bool count_name(void *context, struct message *message)
{
    unsigned *counts = context;
    struct slice topic = message_topic(message);

    for (size_t i = 0; i < NAMES; i++)
        counts[i] += slice_equal_string(topic, names[i]);
    return true;
}

/* Visit a filter a few nodes at a time, while the store changes. */
static void visit_in_pieces(struct slice filter)
{
    struct retained_place place = retained_store_start();
    unsigned counts[NAMES] = {0};
    bool stays[NAMES];

    memcpy(stays, kept, sizeof(stays));
    while (place.at) {
        size_t max = 1 + random_below(4);
        place.max_nodes = max;
        size_t looked_at = retained_store_visit_some(store, filter, 0, &place,
                                                     count_name, counts);

        ck_assert_uint_le(looked_at, max);
        retained_store_keep_place(store, &place);
        for (uint32_t i = random_below(6); i > 0; i--)
            change_one(stays);
        retained_store_leave(&place);
    }
    for (size_t i = 0; i < NAMES && names[i][0]; i++) {
        bool matches = topic_match(filter, slice_of_string(names[i]));

        if (counts[i] > matches || (stays[i] && counts[i] != matches))
            ck_abort_msg("%.*s visits %s %u times", SLICE_ARGS(filter),
                         names[i], counts[i]);
    }
}

START_TEST(a_visit_in_pieces_misses_nothing_that_stays)
{
    bool stays[NAMES] = {false};
    char text[32];

    random_state = (uint32_t)_i + 1;
    for (size_t i = 0; i < NAMES; i++) {
        do
            random_topic(names[i], false);
        while (find_name(names[i]) < i);
        kept[i] = false;
    }
    for (int step = 0; step < 300; step++) {
        for (int i = 0; i < NAMES; i++)
            change_one(stays);
        random_topic(text, true);
        visit_in_pieces(slice_of_string(text));
    }
}
END_TEST

/* The trie is made anew when the last message goes. */
START_TEST(a_visit_ends_when_the_store_is_emptied)
{
    struct retained_place place = retained_store_start();
    struct visits visits = {0};
    char topic[16];

    for (int i = 0; i < 5000; i++) {
        snprintf(topic, sizeof(topic), "a/%d", i);
        retain(topic, "x");
    }
    place.max_nodes = 9;
    retained_store_visit_some(store, slice_of_string("a/+"), 0, &place,
                              on_visit, &visits);
    retained_store_keep_place(store, &place);
    for (int i = 0; i < 5000; i++) {
        snprintf(topic, sizeof(topic), "a/%d", i);
        retain(topic, "");
    }
    retain("b", "x");
    retained_store_leave(&place);
    retained_store_visit_some(store, slice_of_string("a/+"), 0, &place,
                              on_visit, &visits);
    ck_assert_uint_eq(place.at, 0);
    ck_assert_uint_eq(visits.count, 7);
    buf_release(&visits.topics);
}
END_TEST

Suite *retained_store_suite(void)
{
    Suite *suite = suite_create("retained_store");
    TCase *tcase = unit_case(suite, "retained_store", 60);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase,
                   the_last_message_of_a_topic_is_kept_until_an_empty_one);
    tcase_add_test(tcase, a_topic_between_others_has_no_message);
    tcase_add_test(tcase, a_visit_can_stop);
    tcase_add_test(tcase,
                   an_expired_message_is_not_given_out_and_is_freed_when_met);
    tcase_add_test(tcase, expired_messages_go_away_without_being_asked_for);
    tcase_add_test(tcase, limits_refuse_and_keep_what_is_there);
    tcase_add_test(tcase,
                   the_levels_above_a_message_count_for_the_limit_of_bytes);
    tcase_add_test(tcase, a_lower_limit_keeps_what_is_there);
    tcase_add_test(tcase, the_store_holds_one_reference);
    tcase_add_test(
        tcase, a_message_costs_at_most_180_bytes_beyond_its_topic_and_payload);
    tcase_add_test(tcase, the_memory_goes_with_the_last_message);
    tcase_add_loop_test(tcase, random_filters_visit_what_matches_as_defined, 0,
                        4);
    tcase_add_loop_test(tcase, a_visit_in_pieces_misses_nothing_that_stays, 0,
                        4);
    tcase_add_test(tcase, a_visit_ends_when_the_store_is_emptied);
    return suite;
}
