#include "tui/lab_checks.h"

#include "tui/view.h"

static const char *state_sign(enum panel_state state)
{
    switch (state) {
    case PANEL_WAITING: return "[ ]";
    case PANEL_PASSED: return "[x]";
    case PANEL_FAILED: return "[!]";
    case PANEL_SKIPPED: return "[-]";
    }
    return "[?]";
}

/* What has failed stays so, whatever is done. */
static const char mend[] = "X begins it again";

static enum style state_style(enum panel_state state)
{
    switch (state) {
    case PANEL_WAITING: return STYLE_PLAIN;
    case PANEL_PASSED: return STYLE_GOOD;
    case PANEL_FAILED: return STYLE_ERROR;
    case PANEL_SKIPPED: return STYLE_DIM;
    }
    return STYLE_PLAIN;
}

/* A number that is cut would be another one: all of them, on more lines. */
static int draw_packets(const struct area *area, int y, const char *packets,
                        bool chosen)
{
    struct buf line = {0};
    int lines;

    buf_printf(&line, "%s%s", packets, chosen ? "   Enter=go" : "");
    lines = view_paragraph(area, y, STYLE_DIM, buf_string(&line));
    buf_release(&line);
    return lines;
}

static int draw_check(const struct area *area, int y,
                      const struct panel_check *check, bool chosen, bool focus)
{
    struct area inner = grid_part(area, 0, 8, area->height, area->width - 8);
    int lines;

    grid_text(area, y, 0, STYLE_PLAIN, chosen ? ">" : " ");
    grid_text(area, y, 2, state_style(check->state), state_sign(check->state));
    if (check->points)
        grid_printf(area, y, 6, STYLE_DIM, "%u", check->points);
    lines = view_prose(&inner, y, STYLE_PLAIN, check->text);
    if (chosen && focus)
        grid_select(area, y);
    if (check->packet && check->state == PANEL_PASSED && check->detail &&
        *check->detail)
        lines += draw_packets(&inner, y + lines, check->detail, chosen);
    else if (check->packet)
        grid_printf(&inner, y + lines++, 0, STYLE_DIM, "packet %llu%s",
                    (unsigned long long)check->packet,
                    chosen ? "   Enter=go" : "");
    else if (check->detail && *check->detail)
        lines += view_paragraph(&inner, y + lines, STYLE_DIM, check->detail);
    if (check->state == PANEL_FAILED)
        lines += view_paragraph(&inner, y + lines, STYLE_WARNING, mend);
    return y + lines;
}

/* The newest one, and of the others those for which there is room. */
static int draw_near_misses(const struct panel *lab, const struct area *area,
                            int y)
{
    size_t count = lab->near_misses(lab->lab);
    struct area inner = grid_part(area, 0, 2, area->height, area->width - 2);
    struct area nothing = grid_part(&inner, 0, 0, 0, inner.width);

    if (!count)
        return y;
    grid_text(area, ++y, 0, STYLE_HEADING, "Near miss");
    for (size_t i = 0; i < count; i++) {
        const char *text = lab->near_miss(lab->lab, i);
        int rows = view_prose(&nothing, 0, STYLE_WARNING, text);

        if (i && y + 1 + rows > area->height)
            break;
        grid_text(area, y + 1, 0, STYLE_WARNING, "!");
        y += view_prose(&inner, y + 1, STYLE_WARNING, text);
    }
    return y + 1;
}

/* What to do when the step is done. */
static const char *all_done(const struct panel *lab)
{
    size_t count = lab->steps(lab->lab);
    struct panel_step step = {0};
    bool all = true;

    for (size_t i = 0; i < count; i++) {
        lab->step(lab->lab, i, &step);
        all = all && step.done;
    }
    return all          ? "The lab is done. The page behind the last step (n) "
                          "shows what you saw; S says how to hand it in."
           : step.shown ? "All done: p goes back to what is open."
                        : "All done: n goes to the next step.";
}

/* Rows in a list. */
struct rows {
    int begin;
    int end;
};

/* The checks in row y and below; anchor becomes where the one is that must be
   seen: the chosen one, or else what is to be done next. Returns the row behind
   the last. */
static int draw_list(const struct panel *lab, const struct area *area, int y,
                     size_t chosen, bool focus, struct rows *anchor)
{
    size_t count = lab->checks(lab->lab);
    bool open = false;

    for (size_t i = 0; i < count; i++) {
        struct panel_check check = {0};
        int begin = y;

        lab->check(lab->lab, i, &check);
        y = draw_check(area, y, &check, i == chosen, focus);
        if (focus ? i == chosen : !open && check.state != PANEL_PASSED)
            *anchor = (struct rows){begin, y};
        open = open || check.state != PANEL_PASSED;
    }
    if (!count || open)
        return y;
    if (!focus)
        anchor->begin = y;
    y += view_paragraph(area, y, STYLE_GOOD, all_done(lab));
    if (!focus)
        anchor->end = y;
    return y;
}

static void draw_title(const struct panel *lab, const struct area *area,
                       bool focus)
{
    size_t count = lab->checks(lab->lab);
    size_t passed = 0;

    for (size_t i = 0; i < count; i++) {
        struct panel_check check = {0};

        lab->check(lab->lab, i, &check);
        passed += check.state == PANEL_PASSED;
    }
    grid_printf(area, 0, 0, STYLE_HEADING, "%sChecks  %zu of %zu%s",
                focus ? "> " : "", passed, count, focus ? "   7: text" : "");
}

/* How many rows the checks get below row y: the newest near miss is seen as
   well, but takes no more than half. */
static int room_for_list(const struct panel *lab, const struct area *area,
                         int y)
{
    struct area nothing = grid_part(area, 0, 0, 0, area->width);
    int near = draw_near_misses(lab, &nothing, 0);
    int room = area->height - y - near;
    int half = (area->height - y) / 2;

    return room > half ? room : half;
}

/* The list from row y on, or the part of it for which there is room. Returns
   the row behind the last. */
static int draw_part_of_list(const struct panel *lab, const struct area *area,
                             int y, size_t chosen, bool focus)
{
    struct area nothing = grid_part(area, 0, 0, 0, area->width);
    struct rows anchor = {0};
    int rows = draw_list(lab, &nothing, 0, chosen, focus, &anchor);
    int room = room_for_list(lab, area, y);

    if (rows <= room) {
        draw_list(lab, area, y, chosen, focus, &anchor);
        return y + rows;
    }
    room = room > 2 ? room - 1 : 1; /* the last row says that there are more */
    struct area part = grid_part(area, y, 0, room, area->width);
    int top = anchor.end > room ? anchor.end - room : 0;

    if (top > anchor.begin)
        top = anchor.begin;
    draw_list(lab, &part, -top, chosen, focus, &anchor);
    grid_text(area, y + room, 0, STYLE_WARNING,
              focus ? "j/k: more checks" : "Tab, then j/k: more checks");
    return y + room + 1;
}

int lab_checks_draw(const struct panel *lab, const struct area *area,
                    size_t chosen, bool focus)
{
    const char *trouble = lab->trouble(lab->lab);
    const char *lost = lab->lost(lab->lab);
    int y = 1;

    draw_title(lab, area, focus);
    if (*trouble)
        y += view_paragraph(area, y, STYLE_ERROR, trouble);
    if (*lost)
        y += view_paragraph(area, y, STYLE_WARNING, lost);
    y = draw_part_of_list(lab, area, y, chosen, focus);
    return draw_near_misses(lab, area, y);
}

/* What needs to be known before the marks: why nothing counts, what is
   lost again, that all is done, or what was nearly right. */
static int draw_brief_words(const struct panel *lab, const struct area *area,
                            int y)
{
    const char *trouble = lab->trouble(lab->lab);
    const char *lost = lab->lost(lab->lab);
    size_t count = lab->checks(lab->lab);
    bool done = count > 0;

    for (size_t i = 0; i < count; i++) {
        struct panel_check check = {0};

        lab->check(lab->lab, i, &check);
        done = done && check.state == PANEL_PASSED;
    }
    if (*trouble)
        return view_paragraph(area, y, STYLE_ERROR, trouble);
    if (*lost)
        return view_paragraph(area, y, STYLE_WARNING, lost);
    if (done)
        return view_paragraph(area, y, STYLE_GOOD, all_done(lab));
    if (lab->near_misses(lab->lab))
        return view_prose(area, y, STYLE_WARNING, lab->near_miss(lab->lab, 0));
    return 0;
}

/* Which checks have their text in full, and not on one line. */
enum full { FULL_NONE, FULL_OPEN, FULL_ALL };

static int draw_brief_check(const struct area *area, int y,
                            const struct panel_check *check, enum full full)
{
    struct area text = grid_part(area, 0, 4, area->height, area->width - 11);
    int rows = 1;

    grid_text(area, y, 0, state_style(check->state), state_sign(check->state));
    if (full == FULL_ALL || (full == FULL_OPEN && check->state != PANEL_PASSED))
        rows = view_prose(&text, y, STYLE_PLAIN, check->text);
    else
        view_prose_column(area, y, 4, text.width, STYLE_PLAIN, check->text);
    if (full == FULL_ALL && check->state == PANEL_WAITING && check->detail &&
        *check->detail)
        rows += view_paragraph(&text, y + rows, STYLE_DIM, check->detail);
    if (check->packet)
        grid_printf(area, y, area->width - 6, STYLE_DIM, "#%llu",
                    (unsigned long long)check->packet);
    if (check->state == PANEL_FAILED && full == FULL_ALL)
        rows += view_prose(&text, y + rows, STYLE_WARNING, mend);
    return rows;
}

static int draw_brief(const struct panel *lab, const struct area *area,
                      enum full full)
{
    size_t count = lab->checks(lab->lab);
    int y = 1;

    grid_rule(area, 0, "checks (Tab)");
    y += draw_brief_words(lab, area, y);
    for (size_t i = 0; i < count; i++) {
        struct panel_check check = {0};

        lab->check(lab->lab, i, &check);
        y += draw_brief_check(area, y, &check, full);
    }
    return y;
}

/* As much as fits into so many rows. */
static enum full choose_full(const struct panel *lab, const struct area *area,
                             int rows)
{
    struct area nothing = grid_part(area, 0, 0, 0, area->width);

    if (draw_brief(lab, &nothing, FULL_ALL) <= rows)
        return FULL_ALL;
    return draw_brief(lab, &nothing, FULL_OPEN) <= rows ? FULL_OPEN : FULL_NONE;
}

int lab_checks_brief_rows(const struct panel *lab, const struct area *area,
                          int most)
{
    struct area nothing = grid_part(area, 0, 0, 0, area->width);
    int rows = draw_brief(lab, &nothing, choose_full(lab, area, most));

    return rows < most ? rows : most;
}

void lab_checks_draw_brief(const struct panel *lab, const struct area *area)
{
    draw_brief(lab, area, choose_full(lab, area, area->height));
}
