#include "base/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void options_init(struct options *options, const struct option_spec *table,
                  int argc, char **argv)
{
    *options =
        (struct options){.table = table, .argc = argc, .argv = argv, .at = 1};
}

/* The message is before, what was written, after. */
static int fail(struct options *options, const char *before, const char *what,
                const char *after)
{
    snprintf(options->error, sizeof(options->error), "%s%s%s", before, what,
             after);
    return OPTIONS_ERROR;
}

/* A value that stands in the same word, or the next word. */
static int take_value(struct options *options, const struct option_spec *spec,
                      const char *attached)
{
    options->value = attached;
    if (!spec->value || attached)
        return spec->id;
    if (options->at == options->argc)
        return fail(options, "", options->given, " needs a value");
    options->value = options->argv[options->at++];
    return spec->id;
}

static int next_letter(struct options *options)
{
    char letter = *options->rest++;

    for (const struct option_spec *spec = options->table; spec->id; spec++) {
        if (spec->id < 0 || spec->letter != letter)
            continue;
        const char *attached = NULL;
        if (spec->value && *options->rest)
            attached = options->rest;
        if (spec->value || !*options->rest)
            options->rest = NULL;
        return take_value(options, spec, attached);
    }
    const char name[] = {'-', letter, '\0'};
    return fail(options, "unknown option ", name, "");
}

static int next_name(struct options *options, const char *word)
{
    size_t len = strcspn(word, "=");

    for (const struct option_spec *spec = options->table; spec->id; spec++) {
        if (spec->id < 0 || !spec->name || strlen(spec->name) != len ||
            strncmp(spec->name, word, len) != 0)
            continue;
        if (word[len] && !spec->value)
            return fail(options, "", options->given, " takes no value");
        return take_value(options, spec, word[len] ? word + len + 1 : NULL);
    }
    return fail(options, "unknown option ", options->given, "");
}

int options_next(struct options *options)
{
    options->value = NULL;
    if (options->rest)
        return next_letter(options);
    if (options->at == options->argc)
        return OPTIONS_END;

    char *word = options->argv[options->at++];
    options->given = word;
    if (options->ended || word[0] != '-' || word[1] == '\0') {
        options->value = word;
        return OPTIONS_WORD;
    }
    if (word[1] != '-') {
        options->rest = word + 1;
        return next_letter(options);
    }
    if (word[2] == '\0') {
        options->ended = true;
        return options_next(options);
    }
    return next_name(options, word + 2);
}

static void print_text(const char *text, FILE *to)
{
    for (;;) {
        size_t len = strcspn(text, "\n");

        fprintf(to, "%.*s\n", (int)len, text);
        if (!text[len])
            return;
        text += len + 1;
        fprintf(to, "%26s", "");
    }
}

void options_help(const struct option_spec *table, FILE *to)
{
    for (const struct option_spec *spec = table; spec->id; spec++) {
        char left[80];

        if (!spec->text)
            continue;
        if (spec->id < 0) {
            fprintf(to, "\n%s\n", spec->text);
            continue;
        }
        snprintf(left, sizeof(left), "%s%c%s%s%s%s%s", spec->letter ? "-" : " ",
                 spec->letter ? spec->letter : ' ',
                 spec->letter && spec->name ? ", "
                 : spec->name               ? "  "
                                            : "",
                 spec->name ? "--" : "", spec->name ? spec->name : "",
                 spec->value ? " " : "", spec->value ? spec->value : "");
        if (strlen(left) > 22)
            fprintf(to, "  %s\n%26s", left, "");
        else
            fprintf(to, "  %-24s", left);
        print_text(spec->text, to);
    }
}

bool options_number(const struct options *options, long min, long max,
                    long *number, char *error, size_t error_size)
{
    char *end;

    errno = 0;
    long value = strtol(options->value, &end, 10);
    if (errno || end == options->value || *end || value < min || value > max) {
        snprintf(error, error_size, "%s: %s is not a number from %ld to %ld",
                 options->given, options->value, min, max);
        return false;
    }
    *number = value;
    return true;
}
