#include "labs/markdown.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <errno.h>
#include <md4c.h>
#include <stdlib.h>

/* Deeper lists have bullets. */
#define MAX_DEPTH 8

struct parser {
    struct markdown *out;
    size_t room; /* for blocks in out */
    const char *source;
    size_t source_len;
    unsigned first_line;
    struct buf text;     /* of the block being read */
    const char *at;      /* where it begins in the source; NULL until known */
    const char *counted; /* the newlines before it are counted */
    unsigned line;       /* in which it stands */
    unsigned depth;      /* of lists */
    unsigned quotes;
    long numbers[MAX_DEPTH]; /* of the next item in each open list; -1 where
                                it has bullets */
    unsigned cells;          /* read in the present row of a table */
};

/* Blocks come from top to bottom, so lines are counted from the last one on. */
static unsigned line_of(struct parser *parser)
{
    if (!parser->at)
        return parser->first_line;
    if (parser->at < parser->counted) {
        parser->counted = parser->source;
        parser->line = parser->first_line;
    }
    for (; parser->counted < parser->at; parser->counted++)
        parser->line += *parser->counted == '\n';
    return parser->line;
}

/* Remember the first place that belongs to the block. Text that md4c made up
   (a newline, an entity) lies elsewhere. */
static void note_place(struct parser *parser, const char *at)
{
    if (!parser->at && at >= parser->source &&
        at <= parser->source + parser->source_len)
        parser->at = at;
}

static void finish(struct parser *parser, enum markdown_kind kind,
                   unsigned level, const char *info, size_t info_len)
{
    struct markdown *out = parser->out;

    while (parser->text.len && parser->text.bytes[parser->text.len - 1] == '\n')
        parser->text.len--;
    if (out->count == parser->room) {
        parser->room = parser->room ? 2 * parser->room : 16;
        out->blocks =
            alloc_resize(out->blocks, parser->room, sizeof(out->blocks[0]));
    }
    out->blocks[out->count++] = (struct markdown_block){
        .kind = kind,
        .level = level,
        .line = line_of(parser),
        .info = alloc_string_of(info, info_len),
        .text = buf_take_string(&parser->text),
    };
    parser->at = NULL;
}

static void finish_paragraph(struct parser *parser)
{
    if (!parser->text.len)
        return;
    if (parser->depth)
        finish(parser, MARKDOWN_ITEM, parser->depth, "", 0);
    else if (parser->quotes)
        finish(parser, MARKDOWN_QUOTE, 0, "", 0);
    else
        finish(parser, MARKDOWN_PARAGRAPH, 0, "", 0);
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct parser *parser = context;

    if (type == MD_BLOCK_UL || type == MD_BLOCK_OL) {
        finish_paragraph(parser);
        if (parser->depth < MAX_DEPTH)
            parser->numbers[parser->depth] =
                type == MD_BLOCK_OL
                    ? (long)((MD_BLOCK_OL_DETAIL *)detail)->start
                    : -1;
        parser->depth++;
    }
    if (type == MD_BLOCK_LI) {
        finish_paragraph(parser);
        long *number = parser->depth <= MAX_DEPTH
                           ? &parser->numbers[parser->depth - 1]
                           : NULL;
        if (number && *number >= 0)
            buf_printf(&parser->text, "%ld. ", (*number)++);
        else
            buf_append_string(&parser->text, "- ");
    }
    if (type == MD_BLOCK_QUOTE)
        parser->quotes++;
    if (type == MD_BLOCK_CODE) {
        const MD_ATTRIBUTE *info = &((MD_BLOCK_CODE_DETAIL *)detail)->info;

        finish_paragraph(parser);
        note_place(parser, info->text);
    }
    if (type == MD_BLOCK_TR)
        parser->cells = 0;
    if ((type == MD_BLOCK_TD || type == MD_BLOCK_TH) && parser->cells++)
        buf_append_string(&parser->text, " | ");
    return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct parser *parser = context;

    if (type == MD_BLOCK_P || type == MD_BLOCK_LI)
        finish_paragraph(parser);
    if (type == MD_BLOCK_UL || type == MD_BLOCK_OL)
        parser->depth--;
    if (type == MD_BLOCK_QUOTE)
        parser->quotes--;
    if (type == MD_BLOCK_TR)
        buf_append_u8(&parser->text, '\n');
    if (type == MD_BLOCK_TABLE)
        finish(parser, MARKDOWN_TABLE, 0, "", 0);
    if (type == MD_BLOCK_HTML)
        finish(parser, MARKDOWN_HTML, 0, "", 0);
    if (type == MD_BLOCK_H)
        finish(parser, MARKDOWN_HEADING, ((MD_BLOCK_H_DETAIL *)detail)->level,
               "", 0);
    if (type == MD_BLOCK_CODE) {
        const MD_ATTRIBUTE *info = &((MD_BLOCK_CODE_DETAIL *)detail)->info;

        finish(parser, MARKDOWN_CODE, 0, info->text ? info->text : "",
               info->size);
    }
    return 0;
}

/* Emphasis stays visible as the stars and ticks that it was written with. */
static int mark_span(MD_SPANTYPE type, void *detail, void *context)
{
    struct parser *parser = context;

    (void)detail;
    if (type == MD_SPAN_CODE)
        buf_append_u8(&parser->text, '`');
    else if (type == MD_SPAN_STRONG)
        buf_append_u8(&parser->text, '*');
    return 0;
}

static int add_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size,
                    void *context)
{
    struct parser *parser = context;

    note_place(parser, text);
    if (type == MD_TEXT_BR || type == MD_TEXT_SOFTBR)
        buf_append_u8(&parser->text, ' ');
    else
        buf_append(&parser->text, text, size);
    return 0;
}

int markdown_parse(struct markdown *markdown, const char *text, size_t len,
                   unsigned first_line)
{
    struct parser parser = {
        .out = markdown,
        .source = text,
        .source_len = len,
        .first_line = first_line,
        .counted = text,
        .line = first_line,
    };
    const MD_PARSER callbacks = {
        .flags = MD_FLAG_TABLES,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = mark_span,
        .leave_span = mark_span,
        .text = add_text,
    };

    *markdown = (struct markdown){0};
    int failed = md_parse(text, (MD_SIZE)len, &callbacks, &parser);
    buf_release(&parser.text);
    return failed ? -EINVAL : 0;
}

void markdown_release(struct markdown *markdown)
{
    for (size_t i = 0; i < markdown->count; i++) {
        free(markdown->blocks[i].info);
        free(markdown->blocks[i].text);
    }
    free(markdown->blocks);
    *markdown = (struct markdown){0};
}
