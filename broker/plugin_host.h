/*
 * Plugins (plugin.h) on the broker's side: load, ask, unload.
 */
#ifndef BROKER_PLUGIN_HOST_H
#define BROKER_PLUGIN_HOST_H

#include "broker/config.h"
#include "broker/plugin.h"

struct plugin_host {
    const struct mqttlab_plugin *plugin; /* in the shared object */
    void *library;                       /* from dlopen */
    void *context;
    char *path; /* owned */
    bool deny_special_chars;
    bool open;
    struct mqttlab_option *options; /* owned, with their strings */
    size_t option_count;
    unsigned references;
};

/* Load a shared object; nothing of it runs. Returns NULL after reporting why
   not. */
struct plugin_host *plugin_host_new(const struct config_plugin *config,
                                    const char *where,
                                    struct config_problems *problems);

struct plugin_host *plugin_host_ref(struct plugin_host *host);
void plugin_host_unref(struct plugin_host *host);

/* Let it prepare itself. Returns false after writing into error why not. */
bool plugin_host_open(struct plugin_host *host, char *error, size_t size);

/*
 * Ask it. why holds, when it says no, at least which plugin it was.
 * authenticate may be called in any thread.
 */
enum mqttlab_answer
plugin_host_authenticate(const struct plugin_host *host,
                         const struct mqttlab_client *client, char *why,
                         size_t size);
enum mqttlab_answer plugin_host_authorize(const struct plugin_host *host,
                                          const struct mqttlab_client *client,
                                          enum mqttlab_right right,
                                          const char *topic, char *why,
                                          size_t size);

#endif
