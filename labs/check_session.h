/*
 * What is known of the connections that are open now, for a `session` check:
 * which of its filters a record of each has matched.
 */
#ifndef LABS_CHECK_SESSION_H
#define LABS_CHECK_SESSION_H

#include "base/map.h"
#include "labs/check_parse.h"
#include "wire/dissect.h"
#include "wire/history.h"

/* A zeroed struct knows of none. */
struct check_session {
    struct map open; /* by number of the connection */
};

/* One of them. */
struct check_session_one {
    uint32_t connection;
    unsigned matched;                    /* a bit for each filter */
    uint64_t numbers[CHECK_MAX_FILTERS]; /* of the packets that matched; 0: it
                                            was none */
};

/* Forget everything. */
void check_session_release(struct check_session *session);

/* Take a row into account, which is the packet of this number (0: none). */
void check_session_feed(struct check_session *session,
                        const struct check_rule *rule,
                        const struct history_row *row, uint64_t number,
                        struct dissection *scratch);

/* A connection that is open and has matched all filters; NULL: none. */
const struct check_session_one *
check_session_find(const struct check_session *session,
                   const struct check_rule *rule);

#endif
