#include "labs/grade_checks.h"

#include "base/alloc.h"
#include "labs/class_key.h"
#include "labs/fingerprint.h"
#include "labs/grade.h"
#include "labs/grade_evidence.h"
#include "labs/grade_log.h"
#include "labs/handin.h"
#include "labs/journal.h"
#include "labs/lab_run.h"
#include "labs/lab_score.h"
#include "labs/recorder.h"
#include "labs/workspace.h"
#include "wire/event.h"
#include "wire/render.h"

#include <assert.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define TOKEN         UINT64_C(0x6d71747470617373)
#define TEXT_COLUMNS  200
#define TEXT_BYTES    (4 * TEXT_COLUMNS + 1) /* see render_text */
#define CHECK_SECONDS 10

/* What the process of one check hands in: written to shared memory. */
struct verdict {
    uint64_t token; /* TOKEN ^ its index, written last */
    enum check_result result;
    uint64_t evidence[CHECK_EVIDENCE];
    unsigned evidence_count;
    char expected[TEXT_BYTES];
    char actual[TEXT_BYTES];
};

/* One check of the lab, as Check's tests find it. */
struct item {
    struct lab_run_step *step;
    size_t check;
};

/* Check hands a test nothing but a number, so this is where it looks. */
static struct {
    struct lab_run *run;
    struct fingerprint *fingerprint;
    struct grade_log *log;
    const struct marks *marks; /* given by hand; NULL: none */
    struct item *items;
    size_t count;
    struct verdict *verdicts; /* shared with the tests' processes */
    const char *student;      /* whose hand-in it is, as the manifest says */
    const char *foreign;      /* what is wrong with whose recording it is */
    bool begun;               /* the recording has a beginning */
    bool same_version;        /* and the last one was of this version */
} job;

/* ---- the tests ---- */

/* One harmless line: it came from a student. */
static void copy_text(char out[TEXT_BYTES], struct buf *text)
{
    struct buf safe = {0};

    render_text(&safe, buf_slice(text), TEXT_COLUMNS);
    assert(safe.len < TEXT_BYTES); /* half a character would be no JSON */
    memcpy(out, buf_string(&safe), safe.len + 1);
    buf_release(&safe);
    buf_release(text);
}

START_TEST(check_passes)
{
    const struct item *item = &job.items[_i];
    struct check *check = item->step->checks[item->check];
    struct verdict *verdict = &job.verdicts[_i];
    struct check_context context = {
        .history = job.run->history,
        .scratch = &job.run->scratch,
        .files = job.run->files,
    };
    struct buf expected = {0};
    struct buf actual = {0};

    check_finish(check, &context);
    if (!item->step->begun)
        check_skip(check);
    const struct check_status *status = check_status(check);
    check_explain(check, &expected, &actual);
    copy_text(verdict->expected, &expected);
    copy_text(verdict->actual, &actual);
    verdict->result = status->result;
    memcpy(verdict->evidence, status->evidence, sizeof(verdict->evidence));
    verdict->evidence_count = status->evidence_count;
    verdict->token = TOKEN ^ (uint64_t)_i;
    ck_assert_msg(status->result == CHECK_PASSED, "expected %s; %s",
                  verdict->expected, verdict->actual);
}
END_TEST

/* Check takes orders from variables such as CK_RUN_SUITE, which are about other
   suites; this is a process of its own, so they can go. */
static void forget_environment(void)
{
    static const char *const names[] = {
        "CK_RUN_SUITE",          "CK_RUN_CASE",          "CK_INCLUDE_TAGS",
        "CK_EXCLUDE_TAGS",       "CK_DEFAULT_TIMEOUT",   "CK_LOG_FILE_NAME",
        "CK_TIMEOUT_MULTIPLIER", "CK_TAP_LOG_FILE_NAME", "CK_XML_LOG_FILE_NAME",
        "CK_MAX_MSG_SIZE",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
}

static void run_checks(void)
{
    Suite *suite = suite_create(job.run->lab->id);
    SRunner *runner = srunner_create(suite);

    forget_environment();
    for (size_t i = 0; i < job.count; i++) {
        const struct item *item = &job.items[i];
        /* Check keeps the name, it does not copy it. */
        TCase *tcase = tcase_create(item->step->step->checks[item->check].id);

        tcase_set_timeout(tcase, CHECK_SECONDS);
        tcase_add_loop_test(tcase, check_passes, (int)i, (int)i + 1);
        suite_add_tcase(suite, tcase);
    }
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_SILENT);
    srunner_free(runner);
}

/* ---- the result ---- */

static unsigned evidence_count(const struct verdict *verdict)
{
    return verdict->evidence_count < CHECK_EVIDENCE ? verdict->evidence_count
                                                    : CHECK_EVIDENCE;
}

static json_t *evidence_json(const struct verdict *verdict)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < evidence_count(verdict); i++)
        json_array_append_new(list,
                              json_integer((json_int_t)verdict->evidence[i]));
    return list;
}

static json_t *dependency_json(const struct lab_run_step *step)
{
    const struct lab_step *missing = lab_score_missing(job.run, step);

    return missing ? json_string(missing->id) : json_null();
}

/* How one check is judged in the end. */
struct judgement {
    const char *result;
    bool decided;
    unsigned points;
    char actual[TEXT_BYTES]; /* what was seen */
};

/* What a person has said about an answer; it stays undecided without. */
static void judge_by_hand(struct judgement *judgement, const struct item *item)
{
    const struct lab_step *step = item->step->step;
    const char *name = check_question(item->step->checks[item->check]);
    const struct mark *mark = NULL;

    for (size_t i = 0; name && i < step->question_count; i++) {
        if (!strcmp(step->questions[i].id, name))
            mark = grade_evidence_mark(job.run, job.marks, item->step, i);
    }
    if (!mark || mark->points < 0)
        return;
    unsigned max = step->checks[item->check].points;
    struct buf said = {0};
    judgement->result = "marked";
    judgement->decided = true;
    judgement->points =
        (unsigned)mark->points < max ? (unsigned)mark->points : max;
    buf_printf(&said, "%u of %u points were given by hand%s%s",
               judgement->points, max, *mark->remark ? ": " : "", mark->remark);
    copy_text(judgement->actual, &said);
}

static struct judgement judge(size_t index)
{
    const struct item *item = &job.items[index];
    const struct verdict *verdict = &job.verdicts[index];
    struct judgement judgement = {.result = "crashed"};

    if (verdict->token != (TOKEN ^ (uint64_t)index)) {
        snprintf(judgement.actual, TEXT_BYTES,
                 "the check ended without a verdict");
        return judgement;
    }
    judgement.result = check_result_name(verdict->result);
    judgement.decided =
        verdict->result == CHECK_PASSED || verdict->result == CHECK_FAILED;
    snprintf(judgement.actual, TEXT_BYTES, "%s", verdict->actual);
    if (verdict->result == CHECK_PASSED)
        judgement.points = item->step->step->checks[item->check].points;
    if (verdict->result == CHECK_UNMARKED)
        judge_by_hand(&judgement, item);
    return judgement;
}

/* Has it all that there is? A gate has no points to tell it by. */
static bool is_full(size_t index, const struct judgement *judgement)
{
    const struct item *item = &job.items[index];

    if (!strcmp(judgement->result, "marked"))
        return judgement->points ==
               item->step->step->checks[item->check].points;
    return judgement->decided && job.verdicts[index].result == CHECK_PASSED;
}

static json_t *check_json(size_t index)
{
    const struct item *item = &job.items[index];
    const struct verdict *verdict = &job.verdicts[index];
    const struct lab_check_spec *spec = &item->step->step->checks[item->check];
    const struct judgement judgement = judge(index);
    bool passed = is_full(index, &judgement);
    json_t *cause = json_null();

    if (!passed)
        cause =
            json_pack("{s:s, s:o, s:s, s:s}", "rationale", spec->title, "help",
                      grade_evidence_help(item->step, spec->id), "expected",
                      *verdict->expected ? verdict->expected : spec->text,
                      "actual", judgement.actual);
    return json_pack(
        "{s:s, s:s, s:s, s:o, s:s, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "name",
        spec->id, "step", item->step->step->id, "description", spec->title,
        "passed", judgement.decided ? json_boolean(passed) : json_null(),
        "result", judgement.result, "points", (int)judgement.points, "max",
        (int)spec->points, "log",
        grade_log_lines(job.log, (size_t)(item->step - job.run->steps),
                        item->check),
        "cause", cause, "dependency", dependency_json(item->step), "evidence",
        evidence_json(verdict), "packets",
        grade_evidence_packets(job.run, verdict->evidence,
                               evidence_count(verdict)));
}

static unsigned step_points(const struct lab_run_step *step)
{
    unsigned points = 0;
    unsigned cost = 0;

    for (size_t i = 0; i < job.count; i++) {
        if (job.items[i].step == step)
            points += judge(i).points;
    }
    for (size_t i = 0; i < step->hints_open; i++)
        cost += step->step->hints[i].cost;
    return points > cost ? points - cost : 0;
}

/* The points that somebody has still to decide about. */
static unsigned unmarked_points(void)
{
    unsigned points = 0;

    for (size_t i = 0; i < job.count; i++) {
        const struct item *item = &job.items[i];

        if (!strcmp(judge(i).result, check_result_name(CHECK_UNMARKED)))
            points += item->step->step->checks[item->check].points;
    }
    return points;
}

static json_t *result_json(const char *student)
{
    const struct lab *lab = job.run->lab;
    json_t *checks = json_array();
    unsigned points = 0;
    unsigned hints = 0;
    unsigned resets = 0;

    for (size_t i = 0; i < job.count; i++)
        json_array_append_new(checks, check_json(i));
    for (size_t i = 0; i < lab->step_count; i++) {
        points += step_points(&job.run->steps[i]);
        hints += job.run->steps[i].hints_open;
        resets += job.run->steps[i].resets;
    }
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:I, s:n, s:b, s:o,"
        " s:o, s:o, s:o}",
        "student", student, "lab", lab->id, "version", lab->version, "title",
        lab->title, "points", (int)points, "max", (int)lab->points, "unmarked",
        (int)unmarked_points(), "hints", (int)hints, "resets", (int)resets,
        "seconds", (json_int_t)fingerprint_seconds(job.fingerprint), "error",
        "broken", 0, "checks", checks, "near", grade_evidence_near(job.run),
        "answers", grade_evidence_answers(job.run, job.marks), "fingerprint",
        fingerprint_json(job.fingerprint, lab));
}

json_t *grade_checks_error(const char *message, bool broken)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:s%, s:b, s:[],"
        " s:[], s:[]}",
        "student", "", "lab", "", "version", "", "title", "", "points", 0,
        "max", 0, "unmarked", 0, "hints", 0, "resets", 0, "seconds", 0, "error",
        message, strlen(message), "broken", broken, "checks", "near",
        "answers");
}

/* ---- loading ---- */

static const char *check_journal(const char *folder)
{
    char *path = alloc_printf("%s/journal", folder);
    int result = journal_check(path);

    free(path);
    if (!result)
        return NULL;
    return result == -EILSEQ ? "its journal was changed by hand"
                             : "there is no journal in it";
}

/* Each time that the lab was opened the recording says for whom, and which. */
static void feed_started(struct slice bytes)
{
    const struct lab *lab = job.run->lab;

    if (!slice_equal_string(record_get(bytes, RECORD_USER_NAME), job.student))
        job.foreign = "its recording is another student's";
    else if (!slice_equal_string(record_get(bytes, RECORD_ID), lab->id))
        job.foreign = "its recording is another lab's";
    job.begun = true;
    job.same_version =
        slice_equal_string(record_get(bytes, RECORD_TEXT), lab->version);
}

static void feed(void *context, const struct record *record)
{
    struct lab_run *run = context;
    struct history_row row;

    if (record->type == RECORD_LAB &&
        record_code(record->bytes) == EVENT_LAB_STARTED)
        feed_started(record->bytes);
    lab_run_feed(run, record);
    grade_log_feed(job.log, record);
    if (history_get(run->history, history_end(run->history) - 1, &row))
        fingerprint_feed(job.fingerprint, &row);
}

/* The one error that is not the hand-in's. */
static const char lab_is_broken[] =
    "the lab's file is broken; mqttlab lab lint says where";

/* The lab that was done, with the student's values, in *lab; NULL when all is
   well, else why not. */
static const char *load_lab(const struct grade_options *options,
                            const char *lab_id, const char *version,
                            const char *student, struct lab **lab)
{
    struct lab_problems problems = {0};
    char *path = options->lab ? alloc_string(options->lab)
                              : lab_find_at_home(options->home, lab_id);
    const char *wrong = NULL;
    char secret[CLASS_KEY_SIZE] = "";

    if (options->class_key)
        class_key_secret(secret, options->class_key, student);
    char *seed = class_key_seed(student, secret);
    *lab = path ? lab_load(path, seed, &problems) : NULL;
    free(seed);
    if (!path)
        wrong = "the grader has no such lab in its labs/ and exercises/";
    else if (!*lab)
        wrong = lab_is_broken;
    else if (strcmp((*lab)->version, version) != 0)
        wrong = "it was made with another version of the lab";
    buf_release(&problems.text);
    free(path);
    if (!wrong)
        return NULL;
    lab_free(*lab);
    *lab = NULL;
    return wrong;
}

/* Does it come with the values by which it is graded? NULL, or what is
   wrong. */
static const char *other_class(const struct grade_options *options,
                               const char *folder)
{
    char *word = handin_manifest(folder, "sealed");
    bool sealed = word != NULL;

    free(word);
    if (sealed && !options->class_key)
        return "it was made with a sealed file: --class KEY grades it";
    if (!sealed && options->class_key)
        return "it was made without a sealed file of the class";
    return NULL;
}

/* Replay the hand-in; NULL when all is well, else why not. */
static const char *replay(struct lab *lab, const char *folder,
                          const char *student)
{
    struct lab_problems problems = {0};
    char error[300];
    uint64_t last_seq;

    job.run = lab_run_new(lab, folder, &problems);
    buf_release(&problems.text);
    if (!job.run)
        return lab_is_broken;
    job.fingerprint = fingerprint_new();
    job.log = grade_log_new(job.run);
    job.student = student;
    if (recorder_replay(folder, feed, job.run, &last_seq, error,
                        sizeof(error)) != 0)
        return "its recording is damaged";
    if (!job.begun)
        return "there is no recording in it";
    if (job.foreign)
        return job.foreign;
    if (!job.same_version)
        return "its recording was made with another version of the lab";
    return check_journal(folder);
}

static void list_items(void)
{
    const struct lab *lab = job.run->lab;

    for (size_t s = 0; s < lab->step_count; s++)
        job.count += lab->steps[s].check_count;
    job.items = alloc_zero(job.count, sizeof(job.items[0]));
    job.count = 0;
    for (size_t s = 0; s < lab->step_count; s++) {
        for (size_t i = 0; i < lab->steps[s].check_count; i++)
            job.items[job.count++] =
                (struct item){.step = &job.run->steps[s], .check = i};
    }
}

static json_t *judge_all(const char *student)
{
    list_items();
    job.verdicts =
        mmap(NULL, (job.count + 1) * sizeof(job.verdicts[0]),
             PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (job.verdicts == MAP_FAILED)
        abort();
    run_checks();
    return result_json(student);
}

static void job_release(void)
{
    if (job.verdicts)
        munmap(job.verdicts, (job.count + 1) * sizeof(job.verdicts[0]));
    free(job.items);
    grade_log_free(job.log);
    fingerprint_free(job.fingerprint);
    lab_run_free(job.run);
    memset(&job, 0, sizeof(job));
}

json_t *grade_checks(const struct grade_options *options, const char *folder)
{
    job.marks = options->marks;
    char *lab_id = handin_manifest(folder, "lab");
    char *version = handin_manifest(folder, "version");
    char *student = handin_manifest(folder, "student");
    const char *wrong = "its manifest is missing or damaged";
    struct lab *lab = NULL;
    json_t *result;

    if (lab_id && version && student && workspace_student_valid(student))
        wrong = other_class(options, folder);
    if (!wrong)
        wrong = load_lab(options, lab_id, version, student, &lab);
    if (lab)
        wrong = replay(lab, folder, student);
    if (!wrong) {
        result = judge_all(student);
    } else {
        result = grade_checks_error(wrong, wrong == lab_is_broken);
        if (student && workspace_student_valid(student))
            json_object_set_new(result, "student", json_string(student));
    }
    job_release();
    free(lab_id);
    free(version);
    free(student);
    return result;
}
