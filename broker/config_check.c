/*
 * What is wrong with a configuration though each of its lines is right.
 */
#include "broker/config.h"

#include "mqtt/topic.h"

#include <string.h>

static bool same_place(const struct config_listener *a,
                       const struct config_listener *b)
{
    if (a->path || b->path)
        return a->path && b->path && !strcmp(a->path, b->path);
    return a->port && a->port == b->port && !strcmp(a->host, b->host) &&
           !a->bind_interface && !b->bind_interface &&
           a->socket_domain == b->socket_domain;
}

static void check_place(const struct config *config, size_t index,
                        struct config_problems *problems)
{
    const struct config_listener *listener = &config->listeners[index];
    char name[300];

    for (size_t i = 0; i < index; i++) {
        if (!same_place(&config->listeners[i], listener))
            continue;
        config_name_listener(listener, name, sizeof(name));
        config_problem(problems, listener->where, "%s is listened on before",
                       name);
        return;
    }
}

static void check_protocol(const struct config_listener *listener,
                           struct config_problems *problems)
{
    if (listener->protocol == CONFIG_WEBSOCKETS)
        return;
    if (listener->http_dir || listener->websockets_origin)
        config_warning(problems, listener->where,
                       "without protocol websockets the listener shows no "
                       "pages");
}

/* Which files belong together; nobody can say while some are lacking. */
static void check_files(const struct config_listener *listener,
                        struct config_problems *problems)
{
    const char *where = listener->where;

    if (!config_wants_tls(listener) &&
        (listener->cafile || listener->capath || listener->crlfile ||
         listener->ocspfile))
        config_warning(problems, where,
                       "without certfile and keyfile the listener does not "
                       "speak TLS");
    if (!listener->psk_hint && !listener->certfile != !listener->keyfile)
        config_problem(problems, where, "certfile and keyfile need each other");
    if (listener->psk_hint && listener->certfile)
        config_problem(problems, where,
                       "psk_hint and certfile exclude each other");
    if (listener->require_certificate && !config_wants_tls(listener))
        config_problem(problems, where,
                       "require_certificate needs certfile and keyfile");
    else if (listener->require_certificate && !listener->cafile &&
             !listener->capath)
        config_problem(problems, where,
                       "require_certificate needs cafile or capath");
}

static void check_mount_point(const struct config_listener *listener,
                              struct config_problems *problems)
{
    const char *point = listener->mount_point;

    if (point && !topic_name_valid(slice_of_string(point)))
        config_problem(problems, listener->where,
                       "mount_point %s is no Topic Name", point);
}

static void check_identity(const struct config *config,
                           const struct config_listener *listener,
                           struct config_problems *problems)
{
    if (listener->use_username_as_clientid && config->clientid_prefixes)
        config_warning(problems, listener->where,
                       "use_username_as_clientid makes clientid_prefixes ask "
                       "for user names that begin so");
}

bool config_check(const struct config *config, struct config_problems *problems)
{
    unsigned before = problems->count;

    for (size_t i = 0; i < config->listener_count; i++) {
        const struct config_listener *listener = &config->listeners[i];

        check_place(config, i, problems);
        check_protocol(listener, problems);
        if (!config->lacks_files)
            check_files(listener, problems);
        check_mount_point(listener, problems);
        check_identity(config, listener, problems);
    }
    return problems->count == before;
}
