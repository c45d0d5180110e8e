#include "broker/reload.h"

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/config_table.h"
#include "broker/config_value.h"
#include "broker/report.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void reload_add(struct broker *broker, struct reload_hook *hook)
{
    list_append(&broker->reload_hooks, &hook->node);
}

/* --- what only a start changes -------------------------------------------- */

static void needs_start(struct config_problems *problems, const char *where,
                        const char *what)
{
    config_warning(problems, where,
                   "%s: a change takes effect when the broker is started anew",
                   what);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

const struct config_listener *
reload_find_listener(const struct config *fresh,
                     const struct config_listener *like)
{
    for (size_t i = 0; i < fresh->listener_count; i++) {
        const struct config_listener *one = &fresh->listeners[i];

        if (one->port == like->port && same_text(one->host, like->host) &&
            same_text(one->path, like->path) &&
            same_text(one->bind_interface, like->bind_interface))
            return one;
    }
    return NULL;
}

static bool same_plugin(const struct config_plugin *a,
                        const struct config_plugin *b)
{
    bool same = a->deny_special_chars == b->deny_special_chars &&
                a->option_count == b->option_count &&
                same_text(a->path, b->path);

    for (size_t i = 0; same && i < a->option_count; i++)
        same = same_text(a->names[i], b->names[i]) &&
               same_text(a->values[i], b->values[i]);
    return same;
}

static bool same_plugins(const struct config_listener *a,
                         const struct config_listener *b)
{
    bool same = a->plugin_count == b->plugin_count;

    for (size_t i = 0; same && i < a->plugin_count; i++)
        same = same_plugin(&a->plugins[i], &b->plugins[i]);
    return same;
}

static void compare_listener(const struct config_listener *is,
                             const struct config_listener *fresh,
                             struct config_problems *problems)
{
    for (const struct config_option *o = config_table(); o->name; o++) {
        if (o->scope != CONFIG_GLOBAL && o->change == CONFIG_AT_START &&
            o->width && !config_value_equals(is, fresh, o))
            needs_start(problems, fresh->where, o->name);
    }
    if (!same_plugins(is, fresh))
        needs_start(problems, fresh->where, "auth_plugin");
}

static void compare_listeners(const struct config *config,
                              const struct config *fresh,
                              struct config_problems *problems)
{
    char name[240];

    for (size_t i = 0; i < fresh->listener_count; i++) {
        const struct config_listener *new = &fresh->listeners[i];
        const struct config_listener *is = reload_find_listener(config, new);

        if (is) {
            compare_listener(is, new, problems);
            continue;
        }
        config_name_listener(new, name, sizeof(name));
        config_warning(problems, new->where,
                       "%s will be open when the broker is started anew", name);
    }
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct config_listener *is = &config->listeners[i];

        if (reload_find_listener(fresh, is))
            continue;
        config_name_listener(is, name, sizeof(name));
        config_warning(problems, is->where,
                       "%s stays open until the broker is started anew", name);
    }
}

static void compare(const struct config *config, const struct config *fresh,
                    struct config_problems *problems)
{
    for (const struct config_option *o = config_table(); o->name; o++) {
        if (o->scope == CONFIG_GLOBAL && o->change == CONFIG_AT_START &&
            o->width && !config_value_equals(config, fresh, o))
            needs_start(problems, NULL, o->name);
    }
    compare_listeners(config, fresh, problems);
}

/* --- what changes now ----------------------------------------------------- */

static void take_over_listener(struct config_listener *is,
                               const struct config_listener *fresh)
{
    for (const struct config_option *o = config_table(); o->name; o++) {
        if (o->scope != CONFIG_GLOBAL && o->change == CONFIG_RELOADED &&
            o->width)
            config_value_copy(is, fresh, o);
    }
}

static void take_over(struct config *config, const struct config *fresh)
{
    for (const struct config_option *o = config_table(); o->name; o++) {
        if (o->scope == CONFIG_GLOBAL && o->change == CONFIG_RELOADED &&
            o->width)
            config_value_copy(config, fresh, o);
    }
    config->log_types = fresh->log_types;
    config->log_dests = fresh->log_dests;
    free(config->log_file);
    config->log_file = alloc_string(fresh->log_file);
    for (size_t i = 0; i < config->listener_count; i++) {
        const struct config_listener *new =
            reload_find_listener(fresh, &config->listeners[i]);

        if (new)
            take_over_listener(&config->listeners[i], new);
    }
    take_over_listener(&config->common, &fresh->common);
}

/* --- hooks ---------------------------------------------------------------- */

/* Ask all, in order; the first that refuses ends it. */
static bool prepare(struct broker *broker, const struct config *fresh,
                    struct config_problems *problems)
{
    struct list *refused = NULL;

    LIST_FOREACH_SAFE (node, &broker->reload_hooks) {
        struct reload_hook *hook = LIST_ITEM(node, struct reload_hook, node);

        if (hook->prepare && !hook->prepare(hook->context, fresh, problems)) {
            refused = node;
            break;
        }
    }
    if (!refused)
        return true;
    LIST_FOREACH_SAFE (node, &broker->reload_hooks) {
        struct reload_hook *hook = LIST_ITEM(node, struct reload_hook, node);

        if (node == refused)
            break;
        if (hook->cancel)
            hook->cancel(hook->context);
    }
    return false;
}

bool reload_run(struct broker *broker, struct config *config,
                const struct config *fresh, struct config_problems *problems)
{
    assert(broker->config == config);
    if (!prepare(broker, fresh, problems))
        return false;
    compare(config, fresh, problems);
    take_over(config, fresh);
    LIST_FOREACH_SAFE (node, &broker->reload_hooks) {
        struct reload_hook *hook = LIST_ITEM(node, struct reload_hook, node);

        hook->apply(hook->context);
    }
    return true;
}

void reload_tell(struct broker *broker, bool good, const char *report)
{
    static const char mark[] = "warning: ";
    size_t len = report ? strcspn(report, "\n") : 0;
    char *line = alloc_string_of(report ? report : "", len);
    char *warning = strstr(line, mark);

    if (warning)
        memmove(warning, warning + strlen(mark),
                strlen(warning + strlen(mark)) + 1);
    if (tap_on(&broker->tap)) {
        report_begin(broker, good ? EVENT_CONFIG_READ : EVENT_CONFIG_REFUSED,
                     slice_of(NULL, 0));
        if (*line)
            report_printf(broker, RECORD_TEXT, "%s", line);
        report_end(broker, NULL, 0);
    }
    free(line);
}
