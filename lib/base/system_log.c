#include "base/system_log.h"

#include <assert.h>
#include <syslog.h>

void system_log_open(const char *name, int facility)
{
    static const int local[] = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                                LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};

    assert(facility < 8);
    openlog(name, LOG_PID, facility < 0 ? LOG_DAEMON : local[facility]);
}

void system_log_write(unsigned level, const char *line)
{
    static const int priorities[] = {LOG_ERR,   LOG_WARNING, LOG_NOTICE,
                                     LOG_INFO,  LOG_DEBUG,   LOG_NOTICE,
                                     LOG_NOTICE};

    assert(level < sizeof(priorities) / sizeof(priorities[0]));
    syslog(priorities[level], "%s", line);
}

void system_log_close(void)
{
    closelog();
}
