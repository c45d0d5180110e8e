/*
 * Options of the configuration that set more than one member: listeners,
 * plugins, the log.
 */
#ifndef BROKER_CONFIG_SPECIAL_H
#define BROKER_CONFIG_SPECIAL_H

#include "broker/config_reader.h"

/* Read one; name is as it was written, which tells more where the option's own
   ends in "*". value is cut up. */
void config_special_read(struct config_reader *reader,
                         const struct config_option *option, const char *name,
                         char *value);

/* At the end of all files. */
void config_special_end(struct config_reader *reader);

#endif
