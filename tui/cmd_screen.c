/*
 * mqttlab screen: one view of a recording as text, for documents, tests and
 * people who use a screen reader. mqttlab keys: the keys as text.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/options.h"
#include "tui/commands.h"
#include "tui/grid_svg.h"
#include "tui/screen.h"
#include "tui/source.h"

#define EXIT_USAGE 3

enum {
    OPTION_HELP = 1,
    OPTION_VIEW,
    OPTION_SIZE,
    OPTION_SELECT,
    OPTION_FILTER,
    OPTION_KEYS,
    OPTION_ASCII,
    OPTION_UTF8,
    OPTION_LAYER,
    OPTION_MONO,
    OPTION_SVG,
    OPTION_THEME,
    OPTION_ROFF,
    OPTION_ACTIONS
};

static const struct option_spec screen_table[] = {
    {OPTION_VIEW,   'v', "view",   "VIEW",
     "packets, ladder, sessions, topics, wills, wire,\n"
     "lab, stats, log, help"                                                    },
    {OPTION_SIZE,   's', "size",   "WxH",  "columns and rows (80x24)"           },
    {OPTION_SELECT, 'n', "select", "N",    "choose packet N"                    },
    {OPTION_FILTER, 'f', "filter", "EXPR", "show only what matches"             },
    {OPTION_KEYS,   'k', "keys",   "KEYS", "press these first, as \"jj<Enter>\""},
    {OPTION_ASCII,  0,   "ascii",  NULL,   "draw lines with - and |"            },
    {OPTION_UTF8,   0,   "utf8",   NULL,   "draw line characters in any locale" },
    {OPTION_LAYER,  0,   "layer",  NULL,   "show below what each cell means"    },
    {OPTION_MONO,   0,   "mono",   NULL,
     "show below how a terminal without colours marks it"                       },
    {OPTION_SVG,    0,   "svg",    NULL,   "a picture in SVG"                   },
    {OPTION_THEME,  0,   "theme",  "NAME",
     "its colours: dark, light, safe, safe-light or\n"
     "mono (dark)"                                                              },
    {OPTION_HELP,   'h', "help",   NULL,   "this text"                          },
    {0,             0,   NULL,     NULL,   NULL                                 },
};

struct request {
    const char *file;
    enum view_id view;
    int height;
    int width;
    long select;
    const char *filter;
    const char *keys;
    bool ascii;
    bool utf8;
    bool layer;
    bool mono;
    bool svg;
    const struct theme *theme;
};

/* ---- what is asked for ---- */

static bool set_size(struct request *request, const char *text)
{
    char *end = NULL;
    long width = strtol(text, &end, 10);
    long height = *end == 'x' ? strtol(end + 1, &end, 10) : 0;

    request->width = (int)width;
    request->height = (int)height;
    return !*end && width > 0 && width <= 1000 && height > 0 && height <= 1000;
}

static bool set_option(struct request *request, const struct options *options,
                       int id, char *error, size_t size)
{
    const char *value = options->value;

    if (id == OPTION_VIEW) {
        request->view = keys_view_of(value);
        snprintf(error, size, "--view: there is no view '%s'", value);
        return request->view != VIEW_COUNT;
    }
    if (id == OPTION_SIZE) {
        snprintf(error, size, "--size: '%s' is not like 80x24", value);
        return set_size(request, value);
    }
    if (id == OPTION_THEME) {
        request->theme = theme_find(value);
        theme_explain(value, error, size);
        return request->theme;
    }
    if (id == OPTION_SELECT)
        return options_number(options, 1, 1000000000, &request->select, error,
                              size);
    if (id == OPTION_FILTER)
        request->filter = value;
    if (id == OPTION_KEYS)
        request->keys = value;
    if (id == OPTIONS_WORD)
        request->file = value;
    request->ascii = request->ascii || id == OPTION_ASCII;
    request->utf8 = request->utf8 || id == OPTION_UTF8;
    request->layer = request->layer || id == OPTION_LAYER;
    request->mono = request->mono || id == OPTION_MONO;
    request->svg = request->svg || id == OPTION_SVG;
    return true;
}

/* Returns -1 to go on, or the exit code. */
static int read_request(int argc, char **argv, struct request *request)
{
    struct options options;
    char error[200];
    int id;

    options_init(&options, screen_table, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        if (id == OPTION_HELP) {
            printf("Usage: mqttlab screen [OPTIONS] FILE\n"
                   "Print one view of a recording as text.\n\n");
            options_help(screen_table, stdout);
            return 0;
        }
        if (id == OPTIONS_ERROR ||
            !set_option(request, &options, id, error, sizeof(error))) {
            fprintf(stderr, "mqttlab: %s\n",
                    id == OPTIONS_ERROR ? options.error : error);
            return EXIT_USAGE;
        }
    }
    if (!request->file) {
        fprintf(stderr, "mqttlab: screen needs a file; see --help\n");
        return EXIT_USAGE;
    }
    return -1;
}

/* ---- the picture ---- */

static bool prepare(struct app *app, const struct request *request)
{
    struct filter_error error;

    if (request->filter &&
        !store_set_filter(app->store, request->filter, &error)) {
        fprintf(stderr, "mqttlab: --filter: column %u: %s\n", error.column,
                error.message);
        return false;
    }
    store_catch_up(app->store, 0);
    if (request->select &&
        !store_choose_packet(app->store, (uint64_t)request->select)) {
        fprintf(stderr, "mqttlab: --select: there is no packet %ld\n",
                request->select);
        return false;
    }
    app_show(app, request->view);
    return true;
}

static void print(struct app *app, const struct request *request)
{
    struct grid grid;
    struct buf text = {0};
    int key = KEYS_NONE;
    size_t used;

    grid_init(&grid, request->height, request->width,
              request->ascii || (!request->utf8 && !screen_is_utf8()));
    app_draw(app, &grid);
    /* A picture between two keys, as on a terminal: how far a page is and
       where a click goes depends on it. */
    for (const char *keys = request->keys ? request->keys : "";
         (used = keys_parse(keys, &key)); keys += used) {
        app_key(app, key, NULL);
        store_catch_up(app->store, 0);
        app_draw(app, &grid);
    }
    if (request->svg)
        grid_svg(&grid, request->theme ? request->theme : theme_table(), &text);
    else
        grid_dump(&grid, request->layer, &text);
    if (request->mono)
        screen_dump_mono(&grid, &text);
    fputs(buf_string(&text), stdout);
    buf_release(&text);
    grid_release(&grid);
}

static int show_file(const struct request *request)
{
    struct store *store = store_new(0);
    struct source source;
    char error[300];
    int code = 1;

    source_init(&source, store);
    if (source_open_file(&source, request->file, error, sizeof(error)) == 0) {
        struct app *app = app_new(store, NULL, NULL);

        source_poll(&source, 0);
        app->mode = APP_REPLAY;
        store_set_now(store, store->last_ns);
        if (prepare(app, request)) {
            print(app, request);
            code = 0;
        }
        app_free(app);
    } else {
        fprintf(stderr, "mqttlab: %s\n", error);
    }
    source_close(&source);
    store_free(store);
    return code;
}

int cmd_screen(int argc, char **argv)
{
    struct request request = {.view = VIEW_PACKETS, .height = 24, .width = 80};
    int code;

    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    code = read_request(argc, argv, &request);
    if (code >= 0)
        return code;
    /* The widths of characters are known only in a locale that has them. */
    if (request.utf8 && !screen_is_utf8() && !setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "en_US.UTF-8");
    return show_file(&request);
}

/* ---- mqttlab keys ---- */

static const struct option_spec keys_options[] = {
    {OPTION_ROFF,    0,   "roff",    NULL, "as a part of the manual page"  },
    {OPTION_ACTIONS, 0,   "actions", NULL, "what settings can bind keys to"},
    {OPTION_HELP,    'h', "help",    NULL, "this text"                     },
    {0,              0,   NULL,      NULL, NULL                            },
};

int cmd_keys(int argc, char **argv)
{
    struct options options;
    struct buf text = {0};
    bool roff = false;
    bool actions = false;
    int id;

    options_init(&options, keys_options, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        if (id == OPTION_HELP) {
            printf("Usage: mqttlab keys [OPTIONS]\n"
                   "Print all keys of the dashboard.\n\n");
            options_help(keys_options, stdout);
            return 0;
        }
        if (id == OPTIONS_ERROR || id == OPTIONS_WORD) {
            fprintf(stderr, "mqttlab: %s\n",
                    id == OPTIONS_ERROR ? options.error : "keys takes no word");
            return EXIT_USAGE;
        }
        actions = actions || id == OPTION_ACTIONS;
        roff = roff || id == OPTION_ROFF;
    }
    for (int action = 1; actions && action < ACTION_COUNT; action++)
        buf_printf(&text, "%s\n", keys_action_name((enum action)action));
    if (!actions)
        keys_document(roff, &text);
    fputs(buf_string(&text), stdout);
    buf_release(&text);
    return 0;
}
