#include "labs/grade_log.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "labs/lab_near.h"
#include "wire/event.h"
#include "wire/render.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_LINES    40
#define TEXT_COLUMNS 200

/* How a check stood after the record before. */
struct check_log {
    enum check_result result;
    json_t *lines;
    unsigned more; /* for which there was no room */
};

/* And how its step did. */
struct step_log {
    struct check_log *checks;
    unsigned near_count;
    unsigned resets;
};

struct grade_log {
    const struct lab_run *run;
    struct step_log *steps;
};

struct grade_log *grade_log_new(const struct lab_run *run)
{
    struct grade_log *log = alloc_zero(1, sizeof(*log));

    log->run = run;
    log->steps = alloc_zero(run->lab->step_count, sizeof(log->steps[0]));
    for (size_t s = 0; s < run->lab->step_count; s++) {
        const struct lab_run_step *step = &run->steps[s];
        size_t count = step->step->check_count;

        log->steps[s].checks =
            alloc_zero(count, sizeof(log->steps[s].checks[0]));
        for (size_t i = 0; i < count; i++)
            log->steps[s].checks[i] = (struct check_log){
                .result = check_status(step->checks[i])->result,
                .lines = json_array()};
    }
    return log;
}

void grade_log_free(struct grade_log *log)
{
    if (!log)
        return;
    for (size_t s = 0; s < log->run->lab->step_count; s++) {
        size_t count = log->run->steps[s].step->check_count;

        for (size_t i = 0; i < count; i++)
            json_decref(log->steps[s].checks[i].lines);
        free(log->steps[s].checks);
    }
    free(log->steps);
    free(log);
}

/* "2026-11-21T16:03:17Z passed, packets 12, 14". Takes what is in text, which
   may be a student's. */
static void add_line(struct check_log *log, uint64_t time_ns, struct buf *text)
{
    time_t seconds = (time_t)(time_ns / CLOCK_NS_PER_S);
    struct buf line = {0};
    char when[32];
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ ", &utc);
    buf_append_string(&line, when);
    render_text(&line, buf_slice(text), TEXT_COLUMNS);
    if (json_array_size(log->lines) < MAX_LINES)
        json_array_append_new(log->lines,
                              json_stringn((const char *)line.bytes, line.len));
    else
        log->more++;
    buf_release(&line);
    buf_release(text);
}

static void add_result(struct check_log *log, uint64_t time_ns,
                       const struct check_status *status)
{
    struct buf text = {0};

    buf_append_string(&text, check_result_name(status->result));
    for (unsigned i = 0; i < status->evidence_count; i++)
        buf_printf(&text, "%s%llu",
                   i                            ? ", "
                   : status->evidence_count > 1 ? ", packets "
                                                : ", packet ",
                   (unsigned long long)status->evidence[i]);
    add_line(log, time_ns, &text);
}

static void look_at_checks(struct step_log *log,
                           const struct lab_run_step *step, uint64_t time_ns)
{
    for (size_t i = 0; i < step->step->check_count; i++) {
        const struct check_status *status = check_status(step->checks[i]);

        if (status->result != log->checks[i].result)
            add_result(&log->checks[i], time_ns, status);
        log->checks[i].result = status->result;
    }
}

/* Of each check that the newest near miss is about, or may be. */
static void add_near(struct step_log *log, const struct lab_run_step *step,
                     uint64_t time_ns)
{
    const struct lab_run_near *near = &step->near[0];

    for (size_t i = 0; near->text && i < step->step->check_count; i++) {
        struct buf text = {0};

        if (check_is_settled(step->checks[i]) ||
            check_is_answer(step->checks[i]) ||
            (near->rule->checks &&
             !lab_near_is_about(near->rule, step->step->checks[i].id)))
            continue;
        buf_printf(&text, "near miss: %s", near->text);
        add_line(&log->checks[i], time_ns, &text);
    }
}

static void add_reset(struct step_log *log, const struct lab_run_step *step,
                      uint64_t time_ns)
{
    for (size_t i = 0; i < step->step->check_count; i++) {
        struct buf text = {0};

        buf_append_string(&text, "the step began again");
        add_line(&log->checks[i], time_ns, &text);
        log->checks[i].result = check_status(step->checks[i])->result;
    }
}

/* "STEP.CHECK RESULT packet N", of a check of files. */
static void add_shown(struct step_log *log, const struct lab_run_step *step,
                      const struct record *record)
{
    struct slice said = record_get(record->bytes, RECORD_TEXT);

    for (size_t i = 0; i < step->step->check_count; i++) {
        char *name =
            alloc_printf("%s.%s ", step->step->id, step->step->checks[i].id);

        if (check_is_of_files(step->checks[i]) &&
            slice_starts_with(said, slice_of_string(name))) {
            struct slice rest = slice_skip(said, strlen(name));
            const uint8_t *end = memchr(rest.bytes, ' ', rest.len);
            struct buf text = {0};

            buf_append_string(&text, "was shown as ");
            buf_append(&text, rest.bytes,
                       end ? (size_t)(end - rest.bytes) : rest.len);
            add_line(&log->checks[i], record->time_ns, &text);
        }
        free(name);
    }
}

void grade_log_feed(struct grade_log *log, const struct record *record)
{
    bool shown = record->type == RECORD_LAB &&
                 record_code(record->bytes) == EVENT_LAB_CHECK;

    for (size_t s = 0; s < log->run->lab->step_count; s++) {
        const struct lab_run_step *step = &log->run->steps[s];
        struct step_log *of = &log->steps[s];

        if (step->resets != of->resets)
            add_reset(of, step, record->time_ns);
        look_at_checks(of, step, record->time_ns);
        if (step->near_count != of->near_count)
            add_near(of, step, record->time_ns);
        if (shown && slice_equal_string(record_get(record->bytes, RECORD_ID),
                                        step->step->id))
            add_shown(of, step, record);
        of->resets = step->resets;
        of->near_count = step->near_count;
    }
}

json_t *grade_log_lines(const struct grade_log *log, size_t step, size_t check)
{
    const struct check_log *of = &log->steps[step].checks[check];
    json_t *lines = json_copy(of->lines);

    if (of->more)
        json_array_append_new(
            lines, json_sprintf("and %u more lines like these", of->more));
    return lines;
}
