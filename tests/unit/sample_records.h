/*
 * A recording that many tests look at: three clients, all versions, every type
 * of packet, the events between them.
 */
#ifndef UNIT_SAMPLE_RECORDS_H
#define UNIT_SAMPLE_RECORDS_H

#include "wire/history.h"

/* Give every record to visit, in order. Their bytes live until it returns. */
void sample_visit(void (*visit)(void *context, const struct record *record),
                  void *context);

/* A new history with all records. */
struct history *sample_history(void);

#endif
