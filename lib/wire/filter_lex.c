#include "wire/filter_lex.h"

#include <string.h>

#include "base/hex_digits.h"

static const struct {
    const char *word;
    enum filter_token_type type;
} words[] = {
  /* longer signs before those that begin them */
    {"===",         FILTER_ALL_EQ    },
    {"!==",         FILTER_ANY_NE    },
    {"==",          FILTER_EQ        },
    {"!=",          FILTER_NE        },
    {">=",          FILTER_GE        },
    {"<=",          FILTER_LE        },
    {"&&",          FILTER_AND       },
    {"||",          FILTER_OR        },
    {"..",          FILTER_RANGE     },
    {"!",           FILTER_NOT       },
    {">",           FILTER_GT        },
    {"<",           FILTER_LT        },
    {"~",           FILTER_MATCHES   },
    {"&",           FILTER_BITS      },
    {"(",           FILTER_OPEN      },
    {")",           FILTER_CLOSE     },
    {"{",           FILTER_OPEN_SET  },
    {"}",           FILTER_CLOSE_SET },
    {"[",           FILTER_OPEN_SLICE},
    {",",           FILTER_COMMA     },
    {"+",           FILTER_PLUS      },
    {"-",           FILTER_MINUS     },
    {"*",           FILTER_TIMES     },
    {"/",           FILTER_DIVIDED   },
    {"%",           FILTER_REMAINDER },
    {"#",           FILTER_LAYER     },
    {"and",         FILTER_AND       },
    {"or",          FILTER_OR        },
    {"not",         FILTER_NOT       },
    {"any",         FILTER_ANY       },
    {"all",         FILTER_ALL       },
    {"in",          FILTER_IN        },
    {"eq",          FILTER_EQ        },
    {"any_eq",      FILTER_EQ        },
    {"ne",          FILTER_NE        },
    {"all_ne",      FILTER_NE        },
    {"all_eq",      FILTER_ALL_EQ    },
    {"any_ne",      FILTER_ANY_NE    },
    {"gt",          FILTER_GT        },
    {"lt",          FILTER_LT        },
    {"ge",          FILTER_GE        },
    {"le",          FILTER_LE        },
    {"contains",    FILTER_CONTAINS  },
    {"matches",     FILTER_MATCHES   },
    {"bitwise_and", FILTER_BITS      },
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))
#define FIRST_WORD 26u /* the index of "and" */

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The operator that a word is; FILTER_NAME when it is none. */
static enum filter_token_type keyword_of(struct slice word)
{
    for (size_t i = FIRST_WORD; i < WORD_COUNT; i++) {
        if (slice_equal_string(word, words[i].word))
            return words[i].type;
    }
    return FILTER_NAME;
}

/* The byte at an offset from the token's first; -1 behind the end. */
static int look(const struct filter_lexer *lexer, size_t offset)
{
    size_t at = lexer->at + offset;

    return at < lexer->text.len ? lexer->text.bytes[at] : -1;
}

/* ---- strings ---- */

/* "\x41", "\101": at most so many digits of a base; returns digits used. */
static size_t number_escape(const struct filter_lexer *lexer, size_t offset,
                            unsigned base, size_t max_digits, unsigned *value)
{
    size_t used = 0;

    *value = 0;
    while (used < max_digits) {
        int digit = hex_digits_value(look(lexer, offset + used));

        if (digit < 0 || (unsigned)digit >= base)
            break;
        *value = *value * base + (unsigned)digit;
        used++;
    }
    return used;
}

/* What stands behind a backslash; returns its length, 0 when it is nothing. */
static size_t escape(const struct filter_lexer *lexer, size_t offset,
                     unsigned *value)
{
    static const char letters[] = "abfnrtv\\\"'?";
    static const char bytes[] = "\a\b\f\n\r\t\v\\\"'?";
    int c = look(lexer, offset);

    if (c == 'x') {
        size_t used = number_escape(lexer, offset + 1, 16, 2, value);

        return used ? used + 1 : 0;
    }
    if (c >= '0' && c <= '7')
        return number_escape(lexer, offset, 8, 3, value);
    for (size_t i = 0; letters[i]; i++) {
        if (letters[i] == c) {
            *value = (uint8_t)bytes[i];
            return 1;
        }
    }
    return 0;
}

static void fail(struct filter_token *token, const char *error)
{
    token->type = FILTER_BAD;
    token->error = error;
}

/* Text up to the closing quote; offset is behind the opening one. In raw text
   a backslash stays, and keeps a quote from closing. */
static size_t quoted(struct filter_lexer *lexer, struct filter_token *token,
                     size_t offset, int quote, bool raw)
{
    uint8_t *value = lexer->arena + lexer->arena_used;
    size_t len = 0;

    for (;;) {
        int c = look(lexer, offset++);
        unsigned byte = (unsigned)c;

        if (c == quote)
            break;
        if (c == '\\' && raw) {
            value[len++] = '\\';
            byte = (unsigned)look(lexer, offset++);
        } else if (c == '\\') {
            size_t used = escape(lexer, offset, &byte);

            if (!used)
                fail(token, "this escape is not known; a backslash is "
                            "written \\\\, and r\"...\" takes all as it is");
            offset += used;
        }
        if (lexer->at + offset > lexer->text.len)
            fail(token, "the closing quote is missing");
        if (byte > 255)
            fail(token, token->error ? token->error
                                     : "this number is larger than a byte");
        if (token->type == FILTER_BAD)
            return offset;
        value[len++] = (uint8_t)byte;
    }
    token->value = slice_of(value, len);
    lexer->arena_used += len;
    return offset;
}

/* ---- the rest ---- */

static bool is_hex_pair(const struct filter_lexer *lexer, size_t offset)
{
    return hex_digits_value(look(lexer, offset)) >= 0 &&
           hex_digits_value(look(lexer, offset + 1)) >= 0;
}

/* Hexadecimal digits and ":", as in ab:cd, fe80::1 and ::1? */
static bool begins_groups(const struct filter_lexer *lexer)
{
    size_t len = 0;

    while (len < 4 && hex_digits_value(look(lexer, len)) >= 0)
        len++;
    return look(lexer, len) == ':' && (len || look(lexer, 1) == ':');
}

/* Is this a number, an address or bytes such as ab:cd? */
static bool begins_literal(const struct filter_lexer *lexer)
{
    int c = look(lexer, 0);

    return is_digit(c) ||
           ((c == '-' || c == '+') && is_digit(look(lexer, 1))) ||
           begins_groups(lexer);
}

/* Read ab:cd, abcd or 0xab as bytes; a single digit is a byte too. */
static void take_bytes(struct filter_lexer *lexer, struct filter_token *token,
                       size_t len)
{
    uint8_t *value = lexer->arena + lexer->arena_used;
    size_t count = 0;
    size_t at = len == 4 && (look(lexer, 1) | 0x20) == 'x' ? 2 : 0;

    if (len == 1 && is_digit(look(lexer, 0)))
        value[count++] = (uint8_t)hex_digits_value(look(lexer, at++));
    while (at + 2 <= len && is_hex_pair(lexer, at)) {
        value[count++] = (uint8_t)(hex_digits_value(look(lexer, at)) * 16 +
                                   hex_digits_value(look(lexer, at + 1)));
        at += 2;
        if (at + 2 < len && look(lexer, at) == ':')
            at++;
    }
    if (at < len || !count)
        return;
    token->value = slice_of(value, count);
    lexer->arena_used += count;
}

static size_t word_len(const struct filter_lexer *lexer, const char *more,
                       size_t len)
{
    for (;; len++) {
        int c = look(lexer, len);

        if (c == '.' && look(lexer, len + 1) == '.')
            return len;
        if (!is_letter(c) && !is_digit(c) && (c <= 0 || !strchr(more, c)))
            return len;
    }
}

/* Numbers, bytes and addresses; "/" belongs only to an address. */
static size_t literal_len(const struct filter_lexer *lexer)
{
    size_t len = word_len(lexer, ".:", 1);
    bool address = false;

    for (size_t i = 0; i < len; i++)
        address |= look(lexer, i) == '.' || look(lexer, i) == ':';
    return address && look(lexer, len) == '/' ? word_len(lexer, "/", len + 1)
                                              : len;
}

static size_t sign(const struct filter_lexer *lexer, struct filter_token *token)
{
    for (size_t i = 0; i < FIRST_WORD; i++) {
        size_t len = strlen(words[i].word);

        if (slice_starts_with(slice_skip(lexer->text, lexer->at),
                              slice_of(words[i].word, len))) {
            token->type = words[i].type;
            return len;
        }
    }
    fail(token, look(lexer, 0) == '='   ? "write == to compare"
                : look(lexer, 0) == '|' ? "write || or or"
                : look(lexer, 0) == '@' ? "write the field without @"
                : look(lexer, 0) == '^' ? "there is no xor"
                : look(lexer, 0) == '$' ? "there are no macros"
                                        : "this character is not understood");
    return 1;
}

static size_t character(struct filter_lexer *lexer, struct filter_token *token)
{
    token->type = FILTER_CHAR;
    size_t len = quoted(lexer, token, 1, '\'', false);
    if (token->type == FILTER_CHAR && token->value.len != 1)
        fail(token, "'...' is one character; text stands in \"...\"");
    return len;
}

void filter_lex_next(struct filter_lexer *lexer, struct filter_token *token)
{
    while (look(lexer, 0) >= 0 && strchr(" \t\r\n", look(lexer, 0)) &&
           look(lexer, 0))
        lexer->at++;

    *token = (struct filter_token){.type = FILTER_END, .at = lexer->at};
    int c = look(lexer, 0);
    size_t len;
    if (c < 0)
        return;
    if (c == '"' || (c == 'r' && look(lexer, 1) == '"')) {
        bool raw = c == 'r';

        token->type = FILTER_STRING;
        len = quoted(lexer, token, raw ? 2 : 1, '"', raw);
    } else if (c == '\'') {
        len = character(lexer, token);
    } else if (begins_literal(lexer)) {
        token->type = FILTER_LITERAL;
        len = literal_len(lexer);
        take_bytes(lexer, token, len);
    } else if (is_letter(c)) {
        len = word_len(lexer, ".", 1);
        token->type =
            keyword_of(slice_first(slice_skip(lexer->text, lexer->at), len));
    } else {
        len = sign(lexer, token);
    }
    if ((token->type == FILTER_LITERAL || token->type == FILTER_NAME) &&
        look(lexer, len) == '-')
        fail(token, "write a space before -"); /* Wireshark's names have it */
    if (len > lexer->text.len - lexer->at)
        len = lexer->text.len - lexer->at;
    token->text = slice_first(slice_skip(lexer->text, lexer->at), len);
    lexer->at += len;
}

void filter_lex_split_sign(struct filter_lexer *lexer,
                           struct filter_token *token)
{
    if (token->type != FILTER_LITERAL ||
        (token->text.bytes[0] != '+' && token->text.bytes[0] != '-'))
        return;
    token->type = token->text.bytes[0] == '+' ? FILTER_PLUS : FILTER_MINUS;
    token->text = slice_first(token->text, 1);
    lexer->at = token->at + 1;
}
