#include "broker/durable.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/durable_held.h"
#include "broker/durable_load.h"
#include "broker/durable_state.h"

/* How soon a commit that failed is tried again, and how often that is said. */
#define RETRY_MS     1000u
#define LOG_EVERY_MS 60000u

/* More than this is not collected: the peers wait until it is stored. */
#define COLLECT_BYTES (64u << 20)

/* And on request it is written without one. */
#define REQUEST_BYTES   (16u << 20)
#define REQUEST_CHANGES 100000u

uint64_t durable_wall_ms(const struct durable *durable, uint64_t at_ms)
{
    const struct clock *clock = &durable->broker->loop->clock;

    /* Right also for moments before the clock's zero. */
    return clock->wall_ns / CLOCK_NS_PER_MS - (clock_ms(clock) - at_ms);
}

/* ---- too much ---- */

static size_t collected_bytes(const struct durable *durable)
{
    const struct durable_batch *batch = durable->collecting;

    return batch->bytes + batch->count * sizeof(struct durable_change) +
           durable->held_bytes;
}

bool durable_is_full(struct durable *durable)
{
    if (collected_bytes(durable) < COLLECT_BYTES)
        return false;
    durable->full = true;
    return true;
}

/* Read again from those who had to wait. */
static void wake(struct durable *durable)
{
    if (!durable->full || collected_bytes(durable) >= COLLECT_BYTES / 2)
        return;
    durable->full = false;
    LIST_FOREACH_SAFE (node, &durable->broker->connections)
        connection_go_on(LIST_ITEM(node, struct connection, node));
}

/* ---- failures ---- */

static void report(struct durable *durable, enum event_code code,
                   const char *text)
{
    struct broker *broker = durable->broker;

    if (!tap_on(&broker->tap))
        return;
    report_begin(broker, code, slice_of(NULL, 0));
    if (text)
        report_printf(broker, RECORD_TEXT, "%s", text);
    report_end(broker, NULL, 0);
    broker_show_records(broker);
}

static void has_failed(struct durable *durable)
{
    struct broker *broker = durable->broker;
    uint64_t now_ms = clock_ms(&broker->loop->clock);
    char text[DURABLE_ERROR_BYTES + 100];

    durable->stats.failures++;
    snprintf(text, sizeof(text),
             "nothing can be stored, so nothing is "
             "acknowledged: %s",
             durable->error);
    if (!durable->failing)
        report(durable, EVENT_STORE_FAILED, text);
    if (!durable->failing || now_ms - durable->logged_ms >= LOG_EVERY_MS) {
        log_error(broker->log, "The store fails: %s.", text);
        durable->logged_ms = now_ms;
    }
    durable->failing = true;
}

static void has_recovered(struct durable *durable)
{
    if (!durable->failing)
        return;
    durable->failing = false;
    log_notice(durable->broker->log, "The store works again.");
    report(durable, EVENT_STORE_WORKS, NULL);
}

/* ---- one commit after another ---- */

static void run_job(struct loop_job *job)
{
    struct durable *durable = LIST_ITEM(job, struct durable, job);
    uint64_t start_ns = clock_read_monotonic_ns();

    durable->job_good =
        durable_file_apply(&durable->file, durable->writing, durable->error);
    durable->job_us = (clock_read_monotonic_ns() - start_ns) / 1000;
}

static void count_commit(struct durable *durable)
{
    struct durable_stats *stats = &durable->stats;
    const struct durable_batch *batch = durable->writing;

    stats->commits++;
    stats->changes += batch->live;
    stats->bytes += batch->bytes;
    if (stats->largest < batch->live)
        stats->largest = batch->live;
    if (stats->longest_us < durable->job_us)
        stats->longest_us = durable->job_us;
}

/* All that was there when the broker stopped is stored, or cannot be. */
static void finish(struct durable *durable)
{
    void (*on_saved)(struct broker * broker) = durable->on_saved;

    durable->on_saved = NULL;
    if (on_saved)
        on_saved(durable->broker);
}

static void after_failure(struct durable *durable)
{
    has_failed(durable);
    if (!durable->finishing) {
        timer_set(durable->broker->loop, &durable->retry, RETRY_MS);
        return;
    }
    log_error(
        durable->broker->log,
        "The broker stops with %lu changes that are not stored.",
        (unsigned long)(durable->writing->live + durable->collecting->live));
    durable->lost = true;
    finish(durable);
}

static void done(struct loop_job *job)
{
    struct durable *durable = LIST_ITEM(job, struct durable, job);

    durable->job_runs = false;
    if (!durable->job_good) {
        after_failure(durable);
        return;
    }
    has_recovered(durable);
    count_commit(durable);
    durable->committed = durable->writing->number;
    durable_batch_clear(durable->writing);
    durable->writing = NULL;
    durable_held_release(durable);
    wake(durable);
    if (durable->collecting->live || !list_empty(&durable->held))
        loop_at_end(durable->broker->loop, &durable->task);
    else if (durable->finishing)
        finish(durable);
}

static void start_job(struct durable *durable)
{
    durable->job_runs = true;
    loop_job_start(durable->broker->loop, &durable->job, run_job, done);
}

static void on_retry(struct timer *timer)
{
    start_job(LIST_ITEM(timer, struct durable, retry));
}

/* Everything in the batch was taken back: it is stored, so to say. */
static void skip(struct durable *durable)
{
    struct durable_batch *batch = durable->collecting;

    durable->committed = batch->number;
    durable_batch_clear(batch);
    batch->number++;
    durable_held_release(durable);
    wake(durable);
}

/* On request: is it time? */
static bool is_due(struct durable *durable)
{
    const struct config *config = durable->broker->config;
    const struct durable_batch *batch = durable->collecting;

    return !durable->on_request || durable->wanted || durable->finishing ||
           batch->count >= REQUEST_CHANGES || batch->bytes >= REQUEST_BYTES ||
           (config->autosave_on_changes && config->autosave_interval &&
            durable->changes - durable->saved_changes >=
                config->autosave_interval);
}

static void commit(struct durable *durable)
{
    struct durable_batch *batch = durable->collecting;

    if (durable->writing || !is_due(durable))
        return;
    durable->wanted = false;
    durable->saved_changes = durable->changes;
    if (!batch->live) {
        skip(durable);
        if (durable->finishing)
            finish(durable);
        return;
    }
    durable->writing = batch;
    durable->collecting = &durable->batches[batch == durable->batches];
    durable->collecting->number = batch->number + 1;
    start_job(durable);
}

static void on_task(struct loop_task *task)
{
    commit(LIST_ITEM(task, struct durable, task));
}

void durable_touch(struct durable *durable)
{
    if (!durable->writing)
        loop_at_end(durable->broker->loop, &durable->task);
}

/* ---- on request ---- */

static void set_autosave(void *context)
{
    struct durable *durable = context;
    const struct config *config = durable->broker->config;

    if (durable->on_request && config->autosave_interval &&
        !config->autosave_on_changes)
        timer_set(durable->broker->loop, &durable->autosave,
                  config->autosave_interval * UINT64_C(1000));
    else
        timer_cancel(&durable->autosave);
}

/* Store what is not stored yet, where that was left for later. */
static void store_now(struct durable *durable)
{
    durable->wanted = true;
    if (!durable->writing)
        loop_at_end(durable->broker->loop, &durable->task);
}

static void on_autosave(struct timer *timer)
{
    struct durable *durable = LIST_ITEM(timer, struct durable, autosave);

    store_now(durable);
    set_autosave(durable);
}

static void save(struct broker *broker)
{
    store_now(broker->durable);
}

/* ---- life ---- */

/* "LOCATION/FILE", or the file in the current folder. */
static char *path_of(const struct config *config)
{
    const char *folder = config->persistence_location;

    if (!folder || !*folder)
        return alloc_string(config->persistence_file);
    return alloc_printf("%s%s%s", folder,
                        folder[strlen(folder) - 1] == '/' ? "" : "/",
                        config->persistence_file);
}

static struct durable *durable_new(struct broker *broker)
{
    struct durable *durable = alloc_zero(1, sizeof(*durable));

    durable->broker = broker;
    durable->collecting = &durable->batches[0];
    durable->collecting->number = 1;
    durable->on_request = broker->config->persistence_sync == CONFIG_SYNC_OFF;
    list_init(&durable->held);
    loop_task_init(&durable->task, on_task);
    timer_init(&durable->retry, on_retry);
    timer_init(&durable->autosave, on_autosave);
    durable->reload =
        (struct reload_hook){.apply = set_autosave, .context = durable};
    return durable;
}

static void durable_free(struct durable *durable)
{
    durable_file_close(&durable->file);
    timer_cancel(&durable->retry);
    timer_cancel(&durable->autosave);
    loop_task_cancel(&durable->task);
    list_remove(&durable->reload.node);
    durable_batch_release(&durable->batches[0]);
    durable_batch_release(&durable->batches[1]);
    free(durable->rows.rows);
    free(durable);
}

bool durable_open(struct broker *broker, char *error)
{
    struct durable *durable = durable_new(broker);
    char *path = path_of(broker->config);
    bool good = durable_file_open(
        &durable->file, path,
        broker->config->persistence_sync == CONFIG_SYNC_FULL, error);

    free(path);
    list_init(&durable->reload.node);
    if (good && !durable_load(durable)) {
        snprintf(error, DURABLE_TEXT_BYTES, "%s", durable->error);
        good = false;
    }
    if (!good) {
        durable_free(durable);
        return false;
    }
    broker->durable = durable;
    broker->save = save;
    retained_store_watch(broker->retained, durable_retained, durable);
    reload_add(broker, &durable->reload);
    set_autosave(durable);
    durable_load_finish(durable);
    return true;
}

bool durable_finish(struct durable *durable,
                    void (*on_saved)(struct broker *broker))
{
    durable->finishing = true;
    if (durable->lost || (!durable->writing && !durable->collecting->live))
        return true;
    durable->on_saved = on_saved;
    if (timer_is_set(&durable->retry)) { /* once more, and now */
        timer_cancel(&durable->retry);
        start_job(durable);
    }
    commit(durable);
    return false;
}

bool durable_close(struct durable *durable)
{
    if (!durable)
        return true;
    assert(!durable->job_runs);
    struct broker *broker = durable->broker;
    bool good = !durable->writing && !durable->collecting->live;

    retained_store_watch(broker->retained, NULL, NULL);
    durable_free(durable);
    broker->durable = NULL;
    broker->save = NULL;
    return good;
}

struct durable_stats durable_stats(const struct durable *durable)
{
    struct durable_stats stats = durable->stats;

    stats.failing = durable->failing;
    return stats;
}
