#include "suites.h"

#include "client/client_options.h"
#include "mqtt/property.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_WORDS 40

enum { OPTION_TEST = OPTION_OWN, OPTION_TEST_VALUE };

static const struct option_spec table[] = {
    {OPTION_TOPIC,      't', "topic",   "topic",   ""},
    {OPTION_QOS,        'q', "qos",     "QoS",     ""},
    {OPTION_TEST,       'r', "retain",  NULL,      ""},
    {OPTION_TEST_VALUE, 'm', "message", "message", ""},
    CLIENT_OPTION_ROWS(311),
    CLIENT_OPTION_ROWS_NOT_HERE,
};

static struct client_options options;
static char line[400];
static char *words[MAX_WORDS];

/* No file of the user's who runs the tests. */
static void set_up(void)
{
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
}

static void tear_down(void)
{
    client_options_release(&options);
}

/* Begin with these words; "''" is an empty one. */
static void begin(const char *text)
{
    int count = 0;

    snprintf(line, sizeof(line), "%s", text);
    for (char *at = strtok(line, " "); at && count < MAX_WORDS;
         at = strtok(NULL, " "))
        words[count++] = strcmp(at, "''") ? at : at + 2;
    client_options_release(&options); /* of the line before */
    client_options_init(&options, table, count, words);
    options.topics_are_filters = strstr(words[0], "sub") != NULL;
}

/* Read all; returns the last id, or -1 when something is wrong. */
static int read_line(const char *text)
{
    int id;

    begin(text);
    do
        id = client_options_next(&options);
    while (id >= OPTION_OWN);
    return id == 0 && !client_options_finish(&options) ? -1 : id;
}

START_TEST(defaults_are_mosquittos)
{
    const struct mqtt_connect *connect = &options.config.connect;

    ck_assert_int_eq(read_line("/usr/bin/mosquitto_pub"), 0);
    ck_assert_str_eq(options.program, "mosquitto_pub");
    ck_assert_str_eq(options.config.host, "localhost");
    ck_assert_int_eq(options.config.port, 1883);
    ck_assert_int_eq(connect->version, MQTT_3_1_1);
    ck_assert_int_eq(connect->keep_alive_s, 60);
    ck_assert(connect->clean_start);
    ck_assert_uint_eq(connect->client_id.len, 0);
    ck_assert(!connect->has_user_name && !connect->has_password);
    ck_assert_uint_eq(connect->properties.len, 0);
}
END_TEST

START_TEST(a_full_line_fills_the_connect_packet)
{
    const struct mqtt_connect *connect = &options.config.connect;

    ck_assert_int_eq(
        read_line("sub -h ::1 -p 1884 -i id -u user -P pass -k 5 -c -V 311 -d "
                  "--quiet -q 2 -t a -t b/# --will-topic w --will-payload bye "
                  "--will-qos 1"),
        0);
    ck_assert_str_eq(options.program, "mqttlab sub");
    ck_assert_str_eq(options.config.host, "::1");
    ck_assert_int_eq(options.config.port, 1884);
    ck_assert(slice_equal_string(connect->client_id, "id"));
    ck_assert(slice_equal_string(connect->user_name, "user"));
    ck_assert(slice_equal_string(connect->password, "pass"));
    ck_assert_int_eq(connect->keep_alive_s, 5);
    ck_assert(!connect->clean_start);
    ck_assert(options.debug && options.quiet);
    ck_assert_int_eq(options.qos, 2);
    ck_assert_uint_eq(options.topics.count, 2);
    ck_assert_str_eq(options.topics.items[1], "b/#");
    ck_assert(connect->will.set && !connect->will.retain);
    ck_assert(slice_equal_string(connect->will.topic, "w"));
    ck_assert(slice_equal_string(connect->will.payload, "bye"));
    ck_assert_int_eq(connect->will.qos, 1);
}
END_TEST

/* What mosquitto_pub 2.0.11 answers, found by running it; those that it lets
   pass and we do not are at the end. */
static const struct {
    const char *line;
    const char *error;
} bad_lines[] = {
    {"pub -m",                                                "Error: -m argument given but no message specified.\n"                                 },
    {"pub --host",                                            "Error: -h argument given but no host specified.\n"                                    },
    {"pub -I",                                                "Error: -I argument given but no id prefix specified.\n"                               },
    {"pub -V",
     "Error: --protocol-version argument given but no version specified.\n"                                                                          },
    {"pub --will-qos",
     "Error: --will-qos argument given but no will QoS specified.\n"                                                                                 },
    {"pub -D",                                                "Error: --property argument given but not enough arguments "
               "specified.\n"                                                                                                          },
    {"pub --bogus",                                           "Error: Unknown option '--bogus'."                                                     },
    {"pub extra",                                             "Error: Unknown option 'extra'."                                                       },
    {"pub -Zq",                                               "Error: Unknown option '-Zq'."                                                         },
    {"pub --debug=x",                                         "Error: Unknown option '--debug=x'."                                                   },
    {"pub -q 3",                                              "Error: Invalid QoS given: 3"                                                          },
    {"pub -p 99999",                                          "Error: Invalid port given: 99999"                                                     },
    {"pub -V 7",                                              "Error: Invalid protocol version argument given.\n"                                    },
    {"pub -k 4",                                              "Error: Invalid keepalive given, it must be between 5 and "
                 "65535 inclusive.\n"                                                                                                },
    {"pub -k 65536",                                          "Error: Invalid keepalive given, it must be between 5 and "
                     "65535 inclusive.\n"                                                                                        },
    {"pub -c",                                                "Error: You must provide a client id if you are using the -c "
               "option."                                                                                                               },
    {"pub -V 5 -c",                                           "Error: You must provide a client id if you are using an "
                    "infinite session expiry interval."                                                                           },
    {"pub -i a -I b",                                         "Error: -i and -I argument cannot be used together.\n"                                 },
    {"pub -P pw",                                             "Error: Problem setting username and/or password."                                     },
    {"pub --will-payload x",
     "Error: Will payload given, but no will topic given."                                                                                           },
    {"pub --will-retain",                                     "Error: Will retain given, but no will topic given."                                   },
    {"pub --will-qos 3",                                      "Error: Invalid will QoS 3.\n"                                                         },
    {"pub --will-topic x/#",
     "Error: Invalid will topic 'x/#', does it contain '+' or '#'?"                                                                                  },
    {"pub -x abc",                                            "Error: session-expiry-interval not a number.\n"                                       },
    {"pub -x -5",                                             "Error: session-expiry-interval out of range.\n"                                       },
    {"pub -x 4294967296",                                     "Error: session-expiry-interval out of range.\n"                                       },
    {"pub -L http://h/t",                                     "Error: unsupported URL scheme.\n"                                                     },
    {"pub -L mqtt://h",
     "Error: Invalid URL for -L argument specified - topic missing."                                                                                 },
    {"pub -D nothing topic-alias 1",
     "Error: Invalid command given in --property argument.\n"                                                                                        },
    {"pub -D publish nothing 1",
     "Error: Invalid property name given in --property argument.\n"                                                                                  },
    {"pub -D publish receive-maximum 1",
     "Error: receive-maximum property not allowed for publish in --property "
     "argument.\n"                                                                                                                                   },
    {"pub -D publish topic-alias",
     "Error: --property argument given but not enough arguments specified.\n"                                                                        },
    {"pub -D publish user-property a",
     "Error: --property argument given but not enough arguments specified.\n"                                                                        },
    {"pub -D publish topic-alias 65536",
     "Error: Property value (65536) out of range for property topic-alias.\n"                                                                        },
    {"pub -D connect receive-maximum 0",
     "Error in CONNECT properties: A network protocol error occurred when "
     "communicating with the broker."                                                                                                                },
    {"pub -D publish topic-alias 0",
     "Error in PUBLISH properties: A network protocol error occurred when "
     "communicating with the broker."                                                                                                                },
    {"pub -V 5 -x 10 -D connect session-expiry-interval 20",
     "Error in CONNECT properties: Duplicate property in property list"                                                                              },
    {"pub --cafile /nowhere/at/all",
     "Error: Problem setting TLS options: File not found."                                                                                           },
    {"pub --cert x",                                          "Error: Both certfile and keyfile must be provided if one "
                     "of them is set."                                                                                           },
    {"pub --insecure",
     "Error: --insecure asks for TLS, but nothing says whom to trust: add --cafile FILE, --capath DIRECTORY or --tls-use-os-certs. Nothing was sent."},
    {"pub --cert x --key y",
     "Error: --cert asks for TLS, but nothing says whom to trust: add --cafile FILE, --capath DIRECTORY or --tls-use-os-certs. Nothing was sent."    },
    {"pub --cafile /dev/null --tls-engine x",
     "Error: Engines are not supported: OpenSSL itself gives them up. Keep the key in a file (--key)."                                               },
    {"pub --cafile /dev/null --key x --cert y --keyform der",
     "Error: Problem setting key form, it must be one of 'pem' or 'engine'."                                                                         },
    {"pub --keyform pem",                                     "Error: If keyform is set, keyfile must be also "
                          "specified."                                                                                      },
    {"pub --tls-engine-kpass-sha1 x",
     "Error: when using "
     "tls-engine-kpass-sha1, both tls-engine and keyform must also be "
     "provided."                                                                                                                                     },
    {"pub --psk 12",                                          "Error: --psk-identity required if --psk used."                                        },
    {"pub --psk 12 --capath x",                               "Error: Only one of --psk or "
                                "--cafile/--capath may be used at once."                                              },
    {"pub --psk 1g --psk-identity x",
     "Error: Problem setting TLS-PSK options."                                                                                                       },
    {"pub --tls-version tlsv1",                               "Error: Problem setting TLS options, check the "
                                "options are valid."                                                                  },
    {"pub -S",
     "Error: -S is not supported: the resolver of this program asks "
     "for addresses only. `dig SRV _mqtt._tcp.HOST` says what to give to -h "
     "and -p."                                                                                                                                       },
    {"pub -M 0",                                              "Error: Maximum inflight messages must be greater than 0.\n"                           },
    {"pub -D publish user-property a b -V 311",
     "Error: Properties (-D) need version 5 of MQTT."                                                                                                },
    {"pub -t a/#",                                            "Error: Invalid publish topic 'a/#', does it contain '+' or "
                   "'#'?"                                                                                                          },
    {"sub -t a#",                                             "Error: Invalid subscription topic 'a#', are all '+' and '#' "
                  "wildcards correct?"                                                                                              },
    {"pub -D auth user-property a b",
     "Error: user-property property not "
     "supported for auth in --property argument.\n"                                                                                                  },
    {"pub -D publish subscription-identifier 1",
     "Error: "
     "subscription-identifier property not supported for publish in "
     "--property argument.\n"                                                                                                                        },
    {"pub -p abc",                                            "Error: Invalid port given: abc"                                                       },
    {"pub -q x",                                              "Error: Invalid QoS given: x"                                                          },
    {"pub -D publish topic-alias x",
     "Error: Property value (x) out of range for property topic-alias.\n"                                                                            },
    {"pub -D disconnect server-reference x",
     "Error: server-reference property not allowed for disconnect in "
     "--property argument.\n"                                                                                                                        },
};

START_TEST(mistakes_are_explained_in_mosquittos_words)
{
    ck_assert_int_eq(read_line(bad_lines[_i].line), -1);
    ck_assert_str_eq(options.error, bad_lines[_i].error);
}
END_TEST

START_TEST(a_url_stands_for_host_port_user_and_topic)
{
    const struct mqtt_connect *connect = &options.config.connect;

    ck_assert_int_eq(
        read_line("pub -L mqtt://us%65r:p%40@host.example:1999/a/b -t c"), 0);
    ck_assert_str_eq(options.config.host, "host.example");
    ck_assert_int_eq(options.config.port, 1999);
    ck_assert(slice_equal_string(connect->user_name, "user"));
    ck_assert(slice_equal_string(connect->password, "p@"));
    ck_assert_str_eq(options.topics.items[0], "a/b");
    ck_assert_str_eq(options.topics.items[1], "c");
}
END_TEST

START_TEST(a_prefix_is_followed_by_the_process)
{
    char expected[40];

    snprintf(expected, sizeof(expected), "pre%ld", (long)getpid());
    ck_assert_int_eq(read_line("pub -I pre"), 0);
    ck_assert(slice_equal_string(options.config.connect.client_id, expected));
}
END_TEST

START_TEST(version_3_1_gets_a_client_identifier_made_up)
{
    struct slice id;

    ck_assert_int_eq(read_line("pub -V mqttv31"), 0);
    id = options.config.connect.client_id;
    ck_assert_uint_eq(id.len, 23);
    ck_assert_int_eq(memcmp(id.bytes, "mosq-", 5), 0);
}
END_TEST

START_TEST(a_property_makes_it_version_5)
{
    struct property found;

    ck_assert_int_eq(
        read_line("pub -D PUBLISH user-property n v -D publish content-type x "
                  "-D connect session-expiry-interval 20"),
        0);
    ck_assert_int_eq(options.config.connect.version, MQTT_5);
    struct slice publish = client_options_properties(&options, MQTT_PUBLISH);
    ck_assert(property_find(publish, PROPERTY_USER_PROPERTY, &found));
    ck_assert(slice_equal_string(found.string, "n"));
    ck_assert(slice_equal_string(found.value, "v"));
    ck_assert(slice_equal_string(
        property_string(publish, PROPERTY_CONTENT_TYPE), "x"));
    ck_assert_uint_eq(property_number(options.config.connect.properties,
                                      PROPERTY_SESSION_EXPIRY_INTERVAL, 0),
                      20);
}
END_TEST

/* -x, -c and -V 5 give Session Expiry Interval and Receive Maximum. */
static const struct {
    const char *line;
    int64_t expiry_s; /* -1: absent */
    uint32_t receive_maximum;
} expiries[] = {
    {"pub -V 5 -i x",                                         -1,         20},
    {"pub -V 5 -i x -c",                                      UINT32_MAX, 20},
    {"pub -V 5 -i x -c -x 10",                                10,         20},
    {"pub -V 5 -i x -x -1",                                   UINT32_MAX, 20},
    {"pub -V 5 -i x -x ∞",                                  UINT32_MAX, 20},
    {"pub -V 5 -i x -x 4294967294",                           4294967294, 20},
    {"pub -V 5 -i x -c -D connect session-expiry-interval 9", 9,          20},
    {"pub -V 5 -i x -D connect receive-maximum 7",            -1,         7 },
    {"pub -V 311 -i x -x 10",                                 -1,         0 },
};

START_TEST(session_expiry_follows_from_the_options)
{
    struct property found;

    ck_assert_int_eq(read_line(expiries[_i].line), 0);
    struct slice properties = options.config.connect.properties;
    bool has =
        property_find(properties, PROPERTY_SESSION_EXPIRY_INTERVAL, &found);
    ck_assert_int_eq(has, expiries[_i].expiry_s >= 0);
    if (has)
        ck_assert_int_eq(found.number, expiries[_i].expiry_s);
    ck_assert_uint_eq(property_number(properties, PROPERTY_RECEIVE_MAXIMUM, 0),
                      expiries[_i].receive_maximum);
}
END_TEST

START_TEST(help_and_version_stop_reading)
{
    ck_assert_int_eq(read_line("pub --help --bogus"), OPTION_HELP);
    ck_assert_int_eq(read_line("pub --version"), OPTION_PROGRAM_VERSION);
}
END_TEST

START_TEST(own_options_come_back_with_their_value)
{
    begin("pub -d -m hello -r");
    ck_assert_int_eq(client_options_next(&options), OPTION_TEST_VALUE);
    ck_assert_str_eq(options.words.value, "hello");
    ck_assert_int_eq(client_options_next(&options), OPTION_TEST);
    ck_assert_int_eq(client_options_next(&options), 0);
    ck_assert(options.debug);
}
END_TEST

#define ROWS(rows) (int)(sizeof(rows) / sizeof((rows)[0]))

Suite *client_options_suite(void)
{
    Suite *suite = suite_create("client_options");
    TCase *tcase = unit_case(suite, "client_options", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, defaults_are_mosquittos);
    tcase_add_test(tcase, a_full_line_fills_the_connect_packet);
    tcase_add_loop_test(tcase, mistakes_are_explained_in_mosquittos_words, 0,
                        ROWS(bad_lines));
    tcase_add_test(tcase, a_url_stands_for_host_port_user_and_topic);
    tcase_add_test(tcase, a_prefix_is_followed_by_the_process);
    tcase_add_test(tcase, version_3_1_gets_a_client_identifier_made_up);
    tcase_add_test(tcase, a_property_makes_it_version_5);
    tcase_add_loop_test(tcase, session_expiry_follows_from_the_options, 0,
                        ROWS(expiries));
    tcase_add_test(tcase, help_and_version_stop_reading);
    tcase_add_test(tcase, own_options_come_back_with_their_value);
    return suite;
}
