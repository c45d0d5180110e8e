#include "tui/slide.h"

#include <stdio.h>

#include "tui/big_text.h"
#include "tui/lab_line.h"
#include "tui/view.h"

/* The number of the step in large letters, its title beside it. */
static int draw_head(const struct panel *lab, const struct area *area)
{
    size_t count = lab->steps(lab->lab);
    struct panel_step step = {0};
    bool large = area->height >= 18;
    char number[32] = "";

    for (size_t i = 0; i < count; i++) {
        lab->step(lab->lab, i, &step);
        if (!step.shown)
            continue;
        snprintf(number, sizeof(number), "STEP %zu", i + 1);
        break;
    }
    if (!large) {
        grid_printf(area, 1, 1, STYLE_HEADING, "%s: %s", number, step.title);
        return 3;
    }
    big_text_draw(area, 2, 4, STYLE_HEADING, number);
    view_prose_column(area, 4, 8 + big_text_width(number),
                      area->width - 9 - big_text_width(number), STYLE_HEADING,
                      step.title ? step.title : "");
    return 3 + BIG_TEXT_HEIGHT;
}

/* Does it stay together with others of its kind? */
static bool is_row(const struct panel_line *line)
{
    return line->kind == PANEL_COMMAND || line->kind == PANEL_CODE ||
           line->hang;
}

/* With a blank line behind each, but what is to be typed stays together, and so
   do the rows of a table. */
static int draw_text(const struct panel *lab, const struct area *area, int y)
{
    size_t count = lab->lines(lab->lab);
    bool before = false; /* was the line before a row? */

    for (size_t i = 0; i < count; i++) {
        struct panel_line line = {0};
        bool row;

        lab->line(lab->lab, i, &line);
        row = is_row(&line);
        if (!row && !*line.text)
            continue;
        y += before && !row;
        before = row;
        y += lab_line_draw(area, y, &line) + !row;
    }
    return y;
}

int slide_draw(const struct panel *lab, const struct area *area, int top)
{
    int head = draw_head(lab, area);
    int margin = area->width >= 60 ? 4 : 1;
    struct area text = grid_part(area, head, margin, area->height - head,
                                 area->width - 2 * margin);

    return draw_text(lab, &text, -top) + top;
}
