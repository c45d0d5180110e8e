/*
 * The side that receives: yours to write. lib/mqtt/flow.h names states, events
 * and actions; replace abort() by your own lines.
 */
#include "mqtt/flow.h"

#include <stdlib.h>

enum flow_action flow_receiver(enum flow_state *state, enum flow_event event)
{
    abort();
}
