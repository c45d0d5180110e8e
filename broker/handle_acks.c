#include "broker/broker.h"
#include "broker/durable.h"
#include "broker/handle.h"
#include "broker/pump.h"
#include "broker/session.h"
#include "broker/trace.h"
#include "mqtt/puback.h"

/*
 * The acknowledgements, both ways: PUBACK, PUBREC and PUBCOMP answer what we
 * sent, PUBREL ends what the client sent. The tables of mqtt/flow.c decide.
 */

/* Decode, and log what came. */
static enum mqtt_reason decode(struct mqtt_puback *puback,
                               const struct connection *connection,
                               const struct frame *frame)
{
    enum mqtt_type type = frame_type(frame);
    enum mqtt_reason reason =
        puback_decode(puback, connection->link.version, type, frame->body);

    if (!reason && trace_on(connection))
        trace_received(connection, type,
                       type == MQTT_PUBACK || type == MQTT_PUBCOMP
                           ? " (Mid: %u, RC:%d)"
                           : " (Mid: %u)",
                       (unsigned)puback->packet_id, (int)puback->reason);
    return reason;
}

/* The state of the flow with this identifier; *delivery is NULL when there is
   none. */
static enum flow_state find_flow(const struct session *session,
                                 uint16_t packet_id, struct delivery **delivery)
{
    *delivery = outgoing_queue_find(&session->outgoing, packet_id);
    return *delivery ? (enum flow_state)(*delivery)->state : FLOW_DONE;
}

/* One place in the client's Receive Maximum is free. */
static void finish(struct connection *connection, struct delivery *delivery)
{
    struct session *session = connection->session;

    connection->acknowledges = true;
    connection->last_move_ms =
        (uint32_t)clock_ms(&connection->broker->loop->clock);
    pump_finish(connection->broker, session, delivery);
    if (session->outgoing.waiting || session->outgoing.resend_count)
        pump_run(connection->broker, session);
}

/* The client has the message: it must not be sent again [MQTT-4.3.3-6]. */
static void received(struct connection *connection, struct delivery *delivery,
                     enum flow_state state)
{
    delivery->state = (uint8_t)state;
    if (!delivery->message)
        return;
    if (delivery->stored)
        durable_delivery_received(connection->broker, delivery);
    outgoing_queue_drop_message(&connection->session->outgoing, delivery);
}

enum mqtt_reason handle_puback(struct connection *connection,
                               const struct frame *frame, uint64_t seq)
{
    struct mqtt_puback puback;
    struct delivery *delivery;
    enum mqtt_reason reason = decode(&puback, connection, frame);

    (void)seq;
    if (reason)
        return reason;
    enum flow_state state =
        find_flow(connection->session, puback.packet_id, &delivery);
    if (flow_sender(&state, FLOW_GOT_PUBACK) == FLOW_ERROR)
        return MQTT_PROTOCOL_ERROR; /* [MQTT-4.3.2-3] */
    if (delivery)
        finish(connection, delivery);
    return MQTT_SUCCESS;
}

enum mqtt_reason handle_pubrec(struct connection *connection,
                               const struct frame *frame, uint64_t seq)
{
    struct mqtt_puback pubrec;
    struct delivery *delivery;
    enum mqtt_reason reason = decode(&pubrec, connection, frame);

    if (reason)
        return reason;
    enum flow_state state =
        find_flow(connection->session, pubrec.packet_id, &delivery);
    enum flow_action action = flow_sender(
        &state, pubrec.reason >= MQTT_UNSPECIFIED_ERROR ? FLOW_GOT_PUBREC_ERROR
                                                        : FLOW_GOT_PUBREC);

    if (action == FLOW_ERROR)
        return MQTT_PROTOCOL_ERROR;
    /* That it came is stored before PUBREL says so. */
    if (delivery && state != FLOW_DONE)
        received(connection, delivery, state);
    /* Without a flow PUBREL answers all the same, so that the client can end
       its own. */
    if (action == FLOW_SEND_PUBREL || action == FLOW_UNKNOWN_ID)
        connection_acknowledge(connection, MQTT_PUBREL, pubrec.packet_id,
                               action == FLOW_UNKNOWN_ID
                                   ? MQTT_PACKET_IDENTIFIER_NOT_FOUND
                                   : MQTT_SUCCESS,
                               NULL, seq); /* [MQTT-4.3.3-4] [MQTT-4.6.0-4] */
    if (delivery && state == FLOW_DONE)
        finish(connection, delivery);
    return MQTT_SUCCESS;
}

enum mqtt_reason handle_pubcomp(struct connection *connection,
                                const struct frame *frame, uint64_t seq)
{
    struct mqtt_puback pubcomp;
    struct delivery *delivery;
    enum mqtt_reason reason = decode(&pubcomp, connection, frame);

    (void)seq;
    if (reason)
        return reason;
    enum flow_state state =
        find_flow(connection->session, pubcomp.packet_id, &delivery);
    if (flow_sender(&state, FLOW_GOT_PUBCOMP) == FLOW_ERROR)
        return MQTT_PROTOCOL_ERROR;
    if (delivery)
        finish(connection, delivery);
    return MQTT_SUCCESS;
}

enum mqtt_reason handle_pubrel(struct connection *connection,
                               const struct frame *frame, uint64_t seq)
{
    struct mqtt_puback pubrel;
    struct packet_ids *incoming = &connection->session->incoming;
    enum mqtt_reason reason = decode(&pubrel, connection, frame);

    if (reason)
        return reason;
    bool known = packet_ids_put(incoming, pubrel.packet_id);
    enum flow_state state = known ? FLOW_WAIT_PUBREL : FLOW_DONE;
    enum flow_action action = flow_receiver(&state, FLOW_GOT_PUBREL);

    if (known && connection->session->stored)
        durable_incoming(connection->broker, connection->session,
                         pubrel.packet_id, false);
    if (incoming->used == 0 && incoming->word_count > HANDLE_IDLE_WORDS)
        packet_ids_release(incoming);
    connection_acknowledge(connection, MQTT_PUBCOMP, pubrel.packet_id,
                           action == FLOW_UNKNOWN_ID
                               ? MQTT_PACKET_IDENTIFIER_NOT_FOUND
                               : MQTT_SUCCESS,
                           NULL, seq); /* [MQTT-4.3.3-11] */
    return MQTT_SUCCESS;
}
