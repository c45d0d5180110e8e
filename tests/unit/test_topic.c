#include "suites.h"

#include <string.h>

#include "mqtt/topic.h"

static const char *const good_names[] = {
    "a",
    "/",
    "//",
    "a/b/c",
    "/a",
    "a/",
    " ",
    "Accounts payable",
    "$SYS/broker/uptime",
    "$share/g/a",
    "a$b",
    "\x01",
    "\xc3\xa4/\xe2\x82\xac",
    "sensors/\xf0\x9f\x8c\xa1/living room/temperature",
    ("\xef\xbb\xbf"
     "a"), /* [MQTT-1.5.4-3] */
};

static const struct {
    size_t len;
    const char *bytes;
} bad_names[] = {
    {0, ""            }, /* [MQTT-4.7.3-1] */
    {1, "\0"          }, /* [MQTT-4.7.3-2] */
    {3, "a\0b"        },
    {9, "01234567\0"  },
    {1, "#"           }, /* [MQTT-3.3.2-2] */
    {1, "+"           },
    {3, "a/#"         },
    {3, "a+b"         },
    {9, "01234567#"   },
    {8, "0123+567"    },
    {4, "\xc3\xa4/#"  },
    {1, "\x80"        }, /* [MQTT-4.7.3-3] */
    {3, "\xed\xa0\x80"},
    {2, "a\xc3"       },
};

static const char *const good_filters[] = {
    "a",          "#",       "+",          "a/#",
    "a/+",        "+/a",     "+/+",        "/+",
    "+/#",        "a/+/b/#", "/",          "//#",
    "/#",         "a/b c/d", "$SYS/#",     "\xc3\xa4/+",
    "$x",         "+/",      "$share/g/a", "$share/g/#",
    "$share/g//", "$sha",    "a/$share/b", "$share/g/$share/h/a",
    "$share",     "$Share/",
};

static const char *const bad_filters[] = {
    "",   /* [MQTT-4.7.3-1] */
    "a#", /* [MQTT-4.7.1-1] */
    "#a",
    "##",
    "#/a",
    "a/#/b",
    "a/b#",
    "a+", /* [MQTT-4.7.1-2] */
    "+a",
    "++",
    "a/+b/c",
    "a/b+/c",
    "+#",
    "\x80", /* [MQTT-4.7.3-3] */
    "a/\xed\xa0\x80",
    "$share/", /* [MQTT-4.8.2-1] */
    "$share//a",
    "$share/g", /* [MQTT-4.8.2-2] */
    "$share/g/",
    "$share/+/a",
    "$share/#/a",
    "$share/g+/a",
    "$share/g/a#",
};

/* From the examples of [MQTT5 4.7.1, 4.7.2] and around them. */
static const struct {
    bool matches;
    const char *filter;
    const char *name;
} matches[] = {
    {true,  "a",                      "a"                                   },
    {false, "a",                      "A"                                   },
    {false, "a",                      "ab"                                  },
    {false, "ab",                     "a"                                   },
    {false, "a",                      "a/"                                  },
    {false, "a",                      "/a"                                  },
    {false, "a/",                     "a"                                   },
    {true,  "sport/tennis/player1/#", "sport/tennis/player1"                },
    {true,  "sport/tennis/player1/#", "sport/tennis/player1/ranking"        },
    {true,  "sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"},
    {false, "sport/tennis/player1/#", "sport/tennis/player12"               },
    {true,  "sport/#",                "sport"                               },
    {true,  "sport/#",                "sport/"                              },
    {true,  "#",                      "a"                                   },
    {true,  "#",                      "/"                                   },
    {true,  "#",                      "a/b/c"                               },
    {true,  "sport/tennis/+",         "sport/tennis/player1"                },
    {false, "sport/tennis/+",         "sport/tennis/player1/ranking"        },
    {false, "sport/+",                "sport"                               },
    {true,  "sport/+",                "sport/"                              },
    {true,  "+/+",                    "/finance"                            },
    {true,  "/+",                     "/finance"                            },
    {false, "+",                      "/finance"                            },
    {true,  "+",                      "finance"                             },
    {true,  "+/tennis/#",             "sport/tennis"                        },
    {true,  "+/tennis/#",             "sport/tennis/x/y"                    },
    {false, "+/tennis/#",             "sport/golf"                          },
    {true,  "sport/+/player1",        "sport/tennis/player1"                },
    {true,  "sport/+/player1",        "sport//player1"                      },
    {false, "sport/+/player1",        "sport/player1"                       },
    {true,  "+/#",                    "a"                                   },
    {true,  "+/#",                    "a/b"                                 },
    {false, "+/+/#",                  "a"                                   },
    {true,  "//",                     "//"                                  },
    {false, "//",                     "/"                                   },
    {false, "/#",                     "a"                                   },
 /* "$" [MQTT-4.7.2-1] */
    {false, "#",                      "$SYS/x"                              },
    {false, "+/x",                    "$SYS/x"                              },
    {false, "+",                      "$SYS"                                },
    {true,  "$SYS/#",                 "$SYS/monitor/Clients"                },
    {true,  "$SYS/#",                 "$SYS"                                },
    {true,  "$SYS/monitor/+",         "$SYS/monitor/Clients"                },
    {true,  "+/$x",                   "a/$x"                                },
    {true,  "a/#",                    "a/$x"                                },
 /* no normalization [MQTT-4.7.3-4] */
    {false, "\xc3\xa4",               "a\xcc\x88"                           },
    {true,  "\xc3\xa4/+",             "\xc3\xa4/b"                          },
 /* shared subscriptions match without their share name */
    {true,  "$share/g/a/+",           "a/b"                                 },
    {true,  "$share/g/#",             "a/b"                                 },
    {false, "$share/g/a",             "b"                                   },
    {false, "$share/g/a",             "$share/g/a"                          },
    {false, "$share/g/#",             "$SYS/x"                              },
    {true,  "$share/g/$SYS/#",        "$SYS/x"                              },
    {true,  "$share/g//a",            "/a"                                  },
};

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static struct slice at_guard(const char *string)
{
    size_t len = strlen(string);

    return slice_of(guarded(string, len), len);
}

static const char *text_of(bool is)
{
    return is ? "true" : "false";
}

static void check_name(const void *bytes, size_t len, bool valid)
{
    unit_given("the name %s", unit_text(bytes, len));
    ck_assert_msg(topic_name_valid(slice_of(guarded(bytes, len), len)) == valid,
                  "topic_name_valid: wanted %s, got %s", text_of(valid),
                  text_of(!valid));
}

static void check_filter(const char *filter, bool valid)
{
    unit_given("the filter %s", unit_text(filter, strlen(filter)));
    ck_assert_msg(topic_filter_valid(at_guard(filter)) == valid,
                  "topic_filter_valid: wanted %s, got %s", text_of(valid),
                  text_of(!valid));
}

static void check_wildcard(const char *filter, bool has)
{
    unit_given("the filter %s", unit_text(filter, strlen(filter)));
    ck_assert_msg(topic_filter_has_wildcard(at_guard(filter)) == has,
                  "topic_filter_has_wildcard: wanted %s, got %s", text_of(has),
                  text_of(!has));
}

static void check_match(const char *filter, const char *name, bool wanted)
{
    unit_given("the filter %s and the name %s",
               unit_text(filter, strlen(filter)),
               unit_text(name, strlen(name)));
    ck_assert_msg(topic_match(at_guard(filter), at_guard(name)) == wanted,
                  "topic_match: wanted %s, got %s", text_of(wanted),
                  text_of(!wanted));
}

START_TEST(accepts_a_topic_name)
{
    check_name(good_names[_i], strlen(good_names[_i]), true);
}
END_TEST

START_TEST(rejects_what_is_no_topic_name)
{
    check_name(bad_names[_i].bytes, bad_names[_i].len, false);
}
END_TEST

START_TEST(rejects_a_bad_byte_at_each_place_of_a_topic_name)
{
    static const uint8_t bad[] = {0, '+', '#', 0x80, 0xff};

    for (size_t len = 1; len <= 40; len++) {
        char name[40];

        memset(name, 'x', sizeof(name));
        check_name(name, len, true);
        for (size_t at = 0; at < len; at++) {
            for (int i = 0; i < COUNT(bad); i++) {
                name[at] = (char)bad[i];
                check_name(name, len, false);
            }
            name[at] = 'x';
        }
    }
}
END_TEST

START_TEST(every_other_ascii_character_may_stand_in_a_topic_name)
{
    for (int byte = 1; byte < 128; byte++) {
        char name[9];

        memset(name, byte, sizeof(name));
        check_name(name, sizeof(name), byte != '+' && byte != '#');
    }
}
END_TEST

/* [MQTT-4.7.3-3] */
START_TEST(names_and_filters_have_at_most_65535_bytes)
{
    static uint8_t text[UINT16_MAX + 1];

    memset(text, 'x', sizeof(text));
    unit_given("65535 bytes, and one more");
    ck_assert(topic_name_valid(slice_of(text, UINT16_MAX)));
    ck_assert(topic_filter_valid(slice_of(text, UINT16_MAX)));
    ck_assert(!topic_name_valid(slice_of(text, sizeof(text))));
    ck_assert(!topic_filter_valid(slice_of(text, sizeof(text))));
}
END_TEST

START_TEST(accepts_a_topic_filter)
{
    check_filter(good_filters[_i], true);
}
END_TEST

START_TEST(rejects_what_is_no_topic_filter)
{
    check_filter(bad_filters[_i], false);
}
END_TEST

START_TEST(each_topic_name_without_share_is_a_filter_that_matches_itself)
{
    check_filter(good_names[_i], true);
    check_wildcard(good_names[_i], false);
    if (strncmp(good_names[_i], "$share/", 7) != 0)
        check_match(good_names[_i], good_names[_i], true);
}
END_TEST

START_TEST(matches_as_the_standard_says)
{
    check_filter(matches[_i].filter, true);
    check_name(matches[_i].name, strlen(matches[_i].name), true);
    check_match(matches[_i].filter, matches[_i].name, matches[_i].matches);
}
END_TEST

START_TEST(knows_which_filters_have_wildcards)
{
    check_wildcard("#", true);
    check_wildcard("a/+/b", true);
    check_wildcard("a/b", false);
}
END_TEST

static const struct {
    const char *topic;
    size_t count;
    const char *levels; /* joined with "|" */
} level_rows[] = {
    {"a",     1, "a|"    },
    {"",      1, "|"     },
    {"/",     2, "||"    },
    {"a/",    2, "a||"   },
    {"/a",    2, "|a|"   },
    {"a/b/c", 3, "a|b|c|"},
    {"a//b",  3, "a||b|" },
};

START_TEST(levels_are_what_stands_between_slashes)
{
    const char *topic = level_rows[_i].topic;
    struct topic_levels levels;
    struct slice level;
    char joined[32] = "";
    size_t count = 0;

    unit_given("the topic \"%s\"", topic);
    levels = topic_levels(at_guard(topic));
    while (topic_next_level(&levels, &level)) {
        strncat(joined, (const char *)level.bytes, level.len);
        strcat(joined, "|");
        count++;
    }
    ck_assert_msg(!strcmp(joined, level_rows[_i].levels),
                  "its levels, each with a | behind it: wanted %s, got %s",
                  level_rows[_i].levels, joined);
    ck_assert_uint_eq(count, level_rows[_i].count);
    count = topic_level_count(at_guard(topic));
    ck_assert_msg(count == level_rows[_i].count,
                  "topic_level_count: wanted %zu, got %zu",
                  level_rows[_i].count, count);
}
END_TEST

static void check_split(const char *topic_filter, const char *share_name,
                        const char *filter)
{
    struct slice got_name = {0};
    struct slice got_filter = {0};

    unit_given("the filter \"%s\"", topic_filter);
    ck_assert_msg(
        topic_split_shared(at_guard(topic_filter), &got_name, &got_filter),
        "topic_split_shared: wanted true, got false");
    ck_assert_msg(slice_equal_string(got_name, share_name),
                  "the share name: wanted \"%s\", got %s", share_name,
                  unit_text(got_name.bytes, got_name.len));
    ck_assert_msg(slice_equal_string(got_filter, filter),
                  "the filter in it: wanted \"%s\", got %s", filter,
                  unit_text(got_filter.bytes, got_filter.len));
}

START_TEST(splits_a_shared_subscription)
{
    check_split("$share/g/a/b", "g", "a/b");
    check_split("$share/group 1/#", "group 1", "#");
    check_split("$share/g//", "g", "/");
    check_split("$share/g/", "g", "");
    check_split("$share/g", "g", "");
    check_split("$share//a", "", "a");
    check_split("$share/", "", "");
}
END_TEST

START_TEST(leaves_other_filters_alone)
{
    struct slice name = slice_of_string("untouched");
    struct slice filter = name;

    static const char *const others[] = {"$share", "a/$share/b", ""};

    for (int i = 0; i < COUNT(others); i++) {
        unit_given("the filter \"%s\"", others[i]);
        ck_assert_msg(!topic_split_shared(at_guard(others[i]), &name, &filter),
                      "topic_split_shared: wanted false, got true");
        ck_assert_msg(slice_equal_string(name, "untouched") &&
                          slice_equal_string(filter, "untouched"),
                      "it is no shared subscription, but something was "
                      "written where name and filter go");
    }
}
END_TEST

Suite *topic_suite(void)
{
    Suite *suite = suite_create("topic");
    TCase *tcase = unit_case(suite, "topic", 0);

    tcase_add_loop_test(tcase, accepts_a_topic_name, 0, COUNT(good_names));
    tcase_add_loop_test(tcase, rejects_what_is_no_topic_name, 0,
                        COUNT(bad_names));
    tcase_add_test(tcase, rejects_a_bad_byte_at_each_place_of_a_topic_name);
    tcase_add_test(tcase,
                   every_other_ascii_character_may_stand_in_a_topic_name);
    tcase_add_test(tcase, names_and_filters_have_at_most_65535_bytes);
    tcase_add_loop_test(tcase, accepts_a_topic_filter, 0, COUNT(good_filters));
    tcase_add_loop_test(tcase, rejects_what_is_no_topic_filter, 0,
                        COUNT(bad_filters));
    tcase_add_loop_test(
        tcase, each_topic_name_without_share_is_a_filter_that_matches_itself, 0,
        COUNT(good_names));
    tcase_add_loop_test(tcase, matches_as_the_standard_says, 0, COUNT(matches));
    tcase_add_test(tcase, knows_which_filters_have_wildcards);
    tcase_add_loop_test(tcase, levels_are_what_stands_between_slashes, 0,
                        COUNT(level_rows));
    tcase_add_test(tcase, splits_a_shared_subscription);
    tcase_add_test(tcase, leaves_other_filters_alone);
    return suite;
}
