/*
 * Text for manual pages.
 */
#ifndef TUI_ROFF_H
#define TUI_ROFF_H

#include "base/buf.h"

/* Append text, with what means something to roff escaped. */
static inline void roff_append(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\')
            buf_append_string(out, "\\e");
        else if (*text == '-')
            buf_append_string(out, "\\-");
        else if (*text == '\'')
            buf_append_string(out, "\\(aq");
        else
            buf_append_u8(out, (uint8_t)*text);
    }
}

#endif
