#include "labs/lab_blocks.h"

#include "base/alloc.h"
#include "labs/lab_fences.h"
#include "labs/lab_sorter.h"
#include "labs/markdown.h"

#include <stdlib.h>
#include <string.h>

static void take_code(struct lab_sorter *sorter,
                      const struct markdown_block *block)
{
    if (sorter->open_hint) {
        buf_printf(&sorter->hint_text, "%s%s",
                   sorter->hint_text.len ? "\n" : "", block->text);
        return;
    }
    lab_fences_take(sorter, block->info, block->text);
}

/* "90s", "10m": seconds, up to a day; 0: it is none. */
static unsigned seconds_of(const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    bool minutes = !strcmp(end, "m");

    if (*text < '1' || *text > '9' || number > 86400 ||
        (strcmp(end, "s") != 0 && !minutes))
        return 0;
    return (unsigned)number * (minutes ? 60 : 1);
}

/* "name=value" of a step's comment. */
static void step_attribute(struct lab_sorter *sorter, const char *word)
{
    if (!strncmp(word, "needs=", 6)) {
        free(sorter->step->needs);
        sorter->step->needs = alloc_string(word + 6);
    } else if (!strncmp(word, "of=", 3)) {
        free(sorter->step->of);
        sorter->step->of = alloc_string(word + 3);
    } else if (!strncmp(word, "points=", 7)) {
        sorter->step->promised_points = (unsigned)strtoul(word + 7, NULL, 10);
    } else if (!strncmp(word, "limit=", 6) && seconds_of(word + 6)) {
        sorter->step->limit_s = seconds_of(word + 6);
    } else {
        LAB_SORTER_COMPLAIN(sorter, "unknown '%s' in the step's comment", word);
    }
}

/* "<!-- step ID needs=X -->" gives the step that the heading began its id. */
static void take_step_comment(struct lab_sorter *sorter, char *text)
{
    char *rest = text;

    if (!sorter->step) {
        LAB_SORTER_COMPLAIN(sorter,
                            "a step's comment stands under its heading");
        return;
    }
    free(sorter->step->id);
    sorter->step->id = alloc_string(lab_sorter_take_word(&rest));
    while (*rest)
        step_attribute(sorter, lab_sorter_take_word(&rest));
}

/* "<!-- end -->": the heading above it was no step but the last page. */
static void begin_end(struct lab_sorter *sorter)
{
    struct lab *lab = sorter->lab;
    struct lab_step *step = sorter->step;

    if (!step || step->block_count || step->check_count || step->hint_count ||
        step->question_count || step->near_count || step->actor_count ||
        step->file_count || step->word_count) {
        LAB_SORTER_COMPLAIN(sorter, "the comment 'end' stands under a heading");
        return;
    }
    free(lab->end_title);
    lab->end_title = step->title;
    free(step->id);
    free(step->needs);
    free(step->of);
    free(step->lecturer);
    lab->step_count--;
    sorter->step = NULL;
    sorter->at_end = true;
}

static void begin_hint(struct lab_sorter *sorter, const char *summary)
{
    struct lab_step *step = sorter->step;
    const char *cost = strstr(summary, "(costs ");

    if (!step) {
        LAB_SORTER_COMPLAIN(sorter, "a hint before the first step");
        return;
    }
    step->hints =
        alloc_resize(step->hints, step->hint_count + 1, sizeof(step->hints[0]));
    sorter->open_hint = &step->hints[step->hint_count++];
    *sorter->open_hint = (struct lab_hint){
        .cost = cost ? (unsigned)strtoul(cost + 7, NULL, 10) : 0,
        .text = alloc_string(""),
    };
}

static void end_hint(struct lab_sorter *sorter)
{
    if (!sorter->open_hint)
        return;
    free(sorter->open_hint->text);
    sorter->open_hint->text =
        lab_sorter_fill(sorter, buf_string(&sorter->hint_text));
    buf_clear(&sorter->hint_text);
    sorter->open_hint = NULL;
}

static void take_comment(struct lab_sorter *sorter, const char *text)
{
    const char *end = strstr(text, "-->");
    char *inner =
        alloc_string_of(text, end ? (size_t)(end - text) : strlen(text));
    size_t len = strlen(inner);

    while (len && strchr(" \t\n", inner[len - 1]))
        inner[--len] = '\0';
    char *start = lab_sorter_skip_blanks(inner);
    if (!strncmp(start, "step ", 5)) {
        take_step_comment(sorter, start + 5);
    } else if (!strcmp(start, "end")) {
        begin_end(sorter);
    } else if (!strncmp(start, "lecturer:", 9) && sorter->step) {
        free(sorter->step->lecturer);
        sorter->step->lecturer =
            lab_sorter_fill(sorter, lab_sorter_skip_blanks(start + 9));
    }
    free(inner);
}

static void take_html(struct lab_sorter *sorter, const char *text)
{
    const char *comment = strstr(text, "<!--");
    const char *details = strstr(text, "<details>");

    if (comment)
        take_comment(sorter, comment + 4);
    else if (details)
        begin_hint(sorter, details);
    else if (strstr(text, "</details>"))
        end_hint(sorter);
}

/* "Step 3: Exactly once" is titled "Exactly once", in any language: this is the
   length of a word, a number and ": " in front. */
static size_t step_word_len(const char *title)
{
    size_t word = strcspn(title, " ");
    size_t digits = title[word] ? strspn(title + word + 1, "0123456789") : 0;
    const char *end = title + word + 1 + digits;

    return digits && !strncmp(end, ": ", 2) ? (size_t)(end - title) + 2 : 0;
}

static void take_heading(struct lab_sorter *sorter,
                         const struct markdown_block *block)
{
    struct lab *lab = sorter->lab;
    const char *title = block->text;

    if (block->level != 2)
        return;
    if (sorter->at_end) {
        LAB_SORTER_COMPLAIN(sorter, "a step behind the end");
        return;
    }
    lab->steps =
        alloc_resize(lab->steps, lab->step_count + 1, sizeof(lab->steps[0]));
    sorter->step = &lab->steps[lab->step_count++];
    title += step_word_len(title);
    *sorter->step = (struct lab_step){
        .id = alloc_printf("s%zu", lab->step_count),
        .title = lab_sorter_fill(sorter, title),
        .lecturer = alloc_string(""),
        .line = block->line,
    };
}

static void take_block(struct lab_sorter *sorter,
                       const struct markdown_block *block)
{
    static const enum lab_block_kind kinds[] = {
        [MARKDOWN_PARAGRAPH] = LAB_PARAGRAPH,
        [MARKDOWN_ITEM] = LAB_ITEM,
        [MARKDOWN_TABLE] = LAB_TABLE,
        [MARKDOWN_QUOTE] = LAB_QUOTE,
    };

    sorter->line = block->line;
    switch (block->kind) {
    case MARKDOWN_HEADING: take_heading(sorter, block); break;
    case MARKDOWN_CODE: take_code(sorter, block); break;
    case MARKDOWN_HTML: take_html(sorter, block->text); break;
    case MARKDOWN_PARAGRAPH:
    case MARKDOWN_ITEM:
    case MARKDOWN_TABLE:
    case MARKDOWN_QUOTE:
        if (sorter->open_hint)
            buf_printf(&sorter->hint_text, "%s%s",
                       sorter->hint_text.len ? "\n" : "", block->text);
        else
            lab_sorter_add(sorter, kinds[block->kind], block->level,
                           block->text);
        break;
    }
}

bool lab_blocks_read(struct lab *lab, const struct markdown *markdown,
                     struct lab_problems *problems)
{
    struct lab_sorter sorter = {.lab = lab, .problems = problems};

    for (size_t i = 0; i < markdown->count; i++)
        take_block(&sorter, &markdown->blocks[i]);
    if (sorter.open_hint)
        LAB_SORTER_COMPLAIN(&sorter, "a hint is not closed with </details>");
    end_hint(&sorter);
    buf_release(&sorter.hint_text);
    for (size_t i = 0; i < lab->step_count; i++)
        lab->points += lab->steps[i].points;
    if (!lab->step_count)
        LAB_SORTER_COMPLAIN(&sorter, "no step: a step begins with '## Title'");
    return lab->step_count > 0;
}
