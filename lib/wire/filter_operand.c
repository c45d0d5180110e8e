#include "wire/filter_parse.h"

#include "base/alloc.h"
#include "base/hex_digits.h"
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

bool filter_operand_find(struct slice name, struct filter_operand *operand)
{
    *operand = (struct filter_operand){.kind = FILTER_OPERAND_FIELD};
    for (const struct filter_field *f = filter_own_table(); f->name; f++) {
        if (slice_equal_string(name, f->name)) {
            operand->field = f;
            operand->type = f->type;
            operand->bytes = f->bytes;
            return true;
        }
    }
    operand->kind = FILTER_OPERAND_PACKET_FIELD;
    operand->info = dissect_field_info((const char *)name.bytes, name.len);
    if (!operand->info)
        return false;
    operand->type = type_of(operand->info);
    operand->quick = filter_quick_find(operand->info->name);
    operand->bytes = operand->info->bytes;
    return true;
}

/* Wireshark takes f0 for a byte. */
static bool is_hex(struct slice name)
{
    return name.len == 2 && hex_digits_value(name.bytes[0]) >= 0 &&
           hex_digits_value(name.bytes[1]) >= 0;
}

static bool unknown_field(struct filter_parser *parser)
{
    struct filter_suggestion best = {0};
    struct slice name = parser->token.text;

    for (const struct filter_field *f = filter_own_table(); f->name; f++)
        filter_suggest(&best, name, f->name);
    for (const struct field_info *i = dissect_field_table(); i->name; i++)
        filter_suggest(&best, name, i->name);
    const char *instead = filter_suggest_instead(name);
    if (instead && (!best.name || best.distance > 1))
        return filter_parse_fail(parser, parser->token.at,
                                 SLICE_FMT " is not known here; %s",
                                 SLICE_ARGS(name), instead);
    if (best.name)
        return filter_parse_fail(parser, parser->token.at,
                                 "unknown field " SLICE_FMT
                                 ", did you mean %s?",
                                 SLICE_ARGS(name), best.name);
    return filter_parse_fail(
        parser, parser->token.at,
        "unknown field " SLICE_FMT "; text stands in \"...\"%s",
        SLICE_ARGS(name), is_hex(name) ? ", a byte begins with 0x" : "");
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
               (range->from < 0) == (range->last < 0) &&
               range->last >= range->from;
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

bool filter_operand_field_of_layer(struct filter_parser *parser,
                                   uint16_t *operand)
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

/* ---- slices ---- */

bool filter_operand_has_bytes(const struct filter_operand *operand)
{
    return operand->type != FILTER_PROTOCOL ||
           (operand->field && operand->field->has_bytes);
}

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
        !filter_operand_has_bytes(of))
        return filter_parse_fail(
            parser, parser->token.at, "%s has no bytes to take a part of%s",
            filter_operand_name(filter, *operand),
            of->type == FILTER_PROTOCOL ? "; those of a packet are mqtt" : "");
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
    if (!(filter_function_is_call(parser)
              ? filter_function(parser, operand)
              : filter_operand_field_of_layer(parser, operand)))
        return false;
    while (parser->token.type == FILTER_OPEN_SLICE) {
        if (!parse_slice(parser, operand))
            return false;
    }
    return true;
}
