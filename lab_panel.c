#include "lab_panel.h"

#include "base/alloc.h"
#include "lab_panel_state.h"
#include "labs/lab_broker.h"
#include "labs/lab_ended.h"
#include "labs/lab_lost.h"
#include "labs/lab_talk.h"
#include "tui/dashboard.h"
#include "tui/screen.h"
#include "wire/event.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- what passes ---- */

/* Its connections are numbered from 1 again. */
static bool is_new_broker(const struct record *record)
{
    return record->type == RECORD_EVT &&
           record_code(record->bytes) == EVENT_BROKER_STARTED;
}

/* The first broker was there before the lab, or was started for it. */
static void begin_with_broker(struct lab_panel *panel)
{
    if (panel->has_broker)
        live_new_broker(&panel->live);
    else
        live_new_source(&panel->live);
    panel->has_broker = true;
}

static void watch(void *lab, bool watched)
{
    struct lab_panel *panel = lab;

    free(panel->ended);
    panel->ended = watched ? NULL
                           : lab_ended_text(lab_panel_state_run(panel),
                                            panel->options->name);
}

static bool tick(void *lab, const struct history *history, uint64_t now_ns)
{
    struct lab_panel *panel = lab;
    struct history_row row;
    uint64_t end = history_end(history);
    bool changed = panel->position != end;

    (void)now_ns;
    if (panel->position < history_first(history)) {
        live_lose(&panel->live, history_first(history) - panel->position);
        panel->position = history_first(history);
    }
    for (; panel->position < end; panel->position++) {
        if (!history_get(history, panel->position, &row))
            continue;
        if (row.record.seq < panel->last_seq || is_new_broker(&row.record)) {
            begin_with_broker(panel);
            lab_actors_leave(
                &panel->actors); /* it does not know whose they are */
        }
        panel->last_seq = row.record.seq;
        if (row.number)
            lab_run_show_next_as(lab_panel_state_run(panel), row.number);
        live_feed(&panel->live, &row.record);
    }
    if (panel->resets)
        live_reset_step(&panel->live);
    panel->resets = false;
    live_tick(&panel->live);
    free(panel->lost);
    panel->lost = lab_lost_all(lab_panel_state_run(panel));
    board_tick(&panel->board, lab_panel_state_run(panel));
    lab_actors_start(&panel->actors, lab_panel_state_step(panel)->step,
                     panel->live.workspace.path, panel->port);
    return changed;
}

/* ---- life and death ---- */

static int open_live(struct lab_panel *panel,
                     const struct lab_plain_options *options, char *error,
                     size_t error_size)
{
    int result = live_open(&panel->live, options->name, options->dir,
                           options->student, error, error_size);

    if (result != -ENODATA)
        return result;
    char *student = lab_talk_ask_student();
    if (student)
        result = live_open(&panel->live, options->name, options->dir, student,
                           error, error_size);
    else
        snprintf(error, error_size, "no id was given");
    free(student);
    return result;
}

/* The lab again, whose texts name another port now. */
static int reopen(struct lab_panel *panel)
{
    char error[600];

    live_close(&panel->live);
    panel->page = 0;
    if (open_live(panel, panel->options, error, sizeof(error)) != 0) {
        fprintf(stderr, "mqttlab lab: %s\n", error);
        return -EIO;
    }
    lab_run_show_next_as(lab_panel_state_run(panel), 1);
    return 0;
}

static void set_port(struct lab_panel *panel, uint16_t port)
{
    ports_set(PORTS_MQTT, port);
    panel->port = port;
    for (int i = PORTS_MQTT; i < PORTS_COUNT; i++)
        panel->ports[i] = ports_number((enum ports_kind)i);
}

/* Its broker is where there was room. */
static int on_port(void *owner, uint16_t port)
{
    struct lab_panel *panel = owner;

    bool other = port != panel->port;

    set_port(panel, port);
    if (other && reopen(panel) != 0)
        return -EIO;
    return lab_broker_config(lab_panel_state_run(panel)->lab,
                             panel->live.workspace.path, port)
               ? 0
               : -errno;
}

bool lab_panel_possible(void)
{
    bool possible = screen_possible();

    if (!possible)
        screen_explain();
    return possible;
}

int lab_panel_run(const struct lab_plain_options *options)
{
    struct lab_panel panel = {
        .panel = {.watch = watch, .tick = tick},
          .options = options
    };
    char error[600];

    lab_panel_step_functions(&panel.panel);
    lab_panel_deeds_functions(&panel.panel);
    set_port(&panel, options->port);
    if (open_live(&panel, options, error, sizeof(error)) != 0) {
        fprintf(stderr, "mqttlab lab: %s\n", error);
        return 1;
    }
    if (!board_open(&panel.board, options->board, panel.live.workspace.student,
                    lab_panel_state_run(&panel)->lab->id, error,
                    sizeof(error))) {
        fprintf(stderr, "mqttlab lab: %s\n", error);
        live_close(&panel.live);
        return 1;
    }
    panel.panel.lab = &panel;
    lab_run_show_next_as(lab_panel_state_run(&panel), 1);
    /* Of their own: the lab may be opened again, for another port. */
    const char *conf = lab_panel_state_run(&panel)->lab->config;
    char *config = alloc_string(conf ? conf : "broker.conf");
    char *folder = alloc_string(panel.live.workspace.path);
    struct dashboard_options dashboard = {.port = options->port,
                                          .ports = panel.ports,
                                          .config = config,
                                          .folder = folder,
                                          .lab = &panel.panel,
                                          .watch = true,
                                          .on_port = on_port,
                                          .owner = &panel};
    int status = dashboard_run(&dashboard);

    if (lab_panel_state_run(&panel))
        lab_talk_goodbye(lab_panel_state_run(&panel), options->name);
    lab_actors_stop(&panel.actors);
    board_close(&panel.board);
    live_close(&panel.live);
    lab_panel_lines_release(&panel.lines);
    free(panel.ended);
    free(panel.lost);
    free(config);
    free(folder);
    return status;
}
