/*
 * What a check has seen so far: inside check.c and check_explain.c only.
 */
#ifndef LABS_CHECK_STATE_H
#define LABS_CHECK_STATE_H

#include "labs/check.h"
#include "labs/check_file.h"
#include "labs/check_parse.h"
#include "labs/check_sequence.h"
#include "labs/check_session.h"
#include "labs/check_shell.h"

/* A QoS flow whose end is waited for. */
struct pending_flow {
    uint32_t flow;
    uint64_t since_ns;
    uint64_t number; /* of the packet that began it */
};

struct check {
    const struct lab_check_spec *spec;
    struct check_rule rule;
    struct check_status status;
    bool gap;                       /* records were lost */
    bool begun;                     /* CHECK_AFTER: the first filter matched */
    uint64_t since_ns;              /* CHECK_AFTER: when */
    uint64_t after_ns;              /* CHECK_AFTER: how long until it failed */
    struct check_sequence sequence; /* CHECK_SEQ */
    struct check_session session;   /* CHECK_SESSION */
    struct check_shell shell;       /* CHECK_SHELL */
    struct map flows;       /* CHECK_FLOW_*: struct pending_flow by flow */
    struct check_file file; /* CHECK_FILE */
};

#endif
