/*
 * The system's log: syslog(3), behind a header of its own because its names
 * are those of base/log.h.
 */
#ifndef BASE_SYSTEM_LOG_H
#define BASE_SYSTEM_LOG_H

/*
 * Log under this name, which must stay as it is until system_log_close.
 * facility is 0..7 for local0 to local7, -1 for daemon.
 */
void system_log_open(const char *name, int facility);

/* One line; level is an enum log_level. */
void system_log_write(unsigned level, const char *line);

void system_log_close(void);

#endif
