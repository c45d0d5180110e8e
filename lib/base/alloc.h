/*
 * Allocation that ends the program when memory runs out.
 *
 * Nobody tests for NULL: what a peer can make grow is bounded by limits, so
 * an allocation that fails is not a peer's doing. Free with free().
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/* size bytes, not initialised; size 0 gives a pointer that can be freed. */
void *alloc_bytes(size_t size);

/* count * size bytes, all zero; the product is checked for overflow. */
void *alloc_zero(size_t count, size_t size);

/* Resize; the product count * size is checked for overflow. */
void *alloc_resize(void *old, size_t count, size_t size);

/* What a library has allocated, which must not be NULL. */
void *alloc_checked(void *memory);

/* A copy of a C string; NULL stays NULL. */
char *alloc_string(const char *string);

/* A NUL-terminated copy of len bytes. */
char *alloc_string_of(const void *bytes, size_t len);

/* A new string made as printf makes it. */
char *alloc_printf(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
