/*
 * mqttlab board: the class on one screen.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/options.h"
#include "client/class_board.h"
#include "client/client.h"
#include "client/client_options.h"
#include "client/commands.h"
#include "net/address.h"
#include "net/timer.h"

#define EXIT_USAGE   3
#define EXIT_NOT     1
#define SIGNALS      2
#define DRAW_MS      1000 /* the minutes go on */
#define SOON_MS      100  /* after a message */
#define QUIET_MS     700 /* what is retained has come when so long nothing came */
#define ONCE_MS      3000 /* or so long after the first, whatever still comes */
#define ANEW_MS      2000
#define USUAL_WIDTH  80
#define USUAL_HEIGHT 24
#define KEEP_ALIVE_S 20

enum {
    BOARD_HOST = 1,
    BOARD_PORT,
    BOARD_USER,
    BOARD_PASSWORD,
    BOARD_TOPIC,
    BOARD_ONCE,
    BOARD_HELP,
};

static const struct option_spec table[] = {
    {BOARD_HOST,     'h', "host",     "HOST",     "the broker's name (127.0.0.1)"   },
    {BOARD_PORT,     'p', "port",     "PORT",     "its port (1883)"                 },
    {BOARD_USER,     'u', "username", "USERNAME", "user name"                       },
    {BOARD_PASSWORD, 'P', "pw",       "PASSWORD", "password"                        },
    {BOARD_TOPIC,    't', "topic",    "PREFIX",
     "what the students' topics begin with (board)"                                 },
    {BOARD_ONCE,     0,   "once",     NULL,       "print what is there now, and end"},
    {BOARD_HELP,     0,   "help",     NULL,       "this text"                       },
    {0,              0,   NULL,       NULL,       NULL                              },
};

struct viewer {
    struct loop loop;
    struct client *client;
    struct client_config config;
    struct class_board board;
    struct timer timer; /* of drawing; with --once, of the end */
    uint64_t by_ms;     /* of the loop's clock: not later; 0: nothing came */
    struct loop_signal signals[SIGNALS];
    int signals_open;
    const char *prefix;
    bool once;
    bool on_screen;
    bool lost; /* no connection at present */
    int exit_code;
};

static struct viewer *viewer_of(const struct client *client)
{
    return client_context(client);
}

/* ---- the screen ---- */

static void draw(struct viewer *viewer)
{
    struct winsize size = {.ws_col = USUAL_WIDTH, .ws_row = USUAL_HEIGHT};
    struct buf text = {0};

    if (ioctl(1, TIOCGWINSZ, &size) != 0 || !size.ws_col || !size.ws_row)
        size = (struct winsize){.ws_col = USUAL_WIDTH, .ws_row = USUAL_HEIGHT};
    class_board_render(&viewer->board, size.ws_col, size.ws_row - 2u,
                       clock_read_wall_ns() / CLOCK_NS_PER_S, &text);
    fputs("\033[H", stdout);
    for (const char *line = buf_string(&text); *line;) {
        int len = (int)strcspn(line, "\n");

        printf("%.*s\033[K\r\n", len, line);
        line += len + (line[len] == '\n');
    }
    printf("%s\033[J", viewer->lost ? "(no broker answers; it is tried again)"
                                    : "Ctrl-C ends");
    fflush(stdout);
    buf_release(&text);
}

static void print_once(const struct viewer *viewer)
{
    struct buf text = {0};

    class_board_render(&viewer->board, USUAL_WIDTH / 2, CLASS_BOARD_MAX + 2,
                       clock_read_wall_ns() / CLOCK_NS_PER_S, &text);
    fputs(buf_string(&text), stdout);
    buf_release(&text);
}

static void on_timer(struct timer *timer)
{
    struct viewer *viewer = LIST_ITEM(timer, struct viewer, timer);

    if (viewer->once) {
        print_once(viewer);
        viewer->exit_code = 0;
        client_disconnect(viewer->client, MQTT_SUCCESS, (struct slice){0});
        return;
    }
    draw(viewer);
    viewer->by_ms = 0;
    timer_set(&viewer->loop, &viewer->timer, DRAW_MS);
}

/* Something came, and more may: it is drawn when all is there, but who never
   stops to publish holds nothing up. */
static void draw_soon(struct viewer *viewer)
{
    uint64_t now_ms = clock_ms(&viewer->loop.clock);
    uint64_t after_ms = viewer->once ? QUIET_MS : SOON_MS;

    if (!viewer->by_ms)
        viewer->by_ms = now_ms + (viewer->once ? ONCE_MS : DRAW_MS);
    if (now_ms + after_ms <= viewer->by_ms)
        timer_set(&viewer->loop, &viewer->timer, after_ms);
}

/* Somebody's row has changed. */
static void show(struct viewer *viewer, const struct class_board_row *row)
{
    struct buf text = {0};

    if (viewer->once || viewer->on_screen) {
        draw_soon(viewer);
    } else {
        class_board_sentence(row, &text);
        puts(buf_string(&text));
        fflush(stdout);
    }
    buf_release(&text);
}

/* ---- what the client hears ---- */

static void on_connack(struct client *client,
                       const struct mqtt_connack *connack)
{
    struct viewer *viewer = viewer_of(client);
    char *filter = alloc_printf("%s/+/+/+", viewer->prefix);
    const struct mqtt_subscription subscription = {
        .topic_filter = slice_of_string(filter), .qos = 1};

    viewer->lost = connack->reason != MQTT_SUCCESS;
    if (!viewer->lost)
        client_subscribe(client, &subscription, 1, (struct slice){0});
    free(filter);
}

static void on_suback(struct client *client, const struct mqtt_suback *suback)
{
    struct viewer *viewer = viewer_of(client);

    (void)suback;
    if (viewer->once || viewer->on_screen)
        draw_soon(viewer);
}

static void on_message(struct client *client,
                       const struct mqtt_publish *message)
{
    struct viewer *viewer = viewer_of(client);
    size_t skip = strlen(viewer->prefix) + 1;

    if (message->topic.len <= skip)
        return;
    const struct class_board_row *row = class_board_take(
        &viewer->board,
        slice_of(message->topic.bytes + skip, message->topic.len - skip),
        message->payload);
    if (row)
        show(viewer, row);
}

static void on_ended(struct client *client, const struct client_ended *ended)
{
    struct viewer *viewer = viewer_of(client);

    if (viewer->once || ended->end == CLIENT_END_REFUSED) {
        if (ended->end != CLIENT_END_CLOSED)
            fprintf(stderr, "mqttlab board: %s\n",
                    ended->end == CLIENT_END_REFUSED
                        ? "the broker refuses the connection"
                        : "no broker answers there");
        loop_stop(&viewer->loop);
        return;
    }
    viewer->lost = true;
    client_connect_in(client, ANEW_MS);
}

static const struct client_events events = {
    .on_connack = on_connack,
    .on_suback = on_suback,
    .on_message = on_message,
    .on_ended = on_ended,
};

/* ---- running ---- */

static void on_signal(struct loop_signal *watch)
{
    struct viewer *viewer = watch->signal.data;

    viewer->exit_code = 0;
    loop_stop(&viewer->loop);
}

static void watch_signals(struct viewer *viewer)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM};

    for (int i = 0; i < SIGNALS; i++) {
        if (loop_signal_open(&viewer->loop, &viewer->signals[i], numbers[i],
                             on_signal))
            break;
        viewer->signals[i].signal.data = viewer;
        viewer->signals_open++;
    }
}

static int run(struct viewer *viewer)
{
    if (loop_init(&viewer->loop))
        return EXIT_NOT;
    viewer->exit_code = EXIT_NOT;
    viewer->on_screen = !viewer->once && isatty(1);
    timer_init(&viewer->timer, on_timer);
    watch_signals(viewer);
    viewer->client =
        client_new(&viewer->loop, &viewer->config, &events, viewer);
    if (viewer->on_screen)
        fputs("\033[?1049h\033[2J", stdout);
    client_connect_in(viewer->client, 0);
    loop_run(&viewer->loop);
    if (viewer->on_screen)
        fputs("\033[?1049l", stdout);
    timer_cancel(&viewer->timer);
    client_free(viewer->client);
    for (int i = 0; i < viewer->signals_open; i++)
        loop_signal_close(&viewer->signals[i]);
    loop_run(&viewer->loop);
    loop_release(&viewer->loop);
    class_board_release(&viewer->board);
    return viewer->exit_code;
}

static void usage(FILE *to)
{
    fputs(
        "Usage: mqttlab board [OPTIONS]\n\n"
        "The class on one screen: a line for each student who does a lab with\n"
        "mqttlab lab N --board mqtt://THIS-BROKER. \"!\": no move for ten\n"
        "minutes.\n\n",
        to);
    options_help(table, to);
}

static bool set_option(struct viewer *viewer, const struct options *options,
                       int id, char *error, size_t size)
{
    long number;

    if (id == BOARD_PORT) {
        if (!options_number(options, 1, 65535, &number, error, size))
            return false;
        viewer->config.port = (uint16_t)number;
    } else if (id == BOARD_HOST) {
        viewer->config.host = options->value;
    } else if (id == BOARD_USER) {
        viewer->config.connect.has_user_name = true;
        viewer->config.connect.user_name = slice_of_string(options->value);
    } else if (id == BOARD_PASSWORD) {
        viewer->config.connect.has_password = true;
        viewer->config.connect.password = slice_of_string(options->value);
    } else if (id == BOARD_TOPIC) {
        viewer->prefix = options->value;
    } else if (id == BOARD_ONCE) {
        viewer->once = true;
    } else {
        snprintf(error, size, "%s",
                 id == OPTIONS_ERROR ? options->error : "one board at a time");
        return false;
    }
    return true;
}

int cmd_board(int argc, char **argv)
{
    struct viewer viewer = {.prefix = "board"};
    struct options options;
    char error[200];
    int id;

    viewer.config = (struct client_config){
        .host = "127.0.0.1",
        .port = ADDRESS_PORT,
        .connect = {.version = MQTT_3_1_1,
                    .clean_start = true,
                    .keep_alive_s = KEEP_ALIVE_S}
    };
    options_init(&options, table, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        if (id == BOARD_HELP) {
            usage(stdout);
            return 0;
        }
        if (!set_option(&viewer, &options, id, error, sizeof(error))) {
            fprintf(stderr, "mqttlab board: %s\n", error);
            return EXIT_USAGE;
        }
    }
    client_options_take_password(&viewer.config.connect);
    return run(&viewer);
}
