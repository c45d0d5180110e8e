#include "tui/big_text.h"

#include <string.h>

#define LETTER_WIDTH 4
#define LETTER_STEP  6

/* Four columns in five lines, the left one in the highest of four bits. */
static const struct {
    char letter;
    uint8_t lines[BIG_TEXT_HEIGHT];
} letters[] = {
    {'A', {6, 9, 15, 9, 9}  },
    {'B', {14, 9, 14, 9, 14}},
    {'C', {7, 8, 8, 8, 7}   },
    {'D', {14, 9, 9, 9, 14} },
    {'E', {15, 8, 14, 8, 15}},
    {'F', {15, 8, 14, 8, 8} },
    {'G', {7, 8, 11, 9, 7}  },
    {'H', {9, 9, 15, 9, 9}  },
    {'I', {14, 4, 4, 4, 14} },
    {'K', {9, 10, 12, 10, 9}},
    {'L', {8, 8, 8, 8, 15}  },
    {'M', {9, 15, 15, 9, 9} },
    {'N', {9, 13, 15, 11, 9}},
    {'O', {6, 9, 9, 9, 6}   },
    {'P', {14, 9, 14, 8, 8} },
    {'Q', {6, 9, 9, 10, 5}  },
    {'R', {14, 9, 14, 10, 9}},
    {'S', {7, 8, 6, 1, 14}  },
    {'T', {14, 4, 4, 4, 4}  },
    {'U', {9, 9, 9, 9, 6}   },
    {'0', {6, 9, 9, 9, 6}   },
    {'1', {2, 6, 2, 2, 7}   },
    {'2', {14, 1, 6, 8, 15} },
    {'3', {14, 1, 6, 1, 14} },
    {'4', {9, 9, 15, 1, 1}  },
    {'5', {15, 8, 14, 1, 14}},
    {'6', {6, 8, 14, 9, 6}  },
    {'7', {15, 1, 2, 4, 4}  },
    {'8', {6, 9, 6, 9, 6}   },
    {'9', {6, 9, 7, 1, 6}   },
};

static const uint8_t *lines_of(char letter)
{
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (letters[i].letter == letter)
            return letters[i].lines;
    }
    return NULL;
}

int big_text_width(const char *text)
{
    size_t count = strlen(text);

    return count ? (int)count * LETTER_STEP - (LETTER_STEP - LETTER_WIDTH) : 0;
}

static void draw_letter(const struct area *area, int y, int x, enum style style,
                        const uint8_t *lines)
{
    for (int line = 0; line < BIG_TEXT_HEIGHT; line++) {
        for (int column = 0; column < LETTER_WIDTH; column++) {
            if (lines[line] >> (LETTER_WIDTH - 1 - column) & 1)
                grid_text(area, y + line, x + column, style, "#");
        }
    }
}

void big_text_draw(const struct area *area, int y, int x, enum style style,
                   const char *text)
{
    for (; *text; text++, x += LETTER_STEP) {
        const uint8_t *lines = lines_of(*text);

        if (lines)
            draw_letter(area, y, x, style, lines);
    }
}
