#include <stdio.h>

#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/login.h"
#include "broker/web.h"

/* When a connection is given up, and how much its client may send. */

/* When a client that stays silent is given up [MQTT-3.1.2-22]; UINT64_MAX:
   never. While it is not read from, its silence means nothing. */
static uint64_t silence_deadline(const struct connection *connection)
{
    if (!connection->keep_alive_s ||
        connection->link.holds & (HOLD_CONGESTED | HOLD_DELAYED | HOLD_STORE))
        return UINT64_MAX;
    /* Somebody holds its packets: ask again later. */
    if (connection->link.holds & LINK_HOLD_GATE)
        return clock_ms(&connection->broker->loop->clock) +
               connection->keep_alive_s * UINT64_C(1500);
    return connection->link.last_in_ms +
           connection->keep_alive_s * UINT64_C(1500);
}

/* When a client that does not take what waits for it is given up. */
static uint64_t stall_deadline(const struct connection *connection)
{
    const struct config *config = connection->broker->config;

    if (!connection->congested)
        return UINT64_MAX;
    if (config->slow_client_action == CONFIG_ACTION_DISCONNECT)
        return 0;
    return config->slow_client_timeout
               ? connection->link.last_out_ms +
                     config->slow_client_timeout * UINT64_C(1000)
               : UINT64_MAX;
}

/* When a client that has sent too much is read from again. */
static uint64_t delay_deadline(const struct connection *connection)
{
    return connection->link.holds & HOLD_DELAYED
               ? connection->extras->delayed_to_ms
               : UINT64_MAX;
}

void connection_watch_time(struct connection *connection)
{
    uint64_t now_ms = clock_ms(&connection->broker->loop->clock);
    uint64_t silence_ms = silence_deadline(connection);
    uint64_t stall_ms = stall_deadline(connection);
    uint64_t delay_ms = delay_deadline(connection);
    uint64_t next_ms = silence_ms < stall_ms ? silence_ms : stall_ms;

    if (delay_ms < next_ms)
        next_ms = delay_ms;
    if (next_ms == UINT64_MAX)
        timer_cancel(&connection->timer);
    else
        timer_set(connection->broker->loop, &connection->timer,
                  next_ms > now_ms ? next_ms - now_ms : 0);
}

/* What the client waits for is ours to do: its CONNECT came in time. Behind
   others' it waits no longer than anybody for the CONNECT, or those who flood
   us with passwords would keep all others waiting long after. */
static bool is_being_checked(const struct connection *connection)
{
    const struct login *login = connection_login(connection);

    return login && login->running;
}

static void on_timer(struct timer *timer)
{
    struct connection *connection = LIST_ITEM(timer, struct connection, timer);
    uint64_t now_ms = clock_ms(&connection->broker->loop->clock);
    struct connection_ending ending = {0};
    char text[64];

    if (connection->state == CONNECTION_NEW &&
        (web_page_moves(connection) || is_being_checked(connection))) {
        connection_start_timer(connection);
        return;
    }
    if (connection->link.holds & HOLD_LOGIN) {
        ending.why = END_LIMIT;
        ending.text = "so many passwords are being checked that its turn did "
                      "not come within connect_timeout";
    } else if (connection->state == CONNECTION_NEW) {
        ending.why = END_NO_CONNECT;
    } else if (now_ms >= silence_deadline(connection)) {
        ending.why = END_SILENT;
        snprintf(text, sizeof(text), "silent for 1.5 x Keep Alive (%g s)",
                 1.5 * connection->keep_alive_s);
        ending.text = text;
    } else if (now_ms >= stall_deadline(connection)) {
        ending.why = END_LIMIT;
        ending.text = "does not read what it is sent";
    } else if (now_ms >= delay_deadline(connection)) {
        connection->link.last_in_ms = now_ms;
        link_resume(&connection->link, HOLD_DELAYED);
        connection_watch_time(connection);
        return;
    } else {
        connection_watch_time(connection);
        return;
    }
    connection_end(connection, &ending);
}

void connection_start_timer(struct connection *connection)
{
    timer_init(&connection->timer, on_timer);
    timer_set(connection->broker->loop, &connection->timer,
              connection->broker->config->connect_timeout * UINT64_C(1000));
}

void connection_start_keep_alive(struct connection *connection)
{
    connection->link.last_in_ms = clock_ms(&connection->broker->loop->clock);
    connection_watch_time(connection);
}

void connection_congested(struct connection *connection)
{
    if (connection->congested)
        return;
    connection->congested = true;
    connection_watch_time(connection);
}

/* ---- how much ---- */

bool connection_may_send(struct connection *connection,
                         const struct frame *frame, uint64_t seq)
{
    /* One that comes again has been counted. */
    if (connection->state != CONNECTION_UP || connection_request(connection))
        return true;

    const struct config *config = connection->broker->config;
    const struct rate rate = {config->max_messages_per_second,
                              config->max_bytes_per_second};
    struct connection_extras *extras = connection_extras(connection);
    uint64_t now_ms = clock_ms(&connection->broker->loop->clock);

    if (!extras->rate.at_ms)
        rate_limit_init(&extras->rate, &rate, now_ms);
    uint64_t wait_ms =
        rate_limit_pay(&extras->rate, &rate, frame_type(frame) == MQTT_PUBLISH,
                       frame->whole.len, now_ms);
    if (!wait_ms)
        return true;
    if (config->rate_limit_action == CONFIG_ACTION_DISCONNECT) {
        connection_end(connection, &(struct connection_ending){
                                       .why = END_LIMIT,
                                       .reason = MQTT_MESSAGE_RATE_TOO_HIGH,
                                       .text = rate_limit_text(&extras->rate),
                                       .cause = seq,
                                   });
        return false;
    }
    if (!extras->rate.reached)
        connection_report_limit(connection, rate_limit_text(&extras->rate),
                                seq);
    extras->rate.reached = true;
    extras->delayed_to_ms = now_ms + wait_ms;
    link_hold(&connection->link, HOLD_DELAYED);
    connection_watch_time(connection);
    return true;
}
