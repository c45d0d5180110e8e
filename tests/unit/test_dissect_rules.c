#include "suites.h"

#include "wire/dissect.h"
#include "wire/dissect_rules.h"

#include <string.h>

/* A packet that breaks just this rule, and where. */
static const struct {
    enum dissect_rule rule;
    unsigned version;
    char direction; /* '>' from the client */
    const char *hex;
    uint32_t offset;
    const char *statement;
} broken[] = {
    {RULE_MISSING,                     4, '>', "30 05 0001 61",                              5,  NULL              },
    {RULE_MISSING,                     4, '>', "40 02 00",                                   2,  NULL              },
    {RULE_MISSING,                     4, '>', "40",                                         1,  NULL              },
    {RULE_MISSING,                     4, '>', "",                                           0,  NULL              },
    {RULE_MISSING,                     5, '>', "30 0a 0001 61 05 01",                        7,  NULL              },
    {RULE_TRAILING,                    4, '>', "c0 00 c0",                                   2,  NULL              },
    {RULE_LEFT_OVER,                   4, '<', "40 03 0001 00",                              4,  NULL              },
    {RULE_LEFT_OVER,                   4, '<', "b0 03 0001 00",                              4,  NULL              },
    {RULE_LEFT_OVER,                   5, '>', "c0 01 00",                                   2,  NULL              },
    {RULE_LEFT_OVER,                   4, '>', "e0 01 00",                                   2,  NULL              },
    {RULE_OVERRUN,                     4, '>', "82 04 0001 0005",                            6,  NULL              },
    {RULE_OVERRUN,                     4, '>', "30 03 0005 61",                              4,  NULL              },
    {RULE_OVERRUN,                     4, '>', "40 01 00",                                   2,  NULL              },
    {RULE_NO_PROPERTY_LENGTH,          5, '>', "f0 01 18",                                   3,  "MQTT-2.2.2-1"    },
    {RULE_OVERRUN,                     5, '>', "30 04 0001 61 05",                           5,  NULL              },
    {RULE_LENGTH_TOO_LONG,             4, '>', "30 ff ff ff ff 01",                          1,  NULL              },
    {RULE_LENGTH_TOO_LONG,             5, '>', "82 08 0001 05 0b ff ff ff ff",               6,  NULL              },
    {RULE_LENGTH_NOT_SHORTEST,         5, '>', "c0 80 00",                                   1,  "MQTT-1.5.5-1"    },
    {RULE_LENGTH_NOT_SHORTEST,         4, '>', "c0 80 00",                                   1,  NULL              },
    {RULE_RESERVED_TYPE,               4, '>', "00 00",                                      0,  NULL              },
    {RULE_AUTH_BEFORE_5,               4, '>', "f0 00",                                      0,  NULL              },
    {RULE_DIRECTION,                   4, '>', "20 02 00 00",                                0,  NULL              },
    {RULE_DIRECTION,                   5, '<', "c0 00",                                      0,  NULL              },
    {RULE_DIRECTION,                   4, '<', "e0 00",                                      0,  NULL              },
    {RULE_FLAGS_0,                     5, '>', "c1 00",                                      0,  "MQTT-2.1.3-1"    },
    {RULE_FLAGS_0,                     4, '>', "e2 00",                                      0,  "MQTT311-2.2.2-1" },
    {RULE_FLAGS_2,                     5, '>', "60 02 0001",                                 0,  "MQTT-2.1.3-1"    },
    {RULE_FLAGS_2,                     4, '>', "80 06 0001 0001 61 00",                      0,  "MQTT311-2.2.2-1" },
    {RULE_FLAGS_3_1,                   3, '>', "60 02 0001",                                 0,  NULL              },
    {RULE_FLAGS_3_1,                   3, '>', "63 02 0001",                                 0,  NULL              },
    {RULE_PACKET_ID_0,                 5, '>', "32 06 0001 61 0000 00",                      5,  "MQTT-2.2.1-3"    },
    {RULE_PACKET_ID_0,                 4, '<', "40 02 0000",                                 2,  "MQTT311-2.3.1-1" },
    {RULE_PACKET_ID_0_BROKER,          5, '<', "34 06 0001 61 0000 00",                      5,
     "MQTT-2.2.1-4"                                                                                                },
    {RULE_UTF8,                        5, '>', "30 04 0001 ff 00",                           4,  "MQTT-1.5.4-1"    },
    {RULE_UTF8,                        4, '>', "82 08 0001 0003 eda080 00",                  6,  "MQTT311-1.5.3-1" },
    {RULE_UTF8,                        5, '>', "30 08 0001 61 04 03 0001 c3",                7,  "MQTT-1.5.4-1"    },
    {RULE_NUL,                         5, '>', "30 06 0003 610062 00",                       4,  "MQTT-1.5.4-2"    },
    {RULE_NUL,                         4, '>', "30 05 0003 610062",                          4,  "MQTT311-1.5.3-2" },

    {RULE_PROTOCOL_NAME,               5, '>', "10 0d 0004 4d515458 05 02 0000 00 0000",     4,
     "MQTT-3.1.2-1"                                                                                                },
    {RULE_PROTOCOL_NAME,               3, '>', "10 0d 0004 4d515454 03 02 0000 0001 61",     8,
     "MQTT311-3.1.2-1"                                                                                             },
    {RULE_PROTOCOL_NAME,               5, '>', "10 0f 0006 4d5149736470 05 02 0000 00 0000",
     10,                                                                                         "MQTT-3.1.2-1"    },
    {RULE_VERSION,                     4, '>', "10 0d 0004 4d515454 06 02 0000 0001 61",     8,
     "MQTT311-3.1.2-2"                                                                                             },
    {RULE_CONNECT_RESERVED,            5, '>', "10 0d 0004 4d515454 05 03 0000 00 0000",     9,
     "MQTT-3.1.2-3"                                                                                                },
    {RULE_CONNECT_RESERVED,            4, '>', "10 0c 0004 4d515454 04 03 0000 0000",        9,
     "MQTT311-3.1.2-3"                                                                                             },
    {RULE_WILL_QOS_3,                  5, '>',
     "10 14 0004 4d515454 05 1e 0000 00 0000 00 0001 61 0001 62",                            9,
     "MQTT-3.1.2-12"                                                                                               },
    {RULE_WILL_QOS_3,                  4, '>',
     "10 12 0004 4d515454 04 1e 0000 0000 0001 61 0001 62",                                  9,
     "MQTT311-3.1.2-14"                                                                                            },
    {RULE_WILL_QOS_WITHOUT_WILL,       5, '>',
     "10 0d 0004 4d515454 05 0a 0000 00 0000",                                               9,  "MQTT-3.1.2-11"   },
    {RULE_WILL_QOS_WITHOUT_WILL,       4, '>', "10 0c 0004 4d515454 04 0a 0000 0000",
     9,                                                                                          "MQTT311-3.1.2-13"},
    {RULE_WILL_RETAIN_WITHOUT_WILL,    5, '>',
     "10 0d 0004 4d515454 05 22 0000 00 0000",                                               9,  "MQTT-3.1.2-13"   },
    {RULE_WILL_RETAIN_WITHOUT_WILL,    4, '>',
     "10 0c 0004 4d515454 04 22 0000 0000",                                                  9,  "MQTT311-3.1.2-15"},
    {RULE_PASSWORD_WITHOUT_USER,       4, '>',
     "10 0e 0004 4d515454 04 42 0000 0000 0000",                                             9,  "MQTT311-3.1.2-22"},
    {RULE_CLIENT_ID_EMPTY,             4, '>', "10 0c 0004 4d515454 04 00 0000 0000",        14,
     "MQTT311-3.1.3-7"                                                                                             },
    {RULE_CLIENT_ID_EMPTY,             3, '>', "10 0e 0006 4d5149736470 03 02 0000 0000",
     16,                                                                                         "MQTT311-3.1.3-7" },
    {RULE_WILL_TOPIC_WILDCARD,         5, '>',
     "10 14 0004 4d515454 05 06 0000 00 0000 00 0001 23 0001 62",                            18,
     "MQTT-4.7.0-1"                                                                                                },
    {RULE_WILL_TOPIC_WILDCARD,         4, '>',
     "10 12 0004 4d515454 04 06 0000 0000 0001 2b 0001 62",                                  16,
     "MQTT311-4.7.1-1"                                                                                             },
    {RULE_CONNACK_RESERVED,            5, '<', "20 03 02 00 00",                             2,  "MQTT-3.2.2-1"    },
    {RULE_CONNACK_RESERVED,            4, '<', "20 02 80 00",                                2,  NULL              },
    {RULE_CONNACK_RESERVED_3_1,        3, '<', "20 02 01 00",                                2,  NULL              },
    {RULE_SESSION_PRESENT_REFUSED,     5, '<', "20 03 01 87 00",                             2,  "MQTT-3.2.2-6"    },
    {RULE_SESSION_PRESENT_REFUSED,     4, '<', "20 02 01 05",                                2,  "MQTT311-3.2.2-4" },
    {RULE_RETURN_CODE,                 4, '<', "20 02 00 06",                                3,  "MQTT311-3.2.2-6" },

    {RULE_QOS_3,                       5, '>', "36 06 0001 61 0001 00",                      0,  "MQTT-3.3.1-4"    },
    {RULE_QOS_3,                       4, '>', "36 05 0001 61 0001",                         0,  "MQTT311-3.3.1-4" },
    {RULE_DUP_QOS_0,                   5, '>', "38 04 0001 61 00",                           0,  "MQTT-3.3.1-2"    },
    {RULE_DUP_QOS_0,                   3, '>', "38 03 0001 61",                              0,  "MQTT311-3.3.1-2" },
    {RULE_TOPIC_EMPTY,                 5, '>', "30 03 0000 00",                              2,  "MQTT-4.7.3-1"    },
    {RULE_TOPIC_EMPTY,                 4, '>', "30 02 0000",                                 2,  "MQTT311-4.7.3-1" },
    {RULE_TOPIC_EMPTY,                 4, '>', "82 05 0001 0000 00",                         4,  "MQTT311-4.7.3-1" },
    {RULE_TOPIC_EMPTY,                 4, '>',
     "10 11 0004 4d515454 04 06 0000 0000 0000 0001 62",                                     14, "MQTT311-4.7.3-1" },
    {RULE_TOPIC_WILDCARD,              5, '>', "30 04 0001 2b 00",                           4,  "MQTT-3.3.2-2"    },
    {RULE_TOPIC_WILDCARD,              4, '>', "30 05 0003 612f23",                          4,  "MQTT311-3.3.2-2" },
    {RULE_PAYLOAD_FORMAT,              5, '>', "30 07 0001 61 02 01 01 ff",                  8,  NULL              },

    {RULE_FILTER_HASH,                 5, '>', "82 0a 0001 00 0004 612f2362 00",             7,
     "MQTT-4.7.1-1"                                                                                                },
    {RULE_FILTER_HASH,                 4, '>', "82 08 0001 0003 232f61 00",                  6,
     "MQTT311-4.7.1-2"                                                                                             },
    {RULE_FILTER_PLUS,                 5, '>', "82 08 0001 00 0002 2b61 00",                 7,  "MQTT-4.7.1-2"    },
    {RULE_FILTER_PLUS,                 4, '>', "a2 06 0001 0002 612b",                       6,  "MQTT311-4.7.1-3" },
    {RULE_SHARE_NAME,                  5, '>', "82 0f 0001 00 0009 2473686172652f2f61 00",   7,
     "MQTT-4.8.2-1"                                                                                                },
    {RULE_SHARE_FILTER,                5, '>', "82 0e 0001 00 0008 2473686172652f67 00",     7,
     "MQTT-4.8.2-2"                                                                                                },
    {RULE_SHARE_FILTER,                5, '>', "82 10 0001 00 000a 2473686172652f2b2f61 00", 7,
     "MQTT-4.8.2-2"                                                                                                },
    {RULE_NO_FILTER,                   5, '>', "82 03 0001 00",                              5,  "MQTT-3.8.3-2"    },
    {RULE_NO_FILTER,                   4, '>', "82 02 0001",                                 4,  "MQTT311-3.8.3-3" },
    {RULE_NO_FILTER_UNSUBSCRIBE,       5, '>', "a2 03 0001 00",                              5,  "MQTT-3.10.3-2"   },
    {RULE_NO_FILTER_UNSUBSCRIBE,       4, '>', "a2 02 0001",                                 4,  "MQTT311-3.10.3-2"},
    {RULE_OPTIONS_RESERVED,            5, '>', "82 07 0001 00 0001 61 40",                   8,
     "MQTT-3.8.3-5"                                                                                                },
    {RULE_OPTIONS_RESERVED,            4, '>', "82 06 0001 0001 61 04",                      7,
     "MQTT311-3.8.3-4"                                                                                             },
    {RULE_OPTIONS_QOS_3,               5, '>', "82 07 0001 00 0001 61 03",                   8,  NULL              },
    {RULE_OPTIONS_QOS_3,               4, '>', "82 06 0001 0001 61 03",                      7,  "MQTT311-3.8.3-4" },
    {RULE_RETAIN_HANDLING_3,           5, '>', "82 07 0001 00 0001 61 30",                   8,  NULL              },
    {RULE_NO_LOCAL_SHARED,             5, '>', "82 10 0001 00 000a 2473686172652f672f61 04",
     17,                                                                                         "MQTT-3.8.3-4"    },
    {RULE_NO_REASON,                   5, '<', "90 03 0001 00",                              5,  NULL              },
    {RULE_NO_REASON,                   5, '<', "b0 03 0001 00",                              5,  NULL              },
    {RULE_GRANTED_QOS,                 4, '<', "90 03 0001 03",                              4,  "MQTT311-3.9.3-2" },

    {RULE_CONNACK_REASON,              5, '<', "20 03 00 01 00",                             3,  "MQTT-3.2.2-8"    },
    {RULE_PUBACK_REASON,               5, '<', "40 03 0001 92",                              4,  "MQTT-3.4.2-1"    },
    {RULE_PUBREC_REASON,               5, '<', "50 03 0001 92",                              4,  "MQTT-3.5.2-1"    },
    {RULE_PUBREL_REASON,               5, '<', "62 03 0001 10",                              4,  "MQTT-3.6.2-1"    },
    {RULE_PUBCOMP_REASON,              5, '<', "70 03 0001 10",                              4,  "MQTT-3.7.2-1"    },
    {RULE_SUBACK_REASON,               5, '<', "90 04 0001 00 03",                           5,  "MQTT-3.9.3-2"    },
    {RULE_UNSUBACK_REASON,             5, '<', "b0 04 0001 00 01",                           5,  "MQTT-3.11.3-2"   },
    {RULE_DISCONNECT_REASON,           5, '>', "e0 01 01",                                   2,  "MQTT-3.14.2-1"   },
    {RULE_AUTH_REASON,                 5, '>', "f0 01 01",                                   2,  "MQTT-3.15.2-1"   },
    {RULE_REASON_SIDE,                 5, '>', "e0 01 8e",                                   2,  NULL              },
    {RULE_REASON_SIDE,                 5, '<', "e0 01 04",                                   2,  NULL              },
    {RULE_REASON_SIDE,                 5, '<', "f0 01 19",                                   2,  NULL              },

    {RULE_NO_PROPERTY_LENGTH,          5, '>', "30 03 0001 61",                              5,  "MQTT-2.2.2-1"    },
    {RULE_NO_PROPERTY_LENGTH,          5, '<', "20 02 00 00",                                4,  "MQTT-2.2.2-1"    },
    {RULE_PROPERTY_OVERRUN,            5, '>', "30 07 0001 61 02 02 00 00",                  7,  NULL              },
    {RULE_PROPERTY_OVERRUN,            5, '>', "30 08 0001 61 04 03 0005 61",                7,  NULL              },
    {RULE_PROPERTY_UNKNOWN,            5, '>', "30 07 0001 61 02 77 01 61",                  6,  NULL              },
    {RULE_PROPERTY_PLACE,              5, '>', "30 09 0001 61 05 11 00000001",               6,  NULL              },
    {RULE_PROPERTY_PLACE,              5, '>', "30 06 0001 61 02 24 01",                     6,  NULL              },
    {RULE_PROPERTY_TWICE,              5, '>', "30 08 0001 61 04 01 00 01 00",               8,  NULL              },
    {RULE_PROPERTY_TWICE,              5, '>', "82 0b 0001 04 0b01 0b02 0001 61 00",         7,
     NULL                                                                                                          },
    {RULE_PROPERTY_NOT_0_1,            5, '>', "30 06 0001 61 02 01 02",                     7,  NULL              },
    {RULE_PROPERTY_NOT_0_1,            5, '<', "20 05 00 00 02 24 02",                       6,  NULL              },
    {RULE_PROPERTY_ZERO,               5, '<', "20 06 00 00 03 21 0000",                     6,  NULL              },
    {RULE_PROPERTY_ZERO,               5, '>', "82 09 0001 02 0b00 0001 61 00",              6,  NULL              },
    {RULE_TOPIC_ALIAS_0,               5, '>', "30 07 0001 61 03 23 0000",                   7,  "MQTT-3.3.2-8"    },
    {RULE_RESPONSE_TOPIC,              5, '>', "30 08 0001 61 04 08 0001 23",                9,
     "MQTT-3.3.2-14"                                                                                               },
    {RULE_RESPONSE_TOPIC,              5, '>', "30 07 0001 61 03 08 0000",                   9,
     "MQTT-3.3.2-14"                                                                                               },
    {RULE_SUBSCRIPTION_ID_FROM_CLIENT, 5, '>', "30 06 0001 61 02 0b 01",                     6,
     "MQTT-3.3.4-6"                                                                                                },
    {RULE_SESSION_EXPIRY_FROM_BROKER,  5, '<', "e0 07 8e 05 11 00000001",                    4,
     "MQTT-3.14.2-2"                                                                                               },
    {RULE_AUTH_DATA_ALONE,             5, '>', "f0 06 18 04 16 0001 61",                     8,  NULL              },
};

#define COUNT ((int)(sizeof(broken) / sizeof(broken[0])))

/* The note under a field that says what is wrong. */
static bool noted(const struct dissection *dissection, const char *text)
{
    for (size_t i = 1; i < dissection->count; i++) {
        const struct field *field = &dissection->fields[i];

        if (field->error && strstr(dissect_text(dissection, field), text))
            return true;
    }
    return false;
}

START_TEST(a_broken_rule_is_named_with_its_byte_and_statement)
{
    uint8_t bytes[64];
    size_t len = unit_hex(broken[_i].hex, bytes, sizeof(bytes));
    struct dissection dissection = {0};
    const char *text = dissect_rules_info(broken[_i].rule)->text;

    dissect_packet(&dissection, slice_of(guarded(bytes, len), len),
                   broken[_i].version, broken[_i].direction == '>');
    ck_assert_msg(dissection.error, "%s: no error", broken[_i].hex);
    ck_assert_msg(!strcmp(dissection.error, text), "%s: \"%s\", not \"%s\"",
                  broken[_i].hex, dissection.error, text);
    ck_assert_msg(dissection.error_offset == broken[_i].offset,
                  "%s: byte %u, not %u", broken[_i].hex,
                  dissection.error_offset, broken[_i].offset);
    ck_assert_pstr_eq(dissection.statement, broken[_i].statement);
    ck_assert(noted(&dissection, text));
    dissect_release(&dissection);
}
END_TEST

/* RULE_TOPIC_ALIAS_UNKNOWN needs a row; see test_dissect.c. */
START_TEST(each_rule_has_a_packet_that_breaks_it)
{
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        int row = 0;

        while (row < COUNT && (int)broken[row].rule != rule)
            row++;
        ck_assert_msg(row < COUNT || rule == RULE_TOPIC_ALIAS_UNKNOWN,
                      "nothing breaks \"%s\"",
                      dissect_rules_info((enum dissect_rule)rule)->text);
    }
}
END_TEST

START_TEST(each_rule_says_where_it_is_written)
{
    for (int i = 0; i < RULE_COUNT; i++) {
        const struct dissect_rule_info *info =
            dissect_rules_info((enum dissect_rule)i);

        ck_assert_ptr_nonnull(info->text);
        ck_assert_msg(info->mqtt5 || info->mqtt311 || info->section, "%s",
                      info->text);
        if (info->mqtt5)
            ck_assert_int_eq(strncmp(info->mqtt5, "MQTT-", 5), 0);
        if (info->mqtt311)
            ck_assert_int_eq(strncmp(info->mqtt311, "MQTT311-", 8), 0);
    }
}
END_TEST

Suite *dissect_rules_suite(void)
{
    Suite *suite = suite_create("dissect_rules");
    TCase *tcase = unit_case(suite, "dissect_rules", 0);

    tcase_add_loop_test(
        tcase, a_broken_rule_is_named_with_its_byte_and_statement, 0, COUNT);
    tcase_add_test(tcase, each_rule_has_a_packet_that_breaks_it);
    tcase_add_test(tcase, each_rule_says_where_it_is_written);
    return suite;
}
