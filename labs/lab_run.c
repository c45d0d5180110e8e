#include "labs/lab_run.h"

#include "base/alloc.h"
#include "labs/answer.h"
#include "labs/lab_near.h"
#include "wire/event.h"
#include "wire/filter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HISTORY_BYTES (64u << 20)

/* A command can be cheated, so something else has to say the same. */
static bool only_shell(const struct lab_run_step *step)
{
    bool shell = false;

    for (size_t i = 0; i < step->step->check_count; i++) {
        if (!step->checks[i] || !check_is_shell(step->checks[i]))
            return false;
        shell = true;
    }
    return shell;
}

/* Points given by hand have to be those of one check. */
static void look_for_marks(const struct lab_run *run,
                           const struct lab_run_step *step,
                           struct lab_problems *problems)
{
    const struct lab_step *spec = step->step;

    for (size_t q = 0; q < spec->question_count; q++) {
        const struct lab_question *question = &spec->questions[q];
        unsigned count = 0;

        for (size_t i = 0; i < spec->check_count; i++) {
            const char *of =
                step->checks[i] ? check_question(step->checks[i]) : NULL;

            count += of && !strcmp(of, question->id) && spec->checks[i].points;
        }
        if (question->kind == LAB_ANSWER_HAND && count != 1)
            lab_problem(problems, run->lab->path, question->line,
                        "a question that is marked by hand needs one check "
                        "with points, 'answer %s'",
                        question->id);
    }
}

static bool compile_step(struct lab_run *run, struct lab_run_step *step,
                         struct lab_problems *problems)
{
    const struct lab_step *spec = step->step;
    unsigned before = problems->count;

    step->checks = alloc_zero(spec->check_count, sizeof(step->checks[0]));
    step->passed_ns = alloc_zero(spec->check_count, sizeof(step->passed_ns[0]));
    step->questions =
        alloc_zero(spec->question_count, sizeof(step->questions[0]));
    step->near_filters =
        alloc_zero(spec->near_count, sizeof(step->near_filters[0]));
    for (size_t i = 0; i < spec->check_count; i++) {
        char error[300];

        step->checks[i] =
            check_new(&spec->checks[i], spec, error, sizeof(error));
        if (!step->checks[i])
            lab_problem(problems, run->lab->path, spec->checks[i].line,
                        "check %s: %s", spec->checks[i].id, error);
    }
    look_for_marks(run, step, problems);
    if (only_shell(step))
        lab_problem(problems, run->lab->path, spec->line,
                    "a shell check must not be the only proof of a step");
    for (size_t i = 0; i < spec->near_count; i++) {
        struct filter_error error;

        step->near_filters[i] = filter_new(spec->near[i].filter, &error);
        if (!step->near_filters[i])
            lab_problem(problems, run->lab->path, spec->near[i].line,
                        "near miss, column %u: %s", error.column,
                        error.message);
    }
    return problems->count == before;
}

struct lab_run *lab_run_new(struct lab *lab, const char *files,
                            struct lab_problems *problems)
{
    struct lab_run *run = alloc_zero(1, sizeof(*run));
    bool good = true;

    run->lab = lab;
    run->files = files;
    run->student = alloc_string("");
    run->history = history_new(HISTORY_BYTES);
    run->steps = alloc_zero(lab->step_count, sizeof(run->steps[0]));
    for (size_t i = 0; i < lab->step_count; i++) {
        run->steps[i].step = &lab->steps[i];
        good = compile_step(run, &run->steps[i], problems) && good;
    }
    if (good)
        return run;
    lab_run_free(run);
    return NULL;
}

static void free_step(struct lab_run_step *step)
{
    for (size_t i = 0; i < step->step->check_count; i++)
        check_free(step->checks[i]);
    for (size_t i = 0; i < step->step->question_count; i++)
        free(step->questions[i].answer);
    for (size_t i = 0; i < step->step->near_count; i++)
        filter_free(step->near_filters[i]);
    lab_near_clear(step);
    free(step->checks);
    free(step->passed_ns);
    free(step->questions);
    free(step->near_filters);
}

void lab_run_free(struct lab_run *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->lab->step_count; i++)
        free_step(&run->steps[i]);
    free(run->steps);
    free(run->student);
    free(run->numbers);
    history_free(run->history);
    dissect_release(&run->scratch);
    lab_free(run->lab);
    free(run);
}

const struct lab_question *lab_run_question(const struct lab_run *run,
                                            const char *name, size_t *step)
{
    const struct lab *lab = run->lab;

    for (size_t n = 0; n < lab->step_count; n++) {
        size_t i = (run->current + n) % lab->step_count;
        const struct lab_step *spec = &lab->steps[i];

        for (size_t q = 0; q < spec->question_count; q++) {
            if (strcasecmp(spec->questions[q].id, name) != 0)
                continue;
            *step = i;
            return &spec->questions[q];
        }
    }
    return NULL;
}

/* ---- what the student does ---- */

void lab_run_started(struct buf *bytes, const struct lab *lab,
                     const char *student)
{
    record_begin(bytes, EVENT_LAB_STARTED);
    record_put_string(bytes, RECORD_ID, lab->id);
    record_put_string(bytes, RECORD_TEXT, lab->version);
    record_put_string(bytes, RECORD_USER_NAME, student);
}

static void step_record(struct buf *bytes, enum event_code code,
                        const struct lab_step *step)
{
    record_begin(bytes, code);
    record_put_string(bytes, RECORD_ID, step->id);
}

void lab_run_begin_step(struct buf *bytes, const struct lab_step *step)
{
    step_record(bytes, EVENT_LAB_STEP, step);
}

void lab_run_hint(struct buf *bytes, const struct lab_step *step)
{
    step_record(bytes, EVENT_LAB_HINT, step);
}

void lab_run_reset(struct buf *bytes, const struct lab_step *step)
{
    step_record(bytes, EVENT_LAB_RESET, step);
}

void lab_run_answer(struct buf *bytes, const char *question, const char *answer)
{
    record_begin(bytes, EVENT_LAB_ANSWER);
    record_put_string(bytes, RECORD_ID, question);
    record_put(bytes, RECORD_TEXT, slice_of(answer, answer_taken(answer)));
}

/* ---- taking records in ---- */

static struct lab_run_step *find_step(struct lab_run *run, struct slice id)
{
    for (size_t i = 0; i < run->lab->step_count; i++) {
        if (slice_equal_string(id, run->steps[i].step->id))
            return &run->steps[i];
    }
    return NULL;
}

static void reset_step(struct lab_run_step *step)
{
    for (size_t i = 0; i < step->step->check_count; i++) {
        check_reset(step->checks[i]);
        step->passed_ns[i] = 0;
    }
    for (size_t i = 0; i < step->step->question_count; i++) {
        free(step->questions[i].answer);
        step->questions[i] = (struct lab_run_question){0};
    }
    lab_near_clear(step);
    step->resets++;
}

/* The row of the packet that proved a check of the step, if one did. */
static bool proving_row(const struct lab_run *run,
                        const struct lab_run_step *step, const char *check_id,
                        struct history_row *row)
{
    for (size_t i = 0; i < step->step->check_count; i++) {
        const struct check_status *status = check_status(step->checks[i]);

        if (strcmp(step->step->checks[i].id, check_id) != 0 ||
            !status->evidence_count)
            continue;
        return history_get(
            run->history,
            history_find_number(run->history, status->evidence[0]), row);
    }
    return false;
}

static enum check_result judge(struct lab_run *run,
                               const struct lab_run_step *step,
                               const struct lab_question *question,
                               const char *answer)
{
    struct history_row row;
    struct buf value = {0};

    if (question->kind == LAB_ANSWER_HAND)
        return answer[strspn(answer, " ")] ? CHECK_UNMARKED : CHECK_WAITING;
    if (question->kind != LAB_ANSWER_FIELD)
        return answer_right(question, answer) ? CHECK_PASSED : CHECK_WAITING;
    bool right = proving_row(run, step, question->check, &row) &&
                 filter_value(question->answer, &row, &run->scratch, &value) &&
                 answer_same(buf_string(&value), answer);
    buf_release(&value);
    return right ? CHECK_PASSED : CHECK_WAITING;
}

static bool has_right_word(struct lab_run *run, const struct lab_run_step *step,
                           const struct lab_question *question,
                           const char *answer)
{
    bool right = false;
    char *word;

    for (size_t i = 0; !right && (word = answer_word(answer, i)); i++) {
        right = judge(run, step, question, word) == CHECK_PASSED;
        free(word);
    }
    return right;
}

/* What is said to a wrong answer. Who copies a number from the bytes of a
   packet has it in hex. */
static const char *remark_on(struct lab_run *run,
                             const struct lab_run_step *step,
                             const struct lab_question *question,
                             const char *answer)
{
    const char *remark = answer_remark(question, answer);

    if (remark)
        return remark;
    char *number =
        strstr(question->ask, "hex") ? NULL : answer_from_hex(answer);
    if (number && judge(run, step, question, number) == CHECK_PASSED)
        remark = "That is hex. As a decimal number?";
    else if (has_right_word(run, step, question, answer))
        remark = "A part of this is right. Answer with that alone.";
    free(number);
    return remark;
}

static void take_answer(struct lab_run *run, struct slice bytes)
{
    struct lab_run_step *step = &run->steps[run->current];
    struct slice id = record_get(bytes, RECORD_ID);

    for (size_t i = 0; i < step->step->question_count; i++) {
        const struct lab_question *question = &step->step->questions[i];
        struct lab_run_question *state = &step->questions[i];

        if (!slice_equal_string(id, question->id) || state->right)
            continue;
        struct slice text = record_get(bytes, RECORD_TEXT);
        free(state->answer);
        state->answer = alloc_string_of(text.bytes, text.len);
        enum check_result result = judge(run, step, question, state->answer);
        state->right = result == CHECK_PASSED;
        state->taken = result != CHECK_WAITING;
        state->remark =
            state->right ? NULL : remark_on(run, step, question, state->answer);
        for (size_t c = 0; c < step->step->check_count; c++)
            check_answer(step->checks[c], question->id, result);
    }
}

static void tick_current(struct lab_run *run, uint64_t time_ns)
{
    const struct lab_run_step *step = &run->steps[run->current];

    for (size_t i = 0; i < step->step->check_count; i++)
        check_tick(step->checks[i], time_ns);
}

/* The step that was done is left, or the student went away from the lab. */
static void pause_current(struct lab_run *run)
{
    const struct lab_run_step *step = &run->steps[run->current];

    for (size_t i = 0; i < step->step->check_count; i++)
        check_pause(step->checks[i]);
}

/* "STEP.CHECK passed packet 17", as the student was told. */
static void note_passed(struct lab_run_step *step, const struct record *record)
{
    struct slice said = record_get(record->bytes, RECORD_TEXT);

    for (size_t i = 0; i < step->step->check_count; i++) {
        char *passed =
            alloc_printf("%s.%s %s ", step->step->id, step->step->checks[i].id,
                         check_result_name(CHECK_PASSED));

        if (slice_starts_with(said, slice_of_string(passed)))
            step->passed_ns[i] = record->time_ns;
        free(passed);
    }
}

static void take_deed(struct lab_run *run, const struct record *record)
{
    struct slice bytes = record->bytes;
    struct lab_run_step *step = find_step(run, record_get(bytes, RECORD_ID));
    struct slice student = record_get(bytes, RECORD_USER_NAME);
    unsigned code = record_code(bytes);

    /* Until a lab is begun again, nobody was there to see the time pass. */
    if (code != EVENT_LAB_STARTED)
        tick_current(run, record->time_ns);
    if (code == EVENT_LAB_STARTED) {
        pause_current(run);
        for (size_t i = 0; i < run->lab->step_count; i++)
            lab_near_clear(&run->steps[i]); /* of an earlier sitting */
        free(run->student);
        run->student = alloc_string_of(student.bytes, student.len);
    } else if (code == EVENT_LAB_ANSWER) {
        take_answer(run, bytes);
    } else if (!step) {
        return;
    } else if (code == EVENT_LAB_STEP) {
        if (step != &run->steps[run->current])
            pause_current(run);
        run->current = (size_t)(step - run->steps);
        step->begun = true;
    } else if (code == EVENT_LAB_RESET) {
        reset_step(step);
    } else if (code == EVENT_LAB_CHECK) {
        note_passed(step, record);
    } else if (code == EVENT_LAB_HINT &&
               step->hints_open < step->step->hint_count) {
        step->hints_open++;
    }
}

static struct check_context context_of(struct lab_run *run)
{
    return (struct check_context){
        .history = run->history,
        .scratch = &run->scratch,
        .files = run->files,
        .lab = run->lab,
    };
}

static void feed_step(struct lab_run *run, struct lab_run_step *step,
                      const struct history_row *row)
{
    struct check_context context = context_of(run);
    bool current = step == &run->steps[run->current] && step->begun &&
                   !(row->record.flags & RECORD_SNAPSHOT);
    bool was_complete = lab_run_step_complete(step);

    context.early = !current;
    for (size_t i = 0; i < step->step->check_count; i++) {
        struct check *check = step->checks[i];
        /* State is followed from before the step on; what a later step does
           to it takes nothing back. */
        bool state =
            check_is_state(check) &&
            (!step->begun || check_status(check)->result != CHECK_PASSED);

        if (current || state)
            check_feed(check, &context, row);
    }
    if (current && !was_complete && !lab_run_step_complete(step))
        lab_near_note(run, step, row);
}

void lab_run_feed(struct lab_run *run, const struct record *record)
{
    struct history_row row;

    history_add(run->history, record);
    if (!history_get(run->history, history_end(run->history) - 1, &row))
        return;
    if (record->type == RECORD_LAB) {
        take_deed(run, record);
        return;
    }
    for (size_t i = 0; i < run->lab->step_count; i++)
        feed_step(run, &run->steps[i], &row);
}

void lab_run_show_next_as(struct lab_run *run, uint64_t shown)
{
    uint64_t packet = history_packets(run->history) + 1;

    if (run->number_count && lab_run_shown(run, packet) == shown)
        return;
    run->numbers = alloc_resize(run->numbers, run->number_count + 1,
                                sizeof(run->numbers[0]));
    run->numbers[run->number_count++] =
        (struct lab_run_numbers){.packet = packet, .shown = shown};
}

uint64_t lab_run_shown(const struct lab_run *run, uint64_t packet)
{
    for (size_t i = run->number_count; i-- > 0;) {
        const struct lab_run_numbers *numbers = &run->numbers[i];

        if (packet >= numbers->packet)
            return numbers->shown + (packet - numbers->packet);
    }
    return run->number_count ? 0 : packet;
}

void lab_run_tick(struct lab_run *run, uint64_t time_ns)
{
    const struct check_context context = context_of(run);

    tick_current(run, time_ns);
    for (size_t s = 0; s < run->lab->step_count; s++) {
        struct lab_run_step *step = &run->steps[s];

        for (size_t i = 0; step->begun && i < step->step->check_count; i++)
            check_look(step->checks[i], &context);
    }
}

bool lab_run_answered(const struct lab_run_step *step, const char *question)
{
    for (size_t i = 0; i < step->step->question_count; i++) {
        if (!strcmp(step->step->questions[i].id, question))
            return step->questions[i].right;
    }
    return false;
}

bool lab_run_step_complete(const struct lab_run_step *step)
{
    if (!step->begun)
        return false;
    for (size_t i = 0; i < step->step->check_count; i++) {
        if (!check_is_settled(step->checks[i]))
            return false;
    }
    return true;
}
