/*
 * The rules that disturb the traffic, as the broker's events tell of them:
 * "rule 3: always drop mqtt.qos == 2", "rule 3", "dropped (rule 3)".
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/model_parts.h"
#include "wire/event.h"

#define DIGITS "0123456789"

static void end_rule(struct model *model, size_t at)
{
    free(model->rules[at].text);
    model->rule_count--;
    memmove(model->rules + at, model->rules + at + 1,
            (model->rule_count - at) * sizeof(*model->rules));
}

/* A snapshot tells of one again, whenever somebody else begins to watch. */
static bool is_known(const struct model *model, unsigned long number)
{
    for (size_t i = 0; i < model->rule_count; i++) {
        if (model->rules[i].number == number)
            return true;
    }
    return false;
}

static void set_rule(struct model *model, const char *text)
{
    char *rest = NULL;
    unsigned long number = strtoul(text + strcspn(text, DIGITS), &rest, 10);

    if (is_known(model, number))
        return;
    if (model->rule_count == MODEL_RULES_MAX || strncmp(rest, ": ", 2) != 0)
        return;
    model->rules[model->rule_count++] = (struct model_rule){
        .number = (unsigned)number, .text = alloc_string(rest + 2)};
}

/* A rule ended, or one for a single packet has had it. */
static void did_rule(struct model *model, const char *text, bool ended)
{
    /* "dropped (rule 3)" */
    const char *named = strrchr(text, '(');
    const char *at = named ? named : text;
    unsigned long number = strtoul(at + strcspn(at, DIGITS), NULL, 10);

    for (size_t i = 0; i < model->rule_count; i++) {
        const struct model_rule *rule = &model->rules[i];
        bool always = !strncmp(rule->text, "always ", strlen("always "));

        if (rule->number != number || (always && !ended))
            continue;
        end_rule(model, i);
        return;
    }
}

void model_rule_event(struct model *model, const struct history_row *row)
{
    unsigned code = record_code(row->record.bytes);
    struct slice said = record_get(row->record.bytes, RECORD_TEXT);

    if (code != EVENT_RULE_SET && code != EVENT_RULE_ENDED &&
        code != EVENT_RULE_DID)
        return;
    char *text = alloc_string_of((const char *)said.bytes, said.len);
    if (code == EVENT_RULE_SET)
        set_rule(model, text);
    else
        did_rule(model, text, code == EVENT_RULE_ENDED);
    free(text);
}

void model_rules_end(struct model *model)
{
    while (model->rule_count)
        end_rule(model, model->rule_count - 1);
}
