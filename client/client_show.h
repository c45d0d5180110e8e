/*
 * How a command shows the messages that it receives, and how long it waits for
 * them: -v, -F, -N, --pretty, -R and -W.
 */
#ifndef CLIENT_CLIENT_SHOW_H
#define CLIENT_CLIENT_SHOW_H

#include "client/client_options.h"
#include "client/client_run.h"
#include "client/output.h"

#include <stdbool.h>

enum client_show_option {
    OPTION_VERBOSE = OPTION_OWN + 40,
    OPTION_FORMAT,
    OPTION_NO_EOL,
    OPTION_PRETTY,
    OPTION_NO_RETAINED,
    OPTION_TIMEOUT,
    OPTION_SHOW_END
};

/* clang-format off */
#define CLIENT_SHOW_ROWS \
    {OPTION_VERBOSE, 'v', "verbose", NULL, "topic and payload"}, \
    {OPTION_FORMAT, 'F', NULL, "format", "a format of your own"}, \
    {OPTION_NO_EOL, 'N', NULL, NULL, "no end of line behind a message"}, \
    {OPTION_PRETTY, 0, "pretty", NULL, "JSON over several lines"}, \
    {OPTION_NO_RETAINED, 'R', NULL, NULL, "do not show retained messages"}, \
    {OPTION_TIMEOUT, 'W', NULL, "timeout", "end after so many seconds"}
/* clang-format on */

/* For the help, behind what a command says of itself. */
#define CLIENT_SHOW_FORMATS                                                     \
    "With -F, % and a letter stand for a part of the message: %t topic, %p\n"   \
    "payload, %x payload in hex, %l its length, %q QoS, %r retain, %m Packet\n" \
    "Identifier, %j JSON, %I time; @ and a letter is the clock, as in\n"        \
    "strftime. The manual has them all.\n"

/* Zeroed, it prints payloads. */
struct client_show {
    struct output output;
    struct buf line; /* a message as it is printed */
    bool no_retained;
    long timeout_s; /* 0: waits for ever */
};

void client_show_release(struct client_show *show);

/* Take an option of CLIENT_SHOW_ROWS; false with a message in options->error
   when its value is wrong. */
bool client_show_take(struct client_show *show, struct client_options *options,
                      int id, const char *value);

/* Print a message; with -R not when it is a retained one. */
void client_show_message(struct client_show *show, struct client_run *run,
                         const struct mqtt_publish *message);

#endif
