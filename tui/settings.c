#include "tui/settings.h"

#include <stddef.h>
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

/* ---- one setting ---- */

struct complaint {
    char *text; /* of so many bytes */
    size_t size;
};

/* Returns false. */
static bool refuse(const struct complaint *complaint, const char *why)
{
    snprintf(complaint->text, complaint->size, "%s", why);
    return false;
}

static bool take_theme(struct settings *settings, const struct words *words,
                       const struct complaint *wrong)
{
    settings->screen.theme = theme_find(words->items[1]);
    if (!settings->screen.theme)
        theme_explain(words->items[1], wrong->text, wrong->size);
    return settings->screen.theme;
}

static bool take_layout(struct settings *settings, const struct words *words,
                        const struct complaint *wrong)
{
    enum layout_plan plan = layout_plan_of(words->items[1]);

    if (plan == LAYOUT_PLANS) {
        layout_plan_explain(words->items[1], wrong->text, wrong->size);
        return false;
    }
    settings->plan = plan;
    return true;
}

static bool take_memory(struct settings *settings, const struct words *words,
                        const struct complaint *wrong)
{
    char *end = NULL;
    long megabytes = strtol(words->items[1], &end, 10);

    if (*end || megabytes < 1 || megabytes > 4096)
        return refuse(wrong, "memory is 1 to 4096 megabytes");
    settings->memory_bytes = (size_t)megabytes << 20;
    return true;
}

static bool take_time(struct settings *settings, const struct words *words,
                      const struct complaint *wrong)
{
    settings->time_of_day = !strcmp(words->items[1], "day");
    return settings->time_of_day || !strcmp(words->items[1], "start") ||
           refuse(wrong, "time is day or start");
}

static bool take_filter(struct settings *settings, const struct words *words,
                        const struct complaint *wrong)
{
    size_t len = strcspn(words->rest, "\r\n");
    struct filter_error error;

    free(settings->filter);
    settings->filter = alloc_string_of(words->rest, len);
    struct filter *filter =
        filter_new(presets_expand(settings->filter), &error);
    bool good = filter;
    filter_free(filter);
    return good || refuse(wrong, error.message);
}

static bool take_columns(struct settings *settings, const struct words *words,
                         const struct complaint *wrong)
{
    char error[100];
    char *names = alloc_string_of(words->rest, strcspn(words->rest, "#"));
    const char *why =
        packet_columns_parse(&settings->columns, names, error, sizeof(error));

    free(names);
    return !why || refuse(wrong, why);
}

static bool take_bind(struct settings *settings, const struct words *words,
                      const struct complaint *wrong)
{
    struct settings_binding binding = {.view = VIEW_COUNT};
    size_t used = keys_parse(words->items[1], &binding.key);

    if (words->count < 3)
        return refuse(wrong, "bind KEY ACTION [VIEW]");
    if (!used || words->items[1][used])
        return refuse(
            wrong,
            "a key is one letter, or a name such as <C-d>, <F5>, <PgDn>");
    binding.action = keys_action_of(words->items[2]);
    if (binding.action == ACTION_NONE)
        return refuse(wrong,
                      "no such action; mqttlab keys --actions lists them");
    if (words->count > 3)
        binding.view = keys_view_of(words->items[3]);
    if (words->count > 3 && binding.view == VIEW_COUNT)
        return refuse(wrong, "no such view");
    if (settings->binding_count == SETTINGS_BINDINGS_MAX)
        return refuse(wrong, "too many bindings");
    snprintf(binding.text, sizeof(binding.text), "%s", words->items[1]);
    settings->bindings[settings->binding_count++] = binding;
    return true;
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    bool (*take)(struct settings *settings, const struct words *words,
                 const struct complaint *wrong);
} values[] = {
    {"theme",   take_theme  },
    {"layout",  take_layout },
    {"memory",  take_memory },
    {"time",    take_time   },
    {"filter",  take_filter },
    {"columns", take_columns},
    {"bind",    take_bind   },
};

/* Those that have no value. */
static const struct {
    const char *name;
    size_t at; /* of the bool in struct settings */
} flags[] = {
    {"ascii",    offsetof(struct settings, screen.ascii)   },
    {"mono",     offsetof(struct settings, screen.mono)    },
    {"no-mouse", offsetof(struct settings, screen.no_mouse)},
    {"no-keys",  offsetof(struct settings, hide_keys)      },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool refuse_name(const struct complaint *wrong)
{
    struct buf text = {0};

    buf_append_string(&text, "no such setting; there are");
    for (size_t i = 0; i < COUNT(flags); i++)
        buf_printf(&text, " %s,", flags[i].name);
    for (size_t i = 0; i < COUNT(values); i++)
        buf_printf(&text, "%s %s", i ? "," : "", values[i].name);
    refuse(wrong, buf_string(&text));
    buf_release(&text);
    return false;
}

static bool understand(struct settings *settings, const struct words *words,
                       const struct complaint *wrong)
{
    const char *name = words->items[0];

    for (size_t i = 0; i < COUNT(flags); i++) {
        if (strcmp(name, flags[i].name) != 0)
            continue;
        *(bool *)((char *)settings + flags[i].at) = true;
        return true;
    }
    for (size_t i = 0; i < COUNT(values); i++) {
        if (strcmp(name, values[i].name) != 0)
            continue;
        if (words->count < 2)
            return refuse(wrong, "a value is missing");
        return values[i].take(settings, words, wrong);
    }
    return refuse_name(wrong);
}

bool settings_take(struct settings *settings, const char *line, char *error,
                   size_t error_size)
{
    struct words words;
    struct complaint wrong = {.size = error_size};
    bool good;

    wrong.text = error;
    split(&words, line);
    good = !words.count || understand(settings, &words, &wrong);
    for (size_t i = 0; i < words.count; i++)
        free(words.items[i]);
    return good;
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
    char *line = NULL;
    size_t size = 0;
    unsigned number = 0;
    bool good = true;

    *settings = (struct settings){0};
    while (good && file && getline(&line, &size, file) >= 0) {
        char wrong[200];

        number++;
        good = settings_take(settings, line, wrong, sizeof(wrong));
        if (!good)
            snprintf(error, error_size, "%s:%u: %s", path, number, wrong);
    }
    if (file)
        fclose(file);
    free(line);
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
