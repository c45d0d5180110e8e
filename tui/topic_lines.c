#include "tui/topic_lines.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

bool topic_lines_is_tree(const struct topic_lines *lines)
{
    return !lines->order.column;
}

void topic_lines_look(struct topic_lines *lines, const struct store *store,
                      const struct table *table)
{
    const struct model *model = lines->model = store->model;
    struct model_topic *topic = NULL;
    void **rows;
    size_t count = 0;

    if (topic_lines_is_tree(lines) ||
        (lines->ordered_ns && lines->order.count == model->named_count &&
         store->now_ns < lines->ordered_ns + CLOCK_NS_PER_S))
        return;
    rows = alloc_zero(model->named_count + 1, sizeof(*rows));
    while ((topic = model_topic_next(model, topic, true))) {
        if (topic->named && count < model->named_count)
            rows[count++] = topic;
    }
    table_order_make(&lines->order, table, rows, count);
    lines->ordered_ns = store->now_ns;
    free(rows);
}

size_t topic_lines_count(const struct topic_lines *lines)
{
    struct model_topic *topic = NULL;
    size_t count = 0;

    if (!topic_lines_is_tree(lines))
        return lines->order.count;
    while ((topic = model_topic_next(lines->model, topic, false)))
        count++;
    return count;
}

struct model_topic *topic_lines_at(const struct topic_lines *lines, size_t line)
{
    struct model_topic *topic;

    if (!topic_lines_is_tree(lines))
        return line < lines->order.count ? lines->order.rows[line] : NULL;
    topic = model_topic_next(lines->model, NULL, false);
    while (topic && line--)
        topic = model_topic_next(lines->model, topic, false);
    return topic;
}

struct model_topic *topic_lines_next(const struct topic_lines *lines,
                                     struct model_topic *topic, size_t line)
{
    return topic_lines_is_tree(lines)
               ? model_topic_next(lines->model, topic, false)
               : topic_lines_at(lines, line + 1);
}

size_t topic_lines_find(const struct topic_lines *lines,
                        const struct model_topic *wanted)
{
    struct model_topic *topic = topic_lines_is_tree(lines) || lines->order.count
                                    ? topic_lines_at(lines, 0)
                                    : NULL;

    for (size_t line = 0; topic; line++) {
        if (topic == wanted)
            return line;
        topic = topic_lines_next(lines, topic, line);
    }
    return 0;
}
