#include "suites.h"

#include "base/alloc.h"
#include "labs/lab.h"
#include "labs/lab_run.h"
#include "labs/lab_text.h"
#include "labs/params.h"
#include "labs/solution.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char small[] =
    "---\n"
    "id: 99-test\n"
    "title: A test\n"
    "version: 1\n"
    "broker: allow_anonymous true / max_inflight_messages 5\n"
    "param topic: lab/{hex4}\n"
    "---\n"
    "# Title\n\nIntro with `code`.\n\n"
    "## Step 0: Before\n<!-- step zero -->\n\n"
    "## Step 1: First\n<!-- step one needs=zero -->\n\n"
    "Publish to {{topic}}.\n\n"
    "- an item\n- another\n\n"
    "```sh\nmosquitto_pub -t {{topic}} -m 1\n```\n\n"
    "| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    "```check\npub 2 seen lab.type == \"PUBLISH\" : you published\n"
    "q1 1 answer q1\n```\n\n"
    "```question q1\nask: How many?\nanswer: 4 | four\nwrong 2: No.\n```\n\n"
    "```near\nlab.type == \"PUBLISH\" : packet {n}\n```\n\n"
    "<details><summary>Hint 1 (costs 2)</summary>\n\nLook closer.\n\n</details>\n\n"
    "<!-- lecturer: tell a story -->\n";

static char *write_file(const char *text)
{
    char path[] = "/tmp/mqttlab-unit.XXXXXX";
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return alloc_string(path);
}

static struct lab *load(const char *text, const char *student,
                        struct lab_problems *problems)
{
    char *path = write_file(text);
    struct lab *lab = lab_load(path, student, problems);

    unlink(path);
    free(path);
    return lab;
}

/* Of a parameter that the lab has. */
static const char *value_of(const struct lab *lab, const char *name)
{
    size_t i = 0;

    while (strcmp(lab->params[i].name, name) != 0)
        ck_assert_uint_lt(++i, lab->param_count);
    return lab->params[i].value;
}

START_TEST(every_part_of_a_lab_is_read)
{
    struct lab_problems problems = {0};
    struct lab *lab = load(small, "ann", &problems);

    ck_assert_msg(!problems.count, "%s", buf_string(&problems.text));
    ck_assert_ptr_nonnull(lab);
    ck_assert_str_eq(lab->id, "99-test");
    ck_assert_str_eq(lab->broker,
                     "allow_anonymous true\nmax_inflight_messages 5\n");
    ck_assert_uint_eq(lab->intro_count, 1);
    ck_assert_str_eq(lab->intro[0].text, "Intro with `code`.");
    ck_assert_uint_eq(lab->step_count, 2);
    ck_assert_uint_eq(lab->points, 3);

    const struct lab_step *step = lab_step(lab, "one");
    ck_assert_ptr_nonnull(step);
    ck_assert_str_eq(step->title, "First");
    ck_assert_str_eq(step->needs, "zero");
    ck_assert_uint_eq(step->block_count, 5);
    ck_assert_int_eq(step->blocks[1].kind, LAB_ITEM);
    ck_assert_str_eq(step->blocks[2].text, "- another");
    ck_assert_int_eq(step->blocks[3].kind, LAB_COMMAND);
    ck_assert_str_eq(step->blocks[4].text, "a | b\n1 | 2");
    ck_assert_str_eq(step->checks[0].title, "you published");
    ck_assert_str_eq(step->questions[0].ask, "How many?");
    ck_assert_uint_eq(step->hints[0].cost, 2);
    ck_assert_str_eq(step->hints[0].text, "Look closer.");
    ck_assert_str_eq(step->near[0].message, "packet {n}");
    ck_assert_str_eq(step->lecturer, "tell a story");
    lab_free(lab);
    buf_release(&problems.text);
}
END_TEST

START_TEST(a_demonstration_is_a_file_and_a_command)
{
    static const char text[] =
        "---\nid: 99-x\ntitle: X\nversion: 1\nparam p: {hex4}\n---\n"
        "## S\n<!-- step s -->\n"
        "```play two\nconnect a\na publish {{p}} 1\n```\n";
    struct lab_problems problems = {0};
    struct lab *lab = load(text, "ann", &problems);

    ck_assert_msg(!problems.count, "%s", buf_string(&problems.text));
    const struct lab_step *step = &lab->steps[0];
    char *script =
        alloc_printf("connect a\na publish %s 1\n", value_of(lab, "p"));
    ck_assert_uint_eq(step->file_count, 1);
    ck_assert_str_eq(step->files[0].name, "two.play");
    ck_assert_str_eq(step->files[0].text, script);
    ck_assert(step->files[0].demo);
    ck_assert_uint_eq(step->block_count, 1);
    ck_assert_int_eq(step->blocks[0].kind, LAB_COMMAND);
    ck_assert_str_eq(step->blocks[0].text, "mqttlab play two");
    free(script);
    lab_free(lab);
    buf_release(&problems.text);
}
END_TEST

START_TEST(two_values_of_a_student_are_two)
{
    static const char text[] =
        "---\nid: 99-test\ntitle: T\nversion: 1\nparam a: {hex16}\n"
        "param b: {hex16}\n---\n# T\n## Step 1: {{a}} {{b}}\n"
        "<!-- step one -->\n";
    struct lab_problems problems = {0};
    struct lab *lab = load(text, "ann", &problems);

    ck_assert_uint_eq(problems.count, 0);
    ck_assert_str_ne(value_of(lab, "a"), value_of(lab, "b"));
    lab_free(lab);
}
END_TEST

START_TEST(values_are_the_students_own_and_always_the_same)
{
    struct lab_problems problems = {0};
    struct lab *ann = load(small, "ann", &problems);
    struct lab *again = load(small, "ann", &problems);
    struct lab *bob = load(small, "bob", &problems);
    const char *topic = value_of(ann, "topic");

    ck_assert_str_eq(topic, value_of(again, "topic"));
    ck_assert_str_ne(topic, value_of(bob, "topic"));
    ck_assert_uint_eq(strlen(topic), strlen("lab/0000"));
    ck_assert_ptr_nonnull(strstr(ann->steps[1].blocks[3].text, topic));
    lab_free(ann);
    lab_free(again);
    lab_free(bob);
    buf_release(&problems.text);
}
END_TEST

/* With a port in the text of a step, and in a check. */
static const char with_ports[] =
    "---\nid: 99-test\ntitle: A test\nversion: 1\n---\n"
    "## Step 1: First\n<!-- step one -->\n\n"
    "{{port}} {{tls_port}} {{ws_port}} {{wss_port}}\n\n"
    "```check\na 1 seen tcp.port == %s\n```\n";

static void clear_ports(void)
{
    static const char *const variables[] = {"MQTTLAB_PORT", "MQTTLAB_TLS_PORT",
                                            "MQTTLAB_WS_PORT",
                                            "MQTTLAB_WSS_PORT"};

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        unsetenv(variables[i]);
}

START_TEST(texts_name_the_usual_ports_or_those_of_the_environment)
{
    struct lab_problems problems = {0};
    char *text = alloc_printf(with_ports, "1");

    clear_ports();
    struct lab *lab = load(text, "ann", &problems);
    ck_assert_str_eq(lab->steps[0].blocks[0].text, "1883 8883 9001 9883");
    lab_free(lab);
    setenv("MQTTLAB_TLS_PORT", "20001", 1);
    setenv("MQTTLAB_WS_PORT", "many", 1);
    setenv("MQTTLAB_WSS_PORT", "65536", 1);
    lab = load(text, "ann", &problems);
    ck_assert_str_eq(lab->steps[0].blocks[0].text, "1883 20001 9001 9883");
    lab_free(lab);
    ck_assert_uint_eq(problems.count, 0);
    clear_ports();
    free(text);
}
END_TEST

START_TEST(a_check_that_names_a_port_is_a_problem)
{
    struct lab_problems problems = {0};
    char *text = alloc_printf(with_ports, "{{tls_port}}");
    struct lab *lab = load(text, "ann", &problems);

    ck_assert_uint_eq(problems.count, 1);
    ck_assert_ptr_nonnull(
        strstr(buf_string(&problems.text), "may not depend on a port"));
    lab_free(lab);
    buf_release(&problems.text);
    free(text);
}
END_TEST

START_TEST(a_file_of_data_is_handed_out_and_not_shown)
{
    struct lab_problems problems = {0};
    struct lab *lab = load("---\nid: 99-test\ntitle: A test\nversion: 1\n---\n"
                           "Text.\n\n```file a\nfor people\n```\n\n"
                           "```data b.crt\nfor programs\n```\n\n"
                           "## Step 1: First\n<!-- step one -->\n\n",
                           "ann", &problems);

    ck_assert_msg(!problems.count, "%s", buf_string(&problems.text));
    ck_assert_uint_eq(lab->file_count, 2);
    ck_assert_str_eq(lab->files[1].name, "b.crt");
    ck_assert_str_eq(lab->files[1].text, "for programs\n");
    ck_assert_uint_eq(lab->intro_count, 2);
    ck_assert_str_eq(lab->intro[1].text, "for people");
    lab_free(lab);
    buf_release(&problems.text);
}
END_TEST

START_TEST(a_command_is_not_the_only_proof_of_a_step)
{
    static const char begin[] =
        "---\nid: 99-test\ntitle: A test\nversion: 1\n---\n"
        "## Step 1: First\n<!-- step one -->\n\n```check\n"
        "a 1 shell test -f x\n%s```\n";

    for (int i = 0; i < 2; i++) {
        struct lab_problems problems = {0};
        char *text = alloc_printf(begin, i ? "b 0 file x matches y\n" : "");
        struct lab_run *run =
            lab_run_new(load(text, "ann", &problems), NULL, &problems);

        ck_assert_int_eq(run != NULL, i);
        ck_assert_int_eq(strstr(buf_string(&problems.text),
                                ":6: a shell check must not") != NULL,
                         !i);
        lab_run_free(run);
        buf_release(&problems.text);
        free(text);
    }
}
END_TEST

START_TEST(values_stand_in_packets_as_bytes)
{
    struct lab_problems problems = {0};
    struct lab *lab = load(small, "ann", &problems);
    struct buf text = {0};

    free(lab->params[0].value);
    lab->params[0].value = alloc_string("300");
    ck_assert(params_fill(&text, lab,
                          "{{topic|len16}} {{topic|hex}} {{topic|u16}} "
                          "{{topic|u8}}"));
    ck_assert_str_eq(buf_string(&text), "00 03 33 30 30 01 2c 2c");
    ck_assert(!params_fill(&text, lab, "{{topic|base64}}"));
    buf_release(&text);
    lab_free(lab);
    buf_release(&problems.text);
}
END_TEST

struct broken {
    const char *text;
    const char *problem; /* part of what is said */
};

#define HEAD "---\nid: a\ntitle: b\nversion: 1\n"

static const struct broken broken[] = {
    {"no front matter\n",                                                                 ":1: a lab begins with front matter"  },
    {"---\nid: a\n---\n## S\n",                                                           ":1: the front matter needs id, title"},
    {HEAD "---\n## S\n\xff\n",                                                            "not a text file"                     },
    {HEAD "colour: red\n---\n## S\n",                                                     ":5: unknown key 'colour'"            },
    {HEAD "param x: {oops}\n---\n## S\n{{x}}\n",                                          "param x: a rule is"                  },
    {HEAD "param x: 1\n---\n## S\n",                                                      "param x is never used"               },
    {HEAD "---\ntext\n",                                                                  "no step"                             },
    {HEAD "---\n## S\n{{y}}\n",                                                           "{{name}} that is no param"           },
    {HEAD "---\n## S\n\n```check\npub two seen x\n```\n",                                 ":9: a check is"                      },
    {HEAD "---\n## S\n\n```check\na 1 seen tls\n```\n"
          "```near a b\ntls : x\n```\n",                                             ":12: a near miss is about 'b'"       },
    {HEAD "---\n## S\n\n```near\nno colon\n```\n",                                        ":9: a near miss is"                  },
    {HEAD "---\n## S\n\n```question q\nask: x\n```\n",                                    "needs 'ask:' and"                    },
    {HEAD "---\n\n```check\na 1 seen mqtt\n```\n",                                        "before the first step"               },
    {HEAD "---\n## S\n<!-- step a b=c -->\n",                                             "unknown 'b=c'"                       },
    {"---\nid: ../x\ntitle: b\nversion: 1\n---\n## S\n",                                  "an id is lower-case"                 },
    {HEAD
     "param x: {int -9223372036854775808..9223372036854775807}\n---\n## S\n{{x}}\n",
     "param x: a rule is"                                                                                                       },
    {HEAD "---\n## S\n<!-- step a needs=a -->\n",                                         "names no earlier step"               },
    {HEAD "---\n## S\n<!-- step a -->\n## T\n<!-- step a -->\n",
     "a second step"                                                                                                            },
    {HEAD "---\n## S\n\n```check\na 1 seen mqtt\na 1 seen mqtt\n```\n",
     ":10: a second check"                                                                                                      },
    {HEAD
     "---\n## S\n\n```question q\nask: x\nanswer: field mqtt.len of check a\n```\n",
     "no check 'a'"                                                                                                             },
    {HEAD "---\n```file a/b\nx\n```\n## S\n",                                             "a file's name has no '/'"            },
    {HEAD "---\n```file journal\nx\n```\n## S\n",                                         "is the program's own"                },
    {HEAD "---\n```file student\nx\n```\n## S\n",                                         "is the program's own"                },
    {HEAD "---\n```file recording-001.pcapng\nx\n```\n## S\n",
     "is the program's own"                                                                                                     },
    {HEAD "---\n```file broker.pid\nx\n```\n## S\n",                                      "is the program's own"                },
    {HEAD "---\n```file x.mqlab\nx\n```\n## S\n",                                         "is the program's own"                },
    {HEAD "---\n## S\n## E\n<!-- end -->\n## T\n",                                        "a step behind the end"               },
    {HEAD "---\n## S\ntext\n<!-- end -->\n",                                              "stands under a heading"              },
    {HEAD "config: x\n---\n## S\n",                                                       "config names no file"                },
    {HEAD "config: x\nbroker: y z\n---\n```file x\ny\n```\n## S\n",
     "either 'config' or 'broker'"                                                                                              },
    {HEAD "---\n## S\n\n<details><summary>H</summary>\n\nx\n",                            "not closed"                          },
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
    struct lab_problems problems = {0};

    lab_free(load(broken[_i].text, "", &problems));
    ck_assert_uint_ge(problems.count, 1);
    ck_assert_msg(strstr(buf_string(&problems.text), broken[_i].problem),
                  "'%s' is not in: %s", broken[_i].problem,
                  buf_string(&problems.text));
    buf_release(&problems.text);
}
END_TEST

/* Wherever it stands, a terminal must not obey it. */
START_TEST(control_characters_are_told_and_taken_out)
{
    struct lab_problems problems = {0};
    struct lab *lab =
        load(HEAD "---\n## S\n\na\x1b[2Jb\xc2\x9b c\td\x7f\n", "", &problems);

    ck_assert_uint_eq(problems.count, 3);
    ck_assert_ptr_nonnull(
        strstr(buf_string(&problems.text), ":8: a control character"));
    ck_assert_str_eq(lab->steps[0].blocks[0].text, "a [2Jb   c\td");
    lab_free(lab);
    buf_release(&problems.text);
}
END_TEST

START_TEST(a_number_with_decimals_keeps_its_sign)
{
    struct lab_problems problems = {0};
    struct lab *lab =
        load(HEAD "param a: {int -5..-5}/10\nparam b: {int -1205..-1205}/100\n"
                  "param c: {int 7..7}/100\n---\n## S\n{{a}} {{b}} {{c}}\n",
             "", &problems);

    ck_assert_str_eq(value_of(lab, "a"), "-0.5");
    ck_assert_str_eq(value_of(lab, "b"), "-12.05");
    ck_assert_str_eq(value_of(lab, "c"), "0.07");
    lab_free(lab);
    buf_release(&problems.text);
}
END_TEST

START_TEST(a_list_within_a_list_stands_further_in)
{
    const struct lab_block blocks[] = {
        {LAB_ITEM, 1,  (char[]){"1. one"},               NULL},
        {LAB_ITEM, 2,  (char[]){"- two and a bit more"}, NULL},
        {LAB_ITEM, 2,  (char[]){"goes on"},              NULL},
        {LAB_ITEM, 99, (char[]){"- deep"},               NULL},
        {LAB_ITEM, 1,  (char[]){"2. three"},             NULL},
    };
    struct buf out = {0};

    lab_text_blocks(&out, blocks, 5, 20);
    ck_assert_str_eq(buf_string(&out), "  1. one\n"
                                       "    - two and a bit\n"
                                       "      more\n"
                                       "      goes on\n"
                                       "                - deep\n"
                                       "  2. three\n\n");
    buf_release(&out);
}
END_TEST

START_TEST(a_file_that_is_handed_out_is_shown_with_its_name)
{
    struct lab_problems problems = {0};
    struct lab *lab =
        load(HEAD "---\n```file acl\nuser nobody\n```\n## S\n", "", &problems);
    struct buf out = {0};

    lab_text_blocks(&out, lab->intro, lab->intro_count, 80);
    ck_assert_str_eq(buf_string(&out), "acl:\n    user nobody\n\n");
    buf_release(&out);
    lab_free(lab);
    buf_release(&problems.text);
}
END_TEST

START_TEST(a_long_command_is_broken_so_that_a_shell_still_takes_it)
{
    const struct lab_block blocks[] = {
        {LAB_COMMAND, 0,
         (char[]){"pub -h localhost -t a -m b\n"
                  "printf 'not within quotes' >a\n"
                  "short\n"
                  "nowhere-to-break-this-one"},
         NULL},
    };
    struct buf out = {0};

    lab_text_blocks(&out, blocks, 1, 24);
    ck_assert_str_eq(buf_string(&out), "  $ pub -h localhost \\\n"
                                       "      -t a -m b\n"
                                       "  $ printf \\\n"
                                       "      'not within quotes' >a\n"
                                       "  $ short\n"
                                       "  $ nowhere-to-break-this-one\n\n");
    buf_release(&out);
}
END_TEST

START_TEST(a_listener_with_a_number_for_its_port_is_a_problem)
{
    static const char *const lines[] = {
        "broker: listener 1883 / allow_anonymous true\n",
        "broker: allow_anonymous true / listener 8883\n",
        "broker: listener {{port}} 127.0.0.1 / allow_anonymous true\n",
        "broker: max_connections 1883 # listener 1883\n",
    };
    struct lab_problems problems = {0};
    char *text = alloc_printf(HEAD "%s---\n## S\n", lines[_i]);
    struct lab *lab = load(text, "", &problems);

    ck_assert_uint_eq(problems.count, _i < 2);
    ck_assert(_i >= 2 || strstr(buf_string(&problems.text), "{{port}}"));
    buf_release(&problems.text);
    lab_free(lab);
    free(text);
}
END_TEST

/* The second paragraph of an item has no sign, whatever its first word. */
START_TEST(an_item_may_go_on_after_a_paragraph)
{
    struct lab_problems problems = {0};
    struct lab *lab =
        load(HEAD "---\n## S\n\n- one\n\n  incomprehensibilities remain\n\n"
                  "123456789. two\n",
             "", &problems);
    struct buf text = {0};

    lab_text_blocks(&text, lab->steps[0].blocks, lab->steps[0].block_count, 80);
    ck_assert_str_eq(buf_string(&text), "  - one\n"
                                        "    incomprehensibilities remain\n"
                                        "  123456789. two\n\n");
    buf_release(&text);
    lab_free(lab);
    buf_release(&problems.text);
}
END_TEST

START_TEST(the_fails_list_is_split_at_commas)
{
    ck_assert(solution_fails("pub,rec,rel", "rec"));
    ck_assert(!solution_fails("pub,rec,rel", "re"));
    ck_assert(!solution_fails("", "pub"));
}
END_TEST

START_TEST(a_tick_that_nothing_closes_stays)
{
    struct buf text = {0};

    lab_text_wrap(&text, "type `ls` and 5` more", 80, "", "");
    ck_assert_str_eq(buf_string(&text), "type ls and 5` more\n");
    buf_release(&text);
}
END_TEST

Suite *lab_load_suite(void)
{
    Suite *suite = suite_create("lab_load");
    TCase *tcase = unit_case(suite, "lab_load", 20);

    tcase_add_test(tcase, every_part_of_a_lab_is_read);
    tcase_add_test(tcase, control_characters_are_told_and_taken_out);
    tcase_add_loop_test(
        tcase, a_listener_with_a_number_for_its_port_is_a_problem, 0, 4);
    tcase_add_test(tcase, a_list_within_a_list_stands_further_in);
    tcase_add_test(tcase, a_file_that_is_handed_out_is_shown_with_its_name);
    tcase_add_test(tcase,
                   a_long_command_is_broken_so_that_a_shell_still_takes_it);
    tcase_add_test(tcase, a_demonstration_is_a_file_and_a_command);
    tcase_add_test(tcase, two_values_of_a_student_are_two);
    tcase_add_test(tcase, a_tick_that_nothing_closes_stays);
    tcase_add_test(tcase, values_are_the_students_own_and_always_the_same);
    tcase_add_test(tcase, values_stand_in_packets_as_bytes);
    tcase_add_test(tcase,
                   texts_name_the_usual_ports_or_those_of_the_environment);
    tcase_add_test(tcase, a_check_that_names_a_port_is_a_problem);
    tcase_add_test(tcase, a_file_of_data_is_handed_out_and_not_shown);
    tcase_add_test(tcase, a_command_is_not_the_only_proof_of_a_step);
    tcase_add_loop_test(tcase, what_is_wrong_is_said_with_its_place, 0,
                        sizeof(broken) / sizeof(broken[0]));
    tcase_add_test(tcase, a_number_with_decimals_keeps_its_sign);
    tcase_add_test(tcase, an_item_may_go_on_after_a_paragraph);
    tcase_add_test(tcase, the_fails_list_is_split_at_commas);
    return suite;
}
