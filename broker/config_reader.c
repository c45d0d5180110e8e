/*
 * Reading a configuration file: lines, includes, and a good word for whoever
 * made a mistake.
 */
#include "broker/config.h"

#include "base/alloc.h"
#include "base/log.h"
#include "broker/config_table.h"
#include "broker/config_value.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NO_LISTENER SIZE_MAX
/* No configuration is as long as this; /dev/zero is. */
#define FILE_BYTES_MAX (4u << 20)

struct reader {
    struct config *config;
    struct config_problems *problems;
    const char *name; /* of the file */
    unsigned line;
    bool included;       /* the file is one of an include_dir */
    size_t current;      /* listener that options are for */
    size_t by_port;      /* listener made by port */
    char *bind_address;  /* owned; given before port */
    bool says_log_types; /* the file's log_type were the first: not added to
                             the default */
    bool says_log_dests;
};

/* Text from the file may hold what moves a terminal's cursor. */
static void put_printable(const char *text, FILE *to)
{
    while (*text) {
        size_t control = log_control_bytes(text);

        fputc(control ? '?' : *text, to);
        text += control ? control : 1;
    }
}

static void problem(struct reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void problem(struct reader *reader, const char *format, ...)
{
    FILE *to = reader->problems->to;
    struct buf text = {0};
    char line[512];
    va_list args;

    reader->problems->count++;
    if (!to)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    buf_append_string(&text, reader->name);
    if (reader->line)
        buf_printf(&text, ":%u", reader->line);
    buf_printf(&text, ": %s", line);
    put_printable(buf_string(&text), to);
    fputc('\n', to);
    buf_release(&text);
}

/* --- names ---------------------------------------------------------------- */

static void report_unknown(struct reader *reader, const char *name)
{
    const struct config_refusal *refusal = config_table_find_refused(name);

    if (refusal && refusal->why)
        problem(reader, "%s is not supported by this version, which has no %s",
                name, refusal->why);
    else if (refusal)
        problem(reader, "%s has no meaning any more; remove the line", name);
    if (refusal)
        return;
    if (name[0] == '#') {
        problem(reader, "a comment has its # as the first character of a line");
        return;
    }
    const char *nearest = config_table_nearest(name);
    if (nearest)
        problem(reader, "unknown option %.60s; did you mean %s?", name,
                nearest);
    else
        problem(reader, "unknown option %.60s", name);
}

/* --- options that are more than one member -------------------------------- */

static bool parse_port(struct reader *reader, const char *text, uint16_t *port)
{
    int64_t number;

    if (!config_value_number(text, 0, 65535, &number)) {
        problem(reader, "'%.60s' is not a port, a number from 0 to 65535",
                text);
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

/* Cut off the first word of *text, and leave the rest there. */
static char *take_word(char **text)
{
    char *word = *text;
    size_t len = strcspn(word, " \t");

    *text = word + len + strspn(word + len, " \t");
    word[len] = '\0';
    return word;
}

static void add_listener(struct reader *reader, uint16_t port, const char *host)
{
    config_add_listener(reader->config, port, host);
    reader->config->names_listeners = true;
    reader->current = reader->config->listener_count - 1;
}

static void read_listener(struct reader *reader, char *value)
{
    const char *number = take_word(&value);
    uint16_t port;

    if (!parse_port(reader, number, &port))
        return;
    if (*value == '/') {
        problem(reader,
                "listener %s %.60s: Unix sockets are not supported by "
                "this version",
                number, value);
        return;
    }
    if (strpbrk(value, " \t")) {
        problem(reader, "listener takes a port and a host, but there is more");
        return;
    }
    add_listener(reader, port, *value ? value : NULL);
}

static void read_port(struct reader *reader, const char *value)
{
    uint16_t port;

    if (!parse_port(reader, value, &port))
        return;
    if (reader->by_port != NO_LISTENER) {
        problem(reader, "port was given before; use listener for another");
        return;
    }
    add_listener(reader, port, reader->bind_address);
    reader->by_port = reader->current;
}

static void read_bind_address(struct reader *reader, const char *value)
{
    free(reader->bind_address);
    reader->bind_address = alloc_string(value);
    if (reader->by_port == NO_LISTENER)
        return;
    struct config_listener *listener =
        &reader->config->listeners[reader->by_port];
    free(listener->host);
    listener->host = alloc_string(value);
}

static void read_protocol(struct reader *reader, const char *value)
{
    if (!strcmp(value, "websockets"))
        problem(reader, "protocol websockets is not supported by this version");
    else if (strcmp(value, "mqtt") != 0)
        problem(reader, "protocol is '%.60s', but must be mqtt", value);
}

static void read_log_type(struct reader *reader, const char *value)
{
    static const struct {
        const char *name;
        unsigned types;
    } names[] = {
        {"error",       CONFIG_LOG_ERROR      },
        {"warning",     CONFIG_LOG_WARNING    },
        {"notice",      CONFIG_LOG_NOTICE     },
        {"information", CONFIG_LOG_INFORMATION},
        {"debug",       CONFIG_LOG_DEBUG      },
        {"subscribe",   CONFIG_LOG_SUBSCRIBE  },
        {"unsubscribe", CONFIG_LOG_UNSUBSCRIBE},
        {"all",         CONFIG_LOG_ALL        },
        {"none",        0                     },
    };
    struct config *config = reader->config;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i].name) != 0)
            continue;
        if (!reader->says_log_types || !names[i].types)
            config->log_types = 0;
        config->log_types |= names[i].types;
        reader->says_log_types = true;
        return;
    }
    problem(reader, "log_type '%.60s' is none of those that there are: %s",
            value, config_table_find("log_type")->values);
}

static void read_log_dest(struct reader *reader, char *value)
{
    struct config *config = reader->config;
    const char *dest = take_word(&value);
    unsigned bit = !strcmp(dest, "stdout")   ? CONFIG_LOG_STDOUT
                   : !strcmp(dest, "stderr") ? CONFIG_LOG_STDERR
                   : !strcmp(dest, "file")   ? CONFIG_LOG_FILE
                                             : 0;

    if (!bit && strcmp(dest, "none") != 0) {
        problem(reader, "log_dest '%.60s' is not supported by this version: %s",
                dest, config_table_find("log_dest")->values);
        return;
    }
    if ((bit == CONFIG_LOG_FILE) != (*value != '\0')) {
        problem(reader,
                *value ? "log_dest %s takes no value"
                       : "log_dest %s needs a path",
                dest);
        return;
    }
    if (!reader->says_log_dests || !bit)
        config->log_dests = 0;
    config->log_dests |= bit;
    reader->says_log_dests = true;
    if (bit == CONFIG_LOG_FILE) {
        free(config->log_file);
        config->log_file = alloc_string(value);
    }
}

/* --- files ---------------------------------------------------------------- */

static void read_file(struct reader *reader, const char *path);

static int is_conf_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && entry->d_name[0] != '.' &&
           !strcmp(entry->d_name + len - 5, ".conf");
}

static void read_include_dir(struct reader *reader, const char *dir)
{
    struct reader outer = *reader;
    struct dirent **entries;

    if (reader->included) {
        problem(reader, "include_dir cannot stand in a file that was included");
        return;
    }
    int count = scandir(dir, &entries, is_conf_file, alphasort);
    if (count < 0) {
        problem(reader, "include_dir %s: %s", dir, strerror(errno));
        return;
    }
    reader->included = true;
    for (int i = 0; i < count; i++) {
        char *path = alloc_printf("%s/%s", dir, entries[i]->d_name);

        read_file(reader, path);
        free(path);
        free(entries[i]);
    }
    free(entries);
    reader->included = false;
    reader->name = outer.name;
    reader->line = outer.line;
}

static void read_member(struct reader *reader,
                        const struct config_option *option, const char *value)
{
    struct config *config = reader->config;
    struct config_listener *listener = &config->common;
    char error[300];

    if (reader->current != NO_LISTENER &&
        (option->scope == CONFIG_PER_LISTENER || config->per_listener_settings))
        listener = &config->listeners[reader->current];

    void *base =
        option->scope == CONFIG_GLOBAL ? (void *)config : (void *)listener;
    if (!config_value_set(base, option, value, error, sizeof(error)))
        problem(reader, "%s", error);
    else if (!strcmp(option->name, "allow_anonymous"))
        listener->says_allow_anonymous = true;
}

static void read_option(struct reader *reader,
                        const struct config_option *option, char *value)
{
    switch (option->type) {
    case CONFIG_BOOL:
    case CONFIG_NUMBER:
    case CONFIG_SIZE:
    case CONFIG_PERIOD:
    case CONFIG_STRING: read_member(reader, option, value); break;
    case CONFIG_LISTENER: read_listener(reader, value); break;
    case CONFIG_PORT: read_port(reader, value); break;
    case CONFIG_BIND_ADDRESS: read_bind_address(reader, value); break;
    case CONFIG_PROTOCOL: read_protocol(reader, value); break;
    case CONFIG_LOG_TYPE: read_log_type(reader, value); break;
    case CONFIG_LOG_DEST: read_log_dest(reader, value); break;
    case CONFIG_INCLUDE_DIR: read_include_dir(reader, value); break;
    }
}

static void read_line(struct reader *reader, char *line)
{
    size_t len = strlen(line);

    if (line[0] == '#')
        return;
    while (len && strchr(" \t\r", line[len - 1]))
        line[--len] = '\0';
    line += strspn(line, " \t");
    if (!*line)
        return;

    const char *name = take_word(&line);
    const struct config_option *option = config_table_find(name);
    if (!option)
        report_unknown(reader, name);
    else if (!*line)
        problem(reader, "%s needs a value", name);
    else
        read_option(reader, option, line);
}

static void read_lines(struct reader *reader, struct slice text)
{
    while (text.len) {
        const uint8_t *end = memchr(text.bytes, '\n', text.len);
        size_t len = end ? (size_t)(end - text.bytes) : text.len;

        reader->line++;
        if (memchr(text.bytes, '\0', len)) {
            problem(reader, "there is a NUL byte in this line");
        } else {
            char *line = alloc_string_of(text.bytes, len);

            read_line(reader, line);
            free(line);
        }
        text = slice_skip(text, end ? len + 1 : len);
    }
}

/* Returns 0 or a negative errno. */
static int load(const char *path, struct buf *text)
{
    FILE *file = fopen(path, "r");
    size_t count;
    int error = 0;

    if (!file)
        return -errno;
    do {
        count = fread(buf_reserve(text, 4096), 1, 4096, file);
        text->len += (uint32_t)count;
    } while (count && text->len <= FILE_BYTES_MAX);
    if (ferror(file))
        error = -errno;
    else if (text->len > FILE_BYTES_MAX)
        error = -EFBIG;
    fclose(file);
    return error;
}

static void read_file(struct reader *reader, const char *path)
{
    struct buf text = {0};
    int error = load(path, &text);

    reader->name = path;
    reader->line = 0;
    if (error)
        problem(reader, "cannot be read: %s", strerror(-error));
    else
        read_lines(reader, buf_slice(&text));
    buf_release(&text);
}

static struct reader reader_of(struct config *config, const char *name,
                               struct config_problems *problems)
{
    return (struct reader){.config = config,
                           .problems = problems,
                           .name = name,
                           .current = NO_LISTENER,
                           .by_port = NO_LISTENER};
}

/* An address without a port means the usual one. */
static void end(struct reader *reader)
{
    if (reader->bind_address && reader->by_port == NO_LISTENER)
        add_listener(reader, CONFIG_DEFAULT_PORT, reader->bind_address);
    free(reader->bind_address);
}

bool config_read(struct config *config, const char *path,
                 struct config_problems *problems)
{
    struct reader reader = reader_of(config, path, problems);
    unsigned before = problems->count;

    read_file(&reader, path);
    end(&reader);
    return problems->count == before;
}

bool config_read_text(struct config *config, const char *name,
                      struct slice text, struct config_problems *problems)
{
    struct reader reader = reader_of(config, name, problems);
    unsigned before = problems->count;

    read_lines(&reader, text);
    end(&reader);
    return problems->count == before;
}
