#define _GNU_SOURCE /* nftw */

#include "labs/lab_test.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/process.h"
#include "labs/grade.h"
#include "labs/grade_report.h"
#include "labs/handin.h"
#include "labs/lab_drain.h"
#include "labs/links.h"
#include "labs/solution.h"
#include "wire/render.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRIPT_SECONDS 60
#define SETTLE_MS      3000 /* a script's packets are judged within this */
#define PORT_TRIES     20

struct bench {
    const char *path; /* of the lab */
    struct lab_test_report *report;
    char folder[64]; /* everything of one run lies here */
    char *files;     /* the workspace in it */
    struct live live;
    struct lab_broker broker;
    struct lab_actors actors;
    struct solution solution;
    bool *ever_failed; /* by check, all steps in order */
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

static void say(struct bench *bench, bool good, const char *what,
                const char *detail)
{
    lab_test_tell(bench->report, good, what, detail);
}

/* ---- a place to run in ---- */

static int remove_one(const char *path, const struct stat *info, int kind,
                      struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void make_folder(const char *folder, const char *name)
{
    char *path = alloc_printf("%s/%s", folder, name);

    mkdir(path, 0700);
    free(path);
}

static uint16_t random_port(void)
{
    uint64_t now = clock_read_monotonic_ns();

    return (uint16_t)(20000 + (now / 1000 + (uint64_t)getpid() * 7919) % 30000);
}

/* Begin a run: its own folder, broker and student. False with a message. */
static bool begin(struct bench *bench, const char *student, char *error,
                  size_t error_size)
{
    snprintf(bench->folder, sizeof(bench->folder), "/tmp/mqttlab-test.XXXXXX");
    if (!mkdtemp(bench->folder)) {
        snprintf(error, error_size, "/tmp: %s", strerror(errno));
        return false;
    }
    make_folder(bench->folder, "run");
    char *bin = alloc_printf("%s/bin", bench->folder);
    int result = links_make(bin);
    free(bin);
    if (result) {
        snprintf(error, error_size, "%s: %s", bench->folder, strerror(-result));
        return false;
    }
    char *runtime = alloc_printf("%s/run", bench->folder);
    setenv("MQTTLAB_RUNTIME_DIR", runtime, 1);
    setenv("XDG_DATA_HOME", bench->folder, 1);
    free(runtime);
    bench->files = alloc_printf("%s/work", bench->folder);
    if (live_open(&bench->live, bench->path, bench->files, student, error,
                  error_size) != 0)
        return false;
    result = -EADDRINUSE;
    for (int i = 0; result && i < PORT_TRIES; i++)
        result = lab_broker_open(&bench->broker, random_port(),
                                 bench->live.run->lab->broker, bench->files,
                                 error, error_size);
    if (!result)
        live_new_source(&bench->live);
    return !result;
}

static void end(struct bench *bench)
{
    lab_actors_stop(&bench->actors);
    lab_broker_close(&bench->broker);
    live_close(&bench->live);
    nftw(bench->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(bench->files);
    bench->files = NULL;
}

/* ---- running scripts ---- */

static void drain(struct bench *bench)
{
    lab_drain(&bench->live, &bench->broker, &bench->actors);
}

static void run_shell(const struct bench *bench, const char *script)
{
    char *bin = alloc_printf("%s/bin", bench->folder);
    char *path = links_path(bin);
    char *port = alloc_printf("%u", (unsigned)bench->broker.port);
    char *log = alloc_printf("%s/script.log", bench->folder);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

    setpgid(0, 0);
    setenv("PATH", path, 1);
    setenv("MQTTLAB_PORT", port, 1);
    setenv("MQTTLAB_LAB_DIR", bench->files, 1);
    setenv("HOME", bench->folder, 1);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    if (chdir(bench->files) == 0)
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
    _exit(127);
}

/* Run to the end; what it leaves in the background is ended after settling. */
static bool run_script(struct bench *bench, const char *script)
{
    uint64_t deadline =
        clock_read_monotonic_ns() + SCRIPT_SECONDS * CLOCK_NS_PER_S;
    int status = 0;
    int leash;
    pid_t pid = process_fork(&leash);

    if (pid == 0)
        run_shell(bench, script);
    if (pid < 0)
        return false; /* and kill nobody: -1 stands for everybody */
    setpgid(pid, pid);
    while (waitpid(pid, &status, WNOHANG) == 0) {
        drain(bench);
        if (clock_read_monotonic_ns() > deadline)
            kill(-pid, SIGKILL);
        poll(NULL, 0, 5);
    }
    deadline = clock_read_monotonic_ns() + SETTLE_MS * CLOCK_NS_PER_MS;
    uint64_t quiet = 0;
    uint64_t before = 0;
    while (clock_read_monotonic_ns() < deadline && quiet < 40 &&
           !lab_run_step_complete(live_step(&bench->live))) {
        drain(bench);
        uint64_t now = history_end(bench->live.run->history);
        quiet = now == before ? quiet + 1 : 0;
        before = now;
        poll(NULL, 0, 10);
    }
    kill(-pid, SIGKILL);
    process_unleash(&leash);
    drain(bench);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The lab's own clients do what they have to do. */
static void watch(struct bench *bench, unsigned ms)
{
    uint64_t end = clock_read_monotonic_ns() + ms * CLOCK_NS_PER_MS;

    while (clock_read_monotonic_ns() < end) {
        drain(bench);
        poll(NULL, 0, 10);
    }
}

/* Go to a step and run its solution. */
static bool solve(struct bench *bench, size_t step)
{
    const struct solution_script *script =
        solution_of(&bench->solution, bench->live.run->lab->steps[step].id);

    live_begin_step(&bench->live, step);
    return !script || run_script(bench, script->script);
}

/* ---- the tests ---- */

static void list_open(const struct bench *bench,
                      const struct lab_run_step *step, struct buf *text)
{
    for (size_t i = 0; i < step->step->check_count; i++) {
        if (check_status(step->checks[i])->result != CHECK_PASSED)
            buf_printf(text, "%s%s.%s", text->len ? ", " : "", step->step->id,
                       step->step->checks[i].id);
    }
    (void)bench;
}

static void test_empty(struct bench *bench)
{
    char error[600] = "";
    char text[100] = "";

    if (begin(bench, "test-empty", error, sizeof(error))) {
        for (size_t i = 0; i < bench->live.run->lab->step_count; i++) {
            live_begin_step(&bench->live, i);
            drain(bench);
            if (bench->live.run->lab->steps[i].actor_count)
                watch(bench, SETTLE_MS);
        }
        unsigned points = lab_run_points(bench->live.run);
        if (points)
            snprintf(text, sizeof(text), "%u points for nothing", points);
        say(bench, points == 0, "the empty run scores 0", text);
    } else {
        say(bench, false, "the empty run scores 0", error);
    }
    end(bench);
}

static bool load_solution(struct bench *bench)
{
    struct lab_problems problems = {0};

    solution_release(&bench->solution);
    bool good =
        solution_load(&bench->solution, bench->live.run->lab, &problems);
    if (!good)
        say(bench, false, "the solution is complete",
            buf_string(&problems.text));
    buf_release(&problems.text);
    return good;
}

/* The recording, graded, must give what was seen live. */
static void test_grading(struct bench *bench)
{
    struct grade_options options = {
        .home = bench->live.home, .jobs = 1, .timeout_s = 60};
    char *file = alloc_printf("%s/test.mqlab", bench->folder);
    char *files[] = {file};
    char error[400] = "";
    unsigned live_points = lab_run_points(bench->live.run);

    recorder_flush(&bench->live.recorder);
    if (handin_pack(file, bench->live.run->lab, &bench->live.workspace, error,
                    sizeof(error)) == 0) {
        json_t *results = grade_files(&options, files, 1);
        const json_t *result = json_array_get(results, 0);
        int points = grade_report_points(result);

        snprintf(error, sizeof(error), "%d of %u, %s", points, live_points,
                 grade_report_error(result) ? grade_report_error(result) : "");
        say(bench, points == (int)live_points && !grade_report_error(result),
            "the hand-in gets the points that were shown", error);
        json_decref(results);
    } else {
        say(bench, false, "the hand-in gets the points that were shown", error);
    }
    free(file);
}

static void test_solution(struct bench *bench, unsigned seed)
{
    char error[600] = "";
    char *student = alloc_printf("test-%u", seed);
    char *what = alloc_printf("the solution scores full (seed %u)", seed);
    struct buf open = {0};

    if (begin(bench, student, error, sizeof(error)) && load_solution(bench)) {
        const struct lab_run *run = bench->live.run;

        for (size_t i = 0; i < run->lab->step_count; i++) {
            if (!solve(bench, i))
                buf_printf(&open, "%sscript of %s failed", open.len ? ", " : "",
                           run->lab->steps[i].id);
            list_open(bench, &run->steps[i], &open);
        }
        say(bench, !open.len && lab_run_points(run) == run->lab->points, what,
            buf_string(&open));
        if (seed == 1)
            test_grading(bench);
    } else {
        say(bench, false, what, error);
    }
    buf_release(&open);
    end(bench);
    free(student);
    free(what);
}

/* Compare what a wrong solution fails with what it says. */
static void judge_wrong(struct bench *bench,
                        const struct solution_script *script,
                        const struct lab_run_step *step, size_t first_check,
                        struct buf *text)
{
    unsigned near = 0;

    for (size_t i = 0; i < step->step->check_count; i++) {
        const char *id = step->step->checks[i].id;
        bool passed = check_status(step->checks[i])->result == CHECK_PASSED;
        bool should_fail = solution_fails(script->fails, id);

        bench->ever_failed[first_check + i] |= !passed;
        if (passed == should_fail)
            buf_printf(text, "%s%s %s", text->len ? ", " : "", id,
                       passed ? "passed" : "failed");
    }
    for (size_t i = 0; i < LAB_RUN_NEAR_MISSES; i++)
        near += step->near[i].text != NULL;
    if (near < script->near_misses)
        buf_printf(text, "%s%u near misses shown, not %u",
                   text->len ? ", " : "", near, script->near_misses);
}

static void test_wrong(struct bench *bench, size_t index)
{
    char error[600] = "";
    struct buf text = {0};
    char *what = alloc_printf("wrong solution %zu fails exactly what it says",
                              index + 1);

    if (begin(bench, "test-wrong", error, sizeof(error)) &&
        load_solution(bench)) {
        const struct solution_script *script = &bench->solution.scripts[index];
        const struct lab_run *run = bench->live.run;
        size_t first = 0;
        size_t step = 0;

        free(what);
        what = alloc_printf("wrong solution of %s (line %u) fails exactly %s",
                            script->step, script->line, script->fails);
        for (; strcmp(run->lab->steps[step].id, script->step) != 0; step++) {
            solve(bench, step);
            first += run->lab->steps[step].check_count;
        }
        live_begin_step(&bench->live, step);
        run_script(bench, script->script);
        judge_wrong(bench, script, &run->steps[step], first, &text);
        say(bench, !text.len, what, buf_string(&text));
    } else {
        say(bench, false, what, error);
    }
    free(what);
    buf_release(&text);
    end(bench);
}

/* A check that nothing ever fails proves nothing. */
static void test_never_failed(struct bench *bench, const struct lab *lab)
{
    struct buf text = {0};
    size_t at = 0;

    for (size_t s = 0; s < lab->step_count; s++) {
        for (size_t i = 0; i < lab->steps[s].check_count; i++, at++) {
            if (!bench->ever_failed[at])
                buf_printf(&text, "%s%s.%s", text.len ? ", " : "",
                           lab->steps[s].id, lab->steps[s].checks[i].id);
        }
    }
    say(bench, !text.len, "each check is failed by a wrong solution",
        text.len ? buf_string(&text) : "");
    buf_release(&text);
}

/* Load once, to know what there is; false when that is not possible. */
static bool look(struct bench *bench, struct lab **lab)
{
    struct lab_problems problems = {0};
    struct lab_run *run = NULL;

    *lab = lab_load(bench->path, "test-1", &problems);
    if (*lab && solution_load(&bench->solution, *lab, &problems))
        run = lab_run_new(lab_load(bench->path, "test-1", &problems), NULL,
                          &problems);
    say(bench, run && !problems.count, "the file is understood",
        problems.count ? buf_string(&problems.text) : "");
    bool good = run && !problems.count;
    lab_run_free(run);
    buf_release(&problems.text);
    return good;
}

void lab_test(struct lab_test_report *report, const char *path, unsigned seeds)
{
    struct bench bench = {
        .path = path,
        .report = report,
        .live = {.workspace.lock_fd = -1, .journal.fd = -1},
        .broker = {.control_fd = -1,        .leash = -1     },
    };
    struct lab *lab;

    fputs("# ", report->out);
    put_line(path, report->out);
    fputc('\n', report->out);
    if (look(&bench, &lab)) {
        size_t checks = 0;
        size_t scripts = bench.solution.count;
        bool *wrong = alloc_zero(scripts, sizeof(wrong[0]));

        for (size_t i = 0; i < lab->step_count; i++)
            checks += lab->steps[i].check_count;
        for (size_t i = 0; i < scripts; i++)
            wrong[i] = bench.solution.scripts[i].fails != NULL;
        bench.ever_failed = alloc_zero(checks, sizeof(bench.ever_failed[0]));
        test_empty(&bench);
        for (unsigned seed = 1; seed <= seeds; seed++)
            test_solution(&bench, seed);
        for (size_t i = 0; i < scripts; i++) {
            if (wrong[i])
                test_wrong(&bench, i);
        }
        test_never_failed(&bench, lab);
        free(wrong);
        free(bench.ever_failed);
    }
    solution_release(&bench.solution);
    lab_free(lab);
}
