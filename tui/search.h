/*
 * What is searched for: words, a regular expression, or bytes.
 *
 *   hello       upper and lower case alike
 *   ~^lab/.+    an expression, as behind "matches" in a filter
 *   #00 07      bytes in hex, in the packets themselves
 *   \~home      the words "~home"
 */
#ifndef TUI_SEARCH_H
#define TUI_SEARCH_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct search;

/* Understand what was typed; NULL, with what is wrong in error. */
struct search *search_new(const char *text, char *error, size_t error_size);
void search_free(struct search *search);

/* Is it found in a line as it is shown? Never, when bytes are searched for. */
bool search_in_text(const struct search *search, const char *line);

/* Are the bytes that are searched for in these? */
bool search_in_bytes(const struct search *search, struct slice bytes);

#endif
