/*
 * The configuration: a file of mosquitto.conf's syntax, and the defaults.
 *
 * A line is a name and a value; a line whose first character is "#" is a
 * comment. The table in config_table.c says of each option its type, range,
 * default and meaning; nothing else knows the names. An option is either done
 * as its help says or refused with file and line, never ignored. All problems
 * of a file are reported, not only the first.
 */
#ifndef BROKER_CONFIG_H
#define BROKER_CONFIG_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_DEFAULT_PORT 1883

/* Where to listen, and what is different there. */
struct config_listener {
    char *host; /* owned; a name or number */
    uint16_t port;
    int64_t max_connections; /* -1: no limit */
    uint8_t max_qos;
    uint16_t max_topic_alias;
    bool allow_anonymous;
    bool says_allow_anonymous; /* used while reading: somebody set it */
    bool allow_zero_length_clientid;
    char *auto_id_prefix; /* owned */
};

/* Bits of log_types. */
enum config_log_type {
    CONFIG_LOG_ERROR = 1,
    CONFIG_LOG_WARNING = 2,
    CONFIG_LOG_NOTICE = 4,
    CONFIG_LOG_INFORMATION = 8,
    CONFIG_LOG_DEBUG = 16,
    CONFIG_LOG_SUBSCRIBE = 32, /* a line for each subscription granted */
    CONFIG_LOG_UNSUBSCRIBE = 64,
    CONFIG_LOG_ALL = 127,
};

/* Bits of log_dests. */
enum config_log_dest {
    CONFIG_LOG_STDOUT = 1,
    CONFIG_LOG_STDERR = 2,
    CONFIG_LOG_FILE = 4,
};

/* Members are called as the options are. 0 means no limit where it says so. */
struct config {
    struct config_listener *listeners; /* owned, at least one */
    size_t listener_count;

    uint32_t max_inflight_messages;        /* to one client; 0: no limit */
    uint64_t max_inflight_bytes;           /* 0: no limit */
    uint32_t max_queued_messages;          /* of one session; 0: no limit */
    uint64_t max_queued_bytes;             /* 0: no limit */
    uint32_t message_size_limit;           /* payload, bytes; 0: no limit */
    uint32_t max_packet_size;              /* bytes; 0: no limit */
    uint16_t max_keepalive;                /* seconds; 0: no limit */
    uint32_t persistent_client_expiration; /* seconds; 0: never */
    bool queue_qos0_messages;
    bool upgrade_outgoing_qos;
    bool retain_available;
    bool set_tcp_nodelay;
    uint32_t sys_interval;          /* seconds; 0: no $SYS */
    uint32_t connect_timeout;       /* seconds until CONNECT must be here */
    uint32_t max_topic_levels;      /* of Topic Names and Topic Filters */
    uint32_t max_clients;           /* sessions, away or not; 0: no limit */
    uint32_t max_subscriptions;     /* of one client; 0: no limit */
    uint32_t max_retained_messages; /* 0: no limit */
    uint64_t max_retained_bytes;    /* 0: no limit */

    bool connection_messages; /* log who comes and goes */
    unsigned log_types;       /* enum config_log_type */
    unsigned log_dests;       /* enum config_log_dest */
    char *log_file;           /* owned; if CONFIG_LOG_FILE */
    bool log_timestamp;
    char *log_timestamp_format; /* owned; strftime; NULL: seconds since 1970 */
    char *pid_file;             /* owned; NULL: none */
    char *user;                 /* owned; NULL: stay who we are */
    bool per_listener_settings;

    /* Used while reading. */
    struct config_listener common; /* for listeners that say nothing else */
    bool names_listeners;          /* a file has a listener or a port */
};

/* Where a reader reports: "FILE:LINE: what is wrong and what to do". */
struct config_problems {
    FILE *to; /* NULL: only count */
    unsigned count;
};

/* The defaults, without a listener. */
void config_init(struct config *config);
void config_release(struct config *config);

/*
 * Read a file over what is there. Problems are reported and counted; the
 * configuration must not be used if there are any. Returns false then, and
 * when the file cannot be read (which is a problem as well).
 */
bool config_read(struct config *config, const char *path,
                 struct config_problems *problems);

/* The same from memory; name is what problems are reported under. */
bool config_read_text(struct config *config, const char *name,
                      struct slice text, struct config_problems *problems);

/* Add a listener as "listener PORT HOST" does; host NULL: 127.0.0.1. */
void config_add_listener(struct config *config, uint16_t port,
                         const char *host);

/*
 * Call last: gives every listener what is set for all of them and, when there
 * is none, makes the one on 127.0.0.1:1883, where anonymous clients are
 * welcome unless the file said otherwise. With a listener of its own, a
 * configuration that does not say allow_anonymous refuses them.
 */
void config_finish(struct config *config);

/* Print every option: name, values, default, meaning. */
void config_help(FILE *to);

#endif
