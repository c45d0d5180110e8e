/*
 * mqttlab device: a simulated device. mqttlab play: a scripted demonstration.
 */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/whole_file.h"
#include "client/client_options.h"
#include "client/commands.h"
#include "client/play.h"
#include "wire/control.h"

#define EXIT_USAGE  3
#define BROKERS_MAX 64
#define ANSWER_MS   1000
#define SIGNALS     2
#define FILE_MAX    65536

enum {
    PLAY_OPTION_HELP = 1,
    PLAY_OPTION_HOST,
    PLAY_OPTION_PORT,
    PLAY_OPTION_ID,
    PLAY_OPTION_EVERY,
    PLAY_OPTION_QUICK,
};

static const struct option_spec device_table[] = {
    {PLAY_OPTION_HOST,  'h', "host",  "HOST", "the broker's name (127.0.0.1)" },
    {PLAY_OPTION_PORT,  'p', "port",  "PORT", "its port (1883)"               },
    {PLAY_OPTION_ID,    'i', "id",    "ID",
     "Client Identifier; the kind and -1 if not given"                        },
    {PLAY_OPTION_EVERY, 'e', "every", "TIME", "time between two messages (2s)"},
    {PLAY_OPTION_HELP,  0,   "help",  NULL,   "this text"                     },
    {0,                 0,   NULL,    NULL,   NULL                            },
};

static const struct option_spec play_table[] = {
    {PLAY_OPTION_HOST,  'h', "host",  "HOST", "the broker's name (127.0.0.1)" },
    {PLAY_OPTION_PORT,  'p', "port",  "PORT", "its port (1883)"               },
    {PLAY_OPTION_ID,    'i', "id",    "ID",
     "Client Identifier; the kind and -1 if not given"                        },
    {PLAY_OPTION_EVERY, 'e', "every", "TIME", "time between two messages (2s)"},
    {PLAY_OPTION_QUICK, 0,   "quick", NULL,   "do not wait: to try a script"  },
    {PLAY_OPTION_HELP,  0,   "help",  NULL,   "this text"                     },
    {0,                 0,   NULL,    NULL,   NULL                            },
};

struct player {
    struct loop loop;
    struct play *play;
    struct loop_signal signals[SIGNALS];
    int signals_open;
    struct play_script script;
    struct play_options options;
    const char *word; /* what is played */
    char *folder;     /* of its file, owned; NULL: the present one */
    int control_fd;   /* of the broker, if it is one of ours; -1 */
    int exit_code;
};

/* ---- what is to be played ---- */

static void list_built_ins(bool device)
{
    for (const struct play_built_in *row = play_built_ins(); row->name; row++) {
        if (row->device == device)
            printf("  %-13s %s\n", row->name, row->what);
    }
}

/* A built-in one, the file of this name, or NAME.play, as labs bring them.
   Returns 0 or a negative errno. */
static int find_text(const char *name, struct buf *text)
{
    const struct play_built_in *row = play_built_ins();

    while (row->name && strcmp(row->name, name) != 0)
        row++;
    if (row->name) {
        buf_append_string(text, row->text);
        return 0;
    }
    int error = whole_file_load(name, FILE_MAX, text);
    if (error == -ENOENT) {
        char *path = alloc_printf("%s.play", name);

        error = whole_file_load(path, FILE_MAX, text);
        free(path);
    }
    return error;
}

/* "labs/one.play": "labs". Owned; NULL when it is the present folder. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash
               ? alloc_string_of(path, (size_t)(slash - path) + (slash == path))
               : NULL;
}

static void explain_missing(const char *name)
{
    fprintf(stderr,
            "mqttlab: there is no '%s', and no file of this name; built in are",
            name);
    for (const struct play_built_in *row = play_built_ins(); row->name; row++)
        fprintf(stderr, " %s", row->name);
    fprintf(stderr,
            "\nThe demonstrations of a lab lie in its folder. mqttlab shell "
            "begins there; one that is\nolder than the lab does not know it: "
            "type exit, and mqttlab shell again.\n");
}

static bool load(struct player *player)
{
    char wrong[200];
    struct buf text = {0};
    int error = find_text(player->word, &text);
    bool good = !error && play_script_read(&player->script, buf_string(&text),
                                           wrong, sizeof(wrong));

    buf_release(&text);
    if (good)
        player->folder = folder_of(player->word);
    else if (error == -ENOENT)
        explain_missing(player->word);
    else
        fprintf(stderr, "mqttlab: %s: %s\n", player->word,
                error ? strerror(-error) : wrong);
    player->options.folder = player->folder;
    return good;
}

/* ---- a broker of ours is told more ---- */

static void find_control(struct player *player)
{
    struct control_broker brokers[BROKERS_MAX];
    int count = control_find(brokers, BROKERS_MAX);

    player->control_fd = -1;
    for (int i = 0; i < count && player->control_fd < 0; i++) {
        if (brokers[i].port == player->options.port)
            player->control_fd = control_connect(brokers[i].path);
    }
}

static void tell(const struct player *player, json_t *request)
{
    if (player->control_fd >= 0 && request)
        json_decref(
            control_request(player->control_fd, request, ANSWER_MS, NULL));
    json_decref(request);
}

/* Its packets earn nobody points in a lab. */
static void on_client(void *owner, const char *client_id)
{
    tell(owner, json_pack("{s:s, s:s, s:s}", "cmd", "actor", "client",
                          client_id, "actor", "script"));
}

static void on_note(void *owner, const char *text)
{
    puts(text);
    fflush(stdout);
    tell(owner, json_pack("{s:s, s:s}", "cmd", "note", "text", text));
}

static void on_end(void *owner, const char *error)
{
    struct player *player = owner;

    if (error)
        fprintf(stderr, "mqttlab: %s: %s\n", player->word, error);
    player->exit_code = error ? 1 : 0;
    loop_stop(&player->loop);
}

/* ---- running ---- */

static void on_signal(struct loop_signal *watch)
{
    struct player *player = watch->signal.data;

    play_stop(player->play);
}

static int run(struct player *player)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM};

    if (loop_init(&player->loop))
        return 1;
    find_control(player);
    player->options.owner = player;
    player->options.on_client = on_client;
    player->options.on_note = on_note;
    player->options.on_end = on_end;
    player->options.seed = clock_read_monotonic_ns() ^ (uint64_t)getpid() << 32;
    player->play = play_new(&player->loop, &player->script, &player->options);
    for (int i = 0; i < SIGNALS; i++) {
        if (loop_signal_open(&player->loop, &player->signals[i], numbers[i],
                             on_signal))
            break;
        player->signals[i].signal.data = player;
        player->signals_open++;
    }
    loop_run(&player->loop);
    for (int i = 0; i < player->signals_open; i++)
        loop_signal_close(&player->signals[i]);
    play_free(player->play);
    loop_run(&player->loop);
    loop_release(&player->loop);
    if (player->control_fd >= 0)
        close(player->control_fd);
    return player->exit_code;
}

/* ---- options ---- */

static bool set_option(struct player *player, const struct options *options,
                       int id, char *error, size_t size)
{
    long number = 0;

    if (id == PLAY_OPTION_PORT) {
        if (!options_number(options, 1, 65535, &number, error, size))
            return false;
        player->options.port = (uint16_t)number;
    } else if (id == PLAY_OPTION_HOST) {
        player->options.host = options->value;
    } else if (id == PLAY_OPTION_ID) {
        player->options.id = options->value;
    } else if (id == PLAY_OPTION_EVERY) {
        player->options.every = options->value;
        snprintf(error, size, "--every: '%s' is no time such as 2s or 500ms",
                 options->value);
        return play_time_ms(options->value) > 0;
    } else if (id == PLAY_OPTION_QUICK) {
        player->options.quick = true;
    } else if (player->word) {
        snprintf(error, size, "too many arguments: '%s'", options->value);
        return false;
    } else {
        player->word = options->value;
    }
    return true;
}

static void help(bool device)
{
    if (device)
        printf("Usage: mqttlab device KIND|FILE [OPTIONS]\n"
               "Simulate a device, with a will, until it is ended:\n\n");
    else
        printf("Usage: mqttlab play NAME|FILE [OPTIONS]\n"
               "Play a demonstration, with notes for all who watch:\n\n");
    list_built_ins(device);
    printf("\n");
    options_help(device ? device_table : play_table, stdout);
}

/* Returns -1 to go on, or the exit code. */
static int read_options(struct player *player, int argc, char **argv,
                        bool device)
{
    struct options options;
    char error[200];
    int id;

    options_init(&options, device ? device_table : play_table, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        if (id == PLAY_OPTION_HELP) {
            help(device);
            return 0;
        }
        if (id == OPTIONS_ERROR ||
            !set_option(player, &options, id, error, sizeof(error))) {
            fprintf(stderr, "mqttlab: %s\n",
                    id == OPTIONS_ERROR ? options.error : error);
            return EXIT_USAGE;
        }
    }
    if (player->word)
        return -1;
    fprintf(stderr, "mqttlab: %s needs a name; see --help\n", argv[0]);
    return EXIT_USAGE;
}

static int play(int argc, char **argv, bool device)
{
    struct player player = {
        .options = {.host = "127.0.0.1",
                    .port = client_options_port(),
                    .every = "2s"},
    };
    char *id = NULL;
    int code = read_options(&player, argc, argv, device);

    if (code >= 0)
        return code;
    if (!load(&player))
        return 1;
    if (!player.options.id) {
        const char *slash = strrchr(player.word, '/');

        id = alloc_printf("%s-1", slash ? slash + 1 : player.word);
        player.options.id = id;
    }
    code = run(&player);
    play_script_release(&player.script);
    free(player.folder);
    free(id);
    return code;
}

int cmd_device(int argc, char **argv)
{
    return play(argc, argv, true);
}

int cmd_play(int argc, char **argv)
{
    return play(argc, argv, false);
}
