#include "lab_panel.h"

#include "base/alloc.h"
#include "lab_panel_lines.h"
#include "labs/board.h"
#include "labs/lab_actors.h"
#include "labs/lab_broker.h"
#include "labs/lab_plain.h"
#include "labs/live.h"
#include "labs/ports.h"
#include "tui/dashboard.h"
#include "tui/panel.h"
#include "wire/event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lab_panel {
    struct panel panel;
    const struct lab_plain_options *options;
    struct live live;
    struct lab_actors actors;
    struct board board;
    uint16_t port;
    uint16_t ports[PORTS_COUNT + 1]; /* and the others of its broker, then 0 */
    uint64_t position; /* rows of the dashboard's history already fed */
    uint64_t last_seq;
    struct lab_panel_lines lines;
    size_t page;         /* that they are of: index + 1 of a step; the end has
                            one more */
    size_t next_command; /* for run */
    bool at_end;         /* the page behind the last step is shown */
    bool has_broker;     /* one was seen */
    bool resets;         /* the step begins again with the next tick */
    char said[400];
    char title[200];
    char detail[160];
};

static struct lab_run *run_of(const struct lab_panel *panel)
{
    return panel->live.run;
}

static struct lab_run_step *shown(const struct lab_panel *panel)
{
    return live_step(&panel->live);
}

/* ---- the lab and its steps ---- */

static const char *title(void *lab)
{
    struct lab_panel *panel = lab;
    const struct lab *spec = run_of(panel)->lab;

    snprintf(panel->title, sizeof(panel->title), "%s %.*s  %s",
             spec->is_exercise ? "Exercise" : "Lab",
             (int)strcspn(spec->id, "-"), spec->id, spec->title);
    return panel->title;
}

static void points(void *lab, unsigned *reached, unsigned *of)
{
    *reached = lab_run_points(run_of(lab));
    *of = run_of(lab)->lab->points;
}

static size_t steps(void *lab)
{
    return run_of(lab)->lab->step_count;
}

static void step(void *lab, size_t index, struct panel_step *out)
{
    const struct lab_run *run = run_of(lab);

    *out = (struct panel_step){
        .title = run->steps[index].step->title,
        .done = lab_run_step_complete(&run->steps[index]),
        .shown = index == run->current,
    };
}

/* ---- the text of the step ---- */

static void make_lines(struct lab_panel *panel)
{
    const struct lab_run *run = run_of(panel);
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
    make_lines(lab);
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
    return shown(lab)->step->check_count;
}

static enum panel_state state_of(enum check_result result)
{
    switch (result) {
    case CHECK_WAITING: return PANEL_WAITING;
    case CHECK_PASSED: return PANEL_PASSED;
    case CHECK_FAILED: return PANEL_FAILED;
    case CHECK_SKIPPED:
    case CHECK_UNDECIDED: return PANEL_SKIPPED;
    }
    return PANEL_WAITING;
}

/* The first packet that proved a check and is shown in this sitting: a sequence
   may have begun in an earlier one. */
static uint64_t proof_of(const struct lab_run *run,
                         const struct check_status *status)
{
    uint64_t shown = 0;

    for (unsigned i = 0; i < status->evidence_count && !shown; i++)
        shown = lab_run_shown(run, status->evidence[i]);
    return shown;
}

/* "packets 26, 30": those of this sitting. One needs no words. */
static void set_packets(struct lab_panel *panel,
                        const struct check_status *status)
{
    struct buf text = {0};
    unsigned count = 0;

    for (unsigned i = 0; i < status->evidence_count; i++) {
        uint64_t number = lab_run_shown(run_of(panel), status->evidence[i]);

        if (number)
            buf_printf(&text, "%s%llu", count++ ? ", " : "packets ",
                       (unsigned long long)number);
    }
    if (count > 1)
        snprintf(panel->detail, sizeof(panel->detail), "%s", buf_string(&text));
    buf_release(&text);
}

/* Why it failed, or where its proof is when it cannot be looked at. */
static void set_detail(struct lab_panel *panel, const struct check *check,
                       uint64_t proof)
{
    const struct check_status *status = check_status(check);
    struct buf expected = {0};
    struct buf actual = {0};

    panel->detail[0] = '\0';
    if (status->result == CHECK_FAILED || status->result == CHECK_UNDECIDED) {
        check_explain(check, &expected, &actual);
        snprintf(panel->detail, sizeof(panel->detail), "%s",
                 buf_string(&actual));
    } else if (check_reason(check)) {
        snprintf(panel->detail, sizeof(panel->detail), "%s",
                 check_reason(check));
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
    const struct lab_run_step *current = shown(panel);
    const struct check *checked = current->checks[index];
    const struct check_status *status = check_status(checked);
    uint64_t proof =
        status->result == CHECK_WAITING ? 0 : proof_of(run_of(panel), status);

    bool so_far = lab_run_so_far(current, index);

    set_detail(panel, checked, proof);
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
    const char *text = live_trouble(&((struct lab_panel *)lab)->live);

    return text ? text : "";
}

static size_t hints(void *lab)
{
    return ((struct lab_panel *)lab)->at_end ? 0 : shown(lab)->step->hint_count;
}

static size_t hints_open(void *lab)
{
    return shown(lab)->hints_open;
}

static const char *hint(void *lab, size_t index)
{
    return shown(lab)->step->hints[index].text;
}

static unsigned hint_costs(void *lab)
{
    const struct lab_run_step *current = shown(lab);

    return current->hints_open < current->step->hint_count
               ? current->step->hints[current->hints_open].cost
               : 0;
}

static size_t near_misses(void *lab)
{
    const struct lab_run_near *near = shown(lab)->near;
    size_t count = 0;

    /* Newest first; what an earlier sitting missed cannot be looked at. An
       event has no number. */
    while (
        count < LAB_RUN_NEAR_MISSES && near[count].text &&
        (!near[count].number || lab_run_shown(run_of(lab), near[count].number)))
        count++;
    return lab_run_step_seen(shown(lab)) ? 0 : count;
}

static const char *near_miss(void *lab, size_t index)
{
    return shown(lab)->near[index].text;
}

/* The first question that is not answered rightly; else the last one. */
static size_t open_question(const struct lab_run_step *current)
{
    size_t count = current->step->question_count;

    for (size_t i = 0; i < count; i++) {
        if (!current->questions[i].right)
            return i;
    }
    return count ? count - 1 : 0;
}

static bool question(void *lab, struct panel_question *out)
{
    const struct lab_run_step *current = shown(lab);
    size_t at = open_question(current);

    if (!current->step->question_count || ((struct lab_panel *)lab)->at_end)
        return false;
    const struct lab_run_question *state = &current->questions[at];
    *out = (struct panel_question){
        .text = current->step->questions[at].ask,
        .answer = state->answer ? state->answer : "",
        .state = state->right ? PANEL_PASSED : PANEL_WAITING,
        .remark = state->remark                    ? state->remark
                  : state->answer && !state->right ? "not right yet"
                                                   : "",
    };
    return true;
}

/* ---- what passes ---- */

/* Its connections are numbered from 1 again. */
static bool is_new_broker(const struct record *record)
{
    return record->type == RECORD_EVT &&
           record_code(record->bytes) == EVENT_BROKER_STARTED;
}

/* The first broker was there before the lab, or was started for it. */
static void begin_with_broker(struct lab_panel *panel)
{
    if (panel->has_broker)
        live_new_broker(&panel->live);
    else
        live_new_source(&panel->live);
    panel->has_broker = true;
}

static bool tick(void *lab, const struct history *history, uint64_t now_ns)
{
    struct lab_panel *panel = lab;
    struct history_row row;
    uint64_t end = history_end(history);
    bool changed = panel->position != end;

    (void)now_ns;
    if (panel->position < history_first(history)) {
        live_lose(&panel->live, history_first(history) - panel->position);
        panel->position = history_first(history);
    }
    for (; panel->position < end; panel->position++) {
        if (!history_get(history, panel->position, &row))
            continue;
        if (row.record.seq <= panel->last_seq || is_new_broker(&row.record)) {
            begin_with_broker(panel);
            lab_actors_leave(
                &panel->actors); /* it does not know whose they are */
        }
        panel->last_seq = row.record.seq;
        if (row.number)
            lab_run_show_next_as(run_of(panel), row.number);
        live_feed(&panel->live, &row.record);
    }
    if (panel->resets)
        live_reset_step(&panel->live);
    panel->resets = false;
    live_tick(&panel->live);
    board_tick(&panel->board, run_of(panel));
    lab_actors_start(&panel->actors, shown(panel)->step,
                     panel->live.workspace.path, panel->port);
    return changed;
}

/* ---- actions ---- */

static const char at_the_end[] = "this is the end; p goes back to a step";

static const char *go(struct lab_panel *panel, int by)
{
    size_t to = run_of(panel)->current + (size_t)by;
    bool was_at_end = panel->at_end;

    panel->at_end = to == run_of(panel)->lab->step_count;
    if (panel->at_end || was_at_end) {
        make_lines(panel);
        return panel->at_end ? "this is the end; S says how to hand it in" : "";
    }
    if (to >= run_of(panel)->lab->step_count)
        return "this is the first step";
    live_begin_step(&panel->live, to);
    make_lines(panel);
    const struct lab_step *missing =
        lab_run_missing(run_of(panel), shown(panel));
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
    return hints(lab) ? "there are no more hints" : "this step has no hints";
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
    return result ? "this step begins again; the broker keeps what it has"
                  : "this step begins again; only packets from now on count";
}

/* The lines to type, one for each press, from the first again at the end. */
static const char *run_command(void *lab)
{
    struct lab_panel *panel = lab;

    make_lines(panel);
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

static const char *answer(void *lab, const char *text)
{
    struct lab_panel *panel = lab;
    struct lab_run_step *current = shown(panel);
    size_t at = open_question(current);

    if (!current->step->question_count || panel->at_end)
        return "there is no question here";
    live_answer(&panel->live, current->step->questions[at].id, text);
    const struct lab_run_question *state = &current->questions[at];
    if (state->right)
        return "right";
    return state->remark ? state->remark : "not right yet";
}

static const char *submit(void *lab)
{
    struct lab_panel *panel = lab;

    snprintf(panel->said, sizeof(panel->said),
             "leave with q, then: mqttlab submit %s", run_of(panel)->lab->id);
    return panel->said;
}

/* ---- life and death ---- */

static const struct panel functions = {
    .title = title,
    .points = points,
    .steps = steps,
    .step = step,
    .lines = lines,
    .line = line,
    .trouble = trouble,
    .checks = checks,
    .check = check,
    .hints = hints,
    .hints_open = hints_open,
    .hint = hint,
    .hint_costs = hint_costs,
    .near_misses = near_misses,
    .near_miss = near_miss,
    .question = question,
    .tick = tick,
    .next = next,
    .previous = previous,
    .open_hint = open_hint,
    .reset = reset,
    .run = run_command,
    .answer = answer,
    .submit = submit,
};

static int open_live(struct lab_panel *panel,
                     const struct lab_plain_options *options, char *error,
                     size_t error_size)
{
    int result = live_open(&panel->live, options->name, options->dir,
                           options->student, error, error_size);

    if (result != -ENODATA)
        return result;
    char *student = lab_plain_ask_student();
    if (student)
        result = live_open(&panel->live, options->name, options->dir, student,
                           error, error_size);
    else
        snprintf(error, error_size, "no id was given");
    free(student);
    return result;
}

/* The lab again, whose texts name another port now. */
static int reopen(struct lab_panel *panel)
{
    char error[600];

    live_close(&panel->live);
    panel->page = 0;
    if (open_live(panel, panel->options, error, sizeof(error)) != 0) {
        fprintf(stderr, "mqttlab lab: %s\n", error);
        return -EIO;
    }
    lab_run_show_next_as(run_of(panel), 1);
    return 0;
}

static void set_port(struct lab_panel *panel, uint16_t port)
{
    ports_set(PORTS_MQTT, port);
    panel->port = port;
    for (int i = PORTS_MQTT; i < PORTS_COUNT; i++)
        panel->ports[i] = ports_number((enum ports_kind)i);
}

/* Its broker is where there was room. */
static int on_port(void *owner, uint16_t port)
{
    struct lab_panel *panel = owner;

    bool other = port != panel->port;

    set_port(panel, port);
    if (other && reopen(panel) != 0)
        return -EIO;
    return lab_broker_config(run_of(panel)->lab, panel->live.workspace.path,
                             port)
               ? 0
               : -errno;
}

int lab_panel_run(const struct lab_plain_options *options)
{
    struct lab_panel panel = {.panel = functions, .options = options};
    char error[600];

    set_port(&panel, options->port);
    if (open_live(&panel, options, error, sizeof(error)) != 0) {
        fprintf(stderr, "mqttlab lab: %s\n", error);
        return 1;
    }
    if (!board_open(&panel.board, options->board, panel.live.workspace.student,
                    run_of(&panel)->lab->id, error, sizeof(error))) {
        fprintf(stderr, "mqttlab lab: %s\n", error);
        live_close(&panel.live);
        return 1;
    }
    panel.panel.lab = &panel;
    lab_run_show_next_as(run_of(&panel), 1);
    /* Of their own: the lab may be opened again, for another port. */
    const char *conf = run_of(&panel)->lab->config;
    char *config = alloc_string(conf ? conf : "broker.conf");
    char *folder = alloc_string(panel.live.workspace.path);
    struct dashboard_options dashboard = {.port = options->port,
                                          .ports = panel.ports,
                                          .config = config,
                                          .folder = folder,
                                          .lab = &panel.panel,
                                          .watch = true,
                                          .on_port = on_port,
                                          .owner = &panel};
    int status = dashboard_run(&dashboard);

    if (run_of(&panel))
        lab_plain_goodbye(run_of(&panel), options->name);
    lab_actors_stop(&panel.actors);
    board_close(&panel.board);
    live_close(&panel.live);
    lab_panel_lines_release(&panel.lines);
    free(config);
    free(folder);
    return status;
}
