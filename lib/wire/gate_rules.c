#include "wire/gate_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const names[GATE_KINDS] = {
    [GATE_HOLD] = "hold",       [GATE_DROP] = "drop",
    [GATE_DELAY] = "delay",     [GATE_DUPLICATE] = "dup",
    [GATE_CORRUPT] = "corrupt",
};

enum gate_kind gate_kind_of(const char *name)
{
    for (int kind = 0; kind < GATE_KINDS; kind++) {
        if (!strcmp(names[kind], name))
            return (enum gate_kind)kind;
    }
    return GATE_KINDS;
}

const char *gate_kind_name(enum gate_kind kind)
{
    return names[kind];
}

/* ---- life ---- */

int gate_rules_init(struct gate_rules *rules, struct tap *tap,
                    const struct clock *clock, int fd)
{
    *rules = (struct gate_rules){.tap = tap, .clock = clock};
    int error = tap_reader_open(&rules->reader, fd);
    if (!error)
        rules->tracker = tracker_new();
    return error;
}

static void remove_rule(struct gate_rules *rules, size_t index)
{
    filter_free(rules->items[index].filter);
    free(rules->items[index].text);
    rules->count--;
    memmove(rules->items + index, rules->items + index + 1,
            (rules->count - index) * sizeof(rules->items[0]));
}

void gate_rules_release(struct gate_rules *rules)
{
    while (rules->count)
        remove_rule(rules, rules->count - 1);
    tap_reader_close(&rules->reader);
    tracker_free(rules->tracker);
    dissect_release(&rules->scratch);
}

/* ---- setting and ending ---- */

unsigned gate_rules_set(struct gate_rules *rules, const struct gate_rule *rule,
                        const char *text, struct filter_error *error)
{
    struct filter *filter;

    if (rules->count == GATE_RULES_MAX) {
        error->column = 1;
        snprintf(error->message, sizeof(error->message),
                 "%d rules are the most", GATE_RULES_MAX);
        return 0;
    }
    filter = filter_new(text, error);
    if (!filter)
        return 0;
    const char *unknown = filter_hindsight(filter);
    if (unknown) {
        error->column = 1;
        snprintf(error->message, sizeof(error->message),
                 "a packet has no %s before it has passed", unknown);
        filter_free(filter);
        return 0;
    }
    struct gate_set_rule *set = &rules->items[rules->count++];
    *set = (struct gate_set_rule){*rule, ++rules->last_number, filter,
                                  alloc_string(text)};
    set->is.always = rule->always || rule->kind == GATE_HOLD;
    return set->number;
}

unsigned gate_rules_end_one(struct gate_rules *rules, gate_rules_test *test,
                            uint64_t what)
{
    for (size_t i = 0; i < rules->count; i++) {
        unsigned number = rules->items[i].number;

        if (!test(&rules->items[i], what))
            continue;
        remove_rule(rules, i);
        return number;
    }
    return 0;
}

/* ---- what a rule says to a packet ---- */

/* Learn what was recorded since. */
static void catch_up(struct gate_rules *rules)
{
    struct record record;
    struct track_note note;

    tap_publish(rules->tap);
    while (tap_reader_next(&rules->reader, &record))
        tracker_note(rules->tracker, &record, &note);
}

struct gate_verdict gate_rules_judge(struct gate_rules *rules,
                                     const struct record *record)
{
    struct history_row row = {.record = *record};
    struct gate_verdict verdict = {0};

    if (!rules->count)
        return verdict;
    catch_up(rules);
    row.record.seq = rules->tap->last_seq + 1;
    row.record.time_ns = rules->clock->wall_ns;
    /* For the tracker a dropped packet is one that has not happened: it learns
       of this one when it reads its record. */
    row.record.flags |= RECORD_DROPPED;
    tracker_note(rules->tracker, &row.record, &row.note);
    row.record.flags = record->flags;
    for (size_t i = 0; i < rules->count; i++) {
        const struct gate_set_rule *rule = &rules->items[i];

        if (!filter_match(rule->filter, &row, &rules->scratch))
            continue;
        verdict = (struct gate_verdict){rule->number, rule->is};
        if (!rule->is.always)
            remove_rule(rules, i);
        break;
    }
    return verdict;
}
