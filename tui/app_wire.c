/*
 * What is done to packets on their way, and to connections.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/app.h"
#include "tui/presets.h"

bool app_can_do(struct app *app)
{
    if (app->deeds)
        return true;
    app_say(app, "%s",
            app->no_deeds ? app->no_deeds : "a recording cannot be changed");
    return false;
}

/* Can a rule have this filter? Says why not. */
static bool is_for_rules(struct app *app, const char *text)
{
    struct filter_error error;
    struct filter *filter = filter_new(text, &error);
    const char *unknown = filter ? filter_hindsight(filter) : NULL;

    if (!filter)
        app_say(app, "column %u of the filter: %s", error.column,
                error.message);
    else if (unknown)
        app_say(app,
                "a packet has no %s before it has passed: use a field of "
                "its own, as mqtt.topic",
                unknown);
    bool good = filter && !unknown;
    filter_free(filter);
    return good;
}

/* ---- holding ---- */

void app_hold(struct app *app, const char *filter)
{
    struct app_rule rule = {
        .kind = "hold", .filter = presets_expand(filter), .always = true};

    if (!app_can_do(app) || !is_for_rules(app, rule.filter))
        return;
    if (app->holding)
        app->deeds->unrule(app->deeds->owner, "hold");
    const char *said =
        app->deeds->rule(app->deeds->owner, &rule, &app->holding);
    app_say(app,
            app->holding
                ? "%s holds what matches: . lets one go, A all, i ends it"
                : "%s",
            said);
}

void app_end_rules(struct app *app)
{
    if (!app_can_do(app))
        return;
    app_say(app, "%s", app->deeds->unrule(app->deeds->owner, NULL));
    app->holding = false;
}

void app_list_rules(struct app *app)
{
    const struct model *model = app->store->model;
    struct buf text = {0};

    for (size_t i = 0; i < model->rule_count; i++)
        buf_printf(&text, "%srule %u: %s", i ? "; " : "",
                   model->rules[i].number, model->rules[i].text);
    app_say(app, "%s", text.len ? buf_string(&text) : "no rule is in force");
    buf_release(&text);
}

void app_release(struct app *app, uint64_t seq, bool all)
{
    if (app_can_do(app))
        app_say(app, "%s", app->deeds->release(app->deeds->owner, seq, all));
}

static void toggle_hold(struct app *app)
{
    if (!app_can_do(app))
        return;
    if (!app->holding) {
        app_ask(app, APP_HOLD, "");
        return;
    }
    app->holding = false;
    app_say(app, "nothing is held any more (%s)",
            app->deeds->unrule(app->deeds->owner, "hold"));
}

static void end_chosen(struct app *app, bool drop)
{
    struct history_row row;
    uint64_t position = store_chosen_at(app->store, STORE_PACKETS);

    if (!store_row(app->store, position, &row) ||
        !model_waits(app->store->model, row.record.seq))
        app_say(app, "the chosen packet is not held");
    else if (!drop)
        app_release(app, row.record.seq, false);
    else if (app_can_do(app))
        app_say(app, "%s", app->deeds->drop(app->deeds->owner, row.record.seq));
}

/* ---- disturbing ---- */

/* "3s", "500ms", "3": milliseconds, or 0; *text goes behind it. */
static unsigned take_time(const char **text)
{
    char *end = NULL;
    double number = strtod(*text, &end);
    double ms = number * 1000;

    if (end == *text)
        return 0;
    if (!strncmp(end, "ms", 2)) {
        ms = number;
        end += 2;
    } else if (*end == 's') {
        end++;
    }
    *text = end + strspn(end, " ");
    return ms >= 1 && ms <= 600000 ? (unsigned)ms : 0;
}

void app_disturb(struct app *app, const char *kind, const char *rest)
{
    static const char always[] = "always";
    struct app_rule rule = {.kind = kind};

    if (!app_can_do(app))
        return;
    if (!strcmp(kind, "delay")) {
        rule.ms = take_time(&rest);
        if (!rule.ms) {
            app_say(app, "a time is needed first, 1ms to 600s: 3s");
            return;
        }
    }
    if (!strncmp(rest, always, strlen(always)) &&
        strchr(" ", rest[strlen(always)])) {
        rule.always = true;
        rest += strlen(always);
        rest += strspn(rest, " ");
    }
    rule.filter = rest = presets_expand(rest);
    if (!is_for_rules(app, rest))
        return;
    bool set = false;
    const char *said = app->deeds->rule(app->deeds->owner, &rule, &set);
    char how[40];

    snprintf(how, sizeof(how), rule.ms ? "%s %u ms" : "%s", kind, rule.ms);
    if (set)
        app_say(app, "%s: %s %s, %s; :rules-off ends it", said, how,
                rule.always ? "always" : "once",
                *rest ? rest : "whatever comes");
    else
        app_say(app, "%s", said);
}

/* ---- notes ---- */

/* The view may have chosen something that is in no list of packets. */
static uint64_t chosen_in(const struct app *app)
{
    const struct view *view = app->views[app->view];

    return view->class->chosen ? view->class->chosen(view)
                               : store_chosen_at(app->store, STORE_ALL);
}

/* All who watch the broker see it; one in a recording, or on a packet of a
   broker that is gone, stands here alone, until it is written. */
void app_note(struct app *app, const char *text)
{
    struct history_row row;

    if (!store_row(app->store, chosen_in(app), &row)) {
        app_say(app, "there is no packet to write a note on");
        return;
    }
    if (!*text)
        return;
    if (app->deeds && row.record.seq > app->store->seq_offset) {
        app_say(app, "%s",
                app->deeds->note(app->deeds->owner, row.record.seq, text));
        return;
    }
    store_note(app->store, row.record.seq, text);
    app_say(app, "noted");
}

bool app_act_on_wire(struct app *app, enum action action)
{
    if (action == ACTION_HOLD)
        toggle_hold(app);
    else if (action == ACTION_STEP && app->mode == APP_REPLAY)
        app->step = true;
    else if (action == ACTION_STEP)
        app_release(app, 0, false);
    else if (action == ACTION_RELEASE)
        end_chosen(app, false);
    else if (action == ACTION_DROP_HELD)
        end_chosen(app, true);
    else if (action == ACTION_RELEASE_ALL)
        app_release(app, 0, true);
    else if (action == ACTION_SEND_AGAIN)
        app_send_again(app);
    else if (action == ACTION_NOTE)
        app_ask(app, APP_NOTE, "");
    else
        return false;
    return true;
}
