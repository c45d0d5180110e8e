#include "tui/theme.h"

#include <stdio.h>
#include <string.h>

#define B THEME_BOLD
#define U THEME_UNDERLINE
#define R THEME_REVERSE

/* clang-format off */
static const struct theme themes[] = {
    {"dark", "for a dark background", 0x16181d, 0xd8d8d8, false, {
    [STYLE_PLAIN]    = {{-1, -1},   {-1, -1}, 0, 0},
    [STYLE_DIM]      = {{245, -1},  {-1, -1}, 0, 0},
    [STYLE_TITLE]    = {{231, 24},  {7, 4},   B, R},
    [STYLE_TAB]      = {{250, 236}, {-1, -1}, 0, 0},
    [STYLE_TAB_ON]   = {{231, 31},  {7, 4},   B, R},
    [STYLE_KEY]      = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_HEADING]  = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_C2B]      = {{208, -1},  {3, -1},  0, 0},
    [STYLE_B2C]      = {{39, -1},   {6, -1},  0, 0},
    [STYLE_EVENT]    = {{176, -1},  {5, -1},  0, 0},
    [STYLE_GOOD]     = {{37, -1},   {6, -1},  B, B},
    [STYLE_WARNING]  = {{208, -1},  {3, -1},  B, B},
    [STYLE_ERROR]    = {{231, 160}, {7, 1},   B, B | U},
    [STYLE_MARK]     = {{16, 214},  {0, 3},   B, B | U},
    [STYLE_NAME]     = {{73, -1},   {6, -1},  0, 0},
    [STYLE_CLIENT_0] = {{39, -1},   {6, -1},  0, 0},
    [STYLE_CLIENT_1] = {{208, -1},  {3, -1},  0, 0},
    [STYLE_CLIENT_2] = {{176, -1},  {5, -1},  0, 0},
    [STYLE_CLIENT_3] = {{72, -1},   {2, -1},  0, 0},
    [STYLE_CLIENT_4] = {{141, -1},  {4, -1},  0, 0},
    [STYLE_CLIENT_5] = {{180, -1},  {-1, -1}, 0, 0}}},

    {"light", "for a light background", 0xffffff, 0x202020, false, {
    [STYLE_PLAIN]    = {{-1, -1},   {-1, -1}, 0, 0},
    [STYLE_DIM]      = {{242, -1},  {-1, -1}, 0, 0},
    [STYLE_TITLE]    = {{231, 24},  {7, 4},   B, R},
    [STYLE_TAB]      = {{236, 252}, {-1, -1}, 0, 0},
    [STYLE_TAB_ON]   = {{231, 31},  {7, 4},   B, R},
    [STYLE_KEY]      = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_HEADING]  = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_C2B]      = {{130, -1},  {1, -1},  0, 0},
    [STYLE_B2C]      = {{25, -1},   {4, -1},  0, 0},
    [STYLE_EVENT]    = {{90, -1},   {5, -1},  0, 0},
    [STYLE_GOOD]     = {{23, -1},   {4, -1},  B, B},
    [STYLE_WARNING]  = {{130, -1},  {1, -1},  B, B},
    [STYLE_ERROR]    = {{231, 124}, {7, 1},   B, B | U},
    [STYLE_MARK]     = {{16, 220},  {0, 3},   B, B | U},
    [STYLE_NAME]     = {{24, -1},   {4, -1},  0, 0},
    [STYLE_CLIENT_0] = {{25, -1},   {4, -1},  0, 0},
    [STYLE_CLIENT_1] = {{130, -1},  {1, -1},  0, 0},
    [STYLE_CLIENT_2] = {{90, -1},   {5, -1},  0, 0},
    [STYLE_CLIENT_3] = {{29, -1},   {2, -1},  0, 0},
    [STYLE_CLIENT_4] = {{55, -1},   {4, -1},  0, 0},
    [STYLE_CLIENT_5] = {{94, -1},   {-1, -1}, 0, 0}}},

    {"safe", "blue and orange only, for a dark background",
     0x000000, 0xd8d8d8, false, {
    [STYLE_PLAIN]    = {{-1, -1},   {-1, -1}, 0, 0},
    [STYLE_DIM]      = {{248, -1},  {-1, -1}, 0, 0},
    [STYLE_TITLE]    = {{16, 75},   {7, 4},   B, R},
    [STYLE_TAB]      = {{250, 236}, {-1, -1}, 0, 0},
    [STYLE_TAB_ON]   = {{16, 75},   {7, 4},   B, R},
    [STYLE_KEY]      = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_HEADING]  = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_C2B]      = {{214, -1},  {3, -1},  0, 0},
    [STYLE_B2C]      = {{75, -1},   {6, -1},  0, 0},
    [STYLE_EVENT]    = {{252, -1},  {7, -1},  U, U},
    [STYLE_GOOD]     = {{75, -1},   {6, -1},  B, B},
    [STYLE_WARNING]  = {{214, -1},  {3, -1},  B, B},
    [STYLE_ERROR]    = {{16, 214},  {0, 3},   B, B | U},
    [STYLE_MARK]     = {{16, 231},  {0, 7},   B, B | U},
    [STYLE_NAME]     = {{117, -1},  {6, -1},  0, 0},
    [STYLE_CLIENT_0] = {{75, -1},   {6, -1},  0, 0},
    [STYLE_CLIENT_1] = {{214, -1},  {3, -1},  0, 0},
    [STYLE_CLIENT_2] = {{231, -1},  {7, -1},  B, B},
    [STYLE_CLIENT_3] = {{117, -1},  {6, -1},  U, U},
    [STYLE_CLIENT_4] = {{222, -1},  {3, -1},  U, U},
    [STYLE_CLIENT_5] = {{248, -1},  {-1, -1}, 0, 0}}},

    {"safe-light", "blue and orange only, for a light background",
     0xffffff, 0x101010, false, {
    [STYLE_PLAIN]    = {{-1, -1},   {-1, -1}, 0, 0},
    [STYLE_DIM]      = {{240, -1},  {-1, -1}, 0, 0},
    [STYLE_TITLE]    = {{231, 25},  {7, 4},   B, R},
    [STYLE_TAB]      = {{236, 252}, {-1, -1}, 0, 0},
    [STYLE_TAB_ON]   = {{231, 25},  {7, 4},   B, R},
    [STYLE_KEY]      = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_HEADING]  = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_C2B]      = {{130, -1},  {3, -1},  0, 0},
    [STYLE_B2C]      = {{25, -1},   {4, -1},  0, 0},
    [STYLE_EVENT]    = {{16, -1},   {0, -1},  U, U},
    [STYLE_GOOD]     = {{25, -1},   {4, -1},  B, B},
    [STYLE_WARNING]  = {{130, -1},  {3, -1},  B, B},
    [STYLE_ERROR]    = {{231, 130}, {7, 3},   B, B | U},
    [STYLE_MARK]     = {{231, 16},  {7, 0},   B, B | U},
    [STYLE_NAME]     = {{18, -1},   {4, -1},  0, 0},
    [STYLE_CLIENT_0] = {{25, -1},   {4, -1},  0, 0},
    [STYLE_CLIENT_1] = {{130, -1},  {3, -1},  0, 0},
    [STYLE_CLIENT_2] = {{16, -1},   {0, -1},  B, B},
    [STYLE_CLIENT_3] = {{18, -1},   {4, -1},  U, U},
    [STYLE_CLIENT_4] = {{94, -1},   {3, -1},  U, U},
    [STYLE_CLIENT_5] = {{240, -1},  {-1, -1}, 0, 0}}},

    {"mono", "no colours", 0xffffff, 0x000000, true, {
    [STYLE_TITLE]    = {{-1, -1},   {-1, -1}, R, R},
    [STYLE_TAB_ON]   = {{-1, -1},   {-1, -1}, R, R},
    [STYLE_KEY]      = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_HEADING]  = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_GOOD]     = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_WARNING]  = {{-1, -1},   {-1, -1}, B, B},
    [STYLE_ERROR]    = {{-1, -1},   {-1, -1}, B | U, B | U},
    [STYLE_MARK]     = {{-1, -1},   {-1, -1}, B | U, B | U}}},

    {0},
};
/* clang-format on */

const struct theme *theme_table(void)
{
    return themes;
}

const struct theme *theme_find(const char *name)
{
    for (const struct theme *theme = themes; theme->name; theme++) {
        if (!strcmp(theme->name, name))
            return theme;
    }
    return NULL;
}

void theme_explain(const char *name, char *error, size_t size)
{
    struct buf text = {0};

    buf_printf(&text, "there is no theme '%s', but", name);
    for (const struct theme *theme = themes; theme->name; theme++)
        buf_printf(&text, "%s %s", theme == themes ? "" : ",", theme->name);
    snprintf(error, size, "%s", buf_string(&text));
    buf_release(&text);
}

uint32_t theme_rgb(short colour)
{
    static const uint32_t first[16] = {
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
        0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
        0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    };
    static const uint32_t steps[6] = {0, 95, 135, 175, 215, 255};
    uint32_t index = (uint32_t)colour;

    if (index < 16)
        return first[index];
    if (index >= 232) {
        uint32_t grey = (index - 232) * 10 + 8;

        return grey << 16 | grey << 8 | grey;
    }
    index -= 16;
    return steps[index / 36] << 16 | steps[index / 6 % 6] << 8 |
           steps[index % 6];
}
