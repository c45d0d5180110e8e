#include "labs/lab_commands.h"

#include "base/command_break.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Columns for a command beside the checks, in a terminal with 80 of them. */
#define COLUMNS 42

/* The part of a command that no line can hold, or NULL. */
static const char *unbreakable(const char *command)
{
    while (strlen(command) > COLUMNS) {
        size_t blank = command_break(command, COLUMNS - 2);

        if (!blank)
            return command;
        command += blank + 1;
    }
    return NULL;
}

static void check_line(const struct lab *lab, unsigned step, const char *text,
                       size_t len, struct lab_problems *problems)
{
    char *command = alloc_string_of(text, len);
    const char *part = unbreakable(command);

    if (part)
        lab_problem(problems, lab->path, step ? lab->steps[step - 1].line : 1,
                    "in 80 columns this command cannot be broken so that a "
                    "shell takes it: %s",
                    part);
    free(command);
}

/* step: from 1; 0 is the introduction. */
static void check_blocks(const struct lab *lab, unsigned step,
                         const struct lab_block *blocks, size_t count,
                         struct lab_problems *problems)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = blocks[i].text;

        while (blocks[i].kind == LAB_COMMAND && *text) {
            size_t len = strcspn(text, "\n");

            check_line(lab, step, text, len, problems);
            text += text[len] ? len + 1 : len;
        }
    }
}

void lab_commands_check(const struct lab *lab, struct lab_problems *problems)
{
    check_blocks(lab, 0, lab->intro, lab->intro_count, problems);
    for (size_t i = 0; i < lab->step_count; i++)
        check_blocks(lab, (unsigned)i + 1, lab->steps[i].blocks,
                     lab->steps[i].block_count, problems);
}
