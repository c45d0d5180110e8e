#include "tui/highlight.h"

const char *const *highlight_colours(void)
{
    /* As the styles for clients look in the dark theme. */
    static const char *const names[HIGHLIGHTS_MAX + 1] = {
        "blue", "orange", "pink", "green", "violet", "sand", NULL,
    };

    return names;
}

bool highlight_set(struct highlights *highlights, int colour, const char *text,
                   struct filter_error *error)
{
    struct filter *filter = filter_new(text, error);

    if (!filter)
        return false;
    filter_free(highlights->filters[colour]);
    highlights->filters[colour] = filter;
    highlights->any = true;
    return true;
}

void highlight_clear(struct highlights *highlights)
{
    for (int i = 0; i < HIGHLIGHTS_MAX; i++) {
        filter_free(highlights->filters[i]);
        highlights->filters[i] = NULL;
    }
    highlights->any = false;
}

void highlight_release(struct highlights *highlights)
{
    highlight_clear(highlights);
    dissect_release(&highlights->scratch);
}

int highlight_of(struct highlights *highlights, const struct history_row *row)
{
    for (int i = 0; highlights->any && i < HIGHLIGHTS_MAX; i++) {
        if (highlights->filters[i] &&
            filter_match(highlights->filters[i], row, &highlights->scratch))
            return i;
    }
    return -1;
}
