/*
 *  QoS 1            sender                     receiver
 *
 *                   DONE                       DONE
 *                    |  ------- PUBLISH ---->   |  pass on
 *                   WAIT_PUBACK                 |
 *                    |  <------ PUBACK ------   |
 *                   DONE                       DONE
 *
 *  QoS 2            DONE                       DONE
 *                    |  ------- PUBLISH ---->   |  pass on
 *                   WAIT_PUBREC                WAIT_PUBREL
 *                    |  <------ PUBREC ------   |
 *                   WAIT_PUBCOMP                |
 *                    |  ------- PUBREL ----->   |
 *                    |  <------ PUBCOMP -----  DONE
 *                   DONE
 *
 * The receiver passes a QoS 2 message on with the first PUBLISH and remembers
 * the identifier until PUBREL: the second method of [MQTT5 4.3.3] is not used.
 */
#include "mqtt/flow.h"

#include <stddef.h>

struct transition {
    enum flow_state state;
    enum flow_event event;
    enum flow_state next;
    enum flow_action action;
};

/*
 * What is not in a table is a protocol error. The commonest rows come first,
 * for a table is searched from its start.
 */

/* clang-format off */
static const struct transition sender[] = {
    /* state             event                  next                action */
    /* [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.2-3] [MQTT311-4.3.2-1] */
    {FLOW_DONE,          FLOW_SEND_QOS_1,       FLOW_WAIT_PUBACK,   FLOW_SEND_PUBLISH},
    {FLOW_WAIT_PUBACK,   FLOW_GOT_PUBACK,       FLOW_DONE,          FLOW_NOTHING},

    /* [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.3.3-3] [MQTT-4.3.3-4]
       [MQTT-4.3.3-5] [MQTT311-4.3.3-1]. An answer that refuses ends it as well
       [MQTT-4.4.0-2]. No row asks whether the message has expired
       [MQTT-4.3.3-13]. */
    {FLOW_DONE,          FLOW_SEND_QOS_2,       FLOW_WAIT_PUBREC,   FLOW_SEND_PUBLISH},
    {FLOW_WAIT_PUBREC,   FLOW_GOT_PUBREC,       FLOW_WAIT_PUBCOMP,  FLOW_SEND_PUBREL},
    {FLOW_WAIT_PUBREC,   FLOW_GOT_PUBREC_ERROR, FLOW_DONE,          FLOW_NOTHING},
    {FLOW_WAIT_PUBCOMP,  FLOW_GOT_PUBCOMP,      FLOW_DONE,          FLOW_NOTHING},
    /* PUBREC again: the PUBREL before may be lost with its connection. The
       PUBLISH must not be sent again after it [MQTT-4.3.3-6]. */
    {FLOW_WAIT_PUBCOMP,  FLOW_GOT_PUBREC,       FLOW_WAIT_PUBCOMP,  FLOW_SEND_PUBREL},
    {FLOW_WAIT_PUBCOMP,  FLOW_GOT_PUBREC_ERROR, FLOW_WAIT_PUBCOMP,  FLOW_NOTHING},

    /* [MQTT-4.4.0-1] */
    {FLOW_WAIT_PUBACK,   FLOW_RECONNECTED,      FLOW_WAIT_PUBACK,   FLOW_RESEND_PUBLISH},
    {FLOW_WAIT_PUBREC,   FLOW_RECONNECTED,      FLOW_WAIT_PUBREC,   FLOW_RESEND_PUBLISH},
    {FLOW_WAIT_PUBCOMP,  FLOW_RECONNECTED,      FLOW_WAIT_PUBCOMP,  FLOW_SEND_PUBREL},
    {FLOW_DONE,          FLOW_RECONNECTED,      FLOW_DONE,          FLOW_NOTHING},

    /* Late answers: the session may have been lost on this side only. */
    {FLOW_DONE,          FLOW_GOT_PUBACK,       FLOW_DONE,          FLOW_UNKNOWN_ID},
    {FLOW_DONE,          FLOW_GOT_PUBREC,       FLOW_DONE,          FLOW_UNKNOWN_ID},
    {FLOW_DONE,          FLOW_GOT_PUBREC_ERROR, FLOW_DONE,          FLOW_NOTHING},
    {FLOW_DONE,          FLOW_GOT_PUBCOMP,      FLOW_DONE,          FLOW_UNKNOWN_ID},
};

static const struct transition receiver[] = {
    /* state             event                    next               action */
    /* [MQTT-4.3.2-4] [MQTT-4.3.2-5] [MQTT311-4.3.2-2] */
    {FLOW_DONE,          FLOW_GOT_PUBLISH_QOS_1,  FLOW_DONE,         FLOW_DELIVER_PUBACK},

    /* [MQTT-4.3.3-8] to [MQTT-4.3.3-12]; [MQTT311-4.3.3-2] */
    {FLOW_DONE,          FLOW_GOT_PUBLISH_QOS_2,  FLOW_WAIT_PUBREL,  FLOW_DELIVER_PUBREC},
    {FLOW_WAIT_PUBREL,   FLOW_GOT_PUBREL,         FLOW_DONE,         FLOW_ANSWER_PUBCOMP},
    {FLOW_WAIT_PUBREL,   FLOW_GOT_PUBLISH_QOS_2,  FLOW_WAIT_PUBREL,  FLOW_ANSWER_PUBREC},
    {FLOW_DONE,          FLOW_GOT_PUBREL,         FLOW_DONE,         FLOW_UNKNOWN_ID},

    /* The sender is the one who sends again. */
    {FLOW_WAIT_PUBREL,   FLOW_RECONNECTED,        FLOW_WAIT_PUBREL,  FLOW_NOTHING},
    {FLOW_DONE,          FLOW_RECONNECTED,        FLOW_DONE,         FLOW_NOTHING},
};
/* clang-format on */

static enum flow_action step(const struct transition *table, size_t rows,
                             enum flow_state *state, enum flow_event event)
{
    for (size_t i = 0; i < rows; i++) {
        if (table[i].state == *state && table[i].event == event) {
            *state = table[i].next;
            return table[i].action;
        }
    }
    return FLOW_ERROR;
}

enum flow_action flow_sender(enum flow_state *state, enum flow_event event)
{
    return step(sender, sizeof(sender) / sizeof(sender[0]), state, event);
}

enum flow_action flow_receiver(enum flow_state *state, enum flow_event event)
{
    return step(receiver, sizeof(receiver) / sizeof(receiver[0]), state, event);
}
