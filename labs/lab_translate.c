#include "labs/lab_translate.h"

#include "base/alloc.h"

#include <ctype.h>
#include <glob.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAMP_BYTES 4

void lab_translate_language(char language[3])
{
    const char *values[] = {getenv("MQTTLAB_LANG"), getenv("LC_ALL"),
                            getenv("LC_MESSAGES"), getenv("LANG")};
    const char *value = NULL;

    for (size_t i = 0; i < 4 && !(value && *value); i++)
        value = values[i];
    language[0] = '\0';
    if (!value || !islower((unsigned char)value[0]) ||
        !islower((unsigned char)value[1]) || isalnum((unsigned char)value[2]))
        return;
    memcpy(language, value, 2);
    language[2] = '\0';
}

/* labs/01-x.md and "de": labs/01-x.de.md. Owned. */
static char *path_of(const char *lab_path, const char *language)
{
    size_t len = strlen(lab_path);

    if (len > 3 && !strcmp(lab_path + len - 3, ".md"))
        len -= 3;
    return alloc_printf("%.*s.%s.md", (int)len, lab_path, language);
}

/* ---- putting it in ---- */

static void swap_text(char **a, char **b)
{
    char *held = *a;

    *a = *b;
    *b = held;
}

static void swap_blocks(struct lab_block **a, size_t *a_count,
                        struct lab_block **b, size_t *b_count)
{
    struct lab_block *held = *a;
    size_t count = *a_count;

    if (!*b_count)
        return; /* not translated */
    *a = *b;
    *a_count = *b_count;
    *b = held;
    *b_count = count;
}

/* The rest of key behind word and a blank; NULL when it begins otherwise. */
static const char *rest_of(const char *key, const char *word)
{
    size_t len = strlen(word);

    return !strncmp(key, word, len) && key[len] == ' ' ? key + len + 1 : NULL;
}

/* Where the text of "check ID" or "near N" is; NULL: nowhere. */
static char **find_check(struct lab_step *step, const char *key)
{
    const char *id = rest_of(key, "check");
    const char *number = rest_of(key, "near");
    unsigned long n = number ? strtoul(number, NULL, 10) : 0;

    for (size_t i = 0; id && i < step->check_count; i++) {
        if (!strcmp(step->checks[i].id, id))
            return &step->checks[i].title;
    }
    return n >= 1 && n <= step->near_count ? &step->near[n - 1].message : NULL;
}

/* Where the text of "ask ID" or "wrong ID ANSWER" is; NULL: nowhere. */
static char **find_question(struct lab_step *step, const char *key)
{
    const char *ask = rest_of(key, "ask");
    const char *wrong = rest_of(key, "wrong");

    for (size_t i = 0; i < step->question_count; i++) {
        struct lab_question *question = &step->questions[i];
        const char *answer = wrong ? rest_of(wrong, question->id) : NULL;

        if (ask && !strcmp(ask, question->id))
            return &question->ask;
        for (size_t w = 0; answer && w < question->wrong_count; w++) {
            if (!strcmp(question->wrong[w].answer, answer))
                return &question->wrong[w].text;
        }
    }
    return NULL;
}

static char **find_text(struct lab_step *step, const char *key)
{
    char **found = find_check(step, key);

    return found ? found : find_question(step, key);
}

static struct lab_step *find_step(const struct lab *lab, const char *id)
{
    for (size_t i = 0; i < lab->step_count; i++) {
        if (!strcmp(lab->steps[i].id, id))
            return &lab->steps[i];
    }
    return NULL;
}

static void take_step(struct lab_step *to, struct lab_step *from)
{
    swap_text(&to->title, &from->title);
    swap_blocks(&to->blocks, &to->block_count, &from->blocks,
                &from->block_count);
    for (size_t i = 0; i < to->hint_count && i < from->hint_count; i++)
        swap_text(&to->hints[i].text, &from->hints[i].text);
    for (size_t i = 0; i < from->word_count; i++) {
        char **text = find_text(to, from->words[i].key);

        if (text)
            swap_text(text, &from->words[i].text);
    }
}

void lab_translate(struct lab *lab, const char *language)
{
    struct lab_problems problems = {0};
    char *path = path_of(lab->path, language);
    struct lab *words = *language && access(path, R_OK) == 0
                            ? lab_load_words(path, lab, &problems)
                            : NULL;

    if (words) {
        swap_text(&lab->title, &words->title);
        swap_text(&lab->end_title, &words->end_title);
        swap_blocks(&lab->intro, &lab->intro_count, &words->intro,
                    &words->intro_count);
        swap_blocks(&lab->end, &lab->end_count, &words->end, &words->end_count);
        for (size_t i = 0; i < words->step_count; i++) {
            struct lab_step *step = find_step(lab, words->steps[i].id);

            if (step)
                take_step(step, &words->steps[i]);
        }
    }
    lab_free(words);
    buf_release(&problems.text);
    free(path);
}

/* ---- looking whether it fits ---- */

static void add_blocks(struct buf *all, const struct lab_block *blocks,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(all, "%s\n", blocks[i].text);
}

/* What stands for a text, so that a change of it is noticed: hex digits. */
static void stamp(struct buf *all, char text[2 * STAMP_BYTES + 1])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t len = 0;

    if (!EVP_Q_digest(NULL, "SHA256", NULL, all->bytes, all->len, digest, &len))
        abort();
    for (size_t i = 0; i < STAMP_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    buf_release(all);
}

static void stamp_lab(const struct lab *lab, char text[2 * STAMP_BYTES + 1])
{
    struct buf all = {0};

    buf_printf(&all, "%s\n%s\n", lab->title, lab->end_title);
    add_blocks(&all, lab->intro, lab->intro_count);
    add_blocks(&all, lab->end, lab->end_count);
    stamp(&all, text);
}

static void stamp_step(const struct lab_step *step,
                       char text[2 * STAMP_BYTES + 1])
{
    struct buf all = {0};

    buf_printf(&all, "%s\n", step->title);
    add_blocks(&all, step->blocks, step->block_count);
    for (size_t i = 0; i < step->hint_count; i++)
        buf_printf(&all, "%s\n", step->hints[i].text);
    for (size_t i = 0; i < step->check_count; i++)
        buf_printf(&all, "%s\n", step->checks[i].title);
    for (size_t i = 0; i < step->near_count; i++)
        buf_printf(&all, "%s\n", step->near[i].message);
    for (size_t i = 0; i < step->question_count; i++) {
        const struct lab_question *question = &step->questions[i];

        buf_printf(&all, "%s\n", question->ask);
        for (size_t w = 0; w < question->wrong_count; w++)
            buf_printf(&all, "%s\n", question->wrong[w].text);
    }
    stamp(&all, text);
}

/* The next block that is typed or shown as it stands, from *at on; NULL at the
   end. */
static const struct lab_block *next_code(const struct lab_step *step,
                                         size_t *at)
{
    while (*at < step->block_count) {
        const struct lab_block *block = &step->blocks[(*at)++];

        if (block->kind == LAB_COMMAND || block->kind == LAB_CODE)
            return block;
    }
    return NULL;
}

static bool same_code(const struct lab_step *a, const struct lab_step *b)
{
    size_t at_a = 0;
    size_t at_b = 0;

    for (;;) {
        const struct lab_block *one = next_code(a, &at_a);
        const struct lab_block *other = next_code(b, &at_b);

        if (!one || !other)
            return one == other;
        if (one->kind != other->kind || strcmp(one->text, other->text) != 0)
            return false;
    }
}

static void check_step(const char *path, struct lab_step *original,
                       const struct lab_step *step,
                       struct lab_problems *problems)
{
    char now[2 * STAMP_BYTES + 1];

    stamp_step(original, now);
    if (!step->of || strcmp(step->of, now) != 0)
        lab_problem(problems, path, step->line,
                    "step '%s' of the original has changed since it was "
                    "translated; when the text fits again: of=%s",
                    step->id, now);
    if (!same_code(original, step))
        lab_problem(problems, path, step->line,
                    "the commands of step '%s' are not the original's",
                    step->id);
    if (step->hint_count != original->hint_count)
        lab_problem(problems, path, step->line,
                    "step '%s' has %zu hints, the original %zu", step->id,
                    step->hint_count, original->hint_count);
    for (size_t i = 0; i < step->word_count; i++) {
        if (!find_text(original, step->words[i].key))
            lab_problem(problems, path, step->words[i].line,
                        "the original has no '%s' in step '%s'",
                        step->words[i].key, step->id);
    }
}

static void check_file(const struct lab *lab, const char *path,
                       struct lab_problems *problems)
{
    struct lab *words = lab_load_words(path, lab, problems);
    char now[2 * STAMP_BYTES + 1];

    if (!words)
        return;
    stamp_lab(lab, now);
    if (!words->of || strcmp(words->of, now) != 0)
        lab_problem(problems, path, 1,
                    "title, beginning or end of the original have changed "
                    "since they were translated; when they fit again: of: %s",
                    now);
    for (size_t i = 0; i < words->step_count; i++) {
        const struct lab_step *step = &words->steps[i];
        struct lab_step *original = find_step(lab, step->id);

        if (original)
            check_step(path, original, step, problems);
        else
            lab_problem(problems, path, step->line,
                        "the original has no step '%s'", step->id);
    }
    lab_free(words);
}

void lab_translate_check(const struct lab *lab, struct lab_problems *problems)
{
    char *quoted = lab_quoted(lab->path);
    char *pattern = path_of(quoted, "[a-z][a-z]");
    glob_t files;

    if (glob(pattern, 0, NULL, &files) == 0) {
        for (size_t i = 0; i < files.gl_pathc; i++)
            check_file(lab, files.gl_pathv[i], problems);
        globfree(&files);
    }
    free(pattern);
    free(quoted);
}
