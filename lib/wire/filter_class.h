/*
 * Sets of bytes in a regular expression: [a-z], \\d, one letter in both cases.
 */
#ifndef WIRE_FILTER_CLASS_H
#define WIRE_FILTER_CLASS_H

#include "base/slice.h"

struct filter_class {
    uint64_t bits[4];
};

static inline bool filter_class_has(const struct filter_class *class,
                                    uint8_t byte)
{
    return class->bits[byte >> 6] >> (byte & 63) & 1;
}

static inline void filter_class_add(struct filter_class *class, uint8_t byte)
{
    class->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

void filter_class_join(struct filter_class *class,
                       const struct filter_class *other);
void filter_class_invert(struct filter_class *class);

/* Add the other case of each ASCII letter. */
void filter_class_fold(struct filter_class *class);

/* Is it an ASCII letter, a digit or "_"? */
bool filter_class_is_word(uint8_t byte);

/*
 * Add what an escape means; text begins behind the backslash. *single is set
 * to the byte when it means one byte, to -1 when it means a set (single may
 * be NULL). Returns the bytes used, 0 with *error when it is not understood.
 */
size_t filter_class_escape(struct filter_class *class, struct slice text,
                           int *single, const char **error);

/*
 * Add what a bracket expression means, both cases of letters; text begins
 * behind its "[". Returns the bytes used with its "]", 0 with *error.
 */
size_t filter_class_bracket(struct filter_class *class, struct slice text,
                            const char **error);

#endif
