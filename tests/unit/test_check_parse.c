#include "suites.h"

#include "labs/check.h"
#include "labs/check_parse.h"

#include <string.h>

static const struct {
    const char *text;
    const char *said;
} bad[] = {
    {"sometimes mqtt",                                                           "a check is seen"                     },
    {"seen mqtt.topik == 1",                                                     "column 1: unknown field mqtt.topik"  },
    {"at least many mqtt",                                                       "expected a number"                   },
    {"seq mqtt",                                                                 "at least two filters"                },
    {"last mqtt",                                                                "expected 'last F is F'"              },
    {"last mqtt is",                                                             "expected 'last F is F'"              },
    {"seq mqtt -> mqtt within 5",                                                "a time is"                           },
    {"seq mqtt -> mqtt same day",                                                "not understood"                      },
    {"after mqtt",                                                               "expected 'after F never F within Ns'"},
    {"after mqtt never mqtt",                                                    "expected 'within Ns'"                },
    {"flow mqtt",                                                                "expected 'flow F done'"              },
    {"retained a/b",                                                             "expected 'retained TOPIC == VALUE'"  },
    {"retained a/b ==",                                                          "something is missing"                },
    {"wire \"x\"",                                                               "expected 'wire contains"             },
    {"wire contains \"x",                                                        "a quote is not closed"               },
    {"file ../x matches y",                                                      "a file's name has no '/'"            },
    {"file x matches (",                                                         "not a regular expression"            },
    {"exactly 0 mqtt",                                                           "there is 'never'"                    },
    {"at least 0 mqtt",                                                          "there is 'never'"                    },
    {"at least 99999999999999999999 mqtt",                                       "too large"                           },
    {"seq mqtt -> mqtt within 0s",                                               "at most a day"                       },
    {"seq mqtt -> mqtt within 86401s",                                           "at most a day"                       },
    {"flow mqtt done within 18446744074s",                                       "too large"                           },
    {"session",                                                                  "expected 'session"                   },
    {"session mqtt with",                                                        "filter"                              },
    {"session mqtt with nope.nope",                                              "filter"                              },
    {"cert",                                                                     "expected 'cert FILE"                 },
    {"cert a.crt cn",                                                            "not: cn"                             },
    {"cert a.crt for lunch",                                                     "not: for"                            },
    {"cert a.crt nice",                                                          "not: nice"                           },
    {"cert a/b.crt",                                                             "no '/'"                              },
    {"cert a.crt issuer ../ca.crt",                                              "no '/'"                              },
    {"cert a.crt crl ca.crl",                                                    "goes with trusted"                   },
    {"shell",                                                                    "expected 'shell"                     },
    {"seq mqtt -> mqtt -> mqtt -> mqtt -> mqtt -> mqtt -> mqtt -> mqtt -> mqtt",
     "too many filters"                                                                                                },
    {"flow mqtt done within",                                                    "expected a number"                   },
    {"flow mqtt lost soon",                                                      "not understood"                      },
    {"file x matches (a)\\1",                                                    "not a regular expression"            },
    {"answer",                                                                   "something is missing"                },
};

START_TEST(what_is_no_check_is_explained)
{
    struct check_rule rule;
    char error[300] = "";

    ck_assert(!check_rule_parse(&rule, bad[_i].text, error, sizeof(error)));
    ck_assert_msg(strstr(error, bad[_i].said), "%s: %s", bad[_i].text, error);
    check_rule_release(&rule);
}
END_TEST

START_TEST(an_answer_is_to_a_question_of_the_step)
{
    static char text[] = "answer y";
    const struct lab_check_spec spec = {.id = text, .text = text};
    const struct lab_step step = {0};
    char error[300] = "";

    ck_assert_ptr_null(check_new(&spec, &step, error, sizeof(error)));
    ck_assert_str_eq(error, "no question 'y' in this step");
}
END_TEST

/* What stands in quotes means nothing special. */
static const struct {
    const char *text;
    size_t at; /* of the first " -> " outside of quotes */
} quoted[] = {
    {"a -> b",            1},
    {"a",                 1},
    {"\" -> \" -> b",     6},
    {"\"\\\" -> \" -> b", 8},
    {"\"\\\\\" -> b",     4},
    {"\" -> ",            5},
};

START_TEST(words_in_quotes_are_no_words)
{
    static const char *const words[] = {" -> ", NULL};

    ck_assert_uint_eq(check_find_unquoted(quoted[_i].text, words),
                      quoted[_i].at);
}
END_TEST

Suite *check_parse_suite(void)
{
    Suite *suite = suite_create("check_parse");
    TCase *tcase = unit_case(suite, "check_parse", 10);

    tcase_add_loop_test(tcase, what_is_no_check_is_explained, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tcase, an_answer_is_to_a_question_of_the_step);
    tcase_add_loop_test(tcase, words_in_quotes_are_no_words, 0,
                        sizeof(quoted) / sizeof(quoted[0]));
    return suite;
}
