/*
 * The inside of the durable store, for its own files.
 */
#ifndef BROKER_DURABLE_STATE_H
#define BROKER_DURABLE_STATE_H

#include "broker/durable.h"
#include "broker/durable_batch.h"
#include "broker/durable_file.h"
#include "broker/reload.h"
#include "net/loop.h"
#include "net/timer.h"

/* A row of the file that a message or a delivery refers to by its index here,
   from 1 on. A session has one too. */
struct durable_row {
    uint64_t number; /* in the file; 0: a free place */
    uint64_t batch;  /* the one in which it was added */
    uint32_t place;  /* there; in a free one: the index of the next */
    uint32_t refs;   /* of a message: deliveries, retained, will */
};

struct durable_rows {
    struct durable_row *rows; /* owned; rows[index - 1] */
    uint32_t count;           /* in use, or once in use */
    uint32_t cap;
    uint32_t first_free; /* index; 0: none */
};

struct durable {
    struct broker *broker;
    struct durable_file file;
    struct durable_batch batches[2];
    struct durable_batch *collecting; /* one of them */
    struct durable_batch *writing;    /* the other one; NULL: none */
    uint64_t committed;               /* number of the newest that is stored */
    uint64_t changes;                 /* that were ever recorded */
    uint64_t saved_changes;           /* of them at the last hand-over */
    uint64_t mark;                    /* changes when the packet came that is
                                         being handled */
    uint64_t last_number;             /* of a row */
    struct durable_rows rows;
    struct loop_task task; /* hands over at the end of the turn */
    struct loop_job job;   /* the commit */
    bool job_runs;
    bool job_good;
    char error[DURABLE_ERROR_BYTES]; /* the job's */
    uint64_t job_us;
    struct timer retry;    /* after a failure */
    struct timer autosave; /* while on_request */
    bool on_request;       /* persistence_sync off: written now and then */
    bool wanted;           /* on request: it is time */
    bool failing;
    bool finishing;     /* the broker stops: all that waits is to be stored */
    bool lost;          /* and that failed */
    bool full;          /* some connections are not read from */
    uint64_t logged_ms; /* when a failure was */
    struct reload_hook reload;
    void (*on_saved)(struct broker *broker);
    struct list held;  /* struct durable_held, member node */
    size_t held_bytes; /* what they hold */
    struct durable_stats stats;
};

/* Now, in ms since 1970, or at another moment of the loop's clock. */
uint64_t durable_wall_ms(const struct durable *durable, uint64_t at_ms);

/* Something was put into the batch: it is to be handed over. */
void durable_touch(struct durable *durable);

/* ---- rows, durable_rows.c ---- */

/* A new one, with the next number. Returns its index. */
uint32_t durable_row_new(struct durable *durable);
void durable_row_free(struct durable *durable, uint32_t index);

static inline struct durable_row *durable_row_at(const struct durable *durable,
                                                 uint32_t index)
{
    return &durable->rows.rows[index - 1];
}

/* The number of a message's row. */
uint64_t durable_message_number(const struct durable *durable,
                                const struct message *message);

/* ---- messages, durable_change.c ---- */

/* For retained_store_watch. */
void durable_retained(void *context, struct message *message, bool kept);

#endif
