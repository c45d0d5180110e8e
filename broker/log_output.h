/*
 * Where the broker's log lines go, as the configuration says: log_dest,
 * log_type, log_timestamp. Nobody waits for who reads them: standard output and
 * error may be a pager or a terminal that stands still, and lose lines then.
 */
#ifndef BROKER_LOG_OUTPUT_H
#define BROKER_LOG_OUTPUT_H

#include "base/buf.h"
#include "base/log.h"
#include "broker/config.h"

#include <stdio.h>
#include <time.h>

struct log_topics;

struct log_output {
    struct log log;              /* for everybody who logs */
    const struct config *config; /* borrowed */
    FILE *file;                  /* of log_dest file; NULL: none */
    struct buf line;             /* the line under way */
    struct log_topics *topics;   /* borrowed; for log_dest topic; NULL: the
                                    broker does not run */
    bool out_may_wait; /* standard output is no file: its reader may be slow */
    bool err_may_wait; /* the same of standard error */
    uint64_t lost;     /* lines that nobody took, which was not said yet */
    time_t second;     /* that when was made for */
    char when[80];
};

/*
 * Ready to log; output must stay where it is. Returns 0, or a negative errno
 * when the file cannot be opened: then all lines go to standard error.
 */
int log_output_open(struct log_output *output, const struct config *config);

/*
 * Close the file and open it anew, after somebody moved it away; and go by the
 * configuration anew, if it has changed.
 */
int log_output_reopen(struct log_output *output);

void log_output_close(struct log_output *output);

#endif
