/*
 * A slice: a borrowed view of bytes that somebody else owns.
 *
 * A slice is valid as long as the memory that it points into, which is until
 * the call returns unless a comment says otherwise. Nothing here allocates.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *bytes; /* may be NULL when len is 0 */
    size_t len;
};

/* For printf: printf("%.*s", SLICE_ARGS(s)). */
#define SLICE_FMT     "%.*s"
#define SLICE_ARGS(s) (int)(s).len, (const char *)(s).bytes

/* A slice of len bytes at bytes. */
static inline struct slice slice_of(const void *bytes, size_t len)
{
    return (struct slice){.bytes = bytes, .len = len};
}

/* A slice of a C string, without its terminating NUL; NULL gives an empty. */
static inline struct slice slice_of_string(const char *string)
{
    return slice_of(string, string ? strlen(string) : 0);
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.bytes, b.bytes, a.len));
}

static inline bool slice_equal_string(struct slice a, const char *b)
{
    return slice_equal(a, slice_of_string(b));
}

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len &&
           (prefix.len == 0 || !memcmp(s.bytes, prefix.bytes, prefix.len));
}

/* Order as memcmp does, a shorter slice before a longer one it begins. */
static inline int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.bytes, b.bytes, common) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* The rest of s after its first count bytes; count is at most s.len. */
static inline struct slice slice_skip(struct slice s, size_t count)
{
    return count ? slice_of(s.bytes + count, s.len - count) : s;
}

/* The first count bytes of s; count is at most s.len. */
static inline struct slice slice_first(struct slice s, size_t count)
{
    return slice_of(s.bytes, count);
}

#endif
