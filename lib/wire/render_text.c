#include "wire/render.h"

#include "mqtt/utf8.h"

struct range {
    uint32_t first;
    uint32_t last;
};

static bool in_ranges(const struct range *ranges, size_t count, uint32_t c)
{
    for (size_t i = 0; i < count; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    }
    return false;
}

#define IN_RANGES(ranges, c) \
    in_ranges(ranges, sizeof(ranges) / sizeof((ranges)[0]), c)

/* Characters that draw nothing, end a line or turn its direction. */
static bool harmful(uint32_t c)
{
    static const struct range ranges[] = {
        {0x00,    0x1f    },
        {0x7f,    0x9f    },
        {0xad,    0xad    },
        {0x61c,   0x61c   },
        {0x180b,  0x180f  },
        {0x200b,  0x200f  },
        {0x2028,  0x202e  },
        {0x2060,  0x206f  },
        {0xe000,  0xf8ff  },
        {0xfe00,  0xfe0f  },
        {0xfeff,  0xfeff  },
        {0xfff0,  0xfffb  },
        {0xfffe,  0xffff  },
        {0x1bca0, 0x1bca3 },
        {0x1d173, 0x1d17a },
        {0xe0000, 0x10ffff},
    };

    return IN_RANGES(ranges, c);
}

/* Characters that take two columns; the rest is taken to need one. */
static bool wide(uint32_t c)
{
    static const struct range ranges[] = {
        {0x1100,  0x115f },
        {0x231a,  0x231b },
        {0x23e9,  0x23f3 },
        {0x25fd,  0x25fe },
        {0x2614,  0x27bf },
        {0x2b1b,  0x2b55 },
        {0x2e80,  0x303e },
        {0x3041,  0xa4cf },
        {0xa960,  0xa97c },
        {0xac00,  0xd7a3 },
        {0xf900,  0xfaff },
        {0xfe30,  0xfe6f },
        {0xff00,  0xff60 },
        {0xffe0,  0xffe6 },
        {0x16fe0, 0x1b2fb},
        {0x1f004, 0x1faff},
        {0x20000, 0x3fffd},
    };

    return IN_RANGES(ranges, c);
}

/* What is shown for the start of the text, and its width. */
struct piece {
    size_t len; /* bytes of the text */
    size_t columns;
    bool escape; /* shown as "\xNN" for each byte */
};

static struct piece next_piece(struct slice text)
{
    uint32_t c;
    int len = utf8_decode(text, &c);

    if (len <= 0)
        return (struct piece){1, 4, true};
    if (harmful(c))
        return (struct piece){(size_t)len, 4 * (size_t)len, true};
    return (struct piece){(size_t)len, wide(c) ? 2 : 1, false};
}

/* How many bytes fit into so many columns; more than that are not looked at. */
static size_t fitting(struct slice text, size_t columns)
{
    size_t used = 0;
    size_t at = 0;

    while (at < text.len) {
        struct piece piece = next_piece(slice_skip(text, at));

        if (used + piece.columns > columns)
            break;
        used += piece.columns;
        at += piece.len;
    }
    return at;
}

static void put(struct buf *out, struct slice text)
{
    while (text.len) {
        struct piece piece = next_piece(text);

        if (!piece.escape)
            buf_append(out, text.bytes, piece.len);
        for (size_t i = 0; piece.escape && i < piece.len; i++)
            buf_printf(out, "\\x%02x", text.bytes[i]);
        text = slice_skip(text, piece.len);
    }
}

void render_text(struct buf *out, struct slice bytes, size_t max_columns)
{
    static const char dots[] = "...";

    if (max_columns == 0 || fitting(bytes, max_columns) == bytes.len) {
        put(out, bytes);
        return;
    }

    size_t dot_count = max_columns < 3 ? max_columns : 3;
    put(out, slice_first(bytes, fitting(bytes, max_columns - dot_count)));
    buf_append(out, dots, dot_count);
}

size_t render_width(struct slice bytes)
{
    size_t columns = 0;

    while (bytes.len) {
        struct piece piece = next_piece(bytes);

        columns += piece.columns;
        bytes = slice_skip(bytes, piece.len);
    }
    return columns;
}
