#include "broker/config_names.h"

#include "broker/config_table.h"

#include <stddef.h>
#include <string.h>

/* A name that is further off than this is not what was meant. */
#define MAX_TYPOS 3

/* An option of mosquitto that is refused. */
struct refusal {
    const char *name; /* may end in "*" */
    const char *why;
};

#define BRIDGES "mqttlab has no bridges to other brokers"
#define ENGINES "keys come from files, not from OpenSSL engines"
#define NEWER   "only versions of mosquitto after 2.0.11 have it"

/* clang-format off */
static const struct refusal refusals[] = {
    {"connection",         BRIDGES},
    {"address",            BRIDGES},
    {"addresses",          BRIDGES},
    {"topic",              BRIDGES},
    {"bridge_*",           BRIDGES},
    {"cleansession",       BRIDGES},
    {"clientid",           BRIDGES},
    {"local_*",            BRIDGES},
    {"remote_*",           BRIDGES},
    {"notifications",      BRIDGES},
    {"notifications_*",    BRIDGES},
    {"notification_topic", BRIDGES},
    {"keepalive_interval", BRIDGES},
    {"idle_timeout",       BRIDGES},
    {"restart_timeout",    BRIDGES},
    {"round_robin",        BRIDGES},
    {"start_type",         BRIDGES},
    {"threshold",          BRIDGES},
    {"try_private",        BRIDGES},
    {"username",           BRIDGES},
    {"password",           BRIDGES},
    {"tls_engine",         ENGINES},
    {"tls_engine_*",       ENGINES},
    /* Of versions after 2.0.11. */
    {"global_max_clients",        "it is called max_clients here"},
    {"global_max_connections",    "give each listener its max_connections"},
    {"listener_allow_anonymous",  "use per_listener_settings and "
                                  "allow_anonymous"},
    {"listener_auto_id_prefix",   "use per_listener_settings and "
                                  "auto_id_prefix"},
    {"global_plugin",             "use auth_plugin"},
    {"plugin_load",               "use auth_plugin"},
    {"plugin_use",                "use per_listener_settings and auth_plugin"},
    {"accept_protocol_versions",  NEWER},
    {"disable_client_cert_date_checks", NEWER},
    {"enable_control_api",        NEWER},
    {"packet_buffer_size",        NEWER},
    {"retain_expiry_interval",    NEWER},
};
/* clang-format on */

/* Of versions before 2.0. */
static const char *const obsolete[] = {"retry_interval",
                                       "store_clean_interval"};

bool config_names_match(const char *in_table, const char *name)
{
    size_t len = strlen(in_table);

    if (len && in_table[len - 1] == '*')
        return !strncmp(in_table, name, len - 1) && name[len - 1];
    return !strcmp(in_table, name);
}

const char *config_names_why_not(const char *name)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (config_names_match(refusals[i].name, name))
            return refusals[i].why;
    }
    return NULL;
}

bool config_names_is_obsolete(const char *name)
{
    for (size_t i = 0; i < sizeof(obsolete) / sizeof(obsolete[0]); i++) {
        if (!strcmp(obsolete[i], name))
            return true;
    }
    return false;
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

/* The first option that begins so. */
static const char *longer_name(const char *name)
{
    enum { SHORTEST = 4 };

    size_t len = strlen(name);

    for (const struct config_option *o = config_table(); o->name; o++) {
        if (len >= SHORTEST && !strncmp(o->name, name, len))
            return o->name;
    }
    return NULL;
}

const char *config_names_nearest(const char *name)
{
    const char *nearest = NULL;
    unsigned typos = MAX_TYPOS + 1;

    for (const struct config_option *o = config_table(); o->name; o++) {
        unsigned far = distance(name, o->name);

        if (far < typos && far < strlen(o->name) / 2) {
            typos = far;
            nearest = o->name;
        }
    }
    return nearest ? nearest : longer_name(name);
}
