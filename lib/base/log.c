#include "base/log.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static const char *level_name(enum log_level level)
{
    static const char *const names[] = {"error",       "warning",   "notice",
                                        "info",        "debug",     "subscribe",
                                        "unsubscribe", "websockets"};

    return names[level];
}

static void write_to_stderr(enum log_level level, const char *line)
{
    char when[32];
    time_t now = time(NULL);
    struct tm local;

    localtime_r(&now, &local);
    strftime(when, sizeof(when), "%H:%M:%S", &local);
    if (level <= LOG_WARNING)
        fprintf(stderr, "%s %s: %s\n", when, level_name(level), line);
    else
        fprintf(stderr, "%s %s\n", when, line);
}

size_t log_control_bytes(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;

    if ((*c && *c < 0x20) || *c == 0x7f)
        return 1;
    return c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f ? 2 : 0;
}

static void append_escaped(struct buf *line, const char *text)
{
    while (*text) {
        size_t escaped = log_control_bytes(text);

        for (size_t i = 0; i < escaped; i++)
            buf_printf(line, "\\x%02x", (unsigned)(unsigned char)text[i]);
        if (!escaped)
            buf_append_u8(line, (uint8_t)*text);
        text += escaped ? escaped : 1;
    }
}

void log_write(const struct log *log, enum log_level level, const char *format,
               ...)
{
    char text[1024];
    struct buf line = {0};
    va_list args;

    if (!log_wants(log, level))
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    append_escaped(&line, text);
    if (log->sink)
        log->sink(log->context, level, buf_string(&line));
    else
        write_to_stderr(level, buf_string(&line));
    buf_release(&line);
}
