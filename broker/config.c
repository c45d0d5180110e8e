#include "broker/config.h"

#include "base/alloc.h"
#include "broker/config_table.h"
#include "broker/config_value.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_HOST "127.0.0.1"

void config_init(struct config *config)
{
    *config = (struct config){
        .log_dests = CONFIG_LOG_STDERR,
        .log_types = CONFIG_LOG_ERROR | CONFIG_LOG_WARNING | CONFIG_LOG_NOTICE |
                     CONFIG_LOG_INFORMATION,
    };
    for (const struct config_option *o = config_table(); o->name; o++) {
        char error[200];
        void *base = o->scope == CONFIG_GLOBAL ? (void *)config
                                               : (void *)&config->common;

        if (o->width && o->fallback) {
            bool good =
                config_value_set(base, o, o->fallback, error, sizeof(error));
            assert(good);
        }
    }
}

void config_release(struct config *config)
{
    for (size_t i = 0; i < config->listener_count; i++) {
        free(config->listeners[i].host);
        free(config->listeners[i].auto_id_prefix);
    }
    free(config->listeners);
    free(config->common.auto_id_prefix);
    free(config->log_file);
    free(config->log_timestamp_format);
    free(config->pid_file);
    free(config->user);
    *config = (struct config){0};
}

void config_add_listener(struct config *config, uint16_t port, const char *host)
{
    size_t count = config->listener_count + 1;

    config->listeners =
        alloc_resize(config->listeners, count, sizeof(config->listeners[0]));
    struct config_listener *listener = &config->listeners[count - 1];
    *listener = config->common;
    listener->auto_id_prefix = alloc_string(config->common.auto_id_prefix);
    listener->host = alloc_string(host ? host : DEFAULT_HOST);
    listener->port = port;
    config->listener_count = count;
}

/* What is set for all may stand behind the listeners. */
static void give_common_settings(struct config *config)
{
    const struct config_listener *common = &config->common;

    for (size_t i = 0; i < config->listener_count; i++) {
        struct config_listener *listener = &config->listeners[i];

        free(listener->auto_id_prefix);
        listener->auto_id_prefix = alloc_string(common->auto_id_prefix);
        listener->allow_zero_length_clientid =
            common->allow_zero_length_clientid;
        listener->allow_anonymous = common->allow_anonymous;
        listener->says_allow_anonymous = common->says_allow_anonymous;
    }
}

void config_finish(struct config *config)
{
    if (!config->listener_count)
        config_add_listener(config, CONFIG_DEFAULT_PORT, NULL);
    if (!config->per_listener_settings)
        give_common_settings(config);
    for (size_t i = 0; i < config->listener_count; i++) {
        struct config_listener *listener = &config->listeners[i];

        if (!listener->says_allow_anonymous)
            listener->allow_anonymous = !config->names_listeners;
    }
}

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
