/*
 * A record as it lies in a capture file: in a block of its own, or in an option
 * of the frame that carries its bytes.
 */
#ifndef WIRE_PCAPNG_RECORD_H
#define WIRE_PCAPNG_RECORD_H

#include "wire/record.h"

/* Read the record's header and the length of its bytes. False when from is too
   short or the length cannot be. */
bool pcapng_record_header(struct record *record, struct slice from,
                          uint32_t *len);

/* Is it a record that this program understands? Later ones may write more. */
bool pcapng_record_known(const struct record *record);

#endif
