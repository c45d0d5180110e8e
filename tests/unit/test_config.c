#include "suites.h"

#include "base/alloc.h"
#include "broker/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config config;
static char *report; /* what was reported */
static size_t report_len;

static void setup(void)
{
    config_init(&config);
}

static void teardown(void)
{
    config_release(&config);
    free(report);
    report = NULL;
}

/* Read text over the configuration; returns the number of problems. */
static unsigned read_text(const char *text)
{
    free(report);
    struct config_problems problems = {
        .to = open_memstream(&report, &report_len)};

    bool good =
        config_read_text(&config, "t.conf", slice_of_string(text), &problems);
    fclose(problems.to);
    ck_assert_int_eq(good, problems.count == 0);
    return problems.count;
}

static void read_good(const char *text)
{
    unsigned count = read_text(text);

    ck_assert_msg(count == 0, "%s", report);
    config_finish(&config);
}

START_TEST(without_a_file_it_listens_on_127_0_0_1_and_welcomes_anybody)
{
    config_finish(&config);
    ck_assert_uint_eq(config.listener_count, 1);
    ck_assert_str_eq(config.listeners[0].host, "127.0.0.1");
    ck_assert_uint_eq(config.listeners[0].port, 1883);
    ck_assert(config.listeners[0].allow_anonymous);
    ck_assert_int_eq(config.listeners[0].max_connections, -1);
    ck_assert_uint_eq(config.listeners[0].max_qos, 2);
    ck_assert_uint_eq(config.listeners[0].max_topic_alias, 10);
    ck_assert_str_eq(config.listeners[0].auto_id_prefix, "auto-");
    ck_assert(config.listeners[0].allow_zero_length_clientid);
}
END_TEST

START_TEST(the_defaults_are_those_of_the_table)
{
    config_finish(&config);
    ck_assert_uint_eq(config.max_inflight_messages, 1000);
    ck_assert_uint_eq(config.max_queued_messages, 1000);
    ck_assert_uint_eq(config.max_inflight_bytes, 64 << 20);
    ck_assert_uint_eq(config.max_queued_bytes, 8 << 20);
    ck_assert_uint_eq(config.max_packet_size, 0);
    ck_assert_uint_eq(config.max_keepalive, 65535);
    ck_assert_uint_eq(config.persistent_client_expiration, 0);
    ck_assert(!config.queue_qos0_messages);
    ck_assert(config.retain_available);
    ck_assert(config.set_tcp_nodelay);
    ck_assert_uint_eq(config.sys_interval, 10);
    ck_assert_uint_eq(config.max_topic_levels, 200);
    ck_assert_uint_eq(config.max_retained_bytes, 512 << 20);
    ck_assert(config.connection_messages);
    ck_assert(config.log_timestamp);
    ck_assert_ptr_null(config.log_timestamp_format);
    ck_assert_ptr_null(config.pid_file);
    ck_assert_uint_eq(config.log_dests, CONFIG_LOG_STDERR);
    ck_assert_uint_eq(config.log_types, CONFIG_LOG_ERROR | CONFIG_LOG_WARNING |
                                            CONFIG_LOG_NOTICE |
                                            CONFIG_LOG_INFORMATION);
}
END_TEST

START_TEST(values_of_all_types_are_read)
{
    read_good("# a comment\r\n"
              "\n"
              "max_inflight_messages 5\r\n"
              "  max_queued_bytes\t 64k  \n"
              "max_retained_bytes 2G\n"
              "message_size_limit 3M\n"
              "max_packet_size 20\n"
              "queue_qos0_messages true\n"
              "persistent_client_expiration 2w\n"
              "log_timestamp_format %H:%M:%S  today\n"
              "pid_file /run/a b.pid\n"
              "user nobody\n"
              "max_keepalive 0");
    ck_assert_uint_eq(config.max_inflight_messages, 5);
    ck_assert_uint_eq(config.max_queued_bytes, 65536);
    ck_assert_uint_eq(config.max_retained_bytes, UINT64_C(2) << 30);
    ck_assert_uint_eq(config.message_size_limit, 3 << 20);
    ck_assert_uint_eq(config.max_packet_size, 20);
    ck_assert(config.queue_qos0_messages);
    ck_assert_uint_eq(config.persistent_client_expiration, 1209600);
    ck_assert_str_eq(config.log_timestamp_format, "%H:%M:%S  today");
    ck_assert_str_eq(config.pid_file, "/run/a b.pid");
    ck_assert_str_eq(config.user, "nobody");
    ck_assert_uint_eq(config.max_keepalive, 0);
}
END_TEST

static const struct {
    const char *text;
    const char *problem; /* all of the line after "t.conf:" */
} bad[] = {
    {"max_conections 5",
     "1: unknown option max_conections; did you mean max_connections?"                                           },
    {"\n\nlistner 1883",                                 "3: unknown option listner; did you mean listener?"     },
    {"colour red",                                       "1: unknown option colour\n"                            },
    {"port",                                             "1: port needs a value"                                 },
    {"password_file /nonexistent/x",
     "1: password_file /nonexistent/x: No such file or directory; mqttlab "
     "passwd -c '/nonexistent/x' USER makes one"                                                                 },
    {"acl_file /",                                       "1: acl_file /: is a folder"                            },
    {"persistence_location /dev/null",
     "1: persistence_location /dev/null: is no folder"                                                           },
    {"cafile x",
     "1: cafile x: No such file or directory, seen from the folder in which "
     "the broker is started; mqttlab certs ca makes one"                                                         },
    {"listener 1\nkeyfile /nonexistent/x",
     "2: keyfile /nonexistent/x: No such file or directory; mqttlab certs "
     "server --san HOST makes one"                                                                               },
    {"allow_anonymous true\nper_listener_settings true",
     "2: per_listener_settings must stand in front of allow_anonymous"                                           },
    {"global_max_clients 5",
     "1: global_max_clients is not supported: it is called max_clients here"                                     },
    {"packet_buffer_size 5",
     "1: packet_buffer_size is not supported: only versions of mosquitto after"                                  },
    {"tls_engine x",                                     "1: tls_engine is not supported: keys come from files"  },
    {"bridge_psk x",                                     "1: bridge_psk is not supported: mqttlab has no bridges"},
    {"tls_version tlsv1",
     "1: tls_version is 'tlsv1', but must be tlsv1.3 | tlsv1.2 |"                                                },
    {"tls_version |",                                    "1: tls_version is '|'"                                 },
    {"socket_domain ip",                                 "1: socket_domain is 'ip', but must be ipv4 | ipv6"     },
    {"auth_plugin /nonexistent.so",                      "1: auth_plugin /nonexistent.so: No such"               },
    {"plugin /usr/lib/mosquitto_dynamic_security.so",
     "1: plugin /usr/lib/mosquitto_dynamic_security.so is not supported: plugins of mosquitto do not fit"        },
    {"auth_opt_x 1",                                     "1: auth_opt_x follows no auth_plugin"                  },
    {"auth_opt_ 1",                                      "1: unknown option auth_opt_"                           },
    {"auth_plugin_deny_special_chars true",
     "1: auth_plugin_deny_special_chars follows no"                                                              },
    {"log_facility 8",                                   "1: log_facility is '8', but must be 0..7"              },
    {"listener 1883\nconnection x",
     "2: connection is not supported: mqttlab has no bridges"                                                    },
    {"listener 1883 # for all",                          "1: listener takes a port and a host, but"              },
    {"  # indented",                                     "1: a comment has its #"                                },
    {"listener 65536",                                   "1: '65536' is not a port"                              },
    {"listener -1",                                      "1: '-1' is not a port"                                 },
    {"listener x",                                       "1: 'x' is not a port"                                  },
    {"listener 1883 /tmp/sock",
     "1: the port of a Unix socket is 0: listener 0 /tmp/sock"                                                   },
    {"port 1\nport 2",                                   "2: port was given before"                              },
    {"protocol smoke",                                   "1: protocol is 'smoke', but must be mqtt |"            },
    {"allow_anonymous yes",                              "1: allow_anonymous is 'yes', but must be true |"       },
    {"max_qos 3",                                        "1: max_qos is '3', but must be 0..2"                   },
    {"max_packet_size 19",
     "1: max_packet_size is '19', but must be 0 or 20..2147483647"                                               },
    {"max_inflight_messages 5x",                         "1: max_inflight_messages is '5x'"                      },
    {"max_inflight_messages 99999999999999999999",       "1: max_inflight_messages"                              },
    {"max_queued_bytes 10T",                             "1: max_queued_bytes is '10T'"                          },
    {"max_queued_bytes 9999999999999G",                  "1: max_queued_bytes is"                                },
    {"persistent_client_expiration 5",
     "1: persistent_client_expiration is '5', but must be 0 or a number and"                                     },
    {"persistent_client_expiration -2d",                 "1: persistent_client_expiration is"                    },
    {"persistent_client_expiration 999y",                "1: persistent_client_expiration is"                    },
    {"log_type errors",
     "1: log_type 'errors' is none of those that there are: error | warning | "
     "notice | information | debug | subscribe | unsubscribe | "                                                 },
    {"log_dest dlt",                                     "1: log_dest 'dlt' is none of those"                    },
    {"log_dest file /a\nlog_dest file /b",
     "2: there can be one log_dest file only"                                                                    },
    {"log_dest file",                                    "1: log_dest file needs a path"                         },
    {"log_dest stdout x",                                "1: log_dest stdout takes no value"                     },
    {"include_dir /nonexistent",                         "1: include_dir /nonexistent: No such file"             },
    {"evil\033[2J 1",                                    "1: unknown option evil?[2J"                            },
};

START_TEST(a_mistake_is_reported_with_file_line_and_what_to_do)
{
    char expected[256];

    snprintf(expected, sizeof(expected), "t.conf:%s", bad[_i].problem);
    ck_assert_uint_eq(read_text(bad[_i].text), 1);
    ck_assert_msg(strncmp(report, expected, strlen(expected)) == 0, "%s",
                  report);
}
END_TEST

START_TEST(all_mistakes_are_reported)
{
    ck_assert_uint_eq(read_text("colour red\n"
                                "max_qos 2\n"
                                "max_qos 9\n"
                                "acl_file x\n"
                                "listener\n"),
                      4);
    ck_assert_ptr_nonnull(strstr(report, "t.conf:1: "));
    ck_assert_ptr_nonnull(strstr(report, "t.conf:3: "));
    ck_assert_ptr_nonnull(strstr(report, "t.conf:4: "));
    ck_assert_ptr_nonnull(strstr(report, "t.conf:5: "));
}
END_TEST

START_TEST(a_nul_byte_is_a_mistake_and_the_rest_is_read)
{
    static const char text[] = "max_qos 1\0junk\nmax_topic_levels 7\n";
    struct config_problems problems = {0};

    ck_assert(!config_read_text(&config, "t.conf",
                                slice_of(text, sizeof(text) - 1), &problems));
    ck_assert_uint_eq(problems.count, 1);
    ck_assert_uint_eq(config.max_topic_levels, 7);
    ck_assert_uint_eq(config.common.max_qos, 2);
}
END_TEST

/* A line is cut nowhere, however long what stands in it. */
static const struct {
    const char *option;
    const char *path; /* what the long value begins with */
    const char *end;  /* and ends with */
    const char *said; /* the rest of the report's line, behind the value */
} long_values[] = {
    {"max_qos ",           "",  "x", "', but must be 0..2\n"              },
    {"acl_file ",          "/", "x", ": File name too long\n"             },
    {"http_dir ",          "/", "x", ": File name too long\n"             },
    {"auth_plugin ",       "/", "x", ": File name too long\n"             },
    {"log_dest ",          "",  "x", "' is none of those that there are: "},
    {"clientid_prefixes ", "",  ";", "' is part of it: leave it out\n"    },
};

START_TEST(a_long_value_is_reported_whole)
{
    char x[3001];

    memset(x, 'x', sizeof(x) - 1);
    x[sizeof(x) - 1] = '\0';
    char *value =
        alloc_printf("%s%s%s", long_values[_i].path, x, long_values[_i].end);
    char *line = alloc_printf("%s%s\n", long_values[_i].option, value);
    char *told = alloc_printf("%s%s", value, long_values[_i].said);
    read_text(line);
    ck_assert_msg(strstr(report, told) != NULL, "%s", report);
    free(value);
    free(line);
    free(told);
}
END_TEST

/* --- listeners ------------------------------------------------------------ */

START_TEST(options_of_a_listener_are_for_the_one_that_they_follow)
{
    read_good("max_topic_alias 3\n"
              "listener 1884\n"
              "max_connections 5\n"
              "listener 1885 0.0.0.0\n"
              "max_qos 1\n"
              "max_connections 6\n");
    ck_assert_uint_eq(config.listener_count, 2);
    ck_assert_uint_eq(config.listeners[0].port, 1884);
    ck_assert_str_eq(config.listeners[0].host, "127.0.0.1");
    ck_assert_int_eq(config.listeners[0].max_connections, 5);
    ck_assert_uint_eq(config.listeners[0].max_qos, 2);
    ck_assert_uint_eq(config.listeners[0].max_topic_alias, 3);
    ck_assert_uint_eq(config.listeners[1].port, 1885);
    ck_assert_str_eq(config.listeners[1].host, "0.0.0.0");
    ck_assert_int_eq(config.listeners[1].max_connections, 6);
    ck_assert_uint_eq(config.listeners[1].max_qos, 1);
    ck_assert_uint_eq(config.listeners[1].max_topic_alias, 3);
}
END_TEST

START_TEST(port_and_bind_address_make_one_listener_in_any_order)
{
    read_good("bind_address ::1\nport 1999\nlistener 2000\n");
    ck_assert_uint_eq(config.listener_count, 2);
    ck_assert_str_eq(config.listeners[0].host, "::1");
    ck_assert_uint_eq(config.listeners[0].port, 1999);
    config_release(&config);
    config_init(&config);
    read_good("port 1999\nlistener 2000\nbind_address ::1\n");
    ck_assert_str_eq(config.listeners[0].host, "::1");
    ck_assert_str_eq(config.listeners[1].host, "127.0.0.1");
    config_release(&config);
    config_init(&config);
    read_good("bind_address 127.0.0.2\n");
    ck_assert_uint_eq(config.listener_count, 1);
    ck_assert_str_eq(config.listeners[0].host, "127.0.0.2");
    ck_assert_uint_eq(config.listeners[0].port, 1883);
}
END_TEST

/* As in mosquitto 2: who opens a listener must say whom it is for. */
static const struct {
    const char *text;
    bool first; /* may anonymous clients connect to the first listener? */
    bool second;
} anonymous[] = {
    {"max_qos 1",                                         true,  false},
    {"listener 1",                                        false, false},
    {"port 1",                                            false, false},
    {"bind_address 127.0.0.1",                            false, false},
    {"allow_anonymous false",                             false, false},
    {"listener 1\nallow_anonymous true\nlistener 2",      true,  true },
    {"allow_anonymous true\nlistener 1\nlistener 2",      true,  true },
    {"listener 1\nlistener 2\nallow_anonymous true",      true,  true },
    {"per_listener_settings true\nlistener 1\nallow_anonymous true\n"
     "listener 2",                                   true,  false},
    {"per_listener_settings true\nlistener 1\nlistener 2\n"
     "allow_anonymous true",                         false, true },
    {"per_listener_settings true\nallow_anonymous true\nlistener 1\n"
     "listener 2\nallow_anonymous true",             false, true },
    {"per_listener_settings true\nallow_anonymous true\nport 1\n"
     "listener 2",                                   true,  false},
    {"per_listener_settings true\nallow_anonymous false", false, false},
};

START_TEST(anonymous_clients_are_refused_unless_somebody_invites_them)
{
    read_good(anonymous[_i].text);
    ck_assert_int_eq(config.listeners[0].allow_anonymous, anonymous[_i].first);
    if (config.listener_count > 1)
        ck_assert_int_eq(config.listeners[1].allow_anonymous,
                         anonymous[_i].second);
}
END_TEST

START_TEST(a_listener_from_the_command_line_does_not_shut_anonymous_clients_out)
{
    config_add_listener(&config, 4000, NULL);
    config_finish(&config);
    ck_assert_uint_eq(config.listener_count, 1);
    ck_assert_uint_eq(config.listeners[0].port, 4000);
    ck_assert(config.listeners[0].allow_anonymous);
}
END_TEST

START_TEST(settings_for_all_reach_listeners_before_them)
{
    read_good("listener 1\nlistener 2\nauto_id_prefix x-\n"
              "allow_zero_length_clientid false\n");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(config.listeners[i].auto_id_prefix, "x-");
        ck_assert(!config.listeners[i].allow_zero_length_clientid);
    }
}
END_TEST

/* --- the log -------------------------------------------------------------- */

START_TEST(log_types_and_destinations_add_up_from_the_first)
{
    read_good("log_type error\nlog_type subscribe\nlog_dest stdout\n"
              "log_dest file /tmp/a log\n");
    ck_assert_uint_eq(config.log_types,
                      CONFIG_LOG_ERROR | CONFIG_LOG_SUBSCRIBE);
    ck_assert_uint_eq(config.log_dests, CONFIG_LOG_STDOUT | CONFIG_LOG_FILE);
    ck_assert_str_eq(config.log_file, "/tmp/a log");
    read_good("log_type all\nlog_dest none\n");
    ck_assert_uint_eq(config.log_types, CONFIG_LOG_ALL);
    ck_assert_uint_eq(config.log_dests, 0);
    read_good("log_type none\n");
    ck_assert_uint_eq(config.log_types, 0);
}
END_TEST

/* --- files ---------------------------------------------------------------- */

static char folder[64];

static void write_file(const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void remove_file(const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    ck_assert_int_eq(unlink(path), 0);
}

START_TEST(included_files_are_read_in_order_and_named_in_problems)
{
    char text[128];

    strcpy(folder, "/tmp/test_config.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_file("b.conf", "max_inflight_messages 2\nnonsense 1\n");
    write_file("a.conf", "max_inflight_messages 1\nmax_queued_messages 3\n");
    write_file("c.txt", "max_inflight_messages 9\n");
    write_file("d.conf", "include_dir /tmp\n");
    snprintf(text, sizeof(text), "include_dir %s\nrubbish 2\n", folder);
    ck_assert_uint_eq(read_text(text), 3);
    ck_assert_uint_eq(config.max_inflight_messages, 2);
    ck_assert_uint_eq(config.max_queued_messages, 3);
    ck_assert_ptr_nonnull(strstr(report, "/b.conf:2: unknown option nonsense"));
    ck_assert_ptr_nonnull(strstr(report, "/d.conf:1: include_dir cannot"));
    ck_assert_ptr_nonnull(strstr(report, "t.conf:2: unknown option rubbish"));
    remove_file("a.conf");
    remove_file("b.conf");
    remove_file("c.txt");
    remove_file("d.conf");
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_a_problem)
{
    struct config_problems problems = {0};

    ck_assert(!config_read(&config, "/nonexistent.conf", &problems));
    ck_assert_uint_eq(problems.count, 1);
    ck_assert(!config_read(&config, "/", &problems));
    ck_assert(!config_read(&config, "/dev/zero", &problems));
    ck_assert_uint_eq(problems.count, 3);
    ck_assert(config_read(&config, "/dev/null", &problems));
}
END_TEST

START_TEST(the_help_names_every_option_with_its_default)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);

    config_help(to);
    fclose(to);
    ck_assert_ptr_nonnull(
        strstr(text, "listener\n        PORT [HOST] | 0 PATH\n"));
    ck_assert_ptr_nonnull(strstr(
        text,
        "max_packet_size\n        0 or 20..2147483647\n        default: 0"));
    ck_assert_ptr_nonnull(strstr(text, "\nallow_anonymous\n"));
    free(text);
}
END_TEST

Suite *config_suite(void)
{
    Suite *suite = suite_create("config");
    TCase *tcase = unit_case(suite, "config", 0);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase,
                   without_a_file_it_listens_on_127_0_0_1_and_welcomes_anybody);
    tcase_add_test(tcase, the_defaults_are_those_of_the_table);
    tcase_add_test(tcase, values_of_all_types_are_read);
    tcase_add_loop_test(tcase,
                        a_mistake_is_reported_with_file_line_and_what_to_do, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tcase, all_mistakes_are_reported);
    tcase_add_loop_test(tcase, a_long_value_is_reported_whole, 0,
                        sizeof(long_values) / sizeof(long_values[0]));
    tcase_add_test(tcase, a_nul_byte_is_a_mistake_and_the_rest_is_read);
    tcase_add_test(tcase,
                   options_of_a_listener_are_for_the_one_that_they_follow);
    tcase_add_test(tcase, port_and_bind_address_make_one_listener_in_any_order);
    tcase_add_loop_test(
        tcase, anonymous_clients_are_refused_unless_somebody_invites_them, 0,
        sizeof(anonymous) / sizeof(anonymous[0]));
    tcase_add_test(
        tcase,
        a_listener_from_the_command_line_does_not_shut_anonymous_clients_out);
    tcase_add_test(tcase, settings_for_all_reach_listeners_before_them);
    tcase_add_test(tcase, log_types_and_destinations_add_up_from_the_first);
    tcase_add_test(tcase,
                   included_files_are_read_in_order_and_named_in_problems);
    tcase_add_test(tcase, a_file_that_cannot_be_read_is_a_problem);
    tcase_add_test(tcase, the_help_names_every_option_with_its_default);
    return suite;
}
