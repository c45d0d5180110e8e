#include "broker/log_topics.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "broker/broker.h"

#include <stdlib.h>
#include <string.h>

/* More lines in one turn than this are left out: they tell nothing new. */
#define BYTES_MAX (256u << 10)

struct log_topics {
    struct broker *broker;
    struct loop_task task;
    struct buf lines; /* of each: its level, a byte, and its text with a NUL */
    bool publishing;
};

/* NULL: it is not published. */
static const char *topic_of(enum log_level level)
{
    switch (level) {
    case LOG_ERROR: return "$SYS/broker/log/E";
    case LOG_WARNING: return "$SYS/broker/log/W";
    case LOG_NOTICE: return "$SYS/broker/log/N";
    case LOG_INFO: return "$SYS/broker/log/I";
    case LOG_DEBUG: return NULL;
    case LOG_SUBSCRIBE: return "$SYS/broker/log/M/subscribe";
    case LOG_UNSUBSCRIBE: return "$SYS/broker/log/M/unsubscribe";
    case LOG_WEBSOCKETS: return "$SYS/broker/log/WS";
    }
    return NULL;
}

static void publish_line(struct log_topics *topics, enum log_level level,
                         const char *line)
{
    const struct mqtt_publish message = {
        .qos = 2,
        .topic = slice_of_string(topic_of(level)),
        .payload = slice_of_string(line),
    };

    broker_publish(topics->broker, &message);
}

static void publish_all(struct loop_task *task)
{
    struct log_topics *topics = LIST_ITEM(task, struct log_topics, task);
    const char *line = (const char *)topics->lines.bytes;
    const char *end = line + topics->lines.len;

    topics->publishing = true;
    while (line < end && !topics->broker->stopping) {
        publish_line(topics, (enum log_level)line[0], line + 1);
        line += 1 + strlen(line + 1) + 1;
    }
    topics->publishing = false;
    buf_clear(&topics->lines);
}

struct log_topics *log_topics_new(struct broker *broker)
{
    struct log_topics *topics = alloc_zero(1, sizeof(*topics));

    topics->broker = broker;
    loop_task_init(&topics->task, publish_all);
    return topics;
}

void log_topics_free(struct log_topics *topics)
{
    if (!topics)
        return;
    loop_task_cancel(&topics->task);
    buf_release(&topics->lines);
    free(topics);
}

void log_topics_add(struct log_topics *topics, enum log_level level,
                    struct slice line)
{
    if (topics->publishing || !topic_of(level) ||
        topics->lines.len + line.len > BYTES_MAX)
        return;
    buf_append_u8(&topics->lines, (uint8_t)level);
    buf_append(&topics->lines, line.bytes, line.len);
    buf_append_u8(&topics->lines, 0);
    loop_at_end(topics->broker->loop, &topics->task);
}
