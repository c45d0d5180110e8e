/*
 * The end-to-end tests: every script of tests/e2e is one test.
 *
 * Most of their time is waiting, so all of them run before the tests begin, a
 * few at once; each test then shows what its script has said and judges how it
 * ended. A script that ends with 77 was skipped and has said why; when
 * MQTTLAB_SKIP_NOTHING is set that is a failure.
 */
#include "suites.h"

#include "base/alloc.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS_MAX  1024
#define SKIPPED  77
#define MAX_JOBS 4

/* One script at a time. */
struct job {
    pid_t pid; /* 0: none runs */
    size_t script;
};

static glob_t scripts;
static FILE **outputs; /* by script; files without a name */
static int *statuses;  /* as waitpid tells them */
static struct job jobs[MAX_JOBS];

/* Does not return. */
static void be_script(size_t script)
{
    const char *path = scripts.gl_pathv[script];

    if (!freopen("/dev/null", "r", stdin))
        _exit(126);
    dup2(fileno(outputs[script]), STDOUT_FILENO);
    dup2(fileno(outputs[script]), STDERR_FILENO);
    /* Check's own file is open, too: a script that writes to a number which it
       has failed to open must not write there. */
    for (int fd = STDERR_FILENO + 1; fd < FDS_MAX; fd++)
        close(fd);
    /* Only what hangs takes so long, however busy the machine is. */
    execlp("timeout", "timeout", "-k", "5", "600", "sh", path, (char *)NULL);
    _exit(127);
}

static void start(size_t slot, size_t script)
{
    outputs[script] = tmpfile();
    if (!outputs[script])
        return; /* its test says so */
    jobs[slot] = (struct job){.pid = fork(), .script = script};
    if (jobs[slot].pid == 0)
        be_script(script);
}

/* Wait until one of them has ended. */
static void reap(void)
{
    int status = 0;
    pid_t pid = waitpid(-1, &status, 0);

    for (size_t slot = 0; slot < MAX_JOBS; slot++) {
        if (jobs[slot].pid != pid || pid <= 0)
            continue;
        statuses[jobs[slot].script] = status;
        jobs[slot].pid = 0;
    }
}

static size_t running(void)
{
    size_t count = 0;

    for (size_t slot = 0; slot < MAX_JOBS; slot++)
        count += jobs[slot].pid > 0;
    return count;
}

static size_t free_slot(void)
{
    size_t slot = 0;

    while (jobs[slot].pid > 0)
        slot++;
    return slot;
}

static void run_scripts(void)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    size_t at_once =
        cpus > 0 && cpus < MAX_JOBS - 1 ? (size_t)cpus + 1 : MAX_JOBS;

    outputs = alloc_zero(scripts.gl_pathc + 1, sizeof(*outputs));
    statuses = alloc_zero(scripts.gl_pathc + 1, sizeof(*statuses));
    memset(statuses, 0xff, scripts.gl_pathc * sizeof(*statuses)); /* not run */
    fflush(stdout);
    for (size_t i = 0; i < scripts.gl_pathc; i++) {
        while (running() >= at_once)
            reap();
        start(free_slot(), i);
    }
    while (running())
        reap();
}

static void forget_scripts(void)
{
    for (size_t i = 0; i < scripts.gl_pathc; i++) {
        if (outputs[i])
            fclose(outputs[i]);
    }
    free(outputs);
    free(statuses);
}

/* What it said. */
static void show(FILE *output)
{
    char bytes[4096];
    size_t len;

    rewind(output);
    while ((len = fread(bytes, 1, sizeof(bytes), output)) > 0)
        fwrite(bytes, 1, len, stdout);
    fflush(stdout);
}

START_TEST(script_ends_with_success)
{
    const char *script = scripts.gl_pathv[_i];
    int status = statuses[_i];

    ck_assert_msg(outputs[_i] != NULL, "%s: %s", script, strerror(errno));
    show(outputs[_i]);
    ck_assert_msg(WIFEXITED(status), "%s: killed", script);
    int code = WEXITSTATUS(status);
    if (code == SKIPPED && !getenv("MQTTLAB_SKIP_NOTHING"))
        return;
    ck_assert_msg(code == 0, "%s: exit status %d", script, code);
}
END_TEST

START_TEST(there_are_scripts)
{
    ck_assert_uint_gt(scripts.gl_pathc, 0);
}
END_TEST

/* All that one of the patterns, with spaces between, names. */
static void find_scripts(const char *patterns)
{
    char *list = alloc_string(patterns);
    char *rest = list;
    char *pattern;

    while ((pattern = strsep(&rest, " ")) != NULL)
        glob(pattern, scripts.gl_pathv ? GLOB_APPEND : 0, NULL, &scripts);
    free(list);
}

Suite *e2e_suite(void)
{
    Suite *suite = suite_create("e2e");
    TCase *tcase = unit_case(suite, "e2e", 180);
    const char *chosen = getenv("MQTTLAB_E2E");

    find_scripts(chosen ? chosen : "tests/e2e/[0-9]*.sh");
    tcase_add_unchecked_fixture(tcase, run_scripts, forget_scripts);
    tcase_add_test(tcase, there_are_scripts);
    tcase_add_loop_test(tcase, script_ends_with_success, 0,
                        (int)scripts.gl_pathc);
    return suite;
}
