/*
 * Values of a student's own: a lab's parameters, drawn from a seed.
 *
 * The seed is HMAC-SHA-256 of the student's id under the lab's id and version,
 * so the grader computes the same values, and a neighbour's do not fit. It is
 * no secret: this stops copying, not a determined forger.
 */
#ifndef LABS_PARAMS_H
#define LABS_PARAMS_H

#include "base/buf.h"
#include "labs/lab.h"

#include <stdint.h>

/*
 * Fill in the value of each parameter by its rule. In a rule {hexN} becomes N
 * hex digits, {int A..B} a number, {int A..B}/D that number divided by D (10
 * or 100) as a decimal fraction, {word} a plain English noun. Returns NULL, or
 * what is wrong with a rule (static) with *bad set to the parameter.
 */
const char *params_draw(struct lab *lab, const char *student,
                        const struct lab_param **bad);

/*
 * How many values a rule can give, so how rare it is that two students have the
 * same; at most UINT32_MAX. 1 for text without a value, or a wrong rule.
 */
uint64_t params_variety(const char *rule);

/*
 * Append text with {{name}} replaced by values. {{name|hex}} is the value's
 * letters as hex bytes ("64 65 62"), {{name|len16}} its length in two bytes,
 * {{name|u16}} and {{name|u8}} its number in two bytes and in one, as they
 * stand in a packet. Returns false when a name is unknown, which is then left
 * as it stands. {{tls_port}} and its like (labs/ports.h) are known in every
 * lab.
 */
bool params_fill(struct buf *out, struct lab *lab, const char *text);

#endif
