/*
 * A broker that keeps what it has on disk, and can be started again: after a
 * clean stop, or as if it had been killed, from what lay on the disk then.
 */
#ifndef UNIT_DURABLE_RIG_H
#define UNIT_DURABLE_RIG_H

#include "broker_rig.h"

#include "broker/durable.h"

struct durable_rig {
    struct rig rig;
    char folder[64];
    uint8_t sync; /* enum config_sync */
    /* Called with the configuration before each start; may be NULL. */
    void (*configure)(struct config *config);
    char error[DURABLE_TEXT_BYTES];
};

/* A folder for the store; nothing is started yet. */
void durable_rig_init(struct durable_rig *durable);
void durable_rig_start(struct durable_rig *durable);
/* The same; returns whether the store could be opened. */
bool durable_rig_try(struct durable_rig *durable);
void durable_rig_release(struct durable_rig *durable);

/*
 * The broker ends and another one starts from the same file, after so many
 * seconds. Connections must be closed by rig_close afterwards.
 */
enum durable_end { DURABLE_STOPPED, DURABLE_KILLED };
void durable_rig_restart(struct durable_rig *durable, enum durable_end end,
                         unsigned seconds);

/* What a statement gives, run on the file while the broker uses it. */
int64_t durable_rig_number(struct durable_rig *durable, const char *sql);
void durable_rig_execute(struct durable_rig *durable, const char *sql);

/* From now on no file can grow: nothing can be stored. And again it can. */
void durable_rig_fill_disk(struct durable_rig *durable);
void durable_rig_empty_disk(void);

#endif
