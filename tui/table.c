#include "tui/table.h"

/* Left of the first column stands the sign of the chosen row. */
#define MARGIN 2

static bool is_shown(const struct table_column *column, int width)
{
    return width >= column->from;
}

/* What the columns of fixed width leave, and how many share it. */
static int leave(const struct table *table, int width, int *sharing)
{
    int left = width - MARGIN + 1;

    *sharing = 0;
    for (int i = 0; i < table->count; i++) {
        const struct table_column *column = &table->columns[i];

        if (!is_shown(column, width))
            continue;
        left -= column->width + 1;
        *sharing += column->width == 0;
    }
    return left;
}

void table_draw_row(const struct table *table, const struct area *area, int y,
                    void *row)
{
    struct buf text = {0};
    int sharing;
    int left = leave(table, area->width, &sharing);
    int x = MARGIN;

    for (int i = 0; i < table->count; i++) {
        const struct table_column *column = &table->columns[i];
        enum style style = STYLE_HEADING;
        int width = column->width;

        if (!is_shown(column, area->width))
            continue;
        if (!width) {
            width = (left + sharing - 1) / sharing;
            left -= width;
            sharing--;
        }
        if (column->most && width > column->most)
            width = column->most;
        buf_clear(&text);
        if (row)
            style = table->cell(table->owner, row, i, &text);
        grid_column(area, y, x, column->right ? -width : width, style,
                    row ? buf_string(&text) : column->title);
        x += width + 1;
    }
    buf_release(&text);
}

void table_mark(const struct area *area, int y, bool focus)
{
    grid_text(area, y, 0, STYLE_PLAIN, ">");
    if (focus)
        grid_select(area, y);
}
