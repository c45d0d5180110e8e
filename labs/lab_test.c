#include "labs/lab_test.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "labs/grade.h"
#include "labs/grade_report.h"
#include "labs/handin.h"
#include "labs/lab_bench.h"
#include "labs/lab_near.h"
#include "labs/lab_score.h"
#include "labs/solution.h"
#include "wire/render.h"

#include <stdlib.h>
#include <string.h>

#define WATCH_MS 3000 /* what the lab's own clients may do in an empty run */

/* Of a step's first check, and first near miss, among those of all steps. */
struct place {
    size_t check;
    size_t near;
};

struct test {
    const char *path; /* of the lab */
    struct lab_test_report *report;
    struct lab_bench bench;
    struct solution solution; /* with the student's values */
    bool *ever_failed;        /* by check, all steps in order */
    bool *ever_told;          /* by near miss, likewise */
};

/* ---- TAP ---- */

void lab_test_begin(struct lab_test_report *report, FILE *out)
{
    *report = (struct lab_test_report){.out = out};
    fputs("TAP version 14\n", out);
}

void lab_test_end(const struct lab_test_report *report)
{
    fprintf(report->out, "1..%u\n", report->tests);
}

/* One line, whatever the lab's author or a shell has put into it. */
static void put_line(const char *text, FILE *out)
{
    struct buf line = {0};

    render_text(&line, slice_of_string(text), 0);
    fputs(buf_string(&line), out);
    buf_release(&line);
}

void lab_test_tell(struct lab_test_report *report, bool good, const char *what,
                   const char *detail)
{
    report->tests++;
    report->failed += !good;
    fprintf(report->out, "%sok %u - ", good ? "" : "not ", report->tests);
    put_line(what, report->out);
    if (!good && *detail) {
        fputs(": ", report->out);
        put_line(detail, report->out);
    }
    fputc('\n', report->out);
    fflush(report->out);
}

static void say(struct test *test, bool good, const char *what,
                const char *detail)
{
    lab_test_tell(test->report, good, what, detail);
}

/* ---- the tests ---- */

static struct lab_run *run_of(const struct test *test)
{
    return test->bench.live.run;
}

static void list_open(const struct lab_run_step *step, struct buf *text)
{
    for (size_t i = 0; i < step->step->check_count; i++) {
        if (!check_is_settled(step->checks[i]))
            buf_printf(text, "%s%s.%s", text->len ? ", " : "", step->step->id,
                       step->step->checks[i].id);
    }
}

static void test_empty(struct test *test)
{
    struct lab_bench *bench = &test->bench;
    char error[600] = "";

    if (lab_bench_begin(bench, test->path, "test-empty", error,
                        sizeof(error))) {
        struct lab_run *run = run_of(test);

        for (size_t i = 0; i < run->lab->step_count; i++) {
            live_begin_step(&bench->live, i);
            lab_bench_drain(bench);
            if (run->lab->steps[i].actor_count)
                lab_bench_watch(bench, WATCH_MS);
        }
        unsigned points = lab_score_points(run) + lab_score_unmarked(run);
        if (points)
            snprintf(error, sizeof(error), "%u points for nothing", points);
        say(test, points == 0, "the empty run scores 0", error);
    } else {
        say(test, false, "the empty run scores 0", error);
    }
    lab_bench_end(bench);
}

/* With the values of the student who sits at the bench. */
static bool load_solution(struct test *test)
{
    struct lab_problems problems = {0};

    solution_release(&test->solution);
    bool good = solution_load(&test->solution, run_of(test)->lab, &problems);
    if (!good)
        say(test, false, "the solution is complete",
            buf_string(&problems.text));
    buf_release(&problems.text);
    return good;
}

/* The recording, graded, must give what was seen live. */
static void test_grading(struct test *test)
{
    struct live *live = &test->bench.live;
    struct grade_options options = {
        .home = live->home, .lab = test->path, .jobs = 1, .timeout_s = 60};
    char *file = alloc_printf("%s/test.mqlab", test->bench.folder);
    char *files[] = {file};
    char error[400] = "";
    unsigned live_points = lab_score_points(live->run);

    recorder_flush(&live->recorder);
    if (handin_pack(file, live->run->lab, &live->workspace, error,
                    sizeof(error)) == 0) {
        json_t *results = grade_files(&options, files, 1);
        const json_t *result = json_array_get(results, 0);
        int points = grade_report_points(result);

        snprintf(error, sizeof(error), "%d of %u, %s", points, live_points,
                 grade_report_error(result) ? grade_report_error(result) : "");
        say(test, points == (int)live_points && !grade_report_error(result),
            "the hand-in gets the points that were shown", error);
        json_decref(results);
    } else {
        say(test, false, "the hand-in gets the points that were shown", error);
    }
    free(file);
}

/* How many near misses is the student told who went this way, now that all
   of it is over? */
static unsigned told(struct test *test, const struct lab_run_step *step,
                     size_t first_near)
{
    unsigned count = 0;

    for (size_t i = 0; i < LAB_RUN_NEAR_MISSES; i++) {
        if (!lab_near_open(step, i))
            continue;
        for (size_t n = 0; n < step->step->near_count; n++)
            test->ever_told[first_near + n] |=
                step->near[i].rule == &step->step->near[n];
        count++;
    }
    return count;
}

/* Compare what a wrong solution fails, and is told, with what it says. */
static void judge_wrong(struct test *test, const struct solution_script *script,
                        const struct lab_run_step *step,
                        const struct place *first, struct buf *text)
{
    unsigned near = told(test, step, first->near);

    for (size_t i = 0; i < step->step->check_count; i++) {
        const char *id = step->step->checks[i].id;
        bool passed = check_is_settled(step->checks[i]);
        bool should_fail = solution_fails(script->fails, id);

        test->ever_failed[first->check + i] |= !passed;
        if (passed == should_fail)
            buf_printf(text, "%s%s %s", text->len ? ", " : "", id,
                       passed ? "passed" : "failed");
    }
    if (near < script->near_misses)
        buf_printf(text, "%s%u near misses shown, not %u",
                   text->len ? ", " : "", near, script->near_misses);
}

/* Does the step look at what the broker has kept since an earlier one? */
static bool looks_back(const struct lab_run_step *step)
{
    for (size_t i = 0; i < step->step->check_count; i++) {
        if (check_is_retained(step->checks[i]))
            return step->step->needs != NULL;
    }
    return false;
}

/* The step begins again; a broker that has forgotten all is told again. */
static void begin_again(struct test *test, const struct lab_run_step *step)
{
    const struct lab_run *run = run_of(test);
    size_t needed = 0;

    lab_bench_again(&test->bench);
    if (!looks_back(step))
        return;
    while (strcmp(run->lab->steps[needed].id, step->step->needs) != 0)
        needed++;
    live_begin_step(&test->bench.live, needed);
    lab_bench_run(&test->bench,
                  solution_of(&test->solution, step->step->needs)->script);
    live_begin_step(&test->bench.live, (size_t)(step - run->steps));
}

/* Each wrong way of the step that was begun; it begins again behind each. */
static void test_wrong_ways(struct test *test, const struct lab_run_step *step,
                            const struct place *first)
{
    for (size_t i = 0; i < test->solution.count; i++) {
        const struct solution_script *script = &test->solution.scripts[i];
        struct buf text = {0};

        if (!script->fails || strcmp(script->step, step->step->id) != 0)
            continue;
        char *what = alloc_printf("wrong solution of %s (line %u) fails "
                                  "exactly %s",
                                  script->step, script->line, script->fails);
        lab_bench_run(&test->bench, script->script);
        judge_wrong(test, script, step, first, &text);
        say(test, !text.len, what, buf_string(&text));
        begin_again(test, step);
        free(what);
        buf_release(&text);
    }
}

/* Each demonstration of the lab can be played, and nobody's marks change. */
static void test_demos(struct test *test, const struct lab_file *files,
                       size_t count)
{
    unsigned points = lab_score_points(run_of(test));

    for (size_t i = 0; i < count; i++) {
        if (!files[i].demo)
            continue;
        char *script = alloc_printf("mqttlab play --quick %s", files[i].name);
        char *what = alloc_printf("%s can be played", files[i].name);
        bool good = lab_bench_run(&test->bench, script);
        bool same = lab_score_points(run_of(test)) == points;

        say(test, good && same, what,
            good ? "it earns points" : "mqttlab play says why not");
        free(what);
        free(script);
    }
}

/* The right way through a step, in the time that there is for it. */
static void solve(struct test *test, const struct lab_step *step,
                  const struct solution_script *right, struct buf *open)
{
    uint64_t since_ns = clock_read_monotonic_ns();

    if (!lab_bench_run(&test->bench, right->script))
        buf_printf(open, "%sscript of %s failed", open->len ? ", " : "",
                   step->id);
    uint64_t took_s = (clock_read_monotonic_ns() - since_ns) / CLOCK_NS_PER_S;
    if (step->limit_s && took_s >= step->limit_s)
        buf_printf(open, "%s%s took %llu s, and its limit is %u s",
                   open->len ? ", " : "", step->id, (unsigned long long)took_s,
                   step->limit_s);
}

/* One sitting through all steps; with wrong ways before the right one. */
static void sit(struct test *test, bool wrong_ways, struct buf *open)
{
    const struct lab_run *run = run_of(test);
    struct place first = {0};

    for (size_t i = 0; i < run->lab->step_count; i++) {
        const struct lab_run_step *step = &run->steps[i];
        const struct solution_script *right =
            solution_of(&test->solution, step->step->id);

        live_begin_step(&test->bench.live, i);
        if (wrong_ways) {
            if (i == 0)
                test_demos(test, run->lab->files, run->lab->file_count);
            test_demos(test, step->step->files, step->step->file_count);
            lab_bench_keep(&test->bench);
            test_wrong_ways(test, step, &first);
        }
        if (right)
            solve(test, step->step, right, open);
        list_open(step, open);
        first.check += step->step->check_count;
        first.near += step->step->near_count;
    }
    /* A file must also be right when all is over. */
    for (size_t i = 0; !open->len && i < run->lab->step_count; i++)
        list_open(&run->steps[i], open);
}

/* One student, who may also do everything wrong before. */
static void test_solution(struct test *test, unsigned seed, bool wrong_ways)
{
    char error[600] = "";
    char *student = alloc_printf("test-%u", seed);
    char *what = alloc_printf("the solution scores full (seed %u)", seed);
    struct buf open = {0};

    if (lab_bench_begin(&test->bench, test->path, student, error,
                        sizeof(error)) &&
        load_solution(test)) {
        sit(test, wrong_ways, &open);
        say(test,
            !open.len && lab_score_points(run_of(test)) +
                                 lab_score_unmarked(run_of(test)) ==
                             run_of(test)->lab->points,
            what, buf_string(&open));
        if (seed == 1)
            test_grading(test);
    } else {
        say(test, false, what, error);
    }
    buf_release(&open);
    lab_bench_end(&test->bench);
    free(student);
    free(what);
}

/* A check that nothing ever fails proves nothing. */
static void test_never_failed(struct test *test, const struct lab *lab)
{
    struct buf text = {0};
    size_t at = 0;

    for (size_t s = 0; s < lab->step_count; s++) {
        for (size_t i = 0; i < lab->steps[s].check_count; i++, at++) {
            if (!test->ever_failed[at])
                buf_printf(&text, "%s%s.%s", text.len ? ", " : "",
                           lab->steps[s].id, lab->steps[s].checks[i].id);
        }
    }
    say(test, !text.len, "each check is failed by a wrong solution",
        text.len ? buf_string(&text) : "");
    buf_release(&text);
}

/* Nor does a near miss help that nobody has ever been told. A lab guides; an
   exercise may have more of them than it has wrong ways. */
static void test_never_told(struct test *test, const struct lab *lab)
{
    struct buf text = {0};
    size_t at = 0;

    for (size_t s = 0; s < lab->step_count; s++) {
        for (size_t i = 0; i < lab->steps[s].near_count; i++, at++) {
            if (!test->ever_told[at])
                buf_printf(&text, "%s%s (line %u)", text.len ? ", " : "",
                           lab->steps[s].id, lab->steps[s].near[i].line);
        }
    }
    say(test, !text.len, "each near miss is told to a wrong solution",
        text.len ? buf_string(&text) : "");
    buf_release(&text);
}

/* Load once, to know what there is; false when that is not possible. */
static bool look(struct test *test, struct lab **lab)
{
    struct lab_problems problems = {0};
    struct lab_run *run = NULL;

    *lab = lab_load(test->path, "test-1", &problems);
    if (*lab && solution_load(&test->solution, *lab, &problems))
        run = lab_run_new(lab_load(test->path, "test-1", &problems), NULL,
                          &problems);
    say(test, run && !problems.count, "the file is understood",
        problems.count ? buf_string(&problems.text) : "");
    bool good = run && !problems.count;
    lab_run_free(run);
    buf_release(&problems.text);
    return good;
}

void lab_test(struct lab_test_report *report, const char *path, unsigned seeds,
              bool wrong_ways)
{
    struct test test = {.path = path, .report = report};
    struct lab *lab;

    fputs("# ", report->out);
    put_line(path, report->out);
    fputc('\n', report->out);
    if (look(&test, &lab)) {
        struct place end = {0};

        for (size_t i = 0; i < lab->step_count; i++) {
            end.check += lab->steps[i].check_count;
            end.near += lab->steps[i].near_count;
        }
        test.ever_failed = alloc_zero(end.check, sizeof(test.ever_failed[0]));
        test.ever_told = alloc_zero(end.near, sizeof(test.ever_told[0]));
        test_empty(&test);
        for (unsigned seed = 1; seed <= seeds; seed++)
            test_solution(&test, seed, wrong_ways && seed == 1);
        if (wrong_ways)
            test_never_failed(&test, lab);
        if (wrong_ways && !lab->is_exercise)
            test_never_told(&test, lab);
        free(test.ever_failed);
        free(test.ever_told);
    }
    solution_release(&test.solution);
    lab_free(lab);
}
