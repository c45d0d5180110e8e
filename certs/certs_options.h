/*
 * The command line of mqttlab certs: what is asked for.
 */
#ifndef CERTS_CERTS_OPTIONS_H
#define CERTS_CERTS_OPTIONS_H

#include "certs/certs.h"

#include <stdio.h>

#define CERTS_MAX_WORDS 64

struct certs_command;

struct certs_options {
    const struct certs_command *command; /* NULL: none was named */
    struct certs_request request;
    const char *words[CERTS_MAX_WORDS]; /* behind the command's name */
    int word_count;
    bool use_given;
    enum cert_use use;        /* --for */
    struct certs_check check; /* --ca, --crl, --host */
    const char *passphrase_file;
    int port;
    bool help;
};

/* Runs one command; returns the exit code. */
typedef int certs_run(const struct certs_options *options);

struct certs_command {
    const char *name;
    const char *words; /* what follows it, for the help */
    int min_words;
    int max_words;
    const char *options; /* letters of the options that it takes */
    certs_run *run;
    const char *text;
};

/* Find the command and its options. Returns false after telling on standard
   error what is wrong. commands ends with a row without a name. */
bool certs_options_read(struct certs_options *options,
                        const struct certs_command *commands, int argc,
                        char **argv);

/* Write text; control characters in it but newlines become "\\xNN". */
void certs_options_print(const char *text, FILE *to);

void certs_options_help(const struct certs_command *commands);

#endif
