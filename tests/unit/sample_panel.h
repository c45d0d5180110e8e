/*
 * A lab that is made up, for the tests of the lab view.
 */
#ifndef UNIT_SAMPLE_PANEL_H
#define UNIT_SAMPLE_PANEL_H

#include "tui/panel.h"

#include <stdbool.h>

struct sample_lab {
    size_t step;
    size_t hints_open;
    char answer[64];
    unsigned ticks;
    bool watched;        /* a broker is, as was told last */
    const char *trouble; /* NULL: none */
    const char *lost;    /* likewise */
    bool wordy;          /* its checks need more than a line */
    struct panel panel;  /* its functions, with this lab as their owner */
};

void sample_lab_init(struct sample_lab *lab);

#endif
