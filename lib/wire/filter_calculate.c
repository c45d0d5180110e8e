/*
 * Arithmetic of filters, with Wireshark's habits: numbers have no sign until
 * something greater is subtracted, or a minus stands before them; they have 32
 * bits, but for the lengths that MQTT itself can make longer.
 */
#include "wire/filter_tree.h"

static bool is_negative(const struct filter_value *value)
{
    return value->is_signed && (int64_t)value->number < 0;
}

/* ---- numbers without a sign ---- */

static bool subtract(uint64_t a, uint64_t b, struct filter_value *result)
{
    result->number = a - b;
    result->is_signed = a < b;
    return a >= b || b - a <= INT64_MAX;
}

static bool calculate_unsigned(enum filter_operand_kind kind, uint64_t a,
                               uint64_t b, struct filter_value *result)
{
    if (kind == FILTER_OPERAND_ADD)
        return !__builtin_add_overflow(a, b, &result->number);
    if (kind == FILTER_OPERAND_SUBTRACT)
        return subtract(a, b, result);
    if (kind == FILTER_OPERAND_MULTIPLY)
        return !__builtin_mul_overflow(a, b, &result->number);
    if (!b)
        return false;
    result->number = kind == FILTER_OPERAND_DIVIDE ? a / b : a % b;
    return true;
}

/* ---- with a sign ---- */

static bool calculate_signed(enum filter_operand_kind kind, int64_t a,
                             int64_t b, int64_t *result)
{
    if (kind == FILTER_OPERAND_ADD)
        return !__builtin_add_overflow(a, b, result);
    if (kind == FILTER_OPERAND_SUBTRACT)
        return !__builtin_sub_overflow(a, b, result);
    if (kind == FILTER_OPERAND_MULTIPLY)
        return !__builtin_mul_overflow(a, b, result);
    if (!b || (b == -1 && a == INT64_MIN))
        return false;
    *result = kind == FILTER_OPERAND_DIVIDE ? a / b : a % b;
    return true;
}

static bool has_room(unsigned bytes, const struct filter_value *value)
{
    int64_t number = (int64_t)value->number;

    if (bytes == 8)
        return true;
    return value->is_signed ? number >= INT32_MIN && number <= INT32_MAX
                            : value->number <= UINT32_MAX;
}

static bool calculate_numbers(enum filter_operand_kind kind,
                              const struct filter_value *a,
                              const struct filter_value *b,
                              struct filter_value *result)
{
    int64_t number = 0;

    if (!a->is_signed && is_negative(b)) { /* b counts as very large */
        result->number = a->number;
        return kind == FILTER_OPERAND_REMAINDER;
    }
    if (!a->is_signed)
        return calculate_unsigned(kind, a->number, b->number, result);
    if (!b->is_signed && b->number > INT64_MAX)
        return false;
    bool good =
        calculate_signed(kind, (int64_t)a->number, (int64_t)b->number, &number);
    result->number = (uint64_t)number;
    result->is_signed = true;
    return good;
}

static bool negate(const struct filter_value *value,
                   struct filter_value *result)
{
    result->number = -value->number;
    result->is_signed = true;
    return value->is_signed ? (int64_t)value->number != INT64_MIN
                            : value->number <= INT64_MAX;
}

static bool make_absolute(const struct filter_value *value,
                          struct filter_value *result)
{
    *result = *value;
    return !is_negative(value) || negate(value, result);
}

/* ---- all values ---- */

static void add_result(const struct filter_operand *operand,
                       const struct filter_value *a,
                       const struct filter_value *b,
                       struct filter_values *values)
{
    struct filter_value result = {0};
    int64_t ns;
    bool good;

    if (operand->kind == FILTER_OPERAND_NEGATE) {
        good = negate(a, &result);
    } else if (operand->kind == FILTER_OPERAND_ABS) {
        good = make_absolute(a, &result);
    } else if (operand->type == FILTER_TIME) {
        good = calculate_signed(operand->kind, (int64_t)a->number,
                                (int64_t)b->number, &ns);
        result.number = good ? (uint64_t)ns : 0;
    } else {
        good = calculate_numbers(operand->kind, a, b, &result) &&
               has_room(operand->bytes, &result);
    }
    if (good)
        filter_values_add(values, &result);
}

/* < 0, 0, > 0: what is negative is less than all that has no sign. */
static int order(enum filter_type type, const struct filter_value *a,
                 const struct filter_value *b)
{
    if (type == FILTER_UINT && !a->is_signed && is_negative(b))
        return 1;
    return filter_compare(type, a, b);
}

static const struct filter_value *
find_extreme(const struct filter_operand *operand,
             const struct filter_values *of, const struct filter_value *best)
{
    bool greatest = operand->kind == FILTER_OPERAND_MAX;

    for (size_t i = 0; i < of->count; i++) {
        int found = best ? order(operand->type, &of->items[i], best) : 0;

        if (!best || (greatest ? found > 0 : found < 0))
            best = &of->items[i];
    }
    return best;
}

static void add_extreme(const struct filter_operand *operand,
                        const struct filter_values *left,
                        const struct filter_values *right,
                        struct filter_values *values)
{
    const struct filter_value *best = find_extreme(operand, left, NULL);

    best = find_extreme(operand, right, best);
    if (best)
        filter_values_add(values, best);
}

void filter_calculate(const struct filter_operand *operand,
                      const struct filter_values *left,
                      const struct filter_values *right,
                      struct filter_values *values)
{
    size_t pairs = 0;

    if (operand->kind == FILTER_OPERAND_MAX ||
        operand->kind == FILTER_OPERAND_MIN) {
        add_extreme(operand, left, right, values);
        return;
    }
    for (size_t l = 0; l < left->count; l++) {
        if (!right)
            add_result(operand, &left->items[l], NULL, values);
        for (size_t r = 0; right && r < right->count; r++) {
            if (pairs++ == FILTER_PAIRS_MAX)
                return;
            add_result(operand, &left->items[l], &right->items[r], values);
        }
    }
}

/* Bytes one by one; nothing when all of them are too many. */
#define BYTES_MAX 1048576u

static void add_bits_of_bytes(struct slice a, struct slice b,
                              struct filter_values *values)
{
    size_t from = values->text.len;
    size_t len = a.len < b.len ? a.len : b.len;

    if (from + len > BYTES_MAX)
        return;
    for (size_t i = 0; i < len; i++)
        buf_append_u8(&values->text, a.bytes[i] & b.bytes[i]);
    filter_values_add_made(values, from);
}

static void add_bits(const struct filter_value *a, const struct filter_value *b,
                     struct filter_values *values)
{
    filter_values_add(values,
                      &(struct filter_value){.number = a->number & b->number,
                                             .mask = UINT32_MAX});
}

void filter_calculate_bits(enum filter_type type,
                           const struct filter_values *left,
                           const struct filter_values *right,
                           struct filter_values *values)
{
    for (size_t l = 0; l < left->count; l++) {
        for (size_t r = 0; r < right->count; r++) {
            const struct filter_value *a = &left->items[l];
            const struct filter_value *b = &right->items[r];

            if (values->count == FILTER_PAIRS_MAX)
                break;
            if (type == FILTER_BYTES)
                add_bits_of_bytes(a->bytes, b->bytes, values);
            else
                add_bits(a, b, values);
        }
    }
    if (type == FILTER_BYTES)
        filter_values_place(values);
}
