#include "client/play.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "client/client_debug.h"
#include "client/play_connect.h"
#include "client/play_words.h"

/* After a device has lost its connection. */
#define ANEW_MS 2000
/* The broker ends a connection within this where the script says so. */
#define LOST_MS 30000

/* One of the clients. What its CONNECT says must live as long as it does. */
struct actor {
    struct play *play;
    struct client *client; /* NULL: not connected */
    struct play_connect connect;
    bool lost; /* the broker has ended it, which the script will say */
};

struct play {
    struct loop *loop;
    const struct play_script *script;
    struct play_options options;
    struct play_values values;
    struct actor actors[PLAY_CLIENTS_MAX];
    struct timer timer;           /* of the next deed */
    size_t at;                    /* the line that is done now, or next */
    const struct play_line *line; /* the one that was begun last */
    size_t begin;                 /* where "again" goes to */
    uint16_t awaited;             /* number that the line waits for; 0: none */
    struct actor *acting;         /* of this client */
    bool stopping;
    bool ended;
};

static void do_line(struct play *play);

/* ---- the end ---- */

static void end(struct play *play, const char *error)
{
    if (play->ended)
        return;
    play->ended = true;
    timer_cancel(&play->timer);
    for (size_t i = 0; i < PLAY_CLIENTS_MAX; i++) {
        client_free(play->actors[i].client);
        play->actors[i].client = NULL;
    }
    play->options.on_end(play->options.owner, error);
}

static void fail(struct play *play, const char *what)
{
    char text[300];

    snprintf(text, sizeof(text), "line %u: %s", play->line->number, what);
    end(play, text);
}

/* The line is done: the next one follows in a later turn. */
static void done(struct play *play)
{
    play->awaited = 0;
    play->acting = NULL;
    play->at++;
    timer_set(play->loop, &play->timer, 0);
}

/* ---- what clients hear ---- */

static struct actor *actor_of(const struct client *client)
{
    return client_context(client);
}

/* Does the line that is done now say that the broker refuses? */
static bool is_refusal(const struct play *play)
{
    const struct play_line *line = &play->script->lines[play->at];

    return line->deed == PLAY_CONNECT && play_words_behind(line, "refused");
}

static void refused(struct play *play, const struct client *client,
                    enum mqtt_reason reason)
{
    const char *why = client_debug_refusal(client_version(client), reason);
    const char *colon = strstr(why, ": "); /* behind "Connection Refused" */
    char text[200];

    snprintf(text, sizeof(text), "the broker refused the connection: %s",
             colon ? colon + strlen(": ") : why);
    fail(play, text);
}

static void on_connack(struct client *client,
                       const struct mqtt_connack *connack)
{
    struct actor *actor = actor_of(client);

    struct play *play = actor->play;

    if (play->acting == actor && is_refusal(play)) {
        if (connack->reason == MQTT_SUCCESS)
            fail(play, "the broker did not refuse the connection");
        /* Otherwise it ends now. */
    } else if (connack->reason != MQTT_SUCCESS) {
        refused(play, client, connack->reason);
    } else if (play->acting == actor) {
        done(play);
    }
}

static void on_suback(struct client *client, const struct mqtt_suback *suback)
{
    struct actor *actor = actor_of(client);

    if (actor->play->acting == actor &&
        actor->play->awaited == suback->packet_id)
        done(actor->play);
}

static void on_published(struct client *client, uint16_t packet_id,
                         enum mqtt_reason reason)
{
    struct actor *actor = actor_of(client);

    (void)reason;
    if (actor->play->acting == actor && actor->play->awaited == packet_id)
        done(actor->play);
}

/* A device that lost its connection is switched on again. */
static void begin_anew(struct play *play)
{
    for (size_t i = 0; i < PLAY_CLIENTS_MAX; i++) {
        client_free(play->actors[i].client);
        play->actors[i].client = NULL;
    }
    play->at = 0;
    play->awaited = 0;
    play->acting = NULL;
    timer_set(play->loop, &play->timer, ANEW_MS);
}

/* Is the end of the client's connection what its line is about? */
static bool is_meant(const struct play *play, const struct actor *actor,
                     const struct client_ended *ended)
{
    if (play->acting != actor)
        return false;
    switch (play->script->lines[play->at].deed) {
    case PLAY_DISCONNECT:
    case PLAY_CUT:
    case PLAY_LOST: return true;
    case PLAY_CONNECT:
        return is_refusal(play) && ended->end != CLIENT_END_UNREACHED;
    case PLAY_SUBSCRIBE:
    case PLAY_PUBLISH:
    case PLAY_WAIT:
    case PLAY_NOTE:
    case PLAY_BEGIN:
    case PLAY_AGAIN: return false;
    }
    return false;
}

/* Does the script say next of this client that its connection is lost? */
static bool is_foreseen(const struct play *play, const struct actor *actor)
{
    size_t i = play->at + (play->acting == actor);

    for (; i < play->script->line_count; i++) {
        const struct play_line *line = &play->script->lines[i];

        if (line->deed <= PLAY_LOST && &play->actors[line->client] == actor)
            return line->deed == PLAY_LOST;
    }
    return false;
}

static bool any_client(const struct play *play)
{
    for (size_t i = 0; i < PLAY_CLIENTS_MAX; i++) {
        if (play->actors[i].client)
            return true;
    }
    return false;
}

static void on_ended(struct client *client, const struct client_ended *ended)
{
    struct actor *actor = actor_of(client);
    struct play *play = actor->play;

    client_free(client);
    actor->client = NULL;
    if (play->ended)
        return;
    if (play->stopping) {
        if (!any_client(play))
            end(play, NULL);
    } else if (is_meant(play, actor, ended)) {
        done(play);
    } else if (is_foreseen(play, actor)) {
        actor->lost = true;
        if (play->acting == actor)
            done(play);
    } else if (play->begin) {
        begin_anew(play);
    } else if (ended->end == CLIENT_END_UNREACHED) {
        fail(play, "no broker answers there");
    } else {
        fail(play, "the connection was lost");
    }
}

static const struct client_events events = {
    .on_connack = on_connack,
    .on_suback = on_suback,
    .on_published = on_published,
    .on_ended = on_ended,
};

/* ---- deeds ---- */

static struct slice filled(struct play *play, const char *word, struct buf *buf)
{
    buf_clear(buf);
    play_fill(&play->values, word, buf);
    return buf_slice(buf);
}

static uint8_t qos_of(const struct play_line *line)
{
    char *const *qos = play_words_behind(line, "qos");

    return qos && (**qos == '1' || **qos == '2') ? (uint8_t)(**qos - '0') : 0;
}

static void do_connect(struct play *play, struct actor *actor,
                       const struct play_line *line)
{
    struct client_config config = {.host = play->options.host,
                                   .port = play->options.port};

    if (actor->client) {
        fail(play, "this client is connected already");
        return;
    }
    if (!play_connect_read(&actor->connect, &config, play->loop, line,
                           &play->values, play->options.folder)) {
        fail(play, "a file that it names cannot be used");
        return;
    }
    if (play->options.on_client)
        play->options.on_client(play->options.owner,
                                buf_string(&actor->connect.id));
    actor->client = client_new(play->loop, &config, &events, actor);
    actor->lost = false;
    play->acting = actor;
    if (client_connect(actor->client))
        fail(play, "no broker answers there");
}

/* One message; returns what client_publish does. */
static int publish(struct play *play, struct actor *actor,
                   const struct play_line *line)
{
    struct buf topic = {0};
    struct buf payload = {0};
    struct mqtt_publish message = {
        .qos = qos_of(line),
        .retain = play_words_behind(line, "retain") != NULL,
        .topic = filled(play, line->words[0], &topic),
    };

    play->values.count++;
    message.payload = filled(play, line->words[1], &payload);
    int number = client_publish(actor->client, &message);
    buf_release(&topic);
    buf_release(&payload);
    return number;
}

static void do_publish(struct play *play, struct actor *actor,
                       const struct play_line *line)
{
    char *const *words = play_words_behind(line, "times");
    unsigned long times = words ? strtoul(*words, NULL, 10) : 1;
    int number = 0;

    play->acting = actor;
    play->awaited = 0;
    while (times-- > 0 && number >= 0)
        number = publish(play, actor, line);
    if (number < 0)
        fail(play, "it cannot be published");
    else if (!qos_of(line))
        done(play);
    else
        play->awaited = (uint16_t)number;
}

static void do_subscribe(struct play *play, struct actor *actor,
                         const struct play_line *line)
{
    struct buf filter = {0};
    struct mqtt_subscription subscription = {
        .topic_filter = filled(play, line->words[0], &filter),
        .qos = qos_of(line),
    };

    play->acting = actor;
    play->awaited =
        client_subscribe(actor->client, &subscription, 1, slice_of(NULL, 0));
    buf_release(&filter);
    if (!play->awaited)
        fail(play, "it cannot subscribe");
}

static void do_wait(struct play *play, const struct play_line *line)
{
    struct buf time = {0};
    unsigned ms;

    filled(play, line->words[0], &time);
    ms = play_time_ms(buf_string(&time));
    buf_release(&time);
    play->at++;
    if (play->options.quick)
        ms = 0;
    else if (!ms)
        ms = 1000;
    timer_set(play->loop, &play->timer, ms);
}

static void do_note(struct play *play, const struct play_line *line)
{
    struct buf text = {0};

    for (size_t i = 0; i < line->word_count; i++) {
        buf_append_string(&text, i ? " " : "");
        play_fill(&play->values, line->words[i], &text);
    }
    if (play->options.on_note)
        play->options.on_note(play->options.owner, buf_string(&text));
    buf_release(&text);
    done(play);
}

/* What the broker does may have come already. */
static void do_lost(struct play *play, struct actor *actor)
{
    if (actor->lost) {
        actor->lost = false;
        done(play);
    } else if (!actor->client) {
        fail(play, "this client is not connected");
    } else {
        play->acting = actor;
        timer_set(play->loop, &play->timer, LOST_MS);
    }
}

/* What a connected client does. */
static void do_deed(struct play *play, const struct play_line *line)
{
    struct actor *actor = &play->actors[line->client];

    if (!actor->client) {
        fail(play, "this client is not connected");
        return;
    }
    if (line->deed == PLAY_PUBLISH) {
        do_publish(play, actor, line);
    } else if (line->deed == PLAY_SUBSCRIBE) {
        do_subscribe(play, actor, line);
    } else {
        play->acting = actor;
        if (line->deed == PLAY_CUT)
            client_abort(actor->client);
        else
            client_disconnect(actor->client, MQTT_SUCCESS, slice_of(NULL, 0));
    }
}

static void do_line(struct play *play)
{
    const struct play_line *line;

    if (play->at >= play->script->line_count) {
        play_stop(play);
        return;
    }
    line = &play->script->lines[play->at];
    play->line = line;
    switch (line->deed) {
    case PLAY_CONNECT:
        do_connect(play, &play->actors[line->client], line);
        break;
    case PLAY_SUBSCRIBE:
    case PLAY_PUBLISH:
    case PLAY_DISCONNECT:
    case PLAY_CUT: do_deed(play, line); break;
    case PLAY_LOST: do_lost(play, &play->actors[line->client]); break;
    case PLAY_WAIT: do_wait(play, line); break;
    case PLAY_NOTE: do_note(play, line); break;
    case PLAY_BEGIN:
        play->begin = play->at;
        done(play);
        break;
    case PLAY_AGAIN:
        play->at = play->begin;
        done(play);
        break;
    }
}

static void on_timer(struct timer *timer)
{
    struct play *play = LIST_ITEM(timer, struct play, timer);

    if (play->acting)
        fail(play, "the broker did not end the connection");
    else
        do_line(play);
}

/* ---- life ---- */

struct play *play_new(struct loop *loop, const struct play_script *script,
                      const struct play_options *options)
{
    struct play *play = alloc_zero(1, sizeof(*play));

    play->loop = loop;
    play->script = script;
    play->options = *options;
    play->values = (struct play_values){
        .id = options->id,
        .every = options->every,
        .random = options->seed | 1,
        .walk = 0.5,
    };
    for (size_t i = 0; i < PLAY_CLIENTS_MAX; i++)
        play->actors[i].play = play;
    timer_init(&play->timer, on_timer);
    timer_set(loop, &play->timer, 0);
    return play;
}

void play_stop(struct play *play)
{
    bool any = false;

    play->stopping = true;
    timer_cancel(&play->timer);
    for (size_t i = 0; i < PLAY_CLIENTS_MAX; i++) {
        struct client *client = play->actors[i].client;

        any = any || client;
        if (client && client_connected(client))
            client_disconnect(client, MQTT_SUCCESS, slice_of(NULL, 0));
        else if (client && !client_ending(client))
            client_abort(client);
    }
    if (!any)
        end(play, NULL);
}

void play_free(struct play *play)
{
    if (!play)
        return;
    for (size_t i = 0; i < PLAY_CLIENTS_MAX; i++) {
        struct actor *actor = &play->actors[i];

        client_free(actor->client);
        play_connect_release(&actor->connect);
    }
    timer_cancel(&play->timer);
    free(play);
}
