#include "client/client_run.h"

#include "client/client_debug.h"
#include "client/client_text.h"
#include "mqtt/property.h"
#include "net/tls_context.h"
#include "net/transport_socks.h"
#include "net/ws_context.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* After a connection was lost. */
#define RECONNECT_MS 1000

static const char protocol_error[] =
    "A network protocol error occurred when communicating with the broker.";

struct client_run *client_run_of(const struct client *client)
{
    return client_context(client);
}

void client_run_error(const struct client_run *run, const char *format, ...)
{
    char text[1024];
    va_list args;

    if (run->options->quiet)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    client_text_print(stderr, text);
    fputc('\n', stderr);
}

/* --- standard output ------------------------------------------------------ */

/* Write what was printed. When the reader went away, as `head` does, there is
   nothing left to do; another error is one of ours, too. */
static void flush_output(struct client_run *run)
{
    errno = 0;
    if ((fflush(stdout) == 0 && !ferror(stdout)) || run->output_failed)
        return;
    run->output_failed = true;
    if (errno == EPIPE) {
        client_run_stop(run, CLIENT_EXIT_OK);
        return;
    }
    client_run_error(run, "Error: Standard output: %s",
                     strerror(errno ? errno : EIO));
    client_run_stop(run, CLIENT_EXIT_ERROR);
    run->exit_code = CLIENT_EXIT_ERROR;
}

static void flush(struct loop_task *task)
{
    flush_output(LIST_ITEM(task, struct client_run, flush_task));
}

void client_run_wrote(struct client_run *run)
{
    loop_at_end(&run->loop, &run->flush_task);
}

/* The Reason String, of the packets whose events do not bring it along. */
static void remember_reason(struct client_run *run,
                            const struct mqtt_packet *packet)
{
    struct slice properties = slice_of(NULL, 0);

    if (packet->type == MQTT_PUBACK || packet->type == MQTT_PUBREC ||
        packet->type == MQTT_PUBCOMP)
        properties = packet->puback.properties;
    else if (packet->type == MQTT_DISCONNECT)
        properties = packet->disconnect.properties;
    buf_clear(&run->reason_string);
    buf_append_slice(&run->reason_string,
                     property_string(properties, PROPERTY_REASON_STRING));
}

/* What the server has to say about it, in a line of its own, if that is more
   than what said says already. */
static void print_reason(const struct client_run *run, struct slice text,
                         const char *said)
{
    bool more = text.len != strlen(said) ||
                strncasecmp((const char *)text.bytes, said, text.len) != 0;

    if (text.len && more)
        client_run_error(run, SLICE_FMT, SLICE_ARGS(text));
}

void client_run_on_packet(struct client *client, bool sent,
                          const struct mqtt_packet *packet)
{
    struct client_run *run = client_run_of(client);

    if (!sent)
        remember_reason(run, packet);
    if (!run->options->debug)
        return;
    client_debug_packet(stdout, client, sent, packet);
    client_run_wrote(run);
}

bool client_run_warn(struct client_run *run, uint16_t packet_id,
                     enum mqtt_reason reason)
{
    if (reason < MQTT_UNSPECIFIED_ERROR)
        return false;
    const char *name = reason_name(0, reason);

    client_run_error(run, "Warning: Publish %d failed: %s.", packet_id, name);
    print_reason(run, buf_slice(&run->reason_string), name);
    return true;
}

/* --- the end -------------------------------------------------------------- */

void client_run_over(struct client_run *run)
{
    if (run->over)
        return;
    run->over = true;
    run->stopping = true;
    timer_cancel(&run->timeout);
    if (run->on_over)
        run->on_over(run);
    for (int i = 0; i < 2; i++)
        loop_signal_close(&run->signals[i]);
    client_free(run->client);
}

void client_run_stop(struct client_run *run, int exit_code)
{
    if (run->stopping)
        return;
    run->stopping = true;
    run->exit_code = exit_code;
    client_disconnect(run->client, MQTT_SUCCESS,
                      client_options_properties(run->options, MQTT_DISCONNECT));
    /* on_ended calls client_run_over; without a connection none comes. */
    if (!client_ending(run->client))
        client_run_over(run);
}

static void on_signal(struct loop_signal *signal)
{
    struct client_run *run = LIST_ITEM(
        signal, struct client_run, signals[signal->signal.signum == SIGTERM]);

    client_run_stop(run, CLIENT_EXIT_OK);
}

void client_run_refused(struct client_run *run,
                        const struct mqtt_connack *connack)
{
    enum mqtt_version version = client_version(run->client);
    bool other_version = version == MQTT_5 &&
                         connack->reason == MQTT_UNSUPPORTED_PROTOCOL_VERSION;
    const char *name = client_debug_refusal(version, connack->reason);

    client_run_error(run, "Connection error: %s%s", name,
                     other_version ? ". Try connecting to an MQTT v5 broker, "
                                     "or use MQTT v3.x mode."
                                   : "");
    print_reason(run,
                 property_string(connack->properties, PROPERTY_REASON_STRING),
                 name);
}

/* Scripts of mosquitto's programs get the words that those print, and no
   more. */
static void explain_nobody(const struct client_run *run)
{
    const struct client_config *config = &run->options->config;

    if (run->options->mosquitto || config->proxy)
        return;
    if (config->unix_path)
        client_run_error(run, "Nobody listens at %s.", config->unix_path);
    else
        client_run_error(run,
                         "Nobody listens on %s, port %u. Is a broker running "
                         "there? Here, mqttlab broker -p %u starts one.",
                         config->host ? config->host : "127.0.0.1",
                         config->port, config->port);
}

static void explain_unreached(struct client_run *run, int error)
{
    run->exit_code = CLIENT_EXIT_ERROR;
    if (error == -ENOENT && !run->options->config.unix_path)
        client_run_error(run, "Unable to connect (Lookup error.).");
    else
        client_run_error(run, "Error: %s", strerror(-error));
    if (error == -ECONNREFUSED)
        explain_nobody(run);
}

bool client_run_again(struct client_run *run, const struct client_ended *ended)
{
    bool gone =
        ended->end == CLIENT_END_UNREACHED || ended->end == CLIENT_END_LOST ||
        ended->end == CLIENT_END_PROXY || ended->end == CLIENT_END_KEEP_ALIVE;

    if (!gone || run->stopping || !run->was_connected)
        return false;
    client_connect_in(run->client, RECONNECT_MS);
    return true;
}

/* The proxy is there; what it says decides the exit code as it does with
   mosquitto's clients. */
static void explain_proxy(struct client_run *run, int error)
{
    static const int not_connected[] = {-ENETUNREACH, -EHOSTUNREACH,
                                        -ECONNREFUSED};

    run->exit_code = CLIENT_EXIT_PROXY;
    if (error == -EACCES || error == -EPROTONOSUPPORT)
        run->exit_code = CLIENT_EXIT_AUTHORIZATION;
    for (size_t i = 0; i < 3; i++) {
        if (error == not_connected[i])
            run->exit_code = CLIENT_EXIT_NO_CONNECTION;
    }
    client_run_error(run, "Error: Proxy error: %s.",
                     transport_socks_explain(error));
}

static const char before_an_answer[] =
    " before the broker answered; perhaps its port is for TLS (--cafile) or "
    "WebSocket (-L ws://...)";

void client_run_explain(struct client_run *run,
                        const struct client_ended *ended)
{
    const char *name = reason_name(MQTT_DISCONNECT, ended->reason);

    if (run->stopping)
        return;
    switch (ended->end) {
    case CLIENT_END_CLOSED: break;
    case CLIENT_END_UNREACHED: explain_unreached(run, ended->error); break;
    case CLIENT_END_REFUSED:
        run->exit_code = (int)ended->reason;
        if (client_version(run->client) < MQTT_5 &&
            ended->reason <= (enum mqtt_reason)CONNACK_NOT_AUTHORIZED)
            client_run_error(run, "Error: The connection was refused.");
        else
            client_run_error(run, "Error: %s", protocol_error);
        break;
    case CLIENT_END_LOST:
        run->exit_code = CLIENT_EXIT_LOST;
        client_run_error(run, "Error: The connection was lost%s.",
                         ended->answered ? "" : before_an_answer);
        break;
    case CLIENT_END_DISCONNECT:
        run->exit_code = CLIENT_EXIT_NO_CONNECTION;
        client_run_error(run, "Error: The broker has ended the connection: %s.",
                         name);
        print_reason(run, buf_slice(&run->reason_string), name);
        break;
    case CLIENT_END_PROTOCOL:
        run->exit_code = CLIENT_EXIT_PROTOCOL;
        client_run_error(run, "Error: %s", protocol_error);
        break;
    case CLIENT_END_PROXY: explain_proxy(run, ended->error); break;
    case CLIENT_END_TLS:
        run->exit_code = CLIENT_EXIT_TLS;
        client_run_error(run, "Error: TLS: %s.", ended->text);
        break;
    case CLIENT_END_WS:
        run->exit_code = CLIENT_EXIT_LOST;
        client_run_error(run, "Error: WebSocket: %s.", ended->text);
        break;
    case CLIENT_END_KEEP_ALIVE:
        run->exit_code = CLIENT_EXIT_KEEP_ALIVE;
        client_run_error(run, "Error: Keepalive exceeded");
        break;
    }
}

static void on_timeout(struct timer *timer)
{
    struct client_run *run = LIST_ITEM(timer, struct client_run, timeout);

    client_run_error(run, "Timed out");
    client_run_stop(run, CLIENT_EXIT_TIMED_OUT);
}

void client_run_time_out(struct client_run *run, long after_s)
{
    if (after_s > 0)
        timer_set(&run->loop, &run->timeout, (uint64_t)after_s * 1000);
}

void client_run_unsent(struct client_run *run, int error)
{
    if (error == -ENOTSUP) {
        client_run_error(run, "Error: Message QoS not supported on broker, try "
                              "a lower QoS.");
        client_run_stop(run, CLIENT_EXIT_QOS_NOT_SUPPORTED);
    } else if (error == -EMSGSIZE) {
        client_run_error(run, "Error: Message payload is too large.");
        client_run_stop(run, CLIENT_EXIT_PACKET_TOO_LARGE);
    } else {
        client_run_error(run, "Error: %s", strerror(-error));
        client_run_stop(run, CLIENT_EXIT_ERROR);
    }
}

/* --- the beginning -------------------------------------------------------- */

static bool prepare_tls(struct client_run *run)
{
    if (!client_tls_wanted(&run->options->tls))
        return true;
    run->tls = client_tls_context(&run->options->tls, &run->loop);
    run->options->config.tls = run->tls;
    if (!run->tls)
        run->exit_code = CLIENT_EXIT_ERROR;
    return run->tls != NULL;
}

static bool prepare_web(struct client_run *run)
{
    static const char *const protocols[] = {"mqtt", "mqttv3.1", NULL};
    const struct ws_settings settings = {.protocols = protocols};

    if (!run->options->web)
        return true;
    run->ws = ws_context_new(&run->loop, &settings);
    run->options->config.ws = run->ws;
    if (run->ws)
        return true;
    run->exit_code = CLIENT_EXIT_ERROR;
    client_run_error(run, "Error: libwebsockets cannot be set up.");
    return false;
}

bool client_run_start(struct client_run *run, struct client_options *options,
                      const struct client_events *events)
{
    static const int numbers[2] = {SIGINT, SIGTERM};
    int error = loop_init(&run->loop);

    run->options = options;
    if (error) {
        explain_unreached(run, error);
        return false;
    }
    if (!prepare_tls(run) || !prepare_web(run)) {
        tls_context_unref(run->tls);
        loop_release(&run->loop);
        return false;
    }
    signal(SIGPIPE, SIG_IGN); /* flush sees it, and says DISCONNECT */
    loop_task_init(&run->flush_task, flush);
    timer_init(&run->timeout, on_timeout);
    for (int i = 0; i < 2; i++)
        loop_signal_open(&run->loop, &run->signals[i], numbers[i], on_signal);
    run->client = client_new(&run->loop, &options->config, events, run);
    error = client_connect(run->client);
    if (!error)
        return true;
    explain_unreached(run, error);
    client_run_over(run);
    client_run_finish(run);
    return false;
}

int client_run_finish(struct client_run *run)
{
    loop_run(&run->loop);
    tls_context_unref(run->tls);
    ws_context_unref(run->ws);
    loop_release(&run->loop);
    buf_release(&run->reason_string);
    flush_output(run);
    return run->exit_code;
}
