/*
 * What the lab view needs from whoever runs labs, as a struct of functions.
 *
 * The screen knows no lab engine and the lab engine knows no screen; main.c
 * joins them. All text is UTF-8 and belongs to the panel; it is valid until
 * the next call of tick or of an action. Nothing here may block.
 */
#ifndef TUI_PANEL_H
#define TUI_PANEL_H

#include "wire/history.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum panel_state {
    PANEL_WAITING,
    PANEL_PASSED,
    PANEL_FAILED,
    PANEL_SKIPPED, /* because of another check */
};

/* One check of the step that is shown. */
struct panel_check {
    const char *text;   /* "PUBREC came back" */
    const char *detail; /* "waiting 2.1 s", why it failed; "" */
    unsigned points;
    enum panel_state state;
    uint64_t packet; /* number of the packet that proves it; 0: none */
};

/* A line of the step's text and what kind of line it is. */
enum panel_line_kind {
    PANEL_TEXT,    /* may be broken at blanks */
    PANEL_HEADING, /* likewise */
    PANEL_COMMAND, /* something to type, not broken */
    PANEL_CODE,    /* not broken */
};
struct panel_line {
    enum panel_line_kind kind;
    const char *text;
    unsigned hang; /* columns of its first words, beside which the rest is
                      broken, as in a table; 0: none */
};

/* How the steps of the lab stand. */
struct panel_step {
    const char *title;
    bool done;
    bool shown; /* it is this one that is shown */
};

/* A question of the step; NULL text: the step has none (left). */
struct panel_question {
    const char *text;
    const char *answer; /* given last; "" */
    enum panel_state state;
    bool closed;        /* answered rightly: nothing more is judged */
    const char *remark; /* on a wrong answer; "" */
};

struct panel {
    void *lab;

    const char *(*title)(void *lab); /* "Lab 01  Plaintext" */
    void (*points)(void *lab, unsigned *reached, unsigned *of);
    size_t (*steps)(void *lab);
    void (*step)(void *lab, size_t index, struct panel_step *step);

    /* Why nothing counts at present and what to do; "" when all is well. */
    const char *(*trouble)(void *lab);

    /* What had passed in any step and does not any more, and why; "" when there
       is nothing of the kind. */
    const char *(*lost)(void *lab);

    /* The step that is shown. */
    size_t (*lines)(void *lab);
    void (*line)(void *lab, size_t index, struct panel_line *line);
    size_t (*checks)(void *lab);
    void (*check)(void *lab, size_t index, struct panel_check *check);
    size_t (*hints)(void *lab);      /* there are */
    size_t (*hints_open)(void *lab); /* of them shown */
    const char *(*hint)(void *lab, size_t index);
    unsigned (*hint_costs)(void *lab); /* points that the next one costs */
    size_t (*near_misses)(void *lab);
    const char *(*near_miss)(void *lab, size_t index);
    bool (*question)(void *lab, struct panel_question *question);

    /* Is a broker watched, or has it ended? Told before each tick. */
    void (*watch)(void *lab, bool watched);

    /* See the rows that came, up to the history's end: on every tick. Returns
       whether anything that is shown changed. */
    bool (*tick)(void *lab, const struct history *history, uint64_t now_ns);

    /* Actions. Each returns what to say to the user, "" for nothing. */
    const char *(*next)(void *lab);
    const char *(*previous)(void *lab);
    const char *(*open_hint)(void *lab);
    const char *(*reset)(void *lab);
    const char *(*run)(void *lab);  /* the command of the step, in the
                                      background */
    bool (*runs_broker)(void *lab); /* one of those commands is a broker, which
                                       ends with the lab; NULL: never */
    const char *(*answer)(void *lab, const char *text);
    const char *(*submit)(void *lab);
};

#endif
