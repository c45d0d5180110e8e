#include "tui/slide.h"

#include <stdio.h>

#include "tui/big_text.h"
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

/* With a blank line behind each, but what is to be typed stays together. */
static int draw_text(const struct panel *lab, const struct area *area, int y)
{
    size_t count = lab->lines(lab->lab);
    bool before = false; /* was the line before code? */

    for (size_t i = 0; i < count; i++) {
        struct panel_line line = {0};
        struct area inner = *area;
        bool code;

        lab->line(lab->lab, i, &line);
        code = line.kind == PANEL_COMMAND || line.kind == PANEL_CODE;
        if (code)
            inner = grid_part(area, 0, 4, area->height, area->width - 4);
        if (!code && !*line.text)
            continue;
        y += before && !code;
        before = code;
        if (line.kind == PANEL_COMMAND)
            grid_text(area, y, 2, STYLE_DIM, "$");
        if (code)
            y += view_paragraph(&inner, y, STYLE_NAME, line.text);
        else
            y += view_prose(&inner, y,
                            line.kind == PANEL_HEADING ? STYLE_HEADING
                                                       : STYLE_PLAIN,
                            line.text) +
                 1;
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
