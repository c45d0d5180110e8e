/*
 * A row as text: a line, a tree, chosen fields, or JSON.
 */
#ifndef INSPECT_INSPECT_SHOW_H
#define INSPECT_INSPECT_SHOW_H

#include "base/buf.h"
#include "wire/dissect.h"
#include "wire/history.h"

enum inspect_format {
    INSPECT_NONE, /* nothing is shown */
    INSPECT_TEXT,
    INSPECT_FIELDS,
    INSPECT_JSON,
    INSPECT_TREE,
};

/* Which of a field's values are shown. */
enum inspect_occurrence { INSPECT_ALL, INSPECT_FIRST, INSPECT_LAST };

#define INSPECT_MAX_FIELDS 200

struct inspect_show {
    enum inspect_format format;
    const char *fields[INSPECT_MAX_FIELDS]; /* borrowed; all are known names */
    size_t field_count;
    char separator;  /* between fields; 0: a tab */
    char aggregator; /* between values of one field; 0: a comma */
    char quote;      /* around a field; 0: none */
    bool header;     /* names first */
    bool from_file;  /* rows have frames, shown in a column of their own */
    bool headed;     /* what stands above the rows of text was shown */
    enum inspect_occurrence occurrence;
    struct dissection dissection; /* of the row shown last */
    struct dissection scratch;
    struct buf value;
};

void inspect_show_release(struct inspect_show *show);

/* Is it the name of a field that can be shown? *like is a name that may have
   been meant, or NULL. */
bool inspect_show_knows(const char *field, const char **like);

/* What stands before the first row. */
void inspect_show_header(const struct inspect_show *show, struct buf *out);

/*
 * Append a row; nothing when the format has nothing for it (fields and JSON are
 * of packets, unless a field is asked for that others have).
 */
void inspect_show_row(struct inspect_show *show, struct buf *out,
                      const struct history_row *row);

#endif
