#include "broker/config_table.h"

#include "broker/config.h"

#include <string.h>

/* A name that is further off than this is not what was meant. */
#define MAX_TYPOS 3

#define MEMBER(type, member) \
    offsetof(type, member), sizeof(((type *)NULL)->member)
#define GLOBAL(member) CONFIG_GLOBAL, MEMBER(struct config, member)
#define LISTENER(member) \
    CONFIG_PER_LISTENER, MEMBER(struct config_listener, member)
#define SECURITY(member) \
    CONFIG_BY_SETTING, MEMBER(struct config_listener, member)
#define NO_MEMBER CONFIG_GLOBAL, 0, 0
#define NO_RANGE  0, 0, false

/* clang-format off */
static const struct config_option options[] = {
    {"listener", CONFIG_LISTENER, NO_MEMBER, NO_RANGE, NULL, "PORT [HOST]",
     "Listen on a port; may be given several times. Without HOST it listens on\n"
     "127.0.0.1 only, unlike mosquitto, which listens on all addresses: write\n"
     "0.0.0.0 if that is meant. Port 0 takes any free port."},
    {"port", CONFIG_PORT, NO_MEMBER, NO_RANGE, NULL, "PORT",
     "The old way to give one listener; see listener."},
    {"bind_address", CONFIG_BIND_ADDRESS, NO_MEMBER, NO_RANGE, NULL, "HOST",
     "Where the listener given by port listens."},
    {"protocol", CONFIG_PROTOCOL, NO_MEMBER, NO_RANGE, "mqtt", "mqtt",
     "The protocol of the listener."},
    {"max_connections", CONFIG_NUMBER, LISTENER(max_connections),
     -1, 1000000, false, "-1", NULL,
     "Connections of this listener at a time; -1: no limit."},
    {"max_qos", CONFIG_NUMBER, LISTENER(max_qos), 0, 2, false, "2", NULL,
     "The highest QoS that clients of this listener may use."},
    {"max_topic_alias", CONFIG_NUMBER, LISTENER(max_topic_alias),
     0, 65535, false, "10", NULL,
     "Topic Aliases that a version 5 client may use; 0: none."},
    {"per_listener_settings", CONFIG_BOOL, GLOBAL(per_listener_settings),
     NO_RANGE, "false", NULL,
     "Whether allow_anonymous, allow_zero_length_clientid and auto_id_prefix\n"
     "are for the listener that they follow, and not for all. Set it first."},
    {"allow_anonymous", CONFIG_BOOL, SECURITY(allow_anonymous),
     NO_RANGE, NULL, NULL,
     "Whether clients without a user name may connect. The default is false\n"
     "when the configuration has a listener or a port, and true otherwise."},
    {"allow_zero_length_clientid", CONFIG_BOOL,
     SECURITY(allow_zero_length_clientid), NO_RANGE, "true", NULL,
     "Whether a client may leave its Client Identifier to the broker."},
    {"auto_id_prefix", CONFIG_STRING, SECURITY(auto_id_prefix),
     NO_RANGE, "auto-", NULL,
     "How Client Identifiers begin that the broker makes up."},

    {"max_inflight_messages", CONFIG_NUMBER, GLOBAL(max_inflight_messages),
     1, 65535, true, "1000", NULL,
     "Messages of QoS 1 and 2 under way to one client; 0: no limit. mosquitto's\n"
     "default is 20, which makes many small packets out of a burst."},
    {"max_inflight_bytes", CONFIG_SIZE, GLOBAL(max_inflight_bytes),
     1, INT64_MAX, true, "64M", NULL,
     "The same in bytes; 0: no limit, which is mosquitto's default. A message\n"
     "that is larger goes alone."},
    {"max_queued_messages", CONFIG_NUMBER, GLOBAL(max_queued_messages),
     1, UINT32_MAX, true, "1000", NULL,
     "Messages that wait for one client beyond those; 0: no limit. While a\n"
     "connected client goes on acknowledging it may be 64 times as many, so that\n"
     "a burst loses nothing."},
    {"max_queued_bytes", CONFIG_SIZE, GLOBAL(max_queued_bytes),
     1, INT64_MAX, true, "64M", NULL,
     "The same in bytes; 0: no limit, which is mosquitto's default. A message\n"
     "that is larger waits alone."},
    {"queue_qos0_messages", CONFIG_BOOL, GLOBAL(queue_qos0_messages),
     NO_RANGE, "false", NULL,
     "Whether messages of QoS 0 wait for a client that is away."},
    {"upgrade_outgoing_qos", CONFIG_BOOL, GLOBAL(upgrade_outgoing_qos),
     NO_RANGE, "false", NULL,
     "Send at the QoS of the subscription even if the message was published\n"
     "at a lower one, which the standard forbids."},
    {"message_size_limit", CONFIG_SIZE, GLOBAL(message_size_limit),
     1, 268435455, true, "0", NULL,
     "The largest payload that may be published; 0: no limit."},
    {"max_packet_size", CONFIG_SIZE, GLOBAL(max_packet_size),
     20, 268435460, true, "0", NULL,
     "The largest packet that is accepted; 0: what MQTT allows, 268435460."},
    {"max_keepalive", CONFIG_NUMBER, GLOBAL(max_keepalive),
     10, 65535, true, "65535", NULL,
     "The longest Keep Alive in seconds; a version 5 client that asks for\n"
     "more is told this one. 0: clients may do without Keep Alive."},
    {"persistent_client_expiration", CONFIG_PERIOD,
     GLOBAL(persistent_client_expiration), 1, UINT32_MAX, true, "0", NULL,
     "How long the session of a client that is away is kept at most; 0: as\n"
     "long as the client asked for."},
    {"retain_available", CONFIG_BOOL, GLOBAL(retain_available),
     NO_RANGE, "true", NULL,
     "Whether there are retained messages at all."},
    {"set_tcp_nodelay", CONFIG_BOOL, GLOBAL(set_tcp_nodelay),
     NO_RANGE, "true", NULL,
     "Send at once (TCP_NODELAY). What is sent together leaves together in\n"
     "any case; false only adds delay."},
    {"sys_interval", CONFIG_NUMBER, GLOBAL(sys_interval),
     1, 65535, true, "10", NULL,
     "Seconds between updates of $SYS; 0: there is no $SYS."},

    {"connect_timeout", CONFIG_NUMBER, GLOBAL(connect_timeout),
     1, 3600, false, "10", NULL,
     "Seconds that a new connection has for its CONNECT. (Not in mosquitto.)"},
    {"max_topic_levels", CONFIG_NUMBER, GLOBAL(max_topic_levels),
     1, 65535, false, "200", NULL,
     "Levels that a Topic Name or a Topic Filter may have. (Not in mosquitto.)"},
    {"max_clients", CONFIG_NUMBER, GLOBAL(max_clients),
     1, UINT32_MAX, true, "100000", NULL,
     "Sessions, those of clients that are away included; 0: no limit. (Not in\n"
     "mosquitto.)"},
    {"max_subscriptions", CONFIG_NUMBER, GLOBAL(max_subscriptions),
     1, UINT32_MAX, true, "100000", NULL,
     "Subscriptions of one client; 0: no limit. (Not in mosquitto.)"},
    {"max_retained_messages", CONFIG_NUMBER, GLOBAL(max_retained_messages),
     1, UINT32_MAX, true, "1000000", NULL,
     "Retained messages; 0: no limit. (Not in mosquitto.)"},
    {"max_retained_bytes", CONFIG_SIZE, GLOBAL(max_retained_bytes),
     1, INT64_MAX, true, "512M", NULL,
     "Bytes of retained messages; 0: no limit. (Not in mosquitto.)"},

    {"log_dest", CONFIG_LOG_DEST, NO_MEMBER, NO_RANGE, "stderr",
     "stdout | stderr | file PATH | none",
     "Where log lines go; may be given several times."},
    {"log_type", CONFIG_LOG_TYPE, NO_MEMBER, NO_RANGE, NULL,
     "error | warning | notice | information | debug | subscribe |\n"
     "unsubscribe | all | none",
     "What is logged; may be given several times. The default is error,\n"
     "warning, notice and information. Lines of subscribe and unsubscribe are\n"
     "information and need that type too."},
    {"connection_messages", CONFIG_BOOL, GLOBAL(connection_messages),
     NO_RANGE, "true", NULL,
     "Whether clients that connect and disconnect are logged."},
    {"log_timestamp", CONFIG_BOOL, GLOBAL(log_timestamp),
     NO_RANGE, "true", NULL,
     "Whether log lines begin with the time."},
    {"log_timestamp_format", CONFIG_STRING, GLOBAL(log_timestamp_format),
     NO_RANGE, NULL, "FORMAT",
     "The time as strftime writes it, %H:%M:%S for example. The default is\n"
     "seconds since 1970."},
    {"pid_file", CONFIG_STRING, GLOBAL(pid_file), NO_RANGE, NULL, "PATH",
     "Write the process id into this file."},
    {"user", CONFIG_STRING, GLOBAL(user), NO_RANGE, NULL, "NAME",
     "When started by root, become this user as soon as the ports are open;\n"
     "no effect otherwise. Without it the broker stays who it is, unlike\n"
     "mosquitto, which becomes the user mosquitto."},
    {"include_dir", CONFIG_INCLUDE_DIR, NO_MEMBER, NO_RANGE, NULL, "DIR",
     "Read all files DIR/*.conf, in order of their names."},
    {.name = NULL},
};

#define USERS       "users and passwords"
#define ACCESS      "access control"
#define TLS         "TLS"
#define WEBSOCKETS  "WebSocket"
#define PERSISTENCE "storing sessions and messages on disk"
#define BRIDGES     "bridges"
#define PLUGINS     "plugins"
#define OBSOLETE    NULL

static const struct config_refusal refused[] = {
    {"password_file", USERS},
    {"psk_file", USERS},
    {"use_username_as_clientid", USERS},
    {"clientid_prefixes", ACCESS},
    {"acl_file", ACCESS},
    {"mount_point", ACCESS},
    {"check_retain_source", ACCESS},
    {"cafile", TLS},
    {"capath", TLS},
    {"certfile", TLS},
    {"keyfile", TLS},
    {"ciphers", TLS},
    {"ciphers_tls1.3", TLS},
    {"crlfile", TLS},
    {"dhparamfile", TLS},
    {"psk_hint", TLS},
    {"require_certificate", TLS},
    {"tls_engine*", TLS},
    {"tls_keyform", TLS},
    {"tls_version", TLS},
    {"use_identity_as_username", TLS},
    {"use_subject_as_username", TLS},
    {"http_dir", WEBSOCKETS},
    {"websockets_*", WEBSOCKETS},
    {"persistence*", PERSISTENCE},
    {"autosave_*", PERSISTENCE},
    {"plugin*", PLUGINS},
    {"auth_plugin*", PLUGINS},
    {"auth_opt_*", PLUGINS},
    {"connection", BRIDGES},
    {"address", BRIDGES},
    {"addresses", BRIDGES},
    {"topic", BRIDGES},
    {"bridge_*", BRIDGES},
    {"cleansession", BRIDGES},
    {"clientid", BRIDGES},
    {"local_*", BRIDGES},
    {"remote_*", BRIDGES},
    {"notifications*", BRIDGES},
    {"keepalive_interval", BRIDGES},
    {"idle_timeout", BRIDGES},
    {"restart_timeout", BRIDGES},
    {"round_robin", BRIDGES},
    {"start_type", BRIDGES},
    {"threshold", BRIDGES},
    {"try_private", BRIDGES},
    {"username", BRIDGES},
    {"password", BRIDGES},
    {"bind_interface", "binding to an interface; give listener an address"},
    {"socket_domain", "choosing IPv4 or IPv6; give listener an address"},
    {"memory_limit", "a limit on all memory; max_queued_bytes, "
                     "max_retained_bytes and max_clients bound it"},
    {"log_facility", "the system log"},
    {"allow_duplicate_messages", OBSOLETE},
    {"retry_interval", OBSOLETE},
    {"store_clean_interval", OBSOLETE},
    {.name = NULL},
};
/* clang-format on */

const struct config_option *config_table(void)
{
    return options;
}

const struct config_option *config_table_find(const char *name)
{
    for (const struct config_option *o = options; o->name; o++) {
        if (!strcmp(o->name, name))
            return o;
    }
    return NULL;
}

const struct config_refusal *config_table_find_refused(const char *name)
{
    for (const struct config_refusal *r = refused; r->name; r++) {
        size_t len = strlen(r->name);

        if (!strcmp(r->name, name) ||
            (r->name[len - 1] == '*' && !strncmp(r->name, name, len - 1)))
            return r;
    }
    return NULL;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* How many letters must be changed, added or left out to get from a to b. */
static unsigned distance(const char *a, const char *b)
{
    enum { LONGEST = 40 };

    unsigned row[LONGEST + 1];
    size_t b_len = strlen(b);

    if (strlen(a) > LONGEST || b_len > LONGEST)
        return LONGEST;
    for (size_t k = 0; k <= b_len; k++)
        row[k] = (unsigned)k;
    for (size_t i = 0; a[i]; i++) {
        unsigned corner = row[0];

        row[0] = (unsigned)i + 1;
        for (size_t k = 0; k < b_len; k++) {
            unsigned above = row[k + 1];

            row[k + 1] = least(above + 1, row[k] + 1, corner + (a[i] != b[k]));
            corner = above;
        }
    }
    return row[b_len];
}

const char *config_table_nearest(const char *name)
{
    const char *nearest = NULL;
    unsigned typos = MAX_TYPOS + 1;

    for (const struct config_option *o = options; o->name; o++) {
        unsigned far = distance(name, o->name);

        if (far < typos && far < strlen(o->name) / 2) {
            typos = far;
            nearest = o->name;
        }
    }
    return nearest;
}
