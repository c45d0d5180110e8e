#include "suites.h"

#include "base/alloc.h"
#include "client/client_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[] = "/tmp/mqttlab-defaults.XXXXXX";
static struct client_defaults defaults;
static struct client_options options;

static void set_up(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    setenv("XDG_CONFIG_HOME", folder, 1);
    unsetenv("MQTTLAB_PORT");
}

static void tear_down(void)
{
    char *command = alloc_printf("rm -r '%s'", folder);

    client_defaults_release(&defaults);
    client_options_release(&options);
    ck_assert_int_eq(system(command), 0);
    free(command);
    unsetenv("MQTTLAB_PORT");
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
}

static void write_file(const char *name, const char *text)
{
    char *path = alloc_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

/* Lines, and their words with "|" between and ";" behind each line. */
static const struct {
    const char *text;
    const char *words;
} files[] = {
    {"",                                                     ""                               },
    {"-d",                                                   "-d;"                            },
    {"-d\n",                                                 "-d;"                            },
    {"\n\n-d\n\n",                                           "-d;"                            },
    {"# -d\n#\n-v\n",                                        "-v;"                            },
    {" # -d\n",                                              "#|-d;"                          },
    {"-h broker.example\n-p 1884\n",                         "-h|broker.example;-p|1884;"     },
    {"-m two words\n",                                       "-m|two words;"                  },
    {"  -i \t me \t\n",                                      "-i|me;"                         },
    {"-i me\r\n-d\r\n",                                      "-i|me;-d;"                      },
    {"-i \"me\"\n",                                          "-i|\"me\";"                     },
    {"-D connect user-property a b c\n",                     "-D|connect|user-property|a|b c;"},
    {"-D publish content-type text / plain\n",
     "-D|publish|content-type|text / plain;"                                                  },
    {"--property\tdisconnect\tsession-expiry-interval\t1\n",
     "--property|disconnect|session-expiry-interval|1;"                                       },
    {"-D\n-D will\n-D will user-property x\n",
     "-D;-D|will;-D|will|user-property|x;"                                                    },
};

START_TEST(lines_become_words)
{
    char program[] = "pub";
    struct buf words = {0};
    int count;

    write_file("some_name", files[_i].text);
    client_defaults_load(&defaults, "some_name");
    while ((count = client_defaults_next(&defaults, program)) > 0) {
        ck_assert_int_le(count, CLIENT_DEFAULTS_WORDS);
        ck_assert_ptr_eq(defaults.words[0], program);
        for (int i = 1; i < count; i++)
            buf_printf(&words, "%s%s", i > 1 ? "|" : "", defaults.words[i]);
        buf_append_u8(&words, ';');
    }
    ck_assert_str_eq(buf_string(&words), files[_i].words);
    ck_assert_int_eq(client_defaults_next(&defaults, program), 0);
    buf_release(&words);
}
END_TEST

START_TEST(no_file_has_no_lines)
{
    char program[] = "pub";

    client_defaults_load(&defaults, "another_name");
    ck_assert_int_eq(client_defaults_next(&defaults, program), 0);
}
END_TEST

START_TEST(without_the_variable_it_is_under_home)
{
    char program[] = "pub";
    char *config = alloc_printf("mkdir '%s/.config'", folder);

    ck_assert_int_eq(system(config), 0);
    free(config);
    write_file(".config/some_name", "-d\n");
    unsetenv("XDG_CONFIG_HOME");
    setenv("HOME", folder, 1);
    client_defaults_load(&defaults, "some_name");
    ck_assert_int_eq(client_defaults_next(&defaults, program), 2);
    ck_assert_str_eq(defaults.words[1], "-d");
}
END_TEST

static const struct option_spec table[] = {
    {OPTION_TOPIC, 't', "topic", "topic", ""},
    CLIENT_OPTION_ROWS(311),
    CLIENT_OPTION_ROWS_NOT_HERE,
};

static int read_words(const char *program, const char *option,
                      const char *value)
{
    static char text[3][40];
    static char *words[3] = {text[0], text[1], text[2]};

    snprintf(text[0], sizeof(text[0]), "%s", program);
    snprintf(text[1], sizeof(text[1]), "%s", option);
    snprintf(text[2], sizeof(text[2]), "%s", value);
    client_options_init(&options, table, 3, words);
    int id = client_options_next(&options);
    return id == 0 && !client_options_finish(&options) ? -1 : id;
}

START_TEST(the_command_line_comes_behind_the_file)
{
    write_file("mosquitto_pub", "-i file\n-k 7\n-t one\n");
    ck_assert_int_eq(read_words("/usr/bin/mosquitto_pub", "-i", "line"), 0);
    ck_assert_str_eq(options.id, "line");
    ck_assert_uint_eq(options.config.connect.keep_alive_s, 7);
    ck_assert_uint_eq(options.topics.count, 1);
    ck_assert_str_eq(options.topics.items[0], "one");
}
END_TEST

START_TEST(each_program_has_a_file_of_its_own)
{
    write_file("mosquitto_pub", "-i theirs\n");
    write_file("mqttlab_pub", "-i ours\n");
    ck_assert_int_eq(read_words("pub", "-t", "a"), 0);
    ck_assert_str_eq(options.id, "ours");
}
END_TEST

START_TEST(in_a_lab_no_file_is_read)
{
    write_file("mosquitto_pub", "-h elsewhere\n");
    setenv("MQTTLAB_PORT", "1999", 1);
    ck_assert_int_eq(read_words("mosquitto_pub", "-t", "a"), 0);
    ck_assert_str_eq(options.config.host, "localhost");
    ck_assert_uint_eq(options.config.port, 1999);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
    unsigned line;
} mistakes[] = {
    {"\n-q 5\n",       "Error: Unknown option '-q'.",                     2},
    {"-d\n-d -i me\n", "Error: Unknown option '-i me'.",                  2},
    {"-i\n-d\n",       "Error: -i argument given but no id specified.\n", 1},
    {"#\n#\nword\n",   "Error: Unknown option 'word'.",                   3},
};

START_TEST(a_mistake_is_in_a_line_of_the_file)
{
    write_file("mosquitto_pub", mistakes[_i].text);
    ck_assert_int_eq(read_words("mosquitto_pub", "-t", "a"), -1);
    ck_assert_str_eq(options.error, mistakes[_i].error);
    ck_assert(options.in_defaults);
    ck_assert_uint_eq(options.defaults.line, mistakes[_i].line);
}
END_TEST

Suite *client_defaults_suite(void)
{
    Suite *suite = suite_create("client_defaults");
    TCase *tcase = unit_case(suite, "client_defaults", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, lines_become_words, 0,
                        sizeof(files) / sizeof(files[0]));
    tcase_add_test(tcase, no_file_has_no_lines);
    tcase_add_test(tcase, without_the_variable_it_is_under_home);
    tcase_add_test(tcase, the_command_line_comes_behind_the_file);
    tcase_add_test(tcase, each_program_has_a_file_of_its_own);
    tcase_add_test(tcase, in_a_lab_no_file_is_read);
    tcase_add_loop_test(tcase, a_mistake_is_in_a_line_of_the_file, 0,
                        sizeof(mistakes) / sizeof(mistakes[0]));
    return suite;
}
