#include "labs/check_session.h"

#include "base/alloc.h"
#include "wire/event.h"

#include <stdlib.h>

static struct slice key_of(const uint32_t *connection)
{
    return slice_of(connection, sizeof(*connection));
}

void check_session_release(struct check_session *session)
{
    struct check_session_one *one;
    size_t at = 0;

    while ((one = map_next(&session->open, &at)))
        free(one);
    map_release(&session->open);
}

static void forget(struct check_session *session, uint32_t connection)
{
    struct check_session_one *one =
        map_get(&session->open, key_of(&connection));

    if (!one)
        return;
    map_remove(&session->open, key_of(&connection));
    free(one);
}

static struct check_session_one *find_or_add(struct check_session *session,
                                             uint32_t connection)
{
    struct check_session_one *one =
        map_get(&session->open, key_of(&connection));

    if (one)
        return one;
    one = alloc_zero(1, sizeof(*one));
    one->connection = connection;
    map_set(&session->open, key_of(&one->connection), one);
    return one;
}

static unsigned event_of(const struct record *record)
{
    return record->type == RECORD_MQTT || record->type == RECORD_WIRE
               ? 0
               : record_code(record->bytes);
}

void check_session_feed(struct check_session *session,
                        const struct check_rule *rule,
                        const struct history_row *row, uint64_t number,
                        struct dissection *scratch)
{
    unsigned event = event_of(&row->record);
    uint32_t connection = row->record.connection;

    /* Nobody has survived it; but who begins to watch makes the broker say it
       again. */
    if (event == EVENT_BROKER_STARTED && !(row->record.flags & RECORD_SNAPSHOT))
        check_session_release(session);
    for (unsigned i = 0; connection && i < rule->filter_count; i++) {
        if (!filter_match(rule->filters[i], row, scratch))
            continue;
        struct check_session_one *one = find_or_add(session, connection);

        if (!(one->matched & 1u << i))
            one->numbers[i] = number;
        one->matched |= 1u << i;
    }
    if (event == EVENT_CONN_CLOSED)
        forget(session, connection);
}

const struct check_session_one *
check_session_find(const struct check_session *session,
                   const struct check_rule *rule)
{
    const struct check_session_one *one;
    size_t at = 0;

    while ((one = map_next(&session->open, &at))) {
        if (one->matched == (1u << rule->filter_count) - 1)
            return one;
    }
    return NULL;
}
