#include "labs/lab_near.h"

#include "base/alloc.h"
#include "wire/event.h"
#include "wire/filter.h"

#include <stdlib.h>
#include <string.h>

bool lab_near_is_about(const struct lab_near *rule, const char *check)
{
    size_t len = strlen(check);

    for (const char *at = rule->checks; at && *at;) {
        size_t word = strcspn(at, " ");

        if (word == len && !strncmp(at, check, len))
            return true;
        at += word + strspn(at + word, " ");
    }
    return false;
}

/* Is there still something to be done for which it is of use? */
static bool is_wanted(const struct lab_run_step *step,
                      const struct lab_near *rule)
{
    if (!rule->checks)
        return true;
    for (size_t i = 0; i < step->step->check_count; i++) {
        if (lab_near_is_about(rule, step->step->checks[i].id) &&
            !check_is_settled(step->checks[i]))
            return true;
    }
    return false;
}

/* message with {n} and {field} filled in from the row. */
static char *near_text(struct lab_run *run, const char *message,
                       const struct history_row *row)
{
    struct buf out = {0};
    uint64_t number = lab_run_shown(run, row->number);

    while (*message) {
        size_t len = strcspn(message, "{");
        size_t name = message[len] ? strcspn(message + len, "}") : 0;

        buf_append(&out, message, len);
        message += len;
        if (!*message || !message[name])
            break;
        char *field = alloc_string_of(message + 1, name - 1);
        if (!strcmp(field, "n"))
            buf_printf(&out, "%llu", (unsigned long long)number);
        else if (!filter_value(field, row, &run->scratch, &out))
            buf_append_string(&out, "?");
        free(field);
        message += name + 1;
    }
    buf_append_string(&out, message);
    return buf_take_string(&out);
}

/* What the lab's own clients do is nobody's mistake, unless the rule is about
   them. */
static bool is_near(struct lab_run *run, const struct lab_run_step *step,
                    size_t i, const struct history_row *row)
{
    bool theirs = row->record.actor == RECORD_SCRIPT;

    return (!theirs || strstr(step->step->near[i].filter, "lab.actor")) &&
           filter_match(step->near_filters[i], row, &run->scratch);
}

/* Where the rule has said something before; the last place when it has not. */
static size_t place_of(const struct lab_run_step *step,
                       const struct lab_near *rule)
{
    for (size_t i = 0; i < LAB_RUN_NEAR_MISSES; i++) {
        if (step->near[i].text && step->near[i].rule == rule)
            return i;
    }
    return LAB_RUN_NEAR_MISSES - 1;
}

/* What the lab's own clients do again and again is one near miss; a student
   who tries again is told again. */
static unsigned next_serial(struct lab_run_step *step,
                            const struct lab_near *rule,
                            const struct history_row *row)
{
    const struct lab_run_near *before = &step->near[place_of(step, rule)];

    if (row->record.actor == RECORD_SCRIPT && before->text &&
        before->rule == rule)
        return before->serial;
    return ++step->near_count;
}

/* In the place of what the same rule has said before. */
static void add(struct lab_run *run, struct lab_run_step *step,
                const struct lab_near *rule, const struct history_row *row)
{
    size_t place = place_of(step, rule);
    struct lab_run_near near = {
        .text = near_text(run, rule->message, row),
        .number = row->number,
        .rule = rule,
        .serial = next_serial(step, rule, row),
    };

    free(step->near[place].text);
    memmove(&step->near[1], &step->near[0], place * sizeof(step->near[0]));
    step->near[0] = near;
}

static void take_back(struct lab_run_step *step, const struct lab_near *rule)
{
    size_t place = place_of(step, rule);

    if (step->near[place].rule != rule)
        return;
    free(step->near[place].text);
    memmove(&step->near[place], &step->near[place + 1],
            (LAB_RUN_NEAR_MISSES - 1 - place) * sizeof(step->near[0]));
    step->near[LAB_RUN_NEAR_MISSES - 1] = (struct lab_run_near){0};
}

/* Rules of every lab, about no check. */
static const struct lab_near refused = {
    .message = (char[]){"The broker has not taken its configuration, and goes "
                        "on as before: {lab.text}."}};
static const struct lab_near warned = {
    .message = (char[]){"The broker has read its configuration again, but: "
                        "{lab.text}."}};

/* What the broker says to a configuration stands in its log, which nobody has
   before him. It holds until the broker has read another one. */
static void heed_broker(struct lab_run *run, struct lab_run_step *step,
                        const struct history_row *row)
{
    unsigned code =
        row->record.type == RECORD_EVT ? record_code(row->record.bytes) : 0;

    if (code != EVENT_CONFIG_READ && code != EVENT_CONFIG_REFUSED &&
        code != EVENT_BROKER_STARTED)
        return;
    take_back(step, &refused);
    take_back(step, &warned);
    if (record_get(row->record.bytes, RECORD_TEXT).len &&
        code != EVENT_BROKER_STARTED)
        add(run, step, code == EVENT_CONFIG_READ ? &warned : &refused, row);
}

void lab_near_note(struct lab_run *run, struct lab_run_step *step,
                   const struct history_row *row)
{
    heed_broker(run, step, row);
    for (size_t i = 0; i < step->step->near_count; i++) {
        const struct lab_near *rule = &step->step->near[i];

        if (!is_wanted(step, rule) || !is_near(run, step, i, row))
            continue;
        add(run, step, rule, row);
        return;
    }
}

bool lab_near_open(const struct lab_run_step *step, size_t i)
{
    return step->near[i].text && is_wanted(step, step->near[i].rule);
}

void lab_near_clear(struct lab_run_step *step)
{
    for (size_t i = 0; i < LAB_RUN_NEAR_MISSES; i++) {
        free(step->near[i].text);
        step->near[i] = (struct lab_run_near){0};
    }
}
