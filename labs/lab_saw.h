/*
 * The page at the end of a lab: what the student saw, with the student's own
 * packets.
 */
#ifndef LABS_LAB_SAW_H
#define LABS_LAB_SAW_H

#include "labs/lab_run.h"

#define LAB_SAW_INDENT 4 /* blanks before a packet */

/*
 * Append, step by step, each packet that proved a check, under what it proved.
 * Lines have at most width columns; a packet goes on further in.
 */
void lab_saw_packets(struct buf *out, const struct lab_run *run, size_t width);

/*
 * Append the lab's words for its end, and then the packets.
 */
void lab_saw_text(struct buf *out, const struct lab_run *run, size_t width);

#endif
