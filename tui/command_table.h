/*
 * What can be typed behind ":": names, what stands behind them, what they do.
 *
 * Help, completion, `mqttlab keys` and the manual page come from this table;
 * app_command.c does what they say.
 */
#ifndef TUI_COMMAND_TABLE_H
#define TUI_COMMAND_TABLE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* What a word behind a command is, for completion. */
enum command_word {
    COMMAND_NOTHING,
    COMMAND_FILTER,
    COMMAND_VIEW,
    COMMAND_CLIENT,
    COMMAND_TOPIC,
    COMMAND_TEXT,
    COMMAND_FILE,
    COMMAND_COLOUR,
    COMMAND_A_FORM,
    COMMAND_A_COLUMN,
    COMMAND_A_THEME,
    COMMAND_A_LAYOUT,
    COMMAND_A_DEVICE,
    COMMAND_A_DEMO,
    COMMAND_A_MEMBER,
};

enum command_id {
    COMMAND_QUIT,
    COMMAND_HELP,
    COMMAND_SET_FILTER,
    COMMAND_SHOW_VIEW,
    COMMAND_FRAME,
    COMMAND_WRITE,
    COMMAND_SAVE_DISPLAY,
    COMMAND_EXPORT,
    COMMAND_COPY,
    COMMAND_WIRESHARK,
    COMMAND_COLUMNS,
    COMMAND_PLOT,
    COMMAND_LOAD,
    COMMAND_SCREENSHOT,
    COMMAND_HIGHLIGHT,
    COMMAND_THEME,
    COMMAND_LAYOUT,
    COMMAND_PUBLISH,
    COMMAND_NOTE,
    COMMAND_HOLD,
    COMMAND_RELEASE,
    COMMAND_DROP,
    COMMAND_DELAY,
    COMMAND_DUP,
    COMMAND_CORRUPT,
    COMMAND_SLOW,
    COMMAND_RULES,
    COMMAND_RULES_OFF,
    COMMAND_CUT,
    COMMAND_SILENT,
    COMMAND_DISCONNECT,
    COMMAND_CLEAR,
    COMMAND_SUBSCRIBE,
    COMMAND_CONNECT,
    COMMAND_DEVICE,
    COMMAND_PLAY,
    COMMAND_STOP,
};

struct command {
    const char *name;
    const char *arguments; /* "FILE"; "" */
    const char *text;      /* a short sentence */
    const char *group;     /* heading, on the first of each; NULL */
    enum command_id id;
    enum command_word word; /* of the arguments */
    bool needs_word;
};

/* The table; a row whose name is NULL ends it. */
const struct command *command_table(void);

/* The command of this name, or the only one that begins so; NULL. */
const struct command *command_find(const char *name, size_t len);

/* The name that is most like a wrong one; NULL: none is. */
const char *command_suggest(const char *name, size_t len);

/* A line for each, for help. */
void command_help(struct buf *out);

/* As text, or as a part of a manual page. */
void command_document(bool roff, struct buf *out);

#endif
