#include "tui/keys.h"

#include <string.h>

#include "mqtt/utf8.h"
#include "tui/command_table.h"
#include "tui/grid.h"
#include "tui/roff.h"

static const struct {
    const char *name;
    int key;
} names[] = {
    {"Up",    KEYS_UP       },
    {"Down",  KEYS_DOWN     },
    {"Left",  KEYS_LEFT     },
    {"Right", KEYS_RIGHT    },
    {"Home",  KEYS_HOME     },
    {"End",   KEYS_END      },
    {"PgUp",  KEYS_PAGE_UP  },
    {"PgDn",  KEYS_PAGE_DOWN},
    {"Del",   KEYS_DELETE   },
    {"S-Tab", KEYS_BACK_TAB },
    {"Tab",   KEYS_TAB      },
    {"Enter", KEYS_ENTER    },
    {"Esc",   KEYS_ESCAPE   },
    {"BS",    KEYS_BACKSPACE},
    {"Space", ' '           },
    {"lt",    '<'           },
    {"F1",    KEYS_F1       },
    {"F2",    KEYS_F1 + 1   },
    {"F3",    KEYS_F1 + 2   },
    {"F4",    KEYS_F4       },
    {"F5",    KEYS_F1 + 4   },
    {"F6",    KEYS_F1 + 5   },
    {"F7",    KEYS_F1 + 6   },
    {"F8",    KEYS_F1 + 7   },
    {"F9",    KEYS_F1 + 8   },
    {"F10",   KEYS_F10      },
};

static const struct {
    const char *name;
    const char *tab;
    char digit;
} views[VIEW_COUNT] = {
    [VIEW_PACKETS] = {"packets",  "Pkts",    '1'},
    [VIEW_LADDER] = {"ladder",   "Ladder",  '2'},
    [VIEW_SESSIONS] = {"sessions", "Sess",    '3'},
    [VIEW_TOPICS] = {"topics",   "Topics",  '4'},
    [VIEW_WILLS] = {"wills",    "Wills",   '5'},
    [VIEW_WIRE] = {"wire",     "Wire",    '6'},
    [VIEW_LAB] = {"lab",      "Lab",     '7'},
    [VIEW_STATS] = {"stats",    "Stats",   '8'},
    [VIEW_LOG] = {"log",      "Log",     '9'},
    [VIEW_SHELL] = {"shell",    "Shell",   '0'},
    [VIEW_HELP] = {"help",     "Help",    0  },
    [VIEW_PAYLOAD] = {"payload",  "Payload", 0  },
    [VIEW_PRESENT] = {"present",  "Present", 0  },
};

static const char *const action_names[ACTION_COUNT] = {
#define ACTION_NAME(name, text) [ACTION_##name] = (text),
    ACTIONS(ACTION_NAME)
#undef ACTION_NAME
};

const char *keys_action_name(enum action action)
{
    return action_names[action];
}

enum action keys_action_of(const char *name)
{
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
        if (!strcmp(action_names[action], name))
            return (enum action)action;
    }
    return ACTION_NONE;
}

const char *keys_view_name(enum view_id view)
{
    return view < VIEW_COUNT ? views[view].name : NULL;
}

enum view_id keys_view_of(const char *name)
{
    int view = 0;

    while (view < VIEW_COUNT && strcmp(views[view].name, name) != 0)
        view++;
    return (enum view_id)view;
}

const char *keys_view_tab(enum view_id view)
{
    return views[view].tab;
}

char keys_view_digit(enum view_id view)
{
    return views[view].digit;
}

/* A name in "<...>" at text: the bytes used, or 0 when it is none. */
static size_t parse_name(const char *text, int *key)
{
    const char *end = strchr(text, '>');
    size_t len = end ? (size_t)(end - text - 1) : 0;

    if (len == 3 && text[1] == 'C' && text[2] == '-') {
        *key = text[3] & 0x1f;
        return 5;
    }
    for (size_t i = 0; len && i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i].name) == len &&
            !memcmp(names[i].name, text + 1, len)) {
            *key = names[i].key;
            return len + 2;
        }
    }
    return 0;
}

size_t keys_parse(const char *text, int *key)
{
    uint32_t code_point = 0;
    size_t used = *text == '<' ? parse_name(text, key) : 0;
    int len;

    if (used || !*text)
        return used;
    len = utf8_decode(slice_of(text, strnlen(text, 4)), &code_point);
    *key = len ? (int)code_point : (unsigned char)*text;
    return len ? (size_t)len : 1;
}

/* Is key among the keys of the binding? */
static bool bound(const struct keys_binding *binding, int key)
{
    const char *text = binding->keys;
    int each = KEYS_NONE;
    size_t used;

    while ((used = keys_parse(text, &each))) {
        if (each == key)
            return true;
        text += used;
        while (*text == ' ')
            text++;
    }
    return false;
}

enum action keys_action(enum view_id view, int key)
{
    enum action found = ACTION_NONE;

    for (const struct keys_binding *b = keys_table(); b->action; b++) {
        if (b->views == KEYS_EVERYWHERE) {
            if (!found && bound(b, key))
                found = b->action;
        } else if (b->views & KEYS_IN(view) && bound(b, key)) {
            return b->action;
        }
    }
    return found;
}

/* Can the binding be reached in the view, or does the view's own use of the
   key hide it? */
static bool reachable(const struct keys_binding *binding, enum view_id view)
{
    int key = KEYS_NONE;

    if (binding->views != KEYS_EVERYWHERE)
        return binding->views & KEYS_IN(view);
    keys_parse(binding->keys, &key);
    return keys_action(view, key) == binding->action;
}

/* The same action twice in the table: is there one of the view's own? */
static bool overridden(const struct keys_binding *binding, enum view_id view)
{
    if (binding->views != KEYS_EVERYWHERE)
        return false;
    for (const struct keys_binding *b = keys_table(); b->action; b++) {
        if (b->action == binding->action && b->views & KEYS_IN(view))
            return true;
    }
    return false;
}

void keys_line(enum view_id view, const char *open, int width, struct buf *out)
{
    static const char last[] = "? Help";
    int left = width - (int)strlen(last) - 1;

    buf_append_string(out, " ");
    for (const struct keys_binding *b = keys_table(); b->action; b++) {
        if (!b->line || !reachable(b, view) || overridden(b, view))
            continue;
        const char *words = open && b->action == ACTION_OPEN ? open : b->line;
        int columns = grid_text_width(words) + 2;
        if (columns > left)
            break;
        buf_printf(out, "%s  ", words);
        left -= columns;
    }
    buf_append_string(out, last);
}

/* The keys of a binding as people write them: "j, Down, Ctrl-D". */
static void pretty(const struct keys_binding *binding, struct buf *out)
{
    const char *text = binding->keys;
    const char *apart = "";
    int key = KEYS_NONE;
    size_t used;

    while ((used = keys_parse(text, &key))) {
        buf_append_string(out, apart);
        if (used == 5 && text[1] == 'C')
            buf_printf(out, "Ctrl-%c", key + '@');
        else if (used > 1)
            buf_append(out, text + 1, used - 2);
        else
            buf_append(out, text, used);
        apart = ", ";
        text += used;
        while (*text == ' ')
            text++;
    }
}

static void help_row(const struct keys_binding *binding, struct buf *out)
{
    struct buf keys = {0};

    pretty(binding, &keys);
    buf_printf(out, "  %-14s %s\n", buf_string(&keys), binding->text);
    buf_release(&keys);
}

void keys_help(enum view_id view, struct buf *out)
{
    bool heading = false;

    for (const struct keys_binding *b = keys_table(); b->action; b++) {
        if (!(b->views & KEYS_IN(view)))
            continue;
        if (!heading)
            buf_printf(out, "# In this view (%s)\n", views[view].name);
        heading = true;
        help_row(b, out);
    }
    const char *group = NULL;
    const char *shown = NULL;
    for (const struct keys_binding *b = keys_table(); b->action; b++) {
        group = b->group ? b->group : group;
        if (b->views != KEYS_EVERYWHERE || overridden(b, view) ||
            !reachable(b, view))
            continue;
        if (group != shown)
            buf_printf(out, "# %s\n", group);
        shown = group;
        help_row(b, out);
    }
}

static void where(const struct keys_binding *binding, struct buf *out)
{
    const char *apart = " (";

    for (int view = 0; view < VIEW_COUNT; view++) {
        if (!(binding->views & KEYS_IN(view)))
            continue;
        buf_printf(out, "%s%s", apart, views[view].name);
        apart = ", ";
    }
    if (binding->views)
        buf_append_string(out, ")");
}

void keys_document(bool roff, struct buf *out)
{
    for (const struct keys_binding *b = keys_table(); b->action; b++) {
        struct buf keys = {0};

        pretty(b, &keys);
        if (b->group)
            buf_printf(out, roff ? ".SS %s\n" : "%s\n", b->group);
        if (roff) {
            buf_append_string(out, ".TP\n.B ");
            roff_append(out, buf_string(&keys));
            buf_append_string(out, "\n");
            roff_append(out, b->text);
        } else {
            buf_printf(out, "  %-14s %s", buf_string(&keys), b->text);
        }
        where(b, out);
        buf_append_string(out, "\n");
        buf_release(&keys);
    }
    command_document(roff, out);
}
