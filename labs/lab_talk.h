/*
 * What a lab says in the bare terminal before it is shown and after that,
 * whoever shows it.
 */
#ifndef LABS_LAB_TALK_H
#define LABS_LAB_TALK_H

#include "labs/lab_run.h"

/* How wide text is to be; 80 where nobody knows. */
size_t lab_talk_columns(void);

/* A line of standard input, byte by byte: what is typed behind it is for who
   reads next. False at the end of the input. */
bool lab_talk_read_line(char *line, size_t size);

/*
 * Ask for the student's id on this terminal until one is typed. Owned by the
 * caller; NULL when the input ended.
 */
char *lab_talk_ask_student(void);

/* How far the student came, and how to go on; name is what was typed. */
void lab_talk_goodbye(const struct lab_run *run, const char *name);

#endif
