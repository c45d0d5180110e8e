/*
 * The tables of the durable store, and the statements that change them.
 */
#ifndef BROKER_DURABLE_SCHEMA_H
#define BROKER_DURABLE_SCHEMA_H

#include "broker/durable_batch.h"

/* "MQTT", as PRAGMA application_id: whose file it is. */
#define DURABLE_SCHEMA_PROGRAM 0x4d515454

/* Makes all tables, in one transaction. */
extern const char durable_schema_create[];

/* The statement of a kind of change; NULL for DURABLE_NOTHING. */
const char *durable_schema_statement(enum durable_kind kind);

/* The state of a delivery as a word, for the table: "waiting" when it has no
   Packet Identifier yet. */
const char *durable_schema_state(unsigned state);

/* And back; -1 for a word that is none. */
int durable_schema_find_state(const char *word);

#endif
