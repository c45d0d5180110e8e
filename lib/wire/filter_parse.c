#include "wire/filter_parse.h"

#include "base/alloc.h"
#include "mqtt/topic.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- errors ---- */

/* Characters, not bytes, up to an offset, from 1. */
static unsigned column_of(struct slice text, size_t at)
{
    unsigned column = 1;

    for (size_t i = 0; i < at && i < text.len; i++)
        column += (text.bytes[i] & 0xc0) != 0x80;
    return column;
}

bool filter_parse_fail(struct filter_parser *parser, size_t at,
                       const char *format, ...)
{
    va_list args;

    if (parser->failed)
        return false;
    parser->failed = true;
    parser->error->column = column_of(parser->lexer.text, at);
    va_start(args, format);
    vsnprintf(parser->error->message, sizeof(parser->error->message), format,
              args);
    va_end(args);
    return false;
}

bool filter_parse_unexpected(struct filter_parser *parser)
{
    const struct filter_token *token = &parser->token;

    if (token->type == FILTER_BAD)
        return filter_parse_fail(parser, token->at, "%s", token->error);
    if (token->type == FILTER_END)
        return filter_parse_fail(parser, token->at,
                                 "the filter ends too early");
    for (const char *const *word =
             (const char *const[]){"AND", "OR", "NOT", "IN", "EQ", "NE", NULL};
         *word; word++) {
        if (slice_equal_string(token->text, *word))
            return filter_parse_fail(parser, token->at,
                                     "write %s in small letters", *word);
    }
    if (slice_equal_string(token->text, "bitand"))
        return filter_parse_fail(parser, token->at, "write & for bitand");
    return filter_parse_fail(parser, token->at,
                             SLICE_FMT " does not belong here",
                             SLICE_ARGS(token->text));
}

void filter_parse_next(struct filter_parser *parser)
{
    filter_lex_next(&parser->lexer, &parser->token);
}

bool filter_parse_expect(struct filter_parser *parser,
                         enum filter_token_type type, const char *wanted)
{
    if (parser->token.type == type) {
        filter_parse_next(parser);
        return true;
    }
    if (parser->token.type == FILTER_BAD)
        return filter_parse_unexpected(parser);
    return filter_parse_fail(parser, parser->token.at, "%s is missing here",
                             wanted);
}

/* ---- tests ---- */

static uint16_t add_test(struct filter *filter, const struct filter_test *test)
{
    filter->tests = alloc_resize(filter->tests, filter->test_count + 1,
                                 sizeof(filter->tests[0]));
    filter->tests[filter->test_count] = *test;
    return (uint16_t)filter->test_count++;
}

static bool is_bytes(const struct filter_operand *operand)
{
    return operand->type == FILTER_TEXT || operand->type == FILTER_BYTES ||
           (operand->type == FILTER_PROTOCOL && operand->field &&
            operand->field->has_bytes);
}

/* May the operator be used on what stands at its left? */
static bool check_operator(struct filter_parser *parser, uint16_t left,
                           const struct filter_token *op)
{
    const struct filter_operand *operand = &parser->filter->operands[left];
    const char *name = filter_operand_name(parser->filter, left);
    bool searches = op->type == FILTER_CONTAINS || op->type == FILTER_MATCHES;

    if (searches && !is_bytes(operand))
        return filter_parse_fail(parser, op->at,
                                 "%s is neither text nor bytes, so " SLICE_FMT
                                 " cannot be used%s",
                                 name, SLICE_ARGS(op->text),
                                 operand->type == FILTER_PROTOCOL
                                     ? "; the bytes of a packet are mqtt"
                                     : "");
    if (!searches && operand->type == FILTER_PROTOCOL)
        return filter_parse_fail(
            parser, op->at,
            "%s is there or not; it has no value to "
            "compare%s",
            name, is_bytes(operand) ? ", but parts: mqtt[0]" : "");
    return true;
}

static bool parse_regex(struct filter_parser *parser, struct filter_test *test)
{
    const struct filter_token *token = &parser->token;
    const char *why;
    size_t at;

    if (token->type == FILTER_BAD)
        return filter_parse_unexpected(parser);
    if (token->type != FILTER_STRING)
        return filter_parse_fail(parser, token->at,
                                 "a regular expression in \"...\" is wanted");
    test->kind = FILTER_TEST_MATCHES;
    test->regex = filter_regex_new(token->value, &why, &at);
    if (!test->regex)
        return filter_parse_fail(parser, token->at,
                                 "regular expression, character %zu: %s",
                                 at + 1, why);
    filter_parse_next(parser);
    return true;
}

/* operator value; any and all override what the operator itself means. */
static bool parse_comparison(struct filter_parser *parser,
                             struct filter_test *test,
                             enum filter_token_type quantifier)
{
    struct filter_token op = parser->token;

    if (!check_operator(parser, test->left, &op))
        return false;
    test->kind = FILTER_TEST_COMPARE;
    test->op = op.type;
    test->all = op.type == FILTER_NE || op.type == FILTER_ALL_EQ;
    if (quantifier == FILTER_ANY || quantifier == FILTER_ALL)
        test->all = quantifier == FILTER_ALL;
    filter_parse_next(parser);
    if (op.type == FILTER_MATCHES)
        return parse_regex(parser, test);
    return filter_operand_right(parser, test->left, op.type, &test->right);
}

static bool parse_in(struct filter_parser *parser, struct filter_test *test)
{
    const struct filter_operand *left = &parser->filter->operands[test->left];

    if ((left->kind != FILTER_OPERAND_FIELD &&
         left->kind != FILTER_OPERAND_PACKET_FIELD) ||
        left->type == FILTER_PROTOCOL)
        return filter_parse_fail(parser, parser->token.at,
                                 "only a field with a value can be in a set");
    filter_parse_next(parser);
    if (parser->token.type != FILTER_OPEN_SET)
        return filter_parse_expect(parser, FILTER_OPEN_SET, "{");
    test->kind = FILTER_TEST_IN;
    return filter_operand_set(parser, test->left, &test->set_first,
                              &test->set_count);
}

static bool is_operator(const struct filter_token *token)
{
    return token->type >= FILTER_EQ && token->type <= FILTER_MATCHES;
}

/* A value alone: is it there, or, of & and parts of bytes, is it not zero? */
static bool parse_presence(struct filter_parser *parser,
                           struct filter_test *test, size_t at)
{
    const struct filter_operand *left = &parser->filter->operands[test->left];

    switch (left->kind) {
    case FILTER_OPERAND_FIELD:
    case FILTER_OPERAND_PACKET_FIELD: test->kind = FILTER_TEST_PRESENT; break;
    case FILTER_OPERAND_SLICE:
    case FILTER_OPERAND_BITS:
    case FILTER_OPERAND_ADD:
    case FILTER_OPERAND_SUBTRACT:
    case FILTER_OPERAND_MULTIPLY:
    case FILTER_OPERAND_DIVIDE:
    case FILTER_OPERAND_REMAINDER:
    case FILTER_OPERAND_NEGATE: test->kind = FILTER_TEST_NOT_ZERO; break;
    case FILTER_OPERAND_ABS:
    case FILTER_OPERAND_MAX:
    case FILTER_OPERAND_MIN:
    case FILTER_OPERAND_LITERAL:
    case FILTER_OPERAND_LEN:
    case FILTER_OPERAND_COUNT:
    case FILTER_OPERAND_UPPER:
    case FILTER_OPERAND_LOWER:
    case FILTER_OPERAND_STRING:
        return filter_parse_fail(parser, at,
                                 "compare what the function gives with "
                                 "something");
    }
    return true;
}

static bool parse_topicmatch(struct filter_parser *parser, uint16_t *at)
{
    struct filter_test test = {.kind = FILTER_TEST_TOPIC};

    parser->filter->own = true;
    filter_parse_next(parser);
    filter_parse_next(parser);
    size_t field_at = parser->token.at;
    if (!filter_operand_field(parser, &test.left))
        return false;
    if (parser->filter->operands[test.left].type != FILTER_TEXT)
        return filter_parse_fail(
            parser, field_at, "topicmatch() takes text, which %s is not",
            filter_operand_name(parser->filter, test.left));
    if (!filter_parse_expect(parser, FILTER_COMMA, ","))
        return false;
    test.topic_filter = parser->token.value;
    if (parser->token.type != FILTER_STRING ||
        !topic_filter_valid(test.topic_filter))
        return filter_parse_fail(parser, parser->token.at,
                                 "a Topic Filter in \"...\" is wanted");
    filter_parse_next(parser);
    *at = add_test(parser->filter, &test);
    return filter_parse_expect(parser, FILTER_CLOSE, ")");
}

static bool parse_test(struct filter_parser *parser, uint16_t *at)
{
    enum filter_token_type quantifier = parser->token.type;
    struct filter_test test = {0};
    bool negate = false;

    if (quantifier == FILTER_ANY || quantifier == FILTER_ALL)
        filter_parse_next(parser);
    else if (slice_equal_string(parser->token.text, "topicmatch"))
        return parse_topicmatch(parser, at);
    size_t value_at = parser->token.at;
    if (!filter_operand_left(parser, &test.left))
        return false;

    bool quantified = quantifier == FILTER_ANY || quantifier == FILTER_ALL;
    bool ok;
    if (is_operator(&parser->token)) {
        ok = parse_comparison(parser, &test, quantifier);
    } else if (quantified &&
               (quantifier == FILTER_ALL || parser->token.type != FILTER_IN)) {
        ok = filter_parse_fail(parser, parser->token.at,
                               "any and all need an operator such as ==");
    } else if (parser->token.type == FILTER_IN ||
               parser->token.type == FILTER_NOT) {
        negate = parser->token.type == FILTER_NOT;
        if (negate)
            filter_parse_next(parser);
        ok = parser->token.type == FILTER_IN
                 ? parse_in(parser, &test)
                 : filter_parse_expect(parser, FILTER_IN, "in");
    } else {
        ok = parse_presence(parser, &test, value_at);
    }
    *at =
        add_test(parser->filter, &test); /* owns the regex, also of an error */
    if (negate)
        *at = add_test(
            parser->filter,
            &(struct filter_test){.kind = FILTER_TEST_NOT, .child = *at});
    return ok;
}

/* ---- expressions ---- */

static bool parse_or(struct filter_parser *parser, uint16_t *at);

static bool parse_unary(struct filter_parser *parser, uint16_t *at)
{
    enum filter_token_type type = parser->token.type;

    if (type != FILTER_NOT && type != FILTER_OPEN)
        return parse_test(parser, at);
    if (++parser->depth > FILTER_PARSE_MAX_DEPTH)
        return filter_parse_fail(parser, parser->token.at,
                                 "too many parentheses");
    filter_parse_next(parser);
    if (type == FILTER_OPEN) {
        if (!parse_or(parser, at) ||
            !filter_parse_expect(parser, FILTER_CLOSE, "an operator or )"))
            return false;
    } else {
        struct filter_test not = {.kind = FILTER_TEST_NOT};

        if (!parse_unary(parser, &not .child))
            return false;
        *at = add_test(parser->filter, &not );
    }
    parser->depth--;
    return true;
}

typedef bool parse_function(struct filter_parser *parser, uint16_t *at);

/* One or more of what parse_one reads, joined by a word. */
static bool parse_joined(struct filter_parser *parser, uint16_t *at,
                         enum filter_token_type word,
                         enum filter_test_kind kind, parse_function *parse_one)
{
    uint16_t last;

    if (!parse_one(parser, at))
        return false;
    if (parser->token.type != word)
        return true;
    last = *at;
    *at = add_test(parser->filter,
                   &(struct filter_test){.kind = kind, .child = last});
    while (parser->token.type == word) {
        uint16_t next = 0;

        filter_parse_next(parser);
        if (!parse_one(parser, &next))
            return false;
        parser->filter->tests[last].next = next;
        last = next;
    }
    return true;
}

static bool parse_and(struct filter_parser *parser, uint16_t *at)
{
    return parse_joined(parser, at, FILTER_AND, FILTER_TEST_AND, parse_unary);
}

static bool parse_or(struct filter_parser *parser, uint16_t *at)
{
    return parse_joined(parser, at, FILTER_OR, FILTER_TEST_OR, parse_and);
}

#define MAX_TEXT 4096u

struct filter *filter_new(const char *text, struct filter_error *error)
{
    struct filter *filter = alloc_zero(1, sizeof(*filter));
    struct filter_parser parser = {
        .lexer.text = slice_of_string(text),
        .filter = filter,
        .error = error,
    };
    bool ok;

    *error = (struct filter_error){0};
    filter->text = alloc_bytes(parser.lexer.text.len + 1);
    parser.lexer.arena = filter->text;
    add_test(filter, &(struct filter_test){.kind = FILTER_TEST_AND});
    if (parser.lexer.text.len > MAX_TEXT) {
        ok = filter_parse_fail(&parser, MAX_TEXT, "the filter is too long");
    } else {
        filter_parse_next(&parser);
        ok =
            parser.token.type == FILTER_END || parse_or(&parser, &filter->root);
        if (ok && parser.token.type != FILTER_END)
            ok = filter_parse_unexpected(&parser);
    }
    if (!ok) {
        filter_free(filter);
        return NULL;
    }
    filter->work = alloc_zero(filter->operand_count, sizeof(filter->work[0]));
    return filter;
}
