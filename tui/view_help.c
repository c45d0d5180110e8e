/*
 * Help: the keys, from their table, and how to read the screen.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/command_table.h"
#include "tui/presets.h"
#include "tui/settings.h"
#include "tui/view.h"

struct view_help {
    struct view view;
    struct buf text;    /* of the view that help was asked in */
    const char *wanted; /* the heading to show first, once; NULL: none */
    enum view_id about;
    int width; /* that it was made for */
    size_t top;
    size_t lines;
    int height;
};

static const char reading[] =
    "# How to read it\n"
    "  >  <           from a client to the broker; from the broker to a client\n"
    "  Q1 D R         QoS 1; DUP: sent again; Retain\n"
    "  =>7  <=5       packet 7 answers this one; this one answers packet 5\n"
    "  * ~ # x !      tagged; held now; has a note; dropped; against the rules\n"
    "  [00 07]        the bytes of the chosen field\n"
    "  FOLLOWING      the newest packet is chosen; moving up stops it, F or End "
    "begins again\n";

/* Where the words stand behind the keys. */
#define WORDS_AT 17

/* Append a line; what is too long goes on under its words. */
static void fold_line(const char *line, int width, struct buf *out)
{
    size_t skip;
    size_t len = view_break_line(line, width, &skip);

    buf_append(out, line, len);
    for (line += skip; *line && width > WORDS_AT + 4; line += skip) {
        line += strspn(line, " ");
        len = view_break_line(line, width - WORDS_AT, &skip);
        buf_printf(out, "\n%*s%.*s", WORDS_AT, "", (int)len, line);
    }
    buf_append_u8(out, '\n');
}

/* What the user has bound, by the names of the settings. */
static void put_own_keys(const struct settings *settings, struct buf *out)
{
    if (!settings || !settings->binding_count)
        return;
    buf_append_string(out, "# Your own keys\n");
    for (size_t i = 0; i < settings->binding_count; i++) {
        const struct settings_binding *binding = &settings->bindings[i];

        buf_printf(out, "  %-14s %s%s%s\n", binding->text,
                   keys_action_name(binding->action),
                   binding->view == VIEW_COUNT ? "" : ", in ",
                   binding->view == VIEW_COUNT ? ""
                                               : keys_view_name(binding->view));
    }
}

/* The text, made once for each view and width. */
static void make(struct view_help *view, enum view_id about, int width)
{
    struct buf all = {0};

    if (view->text.len && view->about == about && view->width == width)
        return;
    put_own_keys(view->view.host->settings, &all);
    keys_help(about, &all);
    command_help(&all);
    buf_append_string(&all, "# Filters that have a name (f and then Tab)\n");
    for (const struct preset *preset = presets_table(); preset->name; preset++)
        buf_printf(&all, "  %-14s %s\n", preset->name, preset->what);
    buf_append_string(&all, reading);
    buf_clear(&view->text);
    for (const char *at = buf_string(&all); *at;) {
        size_t len = strcspn(at, "\n");
        char *line = alloc_string_of(at, len);

        fold_line(line, width, &view->text);
        free(line);
        at += at[len] ? len + 1 : len;
    }
    buf_release(&all);
    view->top = view->about == about ? view->top : 0;
    view->about = about;
    view->width = width;
    view->lines = 0;
    for (uint32_t i = 0; i < view->text.len; i++)
        view->lines += view->text.bytes[i] == '\n';
}

/* The start of a line, as a string that ends at its end. */
static void copy_line(struct view_help *view, size_t number, char *line,
                      size_t size)
{
    const char *text = buf_string(&view->text);
    size_t len;

    while (number-- && (text = strchr(text, '\n')))
        text++;
    len = text ? strcspn(text, "\n") : 0;
    len = len < size ? len : size - 1;
    memcpy(line, text ? text : "", len);
    line[len] = '\0';
}

/* Begin with the heading that was asked for. */
static void find_wanted(struct view_help *view)
{
    if (view->wanted && !*view->wanted)
        view->top = 0;
    for (size_t i = 0; view->wanted && i < view->lines; i++) {
        char line[256];

        copy_line(view, i, line, sizeof(line));
        if (line[0] != '#' || strcmp(line + 2, view->wanted) != 0)
            continue;
        view->top = i;
        break;
    }
    view->wanted = NULL;
}

static void draw(struct view *base, const struct area *area, int pane)
{
    struct view_help *view = (struct view_help *)base;
    size_t count;

    make(view,
         base->host->about ? base->host->about(base->host->app) : VIEW_PACKETS,
         area->width);
    find_wanted(view);
    count = view->lines;
    view->height = area->height;
    view->top = view_scroll(view->top, view->top, count, area->height);
    bool more = view->top + (size_t)area->height < count;
    for (int y = 0; y < area->height && view->top + (size_t)y < count; y++) {
        char line[256];

        copy_line(view, view->top + (size_t)y, line, sizeof(line));
        /* What has no room beside "j more" comes with the next line. */
        if (more && y == area->height - 1 &&
            grid_text_width(line) > area->width - 9)
            break;
        if (line[0] == '#')
            grid_text(area, y, 1, STYLE_HEADING, line + 2);
        else
            grid_text(area, y, 0, STYLE_PLAIN, line);
    }
    if (more && area->height > 0)
        grid_text(area, area->height - 1, area->width - 8, STYLE_WARNING,
                  "j more");
    if (pane >= 0)
        grid_cursor(area, 0, 0);
}

void view_help_find(struct view *view, const char *heading)
{
    ((struct view_help *)view)->wanted = heading;
}

static bool act(struct view *base, enum action action, int pane)
{
    struct view_help *view = (struct view_help *)base;
    int64_t step = view_step(action, view->height);

    (void)pane;
    if (!step)
        return false;
    view->top = view_stepped(view->top, view->lines, step);
    return true;
}

static bool search(struct view *base, const struct search *wanted, bool forward)
{
    struct view_help *view = (struct view_help *)base;
    size_t line = view->top;

    for (size_t i = 0; i < view->lines; i++) {
        char shown[256];

        line = (line + (forward ? 1 : view->lines - 1)) % view->lines;
        copy_line(view, line, shown, sizeof(shown));
        if (search_in_text(wanted, shown)) {
            view->top = line;
            return true;
        }
    }
    return false;
}

static void release(struct view *base)
{
    struct view_help *view = (struct view_help *)base;

    buf_release(&view->text);
}

struct view *view_help_new(void)
{
    static const struct view_class class = {
        .id = VIEW_HELP,
        .panes = 1,
        .draw = draw,
        .act = act,
        .search = search,
        .release = release,
    };
    struct view_help *view = alloc_zero(1, sizeof(*view));

    view->view.class = &class;
    return &view->view;
}
