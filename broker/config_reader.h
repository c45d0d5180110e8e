/*
 * Reading a configuration file, within: where the reader is, and how it
 * reports. Others read with config_read (broker/config.h).
 */
#ifndef BROKER_CONFIG_READER_H
#define BROKER_CONFIG_READER_H

#include "broker/config.h"
#include "broker/config_table.h"

#define CONFIG_NO_LISTENER SIZE_MAX

struct config_reader {
    struct config *config;
    struct config_problems *problems;
    const char *name; /* of the file */
    unsigned line;
    bool included;          /* the file is one of an include_dir */
    size_t current;         /* listener that options are for */
    size_t by_port;         /* listener made by port */
    const char *by_setting; /* the first option that per_listener_settings is
                               about; NULL: none yet */
    char *bind_address;     /* owned; given before port */
    char *bound_where;      /* owned; where that was */
    bool says_log_types;    /* the file's log_type were the first: not added to
                             the default */
};

/* Report with file and line. */
void config_reader_problem(struct config_reader *reader, const char *format,
                           ...) __attribute__((format(printf, 2, 3)));
void config_reader_warning(struct config_reader *reader, const char *format,
                           ...) __attribute__((format(printf, 2, 3)));

/* "FILE:LINE", the caller's. */
char *config_reader_where(const struct config_reader *reader);

/* Cut off the first word of *text, and leave the rest there. */
char *config_reader_word(char **text);

/* The listener whose option this is: the current one, or what is common. */
struct config_listener *
config_reader_target(struct config_reader *reader,
                     const struct config_option *option);

#endif
