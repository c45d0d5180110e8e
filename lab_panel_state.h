/*
 * The lab view's lab: what its parts share.
 */
#ifndef LAB_PANEL_STATE_H
#define LAB_PANEL_STATE_H

#include "lab_panel_lines.h"
#include "labs/board.h"
#include "labs/lab_actors.h"
#include "labs/lab_plain.h"
#include "labs/live.h"
#include "labs/ports.h"
#include "tui/panel.h"

struct lab_panel {
    struct panel panel;
    const struct lab_plain_options *options;
    struct live live;
    struct lab_actors actors;
    struct board board;
    uint16_t port;
    uint16_t ports[PORTS_COUNT + 1]; /* and the others of its broker, then 0 */
    uint64_t position; /* rows of the dashboard's history already fed */
    uint64_t last_seq;
    struct lab_panel_lines lines;
    size_t page;         /* that they are of: index + 1 of a step; the end has
                            one more */
    size_t next_command; /* for run */
    bool at_end;         /* the page behind the last step is shown */
    bool has_broker;     /* one was seen */
    bool resets;         /* the step begins again with the next tick */
    char *ended; /* what to do when the broker has; owned, NULL: it has not */
    char *lost;  /* see panel.h; owned, NULL: nothing */
    char said[400];
    char title[200];
    char detail[160];
};

/* The lab as it is worked through. */
static inline struct lab_run *lab_panel_state_run(const struct lab_panel *panel)
{
    return panel->live.run;
}

/* The step that is shown; at the end the last one. */
static inline struct lab_run_step *
lab_panel_state_step(const struct lab_panel *panel)
{
    return live_step(&panel->live);
}

/* lab_panel_step.c: set what tells of the lab and its step. */
void lab_panel_step_functions(struct panel *panel);
/* Make the lines of the page that is shown, unless they are there. */
void lab_panel_step_lines(struct lab_panel *panel);
/* The first question that is not answered rightly; else the last one. */
size_t lab_panel_step_question(const struct lab_run_step *current);

/* lab_panel_deeds.c: set what does something. */
void lab_panel_deeds_functions(struct panel *panel);

#endif
