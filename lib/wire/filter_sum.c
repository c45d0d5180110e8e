#include "wire/filter_parse.h"

#include "base/alloc.h"
#include "wire/filter_suggest.h"

/* ---- literals ---- */

/* Is there room for the number in what it is compared with? */
static bool check_room(struct filter_parser *parser,
                       const struct filter_operand *like, uint64_t number)
{
    uint64_t most = UINT64_MAX >> (64 - 8 * (like->bytes ? like->bytes : 8));

    if (like->type != FILTER_UINT || number <= most)
        return true;
    return filter_parse_fail(parser, parser->token.at,
                             "this is never more than %llu",
                             (unsigned long long)most);
}

static bool add_literal(struct filter_parser *parser, uint16_t like,
                        uint16_t *operand)
{
    const struct filter_operand *wanted = &parser->filter->operands[like];
    struct filter_operand literal = {.kind = FILTER_OPERAND_LITERAL,
                                     .type = wanted->type,
                                     .bytes = wanted->bytes};
    struct filter_token token = parser->token;
    char message[160];
    bool negative = token.type == FILTER_LITERAL &&
                    token.text.bytes[0] == '-' && wanted->type == FILTER_UINT &&
                    filter_is_arithmetic(wanted->kind);

    if (negative)
        token.text = slice_skip(token.text, 1);
    const char *error = filter_literal(&token, wanted->type, wanted->info,
                                       &literal.literal, message);
    if (!error && negative && literal.literal.number > INT64_MAX)
        error = "this number is too large";
    if (error)
        return filter_parse_fail(parser, parser->token.at, "%s", error);
    if (!check_room(parser, wanted, literal.literal.number))
        return false;
    if (negative) {
        literal.literal.number = -literal.literal.number;
        literal.literal.is_signed = true;
    }
    *operand = filter_operand_add(parser->filter, &literal);
    filter_parse_next(parser);
    return true;
}

/* What stands for a value of this type; a name only as a truth value. */
static bool is_literal(const struct filter_parser *parser, int32_t like)
{
    enum filter_token_type type = parser->token.type;
    struct filter_operand field;

    return type == FILTER_LITERAL || type == FILTER_STRING ||
           type == FILTER_CHAR ||
           (type == FILTER_NAME && like >= 0 &&
            parser->filter->operands[like].type == FILTER_BOOL &&
            !filter_operand_find(parser->token.text, &field));
}

/* ---- operators ---- */

static bool parse_value(struct filter_parser *parser, int32_t like,
                        uint16_t *operand);

/* Operators between two numbers; those of a level bind equally. */
static const struct operation {
    enum filter_token_type token;
    enum filter_operand_kind kind;
    enum filter_type also; /* what it takes besides numbers */
    const char *name;
} levels[][4] = {
    {{FILTER_BITS, FILTER_OPERAND_BITS, FILTER_BYTES, "&"}},
    {     {FILTER_PLUS, FILTER_OPERAND_ADD, FILTER_TIME, "+"},
     {FILTER_MINUS, FILTER_OPERAND_SUBTRACT, FILTER_TIME, "-"}},
    { {FILTER_TIMES, FILTER_OPERAND_MULTIPLY, FILTER_UINT, "*"},
     {FILTER_DIVIDED, FILTER_OPERAND_DIVIDE, FILTER_UINT, "/"},
     {FILTER_REMAINDER, FILTER_OPERAND_REMAINDER, FILTER_UINT, "%"}},
};

#define LEVEL_COUNT (sizeof(levels) / sizeof(levels[0]))

/* A value's name stands for a number only where it is compared. */
static bool check_no_name(struct filter_parser *parser,
                          const struct filter_token *token, const char *name)
{
    return (token->type != FILTER_STRING && token->type != FILTER_CHAR) ||
           filter_parse_fail(
               parser, token->at, "%s takes numbers, not %s", name,
               token->type == FILTER_CHAR ? "characters" : "their names");
}

static bool check_number(struct filter_parser *parser, uint16_t operand,
                         const char *name, enum filter_type also, size_t at)
{
    enum filter_type type = parser->filter->operands[operand].type;

    if (type == FILTER_UINT || type == also)
        return true;
    if (also == FILTER_BYTES && (type == FILTER_IPV4 || type == FILTER_IPV6))
        return filter_parse_fail(
            parser, at, "& takes no addresses; write %s == %s",
            filter_operand_name(parser->filter, operand),
            type == FILTER_IPV4 ? "10.0.0.0/8" : "fe80::/10");
    if (also == FILTER_BYTES &&
        (type == FILTER_PROTOCOL || type == FILTER_TEXT))
        return filter_parse_fail(parser, at,
                                 "& takes a part of it, such as %s[0]",
                                 filter_operand_name(parser->filter, operand));
    return filter_parse_fail(parser, at, "%s takes numbers, which %s is not",
                             name,
                             filter_operand_name(parser->filter, operand));
}

/* "{ value }", in which what binds less comes first. */
static bool parse_group(struct filter_parser *parser, int32_t like,
                        uint16_t *operand)
{
    if (++parser->depth > FILTER_PARSE_MAX_DEPTH)
        return filter_parse_fail(parser, parser->token.at,
                                 "too many parentheses");
    filter_parse_next(parser);
    if (!parse_value(parser, like, operand))
        return false;
    parser->depth--;
    return filter_parse_expect(parser, FILTER_CLOSE_SET, "an operator or }");
}

static bool parse_negative(struct filter_parser *parser, uint16_t *operand)
{
    struct filter_operand negative = {.kind = FILTER_OPERAND_NEGATE};
    size_t at = parser->token.at;
    bool plus = parser->token.type == FILTER_PLUS;

    filter_parse_next(parser);
    if (parser->token.type != FILTER_NAME)
        return filter_parse_unexpected(parser);
    if (!filter_operand_term(parser, &negative.child) ||
        !check_number(parser, negative.child, plus ? "+" : "-", FILTER_TIME,
                      at))
        return false;
    negative.type = parser->filter->operands[negative.child].type;
    negative.bytes = parser->filter->operands[negative.child].bytes;
    *operand =
        plus ? negative.child : filter_operand_add(parser->filter, &negative);
    return true;
}

/* A literal has the type of the operand that it is like; -1: there is none. */
static bool parse_single(struct filter_parser *parser, int32_t like,
                         uint16_t *operand)
{
    if (is_literal(parser, like))
        return like >= 0 ? add_literal(parser, (uint16_t)like, operand)
                         : filter_parse_fail(parser, parser->token.at,
                                             "a field must stand here, not a "
                                             "value");
    if (parser->token.type == FILTER_OPEN_SET)
        return parse_group(parser, like, operand);
    if (parser->token.type == FILTER_PLUS || parser->token.type == FILTER_MINUS)
        return parse_negative(parser, operand);
    return filter_operand_term(parser, operand);
}

static const struct operation *operation_at(struct filter_parser *parser,
                                            size_t level)
{
    filter_lex_split_sign(&parser->lexer, &parser->token);
    for (size_t i = 0; i < 4; i++) {
        if (levels[level][i].name &&
            levels[level][i].token == parser->token.type)
            return &levels[level][i];
    }
    return NULL;
}

static bool parse_level(struct filter_parser *parser, size_t level,
                        int32_t like, uint16_t *operand)
{
    const struct operation *operation;
    struct filter_token first = parser->token;

    if (level == LEVEL_COUNT)
        return parse_single(parser, like, operand);
    if (!parse_level(parser, level + 1, like, operand))
        return false;
    while ((operation = operation_at(parser, level))) {
        struct filter_operand made = {.kind = operation->kind,
                                      .child = *operand};
        size_t at = parser->token.at;

        if (!check_no_name(parser, &first, operation->name) ||
            !check_number(parser, *operand, operation->name, operation->also,
                          at))
            return false;
        filter_parse_next(parser);
        if (!check_no_name(parser, &parser->token, operation->name) ||
            !parse_level(parser, level + 1, *operand, &made.right) ||
            !check_number(parser, made.right, operation->name, operation->also,
                          at))
            return false;
        const struct filter_operand *left = &parser->filter->operands[*operand];
        if (left->type != parser->filter->operands[made.right].type)
            return filter_parse_fail(parser, at,
                                     "numbers and times do not go together");
        made.type = left->type;
        made.bytes = left->bytes;
        made.info = filter_is_arithmetic(made.kind) ? left->info : NULL;
        *operand = filter_operand_add(parser->filter, &made);
    }
    return true;
}

static bool parse_value(struct filter_parser *parser, int32_t like,
                        uint16_t *operand)
{
    return parse_level(parser, 0, like, operand);
}

bool filter_operand_value(struct filter_parser *parser, uint16_t like,
                          uint16_t *operand)
{
    return parse_value(parser, like, operand);
}

bool filter_operand_left(struct filter_parser *parser, uint16_t *operand)
{
    return parse_value(parser, -1, operand);
}

/* ---- both sides of an operator ---- */

/* Text of which all possible values are known: is this one of them? */
static bool check_known(struct filter_parser *parser, uint16_t left)
{
    const struct filter_field *field = parser->filter->operands[left].field;
    struct slice text = parser->token.value;
    struct filter_suggestion best = {0};

    if (!field || !field->names ||
        parser->filter->operands[left].kind != FILTER_OPERAND_FIELD ||
        parser->token.type != FILTER_STRING)
        return true;
    for (const char *const *name = field->names; *name; name++) {
        if (slice_equal_string(text, *name))
            return true;
        filter_suggest(&best, text, *name);
    }
    if (best.name)
        return filter_parse_fail(parser, parser->token.at,
                                 "%s is never \"" SLICE_FMT
                                 "\", did you mean \"%s\"?",
                                 field->name, SLICE_ARGS(text), best.name);
    return filter_parse_fail(parser, parser->token.at,
                             "%s is never \"" SLICE_FMT "\"", field->name,
                             SLICE_ARGS(text));
}

/* May the two be compared? A part of text is bytes, and goes with both. */
static bool compatible(const struct filter *filter, uint16_t left,
                       uint16_t right)
{
    const struct filter_operand *a = &filter->operands[left];
    const struct filter_operand *b = &filter->operands[right];

    if (a->type == b->type)
        return true;
    if ((a->type == FILTER_UINT && b->type == FILTER_BOOL) ||
        (a->type == FILTER_BOOL && b->type == FILTER_UINT))
        return true;
    return (a->kind == FILTER_OPERAND_SLICE && b->type == FILTER_TEXT) ||
           (b->kind == FILTER_OPERAND_SLICE && a->type == FILTER_TEXT);
}

bool filter_operand_right(struct filter_parser *parser, uint16_t left,
                          enum filter_token_type op, uint16_t *operand)
{
    size_t at = parser->token.at;
    enum filter_token_type type = parser->token.type;
    bool exact = op == FILTER_EQ || op == FILTER_NE || op == FILTER_ALL_EQ ||
                 op == FILTER_ANY_NE;

    if (type != FILTER_NAME && type != FILTER_OPEN_SET && type != FILTER_PLUS &&
        type != FILTER_MINUS && !is_literal(parser, left))
        return filter_parse_unexpected(parser);
    if ((exact && !check_known(parser, left)) ||
        !parse_value(parser, left, operand))
        return false;
    if (!compatible(parser->filter, left, *operand))
        return filter_parse_fail(parser, at,
                                 "%s and %s cannot be compared: they are of "
                                 "different kinds",
                                 filter_operand_name(parser->filter, left),
                                 filter_operand_name(parser->filter, *operand));
    return true;
}

static bool set_literal(struct filter_parser *parser, uint16_t left,
                        struct filter_value *value)
{
    const struct filter_operand *wanted = &parser->filter->operands[left];
    char message[160];

    if (!is_literal(parser, left))
        return filter_parse_unexpected(parser);
    const char *error = filter_literal(&parser->token, wanted->type,
                                       wanted->info, value, message);
    if (error)
        return filter_parse_fail(parser, parser->token.at, "%s", error);
    if (!check_room(parser, wanted, value->number))
        return false;
    filter_parse_next(parser);
    return true;
}

bool filter_operand_set(struct filter_parser *parser, uint16_t left,
                        uint16_t *first, uint16_t *count)
{
    struct filter *filter = parser->filter;

    *first = (uint16_t)filter->member_count;
    do {
        struct filter_member member;

        filter_parse_next(parser); /* "{" or "," */
        if (!check_known(parser, left) ||
            !set_literal(parser, left, &member.low))
            return false;
        member.high = member.low;
        if (parser->token.type == FILTER_RANGE) {
            filter_parse_next(parser);
            if (!set_literal(parser, left, &member.high))
                return false;
        }
        filter->members =
            alloc_resize(filter->members, filter->member_count + 1,
                         sizeof(filter->members[0]));
        filter->members[filter->member_count++] = member;
    } while (parser->token.type == FILTER_COMMA);
    *count = (uint16_t)(filter->member_count - *first);
    return filter_parse_expect(parser, FILTER_CLOSE_SET, ", or }");
}
