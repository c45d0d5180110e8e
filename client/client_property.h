/*
 * Properties of MQTT 5 from the command line: -D publish content-type text.
 */
#ifndef CLIENT_CLIENT_PROPERTY_H
#define CLIENT_CLIENT_PROPERTY_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Lists of Properties by packet type; 0 is the list of the Will. */
#define CLIENT_PROPERTY_LISTS 16

/*
 * Read "command identifier value" or "command user-property name value" from
 * words[0..count) and append the Property to the list that command names.
 * Returns the number of words used, or -1 with a message in error.
 */
int client_property_parse(struct buf lists[CLIENT_PROPERTY_LISTS],
                          char *const *words, int count, char *error,
                          size_t error_size);

/*
 * Are all lists valid: nothing twice that may not be, every value in its
 * range? Returns false with a message in error.
 */
bool client_property_check(const struct buf lists[CLIENT_PROPERTY_LISTS],
                           char *error, size_t error_size);

#endif
