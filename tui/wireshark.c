#include "tui/wireshark.h"

#include <stdio.h>

#include "wire/pcapng.h"

/* Numbers, those that follow each other as a range. */
struct ranges {
    struct buf *out;
    uint64_t first; /* of the range that is open; 0: none */
    uint64_t last;
    bool any;
};

static void close_range(struct ranges *ranges)
{
    if (!ranges->first)
        return;
    buf_printf(ranges->out, "%s%llu", ranges->any ? ", " : "",
               (unsigned long long)ranges->first);
    if (ranges->last > ranges->first)
        buf_printf(ranges->out, "..%llu", (unsigned long long)ranges->last);
    ranges->any = true;
    ranges->first = 0;
}

static void add(struct ranges *ranges, uint64_t number)
{
    if (ranges->first && number == ranges->last + 1) {
        ranges->last = number;
        return;
    }
    close_range(ranges);
    ranges->first = ranges->last = number;
}

/* The frames that the packets become, by writing them where nobody looks: a
   file has frames for the ends of connections, too. */
static void put_frames(const struct store *store, struct buf *out)
{
    FILE *nowhere = fopen("/dev/null", "wb");
    struct pcapng_writer *writer =
        nowhere ? pcapng_writer_new(nowhere, NULL) : NULL;
    struct ranges ranges = {.out = out};
    struct history_row row;
    size_t next = 0; /* of the list */

    buf_append_string(out, "frame.number in {");
    for (uint64_t at = history_first(store->history);
         writer && at < history_end(store->history); at++) {
        if (!history_get(store->history, at, &row) ||
            pcapng_write(writer, &row.record) || pcapng_flush(writer))
            continue;
        while (next < store_count(store, STORE_PACKETS) &&
               store_at(store, STORE_PACKETS, next) < at)
            next++;
        if (next < store_count(store, STORE_PACKETS) &&
            store_at(store, STORE_PACKETS, next) == at)
            add(&ranges, pcapng_frames(writer));
    }
    close_range(&ranges);
    if (!ranges.any)
        buf_append_string(out, "0");
    buf_append_string(out, "}");
    pcapng_writer_free(writer);
    if (nowhere)
        fclose(nowhere);
}

void wireshark_filter(const struct store *store, struct buf *out)
{
    if (!store->filter)
        return;
    if (filter_is_own(store->filter) || filter_hindsight(store->filter))
        put_frames(store, out);
    else
        buf_append_string(out, store->filter_text);
}
