#include "broker/access.h"

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/identity.h"
#include "broker/pump.h"
#include "broker/session.h"

#include <stdlib.h>

#define PLUGIN_ANSWER_MS 1000u

/* What a reload works with. */
struct access_control {
    struct broker *broker;
    struct reload_hook hook;
    struct access **fresh; /* between prepare and apply; NULL: none */
    struct timer forget;   /* what plugins have said */
};

/* ---- loading ---- */

static void load_plugins(struct access *access,
                         const struct config_listener *config,
                         struct config_problems *problems)
{
    access->plugins =
        alloc_zero(config->plugin_count, sizeof(access->plugins[0]));
    for (size_t i = 0; i < config->plugin_count; i++) {
        struct plugin_host *host =
            config->plugins[i].unusable
                ? NULL
                : plugin_host_new(&config->plugins[i], config->where, problems);

        if (host) {
            access->plugins[access->plugin_count++] = host;
            access->asks_plugins |= host->plugin->authorize != NULL;
        }
    }
}

/* The files of a listener; plugins are the caller's to add. */
static struct access *load_files(const struct config_listener *config,
                                 struct config_problems *problems)
{
    struct access *access = alloc_zero(1, sizeof(*access));

    access->references = 1;
    if (config->password_file)
        access->passwords = password_file_load(config->password_file, problems);
    if (config->acl_file)
        access->acl = acl_load(config->acl_file, problems);
    return access;
}

struct access **access_load(const struct config *config,
                            struct config_problems *problems)
{
    size_t count = config->listener_count;
    struct access **all = alloc_zero(count, sizeof(struct access *));
    unsigned before = problems->count;

    for (size_t i = 0; i < count; i++) {
        if (i > 0 && !config->per_listener_settings) {
            all[i] = access_ref(all[0]);
            continue;
        }
        all[i] = load_files(&config->listeners[i], problems);
        load_plugins(all[i], &config->listeners[i], problems);
    }
    if (problems->count == before)
        return all;
    access_unref_all(all, count);
    return NULL;
}

bool access_open(struct access **access, size_t count,
                 struct config_problems *problems)
{
    char error[300];
    bool good = true;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < access[i]->plugin_count; k++) {
            struct plugin_host *host = access[i]->plugins[k];

            if (plugin_host_open(host, error, sizeof(error)))
                continue;
            config_problem(problems, NULL, "plugin %s: %s", host->path,
                           error[0] ? error : "cannot begin");
            good = false;
        }
    }
    return good;
}

struct access *access_ref(struct access *access)
{
    access->references++;
    return access;
}

void access_unref(struct access *access)
{
    if (!access || --access->references)
        return;
    for (size_t i = 0; i < access->plugin_count; i++)
        plugin_host_unref(access->plugins[i]);
    free(access->plugins);
    password_file_free(access->passwords);
    acl_free(access->acl);
    free(access);
}

void access_unref_all(struct access **access, size_t count)
{
    for (size_t i = 0; access && i < count; i++)
        access_unref(access[i]);
    free(access);
}

/* ---- reload ---- */

bool access_is_guarding(const struct access *access)
{
    return access && (access->acl || access->asks_plugins);
}

static bool may_read(struct subscriber *subscriber, struct slice topic_name)
{
    return identity_may_read(session_of(subscriber), topic_name);
}

static void on_forget(struct timer *timer)
{
    struct access_control *control =
        LIST_ITEM(timer, struct access_control, forget);
    struct broker *broker = control->broker;

    for (size_t i = 0; i < broker->config->listener_count; i++) {
        if (broker->listeners[i].access)
            broker->listeners[i].access->age_s++;
    }
    subscription_tree_forget(broker->subscriptions);
    timer_set(broker->loop, &control->forget, PLUGIN_ANSWER_MS);
}

/* Take over the rules: takes ownership of the array, one for each listener. */
static void use(struct access_control *control, struct access **access)
{
    struct broker *broker = control->broker;
    bool guarding = false;
    bool asking = false;

    for (size_t i = 0; i < broker->config->listener_count; i++) {
        access_unref(broker->listeners[i].access);
        broker->listeners[i].access = access[i];
        guarding |= access_is_guarding(access[i]);
        asking |= access[i]->asks_plugins;
    }
    free(access);
    subscription_tree_set_gate(broker->subscriptions,
                               guarding ? may_read : NULL);
    broker->guarded = guarding;
    timer_cancel(&control->forget);
    if (asking)
        timer_set(broker->loop, &control->forget, PLUGIN_ANSWER_MS);
}

static bool prepare(void *context, const struct config *fresh,
                    struct config_problems *problems)
{
    struct access_control *control = context;
    struct broker *broker = control->broker;
    size_t count = broker->config->listener_count;
    struct access **all = alloc_zero(count, sizeof(struct access *));
    unsigned before = problems->count;

    for (size_t i = 0; i < count; i++) {
        const struct access *is = broker->listeners[i].access;
        const struct config_listener *config =
            reload_find_listener(fresh, broker->listeners[i].config);

        if (i > 0 && !fresh->per_listener_settings) {
            all[i] = access_ref(all[0]);
            continue;
        }
        all[i] = load_files(config ? config : &fresh->common, problems);
        /* Plugins stay as they are. */
        all[i]->plugins =
            alloc_zero(is->plugin_count, sizeof(all[i]->plugins[0]));
        all[i]->asks_plugins = is->asks_plugins;
        for (size_t k = 0; k < is->plugin_count; k++)
            all[i]->plugins[all[i]->plugin_count++] =
                plugin_host_ref(is->plugins[k]);
    }
    control->fresh = all;
    if (problems->count == before)
        return true;
    access_unref_all(control->fresh, count);
    control->fresh = NULL;
    return false;
}

static void cancel(void *context)
{
    struct access_control *control = context;

    access_unref_all(control->fresh, control->broker->config->listener_count);
    control->fresh = NULL;
}

/* Why a client that was let in would not be any more; NULL: it would. */
static const char *judge_again(const struct connection *connection,
                               const struct access *was,
                               const struct access *is)
{
    const struct identity *identity = connection->session->identity;
    const char *name = identity ? identity->user_name : NULL;
    const struct account *before;
    const struct account *now;

    if (!name)
        return connection->listener->config->allow_anonymous ||
                       (identity && identity->voucher == VOUCHED_BY_PLUGIN)
                   ? NULL
                   : "clients without a user name are not allowed any more";
    if (identity->voucher == VOUCHED_BY_PLUGIN ||
        identity->voucher == VOUCHED_BY_TLS || !is->passwords)
        return NULL;
    now = password_file_find(is->passwords, slice_of_string(name));
    if (!now)
        return "its user is not in the password file any more";
    before = was->passwords
                 ? password_file_find(was->passwords, slice_of_string(name))
                 : NULL;
    if (!before || !password_equal(&before->password, &now->password))
        return "the password of its user was changed";
    return NULL;
}

static void send_away(struct broker *broker, struct access *const *was)
{
    LIST_FOREACH_SAFE (node, &broker->connections) {
        struct connection *connection =
            LIST_ITEM(node, struct connection, node);
        const struct broker_listener *listener = connection->listener;
        size_t index = (size_t)(listener - broker->listeners);

        if (!connection->session)
            continue;
        const char *text =
            judge_again(connection, was[index], listener->access);
        if (text)
            connection_end(connection, &(struct connection_ending){
                                           .why = END_UNWELCOME,
                                           .reason = MQTT_NOT_AUTHORIZED,
                                           .text = text,
                                       });
    }
}

static void consult_all(struct broker *broker)
{
    size_t position = 0;
    struct session *session;

    while ((session = session_store_next(&broker->sessions, &position))) {
        if (session->identity)
            identity_consult(broker, session);
        else
            identity_set(broker, session, session->listener, slice_of(NULL, 0),
                         VOUCHED_BY_NOBODY);
        pump_ask_again(broker, session);
    }
}

static void apply(void *context)
{
    struct access_control *control = context;
    struct broker *broker = control->broker;
    size_t count = broker->config->listener_count;
    struct access **was = alloc_zero(count, sizeof(struct access *));

    for (size_t i = 0; i < count; i++)
        was[i] = access_ref(broker->listeners[i].access);
    use(control, control->fresh);
    control->fresh = NULL;
    consult_all(broker);
    subscription_tree_forget(broker->subscriptions);
    send_away(broker, was);
    access_unref_all(was, count);
}

void access_start(struct broker *broker, struct access **access)
{
    struct access_control *control = alloc_zero(1, sizeof(*control));

    control->broker = broker;
    control->hook = (struct reload_hook){
        .prepare = prepare,
        .apply = apply,
        .cancel = cancel,
        .context = control,
    };
    timer_init(&control->forget, on_forget);
    reload_add(broker, &control->hook);
    broker->access_control = control;
    use(control, access);
}

void access_stop(struct broker *broker)
{
    for (size_t i = 0; i < broker->config->listener_count; i++) {
        access_unref(broker->listeners[i].access);
        broker->listeners[i].access = NULL;
    }
    if (broker->access_control)
        timer_cancel(&broker->access_control->forget);
    free(broker->access_control);
    broker->access_control = NULL;
}
