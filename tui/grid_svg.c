#include "tui/grid_svg.h"

#include <limits.h>
#include <stdlib.h>

/* A cell, in units of the picture. */
#define CELL_WIDTH  8.4
#define CELL_HEIGHT 18
#define MARGIN      10

static const struct cell *cell_at(const struct grid *grid, int y, int x)
{
    return &grid->cells[(size_t)y * (size_t)grid->width + (size_t)x];
}

void grid_svg_text(const char *text, struct buf *out)
{
    for (; *text; text++) {
        if (*text == '<')
            buf_append_string(out, "&lt;");
        else if (*text == '>')
            buf_append_string(out, "&gt;");
        else if (*text == '&')
            buf_append_string(out, "&amp;");
        else if (*text == '"')
            buf_append_string(out, "&quot;");
        else
            buf_append_u8(out, (uint8_t)*text);
    }
}

/* What a cell looks like. */
struct look {
    uint32_t ink;
    uint32_t paper;
    bool bold;
    bool underline;
};

static struct look look_of(const struct cell *cell, const struct theme *theme)
{
    const struct theme_look *from = &theme->looks[cell->style];
    uint8_t flags = theme->mono ? from->mono : from->colour;
    short ink = theme->mono ? -1 : from->rich[0];
    short paper = theme->mono ? -1 : from->rich[1];
    struct look look = {
        .ink = ink < 0 ? theme->ink : theme_rgb(ink),
        .paper = paper < 0 ? theme->paper : theme_rgb(paper),
        .bold = flags & THEME_BOLD,
        .underline = flags & THEME_UNDERLINE,
    };

    if (cell->selected != ((flags & THEME_REVERSE) != 0)) {
        uint32_t swap = look.ink;

        look.ink = look.paper;
        look.paper = swap;
    }
    return look;
}

static bool same_look(const struct look *a, const struct look *b)
{
    return a->ink == b->ink && a->paper == b->paper && a->bold == b->bold &&
           a->underline == b->underline;
}

static void put_cell(const struct cell *cell, struct buf *out)
{
    char bytes[MB_LEN_MAX + 1];

    for (int i = 0; i < GRID_CELL_CHARS && cell->chars[i]; i++) {
        int len = wctomb(bytes, cell->chars[i]);

        bytes[len > 0 ? len : 0] = '\0';
        grid_svg_text(bytes, out);
    }
    if (!cell->chars[0])
        buf_append_u8(out, ' ');
}

static bool is_blank(const struct grid *grid, int y, int x, int end)
{
    for (; x < end; x++) {
        wchar_t c = cell_at(grid, y, x)->chars[0];

        if (c && c != L' ')
            return false;
    }
    return true;
}

/* Cells of one look, as a rectangle and its text. */
static void put_run(const struct grid *grid, const struct theme *theme, int y,
                    int x, int end, struct buf *out)
{
    struct look look = look_of(cell_at(grid, y, x), theme);
    double left = MARGIN + x * CELL_WIDTH;
    double width = (end - x) * CELL_WIDTH;
    int top = MARGIN + y * CELL_HEIGHT;

    if (look.paper != theme->paper)
        buf_printf(out,
                   "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\""
                   " fill=\"#%06x\"/>\n",
                   left, top, width, CELL_HEIGHT, look.paper);
    if (is_blank(grid, y, x, end))
        return;
    buf_printf(out,
               "<text x=\"%.1f\" y=\"%d\" textLength=\"%.1f\""
               " fill=\"#%06x\"%s%s>",
               left, top + 13, width, look.ink,
               look.bold ? " font-weight=\"bold\"" : "",
               look.underline ? " text-decoration=\"underline\"" : "");
    for (; x < end; x++) {
        if (cell_at(grid, y, x)->width)
            put_cell(cell_at(grid, y, x), out);
    }
    buf_append_string(out, "</text>\n");
}

static void put_row(const struct grid *grid, const struct theme *theme, int y,
                    struct buf *out)
{
    int end;

    for (int x = 0; x < grid->width; x = end) {
        struct look look = look_of(cell_at(grid, y, x), theme);

        for (end = x + 1; end < grid->width; end++) {
            struct look next = look_of(cell_at(grid, y, end), theme);

            if (!same_look(&look, &next))
                break;
        }
        put_run(grid, theme, y, x, end, out);
    }
}

void grid_svg(const struct grid *grid, const struct theme *theme,
              struct buf *out)
{
    double width = grid->width * CELL_WIDTH + 2 * MARGIN;
    int height = grid->height * CELL_HEIGHT + 2 * MARGIN;

    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\""
               " height=\"%d\" viewBox=\"0 0 %.0f %d\" font-family=\"monospace"
               "\" font-size=\"14\" xml:space=\"preserve\">\n"
               "<rect width=\"100%%\" height=\"100%%\" rx=\"8\""
               " fill=\"#%06x\"/>\n",
               width, height, width, height, theme->paper);
    for (int y = 0; y < grid->height; y++)
        put_row(grid, theme, y, out);
    buf_append_string(out, "</svg>\n");
}
