/*
 * Markdown as a list of blocks with the line where each stands (over md4c).
 */
#ifndef LABS_MARKDOWN_H
#define LABS_MARKDOWN_H

#include <stddef.h>

enum markdown_kind {
    MARKDOWN_HEADING, /* level says which */
    MARKDOWN_PARAGRAPH,
    MARKDOWN_ITEM, /* text begins with "- " or "1. " */
    MARKDOWN_CODE, /* info says what stands behind the fence */
    MARKDOWN_TABLE,
    MARKDOWN_QUOTE,
    MARKDOWN_HTML, /* a comment or a tag, as it stands */
};

struct markdown_block {
    enum markdown_kind kind;
    unsigned level; /* of a heading; depth of an item */
    unsigned line;  /* in the source, from 1 */
    char *info;     /* of a code block; "" otherwise */
    char *text;     /* emphasis is kept as *stars* and `ticks` */
};

struct markdown {
    struct markdown_block *blocks;
    size_t count;
};

/* Parse text; first_line is the number of its first line. 0 or -EINVAL. */
int markdown_parse(struct markdown *markdown, const char *text, size_t len,
                   unsigned first_line);
void markdown_release(struct markdown *markdown);

#endif
