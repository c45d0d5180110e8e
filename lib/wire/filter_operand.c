#include "wire/filter_parse.h"

#include "base/alloc.h"
#include "wire/filter_suggest.h"

#include <stdlib.h>
#include <string.h>

uint16_t filter_operand_add(struct filter *filter,
                            const struct filter_operand *operand)
{
    filter->operands = alloc_resize(filter->operands, filter->operand_count + 1,
                                    sizeof(filter->operands[0]));
    filter->operands[filter->operand_count] = *operand;
    return (uint16_t)filter->operand_count++;
}

const char *filter_operand_name(const struct filter *filter, uint16_t operand)
{
    const struct filter_operand *at = &filter->operands[operand];

    while (at->kind != FILTER_OPERAND_FIELD &&
           at->kind != FILTER_OPERAND_PACKET_FIELD &&
           at->kind != FILTER_OPERAND_LITERAL)
        at = &filter->operands[at->child];
    return at->field ? at->field->name : at->info ? at->info->name : "this";
}

/* ---- fields ---- */

static enum filter_type type_of(const struct field_info *info)
{
    switch (info->type) {
    case FIELD_BOOL: return FILTER_BOOL;
    case FIELD_UINT: return FILTER_UINT;
    case FIELD_STRING: return FILTER_TEXT;
    case FIELD_BYTES: return FILTER_BYTES;
    case FIELD_GROUP: return FILTER_PROTOCOL;
    }
    return FILTER_PROTOCOL;
}

/* Numbers that Wireshark keeps in 64 bits. */
static bool is_wide(const struct field_info *info)
{
    static const char *const names[] = {"mqtt.len", "mqtt.property_len",
                                        "websocket.payload_length_ext_64"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!strcmp(info->name, names[i]))
            return true;
    }
    return false;
}

bool filter_operand_find(struct slice name, struct filter_operand *operand)
{
    *operand = (struct filter_operand){.kind = FILTER_OPERAND_FIELD};
    for (const struct filter_field *f = filter_own_table(); f->name; f++) {
        if (slice_equal_string(name, f->name)) {
            operand->field = f;
            operand->type = f->type;
            return true;
        }
    }
    operand->kind = FILTER_OPERAND_PACKET_FIELD;
    operand->info = dissect_field_info((const char *)name.bytes, name.len);
    if (!operand->info)
        return false;
    operand->type = type_of(operand->info);
    operand->quick = filter_quick_find(operand->info->name);
    operand->wide = is_wide(operand->info);
    return true;
}

static bool unknown_field(struct filter_parser *parser)
{
    struct filter_suggestion best = {0};
    struct slice name = parser->token.text;

    for (const struct filter_field *f = filter_own_table(); f->name; f++)
        filter_suggest(&best, name, f->name);
    for (const struct field_info *i = dissect_field_table(); i->name; i++)
        filter_suggest(&best, name, i->name);
    if (best.name)
        return filter_parse_fail(parser, parser->token.at,
                                 "unknown field " SLICE_FMT
                                 ", did you mean %s?",
                                 SLICE_ARGS(name), best.name);
    return filter_parse_fail(parser, parser->token.at,
                             "unknown field " SLICE_FMT
                             "; text stands in \"...\"",
                             SLICE_ARGS(name));
}

bool filter_operand_field(struct filter_parser *parser, uint16_t *operand)
{
    struct filter_operand found;

    if (parser->token.type != FILTER_NAME)
        return filter_parse_expect(parser, FILTER_NAME, "the name of a field");
    if (!filter_operand_find(parser->token.text, &found))
        return unknown_field(parser);
    if (found.field ? found.field->own : !strncmp(found.info->name, "lab.", 4))
        parser->filter->own = true;
    *operand = filter_operand_add(parser->filter, &found);
    filter_parse_next(parser);
    return true;
}

/* ---- parts, as [0:4] ---- */

/* A number of a slice, read from the text itself, for "-" means two things. */
static bool slice_number(struct filter_lexer *lexer, int32_t *number)
{
    char digits[16] = {0};
    size_t len = 0;
    char *end;

    while (lexer->at + len < lexer->text.len && len < sizeof(digits) - 1) {
        char c = (char)lexer->text.bytes[lexer->at + len];

        if (!(c == '-' && len == 0) && (c < '0' || c > '9'))
            break;
        digits[len++] = c;
    }
    long value = strtol(digits, &end, 10);
    if (end == digits || *end || value > 1000000000 || value < -1000000000)
        return false;
    *number = (int32_t)value;
    lexer->at += len;
    return true;
}

static int slice_char(struct filter_lexer *lexer)
{
    while (lexer->at < lexer->text.len && lexer->text.bytes[lexer->at] == ' ')
        lexer->at++;
    return lexer->at < lexer->text.len ? lexer->text.bytes[lexer->at] : -1;
}

static bool slice_end(struct filter_lexer *lexer)
{
    int c = slice_char(lexer);

    return c == ',' || c == ']';
}

/* i, i:len, i-j, :len, i:, : */
static bool slice_part(struct filter_lexer *lexer, struct filter_range *range)
{
    *range = (struct filter_range){.len = 1};
    if (slice_char(lexer) != ':' && !slice_number(lexer, &range->from))
        return false;
    if (slice_char(lexer) == '-') {
        lexer->at++;
        slice_char(lexer);
        range->is_last = true;
        return slice_number(lexer, &range->last) &&
               ((range->from < 0) != (range->last < 0) ||
                range->last >= range->from);
    }
    if (slice_char(lexer) != ':')
        return true;
    lexer->at++;
    range->len = 0;
    if (slice_end(lexer))
        return true;
    return slice_number(lexer, &range->len) && range->len > 0;
}

/* ---- layers ---- */

/* Does a range of layers, from 1, have the only one that there is? */
static bool has_layer(const struct filter_range *range)
{
    int32_t from = range->from < 0 ? range->from + 2 : range->from;
    int32_t last = range->last < 0 ? range->last + 2 : range->last;

    if (!range->is_last)
        last = range->len ? from + range->len - 1 : INT32_MAX;
    return from <= 1 && last >= 1;
}

/* "#1" or "#[1-2,4]"; the lexer stands behind the "#". */
static bool parse_layer(struct filter_parser *parser, uint16_t operand)
{
    static const char wanted[] = "write #1 or #[1-2]";
    struct filter_lexer *lexer = &parser->lexer;
    int c = lexer->at < lexer->text.len ? lexer->text.bytes[lexer->at] : -1;
    bool has = false;

    do {
        struct filter_range range = {.len = 1};

        if (c == '[' || c == ',')
            lexer->at++;
        else if (c < '0' || c > '9' || !slice_number(lexer, &range.from))
            return filter_parse_fail(parser, lexer->at, wanted);
        if ((c == '[' || c == ',') &&
            (!slice_part(lexer, &range) || !slice_end(lexer)))
            return filter_parse_fail(parser, lexer->at, wanted);
        has |= has_layer(&range);
        c = c == '[' || c == ',' ? slice_char(lexer) : -1;
    } while (c == ',');
    if (c == ']')
        lexer->at++;
    parser->filter->operands[operand].no_layer = !has;
    filter_parse_next(parser);
    return true;
}

/* A field, with its layer if it says one. */
static bool field_of_layer(struct filter_parser *parser, uint16_t *operand)
{
    const struct filter_field *field;

    if (!filter_operand_field(parser, operand))
        return false;
    if (parser->token.type != FILTER_LAYER)
        return true;
    field = parser->filter->operands[*operand].field;
    if (field && field->own)
        return filter_parse_fail(parser, parser->token.at, "%s is of no layer",
                                 field->name);
    return parse_layer(parser, *operand);
}

/* ---- functions ---- */

static const struct function {
    const char *name;
    enum filter_operand_kind kind;
    enum filter_type type; /* of what it gives */
    uint16_t takes;        /* types, as bits */
    const char *wants;
} functions[] = {
#define BIT(type) (1u << (type))
#define BYTES     (BIT(FILTER_TEXT) | BIT(FILTER_BYTES) | BIT(FILTER_PROTOCOL))
#define NUMBERS   (BIT(FILTER_UINT) | BIT(FILTER_IPV4) | BIT(FILTER_IPV6))
  /* clang-format off */
    {"len",    FILTER_OPERAND_LEN,    FILTER_UINT, BYTES | BIT(FILTER_IPV6),
     "text or bytes"},
    {"count",  FILTER_OPERAND_COUNT,  FILTER_UINT, 0xffff,  "a field"},
    {"upper",  FILTER_OPERAND_UPPER,  FILTER_TEXT, BIT(FILTER_TEXT), "text"},
    {"lower",  FILTER_OPERAND_LOWER,  FILTER_TEXT, BIT(FILTER_TEXT), "text"},
    {"string", FILTER_OPERAND_STRING, FILTER_TEXT, NUMBERS,
     "a number or an address"},
  /* clang-format on */
#undef NUMBERS
#undef BYTES
#undef BIT
};

#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

/* Is the token a function, that is, does "(" follow? */
static bool is_call(const struct filter_parser *parser)
{
    struct filter_lexer ahead = parser->lexer;
    struct filter_token token;

    filter_lex_next(&ahead, &token);
    return parser->token.type == FILTER_NAME && token.type == FILTER_OPEN;
}

static bool unknown_function(struct filter_parser *parser)
{
    struct filter_suggestion best = {0};

    filter_suggest(&best, parser->token.text, "topicmatch");
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        filter_suggest(&best, parser->token.text, functions[i].name);
    return filter_parse_fail(
        parser, parser->token.at, "unknown function " SLICE_FMT "%s%s%s",
        SLICE_ARGS(parser->token.text), best.name ? ", did you mean " : "",
        best.name ? best.name : "", best.name ? "?" : "");
}

/* Can the operand's bytes be had? Of most protocols they cannot. */
static bool has_bytes(const struct filter_operand *operand)
{
    return operand->type != FILTER_PROTOCOL ||
           (operand->field && operand->field->has_bytes);
}

static bool parse_function(struct filter_parser *parser, uint16_t *operand)
{
    const struct function *function = functions;
    size_t at = parser->token.at;
    uint16_t child = 0;

    while (function < functions + FUNCTION_COUNT &&
           !slice_equal_string(parser->token.text, function->name))
        function++;
    if (function == functions + FUNCTION_COUNT)
        return unknown_function(parser);
    filter_parse_next(parser);
    filter_parse_next(parser);
    if (!field_of_layer(parser, &child))
        return false;
    const struct filter_operand *field = &parser->filter->operands[child];
    if (!(function->takes >> field->type & 1) ||
        (function->kind == FILTER_OPERAND_LEN && !has_bytes(field)))
        return filter_parse_fail(parser, at, "%s() takes %s, which %s is not",
                                 function->name, function->wants,
                                 filter_operand_name(parser->filter, child));
    *operand = filter_operand_add(
        parser->filter, &(struct filter_operand){.kind = function->kind,
                                                 .type = function->type,
                                                 .child = child});
    return filter_parse_expect(parser, FILTER_CLOSE, ")");
}

/* ---- slices ---- */

/* "[...]"; the lexer stands behind the "[". */
static bool parse_slice(struct filter_parser *parser, uint16_t *operand)
{
    struct filter *filter = parser->filter;
    const struct filter_operand *of = &filter->operands[*operand];
    struct filter_operand slice = {.kind = FILTER_OPERAND_SLICE,
                                   .type = FILTER_BYTES,
                                   .child = *operand,
                                   .range_first =
                                       (uint16_t)filter->range_count};
    int c;

    if ((of->type != FILTER_TEXT && of->type != FILTER_BYTES &&
         of->type != FILTER_IPV6 && of->type != FILTER_PROTOCOL) ||
        !has_bytes(of))
        return filter_parse_fail(parser, parser->token.at,
                                 "%s has no bytes to take a part of",
                                 filter_operand_name(filter, *operand));
    do {
        struct filter_range range;

        if (!slice_part(&parser->lexer, &range) || !slice_end(&parser->lexer))
            return filter_parse_fail(parser, parser->lexer.at,
                                     "write [3], [0:4], [0-3], [:4] or [4:]");
        filter->ranges = alloc_resize(filter->ranges, filter->range_count + 1,
                                      sizeof(filter->ranges[0]));
        filter->ranges[filter->range_count++] = range;
        c = slice_char(&parser->lexer);
        parser->lexer.at++;
    } while (c == ',');
    slice.range_count = (uint16_t)(filter->range_count - slice.range_first);
    *operand = filter_operand_add(filter, &slice);
    filter_parse_next(parser);
    return true;
}

bool filter_operand_term(struct filter_parser *parser, uint16_t *operand)
{
    if (!(is_call(parser) ? parse_function(parser, operand)
                          : field_of_layer(parser, operand)))
        return false;
    while (parser->token.type == FILTER_OPEN_SLICE) {
        if (!parse_slice(parser, operand))
            return false;
    }
    return true;
}
