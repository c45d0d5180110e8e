/*
 * From the text of a filter to its tree; inside the parser.
 *
 *   expr    = and { ("or" | "||") and }
 *   and     = unary { ("and" | "&&") unary }
 *   unary   = ("not" | "!") unary | "(" expr ")" | test
 *   test    = topicmatch "(" field "," text ")"
 *           | ["any" | "all"] value operator value
 *           | ["any"] field "in" set | field "not" "in" set | value
 *   value   = sum { "&" sum }
 *   sum     = product { ("+" | "-") product }
 *   product = signed { ("*" | "/" | "%") signed }
 *   signed  = ["+" | "-"] term | literal | "{" value "}"
 *   term    = (field [layer] | function "(" field [layer] ")"
 *           | ("abs" | "max" | "min") "(" value { "," value } ")") { slice }
 *   layer   = "#" number | "#" slice
 *   set     = "{" item { "," item } "}"     item = literal [".." literal]
 *   slice   = "[" part { "," part } "]"
 *   part    = i | i ":" len | i "-" j | ":" len | i ":" | ":"
 */
#ifndef WIRE_FILTER_PARSE_H
#define WIRE_FILTER_PARSE_H

#include "wire/filter_tree.h"

#define FILTER_PARSE_MAX_DEPTH 64u

struct filter_parser {
    struct filter_lexer lexer;
    struct filter_token token; /* the one looked at */
    struct filter *filter;
    struct filter_error *error;
    unsigned depth; /* of parentheses, braces and nots */
    bool failed;
};

/* Go on to the next token. */
void filter_parse_next(struct filter_parser *parser);

/* Note the first error, at an offset of the text; always returns false. */
bool filter_parse_fail(struct filter_parser *parser, size_t at,
                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Fail because the token looked at was not expected. */
bool filter_parse_unexpected(struct filter_parser *parser);

/* Pass a token of this type, or fail with what is wanted. */
bool filter_parse_expect(struct filter_parser *parser,
                         enum filter_token_type type, const char *wanted);

/* ---- filter_operand.c ---- */

/* Append an operand; returns its index. */
uint16_t filter_operand_add(struct filter *filter,
                            const struct filter_operand *operand);

/* A field, perhaps of a layer, or a function, with its slices. */
bool filter_operand_term(struct filter_parser *parser, uint16_t *operand);

/* A field, with its layer if it says one. */
bool filter_operand_field_of_layer(struct filter_parser *parser,
                                   uint16_t *operand);

/* Can the operand's bytes be had? Of most protocols they cannot. */
bool filter_operand_has_bytes(const struct filter_operand *operand);

/* A field alone. */
bool filter_operand_field(struct filter_parser *parser, uint16_t *operand);

/* Look up a field by name. False when there is none. */
bool filter_operand_find(struct slice name, struct filter_operand *operand);

/* The name of an operand's field, for messages. */
const char *filter_operand_name(const struct filter *filter, uint16_t operand);

/* ---- filter_function.c ---- */

/* Is the token looked at a function, that is, does "(" follow? */
bool filter_function_is_call(const struct filter_parser *parser);

/* A function with what it takes. */
bool filter_function(struct filter_parser *parser, uint16_t *operand);

/* ---- filter_sum.c ---- */

/* A value beside another one: literals have its type. */
bool filter_operand_value(struct filter_parser *parser, uint16_t like,
                          uint16_t *operand);

/* The left side of an operator, or what is asked for: a value with a field. */
bool filter_operand_left(struct filter_parser *parser, uint16_t *operand);

/* The right side of an operator: as above, or a literal of the left's type. */
bool filter_operand_right(struct filter_parser *parser, uint16_t left,
                          enum filter_token_type op, uint16_t *operand);

/* "{ ... }" of literals of the left's type, into the filter's members. */
bool filter_operand_set(struct filter_parser *parser, uint16_t left,
                        uint16_t *first, uint16_t *count);

#endif
