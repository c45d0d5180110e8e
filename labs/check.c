#define _GNU_SOURCE /* memmem */

#include "labs/check.h"

#include "base/alloc.h"
#include "labs/check_state.h"
#include "wire/event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check *check_new(const struct lab_check_spec *spec,
                        const struct lab_step *step, char *error,
                        size_t error_size)
{
    struct check *check = alloc_zero(1, sizeof(*check));
    bool known = false;

    check->spec = spec;
    if (!check_rule_parse(&check->rule, spec->text, error, error_size)) {
        check_free(check);
        return NULL;
    }
    for (size_t i = 0;
         check->rule.kind == CHECK_ANSWER && i < step->question_count; i++)
        known = known || !strcmp(step->questions[i].id, check->rule.name);
    if (check->rule.kind == CHECK_ANSWER && !known) {
        snprintf(error, error_size, "no question '%s' in this step",
                 check->rule.name);
        check_free(check);
        return NULL;
    }
    check_reset(check);
    return check;
}

/* What was seen on the way to a decision. */
static void forget(struct check *check)
{
    struct pending_flow *pending;
    size_t at = 0;

    while ((pending = map_next(&check->flows, &at)))
        free(pending);
    map_release(&check->flows);
    check_sequence_release(&check->sequence);
    check_session_release(&check->session);
    check_shell_release(&check->shell);
    check->rule.cert.state = 0;
    check->gap = false;
    check->begun = false;
    check->file = (struct check_file){0};
}

void check_free(struct check *check)
{
    if (!check)
        return;
    forget(check);
    check_rule_release(&check->rule);
    free(check);
}

bool check_is_absence(const struct check *check)
{
    return check->rule.kind == CHECK_AT_MOST ||
           (check->rule.kind == CHECK_WIRE && check->rule.negated);
}

void check_reset(struct check *check)
{
    check->status = (struct check_status){
        .result = check_is_absence(check) ? CHECK_PASSED : CHECK_WAITING};
    forget(check);
}

const struct check_status *check_status(const struct check *check)
{
    return &check->status;
}

bool check_is_state(const struct check *check)
{
    return check_is_retained(check) || check->rule.kind == CHECK_SESSION;
}

bool check_is_retained(const struct check *check)
{
    return check->rule.kind == CHECK_RETAINED;
}

bool check_is_answer(const struct check *check)
{
    return check->rule.kind == CHECK_ANSWER;
}

const char *check_question(const struct check *check)
{
    return check_is_answer(check) ? check->rule.name : NULL;
}

bool check_is_settled(const struct check *check)
{
    return check->status.result == CHECK_PASSED ||
           check->status.result == CHECK_UNMARKED;
}

bool check_is_shell(const struct check *check)
{
    return check->rule.kind == CHECK_SHELL;
}

bool check_is_of_files(const struct check *check)
{
    return check->rule.kind == CHECK_FILE || check->rule.kind == CHECK_CERT ||
           check->rule.kind == CHECK_SHELL;
}

bool check_has_looked(const struct check *check)
{
    return check->rule.kind != CHECK_SHELL || check->shell.ran;
}

unsigned check_files(const struct check *check, const char *names[CHECK_FILES])
{
    if (check->rule.kind == CHECK_CERT)
        return check_cert_files(&check->rule.cert, names);
    if (check->rule.kind != CHECK_FILE)
        return 0;
    names[0] = check->rule.name;
    return 1;
}

void check_skip(struct check *check)
{
    check->status = (struct check_status){.result = CHECK_SKIPPED};
}

const char *check_result_name(enum check_result result)
{
    static const char *const names[] = {"waiting", "passed",   "failed",
                                        "skipped", "unmarked", "undecided"};

    return names[result];
}

/* The number of the packet that a row is about. */
static uint64_t number_of(const struct check_context *context,
                          const struct history_row *row)
{
    struct history_row cause;

    if (row->number || !row->record.cause)
        return row->number;
    if (history_get(context->history,
                    history_find_seq(context->history, row->record.cause),
                    &cause))
        return cause.number;
    return 0;
}

static void add_evidence(struct check *check, uint64_t number)
{
    struct check_status *status = &check->status;

    for (unsigned i = 0; i < status->evidence_count; i++) {
        if (status->evidence[i] == number)
            return; /* one packet may be two things that are wanted */
    }
    if (number && status->evidence_count < CHECK_EVIDENCE)
        status->evidence[status->evidence_count++] = number;
}

/* ---- counting ---- */

static enum check_result judge_count(const struct check *check)
{
    uint64_t seen = check->status.seen;
    uint64_t want = check->rule.kind == CHECK_SEEN ? 1 : check->rule.count;
    bool bounded =
        check->rule.kind == CHECK_EXACTLY || check->rule.kind == CHECK_AT_MOST;

    if (bounded && seen > want)
        return CHECK_FAILED;
    if (bounded && check->gap)
        return CHECK_UNDECIDED;
    return check->rule.kind == CHECK_AT_MOST || seen >= want ? CHECK_PASSED
                                                             : CHECK_WAITING;
}

static void count_match(struct check *check, uint64_t number)
{
    check->status.seen++;
    if (check->status.result != CHECK_PASSED ||
        check->rule.kind == CHECK_AT_MOST || check->rule.kind == CHECK_EXACTLY)
        add_evidence(check, number);
    check->status.result = judge_count(check);
}

/* ---- order ---- */

static void feed_sequence(struct check *check,
                          const struct check_context *context,
                          const struct history_row *row)
{
    struct check_sequence *sequence = &check->sequence;
    unsigned before = sequence->matched;
    bool complete = check_sequence_feed(
        sequence, &check->rule, row, number_of(context, row), context->scratch);

    if (sequence->matched != before) {
        check->status.evidence_count = 0;
        for (unsigned i = 0; i < sequence->matched; i++)
            add_evidence(check, sequence->numbers[i]);
    }
    if (complete)
        check->status.result = CHECK_PASSED;
}

static void feed_after(struct check *check, const struct check_context *context,
                       const struct history_row *row)
{
    check_tick(check, row->record.time_ns);
    if (check->status.result == CHECK_PASSED ||
        check->status.result == CHECK_FAILED ||
        !filter_match(check->rule.filters[check->begun], row, context->scratch))
        return;
    if (check->begun) {
        check->after_ns = row->record.time_ns - check->since_ns;
        if (check->after_ns > check->rule.within_ns)
            return; /* undecided, but this was too late to matter */
        check->status.result = CHECK_FAILED;
    } else {
        check->begun = true;
        check->since_ns = row->record.time_ns;
    }
    add_evidence(check, number_of(context, row));
}

void check_tick(struct check *check, uint64_t time_ns)
{
    if (check->rule.kind == CHECK_AFTER && check->begun &&
        check->status.result == CHECK_WAITING && time_ns > check->since_ns &&
        time_ns - check->since_ns > check->rule.within_ns)
        check->status.result = CHECK_PASSED;
}

void check_pause(struct check *check)
{
    bool gap = check->gap;

    if (check->rule.kind != CHECK_AFTER ||
        check->status.result != CHECK_WAITING)
        return;
    check_reset(check);
    check->gap = gap; /* what was lost before is lost still */
}

/* The state of things: what came last decides, until more comes. */
static void feed_last(struct check *check, const struct check_context *context,
                      const struct history_row *row)
{
    if (!filter_match(check->rule.filters[0], row, context->scratch))
        return;
    bool good = filter_match(check->rule.filters[1], row, context->scratch);

    check->status.seen++;
    check->status.evidence_count = 0;
    add_evidence(check, number_of(context, row));
    check->status.result = good ? CHECK_PASSED : CHECK_WAITING;
}

/* ---- flows ---- */

static struct pending_flow *begin_flow(struct check *check,
                                       const struct history_row *row)
{
    struct pending_flow *pending = alloc_zero(1, sizeof(*pending));

    *pending =
        (struct pending_flow){row->note.flow, row->record.time_ns, row->number};
    map_set(&check->flows, slice_of(&pending->flow, sizeof(pending->flow)),
            pending);
    check->status.seen++;
    return pending;
}

static void end_flow(struct check *check, const struct check_context *context,
                     const struct history_row *row,
                     const struct pending_flow *pending)
{
    add_evidence(check, pending->number);
    add_evidence(check, number_of(context, row));
    check->status.result = CHECK_PASSED;
}

/* A session that ends loses all that it had under way, and its row names only
   the first: so look what became of those that are waited for. */
static void look_for_lost(struct check *check,
                          const struct check_context *context,
                          const struct history_row *row)
{
    const struct tracker *tracker = history_tracker(context->history);
    struct pending_flow *first = NULL;
    struct pending_flow *pending;
    size_t at = 0;

    while ((pending = map_next(&check->flows, &at))) {
        if (tracker_flow_progress(tracker, pending->flow) == TRACK_LOST &&
            (!first || pending->flow < first->flow))
            first = pending;
    }
    if (first)
        end_flow(check, context, row, first);
}

static void feed_flow(struct check *check, const struct check_context *context,
                      const struct history_row *row)
{
    struct slice key = slice_of(&row->note.flow, sizeof(row->note.flow));
    struct pending_flow *pending = map_get(&check->flows, key);

    if (!row->note.flow)
        return;
    if (!pending && filter_match(check->rule.filters[0], row, context->scratch))
        pending = begin_flow(check, row);
    if (row->note.progress == TRACK_LOST && check->rule.kind == CHECK_FLOW_LOST)
        look_for_lost(check, context, row);
    if (!pending || row->note.progress != TRACK_DONE)
        return;
    if (check->rule.kind == CHECK_FLOW_DONE &&
        (!check->rule.within_ns ||
         row->record.time_ns - pending->since_ns <= check->rule.within_ns))
        end_flow(check, context, row, pending);
    map_remove(&check->flows, key);
    free(pending);
}

/* ---- state of the broker, bytes on the wire ---- */

static void feed_retained(struct check *check,
                          const struct check_context *context,
                          const struct history_row *row)
{
    struct slice bytes = row->record.bytes;
    unsigned code = record_code(bytes);

    if (row->record.type != RECORD_EVT || code < EVENT_RETAINED_STORED ||
        code > EVENT_RETAINED_CLEARED ||
        !slice_equal_string(record_get(bytes, RECORD_TOPIC), check->rule.name))
        return;
    bool cleared = code == EVENT_RETAINED_CLEARED;
    bool right =
        check->rule.negated
            ? cleared
            : !cleared && slice_equal_string(record_get(bytes, RECORD_PAYLOAD),
                                             check->rule.text);
    check->status.seen++;
    check->status.evidence_count = 0;
    add_evidence(check, number_of(context, row));
    check->status.result = right ? CHECK_PASSED : CHECK_WAITING;
}

/* What was once there counts, also when its connection is over. */
static void feed_session(struct check *check,
                         const struct check_context *context,
                         const struct history_row *row)
{
    check_session_feed(&check->session, &check->rule, row,
                       number_of(context, row), context->scratch);
    const struct check_session_one *found =
        check_session_find(&check->session, &check->rule);
    if (context->early || !found || check->status.result == CHECK_PASSED)
        return;
    check->status.seen++;
    for (unsigned i = 0; i < check->rule.filter_count; i++)
        add_evidence(check, found->numbers[i]);
    check->status.result = CHECK_PASSED;
}

static void feed_wire(struct check *check, const struct history_row *row)
{
    struct slice bytes = row->record.bytes;

    if ((row->record.type != RECORD_MQTT && row->record.type != RECORD_WIRE) ||
        row->record.layer == RECORD_WITHIN || !bytes.len ||
        !memmem(bytes.bytes, bytes.len, check->rule.text,
                strlen(check->rule.text)))
        return;
    check->status.seen++;
    add_evidence(check, row->number);
    check->status.result = check->rule.negated ? CHECK_FAILED : CHECK_PASSED;
}

/*
 * Records were lost: what would be proved by absence is not proved any more,
 * nor how things are now. What was decided by something that came stays
 * decided.
 */
static void feed_gap(struct check *check)
{
    bool watching =
        check_is_absence(check) || check->rule.kind == CHECK_EXACTLY ||
        check->rule.kind == CHECK_LAST || check->rule.kind == CHECK_RETAINED ||
        (check->rule.kind == CHECK_AFTER && check->begun &&
         check->status.result == CHECK_WAITING);

    check->gap = true;
    if (watching && check->status.result != CHECK_FAILED)
        check->status.result = CHECK_UNDECIDED;
}

void check_feed(struct check *check, const struct check_context *context,
                const struct history_row *row)
{
    if (row->record.type == RECORD_EVT &&
        record_code(row->record.bytes) == EVENT_LOST_RECORDS)
        feed_gap(check);
    if (row->record.actor == RECORD_SCRIPT && !check->rule.all_actors)
        return;
    switch (check->rule.kind) {
    case CHECK_SEEN:
    case CHECK_AT_LEAST:
    case CHECK_EXACTLY:
    case CHECK_AT_MOST:
        if (filter_match(check->rule.filters[0], row, context->scratch))
            count_match(check, number_of(context, row));
        break;
    case CHECK_SEQ:
        if (check->status.result == CHECK_WAITING)
            feed_sequence(check, context, row);
        break;
    case CHECK_AFTER: feed_after(check, context, row); break;
    case CHECK_LAST: feed_last(check, context, row); break;
    case CHECK_FLOW_DONE:
    case CHECK_FLOW_LOST:
        if (check->status.result == CHECK_WAITING)
            feed_flow(check, context, row);
        break;
    case CHECK_SESSION: feed_session(check, context, row); break;
    case CHECK_RETAINED: feed_retained(check, context, row); break;
    case CHECK_WIRE: feed_wire(check, row); break;
    case CHECK_FILE:
    case CHECK_CERT:
    case CHECK_SHELL:
    case CHECK_ANSWER: break;
    }
}

void check_answer(struct check *check, const char *question,
                  enum check_result result)
{
    if (check->rule.kind != CHECK_ANSWER ||
        strcmp(check->rule.name, question) != 0)
        return;
    check->status.seen++;
    if (check->status.result != CHECK_PASSED)
        check->status.result = result;
}

/* ---- files ---- */

static void set_good(struct check *check, bool good)
{
    check->status.result = good ? CHECK_PASSED : CHECK_WAITING;
}

/* When the last record came: the same for who watches and for who grades. */
static uint64_t time_of(const struct history *history)
{
    struct history_row row;

    return history_get(history, history_end(history) - 1, &row)
               ? row.record.time_ns
               : 0;
}

static void look_at_cert(struct check *check,
                         const struct check_context *context)
{
    struct check_cert *cert = &check->rule.cert;

    if (!check_cert_look(cert, context->files, time_of(context->history)))
        return;
    if (context->lab)
        check_cert_compare(cert, context->lab, context->files);
    set_good(check, cert->good);
}

static void look_by_shell(struct check *check,
                          const struct check_context *context, bool finish)
{
    struct check_shell *shell = &check->shell;
    const char *command = check->rule.text;

    if (finish ? check_shell_finish(shell, context->files, command)
               : check_shell_look(shell, context->files, command))
        set_good(check, check_shell_good(shell));
}

static void look(struct check *check, const struct check_context *context,
                 bool finish)
{
    if (!context->files)
        return;
    if (check->rule.kind == CHECK_CERT)
        look_at_cert(check, context);
    else if (check->rule.kind == CHECK_SHELL)
        look_by_shell(check, context, finish);
    else if (check->rule.kind == CHECK_FILE &&
             check_file_look(&check->file, context->files, check->rule.name,
                             check->rule.regex))
        set_good(check, check->file.matches);
}

void check_look(struct check *check, const struct check_context *context)
{
    look(check, context, false);
}

/* May it be that what would have decided was not seen? */
static bool may_have_missed(const struct check *check)
{
    switch (check->rule.kind) {
    case CHECK_FILE:
    case CHECK_CERT:
    case CHECK_ANSWER: return false;
    case CHECK_SHELL: return !check->shell.ran;
    case CHECK_AFTER: return check->gap || check->begun;
    case CHECK_SEEN:
    case CHECK_AT_LEAST:
    case CHECK_EXACTLY:
    case CHECK_AT_MOST:
    case CHECK_SEQ:
    case CHECK_LAST:
    case CHECK_FLOW_DONE:
    case CHECK_FLOW_LOST:
    case CHECK_SESSION:
    case CHECK_RETAINED:
    case CHECK_WIRE: return check->gap;
    }
    return false;
}

void check_finish(struct check *check, const struct check_context *context)
{
    look(check, context, true);
    if (check->status.result == CHECK_WAITING)
        check->status.result =
            may_have_missed(check) ? CHECK_UNDECIDED : CHECK_FAILED;
}
