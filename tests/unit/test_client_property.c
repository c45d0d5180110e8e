#include "suites.h"

#include "client/client_property.h"
#include "mqtt/property.h"

#include <stdio.h>
#include <string.h>

#define MAX_WORDS 8

static struct buf lists[CLIENT_PROPERTY_LISTS];
static char error[160];

static void tear_down(void)
{
    for (int i = 0; i < CLIENT_PROPERTY_LISTS; i++)
        buf_release(&lists[i]);
}

/* The words of text, of which "''" is an empty one. */
static int parse(const char *text)
{
    static char line[200];
    char *words[MAX_WORDS];
    int count = 0;

    snprintf(line, sizeof(line), "%s", text);
    for (char *at = strtok(line, " "); at && count < MAX_WORDS;
         at = strtok(NULL, " "))
        words[count++] = strcmp(at, "''") ? at : at + 2;
    error[0] = '\0';
    return client_property_parse(lists, words, count, error, sizeof(error));
}

/* What it takes, and in which packet it goes. */
static const struct {
    const char *words;
    int used;
    unsigned list;
    const char *hex; /* as it goes into the packet */
} good[] = {
    {"connect session-expiry-interval 4294967295",  3, MQTT_CONNECT,
     "11 ff ff ff ff"                                                                          },
    {"connect receive-maximum 65535",               3, MQTT_CONNECT,     "21 ff ff"            },
    {"connect request-problem-information 0",       3, MQTT_CONNECT,     "17 00"               },
    {"connect authentication-method m",             3, MQTT_CONNECT,     "15 00 01 6d"         },
    {"CONNECT User-Property a b rest",              4, MQTT_CONNECT,     "26 00 01 61 00 01 62"},
    {"publish user-property '' ''",                 4, MQTT_PUBLISH,     "26 00 00 00 00"      },
    {"publish correlation-data ''",                 3, MQTT_PUBLISH,     "09 00 00"            },
    {"publish topic-alias 1 -q 2",                  3, MQTT_PUBLISH,     "23 00 01"            },
    {"puback reason-string r",                      3, MQTT_PUBACK,      "1f 00 01 72"         },
    {"pubrec reason-string r",                      3, MQTT_PUBREC,      "1f 00 01 72"         },
    {"pubrel reason-string r",                      3, MQTT_PUBREL,      "1f 00 01 72"         },
    {"pubcomp reason-string r",                     3, MQTT_PUBCOMP,     "1f 00 01 72"         },
    {"subscribe subscription-identifier 268435455", 3, MQTT_SUBSCRIBE,
     "0b ff ff ff 7f"                                                                          },
    {"unsubscribe user-property a b",               4, MQTT_UNSUBSCRIBE,
     "26 00 01 61 00 01 62"                                                                    },
    {"disconnect session-expiry-interval 0",        3, MQTT_DISCONNECT,
     "11 00 00 00 00"                                                                          },
    {"will will-delay-interval 5",                  3, PROPERTY_IN_WILL, "18 00 00 00 05"      },
};

START_TEST(a_property_goes_to_its_packet)
{
    struct buf encoded = {0};
    uint8_t bytes[32];
    size_t len = unit_hex(good[_i].hex, bytes, sizeof(bytes));

    ck_assert_int_eq(parse(good[_i].words), good[_i].used);
    for (unsigned i = 0; i < CLIENT_PROPERTY_LISTS; i++)
        ck_assert((lists[i].len > 0) == (i == good[_i].list));
    property_write(&encoded, buf_slice(&lists[good[_i].list]));
    ck_assert_uint_eq(encoded.len, len + 1);
    ck_assert_mem_eq(encoded.bytes + 1, bytes, len);
    buf_release(&encoded);
    ck_assert(client_property_check(lists, error, sizeof(error)));
}
END_TEST

#define FEW     "--property argument given but not enough arguments specified.\n"
#define COMMAND "Invalid command given in --property argument.\n"
#define RANGE   " out of range for property "

static const struct {
    const char *words;
    const char *error;
} bad[] = {
    {"",                                            FEW             },
    {"connect",                                     FEW             },
    {"connect receive-maximum",                     FEW             },
    {"connect user-property a",                     FEW             },
    {"connack receive-maximum 1",                   COMMAND         },
    {"pingreq user-property a b",                   COMMAND         },
    {"connect nothing 1",
     "Invalid property name given in --property argument.\n"        },
    {"connect content-type a",
     "content-type property not allowed for connect in --property "
     "argument.\n"                                                  },
    {"will reason-string a",
     "reason-string property not allowed for will in --property "
     "argument.\n"                                                  },
    {"disconnect server-reference a",
     "server-reference property not allowed for disconnect in --property "
     "argument.\n"                                                  },
    {"auth reason-string a",
     "reason-string property not supported for auth in --property "
     "argument.\n"                                                  },
    {"publish subscription-identifier 1",
     "subscription-identifier property not supported for publish in "
     "--property argument.\n"                                       },
    {"connect receive-maximum 65536",
     "Property value (65536)" RANGE "receive-maximum.\n"            },
    {"connect receive-maximum -1",
     "Property value (-1)" RANGE "receive-maximum.\n"               },
    {"connect receive-maximum 1x",
     "Property value (1x)" RANGE "receive-maximum.\n"               },
    {"connect receive-maximum ''",
     "Property value ()" RANGE "receive-maximum.\n"                 },
    {"connect maximum-packet-size 4294967296",
     "Property value (4294967296)" RANGE "maximum-packet-size.\n"   },
    {"will payload-format-indicator 256",
     "Property value (256)" RANGE "payload-format-indicator.\n"     },
    {"subscribe subscription-identifier 268435456",
     "Property value (268435456)" RANGE "subscription-identifier.\n"},
};

START_TEST(what_is_no_property_is_explained)
{
    ck_assert_int_eq(parse(bad[_i].words), -1);
    ck_assert_str_eq(error, bad[_i].error);
    for (unsigned i = 0; i < CLIENT_PROPERTY_LISTS; i++)
        ck_assert_uint_eq(lists[i].len, 0);
}
END_TEST

#define PROTOCOL \
    "A network protocol error occurred when communicating with the broker."

static const struct {
    const char *first;
    const char *second; /* NULL: there is none */
    const char *error;
} wrong[] = {
    {"connect receive-maximum 0",             NULL,
     "Error in CONNECT properties: " PROTOCOL                                                                   },
    {"connect maximum-packet-size 0",         NULL,
     "Error in CONNECT properties: " PROTOCOL                                                                   },
    {"connect request-problem-information 2", NULL,
     "Error in CONNECT properties: " PROTOCOL                                                                   },
    {"subscribe subscription-identifier 0",   NULL,
     "Error in SUBSCRIBE properties: " PROTOCOL                                                                 },
    {"publish topic-alias 0",                 NULL,                     "Error in PUBLISH properties: " PROTOCOL},
    {"publish response-topic a/#",            NULL,
     "Error in PUBLISH properties: " PROTOCOL                                                                   },
    {"will payload-format-indicator 2",       NULL,
     "Error in WILL properties: " PROTOCOL                                                                      },
    {"publish content-type a",                "publish content-type b",
     "Error in PUBLISH properties: Duplicate property in property list"                                         },
    {"puback reason-string a",                "puback reason-string a",
     "Error in PUBACK properties: Duplicate property in property list"                                          },
};

START_TEST(lists_that_break_a_rule_are_found)
{
    ck_assert_int_eq(parse(wrong[_i].first), 3);
    if (wrong[_i].second)
        ck_assert_int_eq(parse(wrong[_i].second), 3);
    ck_assert(!client_property_check(lists, error, sizeof(error)));
    ck_assert_str_eq(error, wrong[_i].error);
}
END_TEST

START_TEST(user_properties_may_be_many_and_keep_their_order)
{
    struct slice rest;
    struct property one;

    ck_assert_int_eq(parse("publish user-property b first"), 4);
    ck_assert_int_eq(parse("publish user-property a second"), 4);
    ck_assert(client_property_check(lists, error, sizeof(error)));
    rest = buf_slice(&lists[MQTT_PUBLISH]);
    ck_assert(property_next(&rest, &one));
    ck_assert(slice_equal_string(one.value, "first"));
    ck_assert(property_next(&rest, &one));
    ck_assert(slice_equal_string(one.value, "second"));
}
END_TEST

#define ROWS(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

Suite *client_property_suite(void)
{
    Suite *suite = suite_create("client_property");
    TCase *tcase = unit_case(suite, "client_property", 0);

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, a_property_goes_to_its_packet, 0, ROWS(good));
    tcase_add_loop_test(tcase, what_is_no_property_is_explained, 0, ROWS(bad));
    tcase_add_loop_test(tcase, lists_that_break_a_rule_are_found, 0,
                        ROWS(wrong));
    tcase_add_test(tcase, user_properties_may_be_many_and_keep_their_order);
    return suite;
}
