/*
 * Where labs are, and which file a number or name means.
 */
#include "labs/lab.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/process.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The folder so many levels above the program, and rest below it. Owned. */
static char *beside_program(int levels, const char *rest)
{
    char *program = process_self_path("mqttlab");
    char *path;

    for (; levels > 0; levels--) {
        char *slash = strrchr(program, '/');

        if (slash)
            *slash = '\0';
    }
    path = alloc_printf("%s%s", program, rest);
    free(program);
    return path;
}

char *lab_home(void)
{
    const char *chosen = getenv("MQTTLAB_HOME");
    char *source;

    if (chosen && *chosen)
        return alloc_string(chosen);
    if (lab_any("."))
        return alloc_string(".");
    source = beside_program(3, ""); /* of build/VARIANT/mqttlab */
    if (lab_any(source))
        return source;
    free(source);
    return beside_program(2, "/share/mqttlab"); /* of PREFIX/bin/mqttlab */
}

/* Neither a solution nor a translation, which ends in ".de.md". */
static bool is_lab(const char *path)
{
    size_t len = strlen(path);
    const char *end = len > 6 ? path + len - 6 : "";
    bool translation = end[0] == '.' && islower((unsigned char)end[1]) &&
                       islower((unsigned char)end[2]) && end[3] == '.';

    return !translation && !strstr(path, ".solution.md");
}

char *lab_quoted(const char *path)
{
    struct buf quoted = {0};

    for (const char *c = path; *c; c++) {
        if (strchr("*?[\\", *c))
            buf_append_u8(&quoted, '\\');
        buf_append_u8(&quoted, (uint8_t)*c);
    }
    return buf_take_string(&quoted);
}

/* A pattern of what lies in home, whatever its own name is. Owned. */
static char *pattern_in(const char *home, const char *rest)
{
    char *quoted = lab_quoted(home);
    char *pattern = alloc_printf("%s/%s", quoted, rest);

    free(quoted);
    return pattern;
}

/* The first file in home that matches and is a lab. Owned, or NULL. */
static char *match(const char *home, const char *rest)
{
    char *pattern = pattern_in(home, rest);
    glob_t files;
    char *found = NULL;

    if (glob(pattern, 0, NULL, &files) == 0) {
        for (size_t i = 0; i < files.gl_pathc && !found; i++) {
            if (is_lab(files.gl_pathv[i]))
                found = alloc_string(files.gl_pathv[i]);
        }
        globfree(&files);
    }
    free(pattern);
    return found;
}

/* By number: "1" is labs/01-*.md, "1.2" is exercises/01.2-x/exercise.md. */
static char *find_number(const char *home, const char *name)
{
    char rest[64];
    char *end;
    unsigned long lab = strtoul(name, &end, 10);

    if (end == name || lab > 99)
        return NULL;
    if (!*end) {
        snprintf(rest, sizeof(rest), "labs/%02lu-*.md", lab);
        return match(home, rest);
    }
    if (*end != '.' || !isdigit((unsigned char)end[1]))
        return NULL;
    unsigned long exercise = strtoul(end + 1, &end, 10);
    if (*end || exercise > 99)
        return NULL;
    snprintf(rest, sizeof(rest), "exercises/%02lu.%lu-*/exercise.md", lab,
             exercise);
    return match(home, rest);
}

char *lab_find_at_home(const char *home, const char *name)
{
    char *found = find_number(home, name);

    if (found || !*name || *name == '.' ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") != strlen(name))
        return found;
    char *rest = alloc_printf("labs/%s.md", name);
    found = match(home, rest);
    free(rest);
    if (!found) {
        rest = alloc_printf("exercises/%s/exercise.md", name);
        found = match(home, rest);
        free(rest);
    }
    return found;
}

char *lab_find(const char *home, const char *name)
{
    struct stat info;
    char *found = lab_find_at_home(home, name);

    if (!found && stat(name, &info) == 0 && S_ISREG(info.st_mode))
        found = alloc_string(name);
    return found;
}

char **lab_list(const char *home)
{
    static const char *const places[] = {"labs/[0-9]*.md",
                                         "exercises/[0-9]*/exercise.md"};
    char **list = alloc_zero(1, sizeof(list[0]));
    size_t count = 0;

    for (size_t p = 0; p < 2; p++) {
        char *pattern = pattern_in(home, places[p]);
        glob_t files;

        if (glob(pattern, 0, NULL, &files) == 0) {
            for (size_t i = 0; i < files.gl_pathc; i++) {
                if (!is_lab(files.gl_pathv[i]))
                    continue;
                list = alloc_resize(list, count + 2, sizeof(list[0]));
                list[count++] = alloc_string(files.gl_pathv[i]);
            }
            globfree(&files);
        }
        free(pattern);
    }
    list[count] = NULL;
    return list;
}

bool lab_any(const char *home)
{
    char **labs = lab_list(home);
    bool some = labs[0] != NULL;

    for (size_t i = 0; labs[i]; i++)
        free(labs[i]);
    free(labs);
    return some;
}
