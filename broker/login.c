#include "broker/login.h"

#include "base/alloc.h"
#include "broker/access.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/handle.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include <stdlib.h>

static void free_login(struct login *login)
{
    list_remove(&login->node);
    access_unref(login->access);
    if (login->body.bytes)
        OPENSSL_cleanse(login->body.bytes, login->body.len);
    buf_release(&login->body);
    scram_release(&login->scram);
    free(login->client_id);
    free(login->user_name);
    free(login);
}

/* ---- beside the loop ---- */

static enum mqttlab_answer ask_plugins(struct login *login)
{
    const struct mqtt_connect *connect = &login->admission.connect;
    const struct access *access = login->access;
    const struct mqttlab_client client = {
        .client_id = login->client_id,
        .user_name = login->user_name,
        .password = connect->has_password ? connect->password.bytes : NULL,
        .password_len = connect->password.len,
        .address = login->address,
    };
    enum mqttlab_answer answer = MQTTLAB_DEFER;

    for (size_t i = 0; i < access->plugin_count && !answer; i++)
        answer = plugin_host_authenticate(access->plugins[i], &client,
                                          login->why, sizeof(login->why));
    return answer;
}

static void refuse(struct login *login, enum mqtt_reason reason,
                   const char *why)
{
    login->reason = reason;
    snprintf(login->why, sizeof(login->why), "%s", why);
}

/* The password is compared for who is not in the file as well: whether a user
   exists shows by no delay. */
static void compare(struct login *login)
{
    bool matches =
        login->compares &&
        password_matches(&login->password, login->admission.connect.password);

    if (!login->known)
        refuse(login, MQTT_BAD_USER_NAME_OR_PASSWORD,
               "no such user in the password file");
    else if (!login->admission.connect.has_password)
        refuse(login, MQTT_BAD_USER_NAME_OR_PASSWORD,
               "a user name without a password");
    else if (!matches)
        refuse(login, MQTT_BAD_USER_NAME_OR_PASSWORD, "the password is wrong");
    else
        login->voucher = VOUCHED_BY_PASSWORD_FILE;
}

static void decide(struct login *login)
{
    switch (ask_plugins(login)) {
    case MQTTLAB_ALLOW: login->voucher = VOUCHED_BY_PLUGIN; return;
    case MQTTLAB_DENY:
        login->reason = login->user_name ? MQTT_BAD_USER_NAME_OR_PASSWORD
                                         : MQTT_NOT_AUTHORIZED;
        return;
    case MQTTLAB_DEFER: break;
    }
    login->why[0] = '\0';
    if (login->user_name && login->access->passwords)
        compare(login);
    else if (login->user_name || !login->anonymous)
        refuse(login, MQTT_NOT_AUTHORIZED,
               login->user_name ? "no plugin knows this user"
                                : "anonymous clients are not allowed");
}

static void run(struct loop_job *job)
{
    decide(LIST_ITEM(job, struct login, job));
    OPENSSL_thread_stop(); /* the thread will not say when it ends */
}

/* ---- in the loop ---- */

struct login_queue *login_queue_new(void)
{
    struct login_queue *queue = alloc_zero(1, sizeof(*queue));

    list_init(&queue->waiting);
    queue->references = 1;
    return queue;
}

void login_queue_unref(struct login_queue *queue)
{
    if (!--queue->references)
        free(queue);
}

static void on_done(struct loop_job *job);

static void start_next(struct loop *loop, struct login_queue *queue)
{
    struct list *node;

    if (queue->running == LOGIN_JOBS ||
        !(node = list_take_first(&queue->waiting)))
        return;
    struct login *login = LIST_ITEM(node, struct login, node);
    queue->running++;
    queue->references++;
    login->running = true;
    loop_job_start(loop, &login->job, run, on_done);
}

static void on_done(struct loop_job *job)
{
    struct login *login = LIST_ITEM(job, struct login, job);
    struct connection *connection = login->connection;

    login->running = false;
    login->queue->running--;
    start_next(login->loop, login->queue);
    login_queue_unref(login->queue);
    if (connection) {
        connection->extras->login = NULL;
        login->admission.voucher = login->voucher;
        login->admission.text = login->why[0] ? login->why : NULL;
        handle_connect_decided(&login->admission, login->reason);
        link_resume(&connection->link, HOLD_LOGIN);
    }
    free_login(login);
}

static void find_password(struct login *login)
{
    const struct password_file *file = login->access->passwords;
    struct slice user_name = login->admission.user_name;

    if (!file || !login->user_name)
        return;
    const struct account *account = password_file_find(file, user_name);
    const struct password *password =
        account ? &account->password : password_file_decoy(file, user_name);

    login->known = account != NULL;
    login->compares = password != NULL;
    if (password)
        login->password = *password;
}

static struct login *new_login(const struct admission *admission,
                               struct access *access)
{
    struct connection *connection = admission->connection;
    struct login *login = alloc_zero(1, sizeof(*login));
    struct admission *own = &login->admission;

    login->connection = connection;
    login->loop = connection->broker->loop;
    login->queue = connection->broker->logins;
    list_init(&login->node);
    login->access = access_ref(access);
    login->anonymous = connection->listener->config->allow_anonymous;
    buf_append_slice(&login->body, admission->body);
    *own = *admission;
    own->body = buf_slice(&login->body);
    connect_decode(&own->connect, own->body);
    admission_rename(own);
    own->client_id = own->assigned[0] ? slice_of_string(own->assigned)
                                      : own->connect.client_id;
    login->client_id =
        alloc_string_of(own->client_id.bytes, own->client_id.len);
    if (admission->user_name.len) {
        own->user_name = own->connect.user_name;
        login->user_name =
            alloc_string_of(own->user_name.bytes, own->user_name.len);
    }
    connection_peer(connection, login->address, sizeof(login->address));
    find_password(login);
    return login;
}

static bool has_authenticators(const struct access *access)
{
    for (size_t i = 0; access && i < access->plugin_count; i++) {
        if (access->plugins[i]->plugin->authenticate)
            return true;
    }
    return false;
}

bool login_begin(struct admission *admission, enum mqtt_reason *reason)
{
    struct connection *connection = admission->connection;
    struct access *access = connection->listener->access;
    bool has_user = admission->user_name.len > 0;

    *reason = MQTT_SUCCESS;
    if (admission->has_method) {
        connection_extras(connection)->login = new_login(admission, access);
        handle_auth_connect(connection->extras->login);
        return false;
    }
    if (has_authenticators(access) ||
        (has_user && access && access->passwords)) {
        struct login *login = new_login(admission, access);

        connection_extras(connection)->login = login;
        link_hold(&connection->link, HOLD_LOGIN);
        list_append(&login->queue->waiting, &login->node);
        start_next(login->loop, login->queue);
        return false;
    }
    if (!connection->listener->config->allow_anonymous) {
        *reason = MQTT_NOT_AUTHORIZED;
        admission->text = has_user ? "nobody has a password here: "
                                     "password_file is not set"
                                   : "anonymous clients are not allowed";
    }
    return true;
}

struct login *login_again(struct connection *connection)
{
    struct login *login = alloc_zero(1, sizeof(*login));

    login->connection = connection;
    list_init(&login->node);
    login->access = access_ref(connection->listener->access);
    return login;
}

void login_abandon(struct login *login)
{
    if (!login)
        return;
    login->connection = NULL;
    if (!login->running)
        free_login(login);
}
