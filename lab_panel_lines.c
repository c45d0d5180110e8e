#include "lab_panel_lines.h"

#include "base/alloc.h"
#include "labs/lab_saw.h"
#include "labs/lab_text.h"
#include "net/address.h"

#include <stdlib.h>
#include <string.h>

#define NO_COLUMNS SIZE_MAX /* the view breaks lines itself */

void lab_panel_lines_release(struct lab_panel_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->items[i].text);
    free(lines->items);
    *lines = (struct lab_panel_lines){0};
}

static void add_line(struct lab_panel_lines *lines, enum panel_line_kind kind,
                     const char *text, size_t len)
{
    lines->items =
        alloc_resize(lines->items, lines->count + 1, sizeof(lines->items[0]));
    lines->items[lines->count++] = (struct lab_panel_line){
        .kind = kind, .text = alloc_string_of(text, len)};
}

/* Its columns one below the other; the last one is broken by itself. */
static void add_table(struct lab_panel_lines *lines, const char *table)
{
    struct buf text = {0};
    unsigned hang = lab_text_table(&text, table);

    for (const char *at = buf_string(&text); *at;) {
        size_t len = strcspn(at, "\n");

        add_line(lines, PANEL_TEXT, at, len);
        lines->items[lines->count - 1].hang = hang;
        at += at[len] ? len + 1 : len;
    }
    buf_release(&text);
}

static void add_block(struct lab_panel_lines *lines,
                      const struct lab_block *block)
{
    if (block->kind == LAB_TABLE) {
        add_table(lines, block->text);
        return;
    }
    static const enum panel_line_kind kinds[] = {
        [LAB_PARAGRAPH] = PANEL_TEXT,  [LAB_ITEM] = PANEL_TEXT,
        [LAB_COMMAND] = PANEL_COMMAND, [LAB_CODE] = PANEL_CODE,
        [LAB_TABLE] = PANEL_TEXT,      [LAB_QUOTE] = PANEL_TEXT,
    };
    char *text =
        alloc_printf("%*s%s", block->depth > 1 ? 2 * (int)block->depth - 2 : 0,
                     "", block->text);

    if (block->name) {
        char *name = alloc_printf("%s:", block->name);

        add_line(lines, PANEL_TEXT, name, strlen(name));
        free(name);
    }
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "\n");

        add_line(lines, kinds[block->kind], at, len);
        at += at[len] ? len + 1 : len;
    }
    free(text);
}

static void add_blocks(struct lab_panel_lines *lines,
                       const struct lab_block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool list_goes_on = blocks[i].kind == LAB_ITEM && i + 1 < count &&
                            blocks[i + 1].kind == LAB_ITEM;

        add_block(lines, &blocks[i]);
        if (!list_goes_on)
            add_line(lines, PANEL_TEXT, "", 0);
    }
}

/* The commands name no port, so clients must be told another way. */
static void add_port(struct lab_panel_lines *lines, uint16_t port)
{
    char *text = alloc_printf(
        "The broker is on port %u. Begin in each terminal with this (in "
        "mqttlab's own folder: make shell ARGS='-p %u'):",
        port, port);
    char *command = alloc_printf("mqttlab shell -p %u", port);

    add_line(lines, PANEL_TEXT, text, strlen(text));
    add_line(lines, PANEL_CODE, command, strlen(command));
    add_line(lines, PANEL_TEXT, "", 0);
    free(text);
    free(command);
}

/* What was seen, as it stands when one comes to the page. */
static void add_end(struct lab_panel_lines *lines, const struct lab_run *run)
{
    struct buf text = {0};

    add_line(lines, PANEL_HEADING, run->lab->end_title,
             strlen(run->lab->end_title));
    add_blocks(lines, run->lab->end, run->lab->end_count);
    lab_saw_packets(&text, run, NO_COLUMNS);
    for (const char *at = buf_string(&text); *at;) {
        size_t len = strcspn(at, "\n");
        size_t blanks = strspn(at, " ");

        add_line(lines, blanks == LAB_SAW_INDENT ? PANEL_CODE : PANEL_TEXT,
                 blanks == LAB_SAW_INDENT ? at + blanks : at,
                 blanks == LAB_SAW_INDENT ? len - blanks : len);
        at += at[len] ? len + 1 : len;
    }
    buf_release(&text);
}

static void add_folder(struct lab_panel_lines *lines, const struct lab_run *run)
{
    char *text = lab_text_folder(run);

    if (text) {
        add_line(lines, PANEL_TEXT, text, strlen(text));
        add_line(lines, PANEL_TEXT, "", 0);
    }
    free(text);
}

void lab_panel_lines_make(struct lab_panel_lines *lines,
                          const struct lab_run *run, uint16_t port)
{
    const struct lab_step *spec = run->steps[run->current].step;

    lab_panel_lines_release(lines);
    if (port != ADDRESS_PORT) /* on the usual one it needs no word */
        add_port(lines, port);
    if (run->current == 0) {
        add_blocks(lines, run->lab->intro, run->lab->intro_count);
        add_folder(lines, run);
        /* The view has the title of the step above what comes first. */
        add_line(lines, PANEL_HEADING, spec->title, strlen(spec->title));
    }
    add_blocks(lines, spec->blocks, spec->block_count);
}

void lab_panel_lines_make_end(struct lab_panel_lines *lines,
                              const struct lab_run *run)
{
    lab_panel_lines_release(lines);
    add_end(lines, run);
}
