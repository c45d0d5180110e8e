/*
 * Runs every suite; CK_RUN_SUITE=name runs one. A name that none has, or
 * scripts that are not there, are a failure: nothing was tested. What came of
 * each test is written into the file UNIT_LOG.
 */
#include "suites.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static Suite *(*const suites[])(void) = {
#define SUITE(name) name##_suite,
#include "suites_list.h"
#undef SUITE
    };
    SRunner *runner = srunner_create(NULL);

    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
        srunner_add_suite(runner, suites[i]());
    if (getenv("UNIT_LOG"))
        srunner_set_log(runner, getenv("UNIT_LOG"));
    srunner_run_all(runner, CK_ENV);
    bool good =
        srunner_ntests_run(runner) > 0 && srunner_ntests_failed(runner) == 0;
    if (srunner_ntests_run(runner) == 0)
        fputs("no such test\n", stderr);
    srunner_free(runner);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
