#include "broker/retain_source.h"

#include "broker/broker.h"
#include "broker/identity.h"
#include "broker/session.h"
#include "mqtt/reader.h"
#include "mqtt/writer.h"

/*
 * As bytes: the listener, two bytes; the Client Identifier with its length in
 * two bytes; the rest is the user name, empty for none.
 */
void retain_source_note(const struct broker *broker,
                        const struct session *publisher, struct buf *source)
{
    if (!broker->config->check_retain_source || !publisher ||
        !publisher->identity || !publisher->identity->guarded)
        return;
    writer_u16(source, publisher->listener);
    writer_binary(source, session_client_id(publisher));
    if (publisher->identity->user_name)
        buf_append_string(source, publisher->identity->user_name);
}

bool retain_source_allows(const struct broker *broker,
                          const struct message *message)
{
    struct slice source = message_source(message);
    struct reader reader = {.rest = source};

    if (!source.len || !broker->config->check_retain_source)
        return true;
    uint16_t listener = reader_u16(&reader);
    struct slice client_id = reader_binary(&reader);
    if (reader.reason || listener >= broker->config->listener_count)
        return true;
    return identity_could_write(broker, listener, client_id,
                                reader_rest(&reader), message_topic(message));
}
