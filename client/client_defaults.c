#include "client/client_defaults.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is longer is no file of options. */
#define MAX_BYTES (1u << 20)

static const char blanks[] = " \t\r";

static void read_file(struct client_defaults *defaults)
{
    FILE *file = fopen(defaults->path, "rb");

    if (!file)
        return;
    for (size_t got = 1; got > 0 && defaults->in.len < MAX_BYTES;) {
        got = fread(buf_reserve(&defaults->in, 4096), 1, 4096, file);
        defaults->in.len += (uint32_t)got;
    }
    fclose(file);
    buf_append_u8(&defaults->in, '\0');
}

void client_defaults_load(struct client_defaults *defaults, const char *name)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");

    *defaults = (struct client_defaults){0};
    if (config)
        defaults->path = alloc_printf("%s/%s", config, name);
    else if (home)
        defaults->path = alloc_printf("%s/.config/%s", home, name);
    if (defaults->path)
        read_file(defaults);
}

void client_defaults_release(struct client_defaults *defaults)
{
    free(defaults->path);
    buf_release(&defaults->in);
    *defaults = (struct client_defaults){0};
}

/* Cut a word off the front of *rest, which then begins with the next one; NULL
   when nothing is left. */
static char *cut_word(char **rest)
{
    char *word = *rest;

    if (!*word)
        return NULL;
    *rest += strcspn(word, blanks);
    if (**rest)
        *(*rest)++ = '\0';
    *rest += strspn(*rest, blanks);
    return word;
}

/* The line without the blanks at its ends. */
static char *trim(char *line)
{
    line += strspn(line, blanks);
    for (size_t len = strlen(line);
         len > 0 && strchr(blanks, line[len - 1]) != NULL; len--)
        line[len - 1] = '\0';
    return line;
}

static int cut_line(struct client_defaults *defaults, char *line)
{
    int count = 1;
    char *option = cut_word(&line);

    defaults->words[count++] = option;
    if (!strcmp(option, "-D") || !strcmp(option, "--property")) {
        /* command, identifier, and the name of a User Property */
        for (int i = 0; i < 3 && *line; i++) {
            if (i == 2 && strcmp(defaults->words[3], "user-property") != 0)
                break;
            defaults->words[count++] = cut_word(&line);
        }
    }
    if (*line)
        defaults->words[count++] = line;
    return count;
}

int client_defaults_next(struct client_defaults *defaults, char *program)
{
    while (defaults->at < defaults->in.len) {
        char *line = (char *)defaults->in.bytes + defaults->at;
        size_t len = strcspn(line, "\n");

        line[len] = '\0';
        defaults->at += (uint32_t)len + 1;
        defaults->line++;
        if (line[0] == '#')
            continue;
        line = trim(line);
        if (!line[0])
            continue;
        defaults->words[0] = program;
        return cut_line(defaults, line);
    }
    return 0;
}
