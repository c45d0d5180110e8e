/*
 * What is true now, as records, for somebody who begins to watch: they carry
 * RECORD_SNAPSHOT.
 */
#ifndef BROKER_SNAPSHOT_H
#define BROKER_SNAPSHOT_H

/* owner is the struct broker. */
void snapshot_write(void *owner);

#endif
