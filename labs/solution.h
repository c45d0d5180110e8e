/*
 * The solution and the wrong solutions of a lab.
 */
#ifndef LABS_SOLUTION_H
#define LABS_SOLUTION_H

#include "labs/lab.h"

struct solution_script {
    char *step;   /* id */
    char *script; /* for sh, with the student's values filled in */
    char *fails;  /* "a,b": checks that must not pass; NULL: the solution */
    unsigned near_misses; /* at least so many must be shown */
    unsigned line;
};

struct solution {
    char *path;
    struct solution_script *scripts;
    size_t count;
};

/* Load the file beside the lab. False with problems appended. */
bool solution_load(struct solution *solution, struct lab *lab,
                   struct lab_problems *problems);
void solution_release(struct solution *solution);

/* The script that solves a step, or NULL. */
const struct solution_script *solution_of(const struct solution *solution,
                                          const char *step);

/* Is the check named in a "fails" list? */
bool solution_fails(const char *fails, const char *check);

#endif
