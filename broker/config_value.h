/*
 * One value of the configuration: from text into a member.
 */
#ifndef BROKER_CONFIG_VALUE_H
#define BROKER_CONFIG_VALUE_H

#include "base/buf.h"
#include "broker/config_table.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Set the member of an option that has one. base is the struct config or
 * struct config_listener that it lies in. Returns false and appends to error
 * what was expected when value is not such; a path that cannot be used is not
 * kept.
 */
bool config_value_set(void *base, const struct config_option *option,
                      const char *value, struct buf *error);

/* Is the member of an option the same in two structs? */
bool config_value_equals(const void *base, const void *other,
                         const struct config_option *option);

/* Copy it into base, a text too; what was there is freed. */
void config_value_copy(void *base, const void *from,
                       const struct config_option *option);

/* Free it, if it is a text. */
void config_value_release(void *base, const struct config_option *option);

/*
 * A whole number, by itself: false when text is none in min..max.
 */
bool config_value_number(const char *text, int64_t min, int64_t max,
                         int64_t *number);

/* What may be written: "true | false", "0..65535". */
void config_value_describe(const struct config_option *option, char *text,
                           size_t text_size);

#endif
