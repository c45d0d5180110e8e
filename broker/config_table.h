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
    /* What sets more than one member; text says how it is written. */
    CONFIG_LISTENER,
    CONFIG_PORT,
    CONFIG_BIND_ADDRESS,
    CONFIG_PROTOCOL,
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

struct config_option {
    const char *name; /* NULL ends the table */
    enum config_type type;
    enum config_scope scope;
    size_t offset; /* in struct config or struct config_listener */
    size_t width;  /* of a number, bytes */
    int64_t min;
    int64_t max;
    bool zero;            /* 0 is allowed besides: no limit, never */
    const char *fallback; /* the default as it would be written; NULL: none */
    const char *values;   /* for the help; NULL: by the type */
    const char *text;
};

/* An option of mosquitto that is refused, and why. */
struct config_refusal {
    const char *name; /* NULL ends the table; a name that ends in "*" stands
                         for all that begin so */
    const char *why;  /* what is missing; NULL: it has no meaning any more */
};

const struct config_option *config_table(void);

/* NULL when there is no such option. */
const struct config_option *config_table_find(const char *name);

/* NULL when mosquitto has no such option either, or we have it. */
const struct config_refusal *config_table_find_refused(const char *name);

/* The option that was probably meant; NULL when none is near. */
const char *config_table_nearest(const char *name);

#endif
