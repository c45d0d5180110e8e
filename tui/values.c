#include "tui/values.h"

#include <string.h>

#include "tui/payload.h"

static void add(struct values *values, double value)
{
    if (!values->count || value < values->least)
        values->least = value;
    if (!values->count || value > values->most)
        values->most = value;
    values->items[values->count++] = value;
}

void values_collect(const struct store *store, uint64_t position,
                    const char *topic, const char *name, size_t most,
                    struct values *values)
{
    uint64_t first = history_first(store->history);
    uint8_t direction = 0;

    values->count = 0;
    values->least = values->most = 0;
    if (position == STORE_NOWHERE || position < first)
        return;
    for (uint64_t at = position + 1, looked = 0;
         at-- > first && values->count < most && values->count < VALUES_MAX &&
         looked < VALUES_LOOK;
         looked++) {
        struct history_row row;
        struct slice payload;
        double value;

        if (!store_row(store, at, &row) || row.note.type != MQTT_PUBLISH ||
            strcmp(row.note.topic, topic) != 0 ||
            (direction && row.record.direction != direction) ||
            !payload_of(&row, &payload))
            continue;
        direction = row.record.direction;
        if (payload_number(payload, name, &value))
            add(values, value);
    }
}

double values_part(const struct values *values, size_t index)
{
    /* By halves: the whole span may be more than a double holds. */
    double span = values->most / 2 - values->least / 2;
    double above = values->items[index] / 2 - values->least / 2;

    return span > 0 ? above / span : 0.5;
}

void values_put_row(const struct values *values, struct buf *out)
{
    static const char signs[] = "_.:-=+*#";

    for (size_t i = values->count; i-- > 0;) {
        double height = values_part(values, i) * 7 + 0.5;

        buf_append_u8(out, (uint8_t)signs[(size_t)height]);
    }
}
