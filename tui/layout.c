#include "tui/layout.h"

#include <stddef.h>

#define FULL_HEIGHT 40
#define FULL_WIDTH  120

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
    int parts; /* of all parts of the column */
};

static void add_column(struct layout *layout, const struct share *shares,
                       size_t count, int x, int width)
{
    int all = 0;
    int y = layout->body_y;
    int rows = layout->body_height - ((int)count - 1);

    for (size_t i = 0; i < count; i++)
        all += shares[i].parts;
    for (size_t i = 0; i < count; i++) {
        int height = rows * shares[i].parts / all;

        if (i + 1 == count)
            height = layout->body_y + layout->body_height - y;
        add_slot(layout, shares[i].view, y, x, height, width);
        y += height + 1;
    }
}

static void fill_full(struct layout *layout, int width, unsigned with)
{
    static const struct share left[] = {
        {VIEW_PACKETS,  20},
        {VIEW_SESSIONS, 5 },
        {VIEW_TOPICS,   7 },
    };
    static const struct share left_shell[] = {
        {VIEW_PACKETS, 19},
        {VIEW_SHELL,   14},
    };
    static const struct share right[] = {
        {VIEW_LADDER, 17},
        {VIEW_WILLS,  8 },
        {VIEW_LOG,    7 },
    };
    /* What is to be done is read all the time. */
    static const struct share right_lab[] = {
        {VIEW_LADDER, 9 },
        {VIEW_LAB,    24},
    };
    int half = width * (with & LAYOUT_LAB ? 14 : 16) / 25;

    layout->divider_x = half;
    if (with & LAYOUT_SHELL)
        add_column(layout, left_shell, 2, 0, half);
    else
        add_column(layout, left, 3, 0, half);
    if (with & LAYOUT_LAB)
        add_column(layout, right_lab, 2, half + 1, width - half - 1);
    else
        add_column(layout, right, 3, half + 1, width - half - 1);
}

void layout_make(struct layout *layout, int height, int width,
                 enum view_id view, bool zoomed, unsigned with)
{
    *layout = (struct layout){.kind = LAYOUT_TINY,
                              .filter_y = -1,
                              .rule_y = -1,
                              .keys_y = -1,
                              .divider_x = -1};
    if (height < LAYOUT_LEAST_HEIGHT || width < LAYOUT_LEAST_WIDTH)
        return;
    layout->keys_y = height - 1;
    if (view == VIEW_PRESENT) {
        layout->kind = LAYOUT_PRESENT;
        layout->rule_y = height - 2;
        add_slot(layout, view, 0, 0, height - 2, width);
        return;
    }
    if (height < 20 || width < 60) {
        layout->kind = LAYOUT_COMPACT;
        layout->body_y = 2;
        layout->body_height = height - 3;
        add_slot(layout, view, 2, 0, layout->body_height, width);
        return;
    }
    layout->kind = LAYOUT_NORMAL;
    layout->filter_y = 2;
    layout->rule_y = height - 2;
    layout->body_y = 3;
    layout->body_height = height - 5;
    if (height >= FULL_HEIGHT && width >= FULL_WIDTH && !zoomed) {
        layout->kind = LAYOUT_FULL;
        fill_full(layout, width, with);
        if (layout_slot_of(layout, view))
            return;
        /* A view that has no place there gets the whole screen. */
        layout->kind = LAYOUT_NORMAL;
        layout->count = 0;
        layout->divider_x = -1;
    }
    add_slot(layout, view, layout->body_y, 0, layout->body_height, width);
}

const struct layout_slot *layout_slot_of(const struct layout *layout,
                                         enum view_id view)
{
    for (int i = 0; i < layout->count; i++) {
        if (layout->slots[i].view == view)
            return &layout->slots[i];
    }
    return NULL;
}
