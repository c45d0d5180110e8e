#include "base/alloc.h"
#include "mqtt/topic.h"
#include "wire/dissect_fields.h"
#include "wire/filter_parse.h"
#include "wire/filter_tree.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->test_count; i++)
        filter_regex_free(filter->tests[i].regex);
    for (size_t i = 0; filter->work && i < filter->operand_count; i++) {
        free(filter->work[i].items);
        buf_release(&filter->work[i].text);
    }
    free(filter->work);
    free(filter->tests);
    free(filter->operands);
    free(filter->ranges);
    free(filter->members);
    free(filter->text);
    free(filter);
}

bool filter_is_own(const struct filter *filter)
{
    return filter->own;
}

bool filter_is_cable(const struct filter *filter)
{
    for (size_t i = 0; i < filter->operand_count; i++) {
        if (filter->operands[i].info &&
            dissect_fields_is_cable(filter->operands[i].info))
            return true;
    }
    return false;
}

const char *filter_hindsight(const struct filter *filter)
{
    static const char *const names[] = {"frame.number", "frame.time_relative",
                                        "frame.time_delta", "frame.comment",
                                        "lab.packet"};

    for (size_t i = 0; i < filter->operand_count; i++) {
        const struct filter_field *field = filter->operands[i].field;

        for (size_t k = 0; field && k < sizeof(names) / sizeof(names[0]); k++) {
            if (!strcmp(field->name, names[k]))
                return names[k];
        }
    }
    return NULL;
}

/* ---- values ---- */

void filter_values_add(struct filter_values *values,
                       const struct filter_value *value)
{
    if (values->count == values->cap) {
        values->cap = values->cap ? values->cap * 2 : 4;
        values->items =
            alloc_resize(values->items, values->cap, sizeof(values->items[0]));
    }
    values->items[values->count++] = *value;
}

/* An order of numbers of which the first may have a sign. */
static int compare_numbers(const struct filter_value *a,
                           const struct filter_value *b)
{
    int64_t left = (int64_t)a->number;
    int64_t right = (int64_t)b->number;

    if (!a->is_signed)
        return (a->number > b->number) - (a->number < b->number);
    if (!b->is_signed && b->number > INT64_MAX)
        return -1;
    return (left > right) - (left < right);
}

/* The first bits of half an address, of which bits count in all. */
static uint64_t first_bits(uint64_t half, uint32_t bits)
{
    return bits >= 64 ? half : bits ? half & UINT64_MAX << (64 - bits) : 0;
}

static int compare_ipv6(const struct filter_value *a,
                        const struct filter_value *b)
{
    uint32_t rest = b->mask > 64 ? b->mask - 64 : 0;
    uint64_t left = first_bits(a->number, b->mask);
    uint64_t right = first_bits(b->number, b->mask);

    if (left == right) {
        left = first_bits(a->low, rest);
        right = first_bits(b->low, rest);
    }
    return (left > right) - (left < right);
}

/* Wireshark takes longer bytes for greater ones, whatever they are. */
static int compare_bytes(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.bytes, b.bytes, a.len) : 0;
}

int filter_compare(enum filter_type type, const struct filter_value *a,
                   const struct filter_value *b)
{
    uint64_t left = a->number;
    uint64_t right = b->number;

    switch (type) {
    case FILTER_UINT: return compare_numbers(a, b);
    case FILTER_BOOL: break;
    case FILTER_IPV6: return compare_ipv6(a, b);
    case FILTER_TIME:
    case FILTER_DATE:
        return ((int64_t)left > (int64_t)right) -
               ((int64_t)left < (int64_t)right);
    case FILTER_IPV4:
        left &= b->mask;
        right &= b->mask;
        break;
    case FILTER_TEXT: return slice_compare(a->bytes, b->bytes);
    case FILTER_BYTES:
    case FILTER_PROTOCOL: return compare_bytes(a->bytes, b->bytes);
    }
    return (left > right) - (left < right);
}

/* ---- operands ---- */

static struct filter_values *evaluate(const struct filter *filter,
                                      uint16_t operand,
                                      struct filter_context *context);

/* Can the record have such a field at all? */
static bool has_field(const struct history_row *row,
                      const struct field_info *info)
{
    bool on_cable =
        row->record.type == RECORD_WIRE && row->record.layer == RECORD_CABLE;

    return dissect_fields_is_cable(info) ? on_cable
                                         : row->record.type == RECORD_MQTT;
}

static void get_packet_field(const struct filter_operand *operand,
                             struct filter_context *context,
                             struct filter_values *values)
{
    struct dissection *scratch = context->scratch;

    if (!has_field(context->row, operand->info))
        return;
    if (!context->dissected && operand->quick &&
        filter_quick_get(operand->quick, context->row, values))
        return;
    values->count = 0;
    if (!context->dissected)
        dissect_row(scratch, context->row);
    context->dissected = true;
    for (size_t i = 0; i < scratch->count; i++) {
        const struct field *field = &scratch->fields[i];

        if (field->info == operand->info)
            filter_values_add(values,
                              &(struct filter_value){.number = field->number,
                                                     .mask = UINT32_MAX,
                                                     .bytes = field->value});
    }
}

/* Part of bytes; what reaches beyond their end counts as empty. */
static struct slice part_of(struct slice bytes,
                            const struct filter_range *range)
{
    int64_t total = (int64_t)bytes.len;
    int64_t from = range->from < 0 ? range->from + total : range->from;
    int64_t end = from + range->len;

    if (range->is_last)
        end = (range->last < 0 ? range->last + total : range->last) + 1;
    else if (!range->len)
        end = total;
    if (from < 0 || from >= end || end > total)
        return slice_of(NULL, 0);
    return slice_of(bytes.bytes + from, (size_t)(end - from));
}

void filter_values_add_made(struct filter_values *values, size_t from)
{
    filter_values_add(
        values, &(struct filter_value){.bytes.len = values->text.len - from});
}

void filter_values_place(struct filter_values *values)
{
    size_t at = 0;

    for (size_t i = 0; i < values->count; i++) {
        values->items[i].bytes.bytes = values->text.bytes + at;
        at += values->items[i].bytes.len;
    }
}

static void make_slices(const struct filter *filter,
                        const struct filter_operand *operand,
                        const struct filter_values *of,
                        struct filter_values *values)
{
    const struct filter_range *ranges = &filter->ranges[operand->range_first];

    assert(filter->ranges);
    for (size_t i = 0; i < of->count; i++) {
        size_t from = values->text.len;

        for (size_t r = 0; r < operand->range_count; r++)
            buf_append_slice(&values->text,
                             part_of(of->items[i].bytes, &ranges[r]));
        filter_values_add_made(values, from);
    }
    filter_values_place(values);
}

static uint8_t fold(uint8_t c, bool upper)
{
    if (upper)
        return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static void make_folded(const struct filter_values *of, bool upper,
                        struct filter_values *values)
{
    for (size_t i = 0; i < of->count; i++) {
        size_t from = values->text.len;

        for (size_t b = 0; b < of->items[i].bytes.len; b++)
            buf_append_u8(&values->text,
                          fold(of->items[i].bytes.bytes[b], upper));
        filter_values_add_made(values, from);
    }
    filter_values_place(values);
}

static void append_number(struct buf *text, enum filter_type type,
                          const struct filter_value *value)
{
    struct in_addr address = {.s_addr = htonl((uint32_t)value->number)};
    bool is_ipv6 = type == FILTER_IPV6;
    char written[INET6_ADDRSTRLEN];

    if (!is_ipv6 && type != FILTER_IPV4)
        buf_printf(text, "%llu", (unsigned long long)value->number);
    else if (inet_ntop(is_ipv6 ? AF_INET6 : AF_INET,
                       is_ipv6 ? (const void *)value->bytes.bytes : &address,
                       written, sizeof(written)))
        buf_append_string(text, written);
}

static void make_strings(const struct filter_values *of, enum filter_type type,
                         struct filter_values *values)
{
    for (size_t i = 0; i < of->count; i++) {
        size_t from = values->text.len;

        append_number(&values->text, type, &of->items[i]);
        filter_values_add_made(values, from);
    }
    filter_values_place(values);
}

static void make_lengths(const struct filter_values *of,
                         struct filter_values *values)
{
    for (size_t i = 0; i < of->count; i++)
        filter_values_add(
            values, &(struct filter_value){.number = of->items[i].bytes.len});
}

/* The count of nothing is nothing: the test on it is false. */
static void make_count(const struct filter_values *of,
                       struct filter_values *values)
{
    if (of->count)
        filter_values_add(values, &(struct filter_value){.number = of->count});
}

static struct filter_values *evaluate(const struct filter *filter,
                                      uint16_t operand,
                                      struct filter_context *context)
{
    const struct filter_operand *at = &filter->operands[operand];
    struct filter_values *values = &filter->work[operand];
    const struct filter_values *of = NULL;

    if (at->kind > FILTER_OPERAND_LITERAL)
        of = evaluate(filter, at->child, context);
    values->count = 0;
    buf_clear(&values->text);
    if (at->no_layer)
        return values;
    switch (at->kind) {
    case FILTER_OPERAND_FIELD: at->field->get(context, values); break;
    case FILTER_OPERAND_PACKET_FIELD:
        get_packet_field(at, context, values);
        break;
    case FILTER_OPERAND_LITERAL: filter_values_add(values, &at->literal); break;
    case FILTER_OPERAND_SLICE: make_slices(filter, at, of, values); break;
    case FILTER_OPERAND_BITS:
        filter_calculate_bits(at->type, of,
                              evaluate(filter, at->right, context), values);
        break;
    case FILTER_OPERAND_ADD:
    case FILTER_OPERAND_SUBTRACT:
    case FILTER_OPERAND_MULTIPLY:
    case FILTER_OPERAND_DIVIDE:
    case FILTER_OPERAND_REMAINDER:
    case FILTER_OPERAND_MAX:
    case FILTER_OPERAND_MIN:
        filter_calculate(at, of, evaluate(filter, at->right, context), values);
        break;
    case FILTER_OPERAND_NEGATE:
    case FILTER_OPERAND_ABS: filter_calculate(at, of, NULL, values); break;
    case FILTER_OPERAND_LEN: make_lengths(of, values); break;
    case FILTER_OPERAND_COUNT: make_count(of, values); break;
    case FILTER_OPERAND_UPPER: make_folded(of, true, values); break;
    case FILTER_OPERAND_LOWER: make_folded(of, false, values); break;
    case FILTER_OPERAND_STRING:
        make_strings(of, filter->operands[at->child].type, values);
        break;
    }
    return values;
}

/* ---- tests ---- */

static bool contains(struct slice all, struct slice part)
{
    if (!part.len)
        return false; /* as in Wireshark */
    for (; all.len >= part.len; all = slice_skip(all, 1)) {
        const uint8_t *at = memchr(all.bytes, part.bytes[0], all.len);

        if (!at)
            return false;
        all = slice_skip(all, (size_t)(at - all.bytes));
        if (slice_starts_with(all, part))
            return true;
        if (all.len < part.len)
            return false;
    }
    return false;
}

static bool passes(enum filter_type type, const struct filter_test *test,
                   const struct filter_value *a, const struct filter_value *b)
{
    enum filter_token_type op = test->op;

    if (op == FILTER_CONTAINS)
        return contains(a->bytes, b->bytes);

    if (type == FILTER_UINT && !a->is_signed && b->is_signed &&
        (int64_t)b->number < 0) /* Wireshark finds them in no order */
        return test->all && (op == FILTER_NE || op == FILTER_ANY_NE);
    int order = filter_compare(type, a, b);
    return op == FILTER_EQ || op == FILTER_ALL_EQ   ? order == 0
           : op == FILTER_NE || op == FILTER_ANY_NE ? order != 0
           : op == FILTER_GT                        ? order > 0
           : op == FILTER_LT                        ? order < 0
           : op == FILTER_GE                        ? order >= 0
                                                    : order <= 0;
}

/* Does one pair of values pass, or do all? False when a side has none. */
static bool compare(const struct filter *filter, const struct filter_test *test,
                    struct filter_context *context)
{
    const struct filter_values *left = evaluate(filter, test->left, context);
    enum filter_type type = filter->operands[test->left].type;

    if (!left->count)
        return false;
    const struct filter_values *right = evaluate(filter, test->right, context);
    if (filter->operands[test->right].kind == FILTER_OPERAND_SLICE)
        type = FILTER_BYTES;
    for (size_t l = 0; l < left->count; l++) {
        for (size_t r = 0; r < right->count; r++) {
            if (passes(type, test, &left->items[l], &right->items[r]) !=
                test->all)
                return !test->all;
        }
    }
    return test->all && right->count;
}

static bool matches(const struct filter *filter, const struct filter_test *test,
                    struct filter_context *context)
{
    const struct filter_values *values = evaluate(filter, test->left, context);

    for (size_t i = 0; i < values->count; i++) {
        if (filter_regex_match(test->regex, values->items[i].bytes) !=
            test->all)
            return !test->all;
    }
    return test->all && values->count;
}

static bool in_set(const struct filter *filter, const struct filter_test *test,
                   struct filter_context *context)
{
    const struct filter_values *values = evaluate(filter, test->left, context);
    enum filter_type type = filter->operands[test->left].type;
    const struct filter_member *set = &filter->members[test->set_first];

    for (size_t i = 0; i < values->count; i++) {
        for (size_t m = 0; m < test->set_count; m++) {
            if (filter_compare(type, &values->items[i], &set[m].low) >= 0 &&
                filter_compare(type, &values->items[i], &set[m].high) <= 0)
                return true;
        }
    }
    return false;
}

static bool not_zero(const struct filter *filter,
                     const struct filter_test *test,
                     struct filter_context *context)
{
    const struct filter_values *values = evaluate(filter, test->left, context);

    for (size_t i = 0; i < values->count; i++) {
        struct slice bytes = values->items[i].bytes;

        if (values->items[i].number)
            return true;
        for (size_t b = 0; b < bytes.len; b++) {
            if (bytes.bytes[b])
                return true;
        }
    }
    return false;
}

static bool topic_matches(const struct filter *filter,
                          const struct filter_test *test,
                          struct filter_context *context)
{
    const struct filter_values *values = evaluate(filter, test->left, context);

    for (size_t i = 0; i < values->count; i++) {
        if (topic_name_valid(values->items[i].bytes) &&
            topic_match(test->topic_filter, values->items[i].bytes))
            return true;
    }
    return false;
}

static bool check(const struct filter *filter, uint16_t at,
                  struct filter_context *context);

/* All children of an "and" must pass, one of an "or". */
static bool check_children(const struct filter *filter,
                           const struct filter_test *test,
                           struct filter_context *context)
{
    bool and = test->kind == FILTER_TEST_AND;

    for (uint16_t at = test->child; at; at = filter->tests[at].next) {
        if (check(filter, at, context) != and)
            return !and;
    }
    return and;
}

static bool check(const struct filter *filter, uint16_t at,
                  struct filter_context *context)
{
    const struct filter_test *test = &filter->tests[at];

    switch (test->kind) {
    case FILTER_TEST_AND:
    case FILTER_TEST_OR: return check_children(filter, test, context);
    case FILTER_TEST_NOT: return !check(filter, test->child, context);
    case FILTER_TEST_PRESENT:
        return evaluate(filter, test->left, context)->count > 0;
    case FILTER_TEST_NOT_ZERO: return not_zero(filter, test, context);
    case FILTER_TEST_COMPARE: return compare(filter, test, context);
    case FILTER_TEST_MATCHES: return matches(filter, test, context);
    case FILTER_TEST_IN: return in_set(filter, test, context);
    case FILTER_TEST_TOPIC: return topic_matches(filter, test, context);
    }
    return false;
}

bool filter_match(const struct filter *filter, const struct history_row *row,
                  struct dissection *scratch)
{
    struct filter_context context = {.row = row, .scratch = scratch};

    return check(filter, filter->root, &context);
}

/* ---- one field as text ---- */

/* As Wireshark: "Nov 21, 2026 14:05:00.250000000 UTC". */
static void append_date(struct buf *text, uint64_t ns)
{
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm local;
    char written[40];

    localtime_r(&seconds, &local);
    strftime(written, sizeof(written), "%b %e, %Y %H:%M:%S", &local);
    buf_printf(text, "%s.%09u ", written, (unsigned)(ns % 1000000000));
    strftime(written, sizeof(written), "%Z", &local);
    buf_append_string(text, written);
}

/* Seconds; in fields of Wireshark's with as many digits as it has. */
static void append_time(struct buf *text, int64_t ns, bool own)
{
    buf_printf(text, "%s%lld.", ns < 0 ? "-" : "",
               (long long)(llabs(ns) / 1000000000));
    if (own)
        buf_printf(text, "%06lld", (long long)(llabs(ns) / 1000 % 1000000));
    else
        buf_printf(text, "%09lld", (long long)(llabs(ns) % 1000000000));
}

static void append_value(struct buf *text, const struct filter_operand *operand,
                         const struct filter_value *value)
{
    switch (operand->type) {
    case FILTER_TIME:
        append_time(text, (int64_t)value->number, operand->field->own);
        break;
    case FILTER_DATE: append_date(text, value->number); break;
    case FILTER_UINT:
    case FILTER_BOOL:
    case FILTER_IPV4:
    case FILTER_IPV6: append_number(text, operand->type, value); break;
    case FILTER_TEXT:
    case FILTER_BYTES:
    case FILTER_PROTOCOL: buf_append_slice(text, value->bytes); break;
    }
}

bool filter_value(const char *field, const struct history_row *row,
                  struct dissection *scratch, struct buf *text)
{
    struct filter_context context = {.row = row, .scratch = scratch};
    struct filter_operand operand;
    struct filter_values values = {0};
    const struct filter filter = {.operands = &operand, .work = &values};

    if (!filter_operand_find(slice_of_string(field), &operand))
        return false;
    evaluate(&filter, 0, &context);
    for (size_t i = 0; i < values.count; i++) {
        if (i)
            buf_append_string(text, ", ");
        append_value(text, &operand, &values.items[i]);
    }
    bool found = values.count > 0;
    free(values.items);
    buf_release(&values.text);
    return found;
}
