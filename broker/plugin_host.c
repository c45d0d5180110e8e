#include "broker/plugin_host.h"

#include "base/alloc.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plugin_host *refuse(struct plugin_host *host)
{
    plugin_host_unref(host);
    return NULL;
}

struct plugin_host *plugin_host_new(const struct config_plugin *config,
                                    const char *where,
                                    struct config_problems *problems)
{
    struct plugin_host *host = alloc_zero(1, sizeof(*host));

    host->references = 1;
    host->path = alloc_string(config->path);
    host->deny_special_chars = config->deny_special_chars;
    host->option_count = config->option_count;
    host->options = alloc_zero(config->option_count, sizeof(*host->options));
    for (size_t i = 0; i < config->option_count; i++)
        host->options[i] = (struct mqttlab_option){
            .name = alloc_string(config->names[i]),
            .value = alloc_string(config->values[i]),
        };
    host->library = dlopen(config->path, RTLD_NOW | RTLD_LOCAL);
    if (!host->library) {
        config_problem(problems, where, "plugin %s", dlerror());
        return refuse(host);
    }
    host->plugin = dlsym(host->library, "mqttlab_plugin");
    if (!host->plugin) {
        config_problem(problems, where,
                       "plugin %s is none of mqttlab's: it has no "
                       "mqttlab_plugin (see docs/plugins.md)",
                       config->path);
        return refuse(host);
    }
    if (host->plugin->version != MQTTLAB_PLUGIN_VERSION) {
        config_problem(problems, where,
                       "plugin %s was made for version %u of plugin.h, "
                       "this is version %u: compile it anew",
                       config->path, host->plugin->version,
                       MQTTLAB_PLUGIN_VERSION);
        return refuse(host);
    }
    return host;
}

struct plugin_host *plugin_host_ref(struct plugin_host *host)
{
    host->references++;
    return host;
}

void plugin_host_unref(struct plugin_host *host)
{
    if (!host || --host->references)
        return;
    if (host->open && host->plugin && host->plugin->close)
        host->plugin->close(host->context);
    if (host->library)
        dlclose(host->library);
    for (size_t i = 0; i < host->option_count; i++) {
        free((void *)(uintptr_t)host->options[i].name);
        free((void *)(uintptr_t)host->options[i].value);
    }
    free(host->options);
    free(host->path);
    free(host);
}

bool plugin_host_open(struct plugin_host *host, char *error, size_t size)
{
    error[0] = '\0';
    host->open = host->open || !host->plugin->open ||
                 host->plugin->open(&host->context, host->options,
                                    host->option_count, error, size) == 0;
    error[size - 1] = '\0';
    return host->open;
}

static bool is_special(const char *name)
{
    return name && strpbrk(name, "+#");
}

/* Those who could pass for a wildcard in a rule of the plugin's own. */
static bool refuse_special(const struct plugin_host *host,
                           const struct mqttlab_client *client, char *why,
                           size_t size)
{
    if (!host->deny_special_chars ||
        (!is_special(client->client_id) && !is_special(client->user_name)))
        return false;
    snprintf(why, size,
             "a name with + or # (auth_plugin_deny_special_chars of plugin "
             "%.60s)",
             host->plugin->name);
    return true;
}

static enum mqttlab_answer say(const struct plugin_host *host,
                               enum mqttlab_answer answer, char *why,
                               size_t size)
{
    why[size - 1] = '\0';
    if (answer == MQTTLAB_DENY && !why[0])
        snprintf(why, size, "plugin %.60s says no", host->plugin->name);
    if (answer == MQTTLAB_ALLOW || answer == MQTTLAB_DENY)
        return answer;
    return MQTTLAB_DEFER;
}

enum mqttlab_answer
plugin_host_authenticate(const struct plugin_host *host,
                         const struct mqttlab_client *client, char *why,
                         size_t size)
{
    why[0] = '\0';
    if (!host->plugin->authenticate)
        return MQTTLAB_DEFER;
    return say(host,
               host->plugin->authenticate(host->context, client, why, size),
               why, size);
}

enum mqttlab_answer plugin_host_authorize(const struct plugin_host *host,
                                          const struct mqttlab_client *client,
                                          enum mqttlab_right right,
                                          const char *topic, char *why,
                                          size_t size)
{
    why[0] = '\0';
    if (!host->plugin->authorize)
        return MQTTLAB_DEFER;
    if (refuse_special(host, client, why, size))
        return MQTTLAB_DENY;
    return say(
        host,
        host->plugin->authorize(host->context, client, right, topic, why, size),
        why, size);
}
