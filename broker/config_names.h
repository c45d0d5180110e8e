/*
 * Names in the configuration that are no option of ours: what mosquitto calls
 * so, or what was probably meant.
 */
#ifndef BROKER_CONFIG_NAMES_H
#define BROKER_CONFIG_NAMES_H

#include <stdbool.h>

/* Is name the one in a table, where "x_*" stands for all that begin so? */
bool config_names_match(const char *in_table, const char *name);

/*
 * An option of mosquitto that we do not have: the end of the sentence "NAME is
 * not supported: ...". NULL when mosquitto has no such option either, or we
 * have it.
 */
const char *config_names_why_not(const char *name);

/* An option that older mosquittos had and that has no meaning any more: a line
   of it can be passed over. */
bool config_names_is_obsolete(const char *name);

/* The option that was probably meant; NULL when none is near. */
const char *config_names_nearest(const char *name);

#endif
