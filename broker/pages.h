/*
 * The pages that a listener for WebSocket shows when it has no http_dir: the files
 * of web/, which tools/embed puts into the program.
 */
#ifndef BROKER_PAGES_H
#define BROKER_PAGES_H

#include "net/transport_ws.h"

#include <stddef.h>

extern const struct ws_page pages[];
extern const size_t pages_count;

#endif
