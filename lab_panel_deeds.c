/*
 * What can be done in the lab view.
 */
#include "lab_panel_state.h"
#include "labs/lab_broker.h"
#include "labs/lab_score.h"

#include <errno.h>
#include <stdio.h>

/* ---- actions ---- */

static const char at_the_end[] = "this is the end; p goes back to a step";

static const char *go(struct lab_panel *panel, int by)
{
    size_t to = lab_panel_state_run(panel)->current + (size_t)by;
    bool was_at_end = panel->at_end;

    panel->at_end = to == lab_panel_state_run(panel)->lab->step_count;
    if (panel->at_end || was_at_end) {
        lab_panel_step_lines(panel);
        return panel->at_end ? "this is the end; S says how to hand it in" : "";
    }
    if (to >= lab_panel_state_run(panel)->lab->step_count)
        return "this is the first step";
    live_begin_step(&panel->live, to);
    lab_panel_step_lines(panel);
    const struct lab_step *missing = lab_score_missing(
        lab_panel_state_run(panel), lab_panel_state_step(panel));
    if (!missing)
        return "";
    snprintf(panel->said, sizeof(panel->said),
             "this step builds on '%s', which is not done yet", missing->title);
    return panel->said;
}

static const char *next(void *lab)
{
    return go(lab, 1);
}

static const char *previous(void *lab)
{
    return go(lab, -1);
}

static const char *open_hint(void *lab)
{
    struct lab_panel *panel = lab;

    if (panel->at_end)
        return at_the_end;
    if (live_hint(&panel->live))
        return "";
    return lab_panel_state_step(panel)->step->hint_count
               ? "there are no more hints"
               : "this step has no hints";
}

/* What the broker says about it belongs to what is over: so the step begins
   again when that was seen, with the next tick. */
static const char *reset(void *lab)
{
    struct lab_panel *panel = lab;
    if (panel->at_end)
        return at_the_end;
    int result = lab_broker_reset(panel->port);

    panel->resets = true;
    panel->next_command = 0;
    lab_actors_leave(&panel->actors);
    return result
               ? "this step begins again; the broker keeps what it has"
               : "this step begins again: start your clients anew, too; only what "
                 "comes now counts";
}

/* The lines to type, one for each press, from the first again at the end. */
static const char *run_command(void *lab)
{
    struct lab_panel *panel = lab;

    lab_panel_step_lines(panel);
    for (size_t tries = 0; tries < panel->lines.count; tries++) {
        const struct lab_panel_line *at =
            &panel->lines.items[panel->next_command++ % panel->lines.count];

        if (at->kind != PANEL_COMMAND)
            continue;
        int result = lab_actors_run(&panel->actors, at->text,
                                    panel->live.workspace.path, panel->port);
        snprintf(panel->said, sizeof(panel->said), "%s: %s",
                 !result               ? "runs (output: run.log)"
                 : result == -EALREADY ? "runs already"
                                       : "too many commands are running",
                 at->text);
        return panel->said;
    }
    return "there is nothing to type in this step";
}

static bool runs_broker(void *lab)
{
    return lab_actors_run_broker(&((struct lab_panel *)lab)->actors);
}

static const char *answer(void *lab, const char *text)
{
    struct lab_panel *panel = lab;
    struct lab_run_step *current = lab_panel_state_step(panel);
    size_t at = lab_panel_step_question(current);

    if (!current->step->question_count || panel->at_end)
        return "there is no question here";
    const struct lab_run_question *state = &current->questions[at];
    if (!live_answer(&panel->live, current->step->questions[at].id, text))
        return "answered rightly already; this was not judged";
    if (state->right)
        return "right";
    if (state->taken)
        return "noted: a person reads it and gives the points";
    if (state->remark)
        return state->remark;
    /* With the answer: so a second one in vain is seen to be another. */
    snprintf(panel->said, sizeof(panel->said), "not right yet: %s", text);
    return panel->said;
}

static const char *submit(void *lab)
{
    struct lab_panel *panel = lab;

    snprintf(panel->said, sizeof(panel->said),
             "leave with q, then: mqttlab submit %s",
             lab_panel_state_run(panel)->lab->id);
    return panel->said;
}

void lab_panel_deeds_functions(struct panel *panel)
{
    panel->next = next;
    panel->previous = previous;
    panel->open_hint = open_hint;
    panel->reset = reset;
    panel->run = run_command;
    panel->runs_broker = runs_broker;
    panel->answer = answer;
    panel->submit = submit;
}
