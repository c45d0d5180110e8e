#include "tui/layout.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* Room for two columns of views. */
#define FULL_HEIGHT 40
#define FULL_WIDTH  120
/* Room for the lines around the views. */
#define NORMAL_HEIGHT 20
#define NORMAL_WIDTH  60

#define WORD(number)        #number
#define SIZE(width, height) WORD(width) "x" WORD(height)

static void add_slot(struct layout *layout, enum view_id view, int y, int x,
                     int height, int width)
{
    layout->slots[layout->count++] = (struct layout_slot){
        .view = view,
        .y = y,
        .x = x,
        .height = height,
        .width = width,
        .titled = y > layout->body_y,
    };
}

/* A column of views: each but the first has a rule above it. */
struct share {
    enum view_id view;
    int parts; /* of all parts of the column; 0: no view */
};

#define SHARES 3 /* in a column, at most */

/* clang-format off */
static const struct plan {
    const char *name;
    const char *text;
    struct share left[SHARES];
    struct share right[SHARES];
    struct share stack[SHARES]; /* on a screen without room for two columns */
} plans[LAYOUT_PLANS] = {
    [LAYOUT_ALL] = {
        "all", "packets, ladder, sessions, topics, wills and log",
        {{VIEW_PACKETS, 20}, {VIEW_SESSIONS, 5}, {VIEW_TOPICS, 7}},
        {{VIEW_LADDER, 17}, {VIEW_WILLS, 8}, {VIEW_LOG, 7}},
        {{0}},
    },
    [LAYOUT_LECTURE] = {
        "lecture", "packets and ladder, large",
        {{VIEW_PACKETS, 1}},
        {{VIEW_LADDER, 1}},
        {{VIEW_LADDER, 11}, {VIEW_PACKETS, 7}},
    },
    [LAYOUT_STATE] = {
        "state", "what the broker keeps: sessions, topics, wills",
        {{VIEW_SESSIONS, 15}, {VIEW_TOPICS, 19}},
        {{VIEW_WILLS, 19}, {VIEW_LOG, 15}},
        {{VIEW_SESSIONS, 8}, {VIEW_TOPICS, 10}},
    },
    [LAYOUT_CABLE] = {
        "cable", "what an eavesdropper sees, and the ladder",
        {{VIEW_WIRE, 1}},
        {{VIEW_LADDER, 1}},
        {{0}},
    },
    [LAYOUT_ONE] = {"one", "one view at a time", {{0}}, {{0}}, {{0}}},
};
/* clang-format on */

const char *layout_plan_name(enum layout_plan plan)
{
    return plans[plan].name;
}

const char *layout_plan_text(enum layout_plan plan)
{
    return plans[plan].text;
}

const char *layout_plan_least(enum layout_plan plan)
{
    return plans[plan].stack[0].parts ? SIZE(NORMAL_WIDTH, NORMAL_HEIGHT)
                                      : SIZE(FULL_WIDTH, FULL_HEIGHT);
}

enum layout_plan layout_plan_of(const char *name)
{
    int plan = 0;

    while (plan < LAYOUT_PLANS && strcmp(plans[plan].name, name) != 0)
        plan++;
    return (enum layout_plan)plan;
}

void layout_plan_explain(const char *name, char *error, size_t size)
{
    struct buf text = {0};

    buf_printf(&text, "there is no layout '%s', but", name);
    for (int plan = 0; plan < LAYOUT_PLANS; plan++)
        buf_printf(&text, "%s %s", plan ? "," : "", plans[plan].name);
    snprintf(error, size, "%s", buf_string(&text));
    buf_release(&text);
}

enum view_id layout_plan_first(enum layout_plan plan)
{
    return plans[plan].left[0].parts ? plans[plan].left[0].view : VIEW_COUNT;
}

static void add_column(struct layout *layout, const struct share *shares, int x,
                       int width)
{
    size_t count = 0;
    int all = 0;
    int y = layout->body_y;

    for (; count < SHARES && shares[count].parts; count++)
        all += shares[count].parts;
    int rows = layout->body_height - ((int)count - 1);
    for (size_t i = 0; i < count; i++) {
        int height = rows * shares[i].parts / all;

        if (i + 1 == count)
            height = layout->body_y + layout->body_height - y;
        add_slot(layout, shares[i].view, y, x, height, width);
        y += height + 1;
    }
}

static void fill_columns(struct layout *layout, int width,
                         const struct layout_wish *wish)
{
    const struct plan *plan = &plans[wish->plan];
    const struct share left_shell[SHARES] = {
        {plan->left[0].view, 19},
        {VIEW_SHELL,         14},
    };
    /* What is to be done is read all the time. */
    const struct share right_lab[SHARES] = {
        {plan->right[0].view, 9 },
        {VIEW_LAB,            24},
    };
    bool lab = wish->with & LAYOUT_LAB;
    bool shell = wish->with & LAYOUT_SHELL;
    int half = width * (lab ? 14 : 16) / 25;

    layout->divider_x = half;
    add_column(layout, shell ? left_shell : plan->left, 0, half);
    add_column(layout, lab ? right_lab : plan->right, half + 1,
               width - half - 1);
}

static bool is_seen(const struct layout *layout, enum view_id view)
{
    for (int i = 0; i < layout->count; i++) {
        if (layout->slots[i].view == view)
            return true;
    }
    return false;
}

/* Several views, if there is room for them, and one of them has the focus. */
static bool fill_several(struct layout *layout, int height, int width,
                         const struct layout_wish *wish)
{
    const struct plan *plan = &plans[wish->plan];

    if (wish->zoomed || !plan->left[0].parts)
        return false;
    if (height >= FULL_HEIGHT && width >= FULL_WIDTH)
        fill_columns(layout, width, wish);
    else if (plan->stack[0].parts)
        add_column(layout, plan->stack, 0, width);
    if (is_seen(layout, wish->view)) {
        layout->kind = LAYOUT_FULL;
        return true;
    }
    /* A view that has no place there gets the whole screen. */
    layout->count = 0;
    layout->divider_x = -1;
    return false;
}

void layout_make(struct layout *layout, int height, int width,
                 const struct layout_wish *wish)
{
    *layout = (struct layout){.kind = LAYOUT_TINY,
                              .filter_y = -1,
                              .rule_y = -1,
                              .keys_y = -1,
                              .divider_x = -1};
    if (height < LAYOUT_LEAST_HEIGHT || width < LAYOUT_LEAST_WIDTH)
        return;
    layout->keys_y = height - 1;
    if (wish->view == VIEW_PRESENT) {
        layout->kind = LAYOUT_PRESENT;
        layout->rule_y = height - 2;
        add_slot(layout, wish->view, 0, 0, height - 2, width);
        return;
    }
    if (height < NORMAL_HEIGHT || width < NORMAL_WIDTH) {
        layout->kind = LAYOUT_COMPACT;
        layout->body_y = 2;
        layout->body_height = height - 3;
        add_slot(layout, wish->view, 2, 0, layout->body_height, width);
        return;
    }
    layout->kind = LAYOUT_NORMAL;
    layout->filter_y = 2;
    layout->rule_y = height - 2;
    layout->body_y = 3;
    layout->body_height = height - 5;
    if (!fill_several(layout, height, width, wish))
        add_slot(layout, wish->view, layout->body_y, 0, layout->body_height,
                 width);
}
