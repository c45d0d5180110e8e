/*
 * The text of a check, taken apart.
 */
#ifndef LABS_CHECK_PARSE_H
#define LABS_CHECK_PARSE_H

#include "labs/check_cert.h"
#include "labs/lab.h"
#include "wire/filter.h"
#include "wire/filter_regex.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum check_kind {
    CHECK_SEEN,      /* seen F; event F */
    CHECK_AT_LEAST,  /* at least N F, N > 0 */
    CHECK_EXACTLY,   /* exactly N F, N > 0 */
    CHECK_AT_MOST,   /* at most N F; never F is at most 0 */
    CHECK_SEQ,       /* seq F -> F -> F [within Ns] [same flow|client] */
    CHECK_AFTER,     /* after F never F within Ns */
    CHECK_LAST,      /* last F is F */
    CHECK_FLOW_DONE, /* flow F done within Ns */
    CHECK_FLOW_LOST, /* flow F lost */
    CHECK_SESSION,   /* session F with F with F */
    CHECK_RETAINED,  /* retained TOPIC == VALUE; retained TOPIC cleared */
    CHECK_WIRE,      /* wire contains "TEXT"; wire not contains "TEXT" */
    CHECK_FILE,      /* file NAME matches RE */
    CHECK_CERT,      /* cert FILE ... */
    CHECK_SHELL,     /* shell COMMAND */
    CHECK_ANSWER,    /* answer QUESTION */
};

enum check_same { CHECK_ANY, CHECK_SAME_FLOW, CHECK_SAME_CLIENT };

#define CHECK_MAX_FILTERS 8

struct check_rule {
    enum check_kind kind;
    uint64_t count;
    uint64_t within_ns; /* 0: no limit; at most a day */
    enum check_same same;
    bool negated;    /* wire not contains */
    bool all_actors; /* a filter names lab.actor, so scripts count too */
    struct filter *filters[CHECK_MAX_FILTERS];
    unsigned filter_count;
    char *name;                 /* topic, file or question */
    char *text;                 /* value, text on the wire, command */
    struct filter_regex *regex; /* of a file */
    struct check_cert cert;
};

/* Take the text apart. False with a message in error. Release either way. */
bool check_rule_parse(struct check_rule *rule, const char *text, char *error,
                      size_t error_size);
void check_rule_release(struct check_rule *rule);

/*
 * The offset of the first of these words (the last is NULL) that stands outside
 * of quotes; the length of the text when there is none. Within quotes a
 * backslash keeps a quote from closing.
 */
size_t check_find_unquoted(const char *text, const char *const words[]);

#endif
