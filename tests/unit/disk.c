#include "suites.h"

#include <signal.h>
#include <sys/resource.h>

void unit_limit_files(size_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN); /* Check writes, too */
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    if (bytes == SIZE_MAX)
        signal(SIGXFSZ, SIG_DFL);
}
