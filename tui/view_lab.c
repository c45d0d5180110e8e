/*
 * Lab: the text of the step beside its checks, questions and hints.
 */

#include "base/alloc.h"
#include "tui/lab_checks.h"
#include "tui/lab_line.h"
#include "tui/view.h"

enum pane { PANE_TEXT, PANE_CHECKS, PANES };

struct view_lab {
    struct view view;
    int top;      /* first line of the text that is seen */
    int lines;    /* of the text when drawn last */
    int height;   /* of the text's pane */
    size_t check; /* chosen */
    int checks_x; /* where the checks begin; 0: below the text */
    int checks_y;
    bool to_end;       /* the next drawing shows the end of the text */
    bool to_question;  /* or its question */
    size_t shown_step; /* to begin a new step at its top */
};

/* ---- the text ---- */

/* Own words may need more than a line. */
static int draw_answer(const struct area *area, int y, const char *answer)
{
    struct buf text = {0};

    buf_printf(&text, "[x] answered: %s", answer);
    int lines = view_paragraph(area, y, STYLE_GOOD, buf_string(&text));
    buf_release(&text);
    return lines;
}

static int draw_question(const struct view_lab *view, const struct area *area,
                         int y)
{
    const struct panel *lab = view->view.lab;
    struct panel_question question = {0};

    if (!lab->question(lab->lab, &question) || !question.text)
        return y;
    y += 1 + view_prose(area, y + 1, STYLE_HEADING, question.text);
    if (question.state == PANEL_PASSED)
        y += draw_answer(area, y, question.answer);
    else
        grid_text(area, y++, 0, STYLE_KEY, "a = answer it");
    if (question.remark && *question.remark)
        y += view_prose(area, y, STYLE_WARNING, question.remark);
    return y;
}

static int draw_hints(const struct view_lab *view, const struct area *area,
                      int y)
{
    const struct panel *lab = view->view.lab;
    size_t count = lab->hints(lab->lab);
    size_t open = lab->hints_open(lab->lab);
    unsigned costs = lab->hint_costs(lab->lab);

    if (!count)
        return y;
    y++;
    if (open == count)
        grid_printf(area, y++, 0, STYLE_DIM, "Hints: all %zu are open", count);
    else if (costs)
        grid_printf(area, y++, 0, STYLE_DIM,
                    "Hints: %zu of %zu open; h = next (costs %u point%s)", open,
                    count, costs, costs == 1 ? "" : "s");
    else
        grid_printf(area, y++, 0, STYLE_DIM,
                    "Hints: %zu of %zu open; h = next (free)", open, count);
    for (size_t i = 0; i < open && i < count; i++) {
        struct area inner = grid_part(area, 0, 3, area->height, area->width);

        grid_printf(area, y, 0, STYLE_HEADING, "%zu", i + 1);
        y += view_prose(&inner, y, STYLE_PLAIN, lab->hint(lab->lab, i));
    }
    return y;
}

/* The text before the question. Returns the row behind the last. */
static int draw_lines(const struct view_lab *view, const struct area *area,
                      int y)
{
    const struct panel *lab = view->view.lab;
    size_t count = lab->lines(lab->lab);

    for (size_t i = 0; i < count; i++) {
        struct panel_line line = {0};

        lab->line(lab->lab, i, &line);
        y += lab_line_draw(area, y, &line);
    }
    return y;
}

/* Returns the row behind the last. */
static int draw_text(const struct view_lab *view, const struct area *area,
                     int y)
{
    y = draw_lines(view, area, y);
    y = draw_question(view, area, y);
    return draw_hints(view, area, y);
}

/* ---- the steps ---- */

static void draw_steps(const struct view_lab *view, const struct area *area,
                       int y)
{
    const struct panel *lab = view->view.lab;
    size_t count = lab->steps(lab->lab);
    struct panel_step step = {0};
    int x = 0;

    x += grid_text(area, y, x, STYLE_HEADING, "Steps ");
    for (size_t i = 0; i < count; i++) {
        if (x + 6 > area->width) {
            x = 6;
            y++;
        }
        lab->step(lab->lab, i, &step);
        x += grid_printf(area, y, x, step.shown ? STYLE_TAB_ON : STYLE_PLAIN,
                         "%zu[%s]", i + 1,
                         step.shown  ? ">"
                         : step.done ? "x"
                                     : " ");
        x += 1;
    }
}

/* Rows that the line of steps takes, at least one. */
static int steps_rows(const struct view_lab *view, int width)
{
    const struct panel *lab = view->view.lab;
    int in_a_row = width > 12 ? (width - 6) / 6 : 1;

    return ((int)lab->steps(lab->lab) + in_a_row - 1) / in_a_row;
}

/* ---- the view ---- */

static void draw_head(const struct view_lab *view, const struct area *area)
{
    const struct panel *lab = view->view.lab;
    const int bar = 20;
    unsigned reached = 0;
    unsigned of = 0;
    int x;

    lab->points(lab->lab, &reached, &of);
    x = 2 + grid_text(area, 0, 1, STYLE_HEADING, lab->title(lab->lab));
    if (of && area->width - x >= bar + 22) {
        int full = (int)(reached * (unsigned)bar / of);

        x += grid_text(area, 0, x + 2, STYLE_PLAIN, "[") + 2;
        for (int i = 0; i < bar; i++)
            x += grid_text(area, 0, x, i < full ? STYLE_GOOD : STYLE_DIM,
                           i < full ? "#" : ".");
        x += grid_text(area, 0, x, STYLE_PLAIN, "]");
    }
    grid_printf(area, 0, x + 2, STYLE_PLAIN,
                area->width - x >= 18 ? "%u of %u points" : "%u/%u", reached,
                of);
}

static void draw_step_title(const struct view_lab *view,
                            const struct area *area, int y)
{
    const struct panel *lab = view->view.lab;
    size_t count = lab->steps(lab->lab);
    struct panel_step step = {0};

    for (size_t i = 0; i < count; i++) {
        lab->step(lab->lab, i, &step);
        if (step.shown)
            grid_printf(area, y, 1, STYLE_HEADING, "Step %zu of %zu  %s", i + 1,
                        count, step.title);
    }
}

static void draw_no_lab(const struct area *area)
{
    static const char *const lines[] = {
        "No lab is running.",
        "",
        ("A lab leads you step by step, and checks what you do by the packets. "
         "Leave with q, type make shell in mqttlab's own folder, then:"),
    };
    int y = 1;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct area inner =
            grid_part(area, 0, 2, area->height, area->width - 3);

        y += view_paragraph(&inner, y, STYLE_PLAIN, lines[i]);
    }
    grid_text(area, y + 1, 5, STYLE_NAME, "mqttlab lab 1");
}

/* A new step is read from its top. */
static void follow_step(struct view_lab *view)
{
    const struct panel *lab = view->view.lab;
    size_t count = lab->steps(lab->lab);

    for (size_t i = 0; i < count; i++) {
        struct panel_step step = {0};

        lab->step(lab->lab, i, &step);
        if (!step.shown || view->shown_step == i)
            continue;
        view->shown_step = i;
        view->to_end = false;
        view->top = 0;
        view->check = 0;
    }
}

/* Scroll no further than until the question is seen. */
static void show_question(struct view_lab *view, const struct area *text)
{
    struct area nothing = grid_part(text, 0, 0, 0, text->width);
    int begin = draw_lines(view, &nothing, 0);
    int end = draw_question(view, &nothing, begin);

    if (view->top + view->height < end)
        view->top = end - view->height;
    if (view->top > begin)
        view->top = begin;
}

/* Where the text begins: not so far down that there is room below its end. */
static void settle(struct view_lab *view, const struct area *text)
{
    struct area nothing = grid_part(text, 0, 0, 0, text->width);
    int last;

    view->lines = draw_text(view, &nothing, 0);
    last = view->lines > view->height ? view->lines - view->height : 0;
    if (view->to_end || view->top > last)
        view->top = last;
    if (view->to_question)
        show_question(view, text);
    view->to_end = false;
    view->to_question = false;
}

static void draw_wide(struct view_lab *view, const struct area *area, int pane)
{
    int left = area->width * 3 / 5;
    int rows = area->height - 2;
    /* The last row is for the hint that there is more. */
    struct area text = grid_part(area, 2, 1, rows - 1, left - 2);
    struct area checks =
        grid_part(area, 2, left + 2, rows, area->width - left - 3);
    struct area body = grid_part(area, 1, 0, rows + 1, area->width);
    struct area upper = checks;
    int y;

    view->checks_x = left;
    view->checks_y = 2;
    view->height = rows - 1;
    grid_divide(&body, left);
    settle(view, &text);
    draw_text(view, &text, -view->top);
    upper.height -= steps_rows(view, checks.width);
    y = lab_checks_draw(view->view.lab, &upper, view->check,
                        pane == PANE_CHECKS);
    draw_steps(view, &checks, y + 1 < upper.height ? y + 1 : upper.height);
}

/* One column: the text, and below it the checks in brief; Tab shows them in
   full. */
static void draw_narrow(struct view_lab *view, const struct area *area,
                        int pane)
{
    const struct panel *lab = view->view.lab;
    int rows = area->height - 2;
    struct area whole = grid_part(area, 2, 1, rows, area->width - 2);
    int brief = rows >= 8 ? lab_checks_brief_rows(lab, &whole, rows / 2) : 0;
    struct area text = whole;

    view->checks_x = 0;
    view->checks_y = pane == PANE_CHECKS ? 2 : 2 + rows - brief;
    if (pane == PANE_CHECKS) {
        lab_checks_draw(lab, &whole, view->check, true);
        return;
    }
    text.height = view->height = rows - brief - 1;
    settle(view, &text);
    draw_text(view, &text, -view->top);
    if (brief) {
        struct area checks =
            grid_part(&whole, rows - brief, 0, brief, whole.width);

        lab_checks_draw_brief(lab, &checks);
    }
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_lab *view = (struct view_lab *)base;

    if (!base->lab) {
        draw_no_lab(area);
        return;
    }
    follow_step(view);
    if (view->check >= base->lab->checks(base->lab->lab))
        view->check = 0;
    draw_head(view, area);
    draw_step_title(view, area, 1);
    if (area->width >= 70)
        draw_wide(view, area, pane);
    else
        draw_narrow(view, area, pane);
    if (view->top + view->height < view->lines &&
        (pane != PANE_CHECKS || area->width >= 70))
        grid_text(area, 2 + view->height, 1, STYLE_WARNING, "j or Space: more");
    if (pane == PANE_TEXT)
        grid_cursor(area, 2, 1);
}

static void show_proof(struct view_lab *view)
{
    const struct panel *lab = view->view.lab;
    const struct view_host *host = view->view.host;
    struct panel_check check = {0};

    if (view->check >= lab->checks(lab->lab))
        return;
    lab->check(lab->lab, view->check, &check);
    if (check.packet && store_choose_packet(view->view.store, check.packet))
        host->show(host->app, VIEW_PACKETS);
    else if (check.state != PANEL_PASSED)
        host->say(host->app, "no packet proves this check yet");
    else if (check.detail && *check.detail)
        host->say(host->app, "that was in an earlier sitting; the page behind "
                             "the last step shows it");
    else
        host->say(host->app, "this check has no packet that could be shown");
}

/* One that costs points is opened by who has asked whether that is meant. */
static bool is_free_hint(const struct panel *lab)
{
    return lab->hints_open(lab->lab) >= lab->hints(lab->lab) ||
           !lab->hint_costs(lab->lab);
}

/* What to say instead of asking; NULL when there is something to answer. */
static const char *why_not_ask(const struct panel *lab)
{
    struct panel_question question = {0};

    if (!lab->question(lab->lab, &question) || !question.text)
        return "there is no question here";
    return question.closed ? "that is answered already, and rightly" : NULL;
}

/* Actions that the panel does itself. */
static bool act_lab(struct view_lab *view, enum action action)
{
    const struct panel *lab = view->view.lab;
    const struct view_host *host = view->view.host;
    const struct {
        enum action action;
        const char *(*run)(void *lab);
    } actions[] = {
        {ACTION_LAB_NEXT,     lab->next     },
        {ACTION_LAB_PREVIOUS, lab->previous },
        {ACTION_LAB_RUN,      lab->run      },
        {ACTION_LAB_HINT,     lab->open_hint},
        {ACTION_LAB_SUBMIT,   lab->submit   },
    };

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (actions[i].action != action)
            continue;
        if (action == ACTION_LAB_HINT && !is_free_hint(lab))
            return false;
        host->say(host->app, actions[i].run(lab->lab));
        /* Hints stand below the text; another page is read from its top. */
        view->to_end = action == ACTION_LAB_HINT;
        if (action == ACTION_LAB_NEXT || action == ACTION_LAB_PREVIOUS)
            view->top = 0;
        return true;
    }
    return false;
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_lab *view = (struct view_lab *)base;
    int64_t step = view_step(action, view->height);

    if (!base->lab && action >= ACTION_LAB_NEXT)
        base->host->say(base->host->app, "no lab is running: mqttlab lab 1");
    if (!base->lab)
        return action >= ACTION_LAB_NEXT;
    if (step && pane == PANE_CHECKS) {
        view->check =
            view_stepped(view->check, base->lab->checks(base->lab->lab), step);
        return true;
    }
    if (step) {
        int last = view->lines > view->height ? view->lines - view->height : 0;

        view->top =
            (int)view_stepped((size_t)view->top, (size_t)last + 1, step);
        view->to_end = action == ACTION_LAST;
        return true;
    }
    if (action == ACTION_OPEN) {
        show_proof(view);
        return true;
    }
    if (action == ACTION_LAB_ANSWER) {
        const char *reason = why_not_ask(base->lab);

        view->to_question = true; /* it is seen while the app asks it */
        if (!reason)
            return false;
        base->host->say(base->host->app, reason);
        return true;
    }
    return act_lab(view, action);
}

static int click(struct view *base, int y, int x)
{
    struct view_lab *view = (struct view_lab *)base;

    if (view->checks_x ? x > view->checks_x : y >= view->checks_y)
        return PANE_CHECKS;
    return PANE_TEXT;
}

struct view *view_lab_new(void)
{
    static const struct view_class class = {
        .id = VIEW_LAB,
        .panes = PANES,
        .draw = draw,
        .act = act,
        .click = click,
    };
    struct view_lab *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    view->shown_step = SIZE_MAX;
    return &view->view;
}
