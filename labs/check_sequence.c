#include "labs/check_sequence.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* A beginning that has matched some filters. */
struct beginning {
    bool there;
    uint64_t since_ns; /* time of its first record */
    uint64_t numbers[CHECK_MAX_FILTERS];
};

/* What one flow or client has done. */
struct track {
    struct slice key;           /* points behind this struct */
    struct beginning matched[]; /* by filters matched, less one */
};

/* What must be the same for all records of a sequence; false when the row has
   no such thing. */
static bool key_of(const struct check_rule *rule, const struct history_row *row,
                   struct slice *key)
{
    switch (rule->same) {
    case CHECK_SAME_FLOW:
        *key = slice_of(&row->note.flow, sizeof(row->note.flow));
        return row->note.flow != 0;
    case CHECK_SAME_CLIENT:
        *key = slice_of_string(row->note.client_id);
        return true;
    case CHECK_ANY: *key = slice_of("", 1); return true;
    }
    return false;
}

static struct track *add_track(struct check_sequence *sequence,
                               const struct check_rule *rule, struct slice key)
{
    size_t fixed =
        sizeof(struct track) + rule->filter_count * sizeof(struct beginning);
    struct track *track = alloc_zero(1, fixed + key.len + 1);
    char *copy = (char *)track + fixed;

    if (key.len)
        memcpy(copy, key.bytes, key.len);
    track->key = slice_of(copy, key.len);
    map_set(&sequence->tracks, track->key, track);
    return track;
}

static bool too_late(const struct check_rule *rule,
                     const struct beginning *beginning, uint64_t time_ns)
{
    return rule->within_ns && time_ns > beginning->since_ns &&
           time_ns - beginning->since_ns > rule->within_ns;
}

/* Keep the beginning that has matched count filters, if it is the best one: the
   latest has the most time left, and names what the end really followed. */
static void keep(struct check_sequence *sequence, struct track *track,
                 unsigned count, const struct beginning *beginning)
{
    struct beginning *place = &track->matched[count - 1];

    if (!place->there || beginning->since_ns >= place->since_ns)
        *place = *beginning;
    if (count <= sequence->matched)
        return;
    sequence->matched = count;
    memcpy(sequence->numbers, beginning->numbers, sizeof(sequence->numbers));
}

bool check_sequence_feed(struct check_sequence *sequence,
                         const struct check_rule *rule,
                         const struct history_row *row, uint64_t number,
                         struct dissection *scratch)
{
    struct slice key;

    if (!key_of(rule, row, &key))
        return false;
    struct track *track = map_get(&sequence->tracks, key);
    /* From the furthest down, so that no record counts twice. */
    for (unsigned at = track ? rule->filter_count : 1; at-- > 0;) {
        struct beginning next = {.there = true,
                                 .since_ns = row->record.time_ns};

        if (at > 0)
            next = track->matched[at - 1];
        if (!next.there || too_late(rule, &next, row->record.time_ns) ||
            !filter_match(rule->filters[at], row, scratch))
            continue;
        if (!track)
            track = add_track(sequence, rule, key);
        next.numbers[at] = number;
        keep(sequence, track, at + 1, &next);
        if (at + 1 == rule->filter_count)
            return true;
    }
    return false;
}

void check_sequence_release(struct check_sequence *sequence)
{
    struct track *track;
    size_t at = 0;

    while ((track = map_next(&sequence->tracks, &at)))
        free(track);
    map_release(&sequence->tracks);
    *sequence = (struct check_sequence){0};
}
