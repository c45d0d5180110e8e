/*
 * The thread that writes: one batch at a time, while the loop collects the
 * next.
 *
 * It is the only one besides the loop, and shares with it nothing but the
 * batch, which neither changes meanwhile, and the file. Where a loop's clock is
 * set by hand there is no thread: a batch is written at the start of the next
 * turn, so that tests always see the same.
 */
#ifndef BROKER_DURABLE_WRITER_H
#define BROKER_DURABLE_WRITER_H

#include "broker/durable_file.h"
#include "net/loop.h"

struct durable_writer;

/* In the loop: the batch was stored, or error says why it was not. */
typedef void durable_written(void *context, bool good, const char *error);

/* loop and file are borrowed. Returns NULL when there can be no thread. */
struct durable_writer *durable_writer_new(struct loop *loop,
                                          struct durable_file *file,
                                          durable_written *on_written,
                                          void *context);

/* Write a batch, borrowed until on_written. None may be under way. */
void durable_writer_start(struct durable_writer *writer,
                          const struct durable_batch *batch);

/*
 * Wait for the batch that is under way, if there is one, whose on_written will
 * not be called any more, and end the thread. Then the file is the caller's.
 * Returns false with the reason in error when that batch was not stored.
 */
bool durable_writer_stop(struct durable_writer *writer, char *error);

#endif
