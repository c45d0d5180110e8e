/*
 * From the file into a new broker.
 */
#ifndef BROKER_DURABLE_LOAD_H
#define BROKER_DURABLE_LOAD_H

#include <stdbool.h>

struct durable;

/*
 * Load all sessions, messages and retained messages. Returns false with the
 * reason in durable->error when the file cannot be read or what it says cannot
 * be; the broker must not be used then.
 */
bool durable_load(struct durable *durable);

/*
 * With the store at work: sessions go on as if their clients had left when they
 * did, or just now if they were connected. Those that are over end, wills that
 * are due are published, messages that have expired go.
 */
void durable_load_finish(struct durable *durable);

#endif
