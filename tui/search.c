#include "tui/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hex_digits.h"
#include "wire/filter_regex.h"

/* One of the three is there. */
struct search {
    char *words;                /* owned */
    struct filter_regex *regex; /* owned */
    struct buf bytes;
};

/* ---- understanding ---- */

/* "00 07", "0007", "00:07" */
static bool take_bytes(const char *text, struct buf *bytes)
{
    while (*text) {
        if (strchr(" :", *text)) {
            text++;
            continue;
        }
        int byte = hex_digits_byte(text[0], text[1]);

        if (byte < 0)
            return false;
        buf_append_u8(bytes, (uint8_t)byte);
        text += 2;
    }
    return bytes->len > 0;
}

static bool take(struct search *search, const char *text, char *error,
                 size_t error_size)
{
    const char *why = NULL;
    size_t at = 0;

    if (*text == '#') {
        snprintf(error, error_size, "# searches for bytes in hex: #00 07");
        return take_bytes(text + 1, &search->bytes);
    }
    if (*text == '~') {
        search->regex = filter_regex_new(slice_of_string(text + 1), &why, &at);
        if (!search->regex)
            snprintf(error, error_size, "column %zu of the expression: %s",
                     at + 1, why);
        return search->regex;
    }
    if (*text == '\\' && text[1] && strchr("~#\\", text[1]))
        text++;
    search->words = alloc_string(text);
    return true;
}

struct search *search_new(const char *text, char *error, size_t error_size)
{
    struct search *search = alloc_zero(1, sizeof(*search));

    if (take(search, text, error, error_size))
        return search;
    search_free(search);
    return NULL;
}

void search_free(struct search *search)
{
    if (!search)
        return;
    filter_regex_free(search->regex);
    buf_release(&search->bytes);
    free(search->words);
    free(search);
}

/* ---- looking ---- */

static bool contains(const char *text, const char *words)
{
    size_t len = strlen(words);

    for (; *text; text++) {
        if (strncasecmp(text, words, len) == 0)
            return true;
    }
    return len == 0;
}

bool search_in_text(const struct search *search, const char *line)
{
    if (search->regex)
        return filter_regex_match(search->regex, slice_of_string(line));
    return search->words && contains(line, search->words);
}

bool search_in_bytes(const struct search *search, struct slice bytes)
{
    const struct buf *wanted = &search->bytes;

    for (size_t at = 0; wanted->len && at + wanted->len <= bytes.len; at++) {
        if (memcmp(bytes.bytes + at, wanted->bytes, wanted->len) == 0)
            return true;
    }
    return false;
}
