/*
 * mqttlab sub, mosquitto_sub: subscribe and print what comes.
 */
#include "base/alloc.h"
#include "base/map.h"
#include "client/client_show.h"
#include "client/commands.h"
#include "mqtt/topic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTION_COUNT = OPTION_OWN,
    OPTION_EXIT_AFTER_SUBACK,
    OPTION_RETAINED_ONLY,
    OPTION_REMOVE_RETAINED,
    OPTION_RETAIN_AS_PUBLISHED,
    OPTION_RETAIN_HANDLING,
    OPTION_FILTER_OUT,
    OPTION_UNSUBSCRIBE,
    OPTION_RANDOM_FILTER,
};

static const char intro[] =
    "-t TOPIC_FILTER [OPTIONS]\n"
    "Subscribe, and print each message that comes.\n" CLIENT_SHOW_FORMATS;

/* clang-format off */
static const struct option_spec table[] = {
    {-1, 0, NULL, NULL, "What to subscribe to:"},
    {OPTION_TOPIC, 't', "topic", "topic", "Topic Filter; again for more"},
    {OPTION_QOS, 'q', "qos", "QoS", "highest QoS to receive with (0)"},
    {OPTION_FILTER_OUT, 'T', "filter-out", "topic filter",
     "do not show what matches this; again for more"},
    {OPTION_UNSUBSCRIBE, 'U', "unsubscribe", "unsubscribe topic",
     "unsubscribe, of use with -c; again for more"},
    {OPTION_RETAINED_ONLY, 0, "retained-only", NULL,
     "show retained messages, and end at the first other one"},
    {OPTION_REMOVE_RETAINED, 0, "remove-retained", NULL,
     "make the broker forget each retained one that comes"},
    {OPTION_RETAIN_AS_PUBLISHED, 0, "retain-as-published", NULL,
     "with -V 5: Retain as the publisher set it"},
    {OPTION_RETAIN_HANDLING, 0, "retain-handling", "when",
     "with -V 5: retained messages come \"always\", when the\n"
     "subscription is \"new\", or \"never\" (always)"},
    {-1, 0, NULL, NULL, "What to print, and when to end:"},
    CLIENT_SHOW_ROWS,
    {OPTION_RANDOM_FILTER, 0, "random-filter", "chance",
     "show only so many percent of the messages"},
    {OPTION_COUNT, 'C', NULL, "count", "end after so many messages"},
    {OPTION_EXIT_AFTER_SUBACK, 'E', NULL, NULL, "end when subscribed"},
    CLIENT_OPTION_ROWS(311),
    CLIENT_OPTION_ROWS_NOT_HERE,
};
/* clang-format on */

struct sub {
    struct client_run run;
    struct client_options options;
    struct client_show show;
    struct client_strings filter_out;
    struct client_strings unsubscribe;
    uint64_t random[2];
    double chance; /* percent */
    long count;    /* 0: no limit */
    bool exit_after_suback;
    bool retained_only;
    bool remove_retained;
    bool retain_as_published;
    uint8_t retain_handling;
};

static struct sub *sub_of(const struct client *client)
{
    return LIST_ITEM(client_run_of(client), struct sub, run);
}

/* --- options -------------------------------------------------------------- */

static bool take_chance(struct sub *sub, const char *value)
{
    char *end;

    sub->chance = strtod(value, &end);
    if (end != value && !*end && sub->chance >= 0.1 && sub->chance <= 100)
        return true;
    return client_options_fail(
        &sub->options, "--random-filter chance must be between 0.1-100.0\n");
}

/* [MQTT5 3.8.3.1] */
static bool take_retain_handling(struct sub *sub, const char *value)
{
    static const char *const names[] = {"always", "new", "never"};

    for (uint8_t i = 0; i < 3; i++) {
        if (!strcmp(value, names[i])) {
            sub->retain_handling = i;
            return true;
        }
    }
    return client_options_fail(
        &sub->options, "--retain-handling must be always, new or never.\n");
}

static bool take_own(struct sub *sub, int id, const char *value)
{
    switch (id) {
    case OPTION_COUNT:
        return client_options_positive(&sub->options, "message count", value,
                                       &sub->count);
    case OPTION_RANDOM_FILTER: return take_chance(sub, value);
    case OPTION_EXIT_AFTER_SUBACK: sub->exit_after_suback = true; break;
    case OPTION_RETAINED_ONLY: sub->retained_only = true; break;
    case OPTION_REMOVE_RETAINED: sub->remove_retained = true; break;
    case OPTION_RETAIN_AS_PUBLISHED: sub->retain_as_published = true; break;
    case OPTION_RETAIN_HANDLING: return take_retain_handling(sub, value);
    case OPTION_FILTER_OUT:
        client_strings_add(&sub->filter_out, value);
        return client_options_topic_filter(&sub->options, "filter", value);
    case OPTION_UNSUBSCRIBE:
        client_strings_add(&sub->unsubscribe, value);
        return client_options_topic_filter(&sub->options, "unsubscribe", value);
    default: return client_show_take(&sub->show, &sub->options, id, value);
    }
    return true;
}

static bool check_options(struct sub *sub)
{
    struct client_options *options = &sub->options;

    if (!client_options_finish(options))
        return false;
    if (options->topics.count == 0)
        return client_options_fail(options,
                                   "You must specify a topic to subscribe to.");
    if (!sub->show.no_retained || !sub->retained_only)
        return true;
    options->no_hint = true;
    return client_options_fail(
        options, "Combining '-R' and '--retained-only' makes no sense.");
}

/* Returns true to go on; otherwise *exit_code is set. */
static bool read_options(struct sub *sub, int *exit_code)
{
    int id;

    while ((id = client_options_next(&sub->options)) >= OPTION_OWN) {
        if (!take_own(sub, id, sub->options.words.value)) {
            id = -1;
            break;
        }
    }
    if (id == OPTION_HELP)
        *exit_code = client_options_help(&sub->options, intro, table);
    else if (id == OPTION_PROGRAM_VERSION)
        *exit_code = client_options_version(&sub->options);
    else if (id < 0 || !check_options(sub))
        *exit_code = client_options_usage_error(&sub->options);
    else
        return true;
    return false;
}

/* --- events --------------------------------------------------------------- */

static void subscribe(struct sub *sub)
{
    const struct client_strings *topics = &sub->options.topics;
    struct mqtt_subscription *list = alloc_zero(topics->count, sizeof(*list));

    for (size_t i = 0; i < topics->count; i++) {
        list[i] = (struct mqtt_subscription){
            .topic_filter = slice_of_string(topics->items[i]),
            .qos = (uint8_t)sub->options.qos};
        if (client_version(sub->run.client) == MQTT_5) {
            list[i].retain_as_published = sub->retain_as_published;
            list[i].retain_handling = sub->retain_handling;
        }
    }
    client_subscribe(sub->run.client, list, topics->count,
                     client_options_properties(&sub->options, MQTT_SUBSCRIBE));
    free(list);
    for (size_t i = 0; i < sub->unsubscribe.count; i++) {
        struct slice filter = slice_of_string(sub->unsubscribe.items[i]);

        client_unsubscribe(
            sub->run.client, &filter, 1,
            client_options_properties(&sub->options, MQTT_UNSUBSCRIBE));
    }
}

static void on_connack(struct client *client,
                       const struct mqtt_connack *connack)
{
    struct sub *sub = sub_of(client);

    if (connack->reason) {
        client_run_refused(&sub->run, connack);
        client_run_stop(&sub->run, connack->reason);
        return;
    }
    sub->run.was_connected = true;
    subscribe(sub);
}

static void on_suback(struct client *client, const struct mqtt_suback *suback)
{
    struct sub *sub = sub_of(client);
    const char *between = "";
    bool granted = false;

    if (sub->options.debug)
        printf("Subscribed (mid: %d): ", suback->packet_id);
    for (size_t i = 0; i < suback->reasons.len; i++) {
        if (sub->options.debug)
            printf("%s%d", between, suback->reasons.bytes[i]);
        granted |= suback->reasons.bytes[i] < MQTT_UNSPECIFIED_ERROR;
        between = ", ";
    }
    if (sub->options.debug)
        putchar('\n');
    client_run_wrote(&sub->run);
    if (!granted)
        client_run_error(&sub->run, "All subscription requests were denied.");
    if (!granted || sub->exit_after_suback)
        client_run_stop(&sub->run, CLIENT_EXIT_OK);
}

static bool filtered_out(const struct sub *sub, struct slice topic)
{
    for (size_t i = 0; i < sub->filter_out.count; i++) {
        if (topic_match(slice_of_string(sub->filter_out.items[i]), topic))
            return true;
    }
    return false;
}

/* An empty retained message takes the place of the one there is. */
static void remove_retained(struct sub *sub, struct slice topic)
{
    client_publish(
        sub->run.client,
        &(struct mqtt_publish){.topic = topic, .qos = 1, .retain = true});
}

/* Is this message among those that chance lets through? */
static bool drawn(struct sub *sub)
{
    if (sub->chance >= 100)
        return true;
    sub->random[1]++;
    uint64_t hash = map_hash(sub->random, slice_of(sub->random, 16));
    return (double)(hash % 100000) < sub->chance * 1000;
}

static void on_message(struct client *client,
                       const struct mqtt_publish *message)
{
    struct sub *sub = sub_of(client);

    if (sub->run.stopping)
        return;
    if (sub->retained_only && !message->retain) {
        client_run_stop(&sub->run, CLIENT_EXIT_OK);
        return;
    }
    if (filtered_out(sub, message->topic))
        return;
    if (sub->remove_retained && message->retain)
        remove_retained(sub, message->topic);
    if ((sub->show.no_retained && message->retain) || !drawn(sub))
        return;
    client_show_message(&sub->show, &sub->run, message);
    if (sub->count && --sub->count == 0)
        client_run_stop(&sub->run, CLIENT_EXIT_OK);
}

static void on_ended(struct client *client, const struct client_ended *ended)
{
    struct sub *sub = sub_of(client);
    bool stopping = sub->run.stopping;

    if (client_run_again(&sub->run, ended))
        return;
    client_run_explain(&sub->run, ended);
    /* The server may send its subscribers away; that is not a failure. */
    if (ended->end == CLIENT_END_DISCONNECT && !stopping)
        sub->run.exit_code = CLIENT_EXIT_OK;
    client_run_over(&sub->run);
}

static const struct client_events events = {
    .on_connack = on_connack,
    .on_message = on_message,
    .on_suback = on_suback,
    .on_packet = client_run_on_packet,
    .on_ended = on_ended,
};

/* --- the command ---------------------------------------------------------- */

static int run(struct sub *sub)
{
    map_random_seed(sub->random);
    if (!client_run_start(&sub->run, &sub->options, &events))
        return sub->run.exit_code;
    client_run_time_out(&sub->run, sub->show.timeout_s);
    return client_run_finish(&sub->run);
}

int cmd_sub(int argc, char **argv)
{
    struct sub sub = {.chance = 100};
    int exit_code;

    client_options_init(&sub.options, table, argc, argv);
    sub.options.topics_are_filters = true;
    if (read_options(&sub, &exit_code))
        exit_code = run(&sub);
    client_strings_release(&sub.filter_out);
    client_strings_release(&sub.unsubscribe);
    client_show_release(&sub.show);
    client_options_release(&sub.options);
    return exit_code;
}
