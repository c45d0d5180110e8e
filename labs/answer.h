/*
 * Answers to questions: made comparable, hashed, judged.
 */
#ifndef LABS_ANSWER_H
#define LABS_ANSWER_H

#include "base/buf.h"
#include "labs/lab.h"

#include <stdbool.h>

/* The longest answer that is taken, in bytes. */
#define ANSWER_MAX_BYTES 1000

/* How many bytes of an answer are taken: no half character at the end. */
size_t answer_taken(const char *text);

/*
 * Lower case (of ASCII), blanks at the ends gone and inner ones single, no full
 * stop at the end, so that "  C0 00." and "c0 00" are one answer; the words
 * "zero" to "twelve" are numbers. Owned by the caller.
 */
char *answer_normalise(const char *text);

/*
 * "SALT:HASH" in hex: scrypt of the normalised answer. salt_hex begins with a
 * salt, or is NULL for a new random one; "" when it begins with none. Owned by
 * the caller.
 */
char *answer_hash(const char *text, const char *salt_hex);

/* Is the answer right for a question of text or hash kind? "|" in the expected
   text separates what is equally right; of "2: the broker" the 2 counts where a
   number is expected. */
bool answer_right(const struct lab_question *question, const char *text);

/* Are two answers the same after normalising? */
bool answer_same(const char *a, const char *b);

/*
 * The number that stands here in hex, with or without 0x and with blanks
 * between its bytes, as a decimal one: "18" for "0x12", "42" for "00 2a". Owned
 * by the caller; NULL when it is no hex number, or has more than 8 digits.
 */
char *answer_from_hex(const char *text);

/* An answer of more words is not searched for the right one: each word of it
   may have to be hashed. */
#define ANSWER_MAX_WORDS 4

/*
 * The i-th word of an answer, without the quotes and commas around it: who
 * answers "217 seconds" has said 217. Owned by the caller; NULL behind the last
 * one, when there are too many, and when the word is the whole answer.
 */
char *answer_word(const char *text, size_t i);

/* What the lab says to this wrong answer, or what form an answer has: "Answer
   with the number, 1 to 3." NULL: nothing. */
const char *answer_remark(const struct lab_question *question,
                          const char *text);

#endif
