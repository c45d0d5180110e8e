#define _GNU_SOURCE /* getline */

#include "labs/lab_links.h"

#include "base/alloc.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_elsewhere(const char *target)
{
    size_t scheme =
        strspn(target, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+");

    return target[0] == '#' || target[0] == '\0' ||
           (scheme && target[scheme] == ':');
}

/* target is what stands in the parentheses, up to a blank or "#". */
static bool is_there(const struct lab *lab, const char *target)
{
    const char *slash = strrchr(lab->path, '/');
    char *path = alloc_printf(
        "%.*s%s", slash ? (int)(slash - lab->path) + 1 : 0, lab->path, target);
    bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

static void check_line(const struct lab *lab, const char *line, unsigned number,
                       struct lab_problems *problems)
{
    for (const char *at = line; (at = strstr(at, "]("));) {
        at += 2;
        if (!strchr(at, ')') || is_elsewhere(at))
            continue;
        char *target = alloc_string_of(at, strcspn(at, " #)"));

        if (!is_there(lab, target))
            lab_problem(problems, lab->path, number,
                        "a link to %s, which is not there", target);
        free(target);
    }
}

void lab_links_check(const struct lab *lab, struct lab_problems *problems)
{
    FILE *file = fopen(lab->path, "re");
    char *line = NULL;
    size_t size = 0;
    unsigned number = 0;
    bool fenced = false;

    while (file && getline(&line, &size, file) >= 0) {
        number++;
        if (!strncmp(line + strspn(line, " "), "```", 3))
            fenced = !fenced;
        else if (!fenced)
            check_line(lab, line, number, problems);
    }
    free(line);
    if (file)
        fclose(file);
}
