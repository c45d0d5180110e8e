#include "tui/lab_line.h"

#include <string.h>

#include "base/command_break.h"
#include "tui/view.h"

#define LEAST_BESIDE 20 /* columns of text that stands beside other text */

/* Broken so that it can be copied all the same: a shell takes "\\" at the end
   of a line for "and so on". */
static int draw_command(const struct area *area, int y, const char *text)
{
    int lines = 0;

    while (grid_text_fit(text, area->width) < strlen(text)) {
        size_t blank =
            command_break(text, grid_text_fit(text, area->width - 2));

        if (!blank)
            break;
        grid_printf(area, y + lines++, 0, STYLE_NAME, "%.*s \\", (int)blank,
                    text);
        text += blank + 1;
    }
    return lines + view_paragraph(area, y + lines, STYLE_NAME, text);
}

/* The first words of a row stand alone at the left, if there is room. */
static int draw_prose(const struct area *area, int y,
                      const struct panel_line *line)
{
    int hang = (int)line->hang;
    size_t lead = grid_text_fit(line->text, hang);

    if (!hang || area->width < hang + LEAST_BESIDE)
        return view_prose(area, y, STYLE_PLAIN, line->text);
    struct area rest =
        grid_part(area, 0, hang, area->height, area->width - hang);
    grid_printf(area, y, 0, STYLE_PLAIN, "%.*s", (int)lead, line->text);
    return view_prose(&rest, y, STYLE_PLAIN, line->text + lead);
}

int lab_line_draw(const struct area *area, int y, const struct panel_line *line)
{
    struct area inner = grid_part(area, 0, 4, area->height, area->width - 4);

    switch (line->kind) {
    case PANEL_TEXT: return draw_prose(area, y, line);
    case PANEL_HEADING: return view_prose(area, y, STYLE_HEADING, line->text);
    case PANEL_COMMAND:
        grid_text(area, y, 2, STYLE_DIM, "$");
        return draw_command(&inner, y, line->text);
    case PANEL_CODE: return view_paragraph(&inner, y, STYLE_NAME, line->text);
    }
    return 1;
}
