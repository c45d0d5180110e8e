/*
 * What each option that all client commands share sets in their options.
 */
#ifndef CLIENT_CLIENT_TAKE_H
#define CLIENT_CLIENT_TAKE_H

#include "client/client_options.h"

#include <stdbool.h>

/*
 * Take the option that was just read (an enum client_option), whose value is
 * options->words.value; -D takes its further words itself. Returns false with a
 * message in options->error when the value is not one.
 */
bool client_take_option(struct client_options *options, int id);

#endif
