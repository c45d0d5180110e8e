/*
 * How far a `seq` check has come: filters that match one after the other.
 *
 * Every beginning is followed until the end, so that a wrong one does not spoil
 * a right one that comes later. With `same flow` or `same client` each flow or
 * client has beginnings of its own. Of two that have come equally far the first
 * is kept; where there is a time limit the latest, which has most time left.
 */
#ifndef LABS_CHECK_SEQUENCE_H
#define LABS_CHECK_SEQUENCE_H

#include "base/map.h"
#include "labs/check_parse.h"
#include "wire/dissect.h"
#include "wire/history.h"

/* A zeroed struct has seen nothing. */
struct check_sequence {
    struct map tracks; /* by flow or client; else one for all */
    unsigned matched;  /* filters, by the beginning that has come furthest */
    uint64_t numbers[CHECK_MAX_FILTERS]; /* of the packets that it matched; 0:
                                            what matched was no packet */
};

/* Forget everything. */
void check_sequence_release(struct check_sequence *sequence);

/*
 * Take a row into account, which is the packet of this number (0: none).
 * Returns true when all filters have matched.
 */
bool check_sequence_feed(struct check_sequence *sequence,
                         const struct check_rule *rule,
                         const struct history_row *row, uint64_t number,
                         struct dissection *scratch);

#endif
