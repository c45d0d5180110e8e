/*
 * Functions of filters. Some take a field and tell something about it, others
 * calculate with one value or several, as operators do.
 */
#include "wire/filter_parse.h"

#include "wire/filter_suggest.h"

static const struct function {
    const char *name;
    enum filter_operand_kind kind;
    enum filter_type type; /* of what it gives, when it takes a field */
    uint16_t takes;        /* types, as bits */
    const char *wants;
} functions[] = {
#define BIT(type) (1u << (type))
#define BYTES     (BIT(FILTER_TEXT) | BIT(FILTER_BYTES) | BIT(FILTER_PROTOCOL))
#define NUMBERS   (BIT(FILTER_UINT) | BIT(FILTER_IPV4) | BIT(FILTER_IPV6))
#define VALUES    (0xffffu & ~(BIT(FILTER_PROTOCOL) | BIT(FILTER_IPV6)))
  /* clang-format off */
    {"len",    FILTER_OPERAND_LEN,    FILTER_UINT, BYTES | BIT(FILTER_IPV6),
     "text or bytes"},
    {"count",  FILTER_OPERAND_COUNT,  FILTER_UINT, 0xffff,  "a field"},
    {"upper",  FILTER_OPERAND_UPPER,  FILTER_TEXT, BIT(FILTER_TEXT), "text"},
    {"lower",  FILTER_OPERAND_LOWER,  FILTER_TEXT, BIT(FILTER_TEXT), "text"},
    {"string", FILTER_OPERAND_STRING, FILTER_TEXT, NUMBERS,
     "a number or an address"},
    {"abs",    FILTER_OPERAND_ABS,    FILTER_UINT, BIT(FILTER_UINT), "a number"},
    {"max",    FILTER_OPERAND_MAX,    FILTER_UINT, VALUES, "a value"},
    {"min",    FILTER_OPERAND_MIN,    FILTER_UINT, VALUES, "a value"},
  /* clang-format on */
#undef VALUES
#undef NUMBERS
#undef BYTES
#undef BIT
};

#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

static const char own[] = "topicmatch";

const char *filter_function_name(size_t number)
{
    if (number < FUNCTION_COUNT)
        return functions[number].name;
    return number == FUNCTION_COUNT ? own : NULL;
}

bool filter_function_is_call(const struct filter_parser *parser)
{
    struct filter_lexer ahead = parser->lexer;
    struct filter_token token;

    filter_lex_next(&ahead, &token);
    return parser->token.type == FILTER_NAME && token.type == FILTER_OPEN;
}

static bool unknown(struct filter_parser *parser)
{
    struct filter_suggestion best = {0};
    const char *name;

    for (size_t i = 0; (name = filter_function_name(i)); i++)
        filter_suggest(&best, parser->token.text, name);
    return filter_parse_fail(
        parser, parser->token.at, "unknown function " SLICE_FMT "%s%s%s",
        SLICE_ARGS(parser->token.text), best.name ? ", did you mean " : "",
        best.name ? best.name : "", best.name ? "?" : "");
}

static bool takes(struct filter_parser *parser, const struct function *function,
                  uint16_t operand, size_t at)
{
    const struct filter_operand *value = &parser->filter->operands[operand];

    if ((function->takes >> value->type & 1) &&
        (function->kind != FILTER_OPERAND_LEN ||
         filter_operand_has_bytes(value)))
        return true;
    return filter_parse_fail(parser, at, "%s() takes %s, which %s is not",
                             function->name, function->wants,
                             filter_operand_name(parser->filter, operand));
}

/* What asks how a field is: nothing else has it. */
static bool parse_field(struct filter_parser *parser,
                        const struct function *function, size_t at,
                        uint16_t *operand)
{
    struct filter_operand made = {.kind = function->kind,
                                  .type = function->type,
                                  .bytes =
                                      function->type == FILTER_UINT ? 4 : 0};

    if (!filter_operand_field_of_layer(parser, &made.child) ||
        !takes(parser, function, made.child, at))
        return false;
    *operand = filter_operand_add(parser->filter, &made);
    return true;
}

/* One more value of the same kind. */
static bool parse_more(struct filter_parser *parser,
                       const struct function *function, uint16_t first,
                       uint16_t *operand)
{
    enum filter_token_type type = parser->token.type;
    size_t at = parser->token.at;

    if (type == FILTER_STRING || type == FILTER_CHAR ||
        (type == FILTER_LITERAL && parser->token.text.bytes[0] == '-'))
        return filter_parse_fail(
            parser, at, "%s() takes fields and numbers, %s", function->name,
            type == FILTER_LITERAL ? "none below 0" : "no text");
    if (!filter_operand_value(parser, first, operand))
        return false;

    const struct filter_operand *a = &parser->filter->operands[first];
    const struct filter_operand *b = &parser->filter->operands[*operand];
    if (a->type == b->type && a->bytes == b->bytes)
        return true;
    return filter_parse_fail(
        parser, at, "%s() takes values of one kind and width, %s differs",
        function->name, filter_operand_name(parser->filter, *operand));
}

/* What is a value itself; of several, two by two. */
static bool parse_values(struct filter_parser *parser,
                         const struct function *function, size_t at,
                         uint16_t *operand)
{
    struct filter_operand made = {.kind = function->kind};
    uint16_t first;
    bool many = function->kind != FILTER_OPERAND_ABS;

    if (!filter_operand_left(parser, &first) ||
        !takes(parser, function, first, at))
        return false;
    const struct filter_operand *value = &parser->filter->operands[first];
    if (value->kind == FILTER_OPERAND_SLICE)
        return filter_parse_fail(parser, at, "%s() takes no part of bytes",
                                 function->name);
    made.type = value->type;
    made.bytes = value->bytes;
    made.child = made.right = first;
    *operand = filter_operand_add(parser->filter, &made);
    while (many && parser->token.type == FILTER_COMMA) {
        filter_parse_next(parser);
        if (!parse_more(parser, function, first, &made.right))
            return false;
        made.child = *operand;
        *operand = filter_operand_add(parser->filter, &made);
    }
    return true;
}

bool filter_function(struct filter_parser *parser, uint16_t *operand)
{
    const struct function *function = functions;
    size_t at = parser->token.at;

    while (function < functions + FUNCTION_COUNT &&
           !slice_equal_string(parser->token.text, function->name))
        function++;
    if (function == functions + FUNCTION_COUNT)
        return unknown(parser);
    if (++parser->depth > FILTER_PARSE_MAX_DEPTH)
        return filter_parse_fail(parser, at, "too many parentheses");
    filter_parse_next(parser);
    filter_parse_next(parser);
    if (!(filter_is_arithmetic(function->kind)
              ? parse_values(parser, function, at, operand)
              : parse_field(parser, function, at, operand)))
        return false;
    parser->depth--;
    return filter_parse_expect(parser, FILTER_CLOSE, ")");
}
