#include "wire/filter_class.h"

#include "base/hex_digits.h"

#include <string.h>

static bool is_letter(int byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

bool filter_class_is_word(uint8_t byte)
{
    return is_letter(byte) || is_digit(byte) || byte == '_';
}

void filter_class_join(struct filter_class *class,
                       const struct filter_class *other)
{
    for (int i = 0; i < 4; i++)
        class->bits[i] |= other->bits[i];
}

void filter_class_invert(struct filter_class *class)
{
    for (int i = 0; i < 4; i++)
        class->bits[i] = ~class->bits[i];
}

void filter_class_fold(struct filter_class *class)
{
    for (unsigned i = 0; i < 26; i++) {
        uint8_t lower = (uint8_t)('a' + i);
        uint8_t upper = (uint8_t)('A' + i);

        if (filter_class_has(class, lower))
            filter_class_add(class, upper);
        else if (filter_class_has(class, upper))
            filter_class_add(class, lower);
    }
}

/* ---- named sets ---- */

static bool is_blank(int byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_space(int byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static bool is_word(int byte)
{
    return filter_class_is_word((uint8_t)byte);
}

static bool is_upper(int byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_lower(int byte)
{
    return byte >= 'a' && byte <= 'z';
}

static bool is_alnum(int byte)
{
    return is_letter(byte) || is_digit(byte);
}

static bool is_control(int byte)
{
    return byte < 0x20 || byte == 0x7f;
}

static bool is_graph(int byte)
{
    return byte > 0x20 && byte < 0x7f;
}

static bool is_print(int byte)
{
    return byte >= 0x20 && byte < 0x7f;
}

static bool is_punctuation(int byte)
{
    return is_graph(byte) && !is_alnum(byte);
}

static bool is_hex_digit(int byte)
{
    return hex_digits_value(byte) >= 0;
}

static const struct {
    const char *name; /* in [:name:] */
    bool (*has)(int byte);
} names[] = {
    {"alnum",  is_alnum      },
    {"alpha",  is_letter     },
    {"blank",  is_blank      },
    {"cntrl",  is_control    },
    {"digit",  is_digit      },
    {"graph",  is_graph      },
    {"lower",  is_lower      },
    {"print",  is_print      },
    {"punct",  is_punctuation},
    {"space",  is_space      },
    {"upper",  is_upper      },
    {"xdigit", is_hex_digit  },
    {"word",   is_word       },
};

static void add_all(struct filter_class *class, bool (*has)(int byte),
                    bool not )
{
    for (int byte = 0; byte < 256; byte++) {
        if (has(byte) != not )
            filter_class_add(class, (uint8_t)byte);
    }
}

/* ---- escapes ---- */

/* "x41": one or two digits. */
static size_t hex_escape(struct slice text, int *byte)
{
    size_t used = 1;

    *byte = 0;
    while (used < text.len && used < 3 && is_hex_digit(text.bytes[used]))
        *byte = *byte * 16 + hex_digits_value(text.bytes[used++]);
    return used > 1 ? used : 0;
}

/* The byte that a letter behind a backslash stands for, or -1. */
static int control_escape(int letter)
{
    static const char letters[] = "aefnrt";
    static const char bytes[] = "\a\x1b\f\n\r\t";
    const char *at = letter ? strchr(letters, letter) : NULL;

    return at ? bytes[at - letters] : -1;
}

static bool set_escape(struct filter_class *class, int letter)
{
    switch (letter) {
    case 'd': add_all(class, is_digit, false); return true;
    case 'D': add_all(class, is_digit, true); return true;
    case 'w': add_all(class, is_word, false); return true;
    case 'W': add_all(class, is_word, true); return true;
    case 's': add_all(class, is_space, false); return true;
    case 'S': add_all(class, is_space, true); return true;
    default: return false;
    }
}

size_t filter_class_escape(struct filter_class *class, struct slice text,
                           int *single, const char **error)
{
    size_t used = 1;
    int byte = text.len ? text.bytes[0] : -1;

    if (single)
        *single = -1;
    if (byte >= 0 && set_escape(class, byte))
        return used;
    if (byte == 'x')
        used = hex_escape(text, &byte);
    else if (is_alnum(byte))
        byte = control_escape(byte);
    if (byte < 0 || !used) {
        *error = text.len ? "this escape is not understood"
                          : "a character must follow the backslash";
        return 0;
    }
    filter_class_add(class, (uint8_t)byte);
    filter_class_fold(class);
    if (single)
        *single = byte;
    return used;
}

/* ---- brackets ---- */

/* "[:alpha:]", of which text begins with the first ":". */
static size_t named_set(struct filter_class *class, struct slice text,
                        const char **error)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t len = strlen(names[i].name);

        if (text.len >= len + 3 &&
            !memcmp(text.bytes + 1, names[i].name, len) &&
            !memcmp(text.bytes + 1 + len, ":]", 2)) {
            add_all(class, names[i].has, false);
            return len + 3;
        }
    }
    *error = "there is no set of this name";
    return 0;
}

/* One member: a byte (*single) or a set of them (*single is -1). */
static size_t member(struct filter_class *class, struct slice text, int *single,
                     const char **error)
{
    uint8_t byte = text.bytes[0];
    size_t used;

    *single = -1;
    if (byte == '[' && text.len > 1 &&
        (text.bytes[1] == '.' || text.bytes[1] == '=')) {
        *error = "[. .] and [= =] are not understood";
        return 0;
    }
    if (byte == '[' && text.len > 1 && text.bytes[1] == ':') {
        used = named_set(class, slice_skip(text, 1), error);
        return used ? used + 1 : 0;
    }
    if (byte == '\\' && text.len > 1 && text.bytes[1] == 'b') {
        *single = '\b'; /* in brackets it is not a border of a word */
        filter_class_add(class, '\b');
        return 2;
    }
    if (byte == '\\') {
        used = filter_class_escape(class, slice_skip(text, 1), single, error);
        return used ? used + 1 : 0;
    }
    *single = byte;
    filter_class_add(class, byte);
    return 1;
}

/* "-z" behind a first byte; 0 without *error when no range follows. */
static size_t range(struct filter_class *class, struct slice text, int first,
                    const char **error)
{
    int last;

    if (text.len < 2 || text.bytes[0] != '-' || text.bytes[1] == ']')
        return 0;
    size_t used = member(class, slice_skip(text, 1), &last, error);
    if (!used)
        return 0;
    if (first < 0 || last < 0 || last < first) {
        *error = "this is no range";
        return 0;
    }
    for (int byte = first; byte <= last; byte++)
        filter_class_add(class, (uint8_t)byte);
    return used + 1;
}

size_t filter_class_bracket(struct filter_class *class, struct slice text,
                            const char **error)
{
    size_t at = text.len && text.bytes[0] == '^';
    bool invert = at;
    size_t begin = at;

    *error = NULL;
    for (;;) {
        int single;

        if (at >= text.len) {
            *error = "a ] is missing";
            return 0;
        }
        if (text.bytes[at] == ']' && at > begin)
            break;
        size_t used = member(class, slice_skip(text, at), &single, error);
        if (!used)
            return 0;
        at += used;
        at += range(class, slice_skip(text, at), single, error);
        if (*error)
            return 0;
    }
    filter_class_fold(class);
    if (invert)
        filter_class_invert(class);
    return at + 1;
}
