/*
 * An own check for mqttlab's broker: who may come in, who may do what.
 *
 * Needs nothing but this file. A plugin is a shared object that defines
 *
 *     const struct mqttlab_plugin mqttlab_plugin = {
 *         .version = MQTTLAB_PLUGIN_VERSION,
 *         .name = "mine",
 *         .authenticate = my_authenticate,
 *     };
 *
 * and stands in the configuration as
 *
 *     plugin /path/of/mine.so
 *     plugin_opt_database /var/lib/users.db
 *
 * docs/plugins.md is the manual, examples/sqlite_users.c an example.
 */
#ifndef MQTTLAB_PLUGIN_H
#define MQTTLAB_PLUGIN_H

#include <stddef.h>

/* Changes whenever a plugin must be compiled anew. */
#define MQTTLAB_PLUGIN_VERSION 1u

enum mqttlab_answer {
    MQTTLAB_DEFER, /* I do not know: ask whoever is next */
    MQTTLAB_ALLOW,
    MQTTLAB_DENY,
};

enum mqttlab_right {
    MQTTLAB_READ = 1,      /* to be sent a message; topic is a Topic Name */
    MQTTLAB_WRITE = 2,     /* to publish, also by a will */
    MQTTLAB_SUBSCRIBE = 4, /* topic is a Topic Filter */
};

/* "plugin_opt_NAME VALUE" */
struct mqttlab_option {
    const char *name;
    const char *value;
};

/* Who asks. Everything is valid until the function returns. */
struct mqttlab_client {
    const char *client_id; /* "" when the broker is to choose one */
    const char *user_name; /* NULL: none was given */
    const void *password;  /* NULL: none, and always for authorize */
    size_t password_len;
    const char *address; /* "192.0.2.7:50123"; "" for authorize */
};

struct mqttlab_plugin {
    unsigned version; /* MQTTLAB_PLUGIN_VERSION */
    const char *name; /* for the log */

    /*
     * Called once, before anything else; what it puts into *context is handed
     * to the others. Returns 0, or something else after writing into error (of
     * error_size bytes) why the broker cannot start. May be NULL.
     */
    int (*open)(void **context, const struct mqttlab_option *options,
                size_t option_count, char *error, size_t error_size);

    /* Called once, after everything else. May be NULL. */
    void (*close)(void *context);

    /*
     * Is this client who it says? It may take its time: it runs in a thread of
     * its own, several of them at a time. With MQTTLAB_DENY it may write into
     * why (of why_size bytes) what the log and the dashboard show. May be NULL,
     * which means MQTTLAB_DEFER.
     */
    enum mqttlab_answer (*authenticate)(void *context,
                                        const struct mqttlab_client *client,
                                        char *why, size_t why_size);

    /*
     * May this client do that? The broker waits for the answer, and remembers
     * it for some time. May be NULL, which means MQTTLAB_DEFER.
     */
    enum mqttlab_answer (*authorize)(void *context,
                                     const struct mqttlab_client *client,
                                     enum mqttlab_right right,
                                     const char *topic, char *why,
                                     size_t why_size);
};

extern const struct mqttlab_plugin mqttlab_plugin;

#endif
