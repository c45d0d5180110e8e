#include "tui/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/loop.h"
#include "net/timer.h"
#include "tui/loaded.h"
#include "tui/row_json.h"
#include "tui/shell_pane.h"
#include "wire/render.h"

#define TICK_MS       40
#define STEP_MS       10
#define SHELL_TICK_MS 20 /* so that what is typed is seen soon */
#define DRAW_NS       (50 * CLOCK_NS_PER_MS) /* at most 20 pictures a second */
#define CATCH_UP_NS   (8 * CLOCK_NS_PER_MS)
#define READ_NS       (15 * CLOCK_NS_PER_MS) /* of a file in one tick */
#define SIGNAL_COUNT  4

struct runner {
    struct loop loop;
    struct loop_fd input;
    struct timer tick;
    struct loop_signal signals[SIGNAL_COUNT];
    int signals_open;
    bool input_open;
    struct app *app; /* borrowed, as the next two: what was begun with */
    struct source *source;
    struct screen *screen;
    struct loaded *loaded; /* owned: files opened over it; NULL: none */
    struct grid grid;
    uint64_t drawn_ns; /* monotonic */
    uint64_t second;   /* of the wall clock, drawn last */
    bool dirty;        /* something is to be seen that was not drawn */
};

/* What is seen. */
static struct app *shown(const struct runner *runner)
{
    return runner->loaded ? runner->loaded->app : runner->app;
}

/* ---- drawing ---- */

/* Why the rest of a very large terminal stays empty. */
static void say_size(struct runner *runner)
{
    int height;
    int width;

    if (screen_exceeded(runner->screen, &height, &width))
        app_say(shown(runner),
                "the terminal says that it has %d x %d characters; at most "
                "%d x %d are used",
                width, height, SCREEN_MAX_WIDTH, SCREEN_MAX_HEIGHT);
}

static void draw(struct runner *runner)
{
    int height;
    int width;

    screen_size(runner->screen, &height, &width);
    if (height != runner->grid.height || width != runner->grid.width) {
        grid_resize(&runner->grid, height, width);
        say_size(runner);
    }
    if (shown(runner)->theme)
        screen_set_theme(runner->screen, shown(runner)->theme);
    app_draw(shown(runner), &runner->grid);
    screen_show(runner->screen, &runner->grid);
    runner->drawn_ns = clock_read_monotonic_ns();
    runner->dirty = false;
}

/* Say what is wrong with the file, if anything new is. */
static bool say_trouble(struct app *app, struct source *source)
{
    if (!*source->trouble)
        return false;
    app_say(app, "%s", source->trouble);
    *source->trouble = '\0';
    return true;
}

/* Take in what came; true when a picture would be another. */
static bool take_in(struct app *app, struct source *source, uint64_t now_ns)
{
    struct store *store = app->store;
    const struct panel *lab = app->lab;

    if (app->step)
        source_step(source);
    app->step = false;
    bool changed = source_poll(source, READ_NS);
    if (app->mode != APP_REPLAY) {
        enum app_mode mode = source_gone(source, now_ns) ? APP_GONE : APP_LIVE;

        changed = changed || mode != app->mode;
        app->mode = mode;
        store_set_now(store, now_ns);
    } else if (changed) {
        store_set_now(store, store->last_ns);
    }
    if (lab)
        lab->watch(lab->lab, app->mode != APP_GONE);
    if (lab && lab->tick(lab->lab, store->history, now_ns))
        changed = true;
    if (store_catch_up(store, CATCH_UP_NS))
        changed = true;
    if (say_trouble(app, source))
        changed = true;
    const char *said = app->crew ? crew_tick(app->crew) : NULL;
    if (said)
        app_say(app, "%s", said);
    return changed || said;
}

/* What lies below goes on: nothing is lost while a file is looked at. */
static bool take_in_all(struct runner *runner)
{
    uint64_t now_ns = clock_read_wall_ns();
    bool changed = take_in(runner->app, runner->source, now_ns);

    for (struct loaded *at = runner->loaded; at; at = at->under) {
        bool moved = take_in(at->app, &at->source, now_ns);

        if (at == runner->loaded)
            changed = moved;
    }
    if (now_ns / CLOCK_NS_PER_S != runner->second) {
        runner->second = now_ns / CLOCK_NS_PER_S;
        changed = true;
    }
    return changed;
}

static void on_tick(struct timer *timer)
{
    struct runner *runner = LIST_ITEM(timer, struct runner, tick);
    struct shell_pane *shell = runner->app->host.shell;
    bool shell_runs = shell_pane_runs(shell);

    if (take_in_all(runner))
        runner->dirty = true;
    if (shell_runs && shell_pane_read(shell))
        runner->dirty = true;
    if (runner->dirty &&
        clock_read_monotonic_ns() - runner->drawn_ns >= DRAW_NS)
        draw(runner);
    timer_set(&runner->loop, &runner->tick,
              shell_runs ? SHELL_TICK_MS : TICK_MS);
}

/* ---- keys and signals ---- */

/* Open the file that was asked for, over what is shown. */
static void load(struct runner *runner)
{
    struct app *app = shown(runner);
    char *path = app->load;
    char error[300];
    struct loaded *loaded = loaded_new(path, app, error, sizeof(error));

    app->load = NULL;
    if (loaded) {
        loaded->under = runner->loaded;
        runner->loaded = loaded;
    } else {
        app_say(app, "%s", error);
    }
    free(path);
}

/* Leave what is shown, or, when that is all, the program. */
static void leave(struct runner *runner)
{
    struct loaded *loaded = runner->loaded;

    if (!loaded || loaded->app->quit_all) {
        loop_stop(&runner->loop);
        return;
    }
    runner->loaded = loaded->under;
    loaded_free(loaded);
}

/* What the app asks of whoever shows it. */
static void serve(struct runner *runner)
{
    struct app *app = shown(runner);

    if (app->suspend)
        screen_suspend(runner->screen);
    if (app->redraw)
        screen_redraw(runner->screen);
    app->suspend = app->redraw = false;
    if (app->copied.len)
        screen_copy(runner->screen, buf_slice(&app->copied));
    buf_clear(&app->copied);
    if (app->load)
        load(runner);
    if (app->quit)
        leave(runner);
}

/* A pressed key is seen at once. */
static void on_input(struct loop_fd *fd, bool readable, bool writable)
{
    struct runner *runner = LIST_ITEM(fd, struct runner, input);
    struct keys_mouse mouse;
    int key;

    (void)writable;
    if (!readable)
        return;
    while ((key = screen_read(runner->screen, &mouse)) != KEYS_NONE) {
        app_key(shown(runner), key, &mouse);
        store_catch_up(shown(runner)->store, CATCH_UP_NS);
        serve(runner);
    }
    draw(runner);
}

static void on_signal(struct loop_signal *watch)
{
    struct runner *runner = watch->signal.data;

    if (watch == &runner->signals[0])
        draw(runner); /* another size */
    else
        loop_stop(&runner->loop);
}

/* ---- life ---- */

static int watch_signals(struct runner *runner)
{
    static const int signals[SIGNAL_COUNT] = {SIGWINCH, SIGTERM, SIGHUP,
                                              SIGINT};
    int error = 0;

    for (int i = 0; i < SIGNAL_COUNT && !error; i++) {
        error = loop_signal_open(&runner->loop, &runner->signals[i], signals[i],
                                 on_signal);
        runner->signals[i].signal.data = runner;
        runner->signals_open += !error;
    }
    return error;
}

/* The loop is there; what it watches may fail. */
static int begin(struct runner *runner)
{
    int error;

    timer_init(&runner->tick, on_tick);
    timer_set(&runner->loop, &runner->tick, TICK_MS);
    error = loop_fd_open(&runner->loop, &runner->input, STDIN_FILENO, on_input);
    runner->input_open = !error;
    return error ? error : watch_signals(runner);
}

static void end(struct runner *runner)
{
    timer_cancel(&runner->tick);
    if (runner->input_open)
        loop_fd_close(&runner->input, NULL);
    for (int i = 0; i < runner->signals_open; i++)
        loop_signal_close(&runner->signals[i]);
    loop_run(&runner->loop);
    loop_release(&runner->loop);
}

int run_screen(struct app *app, struct source *source,
               const struct screen_options *options)
{
    struct runner runner = {.app = app, .source = source};
    int error = loop_init(&runner.loop);

    if (error)
        return error;
    runner.screen = screen_new(options);
    if (!runner.screen) {
        loop_release(&runner.loop);
        return -ENOTTY;
    }
    grid_init(&runner.grid, 1, 1, screen_ascii(runner.screen));
    if (source->port)
        app->host.shell = shell_pane_new();
    /* Signals are watched after the screen has set its own. */
    error = begin(&runner);
    if (!error) {
        take_in_all(&runner);
        draw(&runner);
        loop_run(&runner.loop);
    }
    while (runner.loaded) {
        struct loaded *under = runner.loaded->under;

        loaded_free(runner.loaded);
        runner.loaded = under;
    }
    screen_free(runner.screen);
    shell_pane_free(app->host.shell);
    app->host.shell = NULL;
    grid_release(&runner.grid);
    end(&runner);
    return error;
}

/* ---- without a screen ---- */

/* Write the rows that came since. Returns the position behind the last. */
static uint64_t write_rows(const struct store *store, uint64_t at, bool json)
{
    struct dissection scratch = {0};
    struct buf line = {0};

    for (; at < history_end(store->history); at++) {
        struct history_row row;

        if (!history_get(store->history, at, &row) ||
            row.record.type == RECORD_WIRE ||
            row.record.flags & RECORD_SNAPSHOT ||
            (!json && record_is_own_counter(&row.record)))
            continue;
        buf_clear(&line);
        if (json)
            row_json_put(&row, &scratch, &line);
        else
            render_line(&line, &row);
        puts(buf_string(&line));
    }
    buf_release(&line);
    dissect_release(&scratch);
    fflush(stdout);
    return at;
}

/* Let a moment pass; has one of the signals come meanwhile? */
static bool signal_waits(const sigset_t *signals)
{
    sigset_t waiting;
    int signum;

    poll(NULL, 0, TICK_MS);
    sigpending(&waiting);
    for (signum = 1; signum < 32; signum++) {
        if (sigismember(signals, signum) && sigismember(&waiting, signum)) {
            sigwait(signals, &signum);
            return true;
        }
    }
    return false;
}

static void tell_trouble(struct source *source)
{
    if (*source->trouble)
        fprintf(stderr, "mqttlab: %s\n", source->trouble);
    *source->trouble = '\0';
}

int run_plain(struct source *source, bool json)
{
    uint64_t at = 0;
    sigset_t ends;
    bool more = true;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    while (more) {
        bool live = source->port != 0;

        /* Of a file that is read as it happened, the rest comes later. */
        if (!source_poll(source, READ_NS) && !live && source_reading(source))
            poll(NULL, 0, STEP_MS);
        more = live ? source->control_fd >= 0 : source_reading(source);
        if (live && more && source_gone(source, clock_read_wall_ns()))
            more = false;
        at = write_rows(source->store, at, json);
        tell_trouble(source);
        if (live && more && signal_waits(&ends))
            more = false;
        if (ferror(stdout))
            return -EPIPE;
    }
    sigprocmask(SIG_UNBLOCK, &ends, NULL);
    return source->damaged ? -EBADMSG : 0;
}
