#include "labs/lab_fences.h"

#include "base/alloc.h"
#include "labs/check_parse.h"
#include "labs/lab_files.h"
#include "labs/ports.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- line by line ---- */

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
static void add_check(struct lab_sorter *sorter, char *line)
{
    struct lab_step *step = sorter->step;
    char *rest = line;
    char *id = lab_sorter_take_word(&rest);
    char *points = lab_sorter_take_word(&rest);
    char *end;
    unsigned long value = strtoul(points, &end, 10);

    assert(step); /* see fences */
    if (!*rest || *end || end == points || value > 1000) {
        LAB_SORTER_COMPLAIN(sorter, "a check is 'id points kind ...'");
        return;
    }
    if (ports_named_in(rest))
        LAB_SORTER_COMPLAIN(sorter,
                            "a check may not depend on a port: the grader does "
                            "not know it");
    char *title = cut_words(rest);
    step->checks = alloc_resize(step->checks, step->check_count + 1,
                                sizeof(step->checks[0]));
    step->checks[step->check_count++] = (struct lab_check_spec){
        .id = alloc_string(id),
        .points = (unsigned)value,
        .text = lab_sorter_fill(sorter, rest),
        .title = lab_sorter_fill(sorter, title ? title : rest),
        .line = sorter->line,
    };
    step->points += (unsigned)value;
}

static void add_near(struct lab_sorter *sorter, char *line)
{
    struct lab_step *step = sorter->step;
    char *message = cut_words(line);

    assert(step); /* see fences */
    if (!message) {
        LAB_SORTER_COMPLAIN(sorter, "a near miss is 'filter : message'");
        return;
    }
    step->near =
        alloc_resize(step->near, step->near_count + 1, sizeof(step->near[0]));
    step->near[step->near_count++] = (struct lab_near){
        .filter = lab_sorter_fill(sorter, line),
        .message = lab_sorter_fill(sorter, message),
        .line = sorter->line,
    };
}

static void each_line(struct lab_sorter *sorter, const char *text,
                      void (*take)(struct lab_sorter *sorter, char *line))
{
    for (char *line; (line = take_line(&text)); free(line)) {
        sorter->line++;
        char *start = lab_sorter_skip_blanks(line);
        if (*start && *start != '#')
            take(sorter, start);
    }
}

/* ---- questions ---- */

static void set_answer(struct lab_sorter *sorter, struct lab_question *question,
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
        question->answer = lab_sorter_fill(sorter, value);
    }
}

static void question_line(struct lab_sorter *sorter, char *line)
{
    struct lab_step *step = sorter->step;
    struct lab_question *question = &step->questions[step->question_count - 1];
    char *value = strstr(line, ": ");

    if (!value) {
        LAB_SORTER_COMPLAIN(
            sorter, "a question has lines 'ask:', 'answer:', 'wrong X:'");
        return;
    }
    *value = '\0';
    value = lab_sorter_skip_blanks(value + 2);
    if (!strcmp(line, "ask") && !question->ask) {
        question->ask = lab_sorter_fill(sorter, value);
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
            .answer = lab_sorter_fill(sorter, lab_sorter_skip_blanks(line + 6)),
            .text = lab_sorter_fill(sorter, value),
        };
    } else {
        LAB_SORTER_COMPLAIN(
            sorter, "'%s' is no line of a question, or stands twice", line);
    }
}

static void add_question(struct lab_sorter *sorter, const char *id,
                         const char *text)
{
    struct lab_step *step = sorter->step;
    unsigned line = sorter->line;

    assert(step); /* see fences */
    step->questions = alloc_resize(step->questions, step->question_count + 1,
                                   sizeof(step->questions[0]));
    step->questions[step->question_count++] =
        (struct lab_question){.id = alloc_string(id), .line = line};
    each_line(sorter, text, question_line);

    struct lab_question *question = &step->questions[step->question_count - 1];
    sorter->line = line;
    if (!question->ask || !question->answer)
        LAB_SORTER_COMPLAIN(sorter, "question %s needs 'ask:' and 'answer:'",
                            id);
    if (!question->ask)
        question->ask = alloc_string("");
    if (!question->answer)
        question->answer = alloc_string("");
}

/* "key: text" of a translation. */
static void add_word(struct lab_sorter *sorter, char *line)
{
    struct lab_step *step = sorter->step;
    char *value = strstr(line, ": ");

    assert(step); /* see fences */
    if (!value) {
        LAB_SORTER_COMPLAIN(sorter,
                            "a text is 'check ID: ', 'ask ID: ', 'wrong ID "
                            "ANSWER: ' or 'near N: ', and what it says");
        return;
    }
    *value = '\0';
    step->words =
        alloc_resize(step->words, step->word_count + 1, sizeof(step->words[0]));
    step->words[step->word_count++] = (struct lab_word){
        .key = lab_sorter_fill(sorter, line),
        .text = lab_sorter_fill(sorter, lab_sorter_skip_blanks(value + 2)),
        .line = sorter->line,
    };
}

static void add_actor(struct lab_sorter *sorter, const char *client_ids,
                      const char *text)
{
    struct lab_step *step = sorter->step;

    assert(step); /* see fences */
    step->actors = alloc_resize(step->actors, step->actor_count + 1,
                                sizeof(step->actors[0]));
    step->actors[step->actor_count++] = (struct lab_actor){
        .client_ids = lab_sorter_fill(sorter, client_ids),
        .command = lab_sorter_fill(sorter, text),
    };
}

/* A file to hand out; false when its name is no good. */
static bool add_file(struct lab_sorter *sorter, const char *name,
                     const char *text, bool demo)
{
    struct lab_step *step = sorter->step;
    struct lab_file **files = step ? &step->files : &sorter->lab->files;
    size_t *count = step ? &step->file_count : &sorter->lab->file_count;
    const char *fault = lab_files_fault(name);

    if (fault) {
        LAB_SORTER_COMPLAIN(sorter, "%s", fault);
        return false;
    }
    char *whole = alloc_printf("%s\n", text);
    *files = alloc_resize(*files, *count + 1, sizeof((*files)[0]));
    (*files)[(*count)++] = (struct lab_file){
        .name = alloc_printf("%s%s", name, demo ? ".play" : ""),
        .text = lab_sorter_fill(sorter, whole),
        .demo = demo,
        .line = sorter->line,
    };
    free(whole);
    return true;
}

/* ---- by their first word ---- */

static void take_checks(struct lab_sorter *sorter, const char *rest,
                        const char *text)
{
    (void)rest;
    each_line(sorter, text, add_check);
}

static void take_near(struct lab_sorter *sorter, const char *rest,
                      const char *text)
{
    size_t first = sorter->step->near_count;

    each_line(sorter, text, add_near);
    for (size_t i = first; *rest && i < sorter->step->near_count; i++)
        sorter->step->near[i].checks = alloc_string(rest);
}

static void take_words(struct lab_sorter *sorter, const char *rest,
                       const char *text)
{
    (void)rest;
    each_line(sorter, text, add_word);
}

/* What is in it is shown. */
static void take_file(struct lab_sorter *sorter, const char *name,
                      const char *text)
{
    if (add_file(sorter, name, text, false))
        lab_sorter_add(sorter, LAB_CODE, 0, text)->name = alloc_string(name);
}

static void take_data(struct lab_sorter *sorter, const char *name,
                      const char *text)
{
    add_file(sorter, name, text, false);
}

/* It is shown how to play it. */
static void take_play(struct lab_sorter *sorter, const char *name,
                      const char *text)
{
    char *command = alloc_printf("mqttlab play %s", name);

    if (add_file(sorter, name, text, true))
        lab_sorter_add(sorter, LAB_COMMAND, 0, command);
    free(command);
}

static void take_command(struct lab_sorter *sorter, const char *rest,
                         const char *text)
{
    (void)rest;
    lab_sorter_add(sorter, LAB_COMMAND, 0, text);
}

enum place { IN_A_STEP, BEFORE_THE_END, ANYWHERE };

static const struct {
    const char *word;
    enum place place;
    void (*take)(struct lab_sorter *sorter, const char *rest, const char *text);
} fences[] = {
    {"check",    IN_A_STEP,      take_checks },
    {"near",     IN_A_STEP,      take_near   },
    {"words",    IN_A_STEP,      take_words  },
    {"script",   IN_A_STEP,      add_actor   },
    {"question", IN_A_STEP,      add_question},
    {"file",     BEFORE_THE_END, take_file   },
    {"data",     BEFORE_THE_END, take_data   },
    {"play",     BEFORE_THE_END, take_play   },
    {"sh",       ANYWHERE,       take_command},
};

static bool is_in_place(const struct lab_sorter *sorter, enum place place)
{
    switch (place) {
    case IN_A_STEP: return sorter->step != NULL;
    case BEFORE_THE_END: return !sorter->at_end;
    case ANYWHERE: return true;
    }
    return false;
}

/* The rest of info after word and a blank; NULL when it begins otherwise. */
static const char *after_word(const char *info, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(info, word, len) != 0 || (info[len] && info[len] != ' '))
        return NULL;
    return info[len] ? info + len + 1 : info + len;
}

void lab_fences_take(struct lab_sorter *sorter, const char *info,
                     const char *text)
{
    for (size_t i = 0; i < sizeof(fences) / sizeof(fences[0]); i++) {
        const char *rest = after_word(info, fences[i].word);

        if (!rest)
            continue;
        if (is_in_place(sorter, fences[i].place))
            fences[i].take(sorter, rest, text);
        else
            LAB_SORTER_COMPLAIN(sorter, "'%s' %s", info,
                                sorter->at_end ? "behind the last step"
                                               : "before the first step");
        return;
    }
    lab_sorter_add(sorter, LAB_CODE, 0, text);
}
