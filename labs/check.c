#define _GNU_SOURCE /* memmem */

#include "labs/check.h"

#include "base/alloc.h"
#include "labs/check_parse.h"
#include "wire/event.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FLOWS      64
#define MAX_FILE_BYTES (1u << 20)

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
    unsigned at;        /* CHECK_SEQ: filters matched so far */
    uint64_t since_ns;  /* CHECK_SEQ, CHECK_AFTER: when it began */
    uint32_t flow;      /* CHECK_SEQ: the flow of the first packet */
    const char *client; /* CHECK_SEQ: the client of the first packet */
    struct pending_flow flows[MAX_FLOWS];
    unsigned flow_count;
};

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

void check_free(struct check *check)
{
    if (!check)
        return;
    check_rule_release(&check->rule);
    free(check);
}

/* Is this a check that is true as long as nothing happens? */
static bool is_absence(const struct check *check)
{
    return check->rule.kind == CHECK_AT_MOST ||
           (check->rule.kind == CHECK_WIRE && check->rule.negated);
}

void check_reset(struct check *check)
{
    check->status = (struct check_status){
        .result = is_absence(check) ? CHECK_PASSED : CHECK_WAITING};
    check->at = 0;
    check->flow_count = 0;
}

const struct check_status *check_status(const struct check *check)
{
    return &check->status;
}

bool check_is_state(const struct check *check)
{
    return check->rule.kind == CHECK_RETAINED;
}

void check_skip(struct check *check)
{
    check->status = (struct check_status){.result = CHECK_SKIPPED};
}

const char *check_result_name(enum check_result result)
{
    static const char *const names[] = {"waiting", "passed", "failed",
                                        "skipped", "undecided"};

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
    if (number && check->status.evidence_count < CHECK_EVIDENCE)
        check->status.evidence[check->status.evidence_count++] = number;
}

static void decide(struct check *check, enum check_result result)
{
    if (check->status.result != CHECK_UNDECIDED)
        check->status.result = result;
}

/* ---- counting ---- */

static void count_match(struct check *check, uint64_t number)
{
    uint64_t seen = ++check->status.seen;
    uint64_t want = check->rule.kind == CHECK_SEEN ? 1 : check->rule.count;

    if (seen <= want || check->rule.kind == CHECK_AT_MOST ||
        check->rule.kind == CHECK_EXACTLY)
        add_evidence(check, number);
    if (seen < want || (check->rule.kind == CHECK_AT_MOST && seen == want))
        return;
    bool too_many = seen > want && (check->rule.kind == CHECK_EXACTLY ||
                                    check->rule.kind == CHECK_AT_MOST);
    decide(check, too_many ? CHECK_FAILED : CHECK_PASSED);
}

/* ---- order ---- */

static bool fits(const struct check *check, const struct history_row *row)
{
    if (check->at == 0)
        return true;
    if (check->rule.same == CHECK_SAME_FLOW)
        return row->note.flow == check->flow;
    if (check->rule.same == CHECK_SAME_CLIENT)
        return !strcmp(row->note.client_id, check->client);
    return true;
}

static void begin_sequence(struct check *check, const struct history_row *row)
{
    check->status.evidence_count = 0;
    check->since_ns = row->record.time_ns;
    check->flow = row->note.flow;
    check->client = row->note.client_id;
}

static void feed_sequence(struct check *check,
                          const struct check_context *context,
                          const struct history_row *row)
{
    bool late = check->at > 0 && check->rule.within_ns &&
                row->record.time_ns - check->since_ns > check->rule.within_ns;

    if (late)
        check->at = 0;
    if (!fits(check, row) ||
        !filter_match(check->rule.filters[check->at], row, context->scratch))
        return;
    if (check->at == 0)
        begin_sequence(check, row);
    add_evidence(check, number_of(context, row));
    check->status.seen++;
    if (++check->at == check->rule.filter_count)
        decide(check, CHECK_PASSED);
}

static void feed_after(struct check *check, const struct check_context *context,
                       const struct history_row *row)
{
    check_tick(check, row->record.time_ns);
    if (check->status.result != CHECK_WAITING)
        return;
    if (check->at == 0) {
        if (!filter_match(check->rule.filters[0], row, context->scratch))
            return;
        check->at = 1;
        begin_sequence(check, row);
        add_evidence(check, number_of(context, row));
    } else if (filter_match(check->rule.filters[1], row, context->scratch)) {
        add_evidence(check, number_of(context, row));
        decide(check, CHECK_FAILED);
    }
}

void check_tick(struct check *check, uint64_t time_ns)
{
    if (check->rule.kind == CHECK_AFTER && check->at == 1 &&
        check->status.result == CHECK_WAITING && time_ns > check->since_ns &&
        time_ns - check->since_ns > check->rule.within_ns)
        decide(check, CHECK_PASSED);
}

/* ---- flows ---- */

static struct pending_flow *find_flow(struct check *check, uint32_t flow)
{
    for (unsigned i = 0; i < check->flow_count; i++) {
        if (check->flows[i].flow == flow)
            return &check->flows[i];
    }
    return NULL;
}

static void feed_flow(struct check *check, const struct check_context *context,
                      const struct history_row *row)
{
    if (!row->note.flow)
        return;

    struct pending_flow *pending = find_flow(check, row->note.flow);
    if (!pending && check->flow_count < MAX_FLOWS &&
        filter_match(check->rule.filters[0], row, context->scratch)) {
        pending = &check->flows[check->flow_count++];
        *pending = (struct pending_flow){row->note.flow, row->record.time_ns,
                                         row->number};
        check->status.seen++;
    }
    if (!pending)
        return;
    bool done =
        check->rule.kind == CHECK_FLOW_DONE && row->note.progress == TRACK_DONE;
    bool lost =
        check->rule.kind == CHECK_FLOW_LOST && row->note.progress == TRACK_LOST;
    bool late = check->rule.within_ns &&
                row->record.time_ns - pending->since_ns > check->rule.within_ns;
    if (!(done && !late) && !lost)
        return;
    add_evidence(check, pending->number);
    add_evidence(check, number_of(context, row));
    decide(check, CHECK_PASSED);
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
    decide(check, right ? CHECK_PASSED : CHECK_WAITING);
}

static void feed_wire(struct check *check, const struct history_row *row)
{
    struct slice bytes = row->record.bytes;

    if ((row->record.type != RECORD_MQTT && row->record.type != RECORD_WIRE) ||
        !bytes.len ||
        !memmem(bytes.bytes, bytes.len, check->rule.text,
                strlen(check->rule.text)))
        return;
    check->status.seen++;
    add_evidence(check, row->number);
    decide(check, check->rule.negated ? CHECK_FAILED : CHECK_PASSED);
}

/* Records were lost: what proves by absence proves nothing any more. */
static void feed_gap(struct check *check)
{
    if (is_absence(check) || check->rule.kind == CHECK_EXACTLY ||
        check->rule.kind == CHECK_AFTER)
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
    case CHECK_FLOW_DONE:
    case CHECK_FLOW_LOST:
        if (check->status.result == CHECK_WAITING)
            feed_flow(check, context, row);
        break;
    case CHECK_RETAINED: feed_retained(check, context, row); break;
    case CHECK_WIRE: feed_wire(check, row); break;
    case CHECK_FILE:
    case CHECK_ANSWER: break;
    }
}

void check_answer(struct check *check, const char *question, bool right)
{
    if (check->rule.kind != CHECK_ANSWER ||
        strcmp(check->rule.name, question) != 0)
        return;
    check->status.seen++;
    if (check->status.result != CHECK_PASSED)
        decide(check, right ? CHECK_PASSED : CHECK_WAITING);
}

/* ---- files ---- */

/* Does a line of the file match? Links are not followed. */
static bool file_matches(const struct check *check, const char *folder)
{
    char *path = alloc_printf("%s/%s", folder, check->rule.name);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct buf text = {0};
    ssize_t got = 0;
    bool found = false;

    free(path);
    while (fd >= 0 && text.len < MAX_FILE_BYTES &&
           (got = read(fd, buf_reserve(&text, 4096), 4096)) > 0)
        text.len += (uint32_t)got;
    if (fd >= 0)
        close(fd);
    char *content = buf_take_string(&text);
    for (char *line = content; *line && !found;) {
        size_t len = strcspn(line, "\n");
        bool last = !line[len];

        line[len] = '\0';
        found = regexec(&check->rule.regex, line, 0, NULL, 0) == 0;
        line += last ? len : len + 1;
    }
    free(content);
    return found;
}

void check_finish(struct check *check, const struct check_context *context)
{
    if (check->rule.kind == CHECK_FILE && context->files)
        decide(check, file_matches(check, context->files) ? CHECK_PASSED
                                                          : CHECK_FAILED);
    /* The recording ends: nothing forbidden came any more. */
    if (check->rule.kind == CHECK_AFTER && check->at == 1 &&
        check->status.result == CHECK_WAITING)
        decide(check, CHECK_PASSED);
    if (check->status.result == CHECK_WAITING)
        check->status.result = CHECK_FAILED;
}

/* ---- words ---- */

void check_explain(const struct check *check, struct buf *expected,
                   struct buf *actual)
{
    buf_append_string(expected, check->spec->text);
    if (check->status.result == CHECK_UNDECIDED)
        buf_append_string(actual, "records were lost, so this is not proved");
    else if (check->rule.kind == CHECK_SEQ)
        buf_printf(actual, "%u of %u came in this order", check->at,
                   check->rule.filter_count);
    else if (check->rule.kind == CHECK_ANSWER)
        buf_append_string(actual, check->status.seen
                                      ? check->status.result == CHECK_PASSED
                                            ? "the answer is right"
                                            : "the answer is not right"
                                      : "no answer was given");
    else if (check->rule.kind == CHECK_FILE)
        buf_append_string(actual, check->status.result == CHECK_PASSED
                                      ? "a line matches"
                                      : "no such file, or no line matches");
    else
        buf_printf(actual, "%llu matched",
                   (unsigned long long)check->status.seen);
}
