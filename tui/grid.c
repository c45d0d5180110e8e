#include "tui/grid.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mqtt/utf8.h"

static const struct {
    wchar_t line;
    char ascii;
} glyphs[GLYPH_COUNT] = {
    [GLYPH_HORIZONTAL] = {0x2500, '-'},
      [GLYPH_VERTICAL] = {0x2502, '|'},
    [GLYPH_DOUBLE] = {0x2550, '='},
      [GLYPH_DOTTED] = {0xb7,   '.'},
    [GLYPH_CUT] = {0x2026, '~'},
      [GLYPH_TEE_RIGHT] = {0x251c, '|'},
    [GLYPH_TEE_DOWN] = {0x252c, '-'},
      [GLYPH_TEE_UP] = {0x2534, '-'},
    [GLYPH_CROSS] = {0x253c, '|'},
};

/* ---- the cells ---- */

void grid_init(struct grid *grid, int height, int width, bool ascii)
{
    *grid = (struct grid){.ascii = ascii};
    grid_resize(grid, height, width);
}

void grid_release(struct grid *grid)
{
    free(grid->cells);
    *grid = (struct grid){.ascii = grid->ascii};
}

void grid_resize(struct grid *grid, int height, int width)
{
    grid->height = height < 1 ? 1 : height;
    grid->width = width < 1 ? 1 : width;
    free(grid->cells);
    grid->cells = alloc_zero((size_t)grid->height * (size_t)grid->width,
                             sizeof(*grid->cells));
    grid_clear(grid);
}

void grid_clear(struct grid *grid)
{
    size_t count = (size_t)grid->height * (size_t)grid->width;

    for (size_t i = 0; i < count; i++)
        grid->cells[i] = (struct cell){.chars = {L' '}, .width = 1};
    grid->cursor_y = grid->cursor_x = -1;
}

struct area grid_area(struct grid *grid)
{
    return (struct area){
        .grid = grid, .height = grid->height, .width = grid->width};
}

struct area grid_part(const struct area *area, int y, int x, int height,
                      int width)
{
    struct area part = *area;

    assert(y >= 0 && x >= 0);
    part.y += y;
    part.x += x;
    part.height = height < area->height - y ? height : area->height - y;
    part.width = width < area->width - x ? width : area->width - x;
    return part;
}

/* The cell at a place of the area, or NULL when it is not in it. */
static struct cell *cell_at(const struct area *area, int y, int x)
{
    struct grid *grid = area->grid;
    int row = area->y + y;
    int column = area->x + x;

    if (y < 0 || x < 0 || y >= area->height || x >= area->width ||
        row >= grid->height || column >= grid->width)
        return NULL;
    return &grid->cells[(size_t)row * (size_t)grid->width + (size_t)column];
}

/* Blank the cell; when it was half of a wide character, the other half too. */
static void wipe(const struct area *area, int y, int x)
{
    struct grid *grid = area->grid;
    struct cell *cell = cell_at(area, y, x);
    int column = area->x + x;

    if (cell->width == 0 && column > 0)
        cell[-1] = (struct cell){.chars = {L' '},
                                 .width = 1,
                                 .style = cell[-1].style,
                                 .selected = cell[-1].selected};
    if (cell->width == 2 && column + 1 < grid->width)
        cell[1] = (struct cell){.chars = {L' '},
                                .width = 1,
                                .style = cell[1].style,
                                .selected = cell[1].selected};
}

/* Put one character of the given width (1 or 2); false when it does not fit. */
static bool put(const struct area *area, int y, int x, enum style style,
                wchar_t character, int width)
{
    struct cell *cell = cell_at(area, y, x);

    if (!cell || (width == 2 && !cell_at(area, y, x + 1)))
        return false;
    wipe(area, y, x);
    if (width == 2)
        wipe(area, y, x + 1);
    *cell = (struct cell){
        .chars = {character}, .width = (uint8_t)width, .style = (uint8_t)style};
    if (width == 2)
        cell[1] = (struct cell){.style = (uint8_t)style};
    return true;
}

/* Add a combining character to the cell left of x. */
static void combine(const struct area *area, int y, int x, wchar_t character)
{
    struct cell *cell = cell_at(area, y, x - 1);

    if (cell && cell->width == 0)
        cell = cell_at(area, y, x - 2);
    for (int i = 1; cell && i < GRID_CELL_CHARS; i++) {
        if (!cell->chars[i]) {
            cell->chars[i] = character;
            return;
        }
    }
}

/* ---- text ---- */

/* Does it change the order in which a terminal shows what follows? */
static bool turns_text(uint32_t code_point)
{
    return code_point == 0x200e || code_point == 0x200f ||
           (code_point >= 0x2028 && code_point <= 0x202e) ||
           (code_point >= 0x2066 && code_point <= 0x2069) ||
           code_point == 0xfeff;
}

/*
 * The next character of text as it will be shown, and its width: 0 for a
 * combining one. Returns the bytes used; 0 at the end.
 */
static size_t next_char(const char *text, bool ascii, wchar_t *character,
                        int *width)
{
    uint32_t code_point = 0;
    size_t left = strnlen(text, 4);
    int used = left ? utf8_decode(slice_of(text, left), &code_point) : 0;

    if (!left)
        return 0;
    *character = (wchar_t)code_point;
    *width = used ? wcwidth(*character) : -1;
    if (used && code_point >= 0x20 && code_point < 0x7f)
        *width = 1;
    if (*width < 0 || turns_text(code_point) || (ascii && code_point >= 0x7f)) {
        *width = *width < 1 ? 1 : *width;
        *character = L'?';
    }
    return used ? (size_t)used : 1;
}

int grid_text(const struct area *area, int y, int x, enum style style,
              const char *text)
{
    int start = x;
    wchar_t character = 0;
    int width = 0;
    size_t used;

    while ((used = next_char(text, area->grid->ascii, &character, &width))) {
        text += used;
        if (width == 0) {
            combine(area, y, x, character);
            continue;
        }
        /* A wide character that an ASCII grid cannot show takes as much room:
           columns stay where they are. */
        for (int i = 0; i < (character == L'?' ? width : 1); i++) {
            int step = character == L'?' ? 1 : width;

            if (x >= 0 && !put(area, y, x, style, character, step))
                return x - start;
            x += step;
        }
    }
    return x - start;
}

int grid_printf(const struct area *area, int y, int x, enum style style,
                const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return grid_text(area, y, x, style, text);
}

int grid_text_width(const char *text)
{
    int total = 0;
    wchar_t character = 0;
    int width = 0;
    size_t used;

    while ((used = next_char(text, false, &character, &width))) {
        text += used;
        total += width;
    }
    return total;
}

size_t grid_text_fit(const char *text, int columns)
{
    const char *at = text;
    int total = 0;
    wchar_t character = 0;
    int width = 0;
    size_t used;

    while ((used = next_char(at, false, &character, &width))) {
        if (total + width > columns)
            break;
        total += width;
        at += used;
    }
    return (size_t)(at - text);
}

void grid_column(const struct area *area, int y, int x, int width,
                 enum style style, const char *text)
{
    int columns = width < 0 ? -width : width;
    int needed = grid_text_width(text);
    struct area column;

    if (x < 0 || x >= area->width)
        return;
    if (columns > area->width - x)
        columns = area->width - x;
    column = grid_part(area, 0, x, area->height, columns);
    if (needed <= columns) {
        grid_text(&column, y, width < 0 ? columns - needed : 0, style, text);
        return;
    }
    grid_text(&column, y, 0, style, text);
    grid_glyph(&column, y, columns - 1, style, GLYPH_CUT);
}

/* ---- signs and lines ---- */

void grid_glyph(const struct area *area, int y, int x, enum style style,
                enum glyph glyph)
{
    wchar_t character =
        area->grid->ascii ? (wchar_t)glyphs[glyph].ascii : glyphs[glyph].line;

    if (cell_at(area, y, x))
        put(area, y, x, style, character, 1);
}

void grid_repeat(const struct area *area, int y, int x, int count,
                 enum style style, enum glyph glyph)
{
    for (int i = 0; i < count; i++)
        grid_glyph(area, y, x + i, style, glyph);
}

void grid_shade(const struct area *area, int y, enum style style)
{
    for (int x = 0; x < area->width; x++) {
        if (cell_at(area, y, x))
            put(area, y, x, style, L' ', 1);
    }
}

void grid_rule(const struct area *area, int y, const char *title)
{
    grid_repeat(area, y, 0, area->width, STYLE_DIM, GLYPH_HORIZONTAL);
    if (!title || area->width < 6)
        return;
    struct area inner = grid_part(area, 0, 2, area->height, area->width - 3);
    int used = grid_text(&inner, y, 1, STYLE_HEADING, title);

    grid_text(&inner, y, 0, STYLE_DIM, " ");
    grid_text(&inner, y, 1 + used, STYLE_DIM, " ");
}

void grid_divide(const struct area *area, int x)
{
    for (int y = 0; y < area->height; y++)
        grid_glyph(area, y, x, STYLE_DIM, GLYPH_VERTICAL);
}

void grid_copy_row(const struct area *area, int y, const struct grid *from,
                   int from_y)
{
    if (from_y < 0 || from_y >= from->height)
        return;
    for (int x = 0; x < from->width; x++) {
        const struct cell *source =
            &from->cells[(size_t)from_y * (size_t)from->width + (size_t)x];
        struct cell *target = cell_at(area, y, x);

        /* Half of a wide character is not copied. */
        if (target && (source->width < 2 || cell_at(area, y, x + 1)))
            *target = *source;
    }
}

void grid_reverse(const struct area *area, int y, int x)
{
    struct cell *cell = cell_at(area, y, x);

    if (cell)
        cell->selected = 1;
}

void grid_select(const struct area *area, int y)
{
    for (int x = 0; x < area->width; x++) {
        struct cell *cell = cell_at(area, y, x);

        if (cell)
            cell->selected = 1;
    }
    grid_cursor(area, y, 0);
}

void grid_cursor(const struct area *area, int y, int x)
{
    if (!cell_at(area, y, x))
        return;
    area->grid->cursor_y = area->y + y;
    area->grid->cursor_x = area->x + x;
}

enum style grid_client_style(unsigned number)
{
    return (enum style)(STYLE_CLIENT_0 + number % STYLE_CLIENTS);
}

/* ---- as text ---- */

static void append_utf8(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_append_u8(out, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        buf_append_u8(out, (uint8_t)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            buf_append_u8(out, (uint8_t)(0xe0 | c >> 12));
        } else {
            buf_append_u8(out, (uint8_t)(0xf0 | c >> 18));
            buf_append_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        }
        buf_append_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    }
    buf_append_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
}

static void end_line(struct buf *out, uint32_t start)
{
    while (out->len > start && out->bytes[out->len - 1] == ' ')
        out->len--;
    buf_append_u8(out, '\n');
}

static void dump_row(const struct grid *grid, int y, struct buf *out)
{
    const struct cell *row = grid->cells + (size_t)y * (size_t)grid->width;
    uint32_t start = out->len;

    for (int x = 0; x < grid->width; x++) {
        for (int i = 0; i < GRID_CELL_CHARS && row[x].width; i++) {
            if (row[x].chars[i])
                append_utf8(out, (uint32_t)row[x].chars[i]);
        }
    }
    end_line(out, start);
}

static void dump_layer(const struct grid *grid, int y, struct buf *out)
{
    static const char letters[] = {
#define STYLE_LETTER(name, letter) letter,
        STYLES(STYLE_LETTER)
#undef STYLE_LETTER
    };
    const struct cell *row = grid->cells + (size_t)y * (size_t)grid->width;
    uint32_t start = out->len;

    for (int x = 0; x < grid->width; x++) {
        bool blank = row[x].chars[0] == L' ' && !row[x].selected;
        char letter = row[x].selected ? 'S' : letters[row[x].style];

        buf_append_u8(out, (uint8_t)(blank ? ' ' : letter));
    }
    end_line(out, start);
}

void grid_dump(const struct grid *grid, bool layer, struct buf *out)
{
    for (int y = 0; y < grid->height; y++)
        dump_row(grid, y, out);
    if (!layer)
        return;
    buf_append_string(out, "---\n");
    for (int y = 0; y < grid->height; y++)
        dump_layer(grid, y, out);
    if (grid->cursor_y < 0)
        buf_append_string(out, "cursor none\n");
    else
        buf_printf(out, "cursor row %d column %d\n", grid->cursor_y + 1,
                   grid->cursor_x + 1);
}
