#include "tui/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/presets.h"
#include "wire/filter.h"

#define WORDS_MAX 4

/* ---- one line ---- */

struct words {
    char *items[WORDS_MAX];
    size_t count;
    const char *rest; /* of the line, behind the first word */
};

static void split(struct words *words, const char *line)
{
    *words = (struct words){.rest = ""};
    for (line += strspn(line, " \t\r\n"); *line && *line != '#';) {
        size_t len = strcspn(line, " \t\r\n");

        if (words->count < WORDS_MAX)
            words->items[words->count++] = alloc_string_of(line, len);
        line += len + strspn(line + len, " \t\r\n");
        if (words->count == 1)
            words->rest = line;
    }
}

static const char *take_theme(struct settings *settings,
                              const struct words *words)
{
    settings->screen.theme = theme_find(words->items[1]);
    return settings->screen.theme
               ? NULL
               : "the themes are dark, light, safe, safe-light and mono";
}

static const char *take_layout(struct settings *settings,
                               const struct words *words)
{
    enum layout_plan plan = layout_plan_of(words->items[1]);

    if (plan == LAYOUT_PLANS)
        return "the layouts are all, lecture, state, cable and one";
    settings->plan = plan;
    return NULL;
}

static const char *take_memory(struct settings *settings,
                               const struct words *words)
{
    char *end = NULL;
    long megabytes = strtol(words->items[1], &end, 10);

    if (*end || megabytes < 1 || megabytes > 4096)
        return "memory is 1 to 4096 megabytes";
    settings->memory_bytes = (size_t)megabytes << 20;
    return NULL;
}

static const char *take_time(struct settings *settings,
                             const struct words *words)
{
    settings->time_of_day = !strcmp(words->items[1], "day");
    return settings->time_of_day || !strcmp(words->items[1], "start")
               ? NULL
               : "time is day or start";
}

static const char *take_filter(struct settings *settings,
                               const struct words *words)
{
    size_t len = strcspn(words->rest, "\r\n");
    char *text = alloc_string_of(words->rest, len);
    struct filter_error error;
    struct filter *filter = filter_new(presets_expand(text), &error);

    free(settings->filter);
    settings->filter = text;
    if (!filter)
        return "this is no filter";
    filter_free(filter);
    return NULL;
}

static const char *take_columns(struct settings *settings,
                                const struct words *words)
{
    char error[100];
    char *names = alloc_string_of(words->rest, strcspn(words->rest, "#"));
    bool good =
        !packet_columns_parse(&settings->columns, names, error, sizeof(error));

    free(names);
    return good ? NULL : "the columns are those that o offers in the dashboard";
}

static const char *take_bind(struct settings *settings,
                             const struct words *words)
{
    struct settings_binding binding = {.view = VIEW_COUNT};
    size_t used = keys_parse(words->items[1], &binding.key);

    if (words->count < 3)
        return "bind KEY ACTION [VIEW]";
    if (!used || words->items[1][used])
        return "a key is one letter, or a name such as <C-d>, <F5>, <PgDn>";
    binding.action = keys_action_of(words->items[2]);
    if (binding.action == ACTION_NONE)
        return "no such action; mqttlab keys --actions lists them";
    if (words->count > 3)
        binding.view = keys_view_of(words->items[3]);
    if (words->count > 3 && binding.view == VIEW_COUNT)
        return "no such view";
    if (settings->binding_count == SETTINGS_BINDINGS_MAX)
        return "too many bindings";
    snprintf(binding.text, sizeof(binding.text), "%s", words->items[1]);
    settings->bindings[settings->binding_count++] = binding;
    return NULL;
}

static const struct {
    const char *name;
    const char *(*take)(struct settings *settings, const struct words *words);
} values[] = {
    {"theme",   take_theme  },
    {"layout",  take_layout },
    {"memory",  take_memory },
    {"time",    take_time   },
    {"filter",  take_filter },
    {"columns", take_columns},
    {"bind",    take_bind   },
};

static const char *understand(struct settings *settings,
                              const struct words *words)
{
    const char *name = words->items[0];

    if (!strcmp(name, "ascii"))
        settings->screen.ascii = true;
    else if (!strcmp(name, "mono"))
        settings->screen.mono = true;
    else if (!strcmp(name, "no-mouse"))
        settings->screen.no_mouse = true;
    else if (!strcmp(name, "no-keys"))
        settings->hide_keys = true;
    else {
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            if (!strcmp(name, values[i].name))
                return words->count > 1 ? values[i].take(settings, words)
                                        : "a value is missing";
        }
        return "no such setting: theme, layout, ascii, mono, no-mouse, "
               "no-keys, memory, time, filter, columns, bind";
    }
    return NULL;
}

const char *settings_take(struct settings *settings, const char *line)
{
    struct words words;
    const char *wrong = NULL;

    split(&words, line);
    if (words.count)
        wrong = understand(settings, &words);
    for (size_t i = 0; i < words.count; i++)
        free(words.items[i]);
    return wrong;
}

/* ---- the file ---- */

/* Owned; NULL when there is no home. */
static char *path_of_file(void)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");

    if (config && *config == '/')
        return alloc_printf("%s/mqttlab/dashboard.conf", config);
    return home && *home
               ? alloc_printf("%s/.config/mqttlab/dashboard.conf", home)
               : NULL;
}

bool settings_load(struct settings *settings, char *error, size_t error_size)
{
    char *path = path_of_file();
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[1024];
    unsigned number = 0;
    bool good = true;

    *settings = (struct settings){0};
    while (good && file && fgets(line, sizeof(line), file)) {
        const char *wrong = settings_take(settings, line);

        number++;
        if (wrong)
            snprintf(error, error_size, "%s:%u: %s", path, number, wrong);
        good = !wrong;
    }
    if (file)
        fclose(file);
    free(path);
    return good;
}

void settings_release(struct settings *settings)
{
    free(settings->filter);
    settings->filter = NULL;
}

/* ---- use ---- */

enum action settings_action(const struct settings *settings, enum view_id view,
                            int key)
{
    enum action found = ACTION_NONE;

    for (size_t i = 0; settings && i < settings->binding_count; i++) {
        const struct settings_binding *binding = &settings->bindings[i];

        if (binding->key != key)
            continue;
        if (binding->view == view)
            return binding->action;
        if (binding->view == VIEW_COUNT)
            found = binding->action;
    }
    return found;
}

void settings_complete(const struct settings *settings,
                       struct screen_options *screen, size_t *max_bytes)
{
    screen->ascii = screen->ascii || settings->screen.ascii;
    screen->mono = screen->mono || settings->screen.mono;
    screen->no_mouse = screen->no_mouse || settings->screen.no_mouse;
    if (!screen->theme)
        screen->theme = settings->screen.theme;
    if (!*max_bytes)
        *max_bytes = settings->memory_bytes;
}
