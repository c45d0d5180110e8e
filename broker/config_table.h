/*
 * The table of options: for each its name, type, range, default and meaning.
 */
#ifndef BROKER_CONFIG_TABLE_H
#define BROKER_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_type {
    CONFIG_BOOL,   /* true, false */
    CONFIG_NUMBER, /* a whole number in min..max, or 0 where that is said */
    CONFIG_SIZE,   /* the same in bytes: 100, 64k, 10M, 2G */
    CONFIG_PERIOD, /* seconds, given as 30s 2h 14d 3w 2m 1y */
    CONFIG_STRING,
    CONFIG_FILE,   /* the path of a file that can be read */
    CONFIG_FOLDER, /* the path of a folder */
    CONFIG_ORIGIN, /* scheme://host:port of pages; each line adds one */
    CONFIG_CHOICE, /* one of values, "this | that": its number from 1 */
    /* What sets more than one member; text says how it is written. */
    CONFIG_LISTENER,
    CONFIG_PORT,
    CONFIG_BIND_ADDRESS,
    CONFIG_PLUGIN,
    CONFIG_PLUGIN_CHECKS, /* auth_plugin_deny_special_chars */
    CONFIG_PLUGIN_OPTION,
    CONFIG_LOG_TYPE,
    CONFIG_LOG_DEST,
    CONFIG_INCLUDE_DIR,
};

enum config_scope {
    CONFIG_GLOBAL,
    CONFIG_PER_LISTENER, /* of the listener that it follows; before the first
                            one it is for all that come */
    CONFIG_BY_SETTING,   /* likewise if per_listener_settings, else global */
};

/* When a new value takes effect. */
enum config_change {
    CONFIG_RELOADED, /* at SIGHUP */
    CONFIG_AT_START, /* only when the broker is started anew */
};

struct config_option {
    const char *name; /* NULL ends the table; one that ends in "*" stands for
                         all names that begin so */
    enum config_type type;
    enum config_scope scope;
    enum config_change change;
    size_t offset; /* in struct config or struct config_listener */
    size_t width;  /* of a number, bytes */
    int64_t min;
    int64_t max;
    bool zero;            /* 0 is allowed besides: no limit, never */
    const char *fallback; /* the default as it would be written; NULL: none */
    const char *values;   /* for the help; NULL: by the type */
    const char *text;
};

const struct config_option *config_table(void);

/* NULL when there is no such option. */
const struct config_option *config_table_find(const char *name);

/* Is it one of those types whose member is a string that the struct owns? */
static inline bool config_option_is_text(const struct config_option *option)
{
    return option->width &&
           (option->type == CONFIG_STRING || option->type == CONFIG_FILE ||
            option->type == CONFIG_FOLDER || option->type == CONFIG_ORIGIN);
}

#endif
