/*
 * Who has published a retained message, for check_retain_source: it is only
 * sent on while its publisher may still publish there.
 *
 * Where there are no rules nothing is noted, and such a message is always sent:
 * also when rules come later.
 */
#ifndef BROKER_RETAIN_SOURCE_H
#define BROKER_RETAIN_SOURCE_H

#include "base/buf.h"
#include "broker/message.h"

struct broker;
struct session;

/* Note a publisher in source, for message_new_from; nothing when nobody would
   ever be asked about it. */
void retain_source_note(const struct broker *broker,
                        const struct session *publisher, struct buf *source);

/* May the publisher of this message still publish there, or is it not known,
   or of no interest? */
bool retain_source_allows(const struct broker *broker,
                          const struct message *message);

#endif
