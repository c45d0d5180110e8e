/*
 * Where the blocks of a lab's Markdown go while they are sorted: into the
 * introduction, a step, or the end. For lab_blocks.c and lab_fences.c alone.
 */
#ifndef LABS_LAB_SORTER_H
#define LABS_LAB_SORTER_H

#include "labs/lab.h"

struct lab_sorter {
    struct lab *lab;
    struct lab_problems *problems;
    struct lab_step *step;      /* NULL: the introduction, or the end */
    bool at_end;                /* behind the last step */
    struct lab_hint *open_hint; /* inside <details> */
    struct buf hint_text;
    unsigned line; /* in the file, of what is read now */
};

/* Add a problem of the line that is read now. */
#define LAB_SORTER_COMPLAIN(sorter, ...)                                 \
    lab_problem((sorter)->problems, (sorter)->lab->path, (sorter)->line, \
                __VA_ARGS__)

/* The text with the student's values. Owned by the caller. */
char *lab_sorter_fill(struct lab_sorter *sorter, const char *text);

/* Add a block where blocks go now; depth is that of an item, else 0. Valid
   until the next one is added. */
struct lab_block *lab_sorter_add(struct lab_sorter *sorter,
                                 enum lab_block_kind kind, unsigned depth,
                                 const char *text);

/* The text behind its first blanks and tabs. */
char *lab_sorter_skip_blanks(char *text);

/* Cut the first word off *text; returns it. */
char *lab_sorter_take_word(char **text);

#endif
