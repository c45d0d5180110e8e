#include "broker/config_value.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file_trouble.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A letter behind a number and what it multiplies by. */
struct unit {
    char letter;
    int64_t factor;
};

static const struct unit no_units[] = {
    {'\0', 1}
};

static const struct unit sizes[] = {
    {'k',  INT64_C(1) << 10},
    {'K',  INT64_C(1) << 10},
    {'M',  INT64_C(1) << 20},
    {'G',  INT64_C(1) << 30},
    {'\0', 1               },
};

/* A month has 30 days here, a year 365. */
static const struct unit periods[] = {
    {'s',  1                   },
    {'h',  3600                },
    {'d',  86400               },
    {'w',  604800              },
    {'m',  INT64_C(30) * 86400 },
    {'y',  INT64_C(365) * 86400},
    {'\0', INT64_MAX           },
};

/* Digits and one of the units, of which the last stands for none. */
static bool parse_number(const char *text, const struct unit *units,
                         int64_t *number)
{
    char *end;

    if (!strchr("-0123456789", text[0]))
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text)
        return false;
    while (units->letter && units->letter != *end)
        units++;
    if (units->letter)
        end++;
    /* A period needs its letter, except for 0. */
    if (*end || (units->factor == INT64_MAX && value != 0))
        return false;
    return !__builtin_mul_overflow((int64_t)value, units->factor, number);
}

bool config_value_number(const char *text, int64_t min, int64_t max,
                         int64_t *number)
{
    return parse_number(text, no_units, number) && *number >= min &&
           *number <= max;
}

static const struct unit *units_of(const struct config_option *option)
{
    if (option->type == CONFIG_SIZE)
        return sizes;
    return option->type == CONFIG_PERIOD ? periods : no_units;
}

static void store_number(uint8_t *member, size_t width, int64_t number)
{
    const uint8_t number8 = (uint8_t)number;
    const uint16_t number16 = (uint16_t)number;
    const uint32_t number32 = (uint32_t)number;

    if (width == sizeof(number8))
        memcpy(member, &number8, sizeof(number8));
    else if (width == sizeof(number16))
        memcpy(member, &number16, sizeof(number16));
    else if (width == sizeof(number32))
        memcpy(member, &number32, sizeof(number32));
    else
        memcpy(member, &number, sizeof(number));
}

static bool set_number(uint8_t *member, const struct config_option *option,
                       const char *value)
{
    int64_t number;

    if (!parse_number(value, units_of(option), &number))
        return false;
    if ((number < option->min || number > option->max) &&
        !(option->zero && number == 0))
        return false;
    store_number(member, option->width, number);
    return true;
}

static bool set_bool(uint8_t *member, const char *value)
{
    bool is = !strcmp(value, "true") || !strcmp(value, "1");

    if (!is && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
        return false;
    memcpy(member, &is, sizeof(is));
    return true;
}

static bool set_string(uint8_t *member, const char *value)
{
    char *string;

    memcpy(&string, member, sizeof(string));
    free(string);
    string = alloc_string(value);
    memcpy(member, &string, sizeof(string));
    return true;
}

/* What a browser calls the place of a page; it is added to those before. */
static bool add_origin(uint8_t *member, const char *value)
{
    const char *host = strstr(value, "://");
    char *before;

    memcpy(&before, member, sizeof(before));
    if (!host || host == value || !host[3] || strpbrk(host + 3, "/ \t"))
        return false;
    char *all =
        before ? alloc_printf("%s %s", before, value) : alloc_string(value);
    free(before);
    memcpy(member, &all, sizeof(all));
    return true;
}

/* The number, from 1, of value among choices, "this | that"; 0: it is none. */
static unsigned find_choice(const char *choices, const char *value)
{
    unsigned number = 1;

    while (*choices) {
        size_t len = strcspn(choices, " ");

        if (len == strlen(value) && !strncmp(choices, value, len))
            return number;
        choices += len;
        choices += strspn(choices, " |");
        number++;
    }
    return 0;
}

static bool set_choice(uint8_t *member, const struct config_option *option,
                       const char *value)
{
    unsigned number = find_choice(option->values, value);

    if (number)
        store_number(member, option->width, number);
    return number != 0;
}

/* Append which command makes such a file, if one does. */
static void put_maker(struct buf *text, const char *option, const char *path)
{
    static const char server[] = "mqttlab certs server --san HOST";
    static const struct {
        const char *option;
        const char *command;
    } makers[] = {
        {"certfile", server             },
        {"keyfile",  server             },
        {"cafile",   "mqttlab certs ca" },
        {"crlfile",  "mqttlab certs crl"},
    };

    if (!strcmp(option, "password_file"))
        buf_printf(text, "; mqttlab passwd -c '%s' USER makes one", path);
    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        if (!strcmp(makers[i].option, option))
            buf_printf(text, "; %s makes one", makers[i].command);
    }
}

/* What is wrong with the path of an option, and what helps. */
static void explain_path(const struct config_option *option, const char *path,
                         int error, struct buf *text)
{
    buf_printf(text, "%s %s: ", option->name, path);
    file_trouble_explain(text, path, error);
    if (error == ENOENT && path[0] != '/')
        buf_append_string(
            text, ", seen from the folder in which the broker is started");
    if (error == ENOENT)
        put_maker(text, option->name, path);
}

/* Can we read it? Opening it would wait for whoever writes into a pipe. */
static bool usable(const struct config_option *option, const char *path,
                   struct buf *error)
{
    bool folder = option->type == CONFIG_FOLDER;
    struct stat status;

    if (stat(path, &status) || access(path, R_OK))
        explain_path(option, path, errno, error);
    else if (folder && !S_ISDIR(status.st_mode))
        buf_printf(error, "%s %s: is no folder", option->name, path);
    else if (!folder && S_ISDIR(status.st_mode))
        buf_printf(error, "%s %s: is a folder", option->name, path);
    else
        return true;
    return false;
}

void config_value_describe(const struct config_option *option, char *text,
                           size_t text_size)
{
    const char *zero = option->zero && option->min > 0 ? "0 or " : "";

    if (option->values)
        snprintf(text, text_size, "%s", option->values);
    else if (option->type == CONFIG_BOOL)
        snprintf(text, text_size, "true | false");
    else if (option->type == CONFIG_PERIOD)
        snprintf(text, text_size, "%sa number and one of s h d w m y", zero);
    else if (option->max == INT64_MAX)
        snprintf(text, text_size, "%sa number from %" PRId64, zero,
                 option->min);
    else if (config_option_is_text(option))
        snprintf(text, text_size, "TEXT");
    else
        snprintf(text, text_size, "%s%" PRId64 "..%" PRId64, zero, option->min,
                 option->max);
}

bool config_value_set(void *base, const struct config_option *option,
                      const char *value, struct buf *error)
{
    uint8_t *member = (uint8_t *)base + option->offset;
    char expected[160];
    bool good;

    assert(option->width);
    if (option->type == CONFIG_BOOL)
        good = set_bool(member, value);
    else if (option->type == CONFIG_CHOICE)
        good = set_choice(member, option, value);
    else if (option->type == CONFIG_ORIGIN)
        good = add_origin(member, value);
    else if (config_option_is_text(option))
        good = set_string(member, value);
    else
        good = set_number(member, option, value);
    if (!good) {
        config_value_describe(option, expected, sizeof(expected));
        buf_printf(error, "%s is '%s', but must be %s", option->name, value,
                   expected);
    } else if (option->type == CONFIG_FILE || option->type == CONFIG_FOLDER) {
        good = usable(option, value, error);
        if (!good)
            config_value_release(base, option);
    }
    return good;
}

static char **text_at(const void *base, const struct config_option *option)
{
    return (char **)(void *)((uint8_t *)(uintptr_t)base + option->offset);
}

bool config_value_equals(const void *base, const void *other,
                         const struct config_option *option)
{
    if (!config_option_is_text(option))
        return !memcmp((const uint8_t *)base + option->offset,
                       (const uint8_t *)other + option->offset, option->width);
    const char *text = *text_at(base, option);
    const char *other_text = *text_at(other, option);
    return text && other_text ? !strcmp(text, other_text) : text == other_text;
}

void config_value_copy(void *base, const void *from,
                       const struct config_option *option)
{
    char **to;

    if (!config_option_is_text(option)) {
        memcpy((uint8_t *)base + option->offset,
               (const uint8_t *)from + option->offset, option->width);
        return;
    }
    to = text_at(base, option);
    free(*to);
    *to = alloc_string(*text_at(from, option));
}

void config_value_release(void *base, const struct config_option *option)
{
    if (!config_option_is_text(option))
        return;
    free(*text_at(base, option));
    *text_at(base, option) = NULL;
}
