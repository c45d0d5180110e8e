/*
 * Why a listener cannot be opened, in words, and what to do about it.
 */
#ifndef BROKER_PORT_TROUBLE_H
#define BROKER_PORT_TROUBLE_H

#include "broker/config.h"

#include <stddef.h>

/* Fill text (of size bytes): "Port 1883 of 127.0.0.1 is taken by ..." error is
   the negative errno that broker_listen has returned. */
void port_trouble_explain(const struct config_listener *listener, int error,
                          char *text, size_t size);

#endif
