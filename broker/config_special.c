#include "broker/config_special.h"

#include "base/alloc.h"
#include "broker/config_value.h"
#include "net/address.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- listeners ------------------------------------------------------------ */

static bool parse_port(struct config_reader *reader, const char *text,
                       uint16_t *port)
{
    int64_t number;

    if (!config_value_number(text, 0, 65535, &number)) {
        config_reader_problem(
            reader, "'%.60s' is not a port, a number from 0 to 65535", text);
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

static struct config_listener *add_listener(struct config_reader *reader,
                                            uint16_t port, const char *host)
{
    struct config_listener *listener =
        config_add_listener(reader->config, port, host);

    listener->where = config_reader_where(reader);
    reader->config->names_listeners = true;
    reader->current = reader->config->listener_count - 1;
    return listener;
}

/* One that the file names has, with per_listener_settings, only what stands
   behind it: what stands in front of all is for the one of port. */
static struct config_listener *add_named(struct config_reader *reader,
                                         uint16_t port, const char *host)
{
    struct config_listener *listener = add_listener(reader, port, host);

    if (!reader->config->per_listener_settings)
        return listener;
    if (reader->by_setting && reader->config->listener_count == 1)
        config_reader_warning(
            reader,
            "%s stands in front of the first listener; with "
            "per_listener_settings it must follow the one that it is for",
            reader->by_setting);
    config_forget_settings(listener);
    return listener;
}

static void add_unix_listener(struct config_reader *reader, uint16_t port,
                              const char *path)
{
    if (port) {
        config_reader_problem(
            reader, "the port of a Unix socket is 0: listener 0 %s", path);
        return;
    }
    struct config_listener *listener = add_named(reader, 0, NULL);
    free(listener->host);
    listener->host = NULL;
    listener->path = alloc_string(path);
}

static void read_listener(struct config_reader *reader, char *value)
{
    const char *number = config_reader_word(&value);
    uint16_t port;

    if (!parse_port(reader, number, &port))
        return;
    if (strchr(value, '/'))
        add_unix_listener(reader, port, value);
    else if (strpbrk(value, " \t"))
        config_reader_problem(
            reader, "listener takes a port and a host, but there is more");
    else
        add_named(reader, port, *value ? value : NULL);
}

static void read_port(struct config_reader *reader, const char *value)
{
    uint16_t port;

    if (!parse_port(reader, value, &port))
        return;
    if (reader->by_port != CONFIG_NO_LISTENER) {
        config_reader_problem(
            reader, "port was given before; use listener for another");
        return;
    }
    add_listener(reader, port, reader->bind_address);
    reader->by_port = reader->current;
}

static void read_bind_address(struct config_reader *reader, const char *value)
{
    free(reader->bind_address);
    reader->bind_address = alloc_string(value);
    free(reader->bound_where);
    reader->bound_where = config_reader_where(reader);
    if (reader->by_port == CONFIG_NO_LISTENER)
        return;
    struct config_listener *listener =
        &reader->config->listeners[reader->by_port];
    free(listener->host);
    listener->host = alloc_string(value);
    listener->loopback = false;
}

/* --- plugins -------------------------------------------------------------- */

/* What comes with mosquitto was made for its program, and only for that. */
static bool is_of_mosquitto(const char *path)
{
    const char *slash = strrchr(path, '/');

    return !strncmp(slash ? slash + 1 : path, "mosquitto_", 10);
}

static void read_plugin(struct config_reader *reader,
                        const struct config_option *option, const char *path)
{
    bool unusable = true;

    if (is_of_mosquitto(path))
        config_reader_problem(reader,
                              "%s %s is not supported: plugins of mosquitto "
                              "do not fit; password_file and acl_file do most "
                              "of what they do",
                              option->name, path);
    else if (access(path, R_OK))
        config_reader_problem(reader, "%s %s: %s", option->name, path,
                              strerror(errno));
    else
        unusable = false;
    config_add_plugin(config_reader_target(reader, option), path)->unusable =
        unusable;
}

/* The plugin that a line follows; NULL after reporting that there is none. */
static struct config_plugin *plugin_before(struct config_reader *reader,
                                           const struct config_option *option,
                                           const char *name)
{
    struct config_listener *listener = config_reader_target(reader, option);

    if (listener->plugin_count)
        return &listener->plugins[listener->plugin_count - 1];
    config_reader_problem(reader, "%.60s follows no auth_plugin", name);
    return NULL;
}

static void read_plugin_checks(struct config_reader *reader,
                               const struct config_option *option,
                               const char *value)
{
    struct config_plugin *plugin = plugin_before(reader, option, option->name);
    bool is = !strcmp(value, "true");

    if (!plugin)
        return;
    if (!is && strcmp(value, "false") != 0)
        config_reader_problem(reader, "%s is '%s', but must be %s",
                              option->name, value, option->values);
    plugin->deny_special_chars = is;
}

static void read_plugin_option(struct config_reader *reader,
                               const struct config_option *option,
                               const char *name, const char *value)
{
    struct config_plugin *plugin = plugin_before(reader, option, name);

    if (plugin)
        config_add_plugin_option(plugin, name + strlen(option->name) - 1,
                                 value);
}

/* --- the log -------------------------------------------------------------- */

/* The table has its values in lines for --options. */
static void report_none_of(struct config_reader *reader, const char *option,
                           const char *value)
{
    char *values = alloc_string(config_table_find(option)->values);

    for (char *end = values; (end = strchr(end, '\n'));)
        *end = ' ';
    config_reader_problem(reader, "%s '%s' is none of those that there are: %s",
                          option, value, values);
    free(values);
}

static void read_log_type(struct config_reader *reader, const char *value)
{
    static const struct {
        const char *name;
        unsigned types;
    } names[] = {
        {"error",       CONFIG_LOG_ERROR      },
        {"warning",     CONFIG_LOG_WARNING    },
        {"notice",      CONFIG_LOG_NOTICE     },
        {"information", CONFIG_LOG_INFORMATION},
        {"debug",       CONFIG_LOG_DEBUG      },
        {"subscribe",   CONFIG_LOG_SUBSCRIBE  },
        {"unsubscribe", CONFIG_LOG_UNSUBSCRIBE},
        {"websockets",  CONFIG_LOG_WEBSOCKETS },
        {"all",         CONFIG_LOG_ALL        },
        {"none",        0                     },
    };
    struct config *config = reader->config;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(value, names[i].name) != 0)
            continue;
        if (!reader->says_log_types || !names[i].types)
            config->log_types = 0;
        config->log_types |= names[i].types;
        reader->says_log_types = true;
        return;
    }
    report_none_of(reader, "log_type", value);
}

/* The bit of a name; 0: none, or no such. */
static unsigned log_dest_bit(const char *name)
{
    static const struct {
        const char *name;
        unsigned bit;
    } dests[] = {
        {"stdout", CONFIG_LOG_STDOUT},
        {"stderr", CONFIG_LOG_STDERR},
        {"file",   CONFIG_LOG_FILE  },
        {"syslog", CONFIG_LOG_SYSLOG},
        {"topic",  CONFIG_LOG_TOPIC },
    };

    for (size_t i = 0; i < sizeof(dests) / sizeof(dests[0]); i++) {
        if (!strcmp(name, dests[i].name))
            return dests[i].bit;
    }
    return 0;
}

static void set_log_file(struct config_reader *reader, const char *path)
{
    struct config *config = reader->config;

    if (config->log_file && strcmp(config->log_file, path) != 0)
        config_reader_problem(reader, "there can be one log_dest file only");
    free(config->log_file);
    config->log_file = alloc_string(path);
}

static void read_log_dest(struct config_reader *reader, char *value)
{
    struct config *config = reader->config;
    const char *dest = config_reader_word(&value);
    unsigned bit = log_dest_bit(dest);

    if (!bit && strcmp(dest, "none") != 0) {
        report_none_of(reader, "log_dest", dest);
        return;
    }
    if ((bit == CONFIG_LOG_FILE) != (*value != '\0')) {
        config_reader_problem(reader,
                              *value ? "log_dest %s takes no value"
                                     : "log_dest %s needs a path",
                              dest);
        return;
    }
    if (!config->says_log_dests || !bit)
        config->log_dests = 0;
    config->log_dests |= bit;
    config->says_log_dests = true;
    if (bit == CONFIG_LOG_FILE)
        set_log_file(reader, value);
}

/* --- all of them ---------------------------------------------------------- */

void config_special_read(struct config_reader *reader,
                         const struct config_option *option, const char *name,
                         char *value)
{
    switch (option->type) {
    case CONFIG_LISTENER: read_listener(reader, value); break;
    case CONFIG_PORT: read_port(reader, value); break;
    case CONFIG_BIND_ADDRESS: read_bind_address(reader, value); break;
    case CONFIG_PLUGIN: read_plugin(reader, option, value); break;
    case CONFIG_PLUGIN_CHECKS: read_plugin_checks(reader, option, value); break;
    case CONFIG_PLUGIN_OPTION:
        read_plugin_option(reader, option, name, value);
        break;
    case CONFIG_LOG_TYPE: read_log_type(reader, value); break;
    case CONFIG_LOG_DEST: read_log_dest(reader, value); break;
    case CONFIG_BOOL:
    case CONFIG_NUMBER:
    case CONFIG_SIZE:
    case CONFIG_PERIOD:
    case CONFIG_STRING:
    case CONFIG_FILE:
    case CONFIG_FOLDER:
    case CONFIG_ORIGIN:
    case CONFIG_CHOICE:
    case CONFIG_INCLUDE_DIR: assert(false && "an option with a member"); break;
    }
}

void config_special_end(struct config_reader *reader)
{
    /* An address without a port means the usual one. */
    if (reader->bind_address && reader->by_port == CONFIG_NO_LISTENER) {
        struct config_listener *listener =
            add_listener(reader, ADDRESS_PORT, reader->bind_address);

        free(listener->where);
        listener->where = reader->bound_where;
        reader->bound_where = NULL;
    }
    free(reader->bind_address);
    free(reader->bound_where);
}
