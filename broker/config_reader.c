/*
 * Reading a configuration file: lines, includes, and a good word for whoever
 * made a mistake.
 */
#include "broker/config_reader.h"

#include "base/alloc.h"
#include "base/whole_file.h"
#include "broker/config_names.h"
#include "broker/config_special.h"
#include "broker/config_table.h"
#include "broker/config_value.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* No configuration is as long as this; /dev/zero is. */
#define FILE_BYTES_MAX (4u << 20)

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* "FILE:LINE", for reports. */
static const char *where(const struct config_reader *reader, struct buf *text)
{
    buf_append_string(text, reader->name);
    if (reader->line)
        buf_printf(text, ":%u", reader->line);
    return buf_string(text);
}

typedef void config_teller(struct config_problems *problems, const char *where,
                           const char *format, ...);

/* Of any length: values and paths are shown whole. */
__attribute__((format(printf, 3, 0))) static void
tell(struct config_reader *reader, config_teller *teller, const char *format,
     va_list args)
{
    struct buf place = {0};
    struct buf text = {0};

    buf_vprintf(&text, format, args);
    teller(reader->problems, where(reader, &place), "%s", buf_string(&text));
    buf_release(&text);
    buf_release(&place);
}

void config_reader_problem(struct config_reader *reader, const char *format,
                           ...)
{
    va_list args;

    va_start(args, format);
    tell(reader, config_problem, format, args);
    va_end(args);
}

void config_reader_warning(struct config_reader *reader, const char *format,
                           ...)
{
    va_list args;

    va_start(args, format);
    tell(reader, config_warning, format, args);
    va_end(args);
}

char *config_reader_where(const struct config_reader *reader)
{
    struct buf place = {0};
    char *text = alloc_string(where(reader, &place));

    buf_release(&place);
    return text;
}

char *config_reader_word(char **text)
{
    char *word = *text;
    size_t len = strcspn(word, " \t");

    *text = word + len + strspn(word + len, " \t");
    word[len] = '\0';
    return word;
}

struct config_listener *config_reader_target(struct config_reader *reader,
                                             const struct config_option *option)
{
    struct config *config = reader->config;

    if (reader->current != CONFIG_NO_LISTENER &&
        (option->scope == CONFIG_PER_LISTENER || config->per_listener_settings))
        return &config->listeners[reader->current];
    return &config->common;
}

/* --- names ---------------------------------------------------------------- */

static void report_unknown(struct config_reader *reader, const char *name)
{
    const char *why_not = config_names_why_not(name);

    if (config_names_is_obsolete(name)) {
        config_reader_warning(
            reader, "%s has no meaning any more; remove the line", name);
        return;
    }
    if (why_not) {
        config_reader_problem(reader, "%.60s is not supported: %s", name,
                              why_not);
        return;
    }
    if (name[0] == '#') {
        config_reader_problem(
            reader, "a comment has its # as the first character of a line");
        return;
    }
    const char *nearest = config_names_nearest(name);
    if (nearest)
        config_reader_problem(reader, "unknown option %.60s; did you mean %s?",
                              name, nearest);
    else
        config_reader_problem(reader, "unknown option %.60s", name);
}

/* --- files ---------------------------------------------------------------- */

static void read_file(struct config_reader *reader, const char *path);

static int is_conf_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && entry->d_name[0] != '.' &&
           !strcmp(entry->d_name + len - 5, ".conf");
}

/* A before a before B, as documented. */
static int in_order(const struct dirent **a, const struct dirent **b)
{
    int by_letter = strcasecmp((*a)->d_name, (*b)->d_name);

    return by_letter ? by_letter : strcmp((*a)->d_name, (*b)->d_name);
}

static void read_include_dir(struct config_reader *reader, const char *dir)
{
    struct config_reader outer = *reader;
    struct dirent **entries;

    if (reader->included) {
        config_reader_problem(
            reader, "include_dir cannot stand in a file that was included");
        return;
    }
    int count = scandir(dir, &entries, is_conf_file, in_order);
    if (count < 0) {
        config_reader_problem(reader, "include_dir %s: %s", dir,
                              strerror(errno));
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

/* It is one prefix; whoever lists several by ";" has none. */
static void check_prefix(struct config_reader *reader, const char *prefix)
{
    if (prefix[0] && prefix[strlen(prefix) - 1] == ';')
        config_reader_warning(
            reader,
            "clientid_prefixes is one prefix, and the ';' at the end of "
            "'%s' is part of it: leave it out",
            prefix);
}

static void read_member(struct config_reader *reader,
                        const struct config_option *option, const char *value)
{
    struct config_listener *listener = config_reader_target(reader, option);
    struct buf error = {0};
    void *base = option->scope == CONFIG_GLOBAL ? (void *)reader->config
                                                : (void *)listener;
    if (!config_value_set(base, option, value, &error)) {
        config_reader_problem(reader, "%s", buf_string(&error));
        if (option->type == CONFIG_FILE || option->type == CONFIG_FOLDER)
            reader->config->lacks_files = true;
    } else if (!strcmp(option->name, "allow_anonymous"))
        listener->says_allow_anonymous = true;
    else if (!strcmp(option->name, "clientid_prefixes"))
        check_prefix(reader, value);
    buf_release(&error);
}

/* What stands in front of per_listener_settings would be for all, though it may
   follow a listener. */
static void note_order(struct config_reader *reader,
                       const struct config_option *option, const char *value)
{
    if (option->scope == CONFIG_BY_SETTING && !reader->by_setting)
        reader->by_setting = option->name;
    if (reader->by_setting && !strcmp(option->name, "per_listener_settings") &&
        !reader->config->per_listener_settings && strcmp(value, "false") != 0)
        config_reader_problem(reader,
                              "per_listener_settings must stand in front of %s",
                              reader->by_setting);
}

static void read_option(struct config_reader *reader,
                        const struct config_option *option, const char *name,
                        char *value)
{
    note_order(reader, option, value);
    if (option->type == CONFIG_INCLUDE_DIR)
        read_include_dir(reader, value);
    else if (option->width)
        read_member(reader, option, value);
    else
        config_special_read(reader, option, name, value);
}

static void read_line(struct config_reader *reader, char *line)
{
    size_t len = strlen(line);

    if (line[0] == '#')
        return;
    while (len && strchr(" \t\r", line[len - 1]))
        line[--len] = '\0';
    line += strspn(line, " \t");
    if (!*line)
        return;

    const char *name = config_reader_word(&line);
    const struct config_option *option = config_table_find(name);
    if (!option)
        report_unknown(reader, name);
    else if (!*line)
        config_reader_problem(reader, "%s needs a value", name);
    else
        read_option(reader, option, name, line);
}

static void read_lines(struct config_reader *reader, struct slice text)
{
    if (slice_starts_with(text, slice_of_string(BYTE_ORDER_MARK)))
        text = slice_skip(text, strlen(BYTE_ORDER_MARK));
    while (text.len) {
        const uint8_t *end = memchr(text.bytes, '\n', text.len);
        size_t len = end ? (size_t)(end - text.bytes) : text.len;

        reader->line++;
        if (memchr(text.bytes, '\0', len)) {
            config_reader_problem(reader, "there is a NUL byte in this line");
        } else {
            char *line = alloc_string_of(text.bytes, len);

            read_line(reader, line);
            free(line);
        }
        text = slice_skip(text, end ? len + 1 : len);
    }
}

static void read_file(struct config_reader *reader, const char *path)
{
    struct buf text = {0};
    int error = whole_file_load(path, FILE_BYTES_MAX, &text);

    reader->name = path;
    reader->line = 0;
    if (error)
        config_unreadable(reader->problems, path, -error);
    else
        read_lines(reader, buf_slice(&text));
    buf_release(&text);
}

static struct config_reader reader_of(struct config *config, const char *name,
                                      struct config_problems *problems)
{
    return (struct config_reader){.config = config,
                                  .problems = problems,
                                  .name = name,
                                  .current = CONFIG_NO_LISTENER,
                                  .by_port = CONFIG_NO_LISTENER};
}

bool config_read(struct config *config, const char *path,
                 struct config_problems *problems)
{
    struct config_reader reader = reader_of(config, path, problems);
    unsigned before = problems->count;

    read_file(&reader, path);
    config_special_end(&reader);
    return problems->count == before;
}

bool config_read_text(struct config *config, const char *name,
                      struct slice text, struct config_problems *problems)
{
    struct config_reader reader = reader_of(config, name, problems);
    unsigned before = problems->count;

    read_lines(&reader, text);
    config_special_end(&reader);
    return problems->count == before;
}
