#include "labs/lab_drain.h"

bool lab_drain(struct live *live, struct lab_broker *broker,
               struct lab_actors *actors)
{
    bool again = lab_broker_poll(broker);
    struct record record;

    if (again)
        live_new_source(live);
    workspace_note_broker(&live->workspace, broker->attached ? broker->pid : 0);
    if (broker->attached)
        lab_actors_start(actors, live_step(live)->step, broker->port);
    while (broker->attached && tap_reader_next(&broker->reader, &record))
        live_feed(live, &record);
    live_tick(live);
    return again;
}
