#include "wire/filter_regex.h"

#include "base/alloc.h"
#include "wire/filter_class.h"

#include <stdlib.h>
#include <string.h>

#define MAX_CODE  2000u /* instructions */
#define MAX_DEPTH 50u   /* of groups in groups */

enum op {
    OP_BYTES, /* one byte of a set */
    OP_SPLIT, /* go on at both offsets */
    OP_JUMP,
    OP_BEGIN, /* only at the begin of the subject */
    OP_END,   /* only at its end, or before a line feed that ends it */
    OP_WORD,  /* only between a letter, digit or "_" and something else */
    OP_NO_WORD,
    OP_MATCH,
};

/* Offsets are relative to the instruction, so that code can be moved. */
struct instruction {
    uint8_t op;
    int16_t first;  /* of SPLIT and JUMP */
    int16_t second; /* of SPLIT; of BYTES the index of the set */
};

/* Places in the code that are reached at one position of the subject. */
struct threads {
    uint16_t *at; /* owned */
    size_t count;
    uint32_t *seen; /* owned: generation in which a place was added */
    uint32_t generation;
};

struct filter_regex {
    struct instruction *code; /* owned */
    size_t count;
    struct filter_class *classes; /* owned */
    size_t class_count;
    struct filter_class first; /* a match begins with one of these bytes */
    bool may_be_empty;
    struct threads threads[2]; /* here, and behind the next byte */
    uint16_t *stack;           /* owned: places to be added */
};

/* ---- compiling ---- */

struct parser {
    struct filter_regex *regex;
    struct slice pattern;
    size_t at;
    unsigned depth;
    unsigned steps; /* atoms read, repetitions counted */
    const char *error;
    size_t error_at;
};

static bool fail(struct parser *parser, const char *error)
{
    if (!parser->error) {
        parser->error = error;
        parser->error_at = parser->at;
    }
    return false;
}

static int peek(const struct parser *parser)
{
    return parser->at < parser->pattern.len ? parser->pattern.bytes[parser->at]
                                            : -1;
}

static bool accept(struct parser *parser, int byte)
{
    if (peek(parser) != byte)
        return false;
    parser->at++;
    return true;
}

/* Make room for an instruction at a place; what follows moves. */
static bool insert(struct parser *parser, size_t at, struct instruction added)
{
    struct filter_regex *regex = parser->regex;

    if (regex->count == MAX_CODE)
        return fail(parser, "the expression is too large");
    memmove(regex->code + at + 1, regex->code + at,
            (regex->count - at) * sizeof(regex->code[0]));
    regex->code[at] = added;
    regex->count++;
    return true;
}

static bool emit(struct parser *parser, struct instruction added)
{
    return insert(parser, parser->regex->count, added);
}

static bool emit_class(struct parser *parser, const struct filter_class *class)
{
    struct filter_regex *regex = parser->regex;
    size_t index = 0;

    while (index < regex->class_count &&
           memcmp(&regex->classes[index], class, sizeof(*class)) != 0)
        index++;
    if (index == regex->class_count) {
        regex->classes = alloc_resize(regex->classes, ++regex->class_count,
                                      sizeof(regex->classes[0]));
        regex->classes[index] = *class;
    }
    return emit(parser,
                (struct instruction){.op = OP_BYTES, .second = (int16_t)index});
}

static bool parse_alternatives(struct parser *parser);

static bool parse_group(struct parser *parser)
{
    if (accept(parser, '?') && !accept(parser, ':'))
        return fail(parser, "of the groups that begin with (? only (?: is "
                            "understood, and case never matters");
    if (++parser->depth > MAX_DEPTH)
        return fail(parser, "too many groups in groups");
    if (!parse_alternatives(parser))
        return false;
    parser->depth--;
    return accept(parser, ')') || fail(parser, "a ) is missing");
}

static bool parse_escape(struct parser *parser)
{
    struct filter_class class = {0};
    const char *error = NULL;

    if (peek(parser) == 'b' || peek(parser) == 'B') {
        enum op op = peek(parser) == 'b' ? OP_WORD : OP_NO_WORD;

        parser->at++;
        return emit(parser, (struct instruction){.op = (uint8_t)op});
    }
    size_t used = filter_class_escape(
        &class, slice_skip(parser->pattern, parser->at), NULL, &error);
    if (!used)
        return fail(parser, error);
    parser->at += used;
    return emit_class(parser, &class);
}

static bool parse_bracket(struct parser *parser)
{
    struct filter_class class = {0};
    const char *error = NULL;
    size_t used = filter_class_bracket(
        &class, slice_skip(parser->pattern, parser->at), &error);

    if (!used)
        return fail(parser, error);
    parser->at += used;
    return emit_class(parser, &class);
}

static bool parse_atom(struct parser *parser)
{
    struct filter_class class = {0};
    int byte = peek(parser);

    if (++parser->steps > MAX_CODE)
        return fail(parser, "the expression is too large");
    if (byte == '*' || byte == '+' || byte == '?')
        return fail(parser, "nothing stands here that could be repeated");
    if (byte == '{')
        return fail(parser, "write \\{ for the character {");
    parser->at++;
    if (byte == '(')
        return parse_group(parser);
    if (byte == '[')
        return parse_bracket(parser);
    if (byte == '\\')
        return parse_escape(parser);
    if (byte == '^')
        return emit(parser, (struct instruction){.op = OP_BEGIN});
    if (byte == '$')
        return emit(parser, (struct instruction){.op = OP_END});
    if (byte == '.') {
        filter_class_add(&class, '\n');
        filter_class_invert(&class);
    } else {
        filter_class_add(&class, (uint8_t)byte);
    }
    filter_class_fold(&class);
    return emit_class(parser, &class);
}

/* The code from start on any number of times, or at most once. */
static bool star(struct parser *parser, size_t start)
{
    int len = (int)(parser->regex->count - start);

    return insert(parser, start,
                  (struct instruction){OP_SPLIT, 1, (int16_t)(len + 2)}) &&
           emit(parser, (struct instruction){OP_JUMP, (int16_t)(-len - 1), 0});
}

static bool optional(struct parser *parser, size_t start)
{
    int len = (int)(parser->regex->count - start);

    return insert(parser, start,
                  (struct instruction){OP_SPLIT, 1, (int16_t)(len + 1)});
}

static bool plus(struct parser *parser, size_t start)
{
    int len = (int)(parser->regex->count - start);

    return emit(parser, (struct instruction){OP_SPLIT, (int16_t)-len, 1});
}

#define UNLIMITED (-1)

static int parse_number(struct parser *parser)
{
    int number = 0;
    bool any = false;

    while (peek(parser) >= '0' && peek(parser) <= '9' && number < 10000) {
        number = number * 10 + (peek(parser) - '0');
        parser->at++;
        any = true;
    }
    return any ? number : -1;
}

/* What follows "{": "m}", "m,}" or "m,n}". */
static bool parse_counts(struct parser *parser, int *min, int *max)
{
    *min = *max = parse_number(parser);
    if (*min < 0)
        return fail(parser, "write {3}, {3,} or {3,5}");
    if (accept(parser, ','))
        *max = peek(parser) == '}' ? UNLIMITED : parse_number(parser);
    if (!accept(parser, '}'))
        return fail(parser, "write {3}, {3,} or {3,5}");
    if (*max != UNLIMITED && *max < *min)
        return fail(parser, "the second number is smaller than the first");
    return true;
}

/* Read the atom at from again, for one more copy of its code. */
static bool copy_atom(struct parser *parser, size_t from, size_t *start)
{
    size_t back = parser->at;

    *start = parser->regex->count;
    parser->at = from;
    bool ok = parse_atom(parser);
    if (ok)
        parser->at = back;
    return ok;
}

static bool repeat(struct parser *parser, size_t atom, size_t start, int min,
                   int max)
{
    parser->regex->count = start;
    for (int i = 0; i < min; i++) {
        if (!copy_atom(parser, atom, &start))
            return false;
    }
    if (max == UNLIMITED && min > 0)
        return plus(parser, start);
    if (max == UNLIMITED)
        return copy_atom(parser, atom, &start) && star(parser, start);
    for (int i = min; i < max; i++) {
        if (!copy_atom(parser, atom, &start) || !optional(parser, start))
            return false;
    }
    return true;
}

static bool is_assertion(const struct filter_regex *regex, size_t at)
{
    return at < regex->count && regex->code[at].op >= OP_BEGIN;
}

/* An atom and how often it stands there. */
static bool parse_piece(struct parser *parser)
{
    size_t atom = parser->at;
    size_t start = parser->regex->count;
    int min;
    int max;

    if (!parse_atom(parser))
        return false;
    int byte = peek(parser);
    if (byte != '*' && byte != '+' && byte != '?' && byte != '{')
        return true;
    if (is_assertion(parser->regex, start) && parser->regex->count == start + 1)
        return fail(parser, "nothing stands here that could be repeated");
    parser->at++;
    bool ok = byte == '*'   ? star(parser, start)
              : byte == '+' ? plus(parser, start)
              : byte == '?' ? optional(parser, start)
                            : parse_counts(parser, &min, &max) &&
                                  repeat(parser, atom, start, min, max);
    if (!ok)
        return false;
    accept(parser, '?'); /* as few as possible: matches the same subjects */
    if (peek(parser) == '+' || peek(parser) == '*' || peek(parser) == '?' ||
        peek(parser) == '{')
        return fail(parser, "a repetition of a repetition needs ( )");
    return true;
}

/*
 * a|b|c is: split to a or on, a, jump to the end, split to b or on, b, ...
 * Until the end is known each jump says how far back the one before is.
 */
static bool parse_alternatives(struct parser *parser)
{
    struct filter_regex *regex = parser->regex;
    size_t start = regex->count;
    size_t last_jump = 0;
    bool any_jump = false;

    for (;;) {
        while (peek(parser) >= 0 && peek(parser) != '|' &&
               peek(parser) != ')') {
            if (!parse_piece(parser))
                return false;
        }
        if (!accept(parser, '|'))
            break;
        int len = (int)(regex->count - start);
        if (!insert(parser, start,
                    (struct instruction){OP_SPLIT, 1, (int16_t)(len + 2)}))
            return false;
        int back = any_jump ? (int)(regex->count - last_jump) : 0;
        last_jump = regex->count;
        any_jump = true;
        if (!emit(parser, (struct instruction){OP_JUMP, (int16_t)back, 0}))
            return false;
        start = regex->count;
    }
    while (any_jump) {
        struct instruction *jump = &regex->code[last_jump];
        int back = jump->first;

        jump->first = (int16_t)(regex->count - last_jump);
        any_jump = back != 0;
        last_jump -= (size_t)back;
    }
    return true;
}

/* ---- matching ---- */

static bool is_word(struct slice subject, size_t at)
{
    return at < subject.len && filter_class_is_word(subject.bytes[at]);
}

static bool holds(enum op op, struct slice subject, size_t at)
{
    if (op == OP_BEGIN)
        return at == 0;
    if (op == OP_END)
        return at == subject.len ||
               (at + 1 == subject.len && subject.bytes[at] == '\n');

    bool border = (at > 0 && is_word(subject, at - 1)) != is_word(subject, at);
    return border == (op == OP_WORD);
}

/* Add a place and all that is reached from it without reading a byte. Returns
   true when that is the end of the expression. */
static bool add_threads(struct filter_regex *regex, struct threads *threads,
                        size_t from, struct slice subject, size_t at)
{
    size_t depth = 0;

    regex->stack[depth++] = (uint16_t)from;
    while (depth > 0) {
        size_t place = regex->stack[--depth];
        const struct instruction *code = &regex->code[place];

        if (threads->seen[place] == threads->generation)
            continue;
        threads->seen[place] = threads->generation;
        switch ((enum op)code->op) {
        case OP_BYTES: threads->at[threads->count++] = (uint16_t)place; break;
        case OP_SPLIT:
            regex->stack[depth++] = (uint16_t)((int)place + code->second);
            regex->stack[depth++] = (uint16_t)((int)place + code->first);
            break;
        case OP_JUMP:
            regex->stack[depth++] = (uint16_t)((int)place + code->first);
            break;
        case OP_BEGIN:
        case OP_END:
        case OP_WORD:
        case OP_NO_WORD:
            if (holds(code->op, subject, at))
                regex->stack[depth++] = (uint16_t)(place + 1);
            break;
        case OP_MATCH: return true;
        }
    }
    return false;
}

static void clear_threads(struct threads *threads, size_t code_count)
{
    threads->count = 0;
    if (++threads->generation == 0) {
        memset(threads->seen, 0, code_count * sizeof(threads->seen[0]));
        threads->generation = 1;
    }
}

/* Let every thread read the byte. Returns true at the end of the expression. */
static bool step(struct filter_regex *regex, unsigned turn,
                 struct slice subject, size_t at)
{
    struct threads *now = &regex->threads[turn];
    struct threads *next = &regex->threads[1 - turn];

    clear_threads(next, regex->count);
    for (size_t i = 0; i < now->count; i++) {
        const struct instruction *code = &regex->code[now->at[i]];

        if (filter_class_has(&regex->classes[code->second],
                             subject.bytes[at]) &&
            add_threads(regex, next, now->at[i] + 1u, subject, at + 1))
            return true;
    }
    return false;
}

bool filter_regex_match(struct filter_regex *regex, struct slice subject)
{
    unsigned turn = 0;

    clear_threads(&regex->threads[turn], regex->count);
    for (size_t at = 0;; at++, turn = 1 - turn) {
        struct threads *now = &regex->threads[turn];

        if (!now->count && !regex->may_be_empty) {
            while (at < subject.len &&
                   !filter_class_has(&regex->first, subject.bytes[at]))
                at++;
        }
        if (add_threads(regex, now, 0, subject, at))
            return true;
        if (at >= subject.len)
            return false;
        if (step(regex, turn, subject, at))
            return true;
    }
}

/* ---- life ---- */

/* Memory for matching, when the size of the code is known. */
static void prepare(struct filter_regex *regex)
{
    size_t count = regex->count;

    regex->code = alloc_resize(regex->code, count, sizeof(regex->code[0]));
    regex->stack = alloc_zero(count * 2, sizeof(regex->stack[0]));
    for (int i = 0; i < 2; i++) {
        struct threads *threads = &regex->threads[i];

        threads->at = alloc_zero(count, sizeof(threads->at[0]));
        threads->seen = alloc_zero(count, sizeof(threads->seen[0]));
    }
}

/* Which bytes a match can begin with, taking every condition as true. */
static void find_first(struct filter_regex *regex)
{
    size_t depth = 0;

    clear_threads(&regex->threads[0], regex->count);
    regex->stack[depth++] = 0;
    while (depth > 0) {
        size_t place = regex->stack[--depth];
        const struct instruction *code = &regex->code[place];

        if (regex->threads[0].seen[place] == regex->threads[0].generation)
            continue;
        regex->threads[0].seen[place] = regex->threads[0].generation;
        if (code->op == OP_BYTES)
            filter_class_join(&regex->first, &regex->classes[code->second]);
        else if (code->op == OP_MATCH)
            regex->may_be_empty = true;
        else if (code->op == OP_SPLIT || code->op == OP_JUMP)
            regex->stack[depth++] = (uint16_t)((int)place + code->first);
        else
            regex->stack[depth++] = (uint16_t)(place + 1);
        if (code->op == OP_SPLIT)
            regex->stack[depth++] = (uint16_t)((int)place + code->second);
    }
}

struct filter_regex *filter_regex_new(struct slice pattern, const char **error,
                                      size_t *error_at)
{
    struct filter_regex *regex = alloc_zero(1, sizeof(*regex));
    struct parser parser = {.regex = regex, .pattern = pattern};

    regex->code = alloc_zero(MAX_CODE, sizeof(regex->code[0]));
    bool ok = parse_alternatives(&parser);
    if (ok && parser.at < pattern.len)
        ok = fail(&parser, "this ) closes nothing");
    if (!ok || !emit(&parser, (struct instruction){.op = OP_MATCH})) {
        *error = parser.error;
        *error_at = parser.error_at;
        filter_regex_free(regex);
        return NULL;
    }
    prepare(regex);
    find_first(regex);
    return regex;
}

void filter_regex_free(struct filter_regex *regex)
{
    if (!regex)
        return;
    for (int i = 0; i < 2; i++) {
        free(regex->threads[i].at);
        free(regex->threads[i].seen);
    }
    free(regex->stack);
    free(regex->code);
    free(regex->classes);
    free(regex);
}
