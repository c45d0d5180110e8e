/*
 * A step as text: wrapped to a width, for a plain terminal and the lab view.
 */
#ifndef LABS_LAB_TEXT_H
#define LABS_LAB_TEXT_H

#include "base/buf.h"
#include "labs/lab_run.h"

/* Append text wrapped to width columns, without the `ticks` around code; first
   stands before the first line, rest before the others (counted in the width).
   Ends with a newline. */
void lab_text_wrap(struct buf *out, const char *text, size_t width,
                   const char *first, const char *rest);

/*
 * Append a table, as a block has it: a row a line, its columns one below the
 * other. Returns the column in which the last cells begin.
 */
unsigned lab_text_table(struct buf *out, const char *text);

/* Append blocks: paragraphs, items, commands with "$ " in front, tables. */
void lab_text_blocks(struct buf *out, const struct lab_block *blocks,
                     size_t count, size_t width);

/*
 * Where the files of an exercise are, and how a terminal gets there: its text
 * names them and no more. Owned by the caller; NULL for a lab, whose own text
 * says it, and for an exercise without files.
 */
char *lab_text_folder(const struct lab_run *run);

/* Append "[x] 1 a client connected            packet 12", one line a check. */
void lab_text_checks(struct buf *out, const struct lab_run_step *step,
                     size_t width);
void lab_text_check(struct buf *out, const struct lab_run_step *step, size_t i,
                    size_t width);

/* Append the questions with what was answered. */
void lab_text_questions(struct buf *out, const struct lab_run_step *step,
                        size_t width);

/* Append "Step 2 of 6: Subscribe   (3 of 5 points, hints cost 1)". */
void lab_text_title(struct buf *out, const struct lab_run *run,
                    const struct lab_run_step *step);

#endif
