#include "labs/grade_evidence.h"

#include "wire/render.h"

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

json_t *grade_evidence_help(const struct lab_run_step *step)
{
    return safe_string(step->near[0].text);
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

json_t *grade_evidence_answers(const struct lab_run *run)
{
    json_t *list = json_array();

    for (size_t s = 0; s < run->lab->step_count; s++) {
        const struct lab_step *spec = run->steps[s].step;

        for (size_t i = 0; i < spec->question_count; i++) {
            const struct lab_run_question *question =
                &run->steps[s].questions[i];

            if (question->answer)
                json_array_append_new(
                    list, json_pack("{s:s, s:s, s:s, s:o, s:b}", "step",
                                    spec->id, "question", spec->questions[i].id,
                                    "ask", spec->questions[i].ask, "answer",
                                    safe_string(question->answer), "right",
                                    question->right));
        }
    }
    return list;
}
