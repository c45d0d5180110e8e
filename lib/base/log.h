/*
 * Logging: one line per record, subject first, no payloads, no passwords.
 *
 * A line goes to a sink, which the program chooses once at start; the default
 * writes to standard error. Text from peers is escaped before it is written,
 * so that a Client Identifier cannot move the terminal's cursor or forge a
 * line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * From the most to the least important; what follows LOG_DEBUG has no place in
 * that order and is wanted by itself.
 */
enum log_level {
    LOG_ERROR,
    LOG_WARNING,
    LOG_NOTICE,
    LOG_INFO,
    LOG_DEBUG,
    LOG_SUBSCRIBE,   /* who subscribed to what */
    LOG_UNSUBSCRIBE, /* who no longer does */
    LOG_WEBSOCKETS,  /* what the WebSocket library says */
};

/* A sink gets each line without its newline. */
typedef void log_sink(void *context, enum log_level level, const char *line);

struct log {
    enum log_level level; /* what is less important is not written */
    unsigned also;        /* bits (1 << level) of what is written besides */
    log_sink *sink;       /* NULL: standard error, with the time in front */
    void *context;
};

/*
 * How many bytes the control character takes that text begins with, 0 when it
 * begins with none. Those from U+0080 to U+009F are among them: a terminal
 * takes U+009B for what ESC and "[" are.
 */
size_t log_control_bytes(const char *text);

/* Write one line. Control characters in the result become "\xNN". */
void log_write(const struct log *log, enum log_level level, const char *format,
               ...) __attribute__((format(printf, 3, 4)));

static inline bool log_wants(const struct log *log, enum log_level level)
{
    return level <= log->level || (log->also >> level & 1);
}

#define log_error(log, ...)   log_write(log, LOG_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_write(log, LOG_WARNING, __VA_ARGS__)
#define log_notice(log, ...)  log_write(log, LOG_NOTICE, __VA_ARGS__)
#define log_info(log, ...)    log_write(log, LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...)   log_write(log, LOG_DEBUG, __VA_ARGS__)

#define log_subscribe(log, ...)   log_write(log, LOG_SUBSCRIBE, __VA_ARGS__)
#define log_unsubscribe(log, ...) log_write(log, LOG_UNSUBSCRIBE, __VA_ARGS__)
#define log_websockets(log, ...)  log_write(log, LOG_WEBSOCKETS, __VA_ARGS__)

#endif
