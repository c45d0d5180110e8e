/*
 * Clients that are started from the dashboard, and what they are told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mqtt/framer.h"
#include "mqtt/publish.h"
#include "mqtt/utf8.h"
#include "tui/app.h"

static bool can_start(struct app *app)
{
    if (!app_can_do(app))
        return false;
    if (app->crew && app->crew->port)
        return true;
    app_say(app, "there is no broker to connect to");
    return false;
}

/* Take a word off *text; "" at its end. */
static char *take_word(const char **text)
{
    const char *start = *text + strspn(*text, " ");
    size_t len = strcspn(start, " ");

    *text = start + len;
    return alloc_string_of(start, len);
}

/* "thermometer every 2s" */
void app_device(struct app *app, const char *rest)
{
    char *kind = take_word(&rest);
    char *every = take_word(&rest);

    if (!strcmp(every, "every")) {
        free(every);
        every = take_word(&rest);
    }
    if (can_start(app))
        app_say(app, "%s", crew_device(app->crew, kind, *every ? every : "2s"));
    free(kind);
    free(every);
}

void app_play(struct app *app, const char *demo)
{
    if (can_start(app))
        app_say(app, "%s", crew_play(app->crew, demo));
}

/* "lab/# 1": a QoS may stand behind it */
void app_subscribe(struct app *app, const char *rest)
{
    char *topic_filter = take_word(&rest);
    char *qos = take_word(&rest);
    bool good = !*qos || (*qos >= '0' && *qos <= '2' && !qos[1]);

    if (!*topic_filter || !good)
        app_say(app, "subscribe FILTER [0|1|2]");
    else if (can_start(app))
        app_say(app, "%s",
                crew_subscribe(app->crew, topic_filter, *qos ? qos : "0"));
    free(topic_filter);
    free(qos);
}

void app_connect(struct app *app, const char *client_id)
{
    if (*client_id && can_start(app))
        app_say(app, "%s", crew_connect(app->crew, client_id));
}

void app_stop(struct app *app, const char *name)
{
    if (can_start(app))
        app_say(app, "%s",
                crew_stop(app->crew, strcmp(name, "all") ? name : NULL));
}

/* The chosen packet, if it is a whole PUBLISH whose payload is text. */
static bool take_publish(const struct history_row *row,
                         struct mqtt_publish *publish)
{
    struct frame frame;

    return framer_next(row->record.bytes, MQTT_MAX_PACKET_SIZE, &frame) > 0 &&
           frame_type(&frame) == MQTT_PUBLISH &&
           publish_decode(publish,
                          row->note.version
                              ? (enum mqtt_version)row->note.version
                              : MQTT_3_1_1,
                          frame.first, frame.body) == MQTT_SUCCESS &&
           utf8_valid(publish->payload);
}

void app_send_again(struct app *app)
{
    struct history_row row;
    struct mqtt_publish publish;

    if (!app_can_do(app))
        return;
    if (!store_row(app->store, store_chosen_at(app->store, STORE_ALL), &row) ||
        !take_publish(&row, &publish)) {
        app_say(app, "choose a PUBLISH whose payload is text");
        return;
    }
    char *payload = alloc_string_of(publish.payload.bytes, publish.payload.len);
    app_say(app, "%s",
            app->deeds->publish(app->deeds->owner, row.note.topic, payload,
                                publish.qos, publish.retain));
    free(payload);
}
