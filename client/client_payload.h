/*
 * What a command sends: text (-m), a file (-f), standard input (-s) or no bytes
 * (-n); one of them.
 */
#ifndef CLIENT_CLIENT_PAYLOAD_H
#define CLIENT_CLIENT_PAYLOAD_H

#include "base/buf.h"
#include "client/client_options.h"

#include <stdbool.h>

enum client_payload_option {
    OPTION_MESSAGE = OPTION_OWN + 30,
    OPTION_FILE,
    OPTION_STDIN_FILE,
    OPTION_NULL,
    OPTION_PAYLOAD_END
};

/* clang-format off */
#define CLIENT_PAYLOAD_ROWS \
    {OPTION_MESSAGE, 'm', "message", "message", "this text"}, \
    {OPTION_FILE, 'f', "file", "file", "what is in this file"}, \
    {OPTION_STDIN_FILE, 's', "stdin-file", NULL, "all of standard input"}, \
    {OPTION_NULL, 'n', "null-message", NULL, "a message of no bytes"}
/* clang-format on */

/* Zeroed, none is given. */
struct client_payload {
    bool given;
    const char *file; /* "-" is standard input; NULL: none */
    struct buf bytes; /* after client_payload_load */
};

void client_payload_release(struct client_payload *payload);

/* One kind of message was given. Returns false with options->error when there
   was one before. */
bool client_payload_claim(struct client_payload *payload,
                          struct client_options *options);

/* Take an option of CLIENT_PAYLOAD_ROWS; false as above. */
bool client_payload_take(struct client_payload *payload,
                         struct client_options *options, int id,
                         const char *value);

/* Read the file or standard input, if one was given. Returns false, having
   said why, when it cannot be read. */
bool client_payload_load(struct client_payload *payload);

#endif
