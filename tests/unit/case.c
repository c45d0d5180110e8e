#include "suites.h"

#include <stdlib.h>
#include <unistd.h>

static int in_test;

/* A test ended by exit(): Check would call it passed. */
static void fail_on_exit(void)
{
    if (in_test)
        _exit(99);
}

static void enter(void)
{
    static int registered;

    if (!registered)
        atexit(fail_on_exit);
    registered = 1;
    in_test = 1;
}

static void leave(void)
{
    in_test = 0;
}

void unit_given(const char *format, ...)
{
    (void)format;
}

TCase *unit_case(Suite *suite, const char *name, double timeout_s)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, enter, leave);
    if (timeout_s > 0)
        tcase_set_timeout(tcase, timeout_s);
    suite_add_tcase(suite, tcase);
    return tcase;
}
