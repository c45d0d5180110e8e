/*
 * What is true now, as records, for somebody who begins to watch: they carry
 * RECORD_SNAPSHOT.
 */
#ifndef BROKER_SNAPSHOT_H
#define BROKER_SNAPSHOT_H

struct broker;

/* owner is the struct broker. */
void snapshot_write(void *owner);

/* Log who is here and subscribes to what, as SIGUSR2 asks for it. */
void snapshot_log(struct broker *broker);

#endif
