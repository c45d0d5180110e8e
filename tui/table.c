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

/* How wide the next column is; left and sharing are what is left for those
   without a width of their own. */
static int take_width(const struct table_column *column, int *left,
                      int *sharing)
{
    int width = column->width;

    if (!width) {
        width = (*left + *sharing - 1) / *sharing;
        *left -= width;
        --*sharing;
    }
    return column->most && width > column->most ? column->most : width;
}

static void draw_title(const struct table *table, const struct area *area,
                       int y, int x, int width, int i)
{
    const struct table_column *column = &table->columns[i];
    bool sorted = table->sorted == i + 1;
    const char *mark = table->down ? "v" : "^";
    bool fits = grid_text_width(column->title) < width;
    struct buf text = {0};

    buf_printf(&text, "%s%s", column->title, sorted && fits ? mark : "");
    grid_column(area, y, x, column->right ? -width : width, STYLE_HEADING,
                buf_string(&text));
    if (sorted && !fits)
        grid_text(area, y, x - 1, STYLE_HEADING, mark);
    buf_release(&text);
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

        if (!is_shown(column, area->width))
            continue;
        int width = take_width(column, &left, &sharing);
        buf_clear(&text);
        if (row) {
            enum style style = table->cell(table->owner, row, i, &text);

            grid_column(area, y, x, column->right ? -width : width, style,
                        buf_string(&text));
        } else {
            draw_title(table, area, y, x, width, i);
        }
        x += width + 1;
    }
    buf_release(&text);
}

int table_column_at(const struct table *table, int width, int x)
{
    int sharing;
    int left = leave(table, width, &sharing);
    int at = MARGIN;

    for (int i = 0; i < table->count; i++) {
        if (!is_shown(&table->columns[i], width))
            continue;
        at += take_width(&table->columns[i], &left, &sharing) + 1;
        if (x < at)
            return x >= MARGIN ? i : -1;
    }
    return -1;
}

void table_mark(const struct area *area, int y, bool focus)
{
    grid_text(area, y, 0, STYLE_PLAIN, ">");
    if (focus)
        grid_select(area, y);
}
