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

/* An own check that is loaded from a shared object. */
struct config_plugin {
    char *path; /* owned */
    /* Refuse user names and Client Identifiers with + or # without asking. */
    bool deny_special_chars;
    bool unusable; /* which was reported, so it need not be opened */
    char **names;  /* owned, what stands behind "auth_opt_" */
    char **values; /* owned; as many */
    size_t option_count;
};

enum config_protocol { CONFIG_MQTT = 1, CONFIG_WEBSOCKETS };
enum config_auth_method { CONFIG_SCRAM_SHA_256 = 1 };
enum config_domain { CONFIG_ANY_DOMAIN, CONFIG_IPV4, CONFIG_IPV6 };
enum config_proxy {
    CONFIG_NO_PROXY,
    CONFIG_PROXY_V1,
    CONFIG_PROXY_V2,
    CONFIG_PROXY_ANY
};
enum config_tls_version {
    CONFIG_TLS_DEFAULT,
    CONFIG_TLS_1_3,
    CONFIG_TLS_1_2,
    CONFIG_TLS_1_1
};

/*
 * Where to listen, and what is different there. Texts are owned, and NULL when
 * nobody gave them.
 */
struct config_listener {
    char *host;    /* a name or number */
    bool loopback; /* nobody gave a host: 127.0.0.1, and ::1 if there is IPv6 */
    char *path;    /* of a Unix socket; then there is no host and no port */
    uint16_t port;
    char *where; /* "FILE:LINE" that asked for it; NULL: none */
    char *bind_interface;
    uint8_t socket_domain;   /* enum config_domain */
    int64_t max_connections; /* -1: no limit */
    uint8_t max_qos;
    uint16_t max_topic_alias;
    uint16_t max_topic_alias_broker;
    char *response_information; /* owned; NULL: "response/%c" */
    char *mount_point; /* in front of all topics of clients that come here */
    bool use_username_as_clientid;

    /* Of all listeners alike, unless per_listener_settings. */
    bool allow_anonymous;
    bool says_allow_anonymous; /* used while reading: somebody set it */
    bool allow_zero_length_clientid;
    char *auto_id_prefix;
    char *password_file;
    uint8_t auth_method; /* enum config_auth_method; 0: none */
    char *acl_file;
    char *psk_file;
    struct config_plugin *plugins; /* owned, in the order given */
    size_t plugin_count;

    /* TLS. */
    char *cafile;
    char *capath;
    char *certfile;
    char *keyfile;
    char *crlfile;
    char *ocspfile;
    char *dhparamfile;
    char *ciphers;
    char *ciphers_tls13;
    char *psk_hint;
    uint8_t tls_version;     /* enum config_tls_version, the lowest one */
    uint8_t tls_max_version; /* the same, the highest one */
    uint8_t tls_keyform;
    bool require_certificate;
    bool use_identity_as_username;
    bool use_subject_as_username;

    uint8_t protocol;       /* enum config_protocol */
    uint8_t proxy_protocol; /* enum config_proxy */
    char *http_dir;
    char *websockets_origin; /* one or more, with spaces between; NULL: any */
};

/* Bits of log_types. */
enum config_log_type {
    CONFIG_LOG_ERROR = 1,
    CONFIG_LOG_WARNING = 2,
    CONFIG_LOG_NOTICE = 4,
    CONFIG_LOG_INFORMATION = 8,
    CONFIG_LOG_DEBUG = 16,
    CONFIG_LOG_SUBSCRIBE = 32,   /* a line for each subscription granted */
    CONFIG_LOG_UNSUBSCRIBE = 64, /* and for each that ends */
    CONFIG_LOG_WEBSOCKETS = 128,
    CONFIG_LOG_ALL = 255,
};

/* Bits of log_dests. */
enum config_log_dest {
    CONFIG_LOG_STDOUT = 1,
    CONFIG_LOG_STDERR = 2,
    CONFIG_LOG_FILE = 4,
    CONFIG_LOG_SYSLOG = 8,
    CONFIG_LOG_TOPIC = 16,
};

/* What must be on the disk before a message is acknowledged. */
enum config_sync {
    CONFIG_SYNC_FULL = 1, /* it survives a power failure */
    CONFIG_SYNC_NORMAL,   /* it survives the death of the process */
    CONFIG_SYNC_OFF,      /* it survives a clean stop */
};

/* What is done when a client reaches a limit, in the order in which the
   options' tables name it. */
enum config_action {
    CONFIG_ACTION_WAIT = 1, /* drop, or delay */
    CONFIG_ACTION_DISCONNECT,
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
    uint32_t sys_interval;           /* seconds; 0: no $SYS */
    uint32_t connect_timeout;        /* seconds until CONNECT must be here */
    uint32_t max_topic_levels;       /* of Topic Names and Topic Filters */
    uint32_t max_clients;            /* sessions, away or not; 0: no limit */
    uint32_t max_subscriptions;      /* of one client; 0: no limit */
    uint64_t max_subscription_bytes; /* of one client; 0: no limit */
    uint32_t max_retained_messages;  /* 0: no limit */
    uint64_t max_retained_bytes;     /* 0: no limit */

    uint64_t memory_limit;            /* bytes; 0: no limit */
    uint64_t max_incoming_bytes;      /* of incomplete packets; 0: no limit */
    uint32_t max_wildcard_levels;     /* of one client; 0: no limit */
    uint32_t slow_client_timeout;     /* seconds; 0: never */
    uint8_t slow_client_action;       /* enum config_action */
    uint32_t max_messages_per_second; /* from one client; 0: no limit */
    uint64_t max_bytes_per_second;    /* 0: no limit */
    uint8_t rate_limit_action;        /* enum config_action */
    bool allow_duplicate_messages; /* one for each subscription that matches */
    bool check_retain_source;
    char *clientid_prefixes; /* owned; NULL: all are welcome */

    bool persistence;
    char *persistence_location; /* owned; a folder; NULL: the current one */
    char *persistence_file;     /* owned; its name there */
    uint8_t persistence_sync;   /* enum config_sync */
    uint32_t autosave_interval; /* seconds, or changes; 0: never */
    bool autosave_on_changes;

    uint32_t websockets_log_level;    /* bits that libwebsockets knows */
    uint32_t websockets_headers_size; /* bytes; 0: the library's */

    bool connection_messages; /* log who comes and goes */
    unsigned log_types;       /* enum config_log_type */
    unsigned log_dests;       /* enum config_log_dest */
    char *log_file;           /* owned; if CONFIG_LOG_FILE */
    int16_t log_facility;     /* local0 to local7; -1: daemon */
    bool log_timestamp;
    char *log_timestamp_format; /* owned; strftime; NULL: seconds since 1970 */
    bool show_passwords;        /* in records */
    bool record_keys;           /* of TLS; only the command line can ask */
    char *pid_file;             /* owned; NULL: none */
    char *user;                 /* owned; NULL: stay who we are */
    bool per_listener_settings;

    /* Used while reading. */
    struct config_listener common; /* for listeners that say nothing else */
    bool names_listeners;          /* a file has a listener or a port */
    bool says_log_dests;           /* and a log_dest */
    bool lacks_files;              /* it names some that cannot be used */
};

/*
 * Where a reader reports: "FILE:LINE: what is wrong and what to do". A warning
 * is no problem: the configuration can be used.
 */
struct config_problems {
    FILE *to; /* NULL: only count */
    unsigned count;
    unsigned warnings;
};

/* Report; where is "FILE:LINE" or "FILE", NULL for none. What would move a
   terminal's cursor is replaced. */
void config_problem(struct config_problems *problems, const char *where,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void config_warning(struct config_problems *problems, const char *where,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Report that a file cannot be opened, and what mends it. error is an errno. */
void config_unreadable(struct config_problems *problems, const char *path,
                       int error);

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

/* Add a listener as "listener PORT HOST" does; host NULL: 127.0.0.1. What is
   returned holds until the next one is added. */
struct config_listener *config_add_listener(struct config *config,
                                            uint16_t port, const char *host);

/* Take from a listener what it has from the options in front of all listeners,
   as far as per_listener_settings is about it. */
void config_forget_settings(struct config_listener *listener);

/* Add a plugin as "auth_plugin PATH" does; what is returned holds until the
   next one is added. */
struct config_plugin *config_add_plugin(struct config_listener *listener,
                                        const char *path);
void config_add_plugin_option(struct config_plugin *plugin, const char *name,
                              const char *value);

/*
 * Call last: gives every listener what is set for all of them and, when there
 * is none, makes the one on 127.0.0.1:1883, where anonymous clients are
 * welcome unless the file said otherwise. With a listener of its own, a
 * configuration that does not say allow_anonymous refuses them.
 */
void config_finish(struct config *config);

/*
 * After config_finish: report what no line shows by itself, such as two
 * listeners in one place, or a listener that this version cannot open. Returns
 * whether there is no problem.
 */
bool config_check(const struct config *config,
                  struct config_problems *problems);

/* Does this listener want TLS? */
bool config_wants_tls(const struct config_listener *listener);

/* "Port 1883 of 127.0.0.1", or "Unix socket PATH". */
void config_name_listener(const struct config_listener *listener, char *text,
                          size_t text_size);

/* Print every option: name, values, default, meaning. */
void config_help(FILE *to);

#endif
