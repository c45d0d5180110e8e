/*
 * Fingerprint: what in a hand-in can hardly be equal in two by chance.
 *
 * Times between packets are measured in nanoseconds and TLS draws 32 random
 * bytes for each handshake, so two recordings that share some were one. Of such
 * values the smallest 64 are kept, by which parts that are equal are found,
 * too. Besides, there is what the student's clients have said, in which another
 * student's own values would show.
 */
#ifndef LABS_FINGERPRINT_H
#define LABS_FINGERPRINT_H

#include "labs/lab.h"
#include "wire/history.h"

#include <jansson.h>

struct fingerprint;

struct fingerprint *fingerprint_new(void);
void fingerprint_free(struct fingerprint *fingerprint);

/* Take the next row of the recording into account. */
void fingerprint_feed(struct fingerprint *fingerprint,
                      const struct history_row *row);

/*
 * {times: [...], random: [...], said: [...], own: [...]}: hashes of times and
 * of random bytes, sorted; what was said, as safe text; and the values of the
 * student's own that are so rare that nobody sends another's by chance.
 */
json_t *fingerprint_json(const struct fingerprint *fingerprint,
                         const struct lab *lab);

/* Time that was worked, in seconds: breaks of ten minutes do not count. */
uint64_t fingerprint_seconds(const struct fingerprint *fingerprint);

#endif
