#include "base/log.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"error", "warning", "notice", "info",
                                        "debug"};

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
        fprintf(stderr, "%s %s: %s\n", when, log_level_name(level), line);
    else
        fprintf(stderr, "%s %s\n", when, line);
}

static void append_escaped(struct buf *line, const char *text)
{
    for (const char *c = text; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            buf_printf(line, "\\x%02x", (unsigned)(unsigned char)*c);
        else
            buf_append_u8(line, (uint8_t)*c);
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
