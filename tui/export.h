/*
 * What is seen as files for other programs: rows as CSV, JSON lines or a table
 * in Markdown; the ladder as text, Mermaid or SVG.
 */
#ifndef TUI_EXPORT_H
#define TUI_EXPORT_H

#include "tui/grid_svg.h"
#include "tui/store.h"

enum export_format {
    EXPORT_CSV,
    EXPORT_JSON,
    EXPORT_MARKDOWN,
    EXPORT_TEXT,
    EXPORT_MERMAID,
    EXPORT_SVG,
    EXPORT_NONE,
};

/* By the end of a file's name: .csv .jsonl .json .md .txt .mmd .svg */
enum export_format export_format_of(const char *path);

enum export_what {
    EXPORT_PACKETS, /* those that the filter shows */
    EXPORT_SESSIONS,
    EXPORT_TOPICS,
    EXPORT_STATS,
};

/* Append a table; format is one of the first three. */
void export_table(const struct store *store, enum export_what what,
                  enum export_format format, struct buf *out);

/* Append the ladder of the packets that the filter shows, at most so many of
   the last; format is one of the last three. */
#define EXPORT_LADDER_MAX 2000
void export_ladder(const struct store *store, enum export_format format,
                   struct buf *out);

#endif
