#include "client/play_connect.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "client/client_tls.h"
#include "client/play_words.h"
#include "net/tls_context.h"
#include "net/ws_context.h"

#define DEFAULT_KEEP_ALIVE_S 60

static struct slice filled(struct play_values *values, const char *word,
                           struct buf *buf)
{
    buf_clear(buf);
    play_fill(values, word, buf);
    return buf_slice(buf);
}

/* ---- MQTT ---- */

static void read_will(struct play_connect *connect, struct mqtt_will *will,
                      const struct play_line *line, struct play_values *values)
{
    char *const *words = play_words_behind(line, "will");
    char *const *qos = play_words_behind(line, "qos");

    if (!words)
        return;
    *will = (struct mqtt_will){
        .set = true,
        .qos = qos ? (uint8_t)strtoul(*qos, NULL, 10) : 0,
        .retain = play_words_behind(line, "retain") != NULL,
        .topic = filled(values, words[0], &connect->will_topic),
        .payload = filled(values, words[1], &connect->will_payload),
    };
}

static void read_name(struct play_connect *connect, struct mqtt_connect *packet,
                      const struct play_line *line, struct play_values *values)
{
    char *const *user = play_words_behind(line, "user");
    char *const *password = play_words_behind(line, "password");

    packet->has_user_name = user != NULL;
    if (user)
        packet->user_name = filled(values, *user, &connect->user);
    packet->has_password = password != NULL;
    if (password)
        packet->password = filled(values, *password, &connect->password);
}

static void read_packet(struct play_connect *connect,
                        struct mqtt_connect *packet,
                        const struct play_line *line,
                        struct play_values *values)
{
    /* Session Expiry Interval: an hour [MQTT5 3.1.2.11.2]. */
    static const uint8_t expiry[] = {0x11, 0x00, 0x00, 0x0e, 0x10};
    char *const *keep_alive = play_words_behind(line, "keepalive");
    char *const *version = play_words_behind(line, "version");
    char *const *id = play_words_behind(line, "id");
    bool kept = play_words_behind(line, "kept") != NULL;

    *packet = (struct mqtt_connect){
        .version = version && **version == '5' ? MQTT_5 : MQTT_3_1_1,
        .clean_start = !kept,
        .keep_alive_s = (uint16_t)(keep_alive ? strtoul(*keep_alive, NULL, 10)
                                              : DEFAULT_KEEP_ALIVE_S),
        .client_id = filled(values, id ? *id : line->words[0], &connect->id),
    };
    if (kept && packet->version == MQTT_5)
        packet->properties = slice_of(expiry, sizeof(expiry));
    read_will(connect, &packet->will, line, values);
    read_name(connect, packet, line, values);
}

/* ---- the way ---- */

/* Owned by the caller. */
static char *path_of(const char *folder, const char *name)
{
    return folder && *name != '/' ? alloc_printf("%s/%s", folder, name)
                                  : alloc_string(name);
}

static bool read_tls(struct play_connect *connect, struct loop *loop,
                     const struct play_line *line, const char *folder)
{
    char *const *ca = play_words_behind(line, "tls");
    char *const *cert = play_words_behind(line, "cert");
    char *const *psk = play_words_behind(line, "psk");
    char *paths[] = {ca ? path_of(folder, *ca) : NULL,
                     cert ? path_of(folder, cert[0]) : NULL,
                     cert ? path_of(folder, cert[1]) : NULL};
    const struct client_tls tls = {
        .given =
            {
                    [TLS_CA_FILE] = paths[0],
                    [TLS_CERT] = paths[1],
                    [TLS_KEY] = paths[2],
                    [TLS_PSK_IDENTITY] = psk ? psk[0] : NULL,
                    [TLS_PSK] = psk ? psk[1] : NULL,
                    },
    };

    if (client_tls_wanted(&tls))
        connect->tls = client_tls_context(&tls, loop);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        free(paths[i]);
    return !client_tls_wanted(&tls) || connect->tls;
}

static bool read_ws(struct play_connect *connect, struct loop *loop,
                    const struct play_line *line)
{
    static const char *const protocols[] = {"mqtt", NULL};
    static const struct ws_settings settings = {.protocols = protocols};

    if (!play_words_behind(line, "ws"))
        return true;
    connect->ws = ws_context_new(loop, &settings);
    return connect->ws != NULL;
}

bool play_connect_read(struct play_connect *connect,
                       struct client_config *config, struct loop *loop,
                       const struct play_line *line, struct play_values *values,
                       const char *folder)
{
    char *const *port = play_words_behind(line, "port");

    play_connect_release(connect);
    read_packet(connect, &config->connect, line, values);
    if (port)
        config->port = (uint16_t)strtoul(*port, NULL, 10);
    if (!read_tls(connect, loop, line, folder) || !read_ws(connect, loop, line))
        return false;
    /* The name in a certificate is rarely a number. */
    if (connect->tls && !strcmp(config->host, "127.0.0.1"))
        config->host = "localhost";
    config->tls = connect->tls;
    config->ws = connect->ws;
    return true;
}

void play_connect_release(struct play_connect *connect)
{
    buf_release(&connect->id);
    buf_release(&connect->will_topic);
    buf_release(&connect->will_payload);
    buf_release(&connect->user);
    buf_release(&connect->password);
    tls_context_unref(connect->tls);
    ws_context_unref(connect->ws);
    *connect = (struct play_connect){0};
}
