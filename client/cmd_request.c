/*
 * mqttlab request, mosquitto_rr: publish a request and wait for the response
 * [MQTT5 4.10].
 */
#include "client/client_payload.h"

#include "client/client_show.h"
#include "client/commands.h"
#include "mqtt/property.h"
#include <stdio.h>

enum { OPTION_RESPONSE_TOPIC = OPTION_OWN, OPTION_RETAIN_AS_PUBLISHED };

static const char intro[] =
    "-t TOPIC -e RESPONSE_TOPIC -m MESSAGE [OPTIONS]\n"
    "Publish a request, print the response and exit. With MQTT 5 the request\n"
    "says where the response is to go; before it, both sides must know.\n" CLIENT_SHOW_FORMATS;

/* clang-format off */
static const struct option_spec table[] = {
    {-1, 0, NULL, NULL, "What to ask:"},
    {OPTION_TOPIC, 't', "topic", "topic", "Topic Name of the request"},
    {OPTION_RESPONSE_TOPIC, 'e', NULL, "response topic",
     "Topic Name of the response"},
    CLIENT_PAYLOAD_ROWS,
    {OPTION_QOS, 'q', "qos", "QoS", "QoS of both (0)"},
    {OPTION_RETAIN_AS_PUBLISHED, 0, "retain-as-published", NULL,
     "with -V 5: Retain as the publisher set it"},
    {-1, 0, NULL, NULL, "What to print, and how long to wait:"},
    CLIENT_SHOW_ROWS,
    CLIENT_OPTION_ROWS(5),
    CLIENT_OPTION_ROWS_NOT_HERE,
};
/* clang-format on */

struct request {
    struct client_run run;
    struct client_options options;
    struct client_payload payload;
    struct client_show show;
    const char *response_topic;
    bool retain_as_published;
    struct buf properties; /* of the PUBLISH */
};

static struct request *request_of(const struct client *client)
{
    return LIST_ITEM(client_run_of(client), struct request, run);
}

/* --- options -------------------------------------------------------------- */

static bool take_own(struct request *request, int id, const char *value)
{
    if (id == OPTION_RESPONSE_TOPIC) {
        request->response_topic = value;
        return client_options_topic_name(&request->options, "response", value);
    }
    if (id == OPTION_RETAIN_AS_PUBLISHED)
        request->retain_as_published = true;
    else if (id >= OPTION_MESSAGE && id < OPTION_PAYLOAD_END)
        return client_payload_take(&request->payload, &request->options, id,
                                   value);
    else
        return client_show_take(&request->show, &request->options, id, value);
    return true;
}

static const char *topic_of(const struct request *request)
{
    const struct client_strings *topics = &request->options.topics;

    return topics->count ? topics->items[topics->count - 1] : NULL;
}

/* The Properties of the request: what -D says, and where the response goes. */
static bool make_properties(struct request *request)
{
    struct client_options *options = &request->options;
    struct slice given = client_options_properties(options, MQTT_PUBLISH);
    struct property found;

    if (options->config.connect.version < MQTT_5)
        return true;
    if (property_find(given, PROPERTY_RESPONSE_TOPIC, &found)) {
        options->no_hint = true;
        snprintf(options->error, sizeof(options->error),
                 "Error in PUBLISH properties: Duplicate response topic.");
        return false;
    }
    buf_append_slice(&request->properties, given);
    property_put_string(&request->properties, PROPERTY_RESPONSE_TOPIC,
                        slice_of_string(request->response_topic));
    return true;
}

static bool check_options(struct request *request)
{
    if (!client_options_finish(&request->options))
        return false;
    if (!topic_of(request) || !request->response_topic ||
        !request->payload.given)
        return client_options_fail(&request->options,
                                   "All of topic, message, and response topic "
                                   "must be supplied.");
    return make_properties(request);
}

/* Returns true to go on; otherwise *exit_code is set. */
static bool read_options(struct request *request, int *exit_code)
{
    struct client_options *options = &request->options;
    int id;

    while ((id = client_options_next(options)) >= OPTION_OWN) {
        if (!take_own(request, id, options->words.value)) {
            id = -1;
            break;
        }
    }
    if (id == OPTION_HELP)
        *exit_code = client_options_help(options, intro, table);
    else if (id == OPTION_PROGRAM_VERSION)
        *exit_code = client_options_version(options);
    else if (id < 0 || !check_options(request))
        *exit_code = client_options_usage_error(options);
    else
        return true;
    return false;
}

/* --- events --------------------------------------------------------------- */

/* The response can only come to somebody who has subscribed before. */
static void on_connack(struct client *client,
                       const struct mqtt_connack *connack)
{
    struct request *request = request_of(client);
    struct mqtt_subscription one = {
        .topic_filter = slice_of_string(request->response_topic),
        .qos = (uint8_t)request->options.qos,
        .retain_as_published =
            request->retain_as_published && client_version(client) == MQTT_5,
    };

    if (connack->reason) {
        client_run_refused(&request->run, connack);
        client_run_stop(&request->run, connack->reason);
        return;
    }
    client_subscribe(
        client, &one, 1,
        client_options_properties(&request->options, MQTT_SUBSCRIBE));
}

static void on_suback(struct client *client, const struct mqtt_suback *suback)
{
    struct request *request = request_of(client);
    struct mqtt_publish message = {
        .qos = (uint8_t)request->options.qos,
        .topic = slice_of_string(topic_of(request)),
        .properties = buf_slice(&request->properties),
        .payload = buf_slice(&request->payload.bytes),
    };
    uint8_t reason = suback->reasons.len ? suback->reasons.bytes[0] : 0;

    if (reason >= MQTT_UNSPECIFIED_ERROR) {
        client_run_error(&request->run, "Error: No subscription to '%s': %s.",
                         request->response_topic,
                         reason_name(MQTT_SUBACK, reason));
        client_run_stop(&request->run, reason);
        return;
    }
    int result = client_publish(client, &message);
    if (result < 0)
        client_run_unsent(&request->run, result);
}

/* Whoever is not allowed to ask gets no response. */
static void on_published(struct client *client, uint16_t packet_id,
                         enum mqtt_reason reason)
{
    struct request *request = request_of(client);

    if (client_run_warn(&request->run, packet_id, reason))
        client_run_stop(&request->run, (int)reason);
}

static void on_message(struct client *client,
                       const struct mqtt_publish *message)
{
    struct request *request = request_of(client);

    if (request->run.stopping ||
        (request->show.no_retained && message->retain) ||
        !slice_equal_string(message->topic, request->response_topic))
        return;
    client_show_message(&request->show, &request->run, message);
    client_run_stop(&request->run, CLIENT_EXIT_OK);
}

static void on_ended(struct client *client, const struct client_ended *ended)
{
    struct client_run *run = client_run_of(client);

    client_run_explain(run, ended);
    client_run_over(run);
}

static const struct client_events events = {
    .on_connack = on_connack,
    .on_message = on_message,
    .on_published = on_published,
    .on_suback = on_suback,
    .on_packet = client_run_on_packet,
    .on_ended = on_ended,
};

/* --- the command ---------------------------------------------------------- */

static int run(struct request *request)
{
    if (!client_payload_load(&request->payload))
        return CLIENT_EXIT_ERROR;
    if (!client_run_start(&request->run, &request->options, &events))
        return request->run.exit_code;
    client_run_time_out(&request->run, request->show.timeout_s);
    return client_run_finish(&request->run);
}

int cmd_request(int argc, char **argv)
{
    struct request request = {0};
    int exit_code;

    client_options_init(&request.options, table, argc, argv);
    request.options.config.connect.version = MQTT_5;
    if (read_options(&request, &exit_code))
        exit_code = run(&request);
    client_payload_release(&request.payload);
    client_show_release(&request.show);
    buf_release(&request.properties);
    client_options_release(&request.options);
    return exit_code;
}
