/*
 * mqttlab submit, mqttlab grade.
 */
#include "labs/commands.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/options.h"
#include "labs/class_key.h"
#include "labs/grade.h"
#include "labs/grade_html.h"
#include "labs/grade_junit.h"
#include "labs/grade_report.h"
#include "labs/handin.h"
#include "labs/journal.h"
#include "labs/lab.h"
#include "labs/marks.h"
#include "labs/own_files.h"
#include "labs/progress.h"
#include "labs/recorder.h"
#include "labs/similar.h"
#include "labs/workspace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum exit_status {
    EXIT_FULL = 0,
    EXIT_POINTS_LOST = 1,
    EXIT_BROKEN = 2,
    EXIT_USAGE = 3,
};

/* ---- submit ---- */

enum { SUBMIT_DIR = 1, SUBMIT_OUT, SUBMIT_HELP };

static const struct option_spec submit_options[] = {
    {SUBMIT_DIR,  0,   "dir",    "DIR",  "the lab's folder, when it is not the usual"},
    {SUBMIT_OUT,  'o', "output", "FILE", "where to write; LAB-STUDENT.mqlab"         },
    {SUBMIT_HELP, 'h', "help",   NULL,   "this text"                                 },
    {0,           0,   NULL,     NULL,   NULL                                        },
};

static void submit_usage(FILE *to)
{
    fputs(
        "Usage: mqttlab submit LAB [OPTIONS]\n\n"
        "Pack what you did in a lab or exercise into one file to hand in.\n\n",
        to);
    options_help(submit_options, to);
}

static void count_records(void *count, const struct record *record)
{
    (void)record;
    ++*(size_t *)count;
}

/* Is something in the folder of the lab that keeps it from being packed? Says
   so. */
static bool is_in_the_way(const struct lab *lab, const char *dir)
{
    char *folder = workspace_path(lab->id, dir);
    char *fault = own_files_fault(folder, lab->config);

    if (fault)
        fprintf(stderr, "mqttlab submit: %s\n", fault);
    free(folder);
    free(fault);
    return fault != NULL;
}

/* Would it be graded? A student should hear that first. */
static bool is_whole(const struct workspace *workspace)
{
    char *journal = alloc_printf("%s/journal", workspace->path);
    char error[400];
    uint64_t last_seq;
    size_t records = 0;
    int result = recorder_replay(workspace->path, count_records, &records,
                                 &last_seq, error, sizeof(error));

    if (!result && !records)
        result = snprintf(error, sizeof(error), "%s: there is no recording",
                          workspace->path);
    if (!result && journal_check(journal) != 0)
        result = snprintf(error, sizeof(error), "%s: it was changed by hand",
                          journal);
    if (result)
        fprintf(stderr,
                "mqttlab submit: this will not be graded: %s\n"
                "What is left of your work is in the file; mqttlab lab reset "
                "begins anew.\n",
                error);
    free(journal);
    return !result;
}

static int pack_workspace(const struct lab *lab,
                          const struct workspace *workspace, const char *out)
{
    char *file = out ? alloc_string(out)
                     : alloc_printf("%s-%s.mqlab", lab->id, workspace->student);
    char error[400];
    int result = handin_pack(file, lab, workspace, error, sizeof(error));

    if (result) {
        fprintf(stderr, "mqttlab submit: %s\n", error);
    } else {
        char *words = progress_of(lab, workspace->path);

        fprintf(stderr, "%s\nHand in this file:\n", words);
        free(words);
        printf("%s\n", file);
    }
    free(file);
    if (!result && !is_whole(workspace))
        return EXIT_POINTS_LOST;
    return result ? EXIT_BROKEN : EXIT_FULL;
}

static int pack(const char *name, const char *dir, const char *out)
{
    struct lab_problems problems = {0};
    struct workspace workspace;
    char *home = lab_home();
    char *path = lab_find(home, name);
    struct lab *lab = path ? lab_load(path, "", &problems) : NULL;
    int status = EXIT_BROKEN;

    buf_release(&problems.text);
    free(path);
    free(home);
    if (!lab) {
        fprintf(stderr, "mqttlab submit: there is no lab '%s'\n", name);
        return EXIT_USAGE;
    }
    if (is_in_the_way(lab, dir)) {
        lab_free(lab);
        return EXIT_BROKEN;
    }
    int result = workspace_begun(lab->id, dir)
                     ? workspace_open(&workspace, lab->id, dir, NULL)
                     : -ENODATA;
    if (!result) {
        status = pack_workspace(lab, &workspace, out);
        workspace_close(&workspace);
    } else if (result == -ENODATA) {
        fprintf(stderr,
                "mqttlab submit: nothing was done yet; begin with "
                "mqttlab lab %s\n",
                name);
    } else {
        fprintf(stderr, "mqttlab submit: %s\n",
                result == -EBUSY
                    ? "the lab is open in another window; close it there first"
                    : strerror(-result));
    }
    lab_free(lab);
    return status;
}

int cmd_submit(int argc, char **argv)
{
    struct options options;
    const char *name = NULL;
    const char *dir = NULL;
    const char *out = NULL;
    int id;

    options_init(&options, submit_options, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        if (id == OPTIONS_WORD && !name) {
            name = options.value;
        } else if (id == SUBMIT_DIR) {
            dir = options.value;
        } else if (id == SUBMIT_OUT) {
            out = options.value;
        } else if (id == SUBMIT_HELP) {
            submit_usage(stdout);
            return EXIT_FULL;
        } else {
            fprintf(stderr, "mqttlab submit: %s\n",
                    id == OPTIONS_ERROR ? options.error : "one lab at a time");
            return EXIT_USAGE;
        }
    }
    if (name)
        return pack(name, dir, out);
    submit_usage(stderr);
    return EXIT_USAGE;
}

/* ---- grade ---- */

enum {
    GRADE_LABS = 1,
    GRADE_JOBS,
    GRADE_TIMEOUT,
    GRADE_TAP,
    GRADE_JUNIT,
    GRADE_JSON,
    GRADE_CSV,
    GRADE_HTML,
    GRADE_SIMILAR,
    GRADE_TEXT,
    GRADE_MARKS,
    GRADE_CLASS,
    GRADE_LAST_FILE = GRADE_CLASS,
    GRADE_STAMP,
    GRADE_QUIET,
    GRADE_HELP,
};

static const struct option_spec grade_options_table[] = {
    {GRADE_LABS,    0,   "labs",    "DIR",
     "folder with labs/ and exercises/ to grade by"                                },
    {GRADE_JOBS,    'j', "jobs",    "N",       "hand-ins at the same time (2)"     },
    {GRADE_TIMEOUT, 0,   "timeout", "SECONDS", "for one hand-in (60)"              },
    {GRADE_TEXT,    0,   "text",    "FILE",    "write the report as text"          },
    {GRADE_TAP,     0,   "tap",     "FILE",    "write TAP 14"                      },
    {GRADE_JUNIT,   0,   "junit",   "FILE",    "write JUnit XML"                   },
    {GRADE_JSON,    0,   "json",    "FILE",    "write JSON"                        },
    {GRADE_CSV,     0,   "csv",     "FILE",    "write CSV, a line for each hand-in"},
    {GRADE_HTML,    0,   "html",    "FILE",
     "write a page with the packets that decided"                                  },
    {GRADE_SIMILAR, 0,   "similar", "FILE",    "write what hand-ins have in common"},
    {GRADE_MARKS,   0,   "marks",   "FILE",
     "take points given by hand from there, and list\n"
     "there what is to be marked"                                                  },
    {GRADE_CLASS,   0,   "class",   "KEY",     "grade by the values of this class" },
    {GRADE_STAMP,   0,   "stamp",   NULL,      "say when it was graded"            },
    {GRADE_QUIET,   'q', "quiet",   NULL,      "no report on standard output"      },
    {GRADE_HELP,    'h', "help",    NULL,      "this text"                         },
    {0,             0,   NULL,      NULL,      NULL                                },
};

struct grading {
    struct grade_options options;
    const char *path;
    const char *files[GRADE_LAST_FILE + 1]; /* by option */
    struct marks marks;
    char class_key[CLASS_KEY_SIZE];
    bool stamp; /* the reports say when this was */
    bool quiet;
};

static void grade_usage(FILE *to)
{
    fputs(
        "Usage: mqttlab grade FOLDER|FILE [OPTIONS]\n\n"
        "Mark hand-ins (*.mqlab) from the packets that were really sent.\n"
        "FILE may be - for standard output. Exit status: 0 all have full\n"
        "marks, 1 points were lost, 2 something is broken, 3 wrong usage.\n\n",
        to);
    options_help(grade_options_table, to);
}

static bool take_number(const struct options *options, unsigned *number,
                        long max)
{
    char error[200];
    long value;

    if (!options_number(options, 1, max, &value, error, sizeof(error))) {
        fprintf(stderr, "mqttlab grade: %s\n", error);
        return false;
    }
    *number = (unsigned)value;
    return true;
}

/* "60" or "60s". */
static bool take_seconds(struct options *options, unsigned *seconds)
{
    const char *given = options->value;
    size_t len = strlen(given);
    char *number =
        alloc_string_of(given, len && given[len - 1] == 's' ? len - 1 : len);

    options->value = number;
    bool good = take_number(options, seconds, 3600);
    options->value = given;
    free(number);
    return good;
}

/* Returns -1 to go on, or an exit status. */
static int read_options(struct grading *grading, int argc, char **argv)
{
    struct options options;
    int id;

    options_init(&options, grade_options_table, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        bool good = true;

        if (id == OPTIONS_WORD && !grading->path) {
            grading->path = options.value;
        } else if (id == GRADE_LABS) {
            grading->options.home = options.value;
        } else if (id == GRADE_JOBS) {
            good = take_number(&options, &grading->options.jobs, 256);
        } else if (id == GRADE_TIMEOUT) {
            good = take_seconds(&options, &grading->options.timeout_s);
        } else if (id == GRADE_STAMP) {
            grading->stamp = true;
        } else if (id == GRADE_QUIET) {
            grading->quiet = true;
        } else if (id == GRADE_HELP) {
            grade_usage(stdout);
            return EXIT_FULL;
        } else if (id > 0) {
            grading->files[id] = options.value;
        } else {
            fprintf(stderr, "mqttlab grade: %s\n",
                    id == OPTIONS_ERROR ? options.error
                                        : "one folder or file at a time");
            good = false;
        }
        if (!good)
            return EXIT_USAGE;
    }
    if (grading->path)
        return -1;
    grade_usage(stderr);
    return EXIT_USAGE;
}

/* A file to write a report to; NULL after saying why not. */
static FILE *open_report(const char *path)
{
    FILE *file = strcmp(path, "-") != 0 ? fopen(path, "we") : stdout;

    if (!file)
        fprintf(stderr, "mqttlab grade: %s: %s\n", path, strerror(errno));
    return file;
}

static bool close_report(const char *path, FILE *file)
{
    bool good = !ferror(file);

    good = (file == stdout ? fflush(file) : fclose(file)) == 0 && good;
    if (!good)
        fprintf(stderr, "mqttlab grade: %s cannot be written\n", path);
    return good;
}

/* The page: a file, or "index.html" in a folder, which is made when it is named
   with a "/" at its end. Owned; NULL: no page is wanted. */
static char *page_path(const char *path)
{
    size_t len = path ? strlen(path) : 0;
    struct stat info;

    if (len && path[len - 1] == '/')
        mkdir(path, 0777);
    if (len && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return alloc_printf("%s%sindex.html", path,
                            path[len - 1] == '/' ? "" : "/");
    return path ? alloc_string(path) : NULL;
}

/* The forms that need nothing but the results. */
static const struct {
    int option;
    grade_report_write *write;
} forms[] = {
    {GRADE_TEXT,  grade_report_text},
    {GRADE_TAP,   grade_report_tap },
    {GRADE_JUNIT, grade_junit      },
    {GRADE_JSON,  grade_report_json},
    {GRADE_CSV,   grade_report_csv },
};

static bool write_form(const char *path, grade_report_write *write,
                       const json_t *results)
{
    FILE *file = open_report(path);

    if (!file)
        return false;
    write(results, file);
    return close_report(path, file);
}

static bool write_similar(const struct grading *grading, const json_t *results,
                          const json_t *similar)
{
    char *html = page_path(grading->files[GRADE_HTML]);
    const char *text = grading->files[GRADE_SIMILAR];
    FILE *file = html ? open_report(html) : NULL;
    bool good = file || !html;

    if (file) {
        grade_html(results, similar, file);
        good = close_report(html, file);
    }
    free(html);
    file = text ? open_report(text) : NULL;
    if (file) {
        similar_text(similar, file);
        good = close_report(text, file) && good;
    }
    return good && (file || !text);
}

static bool write_reports(const struct grading *grading, const json_t *results,
                          const json_t *similar)
{
    bool to_stdout = false;
    bool good = write_similar(grading, results, similar);

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const char *path = grading->files[forms[i].option];

        if (path)
            good = write_form(path, forms[i].write, results) && good;
    }
    for (int i = 0; i < GRADE_MARKS; i++)
        to_stdout =
            to_stdout || (grading->files[i] && !strcmp(grading->files[i], "-"));
    if (!grading->quiet && !to_stdout)
        grade_report_text(results, stdout);
    return good;
}

/* What is to be marked is listed where the marks are, if somebody wants
   that. */
static bool add_marks(const struct grading *grading, const json_t *results)
{
    const char *path = grading->files[GRADE_MARKS];
    int result = path ? marks_add(&grading->marks, path, results) : 0;

    if (result)
        fprintf(stderr, "mqttlab grade: %s: %s\n", path, strerror(-result));
    return !result;
}

static int exit_status(const json_t *results)
{
    int status = EXIT_FULL;
    size_t i;
    json_t *result;

    json_array_foreach(results, i, result)
    {
        if (grade_report_broken(result))
            return EXIT_BROKEN;
        if (grade_report_error(result) ||
            grade_report_points(result) < grade_report_max(result))
            status = EXIT_POINTS_LOST;
    }
    return status;
}

/* Are there labs to grade by? Says what is wrong, and returns how to exit: -1
   to go on. */
static int look_for_labs(const char *home, bool chosen)
{
    if (lab_any(home))
        return -1;
    fprintf(stderr, "mqttlab grade: %s: no labs or exercises in it\n", home);
    return chosen ? EXIT_USAGE : EXIT_BROKEN;
}

static int grade(struct grading *grading)
{
    size_t count;
    bool complete;
    char **files = grade_find(grading->path, &count, &complete);

    if (!files || !count) {
        fprintf(stderr, "mqttlab grade: %s: %s\n", grading->path,
                files ? "no hand-ins (*.mqlab) in it" : strerror(errno));
        free(files);
        return EXIT_USAGE;
    }
    grading->options.folder = grading->path;
    grading->options.marks = &grading->marks;
    json_t *results = grade_files(&grading->options, files, count);
    json_t *similar = similar_find(results);
    if (grading->stamp)
        grade_report_stamp(results, clock_read_wall_ns());
    bool written = write_reports(grading, results, similar);
    written = add_marks(grading, results) && written;
    int status = written && complete ? exit_status(results) : EXIT_BROKEN;
    json_decref(similar);
    json_decref(results);
    for (size_t i = 0; i < count; i++)
        free(files[i]);
    free(files);
    return status;
}

/* Points that were given by hand; returns how to exit, -1 to go on. */
static int read_marks(struct grading *grading)
{
    const char *path = grading->files[GRADE_MARKS];
    char error[600];

    if (path && !strcmp(path, "-")) {
        fputs("mqttlab grade: --marks needs a file\n", stderr);
        return EXIT_USAGE;
    }
    if (!path || marks_read(&grading->marks, path, error, sizeof(error)))
        return -1;
    fprintf(stderr, "mqttlab grade: %s\n", error);
    return EXIT_USAGE;
}

/* The key of the class; returns how to exit, -1 to go on. */
static int read_class(struct grading *grading)
{
    const char *path = grading->files[GRADE_CLASS];
    char error[600];

    if (!path)
        return -1;
    if (!class_key_read(grading->class_key, path, error, sizeof(error))) {
        fprintf(stderr, "mqttlab grade: %s\n", error);
        return EXIT_USAGE;
    }
    grading->options.class_key = grading->class_key;
    return -1;
}

int cmd_grade(int argc, char **argv)
{
    struct grading grading = {
        .options = {.jobs = 2, .timeout_s = 60}
    };
    int status = read_options(&grading, argc, argv);

    if (status >= 0)
        return status;
    char *home = lab_home();
    bool chosen = grading.options.home != NULL;
    if (!chosen)
        grading.options.home = home;
    status = look_for_labs(grading.options.home, chosen);
    if (status < 0)
        status = read_marks(&grading);
    if (status < 0)
        status = read_class(&grading);
    if (status < 0)
        status = grade(&grading);
    marks_release(&grading.marks);
    free(home);
    return status;
}
