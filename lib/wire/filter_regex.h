/*
 * Regular expressions for the operator "matches".
 *
 * POSIX extended expressions and what Perl's have in common with them, on
 * bytes, ignoring the case of ASCII letters; "." is any byte but a line feed.
 * What would need backtracking (back references, lookaround) is refused. The
 * time for a match is at most bytes times size of the expression, so no
 * expression can hang the program: all alternatives advance together, byte by
 * byte (Thompson's construction).
 */
#ifndef WIRE_FILTER_REGEX_H
#define WIRE_FILTER_REGEX_H

#include "base/slice.h"

struct filter_regex;

/*
 * Compile a pattern. NULL when it is none: *error says why, *error_at is the
 * offset of the byte where.
 */
struct filter_regex *filter_regex_new(struct slice pattern, const char **error,
                                      size_t *error_at);
void filter_regex_free(struct filter_regex *regex);

/* Does it match anywhere in subject? Works in the memory of regex. */
bool filter_regex_match(struct filter_regex *regex, struct slice subject);

#endif
