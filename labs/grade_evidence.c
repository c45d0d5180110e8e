#include "labs/grade_evidence.h"

#include "labs/lab_near.h"
#include "wire/render.h"

#include <string.h>

#define MAX_PACKETS 4
#define MAX_FIELDS  40
#define MAX_BYTES   128
#define MAX_COLUMNS 200

/* Text of ours, or made harmless before. Takes what is in the buffer. */
static json_t *take_string(struct buf *text)
{
    json_t *string = json_stringn((const char *)text->bytes, text->len);

    buf_release(text);
    return string ? string : json_string("");
}

/* Text from a student; NULL stands for none. */
static json_t *safe_string(const char *text)
{
    struct buf safe = {0};

    render_text(&safe, slice_of_string(text), MAX_COLUMNS);
    return take_string(&safe);
}

static json_t *fields_json(struct dissection *scratch,
                           const struct history_row *row)
{
    json_t *lines = json_array();

    dissect_row(scratch, row);
    for (size_t i = 0; i < scratch->count && i < MAX_FIELDS; i++) {
        const struct field *field = &scratch->fields[i];
        struct buf line = {0};

        buf_printf(&line, "%*s", 2 * field->depth, "");
        render_text(&line, slice_of_string(dissect_text(scratch, field)),
                    MAX_COLUMNS);
        json_array_append_new(lines, take_string(&line));
    }
    return lines;
}

static json_t *hex_json(struct slice bytes)
{
    struct buf hex = {0};
    size_t len = bytes.len < MAX_BYTES ? bytes.len : MAX_BYTES;

    for (size_t i = 0; i < len; i++)
        buf_printf(&hex, "%s%02x", i ? " " : "", bytes.bytes[i]);
    if (len < bytes.len)
        buf_append_string(&hex, " ...");
    return take_string(&hex);
}

static json_t *packet_json(struct lab_run *run, uint64_t number)
{
    struct history_row row;
    struct buf line = {0};

    if (!history_get(run->history, history_find_number(run->history, number),
                     &row))
        return NULL;
    bool had_text = !run->scratch.without_text;
    run->scratch.without_text = false;
    render_line(&line, &row);
    json_t *packet = json_pack("{s:I, s:o, s:o, s:o}", "number",
                               (json_int_t)number, "line", take_string(&line),
                               "fields", fields_json(&run->scratch, &row),
                               "hex", hex_json(row.record.bytes));
    run->scratch.without_text = !had_text;
    return packet;
}

json_t *grade_evidence_packets(struct lab_run *run, const uint64_t *numbers,
                               unsigned count)
{
    json_t *packets = json_array();

    for (unsigned i = 0; i < count && i < MAX_PACKETS; i++) {
        json_t *packet = packet_json(run, numbers[i]);

        if (packet)
            json_array_append_new(packets, packet);
    }
    return packets;
}

json_t *grade_evidence_help(const struct lab_run_step *step, const char *check)
{
    for (size_t i = 0; i < LAB_RUN_NEAR_MISSES; i++) {
        if (lab_near_open(step, i) &&
            (!step->near[i].rule->checks ||
             lab_near_is_about(step->near[i].rule, check)))
            return safe_string(step->near[i].text);
    }
    return safe_string(NULL);
}

json_t *grade_evidence_near(const struct lab_run *run)
{
    json_t *list = json_array();

    for (size_t s = 0; s < run->lab->step_count; s++) {
        const struct lab_run_step *step = &run->steps[s];

        for (size_t i = LAB_RUN_NEAR_MISSES; i-- > 0;) {
            const struct lab_run_near *near = &step->near[i];

            if (near->text)
                json_array_append_new(
                    list, json_pack("{s:s, s:o, s:I}", "step", step->step->id,
                                    "text", safe_string(near->text), "packet",
                                    (json_int_t)near->number));
        }
    }
    return list;
}

const struct mark *grade_evidence_mark(const struct lab_run *run,
                                       const struct marks *marks,
                                       const struct lab_run_step *step,
                                       size_t question)
{
    char id[MARKS_ID_SIZE];

    if (!marks || !step->questions[question].answer)
        return NULL;
    marks_id(id, run->student, run->lab->id, step->step->id,
             step->step->questions[question].id,
             step->questions[question].answer);
    return marks_find(marks, id);
}

/* The points that there are for a question that is marked by hand. */
static unsigned max_of(const struct lab_run_step *step, const char *question)
{
    unsigned points = 0;

    for (size_t i = 0; i < step->step->check_count; i++) {
        const char *of = check_question(step->checks[i]);

        if (of && !strcmp(of, question))
            points += step->step->checks[i].points;
    }
    return points;
}

static json_t *mark_json(const struct lab_run *run, const struct marks *marks,
                         const struct lab_run_step *step, size_t at)
{
    const struct mark *mark = grade_evidence_mark(run, marks, step, at);
    const char *question = step->step->questions[at].id;
    char id[MARKS_ID_SIZE];

    marks_id(id, run->student, run->lab->id, step->step->id, question,
             step->questions[at].answer);
    return json_pack("{s:s, s:i, s:o, s:o}", "id", id, "max",
                     (int)max_of(step, question), "points",
                     mark && mark->points >= 0 ? json_integer(mark->points)
                                               : json_null(),
                     "remark", safe_string(mark ? mark->remark : ""));
}

static json_t *answer_json(const struct lab_run *run, const struct marks *marks,
                           const struct lab_run_step *step, size_t at)
{
    const struct lab_question *spec = &step->step->questions[at];
    const struct lab_run_question *state = &step->questions[at];
    bool by_hand = spec->kind == LAB_ANSWER_HAND;
    struct buf answer = {0};

    render_text(&answer, slice_of_string(state->answer),
                by_hand ? 0 : MAX_COLUMNS);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "step", step->step->id,
                     "question", spec->id, "ask", spec->ask, "answer",
                     take_string(&answer), "right",
                     by_hand ? json_null() : json_boolean(state->right), "mark",
                     by_hand ? mark_json(run, marks, step, at) : json_null());
}

json_t *grade_evidence_answers(const struct lab_run *run,
                               const struct marks *marks)
{
    json_t *list = json_array();

    for (size_t s = 0; s < run->lab->step_count; s++) {
        const struct lab_run_step *step = &run->steps[s];

        for (size_t i = 0; i < step->step->question_count; i++) {
            if (step->questions[i].taken ||
                (step->questions[i].answer &&
                 step->step->questions[i].kind != LAB_ANSWER_HAND))
                json_array_append_new(list, answer_json(run, marks, step, i));
        }
    }
    return list;
}
