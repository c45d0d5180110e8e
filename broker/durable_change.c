#include "broker/broker.h"
#include "broker/durable_state.h"
#include "broker/identity.h"
#include "broker/message.h"
#include "broker/session.h"
#include "broker/will.h"

/*
 * What has changed, as rows of the file. A row that was added to the batch
 * which is still collected is changed or taken back there.
 */

static bool is_collected(const struct durable *durable,
                         const struct durable_row *row)
{
    return row->batch == durable->collecting->number;
}

static struct durable_change *change_of(const struct durable *durable,
                                        const struct durable_row *row)
{
    return durable_batch_at(durable->collecting, row->place);
}

static void has_changed(struct durable *durable)
{
    durable->changes++;
    durable_touch(durable);
}

static void put(struct durable *durable, const struct durable_change *change)
{
    durable_batch_put(durable->collecting, change);
    has_changed(durable);
}

static void put_text(struct durable *durable,
                     const struct durable_change *change, struct slice text)
{
    durable_batch_put_text(durable->collecting, change, text);
    has_changed(durable);
}

/* Add a row, whose number is that of the change. */
static void add(struct durable *durable, struct durable_row *row,
                const struct durable_change *change)
{
    row->place = durable_batch_add(durable->collecting, change);
    has_changed(durable);
}

/* Remove a row, and forget it. */
static void remove_row(struct durable *durable, uint32_t index,
                       enum durable_kind kind)
{
    const struct durable_row *row = durable_row_at(durable, index);

    if (is_collected(durable, row)) {
        durable_batch_cancel(durable->collecting, row->place);
        has_changed(durable);
    } else {
        put(durable, &(struct durable_change){.kind = (uint8_t)kind,
                                              .number = row->number});
    }
    durable_row_free(durable, index);
}

static uint64_t session_number(const struct durable *durable,
                               const struct session *session)
{
    return durable_row_at(durable, session->stored)->number;
}

/* ---- messages ---- */

static void set_retained(struct durable *durable, const struct message *message,
                         bool retained)
{
    const struct durable_row *row = durable_row_at(durable, message->stored);

    if (is_collected(durable, row))
        change_of(durable, row)->retain = retained;
    else
        put(durable, &(struct durable_change){.kind = DURABLE_MESSAGE_SET,
                                              .number = row->number,
                                              .retain = retained});
}

/* One more refers to a message; the first one adds its row. */
static void hold_message(struct durable *durable, struct message *message,
                         bool retained)
{
    if (message->stored) {
        durable_row_at(durable, message->stored)->refs++;
        if (retained)
            set_retained(durable, message, true);
        return;
    }
    message->stored = durable_row_new(durable);
    struct durable_row *row = durable_row_at(durable, message->stored);
    row->refs = 1;
    add(durable, row,
        &(struct durable_change){
            .kind = DURABLE_MESSAGE_ADD,
            .number = row->number,
            .retain = retained,
            .wall_ms = durable_wall_ms(durable, message->arrived_ms),
            .message = message_ref(message),
        });
}

static void drop_message(struct durable *durable, struct message *message,
                         bool retained)
{
    uint32_t index = message->stored;

    if (--durable_row_at(durable, index)->refs) {
        if (retained)
            set_retained(durable, message, false);
        return;
    }
    message->stored = 0;
    remove_row(durable, index, DURABLE_MESSAGE_REMOVE);
}

void durable_retained(void *context, struct message *message, bool kept)
{
    struct durable *durable = context;

    /* What the broker says itself is said again after the next start. */
    if (slice_starts_with(message_topic(message), slice_of_string("$SYS/")))
        return;
    if (kept)
        hold_message(durable, message, true);
    else
        drop_message(durable, message, true);
}

/* ---- deliveries ---- */

void durable_delivery_added(struct broker *broker,
                            const struct session *session,
                            struct delivery *delivery)
{
    struct durable *durable = broker->durable;

    if (!durable || !session->expiry_s || !delivery->qos)
        return;
    hold_message(durable, delivery->message, false);
    delivery->stored = durable_row_new(durable);
    struct durable_row *row = durable_row_at(durable, delivery->stored);
    add(durable, row,
        &(struct durable_change){
            .kind = DURABLE_DELIVERY_ADD,
            .number = row->number,
            .session = session_number(durable, session),
            .message_id = durable_message_number(durable, delivery->message),
            .qos = delivery->qos,
            .retain = delivery->retain,
            .packet_id = delivery->packet_id,
            .state = delivery->state,
            .identifiers = delivery->identifiers
                               ? shared_ref(delivery->identifiers)
                               : NULL,
        });
}

static void set_delivery(struct durable *durable,
                         const struct delivery *delivery, uint64_t message_id)
{
    const struct durable_row *row = durable_row_at(durable, delivery->stored);

    if (is_collected(durable, row)) {
        struct durable_change *change = change_of(durable, row);

        change->message_id = message_id;
        change->packet_id = delivery->packet_id;
        change->state = delivery->state;
        return;
    }
    put(durable, &(struct durable_change){.kind = DURABLE_DELIVERY_SET,
                                          .number = row->number,
                                          .message_id = message_id,
                                          .packet_id = delivery->packet_id,
                                          .state = delivery->state});
}

void durable_delivery_changed(struct broker *broker,
                              const struct delivery *delivery)
{
    if (broker->durable)
        set_delivery(
            broker->durable, delivery,
            durable_message_number(broker->durable, delivery->message));
}

void durable_delivery_received(struct broker *broker,
                               const struct delivery *delivery)
{
    if (!broker->durable)
        return;
    set_delivery(broker->durable, delivery, 0);
    if (delivery->message)
        drop_message(broker->durable, delivery->message, false);
}

void durable_delivery_goes(struct broker *broker, struct delivery *delivery)
{
    uint32_t index = delivery->stored;

    if (!broker->durable || !index)
        return;
    delivery->stored = 0;
    remove_row(broker->durable, index, DURABLE_DELIVERY_REMOVE);
    if (delivery->message)
        drop_message(broker->durable, delivery->message, false);
}

/* ---- sessions ---- */

static void put_session(struct durable *durable, const struct session *session,
                        const struct will *will)
{
    struct slice user_name = slice_of_string(identity_user_name(session));

    put_text(
        durable,
        &(struct durable_change){
            .kind = DURABLE_SESSION_SET,
            .user_at = durable_batch_put_bytes(durable->collecting, user_name),
            .user_len = (uint32_t)user_name.len,
            .voucher =
                session->identity ? (uint8_t)session->identity->voucher : 0,
            .listener = session->listener,
            .session = session_number(durable, session),
            .seconds = session->expiry_s,
            .wall_ms = session_left_ms(session),
            .message_id =
                will ? durable_message_number(durable, will->message) : 0,
            .delay_s = will ? will->delay_s : 0,
        },
        session_client_id(session));
}

void durable_session(struct broker *broker, struct session *session)
{
    struct durable *durable = broker->durable;

    if (!durable)
        return;
    if (!session->expiry_s && session->stored)
        durable_session_ends(broker, session);
    if (!session->expiry_s && !session->will)
        return;
    if (!session->stored)
        session->stored = durable_row_new(durable);
    if (session->will && !session->will->message->stored)
        hold_message(durable, session->will->message, false);
    put_session(durable, session, session->will);
}

void durable_will_goes(struct broker *broker, struct session *session)
{
    struct message *message = session->will->message;

    if (!broker->durable || !message->stored)
        return;
    drop_message(broker->durable, message, false);
    if (session->expiry_s)
        put_session(broker->durable, session, NULL);
}

static void forget_delivery(void *context, struct delivery *delivery)
{
    durable_delivery_goes(context, delivery);
}

void durable_messages_go(struct broker *broker, struct session *session)
{
    if (!broker->durable)
        return;
    outgoing_queue_visit(&session->outgoing, forget_delivery, broker);
    if (session->incoming.used)
        put(broker->durable,
            &(struct durable_change){
                .kind = DURABLE_INCOMING_CLEAR,
                .session = session_number(broker->durable, session)});
}

void durable_session_ends(struct broker *broker, struct session *session)
{
    if (!broker->durable)
        return;
    outgoing_queue_visit(&session->outgoing, forget_delivery, broker);
    if (session->will && session->will->message->stored)
        drop_message(broker->durable, session->will->message, false);
    put(broker->durable,
        &(struct durable_change){.kind = DURABLE_SESSION_REMOVE,
                                 .session =
                                     session_number(broker->durable, session)});
    durable_row_free(broker->durable, session->stored);
    session->stored = 0;
}

void durable_subscribed(struct broker *broker, const struct session *session,
                        struct slice topic_filter,
                        const struct subscription_options *options)
{
    if (!broker->durable || !session->expiry_s)
        return;
    put_text(broker->durable,
             &(struct durable_change){
                 .kind = DURABLE_SUBSCRIPTION_SET,
                 .session = session_number(broker->durable, session),
                 .qos = options->qos,
                 .no_local = options->no_local,
                 .retain_as_published = options->retain_as_published,
                 .retain_handling = options->retain_handling,
                 .seconds = options->identifier,
             },
             topic_filter);
}

void durable_unsubscribed(struct broker *broker, const struct session *session,
                          struct slice topic_filter)
{
    if (!broker->durable || !session->expiry_s)
        return;
    put_text(broker->durable,
             &(struct durable_change){
                 .kind = DURABLE_SUBSCRIPTION_REMOVE,
                 .session = session_number(broker->durable, session)},
             topic_filter);
}

void durable_incoming(struct broker *broker, const struct session *session,
                      uint16_t packet_id, bool in_use)
{
    if (!broker->durable || !session->expiry_s)
        return;
    put(broker->durable,
        &(struct durable_change){
            .kind = in_use ? DURABLE_INCOMING_ADD : DURABLE_INCOMING_REMOVE,
            .session = session_number(broker->durable, session),
            .packet_id = packet_id,
        });
}
