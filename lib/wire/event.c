#include "wire/event.h"

#include <stddef.h>

struct event_row {
    enum event_code code;
    const char *name;
    const char *text;
};

#define EVENT_ROW(code, number, name, text) {code, name, text},
static const struct event_row rows[] = {EVENT_CODES(EVENT_ROW)};
#undef EVENT_ROW

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static const struct event_row *find(unsigned code)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

const char *event_name(unsigned code)
{
    const struct event_row *row = find(code);

    return row ? row->name : "?";
}

const char *event_text(unsigned code)
{
    const struct event_row *row = find(code);

    return row ? row->text : "?";
}
