/*
 * A certificate of the student's, and whether it is as a check wants it.
 */
#ifndef LABS_CHECK_CERT_H
#define LABS_CHECK_CERT_H

#include "base/buf.h"
#include "certs/cert_judge.h"
#include "labs/lab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECK_CERT_FILES 6

struct check_cert {
    struct cert_wish wish; /* its strings are within text */
    char *text;            /* owned */
    uint64_t state;        /* of the files, as they were judged last; 0: not */
    bool there;            /* the certificate, and the lists that are named */
    bool good;
    bool untouched; /* all files are as the lab has handed them out */
    char *why;      /* owned, of one that is not good: a line for people */
};

/*
 * Read what stands behind the word "cert": FILE and what is wanted of it. False
 * with a message in error; release either way.
 */
bool check_cert_parse(struct check_cert *cert, const char *text, char *error,
                      size_t error_size);
void check_cert_release(struct check_cert *cert);

/*
 * Look at the files in folder, at this time (nanoseconds since 1970). Returns
 * whether they are others than at the last look; good and why are set then.
 */
bool check_cert_look(struct check_cert *cert, const char *folder,
                     uint64_t time_ns);

/* The names of the files that it is judged by, without those that are not asked
   for. Returns how many. */
unsigned check_cert_files(const struct check_cert *cert,
                          const char *names[CHECK_CERT_FILES]);

/* Has the lab handed out all files that it is judged by, and are they still so?
   Sets untouched. */
void check_cert_compare(struct check_cert *cert, const struct lab *lab,
                        const char *folder);

#endif
