#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_end(void *memory)
{
    if (memory)
        return memory;
    fputs("mqttlab: out of memory\n", stderr);
    abort();
}

void *alloc_bytes(size_t size)
{
    return or_end(malloc(size ? size : 1));
}

void *alloc_zero(size_t count, size_t size)
{
    return or_end(calloc(count ? count : 1, size ? size : 1));
}

void *alloc_resize(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return or_end(NULL);
    size_t total = count * size;
    return or_end(realloc(old, total ? total : 1));
}

void *alloc_checked(void *memory)
{
    return or_end(memory);
}

char *alloc_string(const char *string)
{
    return string ? or_end(strdup(string)) : NULL;
}

char *alloc_string_of(const void *bytes, size_t len)
{
    char *copy = alloc_bytes(len + 1);

    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *alloc_printf(const char *format, ...)
{
    va_list args;
    va_list again;

    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = alloc_bytes((size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}
