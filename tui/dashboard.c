#include "tui/dashboard.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/process.h"
#include "tui/child.h"
#include "tui/run.h"

#define BROKERS_MAX   64
#define START_WAIT_MS 15000
#define STEP_MS       20
#define PORT_DEFAULT  1883
#define EXIT_SETTINGS 3

struct dashboard {
    const struct dashboard_options *options;
    struct child child; /* the broker that was started */
    struct control_broker broker;
    uint16_t port;
};

/* ---- finding and starting a broker ---- */

static bool find_broker(struct dashboard *dashboard, pid_t pid, uint16_t port)
{
    struct control_broker brokers[BROKERS_MAX];
    int count = control_find(brokers, BROKERS_MAX);

    for (int i = 0; i < count; i++) {
        if (pid ? brokers[i].pid == pid : brokers[i].port == port) {
            dashboard->broker = brokers[i];
            return true;
        }
    }
    return false;
}

static bool can_find_brokers(void)
{
    char text[500];
    int error = control_directory(text, sizeof(text));

    if (!error)
        return true;
    control_explain(error, text, sizeof(text));
    fprintf(stderr, "mqttlab: %s\n", text);
    return false;
}

/* Start a broker and wait for its control socket. */
static int start_broker(struct dashboard *dashboard)
{
    char port[8];
    const struct dashboard_options *options = dashboard->options;
    const char *config = options->config;
    const char *argv[7] = {"broker", "-p", port};
    int arguments = 3;
    int status = 0;
    int error;

    if (options->with_keys)
        argv[arguments++] = "--with-keys";
    if (config) {
        argv[arguments++] = "-c";
        argv[arguments++] = config;
    }
    snprintf(port, sizeof(port), "%u", dashboard->port);
    error = options->on_port ? options->on_port(options->owner, dashboard->port)
                             : 0;
    if (!error)
        error = child_start(&dashboard->child, argv, options->folder);
    for (int waited = 0; !error && waited < START_WAIT_MS; waited += STEP_MS) {
        if (find_broker(dashboard, dashboard->child.pid, 0))
            return 0;
        if (child_ended(&dashboard->child, &status))
            error = -ECHILD;
        else
            poll(NULL, 0, STEP_MS);
    }
    return error ? error : -ETIMEDOUT;
}

static void explain_start(struct dashboard *dashboard, int error)
{
    struct buf said = {0};

    child_output(&dashboard->child, &said);
    /* A broker that ended has said why. */
    fprintf(stderr, "mqttlab: the broker did not start on port %u%s%s\n%s",
            dashboard->port, error == -ECHILD ? "" : ": ",
            error == -ECHILD ? "" : strerror(-error), buf_string(&said));
    buf_release(&said);
}

/* ---- a port that is taken ---- */

enum choice { CHOICE_WATCH, CHOICE_OTHER_PORT, CHOICE_QUIT };

static enum choice ask(const char *question, bool can_watch)
{
    char line[64];

    for (;;) {
        fputs(question, stdout);
        fflush(stdout);
        if (!fgets(line, sizeof(line), stdin))
            return CHOICE_QUIT;
        if (can_watch && (line[0] == 'w' || line[0] == '\n'))
            return CHOICE_WATCH;
        if (line[0] == 'p' || (!can_watch && line[0] == '\n'))
            return CHOICE_OTHER_PORT;
        if (line[0] == 'q')
            return CHOICE_QUIT;
    }
}

/* The next port that nobody listens on; behind the last come those that need
   no rights. */
static uint16_t free_port(uint16_t port)
{
    const uint16_t first = 1024;
    pid_t pid;
    char name[64];

    do
        port = port < UINT16_MAX ? (uint16_t)(port + 1) : first;
    while (process_listening_on(port, &pid, name, sizeof(name)) == 0);
    return port;
}

static enum choice ask_about(struct dashboard *dashboard, bool ours)
{
    char name[64] = "";
    pid_t pid = 0;
    char *question;
    enum choice choice;

    process_listening_on(dashboard->port, &pid, name, sizeof(name));
    printf("Port %u is taken", dashboard->port);
    if (ours)
        printf(" by a broker of mqttlab (pid %ld)",
               (long)dashboard->broker.pid);
    else if (pid)
        printf(" by %s (pid %ld)", name, (long)pid);
    else
        printf(" by another program");
    printf(".\n");
    question = alloc_printf("%s[p] start one on port %u\n[q] quit\n> ",
                            ours ? "[w] watch that broker (Enter)\n" : "",
                            free_port(dashboard->port));
    choice = ask(question, ours);
    free(question);
    return choice;
}

/*
 * Get a broker to watch: our own, or one that is there and the user chooses.
 * False: the user does not want to, or nothing works; *code is for exit.
 */
static bool get_broker(struct dashboard *dashboard, int *code)
{
    for (;;) {
        char name[64];
        pid_t pid;
        bool ours = find_broker(dashboard, 0, dashboard->port);
        bool taken = ours || process_listening_on(dashboard->port, &pid, name,
                                                  sizeof(name)) == 0;
        enum choice choice = CHOICE_WATCH;

        *code = 0;
        if (ours && dashboard->options->watch)
            return true;
        if (!taken) {
            int error = start_broker(dashboard);

            if (!error)
                return true;
            explain_start(dashboard, error);
            *code = 1;
            return false;
        }
        choice = ask_about(dashboard, ours);
        if (choice == CHOICE_WATCH)
            return true;
        if (choice == CHOICE_QUIT)
            return false;
        dashboard->port = free_port(dashboard->port);
    }
}

/* ---- the screen ---- */

static char *make_invitation(uint16_t port, bool lab)
{
    char option[16] = "";
    char arguments[24] = "";

    if (lab)
        return alloc_printf(
            "A broker listens on 127.0.0.1:%u. Nothing has reached it yet.\n"
            "\n"
            "What to do stands in view 7, the lab; z there gives it the whole "
            "window. Every packet appears here.\n",
            port);

    if (port != PORT_DEFAULT) {
        snprintf(option, sizeof(option), " -p %u", port);
        snprintf(arguments, sizeof(arguments), " ARGS='-p %u'", port);
    }
    return alloc_printf(
        "A broker listens on 127.0.0.1:%u. Nothing has reached it yet.\n"
        "\n"
        "In two other terminals, type first:\n"
        "  make shell%s\n"
        "in mqttlab's own folder, or mqttlab shell%s where it is installed.\n"
        "In one of them, subscribe:\n"
        "  mosquitto_sub -h 127.0.0.1%s -i testSub -t debug -d\n"
        "In the other one, publish:\n"
        "  mosquitto_pub -h 127.0.0.1%s -t debug -m hello -q 2\n"
        "\n"
        "Every packet appears here. p publishes from this screen,"
        " ? shows the keys, q quits.\n",
        port, arguments, option, option, option);
}

static char *make_small_invitation(uint16_t port, bool lab)
{
    char option[16] = "";

    if (lab)
        return make_invitation(port, lab);

    if (port != PORT_DEFAULT)
        snprintf(option, sizeof(option), " -p %u", port);
    return alloc_printf("A broker listens on port %u.\n"
                        "In other terminals, first make shell\n"
                        "or, installed, mqttlab shell%s\n"
                        "Then in one, and in another:\n"
                        "  mosquitto_sub -t debug\n"
                        "  mosquitto_pub -t debug -m hi\n"
                        "? shows the keys, q quits.\n",
                        port, option);
}

/* Does a broker end with the dashboard: the one that it has started, if that
   runs still, or one that the student runs in it? */
static bool ends_broker(void *owner)
{
    struct dashboard *dashboard = owner;
    const struct panel *lab = dashboard->options->lab;
    int status;

    return (dashboard->child.pid && !child_ended(&dashboard->child, &status)) ||
           (lab && lab->runs_broker && lab->runs_broker(lab->lab));
}

/* What is shown, and whence it comes. */
struct show {
    struct store *store;
    char *invitation;
    char *small_invitation;
    struct app *app;
    struct source source;
    struct crew crew;
};

/* What the screen may do here, and says; the source knows its broker. */
static void equip(struct show *show, struct dashboard *dashboard,
                  const struct settings *settings)
{
    struct app *app = show->app;

    app->host.small_invitation = show->small_invitation;
    app_use(app, settings);
    app->deeds = source_deeds(&show->source);
    app->crew = &show->crew;
    if (dashboard->options->with_keys)
        app_say(app, "--with-keys: who has a recording of this reads "
                     "what TLS has hidden");
    app->about_quit = " Quit? The broker ends as well.   y yes"
                      "   any other key: no ";
    app->quit_ends = ends_broker;
    app->quit_owner = dashboard;
}

static void open_show(struct show *show, const struct dashboard *dashboard,
                      size_t max_bytes)
{
    const struct dashboard_options *options = dashboard->options;
    uint16_t port = (uint16_t)dashboard->broker.port;
    bool lab = options->lab != NULL;

    *show = (struct show){
        .store = store_new(max_bytes),
        .invitation = make_invitation(port, lab),
        .small_invitation = make_small_invitation(port, lab),
        .crew = {.port = dashboard->broker.port, .folder = options->folder},
    };
    source_init(&show->source, show->store);
    show->source.ports = options->ports;
    show->app = app_new(show->store, options->lab, show->invitation);
    show->app->max_bytes = max_bytes;
}

static void close_show(struct show *show)
{
    crew_release(&show->crew);
    source_close(&show->source);
    app_free(show->app);
    store_free(show->store);
    free(show->invitation);
    free(show->small_invitation);
}

/* Until the user leaves: on the screen, or line by line. */
static int run(struct show *show, const struct dashboard_options *options,
               const struct screen_options *screen)
{
    int error = options->plain ? run_plain(&show->source, options->json)
                               : run_screen(show->app, &show->source, screen);

    if (error)
        fprintf(stderr,
                "mqttlab: this terminal cannot show the dashboard: %s\n",
                strerror(-error));
    return error;
}

static int run_show(struct dashboard *dashboard,
                    const struct settings *settings)
{
    struct screen_options screen = dashboard->options->screen;
    size_t max_bytes = dashboard->options->max_bytes;
    struct show show;
    char error[300];

    settings_complete(settings, &screen, &max_bytes);
    open_show(&show, dashboard, max_bytes ? max_bytes : DASHBOARD_BYTES);
    int result =
        source_attach(&show.source, &dashboard->broker, error, sizeof(error));
    if (result) {
        fprintf(stderr, "mqttlab: %s\n", error);
    } else {
        equip(&show, dashboard, settings);
        result = run(&show, dashboard->options, &screen);
    }
    close_show(&show);
    return result ? 1 : 0;
}

int dashboard_run(const struct dashboard_options *options)
{
    struct dashboard dashboard = {
        .options = options,
        .port = options->port ? options->port : PORT_DEFAULT,
    };
    struct settings settings;
    char error[300];
    int code = 0;

    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    if (!can_find_brokers())
        return 1;
    if (!settings_load(&settings, error, sizeof(error))) {
        fprintf(stderr, "mqttlab: %s\n", error);
        code = EXIT_SETTINGS;
    } else if (get_broker(&dashboard, &code)) {
        code = run_show(&dashboard, &settings);
    }
    settings_release(&settings);
    child_stop(&dashboard.child);
    return code;
}
