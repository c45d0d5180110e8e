#include "client/client_take.h"

#include "client/client_property.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool take_topic(struct client_options *options, const char *value)
{
    client_strings_add(&options->topics, value);
    return options->topics_are_filters
               ? client_options_topic_filter(options, "subscription", value)
               : client_options_topic_name(options, "publish", value);
}

static bool take_will_topic(struct client_options *options, const char *value)
{
    struct mqtt_will *will = &options->config.connect.will;

    will->set = true;
    will->topic = slice_of_string(value);
    return client_options_topic_name(options, "will", value);
}

static bool take_port(struct client_options *options, const char *value)
{
    long port;

    if (!client_options_number(value, 1, UINT16_MAX, &port))
        return client_options_fail(options, "Invalid port given: %.40s", value);
    options->config.port = (uint16_t)port;
    return true;
}

static bool take_qos(struct client_options *options, const char *value)
{
    long qos;

    if (!client_options_number(value, 0, 2, &qos))
        return client_options_fail(options, "Invalid QoS given: %.40s", value);
    options->qos = (int)qos;
    return true;
}

static bool take_will_qos(struct client_options *options, const char *value)
{
    long qos;

    if (!client_options_number(value, 0, 2, &qos))
        return client_options_fail(options, "Invalid will QoS %.40s.\n", value);
    options->config.connect.will.qos = (uint8_t)qos;
    return true;
}

static bool take_keep_alive(struct client_options *options, const char *value)
{
    long seconds;

    if (!client_options_number(value, 5, UINT16_MAX, &seconds))
        return client_options_fail(
            options, "Invalid keepalive given, it must be between 5 and 65535 "
                     "inclusive.\n");
    options->config.connect.keep_alive_s = (uint16_t)seconds;
    return true;
}

static bool take_version(struct client_options *options, const char *value)
{
    static const struct {
        const char *name;
        enum mqtt_version version;
    } versions[] = {
        {"mqttv31",  MQTT_3_1  },
        {"31",       MQTT_3_1  },
        {"mqttv311", MQTT_3_1_1},
        {"311",      MQTT_3_1_1},
        {"mqttv5",   MQTT_5    },
        {"5",        MQTT_5    },
    };

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (!strcmp(value, versions[i].name)) {
            options->config.connect.version = versions[i].version;
            return true;
        }
    }
    return client_options_fail(options,
                               "Invalid protocol version argument given.\n");
}

static bool take_expiry(struct client_options *options, const char *value)
{
    char *end;

    if (!strcmp(value, "∞")) {
        options->expiry_s = UINT32_MAX;
        return true;
    }
    errno = 0;
    long long seconds = strtoll(value, &end, 10);
    if (end == value || *end)
        return client_options_fail(options,
                                   "session-expiry-interval not a number.\n");
    if (errno || seconds < -1 || seconds > (long long)UINT32_MAX)
        return client_options_fail(options,
                                   "session-expiry-interval out of range.\n");
    options->expiry_s = seconds == -1 ? (int64_t)UINT32_MAX : seconds;
    return true;
}

static bool take_property(struct client_options *options)
{
    struct options *words = &options->words;
    char why[160];
    /* The command was taken as the option's value: start there again. */
    int used =
        client_property_parse(options->properties, words->argv + words->at - 1,
                              words->argc - words->at + 1, why, sizeof(why));

    if (used < 0)
        return client_options_fail(options, "%s", why);
    words->at += used - 1;
    options->config.connect.version = MQTT_5;
    return true;
}

static bool take_url(struct client_options *options, const char *value)
{
    struct address *url = &options->url;
    char why[200];

    if (!strstr(value, "://"))
        return client_options_fail(options, "unsupported URL scheme.\n");
    if (strncmp(value, "mqtt://", 7) != 0 &&
        strncmp(value, "mqtts://", 8) != 0 && strncmp(value, "ws://", 5) != 0 &&
        strncmp(value, "wss://", 6) != 0)
        return client_options_fail(options, "unsupported URL scheme.\n");
    if (address_parse(url, value, why, sizeof(why)))
        return client_options_fail(
            options, "Invalid URL for -L argument specified: %s", why);
    /* The topic is not decoded: mosquitto's clients take it as it is. */
    const char *topic = strchr(strstr(value, "://") + 3, '/');
    if (!topic || !topic[1])
        return client_options_fail(
            options, "Invalid URL for -L argument specified - topic missing.");
    options->config.host = url->host;
    options->config.port = url->port;
    options->has_url = true;
    options->tls.on_port =
        url->scheme == ADDRESS_MQTTS || url->scheme == ADDRESS_WSS;
    options->web = url->scheme == ADDRESS_WS || url->scheme == ADDRESS_WSS;
    return take_topic(options, topic + 1);
}

static bool take_proxy(struct client_options *options, const char *value)
{
    struct address *proxy = &options->proxy;
    char why[200];

    if (strncmp(value, "socks5h://", 10) != 0)
        return client_options_fail(options, "Unsupported proxy protocol: %s",
                                   value);
    if (address_parse(proxy, value, why, sizeof(why)))
        return client_options_fail(options, "Invalid proxy %s.", why);
    if (proxy->port == 0)
        return client_options_fail(options, "Invalid proxy port 0");
    if (proxy->has_user_name && !proxy->user_name[0])
        return client_options_fail(
            options, "Invalid proxy \"%s\": the user name is empty.", value);
    options->config.proxy = proxy;
    return true;
}

static bool take_max_in_flight(struct client_options *options,
                               const char *value)
{
    long count;

    if (!client_options_number(value, 1, UINT16_MAX, &count))
        return client_options_fail(
            options, "Maximum inflight messages must be greater than 0.\n");
    options->config.max_in_flight = (uint16_t)count;
    return true;
}

static void take_credential(bool *has, struct slice *text, const char *value)
{
    *has = true;
    *text = slice_of_string(value);
}

/* Options that have a value, other than those that cannot be wrong. */
static bool take_value(struct client_options *options, int id,
                       const char *value)
{
    switch (id) {
    case OPTION_TOPIC: return take_topic(options, value);
    case OPTION_WILL_TOPIC: return take_will_topic(options, value);
    case OPTION_PORT: return take_port(options, value);
    case OPTION_URL: return take_url(options, value);
    case OPTION_EXPIRY: return take_expiry(options, value);
    case OPTION_KEEP_ALIVE: return take_keep_alive(options, value);
    case OPTION_VERSION: return take_version(options, value);
    case OPTION_PROPERTY: return take_property(options);
    case OPTION_WILL_QOS: return take_will_qos(options, value);
    case OPTION_QOS: return take_qos(options, value);
    case OPTION_MAX_IN_FLIGHT: return take_max_in_flight(options, value);
    case OPTION_PROXY: return take_proxy(options, value);
    case OPTION_SRV:
        return client_options_fail(
            options, "-S is not supported: the resolver of this program asks "
                     "for addresses only. `dig SRV _mqtt._tcp.HOST` says what "
                     "to give to -h and -p.");
    default: options->tls.given[id - OPTION_TLS] = value ? value : "";
    }
    return true;
}

bool client_take_option(struct client_options *options, int id)
{
    struct client_config *config = &options->config;
    struct mqtt_connect *connect = &config->connect;
    const char *value = options->words.value;

    switch (id) {
    case OPTION_HOST: config->host = value; break;
    case OPTION_UNIX: config->unix_path = value; break;
    case OPTION_BIND: config->bind_host = value; break;
    case OPTION_USER_NAME:
        take_credential(&connect->has_user_name, &connect->user_name, value);
        break;
    case OPTION_PASSWORD:
        take_credential(&connect->has_password, &connect->password, value);
        break;
    case OPTION_ID: options->id = value; break;
    case OPTION_ID_PREFIX: options->id_prefix = value; break;
    case OPTION_PERSISTENT: connect->clean_start = false; break;
    case OPTION_WILL_PAYLOAD: options->will_payload = value; break;
    case OPTION_WILL_RETAIN: connect->will.retain = true; break;
    case OPTION_DEBUG: options->debug = true; break;
    case OPTION_QUIET: options->quiet = true; break;
    case OPTION_NODELAY: break;
    default: return take_value(options, id, value);
    }
    if (options->id && options->id_prefix)
        return client_options_fail(
            options, "-i and -I argument cannot be used together.\n");
    return true;
}
