#include "broker/config.h"

#include "base/alloc.h"
#include "base/file_trouble.h"
#include "base/log.h"
#include "broker/config_table.h"
#include "broker/config_value.h"
#include "net/address.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_HOST "127.0.0.1"

/* --- problems ------------------------------------------------------------- */

/* Text from the file may hold what moves a terminal's cursor. */
static void put_printable(const char *text, FILE *to)
{
    while (*text) {
        size_t control = log_control_bytes(text);

        fputc(control ? '?' : *text, to);
        text += control ? control : 1;
    }
}

static void report(FILE *to, const char *where, const char *kind,
                   const char *text)
{
    if (!to)
        return;
    if (where) {
        put_printable(where, to);
        fputs(": ", to);
    }
    fputs(kind, to);
    put_printable(text, to);
    fputc('\n', to);
}

/* What printf makes of it, of any length; the caller frees it. */
__attribute__((format(printf, 1, 0))) static char *formatted(const char *format,
                                                             va_list args)
{
    struct buf text = {0};

    buf_vprintf(&text, format, args);
    char *string = alloc_string(buf_string(&text));
    buf_release(&text);
    return string;
}

void config_problem(struct config_problems *problems, const char *where,
                    const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = formatted(format, args);
    va_end(args);
    problems->count++;
    report(problems->to, where, "", text);
    free(text);
}

void config_warning(struct config_problems *problems, const char *where,
                    const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = formatted(format, args);
    va_end(args);
    problems->warnings++;
    report(problems->to, where, "warning: ", text);
    free(text);
}

void config_unreadable(struct config_problems *problems, const char *path,
                       int error)
{
    struct buf why = {0};

    file_trouble_explain(&why, path, error);
    config_problem(problems, path, "cannot be read: %s", buf_string(&why));
    buf_release(&why);
}

/* --- life ----------------------------------------------------------------- */

void config_init(struct config *config)
{
    *config = (struct config){
        .log_dests = CONFIG_LOG_STDERR,
        .log_types = CONFIG_LOG_ERROR | CONFIG_LOG_WARNING | CONFIG_LOG_NOTICE |
                     CONFIG_LOG_INFORMATION,
        .log_facility = -1,
    };
    for (const struct config_option *o = config_table(); o->name; o++) {
        struct buf error = {0};
        void *base = o->scope == CONFIG_GLOBAL ? (void *)config
                                               : (void *)&config->common;

        if (o->width && o->fallback) {
            bool good = config_value_set(base, o, o->fallback, &error);
            assert(good);
        }
    }
}

static void release_plugins(struct config_listener *listener)
{
    for (size_t i = 0; i < listener->plugin_count; i++) {
        struct config_plugin *plugin = &listener->plugins[i];

        for (size_t k = 0; k < plugin->option_count; k++) {
            free(plugin->names[k]);
            free(plugin->values[k]);
        }
        free(plugin->names);
        free(plugin->values);
        free(plugin->path);
    }
    free(listener->plugins);
    listener->plugins = NULL;
    listener->plugin_count = 0;
}

static void release_listener(struct config_listener *listener)
{
    for (const struct config_option *o = config_table(); o->name; o++) {
        if (o->scope != CONFIG_GLOBAL)
            config_value_release(listener, o);
    }
    release_plugins(listener);
    free(listener->host);
    free(listener->path);
    free(listener->where);
}

void config_release(struct config *config)
{
    for (size_t i = 0; i < config->listener_count; i++)
        release_listener(&config->listeners[i]);
    free(config->listeners);
    release_listener(&config->common);
    for (const struct config_option *o = config_table(); o->name; o++) {
        if (o->scope == CONFIG_GLOBAL)
            config_value_release(config, o);
    }
    free(config->log_file);
    *config = (struct config){0};
}

/* --- listeners ------------------------------------------------------------ */

static void copy_plugins(struct config_listener *listener,
                         const struct config_listener *from)
{
    release_plugins(listener);
    for (size_t i = 0; i < from->plugin_count; i++) {
        const struct config_plugin *plugin = &from->plugins[i];

        struct config_plugin *copy = config_add_plugin(listener, plugin->path);

        copy->deny_special_chars = plugin->deny_special_chars;
        copy->unusable = plugin->unusable;
        for (size_t k = 0; k < plugin->option_count; k++)
            config_add_plugin_option(&listener->plugins[i], plugin->names[k],
                                     plugin->values[k]);
    }
}

/* The options of one scope, or of all scopes that a listener has. */
static void copy_options(struct config_listener *listener,
                         const struct config_listener *from,
                         bool only_by_setting)
{
    for (const struct config_option *o = config_table(); o->name; o++) {
        if (o->width && (o->scope == CONFIG_BY_SETTING ||
                         (o->scope == CONFIG_PER_LISTENER && !only_by_setting)))
            config_value_copy(listener, from, o);
    }
    listener->says_allow_anonymous = from->says_allow_anonymous;
    copy_plugins(listener, from);
}

struct config_plugin *config_add_plugin(struct config_listener *listener,
                                        const char *path)
{
    size_t count = ++listener->plugin_count;

    listener->plugins =
        alloc_resize(listener->plugins, count, sizeof(listener->plugins[0]));
    listener->plugins[count - 1] = (struct config_plugin){
        .path = alloc_string(path), .deny_special_chars = true};
    return &listener->plugins[count - 1];
}

void config_add_plugin_option(struct config_plugin *plugin, const char *name,
                              const char *value)
{
    size_t count = ++plugin->option_count;

    plugin->names = alloc_resize(plugin->names, count, sizeof(char *));
    plugin->values = alloc_resize(plugin->values, count, sizeof(char *));
    plugin->names[count - 1] = alloc_string(name);
    plugin->values[count - 1] = alloc_string(value);
}

struct config_listener *config_add_listener(struct config *config,
                                            uint16_t port, const char *host)
{
    size_t count = ++config->listener_count;

    config->listeners =
        alloc_resize(config->listeners, count, sizeof(config->listeners[0]));
    struct config_listener *listener = &config->listeners[count - 1];
    *listener = (struct config_listener){.port = port};
    copy_options(listener, &config->common, false);
    listener->host = alloc_string(host ? host : DEFAULT_HOST);
    listener->loopback = !host;
    return listener;
}

void config_forget_settings(struct config_listener *listener)
{
    struct config pristine;

    config_init(&pristine);
    copy_options(listener, &pristine.common, true);
    config_release(&pristine);
}

void config_finish(struct config *config)
{
    if (!config->listener_count)
        config_add_listener(config, ADDRESS_PORT, NULL);
    for (size_t i = 0; i < config->listener_count; i++) {
        struct config_listener *listener = &config->listeners[i];

        /* What is set for all may stand behind the listeners. */
        if (!config->per_listener_settings)
            copy_options(listener, &config->common, true);
        if (!listener->says_allow_anonymous)
            listener->allow_anonymous = !config->names_listeners;
    }
}

bool config_wants_tls(const struct config_listener *listener)
{
    return listener->certfile || listener->keyfile || listener->psk_hint;
}

void config_name_listener(const struct config_listener *listener, char *text,
                          size_t text_size)
{
    if (listener->path)
        snprintf(text, text_size, "Unix socket %.200s", listener->path);
    else
        snprintf(text, text_size, "Port %u of %.200s", listener->port,
                 listener->bind_interface ? listener->bind_interface
                                          : listener->host);
}

/* --- help ----------------------------------------------------------------- */

/* Lines of text, each behind so many spaces. */
static void print_indented(const char *text, int indent, FILE *to)
{
    while (*text) {
        int len = (int)strcspn(text, "\n");

        fprintf(to, "%*s%.*s\n", indent, "", len, text);
        text += len + (text[len] == '\n');
    }
}

void config_help(FILE *to)
{
    char values[200];

    for (const struct config_option *o = config_table(); o->name; o++) {
        config_value_describe(o, values, sizeof(values));
        fprintf(to, "%s\n", o->name);
        print_indented(values, 8, to);
        if (o->fallback)
            fprintf(to, "        default: %s\n", o->fallback);
        print_indented(o->text, 4, to);
        fputc('\n', to);
    }
}
