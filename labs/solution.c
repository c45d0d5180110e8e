#include "labs/solution.h"

#include "base/alloc.h"
#include "base/whole_file.h"
#include "labs/markdown.h"
#include "labs/params.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (1u << 20)

/* labs/01-x.md: labs/01-x.solution.md; exercises/01.1-x/exercise.md:
   exercises/01.1-x/solution.md. */
static char *solution_path(const char *lab_path)
{
    static const char exercise[] = "/exercise.md";
    size_t len = strlen(lab_path);

    if (len > sizeof(exercise) - 1 &&
        !strcmp(lab_path + len - (sizeof(exercise) - 1), exercise))
        return alloc_printf("%.*s/solution.md",
                            (int)(len - (sizeof(exercise) - 1)), lab_path);
    if (len > 3 && !strcmp(lab_path + len - 3, ".md"))
        len -= 3;
    return alloc_printf("%.*s.solution.md", (int)len, lab_path);
}

/* The value behind "key=" in an info string, up to a blank. Owned, or NULL. */
static char *attribute(const char *info, const char *key)
{
    const char *at = strstr(info, key);

    if (!at)
        return NULL;
    at += strlen(key);
    return alloc_string_of(at, strcspn(at, " "));
}

static void take_block(struct solution *solution, struct lab *lab,
                       const struct markdown_block *block,
                       struct lab_problems *problems)
{
    bool wrong = !strncmp(block->info, "wrong ", 6);
    char *near = attribute(block->info, "near=");
    struct buf script = {0};

    if (!wrong && strncmp(block->info, "solution ", 9) != 0) {
        free(near);
        return;
    }
    const char *step = block->info + (wrong ? 6 : 9);
    if (!params_fill(&script, lab, block->text))
        lab_problem(problems, solution->path, block->line,
                    "{{name}} that is no param of the lab");
    solution->scripts = alloc_resize(solution->scripts, solution->count + 1,
                                     sizeof(solution->scripts[0]));
    solution->scripts[solution->count++] = (struct solution_script){
        .step = alloc_string_of(step, strcspn(step, " ")),
        .script = buf_take_string(&script),
        .fails = wrong ? attribute(block->info, "fails=") : NULL,
        .near_misses = near ? (unsigned)strtoul(near, NULL, 10) : 0,
        .line = block->line,
    };
    free(near);
    const struct solution_script *added =
        &solution->scripts[solution->count - 1];
    if (!lab_step(lab, added->step))
        lab_problem(problems, solution->path, block->line, "no step '%s'",
                    added->step);
    if (wrong && !added->fails)
        lab_problem(problems, solution->path, block->line,
                    "a wrong solution says fails=CHECK,...");
}

bool solution_load(struct solution *solution, struct lab *lab,
                   struct lab_problems *problems)
{
    struct markdown markdown = {0};
    unsigned before = problems->count;

    *solution = (struct solution){.path = solution_path(lab->path)};
    struct buf file = {0};
    int error = whole_file_load(solution->path, MAX_BYTES, &file);
    const char *text = buf_string(&file);
    if (!error)
        error = markdown_parse(&markdown, text, strlen(text), 1);
    if (error)
        lab_problem(problems, solution->path, 0, "%s", strerror(-error));
    for (size_t i = 0; i < markdown.count; i++) {
        if (markdown.blocks[i].kind == MARKDOWN_CODE)
            take_block(solution, lab, &markdown.blocks[i], problems);
    }
    markdown_release(&markdown);
    buf_release(&file);
    for (size_t i = 0; i < lab->step_count; i++) {
        if (lab->steps[i].points && !solution_of(solution, lab->steps[i].id))
            lab_problem(problems, solution->path, 0,
                        "step '%s' has no solution", lab->steps[i].id);
    }
    return problems->count == before;
}

void solution_release(struct solution *solution)
{
    for (size_t i = 0; i < solution->count; i++) {
        free(solution->scripts[i].step);
        free(solution->scripts[i].script);
        free(solution->scripts[i].fails);
    }
    free(solution->scripts);
    free(solution->path);
    *solution = (struct solution){0};
}

const struct solution_script *solution_of(const struct solution *solution,
                                          const char *step)
{
    for (size_t i = 0; i < solution->count; i++) {
        if (!solution->scripts[i].fails &&
            !strcmp(solution->scripts[i].step, step))
            return &solution->scripts[i];
    }
    return NULL;
}

bool solution_fails(const char *fails, const char *check)
{
    size_t len = strlen(check);

    while (*fails) {
        size_t word = strcspn(fails, ",");

        if (word == len && !strncmp(fails, check, len))
            return true;
        fails += fails[word] ? word + 1 : word;
    }
    return false;
}
