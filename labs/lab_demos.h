/*
 * The demonstrations that a lab brings, looked at by who writes it.
 */
#ifndef LABS_LAB_DEMOS_H
#define LABS_LAB_DEMOS_H

#include "labs/lab.h"

/* Append what is wrong with a lab's scripts, by its lines in the lab's file. */
void lab_demos_check(const struct lab *lab, struct lab_problems *problems);

#endif
