#include "labs/lab_blocks.h"

#include "base/alloc.h"
#include "labs/check_parse.h"
#include "labs/lab_files.h"
#include "labs/markdown.h"
#include "labs/params.h"
#include "labs/ports.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sorter {
    struct lab *lab;
    struct lab_problems *problems;
    struct lab_step *step;      /* NULL: the introduction, or the end */
    bool at_end;                /* behind the last step */
    struct lab_hint *open_hint; /* inside <details> */
    struct buf hint_text;
    unsigned line;
};

#define COMPLAIN(sorter, ...)                                            \
    lab_problem((sorter)->problems, (sorter)->lab->path, (sorter)->line, \
                __VA_ARGS__)

/* text with the student's values, owned by the caller. */
static char *filled(struct sorter *sorter, const char *text)
{
    struct buf out = {0};

    if (!params_fill(&out, sorter->lab, text))
        COMPLAIN(sorter, "{{name}} that is no param, in: %.60s", text);
    return buf_take_string(&out);
}

static void add_block(struct sorter *sorter, enum lab_block_kind kind,
                      unsigned depth, const char *text)
{
    struct lab *lab = sorter->lab;
    struct lab_step *step = sorter->step;
    struct lab_block **blocks = step             ? &step->blocks
                                : sorter->at_end ? &lab->end
                                                 : &lab->intro;
    size_t *count = step             ? &step->block_count
                    : sorter->at_end ? &lab->end_count
                                     : &lab->intro_count;

    *blocks = alloc_resize(*blocks, *count + 1, sizeof((*blocks)[0]));
    (*blocks)[(*count)++] = (struct lab_block){
        .kind = kind, .depth = depth, .text = filled(sorter, text)};
}

/* ---- lines of fenced blocks ---- */

/* The next line of *text, without its newline; NULL at the end. Owned. */
static char *take_line(const char **text)
{
    if (!**text)
        return NULL;
    size_t len = strcspn(*text, "\n");
    char *line = alloc_string_of(*text, len);
    *text += (*text)[len] ? len + 1 : len;
    return line;
}

static char *skip_blanks(char *text)
{
    return text + strspn(text, " \t");
}

/* Cut the first word off *text; returns it. */
static char *take_word(char **text)
{
    char *word = skip_blanks(*text);
    char *end = word + strcspn(word, " \t");

    *text = *end ? skip_blanks(end + 1) : end;
    *end = '\0';
    return word;
}

/* Cut what stands behind the first " : " outside of quotes off the line; NULL
   when there is none. */
static char *cut_words(char *line)
{
    static const char *const ends[] = {" : ", NULL};
    size_t len = check_find_unquoted(line, ends);

    if (!line[len])
        return NULL;
    line[len] = '\0';
    return line + len + 3;
}

/* "id points kind ...  : what it is for people" */
static void add_check(struct sorter *sorter, char *line)
{
    struct lab_step *step = sorter->step;
    char *rest = line;
    char *id = take_word(&rest);
    char *points = take_word(&rest);
    char *end;
    unsigned long value = strtoul(points, &end, 10);

    assert(step); /* take_code has seen to that */
    if (!*rest || *end || end == points || value > 1000) {
        COMPLAIN(sorter, "a check is 'id points kind ...'");
        return;
    }
    if (ports_named_in(rest))
        COMPLAIN(sorter, "a check may not depend on a port: the grader does "
                         "not know it");
    char *title = cut_words(rest);
    step->checks = alloc_resize(step->checks, step->check_count + 1,
                                sizeof(step->checks[0]));
    step->checks[step->check_count++] = (struct lab_check_spec){
        .id = alloc_string(id),
        .points = (unsigned)value,
        .text = filled(sorter, rest),
        .title = filled(sorter, title ? title : rest),
        .line = sorter->line,
    };
    step->points += (unsigned)value;
}

static void add_near(struct sorter *sorter, char *line)
{
    struct lab_step *step = sorter->step;
    char *message = cut_words(line);

    assert(step); /* take_code has seen to that */
    if (!message) {
        COMPLAIN(sorter, "a near miss is 'filter : message'");
        return;
    }
    step->near =
        alloc_resize(step->near, step->near_count + 1, sizeof(step->near[0]));
    step->near[step->near_count++] = (struct lab_near){
        .filter = filled(sorter, line),
        .message = filled(sorter, message),
        .line = sorter->line,
    };
}

static void each_line(struct sorter *sorter, const char *text,
                      void (*take)(struct sorter *sorter, char *line))
{
    for (char *line; (line = take_line(&text)); free(line)) {
        sorter->line++;
        char *start = skip_blanks(line);
        if (*start && *start != '#')
            take(sorter, start);
    }
}

/* ---- questions ---- */

static void set_answer(struct sorter *sorter, struct lab_question *question,
                       const char *value)
{
    char field[128];
    char check[64];

    if (!strcmp(value, "by hand")) {
        question->kind = LAB_ANSWER_HAND;
        question->answer = alloc_string("");
    } else if (sscanf(value, "field %127s of check %63s", field, check) == 2) {
        question->kind = LAB_ANSWER_FIELD;
        question->answer = alloc_string(field);
        question->check = alloc_string(check);
    } else if (!strncmp(value, "scrypt:", 7)) {
        question->kind = LAB_ANSWER_SCRYPT;
        question->answer = alloc_string(value + 7);
    } else {
        question->kind = LAB_ANSWER_TEXT;
        question->answer = filled(sorter, value);
    }
}

static void question_line(struct sorter *sorter, char *line)
{
    struct lab_step *step = sorter->step;
    struct lab_question *question = &step->questions[step->question_count - 1];
    char *value = strstr(line, ": ");

    if (!value) {
        COMPLAIN(sorter, "a question has lines 'ask:', 'answer:', 'wrong X:'");
        return;
    }
    *value = '\0';
    value = skip_blanks(value + 2);
    if (!strcmp(line, "ask") && !question->ask) {
        question->ask = filled(sorter, value);
    } else if (!strcmp(line, "answer") && !question->answer) {
        set_answer(sorter, question, value);
    } else if (!strcmp(line, "type") &&
               (!strcmp(value, "integer") || !strcmp(value, "text"))) {
        question->is_integer = !strcmp(value, "integer");
    } else if (!strncmp(line, "wrong ", 6)) {
        question->wrong =
            alloc_resize(question->wrong, question->wrong_count + 1,
                         sizeof(question->wrong[0]));
        question->wrong[question->wrong_count++] = (struct lab_wrong){
            .answer = filled(sorter, skip_blanks(line + 6)),
            .text = filled(sorter, value),
        };
    } else {
        COMPLAIN(sorter, "'%s' is no line of a question, or stands twice",
                 line);
    }
}

static void add_question(struct sorter *sorter, const char *id,
                         const char *text)
{
    struct lab_step *step = sorter->step;
    unsigned line = sorter->line;

    assert(step); /* take_code has seen to that */
    step->questions = alloc_resize(step->questions, step->question_count + 1,
                                   sizeof(step->questions[0]));
    step->questions[step->question_count++] =
        (struct lab_question){.id = alloc_string(id), .line = line};
    each_line(sorter, text, question_line);

    struct lab_question *question = &step->questions[step->question_count - 1];
    sorter->line = line;
    if (!question->ask || !question->answer)
        COMPLAIN(sorter, "question %s needs 'ask:' and 'answer:'", id);
    if (!question->ask)
        question->ask = alloc_string("");
    if (!question->answer)
        question->answer = alloc_string("");
}

/* "key: text" of a translation. */
static void add_word(struct sorter *sorter, char *line)
{
    struct lab_step *step = sorter->step;
    char *value = strstr(line, ": ");

    assert(step); /* take_code has seen to that */
    if (!value) {
        COMPLAIN(sorter, "a text is 'check ID: ', 'ask ID: ', 'wrong ID "
                         "ANSWER: ' or 'near N: ', and what it says");
        return;
    }
    *value = '\0';
    step->words =
        alloc_resize(step->words, step->word_count + 1, sizeof(step->words[0]));
    step->words[step->word_count++] = (struct lab_word){
        .key = filled(sorter, line),
        .text = filled(sorter, skip_blanks(value + 2)),
        .line = sorter->line,
    };
}

static void add_actor(struct sorter *sorter, const char *client_ids,
                      const char *text)
{
    struct lab_step *step = sorter->step;

    assert(step); /* take_code has seen to that */
    step->actors = alloc_resize(step->actors, step->actor_count + 1,
                                sizeof(step->actors[0]));
    step->actors[step->actor_count++] = (struct lab_actor){
        .client_ids = filled(sorter, client_ids),
        .command = filled(sorter, text),
    };
}

/* How a file is told of: "file" shows what is in it, "data" says nothing,
   "play" how it is played. */
static void tell_file(struct sorter *sorter, const char *word, const char *name,
                      const char *text)
{
    if (!strcmp(word, "file"))
        add_block(sorter, LAB_CODE, 0, text);
    if (strcmp(word, "play") != 0)
        return;
    char *command = alloc_printf("mqttlab play %s", name);

    add_block(sorter, LAB_COMMAND, 0, command);
    free(command);
}

static void add_file(struct sorter *sorter, const char *word, const char *name,
                     const char *text)
{
    bool demo = !strcmp(word, "play");
    struct lab_step *step = sorter->step;
    struct lab_file **files = step ? &step->files : &sorter->lab->files;
    size_t *count = step ? &step->file_count : &sorter->lab->file_count;

    const char *fault = lab_files_fault(name);

    if (fault) {
        COMPLAIN(sorter, "%s", fault);
        return;
    }
    *files = alloc_resize(*files, *count + 1, sizeof((*files)[0]));
    (*files)[(*count)++] = (struct lab_file){
        .name = alloc_printf("%s%s", name, demo ? ".play" : ""),
        .text = alloc_printf("%s\n", text),
        .demo = demo,
        .line = sorter->line,
    };
    char **at = &(*files)[*count - 1].text;
    char *text_filled = filled(sorter, *at);
    free(*at);
    *at = text_filled;
    tell_file(sorter, word, name, text);
}

/* ---- blocks ---- */

/* The rest of info after word and a blank; NULL when it begins otherwise. */
static const char *after_word(const char *info, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(info, word, len) != 0 || (info[len] && info[len] != ' '))
        return NULL;
    return info[len] ? info + len + 1 : info + len;
}

static void take_code(struct sorter *sorter, const struct markdown_block *block)
{
    const char *rest;

    if (sorter->open_hint) {
        buf_printf(&sorter->hint_text, "%s%s",
                   sorter->hint_text.len ? "\n" : "", block->text);
        return;
    }
    bool machine =
        after_word(block->info, "check") || after_word(block->info, "near") ||
        after_word(block->info, "question") ||
        after_word(block->info, "words") || after_word(block->info, "script");
    bool handout = after_word(block->info, "file") ||
                   after_word(block->info, "data") ||
                   after_word(block->info, "play");
    if ((machine && !sorter->step) || (handout && sorter->at_end)) {
        COMPLAIN(sorter, "'%s' %s", block->info,
                 sorter->at_end ? "behind the last step"
                                : "before the first step");
    } else if (after_word(block->info, "check")) {
        each_line(sorter, block->text, add_check);
    } else if (after_word(block->info, "near")) {
        each_line(sorter, block->text, add_near);
    } else if (after_word(block->info, "words")) {
        each_line(sorter, block->text, add_word);
    } else if ((rest = after_word(block->info, "script"))) {
        add_actor(sorter, rest, block->text);
    } else if ((rest = after_word(block->info, "question"))) {
        add_question(sorter, rest, block->text);
    } else if ((rest = after_word(block->info, "file"))) {
        add_file(sorter, "file", rest, block->text);
    } else if ((rest = after_word(block->info, "data"))) {
        add_file(sorter, "data", rest, block->text);
    } else if ((rest = after_word(block->info, "play"))) {
        add_file(sorter, "play", rest, block->text);
    } else {
        rest = after_word(block->info, "sh");
        add_block(sorter, rest ? LAB_COMMAND : LAB_CODE, 0, block->text);
    }
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
static void step_attribute(struct sorter *sorter, const char *word)
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
        COMPLAIN(sorter, "unknown '%s' in the step's comment", word);
    }
}

/* "<!-- step ID needs=X -->" gives the step that the heading began its id. */
static void take_step_comment(struct sorter *sorter, char *text)
{
    char *rest = text;

    if (!sorter->step) {
        COMPLAIN(sorter, "a step's comment stands under its heading");
        return;
    }
    free(sorter->step->id);
    sorter->step->id = alloc_string(take_word(&rest));
    while (*rest)
        step_attribute(sorter, take_word(&rest));
}

/* "<!-- end -->": the heading above it was no step but the last page. */
static void begin_end(struct sorter *sorter)
{
    struct lab *lab = sorter->lab;
    struct lab_step *step = sorter->step;

    if (!step || step->block_count || step->check_count || step->hint_count ||
        step->question_count || step->near_count || step->actor_count ||
        step->file_count || step->word_count) {
        COMPLAIN(sorter, "the comment 'end' stands under a heading");
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

static void begin_hint(struct sorter *sorter, const char *summary)
{
    struct lab_step *step = sorter->step;
    const char *cost = strstr(summary, "(costs ");

    if (!step) {
        COMPLAIN(sorter, "a hint before the first step");
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

static void end_hint(struct sorter *sorter)
{
    if (!sorter->open_hint)
        return;
    free(sorter->open_hint->text);
    sorter->open_hint->text = filled(sorter, buf_string(&sorter->hint_text));
    buf_clear(&sorter->hint_text);
    sorter->open_hint = NULL;
}

static void take_comment(struct sorter *sorter, const char *text)
{
    const char *end = strstr(text, "-->");
    char *inner =
        alloc_string_of(text, end ? (size_t)(end - text) : strlen(text));
    size_t len = strlen(inner);

    while (len && strchr(" \t\n", inner[len - 1]))
        inner[--len] = '\0';
    char *start = skip_blanks(inner);
    if (!strncmp(start, "step ", 5)) {
        take_step_comment(sorter, start + 5);
    } else if (!strcmp(start, "end")) {
        begin_end(sorter);
    } else if (!strncmp(start, "lecturer:", 9) && sorter->step) {
        free(sorter->step->lecturer);
        sorter->step->lecturer = filled(sorter, skip_blanks(start + 9));
    }
    free(inner);
}

static void take_html(struct sorter *sorter, const char *text)
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

static void take_heading(struct sorter *sorter,
                         const struct markdown_block *block)
{
    struct lab *lab = sorter->lab;
    const char *title = block->text;

    if (block->level != 2)
        return;
    if (sorter->at_end) {
        COMPLAIN(sorter, "a step behind the end");
        return;
    }
    lab->steps =
        alloc_resize(lab->steps, lab->step_count + 1, sizeof(lab->steps[0]));
    sorter->step = &lab->steps[lab->step_count++];
    title += step_word_len(title);
    *sorter->step = (struct lab_step){
        .id = alloc_printf("s%zu", lab->step_count),
        .title = filled(sorter, title),
        .lecturer = alloc_string(""),
        .line = block->line,
    };
}

static void take_block(struct sorter *sorter,
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
            add_block(sorter, kinds[block->kind], block->level, block->text);
        break;
    }
}

bool lab_blocks_read(struct lab *lab, const struct markdown *markdown,
                     struct lab_problems *problems)
{
    struct sorter sorter = {.lab = lab, .problems = problems};

    for (size_t i = 0; i < markdown->count; i++)
        take_block(&sorter, &markdown->blocks[i]);
    if (sorter.open_hint)
        COMPLAIN(&sorter, "a hint is not closed with </details>");
    end_hint(&sorter);
    buf_release(&sorter.hint_text);
    for (size_t i = 0; i < lab->step_count; i++)
        lab->points += lab->steps[i].points;
    if (!lab->step_count)
        COMPLAIN(&sorter, "no step: a step begins with '## Title'");
    return lab->step_count > 0;
}
