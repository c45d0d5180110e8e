#include "tui/command_table.h"

#include <string.h>

#include "tui/roff.h"
#include "wire/filter_suggest.h"

/* clang-format off */
static const struct command table[] = {
    {"filter", "EXPR", "show only what matches; without EXPR all", "Commands",
     COMMAND_SET_FILTER, COMMAND_FILTER, false},
    {"view", "NAME", "show a view: packets, ladder, sessions ...", NULL,
     COMMAND_SHOW_VIEW, COMMAND_VIEW, true},
    {"frame", "NUMBER",
     "go to the packet that this frame of the file brought; :NUMBER to a packet",
     NULL, COMMAND_FRAME, COMMAND_TEXT, true},
    {"note", "TEXT", "a note on the chosen packet, for all who watch", NULL,
     COMMAND_NOTE, COMMAND_TEXT, true},
    {"write", "FILE", "all records, as pcapng, which Wireshark opens; FILE.pcap: as pcap", NULL,
     COMMAND_WRITE, COMMAND_FILE, true},
    {"load", "FILE", "open a recording over this; q comes back", NULL,
     COMMAND_LOAD, COMMAND_FILE, true},
    {"export", "FILE",
     "what the view shows as .csv, .jsonl, .md; the ladder as .txt, .mmd, .svg",
     NULL, COMMAND_EXPORT, COMMAND_FILE, true},
    {"copy", "FORM [FILE]",
     "what is chosen as hex, text, json, c or filter: to the clipboard, or a file",
     NULL, COMMAND_COPY, COMMAND_A_FORM, true},
    {"wireshark", "[FILE]",
     "a filter for Wireshark that selects, in the file that w writes, what is shown",
     NULL, COMMAND_WIRESHARK, COMMAND_FILE, false},
    {"columns", "[NAME ...]",
     "of the list of packets, in this order; without names as usual", NULL,
     COMMAND_COLUMNS, COMMAND_A_COLUMN, false},
    {"plot", "[NUMBER]",
     "the numbers of the chosen message's topic; of JSON a member: wind.speed",
     NULL, COMMAND_PLOT, COMMAND_TEXT, false},
    {"screenshot", "FILE", "this screen as .txt or .svg", NULL,
     COMMAND_SCREENSHOT, COMMAND_FILE, true},
    {"hi", "COLOUR EXPR | off", "colour what matches, without hiding the rest",
     NULL, COMMAND_HIGHLIGHT, COMMAND_COLOUR, true},
    {"theme", "NAME", "dark, light, safe, safe-light or mono", NULL,
     COMMAND_THEME, COMMAND_A_THEME, true},
    {"layout", "NAME", "all, lecture, state, cable or one view at a time", NULL,
     COMMAND_LAYOUT, COMMAND_A_LAYOUT, true},
    {"save-display", "FILE", "this screen as text", NULL,
     COMMAND_SAVE_DISPLAY, COMMAND_FILE, true},
    {"help", "", "this list", NULL, COMMAND_HELP, COMMAND_NOTHING, false},
    {"quit", "", "leave", NULL, COMMAND_QUIT, COMMAND_NOTHING, false},

    {"publish", "[-q QOS] [-r] TOPIC MESSAGE", "publish through the broker",
     "Commands for the wire", COMMAND_PUBLISH, COMMAND_TOPIC, false},
    {"hold", "[EXPR]", "keep packets that match until they are released",
     NULL, COMMAND_HOLD, COMMAND_FILTER, false},
    {"release", "[all]", "let the oldest held packet go, or all", NULL,
     COMMAND_RELEASE, COMMAND_TEXT, false},
    {"drop", "[always] [EXPR]", "lose the next packet that matches, or each",
     NULL, COMMAND_DROP, COMMAND_FILTER, false},
    {"delay", "TIME [always] [EXPR]", "let it come later: 3s, 500ms", NULL,
     COMMAND_DELAY, COMMAND_FILTER, true},
    {"dup", "[always] [EXPR]", "let it come twice", NULL,
     COMMAND_DUP, COMMAND_FILTER, false},
    {"corrupt", "[always] [EXPR]", "change its last byte", NULL,
     COMMAND_CORRUPT, COMMAND_FILTER, false},
    {"slow", "TIME", "delay each packet so long; 0 ends it", NULL,
     COMMAND_SLOW, COMMAND_TEXT, true},
    {"rules", "", "which of these rules are in force", NULL, COMMAND_RULES,
     COMMAND_NOTHING, false},
    {"rules-off", "", "end all these rules; what is held goes on", NULL,
     COMMAND_RULES_OFF, COMMAND_NOTHING, false},
    {"cut", "CLIENT", "cut its TCP connection, without DISCONNECT", NULL,
     COMMAND_CUT, COMMAND_CLIENT, true},
    {"silent", "CLIENT", "let it fall silent until its Keep Alive is over",
     NULL, COMMAND_SILENT, COMMAND_CLIENT, true},
    {"disconnect", "CLIENT", "end its connection properly", NULL,
     COMMAND_DISCONNECT, COMMAND_CLIENT, true},
    {"clear", "TOPIC", "clear a retained message; # clears all", NULL,
     COMMAND_CLEAR, COMMAND_TOPIC, true},

    {"subscribe", "FILTER [QOS]", "start a client that subscribes",
     "Commands that start clients", COMMAND_SUBSCRIBE, COMMAND_TOPIC, true},
    {"connect", "ID", "start a client that connects, and no more", NULL,
     COMMAND_CONNECT, COMMAND_TEXT, true},
    {"device", "KIND [every TIME]",
     "a simulated thermometer, meter, lamp, door, or a script of your own",
     NULL, COMMAND_DEVICE, COMMAND_A_DEVICE, true},
    {"play", "DEMO",
     "demo-qos0, -qos1, -qos2, -retain, -will, -session, or your own script",
     NULL, COMMAND_PLAY, COMMAND_A_DEMO, true},
    {"stop", "NAME | all", "end a client that was started here", NULL,
     COMMAND_STOP, COMMAND_A_MEMBER, true},
    {NULL, NULL, NULL, NULL, COMMAND_QUIT, COMMAND_NOTHING, false},
};
/* clang-format on */

const struct command *command_table(void)
{
    return table;
}

const struct command *command_find(const char *name, size_t len)
{
    const struct command *found = NULL;
    bool several = false;

    for (const struct command *c = table; len && c->name; c++) {
        if (strncmp(c->name, name, len) != 0)
            continue;
        if (strlen(c->name) == len)
            return c;
        several = several || found;
        found = found ? found : c;
    }
    return several && len > 1 ? NULL : found;
}

const char *command_suggest(const char *name, size_t len)
{
    struct filter_suggestion best = {0};

    for (const struct command *c = table; c->name; c++)
        filter_suggest(&best, slice_of(name, len), c->name);
    return best.name;
}

void command_help(struct buf *out)
{
    for (const struct command *c = table; c->name; c++) {
        struct buf left = {0};

        if (c->group)
            buf_printf(out, "# %s\n", c->group);
        buf_printf(&left, ":%s %s", c->name, c->arguments);
        buf_printf(out, "  %-14s %s\n", buf_string(&left), c->text);
        buf_release(&left);
    }
}

void command_document(bool roff, struct buf *out)
{
    for (const struct command *c = table; c->name; c++) {
        struct buf left = {0};

        if (c->group)
            buf_printf(out, roff ? ".SS %s\n" : "%s\n", c->group);
        buf_printf(&left, *c->arguments ? ":%s %s" : ":%s", c->name,
                   c->arguments);
        if (roff) {
            buf_append_string(out, ".TP\n.B ");
            roff_append(out, buf_string(&left));
            buf_append_string(out, "\n");
            roff_append(out, c->text);
        } else {
            buf_printf(out, "  %-34s %s", buf_string(&left), c->text);
        }
        buf_append_string(out, "\n");
        buf_release(&left);
    }
}
