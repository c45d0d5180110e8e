/*
 * From a Markdown file to a struct lab: front matter, then block by block.
 */
#include "labs/lab.h"

#include "base/alloc.h"
#include "base/whole_file.h"
#include "labs/lab_blocks.h"
#include "labs/markdown.h"
#include "labs/params.h"
#include "mqtt/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LAB_BYTES (1u << 20)

void lab_problem(struct lab_problems *problems, const char *path, unsigned line,
                 const char *format, ...)
{
    char text[400];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buf_printf(&problems->text, "%s:%u: %s\n", path, line, text);
    problems->count++;
}

/* ---- front matter ---- */

static void add_param(struct lab *lab, const char *name, const char *rule)
{
    lab->params =
        alloc_resize(lab->params, lab->param_count + 1, sizeof(lab->params[0]));
    lab->params[lab->param_count++] = (struct lab_param){
        .name = alloc_string(name),
        .rule = alloc_string(rule),
    };
}

static void add_broker_lines(struct lab *lab, const char *value)
{
    struct buf lines = {0};

    if (lab->broker)
        buf_printf(&lines, "%s", lab->broker);
    for (const char *at = value; *at;) {
        size_t len = strcspn(at, "/");

        /* " / " stands between lines; a "/" inside a path has no blanks. */
        while (at[len] &&
               !(len > 0 && at[len - 1] == ' ' && at[len + 1] == ' '))
            len += 1 + strcspn(at + len + 1, "/");
        size_t end = len;
        while (end && at[end - 1] == ' ')
            end--;
        buf_append(&lines, at, end);
        buf_append_u8(&lines, '\n');
        at += at[len] ? len + 2 : len;
    }
    free(lab->broker);
    lab->broker = buf_take_string(&lines);
}

static void set(char **field, const char *value)
{
    free(*field);
    *field = alloc_string(value);
}

/* One "key: value" of the front matter; false when the key is unknown. */
static bool take_header(struct lab *lab, const char *key, const char *value)
{
    if (!strncmp(key, "param ", 6))
        add_param(lab, key + 6, value);
    else if (!strcmp(key, "id"))
        set(&lab->id, value);
    else if (!strcmp(key, "title"))
        set(&lab->title, value);
    else if (!strcmp(key, "version"))
        set(&lab->version, value);
    else if (!strcmp(key, "time"))
        set(&lab->time, value);
    else if (!strcmp(key, "needs"))
        set(&lab->needs, value);
    else if (!strcmp(key, "broker"))
        add_broker_lines(lab, value);
    else if (!strcmp(key, "config"))
        set(&lab->config, value);
    else if (!strcmp(key, "of"))
        set(&lab->of, value);
    else if (!strcmp(key, "kind"))
        lab->is_exercise = !strcmp(value, "exercise");
    else
        return false;
    return true;
}

static void header_line(struct lab *lab, char *line, unsigned number,
                        struct lab_problems *problems)
{
    char *colon = strstr(line, ": ");

    if (!colon) {
        lab_problem(problems, lab->path, number,
                    "expected 'key: value' in the front matter");
        return;
    }
    *colon = '\0';
    if (!take_header(lab, line, colon + 2))
        lab_problem(problems, lab->path, number,
                    "unknown key '%s' in the front matter", line);
}

/*
 * Read the lines between "---" and "---". Returns where the body begins and
 * sets *line to the number of its first line; NULL when there is no end.
 */
static char *read_front_matter(struct lab *lab, char *text, unsigned *line,
                               struct lab_problems *problems)
{
    unsigned number = 1;
    char *at = text;

    if (strncmp(text, "---\n", 4) != 0)
        return NULL;
    for (at += 4, number++; *at; number++) {
        char *end = at + strcspn(at, "\n");
        bool last = !*end;

        *end = '\0';
        if (!strcmp(at, "---")) {
            *line = number + 1;
            return last ? end : end + 1;
        }
        if (*at)
            header_line(lab, at, number, problems);
        at = last ? end : end + 1;
    }
    return NULL;
}

/* ---- the file ---- */

static char *read_file(const char *path, struct lab_problems *problems)
{
    struct buf text = {0};
    int error = whole_file_load(path, MAX_LAB_BYTES, &text);

    if (error && error != -EFBIG) {
        lab_problem(problems, path, 0, "%s", strerror(-error));
        buf_release(&text);
        return NULL;
    }
    if (error || !utf8_valid(buf_slice(&text))) {
        lab_problem(problems, path, 0,
                    "not a text file in UTF-8 of at most 1 MiB");
        buf_release(&text);
        return NULL;
    }
    return buf_take_string(&text);
}

/* What a terminal would obey is no text: it is taken out. A tab may stand in
   code. */
static void take_out_controls(char *text, const char *path,
                              struct lab_problems *problems)
{
    unsigned line = 1;

    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        bool upper = c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0;

        line += *c == '\n';
        if (!upper && *c != 0x7f && (*c >= 0x20 || *c == '\n' || *c == '\t'))
            continue;
        lab_problem(problems, path, line, "a control character");
        *c = ' ';
        if (upper)
            *++c = ' ';
    }
}

/* It names a folder, so it must stay in its place. */
static bool is_id(const char *id)
{
    return isalnum((unsigned char)id[0]) &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(id);
}

/* Is there a "listener 1883"? */
static bool has_fixed_port(const char *lines)
{
    for (const char *at = lines; (at = strstr(at, "listener ")); at++) {
        if ((at == lines || at[-1] == '\n') && at[9] >= '0' && at[9] <= '9')
            return true;
    }
    return false;
}

/* The broker's lines with the student's values. */
static void fill_broker(struct lab *lab, struct lab_problems *problems)
{
    struct buf lines = {0};

    if (!lab->broker)
        return;
    if (has_fixed_port(lab->broker))
        lab_problem(
            problems, lab->path, 1,
            "broker: a listener's port is {{port}}, {{tls_port}}, "
            "{{ws_port}} or {{wss_port}}: whoever does the lab may need "
            "another number");
    if (!params_fill(&lines, lab, lab->broker))
        lab_problem(problems, lab->path, 1,
                    "broker: {{name}} that is no param");
    free(lab->broker);
    lab->broker = buf_take_string(&lines);
}

static bool check_header(struct lab *lab, const char *student,
                         struct lab_problems *problems)
{
    const struct lab_param *bad;

    if (!lab->id || !lab->title || !lab->version) {
        lab_problem(problems, lab->path, 1,
                    "the front matter needs id, title and version");
        return false;
    }
    if (!is_id(lab->id)) {
        lab_problem(problems, lab->path, 1,
                    "an id is lower-case letters, digits, '.' and '-', and "
                    "begins with a letter or digit");
        return false;
    }
    const char *wrong = params_draw(lab, student, &bad);
    if (wrong) {
        lab_problem(problems, lab->path, 1, "param %s: %s", bad->name, wrong);
        return false;
    }
    fill_broker(lab, problems);
    return true;
}

static void check_params_used(struct lab *lab, struct lab_problems *problems)
{
    for (size_t i = 0; i < lab->param_count; i++) {
        if (!lab->params[i].used)
            lab_problem(problems, lab->path, 1, "param %s is never used",
                        lab->params[i].name);
    }
}

/* ---- names ---- */

static bool has_check(const struct lab_step *step, const char *id, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(step->checks[i].id, id))
            return true;
    }
    return false;
}

static bool has_question(const struct lab_step *step, const char *id,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(step->questions[i].id, id))
            return true;
    }
    return false;
}

static void check_step_names(const struct lab *lab, const struct lab_step *step,
                             struct lab_problems *problems)
{
    for (size_t i = 0; i < step->check_count; i++) {
        if (has_check(step, step->checks[i].id, i))
            lab_problem(problems, lab->path, step->checks[i].line,
                        "a second check is called '%s'", step->checks[i].id);
    }
    for (size_t i = 0; i < step->question_count; i++) {
        const struct lab_question *question = &step->questions[i];

        if (has_question(step, question->id, i))
            lab_problem(problems, lab->path, question->line,
                        "a second question is called '%s'", question->id);
        if (question->check &&
            !has_check(step, question->check, step->check_count))
            lab_problem(problems, lab->path, question->line,
                        "no check '%s' in this step", question->check);
    }
}

/* Each check that a near miss is about is one of the step. */
static void check_near_names(const struct lab *lab, const struct lab_step *step,
                             struct lab_problems *problems)
{
    for (size_t i = 0; i < step->near_count; i++) {
        const char *at = step->near[i].checks;

        while (at && *at) {
            size_t len = strcspn(at, " ");
            char *id = alloc_string_of(at, len);

            if (!has_check(step, id, step->check_count))
                lab_problem(problems, lab->path, step->near[i].line,
                            "a near miss is about '%s', which is no check of "
                            "this step",
                            id);
            free(id);
            at += len + strspn(at + len, " ");
        }
    }
}

static bool hands_out(const struct lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->file_count; i++) {
        if (!strcmp(lab->files[i].name, name))
            return true;
    }
    return false;
}

/* Names are unique, and whatever is named is there. */
static void check_names(const struct lab *lab, struct lab_problems *problems)
{
    if (lab->config && !hands_out(lab, lab->config))
        lab_problem(problems, lab->path, 1,
                    "config names no file that stands before the first step");
    if (lab->config && lab->broker)
        lab_problem(problems, lab->path, 1,
                    "there is either 'config' or 'broker'");
    for (size_t i = 0; i < lab->step_count; i++) {
        const struct lab_step *step = &lab->steps[i];
        const struct lab_step *needed =
            step->needs ? lab_step(lab, step->needs) : NULL;

        if (lab_step(lab, step->id) != step)
            lab_problem(problems, lab->path, step->line,
                        "a second step is called '%s'", step->id);
        if (step->needs && (!needed || needed >= step))
            lab_problem(problems, lab->path, step->line,
                        "needs=%s names no earlier step", step->needs);
        if (step->promised_points && step->promised_points != step->points)
            lab_problem(problems, lab->path, step->line,
                        "points=%u, but its checks have %u",
                        step->promised_points, step->points);
        check_step_names(lab, step, problems);
        check_near_names(lab, step, problems);
    }
}

/* Behind the front matter: is it a lab's? line is the number of its first. */
static bool read_body(struct lab *lab, const char *body, unsigned line,
                      struct lab_problems *problems)
{
    struct markdown markdown;
    bool usable = markdown_parse(&markdown, body, strlen(body), line) == 0 &&
                  lab_blocks_read(lab, &markdown, problems);

    markdown_release(&markdown);
    return usable;
}

/*
 * Begin to load a file: all but its body, which is in *body and begins in this
 * line; *text is freed behind it. NULL when it is no file of the kind.
 */
static struct lab *begin_load(const char *path, char **text, char **body,
                              unsigned *line, struct lab_problems *problems)
{
    *text = read_file(path, problems);
    if (!*text)
        return NULL;

    take_out_controls(*text, path, problems);
    struct lab *lab = alloc_zero(1, sizeof(*lab));
    lab->path = alloc_string(path);
    *body = read_front_matter(lab, *text, line, problems);
    if (*body)
        return lab;
    lab_problem(problems, path, 1,
                "a lab begins with front matter between lines of '---', and so "
                "does its translation");
    free(*text);
    lab_free(lab);
    return NULL;
}

/* The lab, or NULL where it is of no use. */
static struct lab *end_load(struct lab *lab, char *text, bool usable)
{
    free(text);
    if (usable)
        return lab;
    lab_free(lab);
    return NULL;
}

struct lab *lab_load(const char *path, const char *student,
                     struct lab_problems *problems)
{
    char *text;
    char *body;
    unsigned line;
    struct lab *lab = begin_load(path, &text, &body, &line, problems);

    if (!lab)
        return NULL;
    lab->end_title = alloc_string("What you saw");
    bool usable = check_header(lab, student, problems) &&
                  read_body(lab, body, line, problems);
    if (usable) {
        check_params_used(lab, problems);
        check_names(lab, problems);
    }
    return end_load(lab, text, usable);
}

static void copy_params(struct lab *lab, const struct lab *original)
{
    for (size_t i = 0; i < original->param_count; i++) {
        add_param(lab, original->params[i].name, original->params[i].rule);
        lab->params[i].value = alloc_string(original->params[i].value);
    }
}

struct lab *lab_load_words(const char *path, const struct lab *original,
                           struct lab_problems *problems)
{
    char *text;
    char *body;
    unsigned line;
    struct lab *lab = begin_load(path, &text, &body, &line, problems);

    if (!lab)
        return NULL;
    lab->end_title = alloc_string(original->end_title);
    if (!lab->title)
        lab->title = alloc_string(original->title);
    copy_params(lab, original);
    return end_load(lab, text, read_body(lab, body, line, problems));
}

const struct lab_step *lab_step(const struct lab *lab, const char *id)
{
    for (size_t i = 0; i < lab->step_count; i++) {
        if (!strcmp(lab->steps[i].id, id))
            return &lab->steps[i];
    }
    return NULL;
}

/* ---- freeing ---- */

static void free_blocks(struct lab_block *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(blocks[i].text);
        free(blocks[i].name);
    }
    free(blocks);
}

static void free_question(struct lab_question *question)
{
    free(question->id);
    free(question->ask);
    free(question->answer);
    free(question->check);
    for (size_t i = 0; i < question->wrong_count; i++) {
        free(question->wrong[i].answer);
        free(question->wrong[i].text);
    }
    free(question->wrong);
}

static void free_files(struct lab_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(files[i].name);
        free(files[i].text);
    }
    free(files);
}

static void free_step(struct lab_step *step)
{
    free(step->id);
    free(step->title);
    free(step->needs);
    free(step->lecturer);
    free_blocks(step->blocks, step->block_count);
    for (size_t i = 0; i < step->hint_count; i++)
        free(step->hints[i].text);
    free(step->hints);
    for (size_t i = 0; i < step->question_count; i++)
        free_question(&step->questions[i]);
    free(step->questions);
    for (size_t i = 0; i < step->near_count; i++) {
        free(step->near[i].checks);
        free(step->near[i].filter);
        free(step->near[i].message);
    }
    free(step->near);
    for (size_t i = 0; i < step->actor_count; i++) {
        free(step->actors[i].client_ids);
        free(step->actors[i].command);
    }
    free(step->actors);
    free_files(step->files, step->file_count);
    for (size_t i = 0; i < step->word_count; i++) {
        free(step->words[i].key);
        free(step->words[i].text);
    }
    free(step->words);
    free(step->of);
    for (size_t i = 0; i < step->check_count; i++) {
        free(step->checks[i].id);
        free(step->checks[i].text);
        free(step->checks[i].title);
    }
    free(step->checks);
}

void lab_free(struct lab *lab)
{
    if (!lab)
        return;
    for (size_t i = 0; i < lab->param_count; i++) {
        free(lab->params[i].name);
        free(lab->params[i].rule);
        free(lab->params[i].value);
    }
    free(lab->params);
    free_blocks(lab->intro, lab->intro_count);
    for (size_t i = 0; i < lab->step_count; i++)
        free_step(&lab->steps[i]);
    free(lab->steps);
    free(lab->of);
    free(lab->end_title);
    free_blocks(lab->end, lab->end_count);
    free(lab->path);
    free(lab->id);
    free(lab->title);
    free(lab->version);
    free(lab->time);
    free(lab->needs);
    free(lab->broker);
    free(lab->config);
    free_files(lab->files, lab->file_count);
    free(lab);
}
