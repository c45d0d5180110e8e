/*
 * A compiled filter: what the parser builds and the evaluation walks.
 *
 * Nodes lie in arrays and refer to each other by index. Operands give any
 * number of values for a row (a SUBSCRIBE has several mqtt.topic), tests give
 * true or false.
 */
#ifndef WIRE_FILTER_TREE_H
#define WIRE_FILTER_TREE_H

#include "wire/filter.h"
#include "wire/filter_lex.h"
#include "wire/filter_regex.h"

enum filter_type {
    FILTER_UINT,
    FILTER_BOOL,
    FILTER_TIME, /* seconds, kept in ns */
    FILTER_DATE, /* ns since 1970-01-01 UTC */
    FILTER_IPV4,
    FILTER_IPV6,
    FILTER_TEXT,
    FILTER_BYTES,
    FILTER_PROTOCOL, /* present or not; mqtt has its bytes */
};

struct filter_value {
    uint64_t number; /* UINT, BOOL, IPV4 (host order), TIME, DATE (an int64_t),
                           IPV6: its first half */
    uint64_t low;    /* IPV6: its second half */
    uint32_t mask;   /* IPV4: the bits that count; IPV6: how many, at the
                           beginning */
    bool is_signed;  /* UINT, of a subtraction: number is an int64_t */
    struct slice bytes; /* TEXT, BYTES, PROTOCOL, IPV6; borrowed */
};

struct filter_values {
    struct filter_value *items; /* owned */
    size_t count;
    size_t cap;
    struct buf text; /* owned: of values that were made, not found */
};

void filter_values_add(struct filter_values *values,
                       const struct filter_value *value);

/* One row being looked at. */
struct filter_context {
    const struct history_row *row;
    struct dissection *scratch;
    bool dissected; /* scratch is of this row */
};

/* A field that is not found by dissecting. */
struct filter_field {
    const char *name;
    enum filter_type type;
    uint8_t bytes;            /* of a UINT: how wide it is */
    bool own;                 /* Wireshark does not have it */
    bool has_bytes;           /* a protocol whose bytes are known */
    const char *const *names; /* all values of a TEXT, ended by NULL; or NULL */
    void (*get)(const struct filter_context *context,
                struct filter_values *values);
};

/* filter_own.c: the table, ended by name NULL. */
const struct filter_field *filter_own_table(void);

/*
 * filter_quick.c: the values of a field of a packet without dissecting it.
 * Returns false when that would not certainly be what the dissector finds.
 */
struct filter_quick;
bool filter_quick_get(const struct filter_quick *quick,
                      const struct history_row *row,
                      struct filter_values *values);

/* How to get a field so; NULL when there is no way. */
const struct filter_quick *filter_quick_find(const char *name);

enum filter_operand_kind {
    FILTER_OPERAND_FIELD,
    FILTER_OPERAND_PACKET_FIELD, /* found by the dissector */
    FILTER_OPERAND_LITERAL,
    FILTER_OPERAND_SLICE,
    FILTER_OPERAND_BITS,
    FILTER_OPERAND_ADD, /* from here on: arithmetic */
    FILTER_OPERAND_SUBTRACT,
    FILTER_OPERAND_MULTIPLY,
    FILTER_OPERAND_DIVIDE,
    FILTER_OPERAND_REMAINDER,
    FILTER_OPERAND_NEGATE,
    FILTER_OPERAND_ABS,
    FILTER_OPERAND_MAX, /* of all values of both, and of one when both are it */
    FILTER_OPERAND_MIN, /* up to here */
    FILTER_OPERAND_LEN,
    FILTER_OPERAND_COUNT,
    FILTER_OPERAND_UPPER,
    FILTER_OPERAND_LOWER,
    FILTER_OPERAND_STRING,
};

/* Part of a slice: bytes from..from + len - 1; from < 0 counts from the end. */
struct filter_range {
    int32_t from;
    int32_t last; /* the last byte, when is_last; it may count from the end */
    int32_t len;  /* else; 0: up to the end */
    bool is_last;
};

struct filter_operand {
    enum filter_operand_kind kind;
    enum filter_type type;
    const struct filter_field *field;
    const struct field_info *info;
    const struct filter_quick *quick; /* may be NULL */
    struct filter_value literal;
    uint8_t bytes;  /* of a UINT: how wide it is */
    bool no_layer;  /* of a layer that there is not: it has no values */
    uint16_t child; /* operand that a function, slice or sign works on */
    uint16_t right; /* of & and arithmetic, but for NEGATE and ABS */
    uint16_t range_first;
    uint16_t range_count;
};

enum filter_test_kind {
    FILTER_TEST_AND, /* of all children */
    FILTER_TEST_OR,
    FILTER_TEST_NOT,
    FILTER_TEST_PRESENT,
    FILTER_TEST_NOT_ZERO, /* some value has a bit that is set */
    FILTER_TEST_COMPARE,
    FILTER_TEST_MATCHES,
    FILTER_TEST_IN,
    FILTER_TEST_TOPIC, /* topicmatch */
};

struct filter_test {
    enum filter_test_kind kind;
    enum filter_token_type op; /* of COMPARE */
    bool all;                  /* all values must pass, not only one */
    uint16_t child;            /* of AND, OR, NOT: the first one */
    uint16_t next;             /* the next child of the same parent; 0: none */
    uint16_t left;             /* operand */
    uint16_t right;            /* operand */
    uint16_t set_first;        /* of IN */
    uint16_t set_count;
    struct filter_regex *regex; /* owned */
    struct slice topic_filter;
};

struct filter_member {
    struct filter_value low;
    struct filter_value high;
};

struct filter {
    uint8_t *text; /* owned: the values of strings */
    uint16_t root; /* test; 0: everything matches */
    bool own;
    struct filter_test *tests; /* owned; index 0 is not used */
    size_t test_count;
    struct filter_operand *operands; /* owned */
    size_t operand_count;
    struct filter_range *ranges; /* owned */
    size_t range_count;
    struct filter_member *members; /* owned: of sets */
    size_t member_count;
    struct filter_values *work; /* owned: values of each operand, for a row */
};

/* ---- literals (filter_literal.c, filter_date.c) ---- */

/* "2026-11-21 14:05:00.5" of this place's time, or with Z or +01:00 behind it,
   or "Nov 21, 2026 14:05:00". Returns NULL or an error. */
const char *filter_date_parse(struct slice text, uint64_t *ns);

/*
 * What a literal means where a type is wanted; info may be NULL. Returns NULL
 * or an error, for which message (of 160 bytes) may be used.
 */
const char *filter_literal(const struct filter_token *token,
                           enum filter_type type, const struct field_info *info,
                           struct filter_value *value, char message[160]);

/* An address in network byte order, of which so many bits count. */
void filter_literal_ipv6(const uint8_t address[16], uint32_t bits,
                         struct filter_value *value);

/* ---- values ---- */

static inline bool filter_is_arithmetic(enum filter_operand_kind kind)
{
    return kind >= FILTER_OPERAND_ADD && kind <= FILTER_OPERAND_MIN;
}

/*
 * filter_calculate.c: what arithmetic makes of each pair of values. A result
 * that has no room, or is divided by 0, is left out, as in Wireshark; of more
 * than this many pairs the rest is.
 */
#define FILTER_PAIRS_MAX 65536u
void filter_calculate(const struct filter_operand *operand,
                      const struct filter_values *left,
                      const struct filter_values *right,
                      struct filter_values *values);

/* filter_calculate.c: of &. Of bytes as many as the shorter ones have. */
void filter_calculate_bits(enum filter_type type,
                           const struct filter_values *left,
                           const struct filter_values *right,
                           struct filter_values *values);

/* filter_eval.c: a value whose bytes are those of values->text behind from.
   They have a place when all are there, for the text moves while it grows. */
void filter_values_add_made(struct filter_values *values, size_t from);
void filter_values_place(struct filter_values *values);

/* < 0, 0, > 0: order of two values of a type, as Wireshark has it. */
int filter_compare(enum filter_type type, const struct filter_value *a,
                   const struct filter_value *b);

#endif
