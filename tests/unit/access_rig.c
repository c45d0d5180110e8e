#include "access_rig.h"

#include "base/alloc.h"
#include "broker/access.h"
#include "broker/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint32_t access_rig_iterations;

/* Write text into a new file; its name is owned by the caller. */
static char *make_file(struct slice text)
{
    char *path = alloc_string("/tmp/mqttlab-unit.XXXXXX");
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text.bytes, text.len), (ssize_t)text.len);
    close(fd);
    return path;
}

static char *make_users(const char *users)
{
    struct buf text = {0};

    while (*users) {
        size_t name_len = strcspn(users, ":");
        size_t line_len = strcspn(users, "\n");
        const char *secret = users + name_len + 1;
        struct password password;

        ck_assert(password_make(&password, PASSWORD_PBKDF2_SHA512,
                                access_rig_iterations,
                                slice_of(secret, line_len - name_len - 1)));
        buf_append(&text, users, name_len + 1);
        password_put(&password, &text);
        buf_append_u8(&text, '\n');
        users += line_len + (users[line_len] == '\n');
    }
    char *path = make_file(buf_slice(&text));
    buf_release(&text);
    return path;
}

static void name_files(struct config *config, const char *users,
                       const char *acl)
{
    struct config_listener *listener = &config->listeners[0];

    free(listener->password_file);
    free(listener->acl_file);
    listener->password_file = users ? make_users(users) : NULL;
    listener->acl_file = acl ? make_file(slice_of_string(acl)) : NULL;
}

static void remove_files(const struct config *config)
{
    if (config->listeners[0].password_file)
        unlink(config->listeners[0].password_file);
    if (config->listeners[0].acl_file)
        unlink(config->listeners[0].acl_file);
}

void access_rig_start(struct rig *rig, const char *users, const char *acl)
{
    struct config_problems problems = {.to = stderr};

    name_files(&rig->config, users, acl);
    struct access **access = access_load(&rig->config, &problems);
    remove_files(&rig->config);
    ck_assert_ptr_nonnull(access);
    rig_start(rig);
    access_start(rig->broker, access);
}

bool access_rig_reload(struct rig *rig, const char *users, const char *acl)
{
    struct config_problems problems = {0};
    struct config fresh;

    config_init(&fresh);
    config_add_listener(&fresh, 0, NULL);
    config_finish(&fresh);
    fresh.listeners[0].allow_anonymous =
        rig->config.listeners[0].allow_anonymous;
    name_files(&fresh, users, acl);
    bool good = reload_run(rig->broker, &rig->config, &fresh, &problems);
    remove_files(&fresh);
    config_release(&fresh);
    loop_settle(&rig->loop);
    return good;
}

unsigned access_rig_login(struct rig *rig, struct rig_client *client,
                          enum mqtt_version version, const char *id,
                          const char *user_name, const char *password)
{
    rig_open(rig, client, version);
    struct mqtt_packet packet = rig_connect(client, id);

    packet.connect.has_user_name = user_name != NULL;
    packet.connect.user_name = slice_of_string(user_name);
    packet.connect.has_password = password != NULL;
    packet.connect.password = slice_of_string(password);
    rig_send(client, &packet);
    rig_expect(client, MQTT_CONNACK, &packet);
    return packet.connack.reason;
}
