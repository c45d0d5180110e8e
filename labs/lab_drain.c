#include "labs/lab_drain.h"

static void take_in(struct live *live, struct lab_broker *broker)
{
    struct record record;

    while (broker->attached && tap_reader_next(&broker->reader, &record))
        live_feed(live, &record);
}

bool lab_drain(struct live *live, struct lab_broker *broker,
               struct lab_actors *actors)
{
    bool alive = lab_broker_alive(broker);

    take_in(live, broker); /* the last words of one that has ended, too */
    bool again = !alive && lab_broker_poll(broker);
    if (again) {
        live_new_broker(live);
        /* The new broker does not know whose they are. */
        lab_actors_stop(actors);
    }
    workspace_note_broker(&live->workspace, broker->attached ? broker->pid : 0);
    if (broker->attached)
        lab_actors_start(actors, live_step(live)->step, live->workspace.path,
                         broker->port);
    take_in(live, broker);
    live_tick(live);
    return again;
}
