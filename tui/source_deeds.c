/*
 * What can be done to the broker that is watched, through its control socket.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tui/source.h"

static bool gone(const struct source *source)
{
    return source->control_fd < 0;
}

/*
 * Send a request, which is freed, and say what came of it: done, with the
 * number of this name in it where that is not NULL.
 */
static const char *request(struct source *source, json_t *request,
                           const char *done, const char *number)
{
    json_t *answer;
    const char *error;

    if (!request)
        return "what was typed must be UTF-8";
    if (gone(source)) {
        json_decref(request);
        return "the broker has ended";
    }
    answer = source_ask(source->control_fd, request, NULL);
    error = json_string_value(json_object_get(answer, "error"));
    if (!answer)
        snprintf(source->said, sizeof(source->said),
                 "the broker does not answer");
    else if (!json_is_true(json_object_get(answer, "ok")))
        snprintf(source->said, sizeof(source->said), "the broker refuses: %s",
                 error ? error : "it does not say why");
    else if (number)
        snprintf(
            source->said, sizeof(source->said), "%s: %lld", done,
            (long long)json_integer_value(json_object_get(answer, number)));
    else
        snprintf(source->said, sizeof(source->said), "%s", done);
    json_decref(answer);
    return source->said;
}

static const char *publish(void *owner, const char *topic, const char *payload,
                           unsigned qos, bool retain)
{
    return request(
        owner,
        json_pack("{s:s, s:s, s:s, s:i, s:b}", "cmd", "publish", "topic", topic,
                  "payload", payload, "qos", (int)qos, "retain", (int)retain),
        "published by the broker; subscribers that get it", "receivers");
}

static const char *kick(void *owner, const char *client_id, const char *how)
{
    const char *done = !strcmp(how, "cut") ? "its TCP connection is cut"
                       : !strcmp(how, "silent")
                           ? "it is silent until its Keep Alive is over"
                           : "its connection is ended properly";

    return request(owner,
                   json_pack("{s:s, s:s, s:s}", "cmd", "kick", "client",
                             client_id, "how", how),
                   done, NULL);
}

static const char *rule(void *owner, const struct app_rule *rule, bool *set)
{
    static const char done[] = "rule";
    const char *said =
        request(owner,
                json_pack("{s:s, s:s, s:s, s:b, s:i}", "cmd", "rule", "kind",
                          rule->kind, "filter", rule->filter, "always",
                          (int)rule->always, "ms", (int)rule->ms),
                done, "rule");

    *set = strncmp(said, done, sizeof(done) - 1) == 0;
    return said;
}

static const char *unrule(void *owner, const char *kind)
{
    json_t *command =
        kind ? json_pack("{s:s, s:s}", "cmd", "unrule", "kind", kind)
             : json_pack("{s:s}", "cmd", "unrule");

    return request(owner, command, "rules ended", "ended");
}

static const char *release(void *owner, uint64_t seq, bool all)
{
    const struct source *source = owner;
    uint64_t offset = source->store->seq_offset;

    if (seq)
        seq = seq > offset ? seq - offset : 0;
    return request(owner,
                   json_pack("{s:s, s:I, s:b}", "cmd", "release", "seq",
                             (json_int_t)seq, "all", (int)all),
                   "let go", "released");
}

static const char *drop(void *owner, uint64_t seq)
{
    const struct source *source = owner;
    uint64_t offset = source->store->seq_offset;

    return request(owner,
                   json_pack("{s:s, s:I, s:b}", "cmd", "release", "seq",
                             (json_int_t)(seq > offset ? seq - offset : 0),
                             "drop", 1),
                   "dropped", NULL);
}

static const char *clear(void *owner, const char *topic)
{
    return request(
        owner, json_pack("{s:s, s:s}", "cmd", "clear_retained", "topic", topic),
        "retained messages cleared", "cleared");
}

static const char *note(void *owner, uint64_t seq, const char *text)
{
    const struct source *source = owner;
    uint64_t offset = source->store->seq_offset;

    return request(owner,
                   json_pack("{s:s, s:I, s:s}", "cmd", "note", "seq",
                             (json_int_t)(seq > offset ? seq - offset : 0),
                             "text", text),
                   "noted", NULL);
}

const struct app_deeds *source_deeds(struct source *source)
{
    source->deeds = (struct app_deeds){
        .owner = source,
        .publish = publish,
        .kick = kick,
        .rule = rule,
        .unrule = unrule,
        .release = release,
        .drop = drop,
        .clear = clear,
        .note = note,
    };
    return source->port ? &source->deeds : NULL;
}
