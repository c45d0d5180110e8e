/*
 * The lines of the topics: the tree as it is unfolded, or, in the order of a
 * column, a list of all topics that messages named.
 */
#ifndef TUI_TOPIC_LINES_H
#define TUI_TOPIC_LINES_H

#include "tui/store.h"
#include "tui/table_order.h"

struct topic_lines {
    const struct model *model; /* borrowed */
    struct table_order order;  /* column 0: the tree */
    uint64_t ordered_ns;       /* when it was made; 0: make it anew */
};

bool topic_lines_is_tree(const struct topic_lines *lines);

/* Put the list in order by the cells of the table, if that is due: rows that
   move all the time cannot be read. Call it before what follows. */
void topic_lines_look(struct topic_lines *lines, const struct store *store,
                      const struct table *table);

size_t topic_lines_count(const struct topic_lines *lines);
/* The topic of a line; NULL behind the last. */
struct model_topic *topic_lines_at(const struct topic_lines *lines,
                                   size_t line);
/* The topic below this one, which stands in that line; NULL: none. */
struct model_topic *topic_lines_next(const struct topic_lines *lines,
                                     struct model_topic *topic, size_t line);
/* The line of a topic; 0 when it has none. */
size_t topic_lines_find(const struct topic_lines *lines,
                        const struct model_topic *wanted);

#endif
