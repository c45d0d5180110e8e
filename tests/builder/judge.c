/*
 * Judges a module that a student wrote: runs its suites, each test in a process
 * of its own with a time limit, and says how many passed.
 *
 *     judge [--token WORD] [CASE]      all tests, or those of one test case
 *
 * JUDGED names the suites, as SUITE(varint). The module may crash, hang or end
 * the program; each of that costs the test in which it does. What it prints is
 * kept apart and shown behind the result. Each line of the judge begins with
 * WORD, which is gone from the command line before the module's first function
 * is called, so the module can print what it likes: it is not taken for the
 * judge. (tools/module-fits sees to it that none of its functions runs
 * earlier.) Exit status 0: all passed; 1: not all; 2: nothing was tested.
 */
#include "suites.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifndef JUDGED
#define JUDGED /* then nothing is tested, and the exit status says so */
#endif

/* Seconds of the processor for one test; ours take one at most. */
#ifdef __SANITIZE_ADDRESS__
enum { LIMIT_S = 60 };
#else
enum { LIMIT_S = 3 };
#endif

enum {
    WAIT_S = 12 * LIMIT_S, /* by the clock: for one that sleeps */
    MAX_HANGS = 3,         /* then the rest is not tried */
    MAX_TESTS = 4000,
    MAX_MESSAGE = 200,
    MAX_GIVEN = 240,
    MAX_TOKEN = 64,
    MAX_SPOKEN = 20, /* lines of what the module printed that are shown */
};

/* What the tests tell the judge, which is another process. */
struct diary {
    int begun;
    int hangs;
    time_t start_s[MAX_TESTS];
    bool ended[MAX_TESTS];
    char given[MAX_TESTS][MAX_GIVEN]; /* what the module had to work on */
};

static struct diary *diary;

/* Where the judge speaks, and the word that proves it; no test has either. */
static FILE *out;
static char token[MAX_TOKEN + 2];

/* A test that the time limit ended cannot say so; the next one does. */
static void enter(void)
{
    const struct rlimit limit = {LIMIT_S, LIMIT_S + 1};
    int number = diary->begun++;

    close(fileno(out));
    memset(token, 0, sizeof(token));
    setrlimit(RLIMIT_CPU, &limit);
    ck_assert_int_lt(number, MAX_TESTS);
    diary->start_s[number] = time(NULL);
    if (number > 0 && !diary->ended[number - 1] &&
        diary->start_s[number] - diary->start_s[number - 1] >= LIMIT_S - 1)
        diary->hangs++;
    if (diary->hangs >= MAX_HANGS)
        ck_abort_msg("not tried: %d tests before took too long", MAX_HANGS);
}

static void leave(void)
{
    diary->ended[diary->begun - 1] = true;
}

/* These two instead of those that our own tests use. */
void unit_given(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(diary->given[diary->begun - 1], MAX_GIVEN, format, args);
    va_end(args);
}

TCase *unit_case(Suite *suite, const char *name, double timeout_s)
{
    TCase *tcase = tcase_create(name);

    (void)timeout_s;
    tcase_add_checked_fixture(tcase, enter, leave);
    tcase_set_timeout(tcase, WAIT_S);
    suite_add_tcase(suite, tcase);
    return tcase;
}

/* The name of the next test: a line is "ok 1 - file:case:name: message". */
static bool read_name(FILE *tap, char *name, size_t size)
{
    char line[4096];

    while (fgets(line, sizeof(line), tap)) {
        char *rest = strstr(line, " - ");

        if (!rest || (strncmp(line, "ok ", 3) && strncmp(line, "not ok ", 7)))
            continue;
        rest += 3;
        strsep(&rest, ":");
        strsep(&rest, ":");
        const char *word = strsep(&rest, ":");
        if (word) {
            snprintf(name, size, "%s", word);
            return true;
        }
    }
    return false;
}

/* One test function: a row for each case of its table. */
struct tally {
    char name[120];
    int rows;
    int passed;
    char failure[MAX_MESSAGE + 160]; /* of the first row that failed */
    char given[MAX_GIVEN];           /* to that one */
};

/* How a test ended that did not come to its end, for who does not know the
   signals. */
static const char *in_words(const char *why)
{
    static const char *const words[][2] = {
        {"Received signal 6 ",
         "abort() was called: is this function written yet?"               },
        {"Received signal 11 ", "it read or wrote where there is no memory"},
        {"Received signal 7 ",  "it read or wrote where there is no memory"},
        {"Received signal 24 ", "it took too long: does a loop not end?"   },
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!strncmp(why, words[i][0], strlen(words[i][0])))
            return words[i][1];
    }
    return why;
}

/* What holds any bytes that the module gave is made fit for a line. */
static void make_printable(char *text)
{
    for (char *at = text; *at; at++) {
        if (!isprint((unsigned char)*at))
            *at = '?';
    }
}

static void note_failure(struct tally *tally, TestResult *result,
                         const char *why, const char *given)
{
    snprintf(tally->failure, sizeof(tally->failure), "%s:%d, row %d: %.*s",
             tr_lfile(result), tr_lno(result), tally->rows, MAX_MESSAGE,
             in_words(why));
    snprintf(tally->given, sizeof(tally->given), "%s", given);
    make_printable(tally->failure);
    make_printable(tally->given);
}

static void count_result(struct tally *tally, TestResult *result, bool ended,
                         const char *given)
{
    bool passed = tr_rtype(result) == CK_PASS;

    if (passed && ended)
        tally->passed++;
    else if (!tally->failure[0])
        note_failure(tally, result,
                     passed ? "exit() was called" : tr_msg(result), given);
    tally->rows++;
}

static void print_tally(const struct tally *tally)
{
    bool good = tally->passed == tally->rows;

    if (!tally->rows)
        return;
    fprintf(out, "%s%-4s %3d/%-3d ", token, good ? "ok" : "FAIL", tally->passed,
            tally->rows);
    for (const char *at = tally->name; *at; at++)
        fputc(*at == '_' ? ' ' : *at, out);
    fputc('\n', out);
    if (!good && tally->given[0])
        fprintf(out, "%s             given %s\n", token, tally->given);
    if (!good)
        fprintf(out, "%s             %s\n", token, tally->failure);
}

/* Returns how many tests passed. */
static int report(SRunner *runner, FILE *tap)
{
    TestResult **results = srunner_results(runner);
    struct tally tally = {0};
    int passed = 0;
    char name[sizeof(tally.name)] = "";

    for (int i = 0; i < srunner_ntests_run(runner); i++) {
        if (!read_name(tap, name, sizeof(name)))
            break;
        if (strcmp(name, tally.name) != 0) {
            print_tally(&tally);
            passed += tally.passed;
            tally = (struct tally){0};
            memcpy(tally.name, name, sizeof(name));
        }
        count_result(&tally, results[i], diary->ended[i], diary->given[i]);
    }
    print_tally(&tally);
    free(results);
    return passed + tally.passed;
}

static SRunner *make_runner(void)
{
    SRunner *runner = srunner_create(NULL);

#define SUITE(name) srunner_add_suite(runner, name##_suite());
    JUDGED
#undef SUITE
    srunner_set_fork_status(runner, CK_FORK);
    return runner;
}

/* What the module printed, each line marked as its own and made harmless. */
static void show_spoken(FILE *spoken)
{
    char line[MAX_MESSAGE];
    int lines = 0;

    rewind(spoken);
    while (lines < MAX_SPOKEN && fgets(line, sizeof(line), spoken)) {
        line[strcspn(line, "\n")] = '\0';
        make_printable(line);
        if (!lines++)
            fprintf(out, "%sWhat your module printed:\n", token);
        fprintf(out, "%s    | %s\n", token, line);
    }
    if (lines == MAX_SPOKEN)
        fprintf(out, "%s    | ...\n", token);
}

/* From here on standard output and errors are the module's. */
static FILE *turn_away_output(void)
{
    FILE *spoken = tmpfile();

    out = fdopen(dup(STDOUT_FILENO), "w");
    if (!spoken || !out || dup2(fileno(spoken), STDOUT_FILENO) < 0 ||
        dup2(fileno(spoken), STDERR_FILENO) < 0) {
        perror("judge");
        exit(2);
    }
    return spoken;
}

/* Take the token off the command line; returns the test case, or NULL. */
static const char *read_arguments(int argc, char **argv)
{
    if (argc < 3 || strcmp(argv[1], "--token") != 0)
        return argc > 1 ? argv[1] : NULL;
    snprintf(token, MAX_TOKEN, "%s", argv[2]);
    strcat(token, " ");
    memset(argv[2], 'x', strlen(argv[2]));
    return argc > 3 ? argv[3] : NULL;
}

static void forget_environment(void)
{
    unsetenv("CK_RUN_SUITE");
    unsetenv("CK_RUN_CASE");
    unsetenv("CK_INCLUDE_TAGS");
    unsetenv("CK_EXCLUDE_TAGS");
}

int main(int argc, char **argv)
{
    const char *only = read_arguments(argc, argv);
    FILE *spoken = turn_away_output();
    FILE *tap = tmpfile();
    char path[32];

    diary = mmap(NULL, sizeof(*diary), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!tap || diary == MAP_FAILED) {
        fprintf(out, "judge: no file or no memory\n");
        return 2;
    }
    forget_environment();
    SRunner *runner = make_runner();
    snprintf(path, sizeof(path), "/dev/fd/%d", fileno(tap));
    srunner_set_tap(runner, path);
    srunner_run(runner, NULL, only, CK_SILENT);
    rewind(tap);
    int tests = srunner_ntests_run(runner);
    int passed = report(runner, tap);
    show_spoken(spoken);
    fprintf(out, "%s%d of %d points\n", token, passed, tests);
    srunner_free(runner);
    fclose(tap);
    fclose(spoken);
    fclose(out);
    return tests == 0 ? 2 : passed < tests;
}
