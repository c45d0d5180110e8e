/*
 * The end-to-end tests: every script of tests/e2e is one test.
 *
 * A script that ends with 77 was skipped and has said why; when
 * MQTTLAB_SKIP_NOTHING is set that is a failure.
 */
#include "suites.h"

#include "base/alloc.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define SKIPPED 77

static glob_t scripts;

START_TEST(script_ends_with_success)
{
    const char *script = scripts.gl_pathv[_i];
    char *command = alloc_printf("timeout -k 5 170 sh '%s' </dev/null", script);

    fflush(stdout);
    int status = system(command);
    free(command);
    ck_assert_msg(WIFEXITED(status), "%s: killed", script);
    int code = WEXITSTATUS(status);
    if (code == SKIPPED && !getenv("MQTTLAB_SKIP_NOTHING"))
        return;
    ck_assert_msg(code == 0, "%s: exit status %d", script, code);
}
END_TEST

START_TEST(there_are_scripts)
{
    ck_assert_uint_gt(scripts.gl_pathc, 0);
}
END_TEST

/* All that one of the patterns, with spaces between, names. */
static void find_scripts(const char *patterns)
{
    char *list = alloc_string(patterns);
    char *rest = list;
    char *pattern;

    while ((pattern = strsep(&rest, " ")) != NULL)
        glob(pattern, scripts.gl_pathv ? GLOB_APPEND : 0, NULL, &scripts);
    free(list);
}

Suite *e2e_suite(void)
{
    Suite *suite = suite_create("e2e");
    TCase *tcase = unit_case(suite, "e2e", 180);
    const char *chosen = getenv("MQTTLAB_E2E");

    find_scripts(chosen ? chosen : "tests/e2e/[0-9]*.sh");
    tcase_add_test(tcase, there_are_scripts);
    tcase_add_loop_test(tcase, script_ends_with_success, 0,
                        (int)scripts.gl_pathc);
    return suite;
}
