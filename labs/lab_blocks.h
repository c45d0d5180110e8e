/*
 * The blocks of a lab's Markdown, sorted into steps.
 */
#ifndef LABS_LAB_BLOCKS_H
#define LABS_LAB_BLOCKS_H

#include "labs/lab.h"

struct markdown;

/* Fill lab->intro and lab->steps. False when there is no step at all. */
bool lab_blocks_read(struct lab *lab, const struct markdown *markdown,
                     struct lab_problems *problems);

#endif
