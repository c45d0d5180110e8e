/*
 * Log lines as messages below $SYS/broker/log: log_dest topic.
 *
 * A line may be logged while a message is on its way, so it waits for the end
 * of the turn. What publishing the lines makes others log is not published, or
 * one line would lead to the next for ever.
 */
#ifndef BROKER_LOG_TOPICS_H
#define BROKER_LOG_TOPICS_H

#include "base/log.h"
#include "base/slice.h"

struct broker;
struct log_topics;

/* broker is borrowed until log_topics_free, which comes before broker_free. */
struct log_topics *log_topics_new(struct broker *broker);
void log_topics_free(struct log_topics *topics);

/* Publish a line soon; it is copied. Lines of LOG_DEBUG are left out. */
void log_topics_add(struct log_topics *topics, enum log_level level,
                    struct slice line);

#endif
