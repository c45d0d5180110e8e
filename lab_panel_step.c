/*
 * What the lab view shows: the lab, the text of a step, its checks, hints and
 * questions.
 */
#include "base/buf.h"
#include "lab_panel_state.h"
#include "labs/check.h"
#include "labs/lab_lost.h"
#include "labs/lab_near.h"
#include "labs/lab_score.h"

#include <stdio.h>
#include <string.h>

/* ---- the lab and its steps ---- */

static const char *title(void *lab)
{
    struct lab_panel *panel = lab;
    const struct lab *spec = lab_panel_state_run(panel)->lab;

    snprintf(panel->title, sizeof(panel->title), "%s %.*s  %s",
             spec->is_exercise ? "Exercise" : "Lab",
             (int)strcspn(spec->id, "-"), spec->id, spec->title);
    return panel->title;
}

static void points(void *lab, unsigned *reached, unsigned *of)
{
    *reached = lab_score_points(lab_panel_state_run(lab));
    *of = lab_panel_state_run(lab)->lab->points;
}

static size_t steps(void *lab)
{
    return lab_panel_state_run(lab)->lab->step_count;
}

static void step(void *lab, size_t index, struct panel_step *out)
{
    const struct lab_run *run = lab_panel_state_run(lab);

    *out = (struct panel_step){
        .title = run->steps[index].step->title,
        .done = lab_run_step_complete(&run->steps[index]),
        .shown = index == run->current,
    };
}

/* ---- the text of the step ---- */

void lab_panel_step_lines(struct lab_panel *panel)
{
    const struct lab_run *run = lab_panel_state_run(panel);
    size_t page = run->current + 1 + panel->at_end;

    if (panel->page == page)
        return;
    panel->page = page;
    if (panel->at_end) {
        lab_panel_lines_make_end(&panel->lines, run);
        return;
    }
    panel->next_command = 0;
    lab_panel_lines_make(&panel->lines, run, panel->port);
}

static size_t lines(void *lab)
{
    lab_panel_step_lines(lab);
    return ((struct lab_panel *)lab)->lines.count;
}

static void line(void *lab, size_t index, struct panel_line *out)
{
    const struct lab_panel *panel = lab;

    *out = (struct panel_line){.kind = panel->lines.items[index].kind,
                               .text = panel->lines.items[index].text,
                               .hang = panel->lines.items[index].hang};
}

/* ---- checks, hints, near misses, questions ---- */

static size_t checks(void *lab)
{
    return lab_panel_state_step(lab)->step->check_count;
}

static enum panel_state state_of(enum check_result result)
{
    switch (result) {
    case CHECK_WAITING: return PANEL_WAITING;
    case CHECK_PASSED:
    case CHECK_UNMARKED: return PANEL_PASSED;
    case CHECK_FAILED: return PANEL_FAILED;
    case CHECK_SKIPPED:
    case CHECK_UNDECIDED: return PANEL_SKIPPED;
    }
    return PANEL_WAITING;
}

/* The packet that completed what proves a check, the last one of a sequence; 0
   when none is shown in this sitting. */
static uint64_t proof_of(const struct lab_run *run,
                         const struct check_status *status)
{
    uint64_t shown = 0;

    for (unsigned i = status->evidence_count; i > 0 && !shown; i--)
        shown = lab_run_shown(run, status->evidence[i - 1]);
    return shown;
}

/* "packets 26, 30": those of this sitting, each once (an event has the number
   of the packet before it). One needs no words. */
static void set_packets(struct lab_panel *panel,
                        const struct check_status *status)
{
    struct buf text = {0};
    unsigned count = 0;
    uint64_t last = 0;

    for (unsigned i = 0; i < status->evidence_count; i++) {
        uint64_t number =
            lab_run_shown(lab_panel_state_run(panel), status->evidence[i]);

        if (number && number != last)
            buf_printf(&text, "%s%llu", count++ ? ", " : "packets ",
                       (unsigned long long)number);
        last = number;
    }
    if (count > 1)
        snprintf(panel->detail, sizeof(panel->detail), "%s", buf_string(&text));
    buf_release(&text);
}

/* Why it failed, or where its proof is when it cannot be looked at. */
static void set_detail(struct lab_panel *panel, size_t index, uint64_t proof)
{
    const struct lab_run_step *current = lab_panel_state_step(panel);
    const struct check *check = current->checks[index];
    const struct check_status *status = check_status(check);
    struct buf expected = {0};
    struct buf actual = {0};

    panel->detail[0] = '\0';
    if (status->result == CHECK_FAILED || status->result == CHECK_UNDECIDED) {
        check_explain(check, &expected, &actual);
        snprintf(panel->detail, sizeof(panel->detail), "%s",
                 buf_string(&actual));
    } else if (status->result == CHECK_UNMARKED) {
        snprintf(panel->detail, sizeof(panel->detail),
                 "its points a person gives");
    } else if (check_reason(check)) {
        snprintf(panel->detail, sizeof(panel->detail), "%s",
                 check_reason(check));
    } else if (lab_lost(current, index)) {
        snprintf(panel->detail, sizeof(panel->detail), "this had passed");
    } else if (status->result == CHECK_PASSED && status->evidence_count &&
               !proof) {
        snprintf(panel->detail, sizeof(panel->detail),
                 "packet %llu, in an earlier sitting",
                 (unsigned long long)status->evidence[0]);
    } else if (status->result == CHECK_PASSED) {
        set_packets(panel, status);
    }
    buf_release(&expected);
    buf_release(&actual);
}

static void check(void *lab, size_t index, struct panel_check *out)
{
    struct lab_panel *panel = lab;
    const struct lab_run_step *current = lab_panel_state_step(panel);
    const struct check *checked = current->checks[index];
    const struct check_status *status = check_status(checked);
    uint64_t proof = status->result == CHECK_WAITING
                         ? 0
                         : proof_of(lab_panel_state_run(panel), status);

    bool so_far = lab_score_so_far(current, index);

    set_detail(panel, index, proof);
    if (so_far)
        snprintf(panel->detail, sizeof(panel->detail), "so far");
    *out = (struct panel_check){
        .text = current->step->checks[index].title,
        .detail = panel->detail,
        .points = current->step->checks[index].points,
        .state = so_far ? PANEL_WAITING : state_of(status->result),
        .packet = proof,
    };
}

static const char *trouble(void *lab)
{
    const struct lab_panel *panel = lab;
    const char *text = panel->ended ? panel->ended : live_trouble(&panel->live);

    return text ? text : "";
}

static const char *lost(void *lab)
{
    const char *text = ((struct lab_panel *)lab)->lost;

    return text ? text : "";
}

static size_t hints(void *lab)
{
    return ((struct lab_panel *)lab)->at_end
               ? 0
               : lab_panel_state_step(lab)->step->hint_count;
}

static size_t hints_open(void *lab)
{
    return lab_panel_state_step(lab)->hints_open;
}

static const char *hint(void *lab, size_t index)
{
    return lab_panel_state_step(lab)->step->hints[index].text;
}

static unsigned hint_costs(void *lab)
{
    const struct lab_run_step *current = lab_panel_state_step(lab);

    return current->hints_open < current->step->hint_count
               ? current->step->hints[current->hints_open].cost
               : 0;
}

/* The index-th near miss that is still of use, newest first; NULL: there is
   none. What an earlier sitting missed cannot be looked at. */
static const char *near_miss(void *lab, size_t index)
{
    const struct lab_run_step *current = lab_panel_state_step(lab);

    for (size_t i = 0; i < LAB_RUN_NEAR_MISSES; i++) {
        const struct lab_run_near *near = &current->near[i];
        bool here = !near->number /* an event has none */ ||
                    lab_run_shown(lab_panel_state_run(lab), near->number);

        if (here && lab_near_open(current, i) && !index--)
            return near->text;
    }
    return NULL;
}

static size_t near_misses(void *lab)
{
    size_t count = 0;

    if (lab_score_step_seen(lab_panel_state_step(lab)))
        return 0;
    while (near_miss(lab, count))
        count++;
    return count;
}

size_t lab_panel_step_question(const struct lab_run_step *current)
{
    size_t count = current->step->question_count;

    for (size_t i = 0; i < count; i++) {
        if (!current->questions[i].taken)
            return i;
    }
    return count ? count - 1 : 0;
}

static bool question(void *lab, struct panel_question *out)
{
    const struct lab_run_step *current = lab_panel_state_step(lab);
    size_t at = lab_panel_step_question(current);

    if (!current->step->question_count || ((struct lab_panel *)lab)->at_end)
        return false;
    const struct lab_run_question *state = &current->questions[at];
    *out = (struct panel_question){
        .text = current->step->questions[at].ask,
        .answer = state->answer ? state->answer : "",
        .state = state->taken ? PANEL_PASSED : PANEL_WAITING,
        .closed = state->right,
        .remark = state->remark   ? state->remark
                  : state->right  ? ""
                  : state->taken  ? "a person reads it and gives the points"
                  : state->answer ? "not right yet"
                                  : "",
    };
    return true;
}

void lab_panel_step_functions(struct panel *panel)
{
    panel->title = title;
    panel->points = points;
    panel->steps = steps;
    panel->step = step;
    panel->lines = lines;
    panel->line = line;
    panel->trouble = trouble;
    panel->lost = lost;
    panel->checks = checks;
    panel->check = check;
    panel->hints = hints;
    panel->hints_open = hints_open;
    panel->hint = hint;
    panel->hint_costs = hint_costs;
    panel->near_misses = near_misses;
    panel->near_miss = near_miss;
    panel->question = question;
}
