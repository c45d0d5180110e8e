/*
 * The words of the filter language.
 */
#ifndef WIRE_FILTER_LEX_H
#define WIRE_FILTER_LEX_H

#include "base/slice.h"

enum filter_token_type {
    FILTER_END,
    FILTER_BAD,     /* error says why */
    FILTER_NAME,    /* of a field or function */
    FILTER_STRING,  /* "text", r"text" */
    FILTER_CHAR,    /* 'c' */
    FILTER_LITERAL, /* number, bytes, address: judged where its type is known */
    FILTER_AND,
    FILTER_OR,
    FILTER_NOT,
    FILTER_ANY,
    FILTER_ALL,
    FILTER_IN,
    FILTER_EQ, /* from here on: operators between two values */
    FILTER_NE,
    FILTER_ALL_EQ,
    FILTER_ANY_NE,
    FILTER_GT,
    FILTER_LT,
    FILTER_GE,
    FILTER_LE,
    FILTER_CONTAINS,
    FILTER_MATCHES, /* up to here */
    FILTER_BITS,    /* & */
    FILTER_PLUS,
    FILTER_MINUS,
    FILTER_TIMES,
    FILTER_DIVIDED,
    FILTER_REMAINDER,
    FILTER_LAYER, /* # */
    FILTER_OPEN,  /* ( */
    FILTER_CLOSE,
    FILTER_OPEN_SET, /* { */
    FILTER_CLOSE_SET,
    FILTER_OPEN_SLICE, /* [ */
    FILTER_COMMA,
    FILTER_RANGE, /* .. */
};

struct filter_token {
    enum filter_token_type type;
    size_t at;          /* offset in the text */
    struct slice text;  /* as written */
    struct slice value; /* of a string or character, escapes replaced; of a
                           literal its bytes if it can be read as such, else
                           NULL. Lies in the lexer's arena */
    const char *error;
};

struct filter_lexer {
    struct slice text;
    size_t at;
    uint8_t *arena; /* longer than text: room for the values of all tokens */
    size_t arena_used;
};

/* The next token; FILTER_END for ever at the end. */
void filter_lex_next(struct filter_lexer *lexer, struct filter_token *token);

/* Of a literal such as "-2", behind a value: only its sign, which is an
   operator there. The next token is the number. */
void filter_lex_split_sign(struct filter_lexer *lexer,
                           struct filter_token *token);

#endif
