/*
 * One round of a lab without a dashboard: what its broker's tap has goes to the
 * lab, and the clients of the step run.
 */
#ifndef LABS_LAB_DRAIN_H
#define LABS_LAB_DRAIN_H

#include "labs/lab_actors.h"
#include "labs/lab_broker.h"
#include "labs/live.h"

/*
 * To be called a few times a second at least, or the tap loses records. Returns
 * true when the broker was attached to anew.
 */
bool lab_drain(struct live *live, struct lab_broker *broker,
               struct lab_actors *actors);

#endif
