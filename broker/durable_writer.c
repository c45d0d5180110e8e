#include "broker/durable_writer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

struct durable_writer {
    struct loop_async written; /* first: it is what is freed at the end */
    struct durable_file *file;
    durable_written *on_written;
    void *context;
    bool has_thread;
    uv_thread_t thread;
    uv_mutex_t mutex; /* of all that follows */
    uv_cond_t wake;
    const struct durable_batch *batch; /* to be written; NULL: none */
    bool stopping;
    bool finished; /* a batch was; the loop has not been told */
    bool good;     /* how that went */
    char error[DURABLE_ERROR_BYTES];

    /* Without a thread. */
    struct loop *loop;
    struct loop_task task;
};

static void write_batches(void *argument)
{
    struct durable_writer *writer = argument;

    uv_mutex_lock(&writer->mutex);
    for (;;) {
        while (!writer->batch && !writer->stopping)
            uv_cond_wait(&writer->wake, &writer->mutex);
        const struct durable_batch *batch = writer->batch;
        if (!batch)
            break;
        uv_mutex_unlock(&writer->mutex);
        bool good = durable_file_apply(writer->file, batch, writer->error);
        uv_mutex_lock(&writer->mutex);
        writer->batch = NULL;
        writer->finished = true;
        writer->good = good;
        loop_async_send(&writer->written);
    }
    uv_mutex_unlock(&writer->mutex);
}

static void on_async(struct loop_async *async)
{
    struct durable_writer *writer =
        LIST_ITEM(async, struct durable_writer, written);

    uv_mutex_lock(&writer->mutex);
    bool finished = writer->finished;
    writer->finished = false;
    uv_mutex_unlock(&writer->mutex);
    if (finished)
        writer->on_written(writer->context, writer->good, writer->error);
}

static void on_task(struct loop_task *task)
{
    struct durable_writer *writer =
        LIST_ITEM(task, struct durable_writer, task);
    bool good = durable_file_apply(writer->file, writer->batch, writer->error);

    writer->batch = NULL;
    writer->on_written(writer->context, good, writer->error);
}

static void on_async_closed(struct loop_async *async)
{
    free(LIST_ITEM(async, struct durable_writer, written));
}

/* Start the thread and what it talks through. Returns 0 or a negative errno. */
static int start_thread(struct durable_writer *writer)
{
    int error = loop_async_open(writer->loop, &writer->written, on_async);

    if (error)
        return error;
    uv_mutex_init(&writer->mutex);
    uv_cond_init(&writer->wake);
    error = uv_thread_create(&writer->thread, write_batches, writer);
    if (!error)
        return 0;
    uv_cond_destroy(&writer->wake);
    uv_mutex_destroy(&writer->mutex);
    loop_async_close(&writer->written, on_async_closed);
    return error;
}

struct durable_writer *durable_writer_new(struct loop *loop,
                                          struct durable_file *file,
                                          durable_written *on_written,
                                          void *context)
{
    struct durable_writer *writer = alloc_zero(1, sizeof(*writer));

    writer->file = file;
    writer->on_written = on_written;
    writer->context = context;
    writer->loop = loop;
    writer->has_thread = !loop->clock.manual;
    loop_task_init(&writer->task, on_task);
    if (writer->has_thread && start_thread(writer) != 0)
        return NULL;
    return writer;
}

void durable_writer_start(struct durable_writer *writer,
                          const struct durable_batch *batch)
{
    if (!writer->has_thread) {
        assert(!writer->batch);
        writer->batch = batch;
        loop_at_start(writer->loop, &writer->task);
        return;
    }
    uv_mutex_lock(&writer->mutex);
    assert(!writer->batch && !writer->finished);
    writer->batch = batch;
    uv_cond_signal(&writer->wake);
    uv_mutex_unlock(&writer->mutex);
}

/* Without a thread: write what the loop has not come to. */
static bool finish_in_loop(struct durable_writer *writer)
{
    if (list_empty(&writer->task.node))
        return true;
    loop_task_cancel(&writer->task);
    return durable_file_apply(writer->file, writer->batch, writer->error);
}

static bool finish_thread(struct durable_writer *writer)
{
    uv_mutex_lock(&writer->mutex);
    writer->stopping = true;
    uv_cond_signal(&writer->wake);
    uv_mutex_unlock(&writer->mutex);
    uv_thread_join(&writer->thread);
    uv_cond_destroy(&writer->wake);
    uv_mutex_destroy(&writer->mutex);
    return !writer->finished || writer->good;
}

bool durable_writer_stop(struct durable_writer *writer, char *error)
{
    bool good =
        writer->has_thread ? finish_thread(writer) : finish_in_loop(writer);

    if (!good)
        snprintf(error, DURABLE_ERROR_BYTES, "%s", writer->error);
    if (writer->has_thread)
        loop_async_close(&writer->written, on_async_closed);
    else
        free(writer);
    return good;
}
