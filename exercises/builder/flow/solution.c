#include "mqtt/flow.h"

static enum flow_action when_done(enum flow_state *state, enum flow_event event)
{
    if (event == FLOW_GOT_PUBLISH_QOS_1)
        return FLOW_DELIVER_PUBACK;
    if (event == FLOW_GOT_PUBLISH_QOS_2) {
        *state = FLOW_WAIT_PUBREL;
        return FLOW_DELIVER_PUBREC;
    }
    if (event == FLOW_GOT_PUBREL)
        return FLOW_UNKNOWN_ID;
    return event == FLOW_RECONNECTED ? FLOW_NOTHING : FLOW_ERROR;
}

enum flow_action flow_receiver(enum flow_state *state, enum flow_event event)
{
    if (*state == FLOW_DONE)
        return when_done(state, event);
    if (*state != FLOW_WAIT_PUBREL)
        return FLOW_ERROR;
    if (event == FLOW_GOT_PUBLISH_QOS_2)
        return FLOW_ANSWER_PUBREC;
    if (event == FLOW_GOT_PUBREL) {
        *state = FLOW_DONE;
        return FLOW_ANSWER_PUBCOMP;
    }
    return event == FLOW_RECONNECTED ? FLOW_NOTHING : FLOW_ERROR;
}
