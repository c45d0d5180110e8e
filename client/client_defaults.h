/*
 * The file of defaults: options that stand in front of those of the command
 * line, one a line, as mosquitto's clients read them.
 *
 * "-h broker.example" is the option, blanks, and its value up to the end of the
 * line, which may hold blanks; -D is followed by its words. Lines that begin
 * with "#" and empty ones are skipped.
 */
#ifndef CLIENT_CLIENT_DEFAULTS_H
#define CLIENT_CLIENT_DEFAULTS_H

#include "base/buf.h"

#include <stdbool.h>

/* The program's name, option, and what -D has behind it. */
#define CLIENT_DEFAULTS_WORDS 6

struct client_defaults {
    char *path;    /* owned; NULL: no file is read */
    struct buf in; /* the file; its lines are cut up in place */
    uint32_t at;   /* where the next line begins */
    unsigned line; /* the number of the current one */
    char *words[CLIENT_DEFAULTS_WORDS];
};

/*
 * Read $XDG_CONFIG_HOME/NAME, or $HOME/.config/NAME where the first variable is
 * not set. A file that is not there or cannot be read has no lines.
 */
void client_defaults_load(struct client_defaults *defaults, const char *name);
void client_defaults_release(struct client_defaults *defaults);

/*
 * Go to the next line that has an option and set words: words[0] is program.
 * They are valid until the release. Returns their number, 0 at the end.
 */
int client_defaults_next(struct client_defaults *defaults, char *program);

#endif
