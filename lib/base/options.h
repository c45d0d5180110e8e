/*
 * Command-line options from a table, which also prints the help.
 *
 * The table is the only place where an option is named: parsing, the usage
 * text and the check for a missing value follow from it. Options are short
 * (-q 2, -q2), long (--qos 2, --qos=2) or both; "--" ends them.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

struct option_spec {
    int id;            /* returned by options_next; > 0. 0 ends the table;
                           -1 is a heading for the help: only text is used */
    char letter;       /* 'q' for -q; 0 for none */
    const char *name;  /* "qos" for --qos; NULL for none */
    const char *value; /* name of its value in the help; NULL: takes none */
    const char *text;  /* one or more lines for the help; NULL: not in it */
};

struct options {
    const struct option_spec *table;
    int argc;
    char **argv;
    int at;            /* index of the next word */
    const char *rest;  /* letters left of a cluster such as -dv */
    bool ended;        /* "--" was seen */
    const char *value; /* of the option just returned; NULL when none */
    const char *given; /* how the option was written, for messages */
    char error[160];   /* why options_next returned OPTIONS_ERROR */
};

enum { OPTIONS_END = 0, OPTIONS_ERROR = -1, OPTIONS_WORD = -2 };

/* Read argv[1..argc). The table and argv are borrowed. */
void options_init(struct options *options, const struct option_spec *table,
                  int argc, char **argv);

/*
 * The next option's id; OPTIONS_WORD for a word that is no option (in value);
 * OPTIONS_END after the last; OPTIONS_ERROR with a message in error.
 */
int options_next(struct options *options);

/* Print the table: one option a line, its text beside or below. */
void options_help(const struct option_spec *table, FILE *to);

/*
 * A whole number from text, in min..max. On failure returns false and says in
 * error (of error_size bytes) what was expected: "-q: 3 is not 0..2".
 */
bool options_number(const struct options *options, long min, long max,
                    long *number, char *error, size_t error_size);

#endif
