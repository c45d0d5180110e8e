/*
 * mqttlab, mqttlab attach, mqttlab replay: the dashboard of a broker or of a
 * recording; on anything but a terminal, lines of text.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "tui/commands.h"
#include "tui/dashboard.h"
#include "tui/run.h"

#define BROKERS_MAX 64
#define EXIT_USAGE  3

enum {
    OPTION_HELP = 1,
    OPTION_PORT,
    OPTION_CONFIG,
    OPTION_MONO,
    OPTION_ASCII,
    OPTION_NO_MOUSE,
    OPTION_MEMORY,
    OPTION_PLAIN,
    OPTION_JSON,
    OPTION_CONTROL,
    OPTION_THEME,
    OPTION_SPEED,
    OPTION_STEP,
    OPTION_WITH_KEYS
};

#define SCREEN_OPTIONS                                                 \
    {OPTION_MONO, 0, "mono", NULL, "no colours (also: set NO_COLOR)"}, \
        {OPTION_THEME, 0, "theme", "NAME",                             \
         "dark, light, safe, safe-light or mono (dark)"},              \
        {OPTION_ASCII, 0, "ascii", NULL, "draw lines with - and |"},   \
        {OPTION_NO_MOUSE, 0, "no-mouse", NULL,                         \
         "leave the mouse to the terminal"},                           \
        {OPTION_MEMORY, 0, "memory", "MB", "memory for packets (48)"}, \
        {OPTION_PLAIN, 0, "plain", NULL,                               \
         "one line for each packet, no screen"},                       \
        {OPTION_JSON, 0, "json", NULL, "the same, as JSON"},           \
        {OPTION_HELP, 'h', "help", NULL, "this text"},                 \
    {                                                                  \
        0, 0, NULL, NULL, NULL                                         \
    }

static const struct option_spec dashboard_table[] = {
    {OPTION_PORT,      'p', "port",      "PORT", "port of the broker (1883)"    },
    {OPTION_CONFIG,    'c', "config",    "FILE", "mosquitto.conf for the broker"},
    {OPTION_WITH_KEYS, 0,   "with-keys", NULL,
     "record the keys of TLS, too: who has the recording\n"
     "reads everything"                                                         },
    SCREEN_OPTIONS,
};

static const struct option_spec watch_table[] = {
    {OPTION_SPEED, 0, "speed", "N",  "as fast as it was, times N (all at once)"},
    {OPTION_STEP,  0, "step",  NULL, "one packet for each time . is pressed"   },
    SCREEN_OPTIONS,
};

static const struct option_spec attach_table[] = {
    {OPTION_CONTROL, 0, "control", NULL,
     "publish, hold packets and end connections, too"},
    SCREEN_OPTIONS,
};

struct arguments {
    struct dashboard_options dashboard;
    const char *word; /* the first that is no option; NULL: none */
    bool plain;
    bool json;
    bool control;
    double speed;
    bool step;
};

/* ---- options ---- */

static bool set_number(const struct options *options, int id,
                       struct arguments *arguments, char *error, size_t size)
{
    long number = 0;
    long most = id == OPTION_PORT ? 65535 : 4096;

    if (!options_number(options, 1, most, &number, error, size))
        return false;
    if (id == OPTION_PORT)
        arguments->dashboard.port = (uint16_t)number;
    else
        arguments->dashboard.max_bytes = (size_t)number << 20;
    return true;
}

static bool set_option(const struct options *options, int id,
                       struct arguments *arguments, char *error, size_t size)
{
    struct screen_options *screen = &arguments->dashboard.screen;

    if (id == OPTION_PORT || id == OPTION_MEMORY)
        return set_number(options, id, arguments, error, size);
    if (id == OPTION_THEME) {
        screen->theme = theme_find(options->value);
        theme_explain(options->value, error, size);
        return screen->theme;
    }
    if (id == OPTION_SPEED) {
        char *end = NULL;

        arguments->speed = strtod(options->value, &end);
        snprintf(error, size, "--speed: '%s' is not 0.01 to 1000",
                 options->value);
        return !*end && arguments->speed >= 0.01 && arguments->speed <= 1000;
    }
    if (id == OPTION_CONFIG)
        arguments->dashboard.config = options->value;
    screen->mono = screen->mono || id == OPTION_MONO;
    screen->ascii = screen->ascii || id == OPTION_ASCII;
    screen->no_mouse = screen->no_mouse || id == OPTION_NO_MOUSE;
    arguments->json = arguments->json || id == OPTION_JSON;
    arguments->plain =
        arguments->plain || arguments->json || id == OPTION_PLAIN;
    arguments->control = arguments->control || id == OPTION_CONTROL;
    arguments->step = arguments->step || id == OPTION_STEP;
    arguments->dashboard.with_keys =
        arguments->dashboard.with_keys || id == OPTION_WITH_KEYS;
    if (id != OPTIONS_WORD)
        return true;
    if (arguments->word) {
        snprintf(error, size, "too many arguments: '%s'", options->value);
        return false;
    }
    arguments->word = options->value;
    return true;
}

/* Returns -1 to go on, or the exit code. */
static int read_arguments(const struct option_spec *table, const char *usage,
                          int argc, char **argv, struct arguments *arguments)
{
    struct options options;
    char error[200] = "";
    int id;

    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    options_init(&options, table, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        if (id == OPTION_HELP) {
            printf("%s\n\n", usage);
            options_help(table, stdout);
            return 0;
        }
        if (id == OPTIONS_ERROR)
            snprintf(error, sizeof(error), "%s", options.error);
        if (id == OPTIONS_ERROR ||
            !set_option(&options, id, arguments, error, sizeof(error))) {
            fprintf(stderr, "mqttlab: %s\n", error);
            return EXIT_USAGE;
        }
    }
    return -1;
}

/* ---- the dashboard with a broker of its own ---- */

int cmd_dashboard(int argc, char **argv)
{
    struct arguments arguments = {0};
    int code = read_arguments(
        dashboard_table,
        "Usage: mqttlab [OPTIONS]\n"
        "Without a command: start a broker, on 127.0.0.1:1883 unless told\n"
        "otherwise, and show every packet.",
        argc, argv, &arguments);

    if (code >= 0)
        return code;
    if (arguments.word) {
        fprintf(stderr, "mqttlab: no command '%s'; mqttlab --help lists them\n",
                arguments.word);
        return EXIT_USAGE;
    }
    if (!arguments.plain && !screen_possible()) {
        screen_explain();
        return cmd_tour(1, argv);
    }
    arguments.dashboard.plain = arguments.plain;
    arguments.dashboard.json = arguments.json;
    return dashboard_run(&arguments.dashboard);
}

/* ---- what is there already ---- */

/* While nothing has passed since it is watched. */
static const char watching[] =
    "Nothing has passed since this began to watch. What passed before is not "
    "shown, but views 3 and 4 show who is connected and what is retained.";

/* What to do while nothing is seen; NULL: nothing. */
static const char *invitation_of(const struct source *source,
                                 enum app_mode mode)
{
    if (mode == APP_LIVE)
        return watching;
    return source->steps ? "Each . lets the next packet of the recording come."
                         : NULL;
}

static int show(struct source *source, struct store *store,
                const struct arguments *arguments, enum app_mode mode)
{
    struct crew crew = {.port = source->port};
    struct screen_options screen = arguments->dashboard.screen;
    size_t max_bytes = store->max_bytes;
    struct settings settings;
    char error[300];
    struct app *app;
    int result;

    if (arguments->plain || !screen_possible()) {
        if (!arguments->plain)
            screen_explain();
        return run_plain(source, arguments->json) ? 1 : 0;
    }
    if (!settings_load(&settings, error, sizeof(error))) {
        fprintf(stderr, "mqttlab: %s\n", error);
        settings_release(&settings);
        return EXIT_USAGE;
    }
    settings_complete(&settings, &screen, &max_bytes);
    app = app_new(store, NULL, invitation_of(source, mode));
    app->mode = mode;
    app->max_bytes = store->max_bytes;
    app->crew = &crew;
    app_use(app, &settings);
    app->deeds = arguments->control ? source_deeds(source) : NULL;
    if (mode == APP_LIVE)
        app->no_deeds = "this only watches; with mqttlab attach --control it "
                        "may change things";
    result = run_screen(app, source, &screen);
    if (result)
        fprintf(stderr, "mqttlab: this terminal cannot show the dashboard\n");
    crew_release(&crew);
    app_free(app);
    settings_release(&settings);
    return result ? 1 : 0;
}

/* By its control socket, its port or its process. */
static bool is_named(const struct control_broker *broker, const char *name)
{
    char *end = NULL;
    unsigned long number = strtoul(name, &end, 10);

    return !strcmp(broker->path, name) ||
           (end != name && !*end &&
            (broker->port == number || (unsigned long)broker->pid == number));
}

/* The broker that is meant; false, after saying so, when that is not clear. */
static bool choose_broker(const char *name, struct control_broker *chosen)
{
    struct control_broker brokers[BROKERS_MAX];
    int count = control_find(brokers, BROKERS_MAX);
    int matches = 0;

    for (int i = 0; i < count; i++) {
        if (name && !is_named(&brokers[i], name))
            continue;
        *chosen = brokers[i];
        matches++;
    }
    if (matches == 1)
        return true;
    if (!matches)
        fprintf(stderr,
                "mqttlab: no broker of mqttlab runs%s%s; start one"
                " with: mqttlab broker\n",
                name ? " as " : "", name ? name : "");
    else
        fprintf(stderr, "mqttlab: which one? mqttlab attach PORT\n");
    for (int i = 0; i < count && matches != 1; i++)
        fprintf(stderr, "  port %u  pid %ld  %s\n", brokers[i].port,
                (long)brokers[i].pid, brokers[i].path);
    return false;
}

int cmd_attach(int argc, char **argv)
{
    struct arguments arguments = {.dashboard.max_bytes = DASHBOARD_BYTES};
    struct control_broker broker = {0};
    struct source source;
    char error[300];
    int code =
        read_arguments(attach_table,
                       "Usage: mqttlab attach [PORT | SOCKET] [OPTIONS]\n"
                       "Show every packet of a broker that runs already.",
                       argc, argv, &arguments);

    if (code >= 0)
        return code;
    if (!choose_broker(arguments.word, &broker))
        return 1;
    struct store *store = store_new(arguments.dashboard.max_bytes);
    source_init(&source, store);
    if (source_attach(&source, &broker, error, sizeof(error)) == 0) {
        code = show(&source, store, &arguments, APP_LIVE);
    } else {
        fprintf(stderr, "mqttlab: %s\n", error);
        code = 1;
    }
    source_close(&source);
    store_free(store);
    return code;
}

int cmd_replay(int argc, char **argv)
{
    struct arguments arguments = {.dashboard.max_bytes = DASHBOARD_BYTES};
    struct source source;
    char error[300];
    int code = read_arguments(watch_table,
                              "Usage: mqttlab replay FILE [OPTIONS]\n"
                              "Show a recording (pcapng) in the dashboard.",
                              argc, argv, &arguments);

    if (code >= 0)
        return code;
    if (!arguments.word) {
        fprintf(stderr, "mqttlab: replay needs a file; see --help\n");
        return EXIT_USAGE;
    }
    struct store *store = store_new(arguments.dashboard.max_bytes);
    source_init(&source, store);
    if (source_open_file(&source, arguments.word, error, sizeof(error)) == 0) {
        source.speed = arguments.speed;
        source.steps = arguments.step;
        store->follow = source.speed > 0 || source.steps;
        code = show(&source, store, &arguments, APP_REPLAY);
    } else {
        fprintf(stderr, "mqttlab: %s\n", error);
        code = 1;
    }
    source_close(&source);
    store_free(store);
    return code;
}
