/*
 * mqttlab pub, mosquitto_pub: publish a message, a file, or lines.
 */
#include "base/alloc.h"
#include "client/client_payload.h"
#include "client/client_run.h"
#include "client/commands.h"
#include "client/line_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Lines are not read while so much waits for the broker. */
#define MAX_PENDING_BYTES  (1u << 20)
#define MAX_UNACKNOWLEDGED 1000

enum {
    OPTION_STDIN_LINES = OPTION_OWN,
    OPTION_RETAIN,
    OPTION_REPEAT,
    OPTION_REPEAT_DELAY,
};

static const char intro[] = "-t TOPIC -m MESSAGE [OPTIONS]\n"
                            "Publish one message, or several, and exit.\n";

/* clang-format off */
static const struct option_spec table[] = {
    {-1, 0, NULL, NULL, "What to publish:"},
    {OPTION_TOPIC, 't', "topic", "topic", "Topic Name"},
    CLIENT_PAYLOAD_ROWS,
    {OPTION_STDIN_LINES, 'l', "stdin-line", NULL,
     "each line of standard input as a message"},
    {OPTION_QOS, 'q', "qos", "QoS", "QoS (0)"},
    {OPTION_RETAIN, 'r', "retain", NULL,
     "the broker keeps it for those who subscribe later"},
    {OPTION_REPEAT, 0, "repeat", "count", "publish it so many times"},
    {OPTION_REPEAT_DELAY, 0, "repeat-delay", "time",
     "seconds between one and the next (0)"},
    CLIENT_OPTION_ROWS(311),
    CLIENT_OPTION_ROWS_NOT_HERE,
};
/* clang-format on */

struct pub {
    struct client_run run;
    struct client_options options;
    struct client_payload payload;
    bool from_lines; /* -l */
    bool retain;
    long repeat;
    double delay_s;
    struct timer delay;
    struct line_input lines;
    bool lines_ended;
};

static struct pub *pub_of(const struct client *client)
{
    return LIST_ITEM(client_run_of(client), struct pub, run);
}

/* --- options -------------------------------------------------------------- */

static bool take_repeat(struct pub *pub, const char *value)
{
    char *end;

    errno = 0;
    pub->repeat = strtol(value, &end, 10);
    if (!errno && end != value && !*end && pub->repeat > 0)
        return true;
    return client_options_fail(&pub->options,
                               "--repeat argument must be >0.\n");
}

static bool take_delay(struct pub *pub, const char *value)
{
    char *end;

    pub->delay_s = strtod(value, &end);
    if (end != value && !*end && pub->delay_s >= 0 && pub->delay_s < 1e9)
        return true;
    return client_options_fail(&pub->options,
                               "--repeat-delay argument must be >=0.0.\n");
}

static bool take_own(struct pub *pub, int id, const char *value)
{
    switch (id) {
    case OPTION_STDIN_LINES:
        pub->from_lines = true;
        return client_payload_claim(&pub->payload, &pub->options);
    case OPTION_RETAIN: pub->retain = true; return true;
    case OPTION_REPEAT: return take_repeat(pub, value);
    case OPTION_REPEAT_DELAY: return take_delay(pub, value);
    default:
        return client_payload_take(&pub->payload, &pub->options, id, value);
    }
}

static const char *topic_of(const struct pub *pub)
{
    const struct client_strings *topics = &pub->options.topics;

    return topics->count ? topics->items[topics->count - 1] : NULL;
}

static int missing(const struct pub *pub)
{
    fputs("Error: Both topic and message must be supplied.\n", stderr);
    client_options_help(&pub->options, intro, table);
    return CLIENT_EXIT_ERROR;
}

/* Returns true to go on; otherwise *exit_code is set. */
static bool read_options(struct pub *pub, int *exit_code)
{
    int id;

    while ((id = client_options_next(&pub->options)) >= OPTION_OWN) {
        if (!take_own(pub, id, pub->options.words.value)) {
            id = -1;
            break;
        }
    }
    if (id == OPTION_HELP)
        *exit_code = client_options_help(&pub->options, intro, table);
    else if (id == OPTION_PROGRAM_VERSION)
        *exit_code = client_options_version(&pub->options);
    else if (id < 0 || !client_options_finish(&pub->options))
        *exit_code = client_options_usage_error(&pub->options);
    else if (!topic_of(pub) || !pub->payload.given)
        *exit_code = missing(pub);
    else
        return true;
    return false;
}

/* --- publishing ----------------------------------------------------------- */

static void publish(struct pub *pub, struct slice payload)
{
    const struct client_options *options = &pub->options;
    struct mqtt_publish message = {
        .qos = (uint8_t)options->qos,
        .retain = pub->retain,
        .topic = slice_of_string(topic_of(pub)),
        .properties = client_options_properties(options, MQTT_PUBLISH),
        .payload = payload,
    };

    /* Without a store for it the message itself can still be sent. */
    if (client_connected(pub->run.client) &&
        !client_limits(pub->run.client)->retain_available)
        message.retain = false;
    int result = client_publish(pub->run.client, &message);
    if (result < 0) {
        client_run_unsent(&pub->run, result);
        line_input_close(&pub->lines); /* the others would fail as well */
    }
}

static void publish_payload(struct pub *pub)
{
    pub->repeat--;
    publish(pub, buf_slice(&pub->payload.bytes));
}

static void on_delay(struct timer *timer)
{
    publish_payload(LIST_ITEM(timer, struct pub, delay));
}

static void on_line(struct line_input *lines, struct slice line)
{
    struct pub *pub = LIST_ITEM(lines, struct pub, lines);
    struct client *client = pub->run.client;

    publish(pub, line);
    if (client_pending(client) > MAX_PENDING_BYTES ||
        client_unacknowledged(client) >= MAX_UNACKNOWLEDGED)
        line_input_pause(lines);
}

/* All is said when all lines were read and all messages acknowledged. */
static void stop_when_done(struct pub *pub)
{
    if (pub->lines_ended && client_unacknowledged(pub->run.client) == 0)
        client_run_stop(&pub->run, CLIENT_EXIT_OK);
}

static void on_lines_end(struct line_input *lines)
{
    struct pub *pub = LIST_ITEM(lines, struct pub, lines);

    pub->lines_ended = true;
    stop_when_done(pub);
}

/* --- events --------------------------------------------------------------- */

static void on_connack(struct client *client,
                       const struct mqtt_connack *connack)
{
    struct pub *pub = pub_of(client);

    if (connack->reason) {
        client_run_refused(&pub->run, connack);
        return;
    }
    pub->run.was_connected = true;
    if (!pub->from_lines) {
        publish_payload(pub);
    } else {
        line_input_resume(&pub->lines);
        stop_when_done(pub);
    }
}

static void on_published(struct client *client, uint16_t packet_id,
                         enum mqtt_reason reason)
{
    struct pub *pub = pub_of(client);

    client_run_warn(&pub->run, packet_id, reason);
    if (pub->run.stopping)
        return;
    if (pub->from_lines) {
        if (!pub->lines_ended)
            line_input_resume(&pub->lines);
        stop_when_done(pub);
    } else if (pub->repeat <= 0) {
        client_run_stop(&pub->run, CLIENT_EXIT_OK);
    } else if (pub->delay_s > 0) {
        timer_set(&pub->run.loop, &pub->delay, (uint64_t)(pub->delay_s * 1000));
    } else {
        publish_payload(pub);
    }
}

static void on_ended(struct client *client, const struct client_ended *ended)
{
    struct pub *pub = pub_of(client);

    if (pub->from_lines && client_run_again(&pub->run, ended)) {
        line_input_pause(&pub->lines);
        return;
    }
    client_run_explain(&pub->run, ended);
    client_run_over(&pub->run);
}

static void on_over(struct client_run *run)
{
    struct pub *pub = LIST_ITEM(run, struct pub, run);

    timer_cancel(&pub->delay);
    line_input_close(&pub->lines);
}

static const struct client_events events = {
    .on_connack = on_connack,
    .on_published = on_published,
    .on_packet = client_run_on_packet,
    .on_ended = on_ended,
};

/* --- the command ---------------------------------------------------------- */

static int run(struct pub *pub)
{
    pub->run.on_over = on_over;
    timer_init(&pub->delay, on_delay);
    if (!client_payload_load(&pub->payload))
        return CLIENT_EXIT_ERROR;
    if (!client_run_start(&pub->run, &pub->options, &events))
        return pub->run.exit_code;
    if (pub->from_lines)
        line_input_open(&pub->run.loop, &pub->lines, STDIN_FILENO, on_line,
                        on_lines_end);
    return client_run_finish(&pub->run);
}

int cmd_pub(int argc, char **argv)
{
    struct pub pub = {.repeat = 1};
    int exit_code;

    client_options_init(&pub.options, table, argc, argv);
    if (read_options(&pub, &exit_code))
        exit_code = run(&pub);
    client_payload_release(&pub.payload);
    client_options_release(&pub.options);
    return exit_code;
}
