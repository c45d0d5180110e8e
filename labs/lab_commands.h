/*
 * The commands of a lab, looked at by who writes it.
 */
#ifndef LABS_LAB_COMMANDS_H
#define LABS_LAB_COMMANDS_H

#include "labs/lab.h"

/*
 * Append each command of a text that a terminal with 80 columns cannot show so
 * that a shell takes it as it was: a word in quotes, which no "\" can break, is
 * longer than a line beside the checks. By the line where its step begins, 1
 * for the introduction.
 */
void lab_commands_check(const struct lab *lab, struct lab_problems *problems);

#endif
