#include "broker/config_value.h"

#include "base/alloc.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    bool is = !strcmp(value, "true");

    if (!is && strcmp(value, "false") != 0)
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
    else if (option->type == CONFIG_STRING)
        snprintf(text, text_size, "TEXT");
    else
        snprintf(text, text_size, "%s%" PRId64 "..%" PRId64, zero, option->min,
                 option->max);
}

bool config_value_set(void *base, const struct config_option *option,
                      const char *value, char *error, size_t error_size)
{
    uint8_t *member = (uint8_t *)base + option->offset;
    char expected[160];
    bool good;

    assert(option->width);
    if (option->type == CONFIG_BOOL)
        good = set_bool(member, value);
    else if (option->type == CONFIG_STRING)
        good = set_string(member, value);
    else
        good = set_number(member, option, value);
    if (!good) {
        config_value_describe(option, expected, sizeof(expected));
        snprintf(error, error_size, "%s is '%.60s', but must be %s",
                 option->name, value, expected);
    }
    return good;
}
