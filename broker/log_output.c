#include "broker/log_output.h"

#include "base/system_log.h"

#include "broker/log_topics.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned type_of(enum log_level level)
{
    switch (level) {
    case LOG_ERROR: return CONFIG_LOG_ERROR;
    case LOG_WARNING: return CONFIG_LOG_WARNING;
    case LOG_NOTICE: return CONFIG_LOG_NOTICE;
    case LOG_INFO: return CONFIG_LOG_INFORMATION;
    case LOG_DEBUG: return CONFIG_LOG_DEBUG;
    case LOG_SUBSCRIBE: return CONFIG_LOG_SUBSCRIBE;
    case LOG_UNSUBSCRIBE: return CONFIG_LOG_UNSUBSCRIBE;
    case LOG_WEBSOCKETS: return CONFIG_LOG_WEBSOCKETS;
    }
    return 0;
}

/* The last level that is wanted, so that nobody formats a line in vain. */
static enum log_level level_of(unsigned types)
{
    enum log_level level = LOG_DEBUG;

    while (level > LOG_ERROR && !(types & type_of(level)))
        level--;
    return level;
}

/* The bits of struct log for what has no place in the order. */
static unsigned also_of(unsigned types)
{
    unsigned also = 0;

    if (types & CONFIG_LOG_SUBSCRIBE)
        also |= 1u << LOG_SUBSCRIBE;
    if (types & CONFIG_LOG_UNSUBSCRIBE)
        also |= 1u << LOG_UNSUBSCRIBE;
    if (types & CONFIG_LOG_WEBSOCKETS)
        also |= 1u << LOG_WEBSOCKETS;
    return also;
}

/* The format is the configuration's, which the compiler cannot know. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void format_time(char *text, size_t size, const char *format, time_t now)
{
    struct tm local;

    text[0] = '\0';
    if (!format)
        snprintf(text, size, "%lld", (long long)now);
    else if (localtime_r(&now, &local) && !strftime(text, size, format, &local))
        text[0] = '\0'; /* too long, or nothing */
}
#pragma GCC diagnostic pop

/* The time changes once a second; many lines may come in one. */
static void put_time(struct log_output *output)
{
    time_t now = time(NULL);

    if (now != output->second)
        format_time(output->when, sizeof(output->when),
                    output->config->log_timestamp_format, now);
    output->second = now;
    buf_append_string(&output->line, output->when);
    buf_append_string(&output->line, ": ");
}

static void write_line(const struct buf *line, FILE *to)
{
    fwrite(line->bytes, 1, line->len, to);
    fflush(to);
}

/* A longer one is cut, so that it fits into what poll promises of a pipe. */
#define LINE_MAX_BYTES 4096u

static bool takes_a_line(FILE *to)
{
    struct pollfd descriptor = {.fd = fileno(to), .events = POLLOUT};

    return poll(&descriptor, 1, 0) != 0;
}

static bool may_wait(FILE *to)
{
    struct stat status;

    return fstat(fileno(to), &status) == 0 &&
           (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ||
            isatty(fileno(to)));
}

static void write_or_lose(struct log_output *output, FILE *to)
{
    if (output->lost && takes_a_line(to)) {
        fprintf(to,
                "Warning: %" PRIu64 " lines of the log are lost, for nobody "
                "has read them.\n",
                output->lost);
        fflush(to);
        output->lost = 0;
    }
    if (takes_a_line(to))
        write_line(&output->line, to);
    else
        output->lost++;
}

static void write_stream(struct log_output *output, FILE *to, bool may_wait)
{
    if (may_wait)
        write_or_lose(output, to);
    else
        write_line(&output->line, to);
}

static void sink(void *context, enum log_level level, const char *text)
{
    struct log_output *output = context;
    unsigned dests = output->config->log_dests;

    if (!(output->config->log_types & type_of(level)))
        return;
    buf_clear(&output->line);
    if (output->config->log_timestamp)
        put_time(output);
    if (level == LOG_ERROR)
        buf_append_string(&output->line, "Error: ");
    else if (level == LOG_WARNING)
        buf_append_string(&output->line, "Warning: ");
    buf_append_string(&output->line, text);
    if ((dests & CONFIG_LOG_TOPIC) && output->topics)
        log_topics_add(output->topics, level, buf_slice(&output->line));
    if (output->line.len >= LINE_MAX_BYTES)
        output->line.len = LINE_MAX_BYTES - 1;
    buf_append_u8(&output->line, '\n');
    if (dests & CONFIG_LOG_SYSLOG)
        system_log_write(level, text);
    if (dests & CONFIG_LOG_STDOUT)
        write_stream(output, stdout, output->out_may_wait);
    if (dests & CONFIG_LOG_STDERR ||
        ((dests & CONFIG_LOG_FILE) && !output->file))
        write_stream(output, stderr, output->err_may_wait);
    if (output->file)
        write_line(&output->line, output->file);
}

int log_output_open(struct log_output *output, const struct config *config)
{
    *output = (struct log_output){
        .config = config,
        .log = {.sink = sink, .context = output},
        .out_may_wait = may_wait(stdout),
        .err_may_wait = may_wait(stderr),
    };
    return log_output_reopen(output);
}

int log_output_reopen(struct log_output *output)
{
    output->log.level = level_of(output->config->log_types);
    output->log.also = also_of(output->config->log_types);
    output->second = 0;
    system_log_close();
    if (output->config->log_dests & CONFIG_LOG_SYSLOG)
        system_log_open("mqttlab", output->config->log_facility);
    if (output->file)
        fclose(output->file);
    output->file = NULL;
    if (!(output->config->log_dests & CONFIG_LOG_FILE))
        return 0;
    output->file = fopen(output->config->log_file, "ae");
    return output->file ? 0 : -errno;
}

void log_output_close(struct log_output *output)
{
    if (output->file)
        fclose(output->file);
    system_log_close();
    buf_release(&output->line);
    *output = (struct log_output){0};
}
