/*
 * mqttlab lab, mqttlab answer.
 */
#include "labs/commands.h"

#include "base/alloc.h"
#include "base/options.h"
#include "base/whole_file.h"
#include "labs/answer.h"
#include "labs/board.h"
#include "labs/lab.h"
#include "labs/lab_commands.h"
#include "labs/lab_demos.h"
#include "labs/lab_links.h"
#include "labs/lab_new.h"
#include "labs/lab_plain.h"
#include "labs/lab_run.h"
#include "labs/lab_seal.h"
#include "labs/lab_test.h"
#include "labs/lab_text.h"
#include "labs/lab_translate.h"
#include "labs/lab_try.h"
#include "labs/lab_wait.h"
#include "labs/ports.h"
#include "labs/progress.h"
#include "labs/workspace.h"
#include "wire/render.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 64

#define SEAL_MAX_BYTES (1u << 20) /* as of any lab */

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 3 };

enum {
    LAB_PLAIN = 1,
    LAB_DIR,
    LAB_STUDENT,
    LAB_PORT,
    LAB_BOARD,
    LAB_SEEDS,
    LAB_RIGHT,
    LAB_HELP
};

static const struct option_spec lab_options[] = {
    {LAB_PLAIN,   0,   "plain", NULL,   "in this terminal, as lines of text"         },
    {LAB_STUDENT, 0,   "id",    "ID",   "your student id; asked for once"            },
    {LAB_DIR,     0,   "dir",   "DIR",  "work in this folder"                        },
    {LAB_PORT,    'p', "port",  "PORT", "watch the broker on this port (1883)"       },
    {LAB_BOARD,   0,   "board", "URL",
     "tell your progress to the class board there"                                   },
    {LAB_SEEDS,   0,   "seeds", "N",    "for test: with so many students' values (1)"},
    {LAB_RIGHT,   0,   "right", NULL,   "for test: without the wrong solutions"      },
    {LAB_HELP,    'h', "help",  NULL,   "this text"                                  },
    {0,           0,   NULL,    NULL,   NULL                                         },
};

struct request {
    struct lab_plain_options plain;
    unsigned seeds;
    bool right_only; /* --right */
    const char *words[MAX_WORDS];
    size_t word_count;
};

static void usage(FILE *to)
{
    fputs(
        "Usage: mqttlab lab                   list labs and exercises\n"
        "       mqttlab lab N [OPTIONS]       do lab 1, or exercise 1.2\n"
        "       mqttlab lab reset N           put your work aside and begin "
        "anew\n"
        "For authors:\n"
        "       mqttlab lab new ID            begin a lab in this folder\n"
        "       mqttlab lab lint FILE...      say what is wrong with a lab\n"
        "       mqttlab lab show FILE         the text as a student sees it\n"
        "       mqttlab lab test [FILE...]    run its solution and wrong "
        "solutions\n"
        "       mqttlab lab try-check RECORDING CHECK\n"
        "                                     one check on a recording\n"
        "       mqttlab lab hash ANSWER...    an answer's line for a lab\n"
        "       mqttlab lab seal FILE         print a lab with its answers "
        "hashed\n"
        "       mqttlab lab wait FILTER [S]   wait for a record (in solutions)\n"
        "       mqttlab lab wait broker [S]   wait until a broker is watched\n"
        "\n",
        to);
    options_help(lab_options, to);
}

/* ---- the list ---- */

/* The widest of each column. */
struct columns {
    int id;
    int title;
};

static int wider(int width, const char *text)
{
    int columns = (int)render_width(slice_of_string(text));

    return columns > width ? columns : width;
}

static void print_cell(const char *text, int width)
{
    printf("  %s%*s", text, width - wider(0, text), "");
}

static void list_one(const struct lab *lab, const struct columns *columns)
{
    char *state = progress_of(lab, NULL);

    print_cell(lab->id, columns->id);
    print_cell(lab->title, columns->title);
    printf("  %-6s  ", lab->time ? lab->time : "");
    if (*state)
        puts(state);
    else
        printf("%u points\n", lab->points);
    free(state);
}

static void list_kind(struct lab *const *labs, size_t count, bool exercises,
                      const struct columns *columns)
{
    const char *heading = exercises ? "Exercises\n" : "Labs\n";

    for (size_t i = 0; i < count; i++) {
        if (!labs[i] || labs[i]->is_exercise != exercises)
            continue;
        fputs(heading, stdout);
        heading = "";
        list_one(labs[i], columns);
    }
    if (exercises && !*heading)
        putchar('\n');
}

static void list_all(char **paths, size_t count)
{
    struct lab **labs = alloc_zero(count, sizeof(struct lab *));
    struct columns columns = {0};
    char language[3];

    lab_translate_language(language);
    for (size_t i = 0; i < count; i++) {
        struct lab_problems problems = {0};

        labs[i] = lab_load(paths[i], "", &problems);
        buf_release(&problems.text);
        if (!labs[i])
            continue;
        lab_translate(labs[i], language);
        columns.id = wider(columns.id, labs[i]->id);
        columns.title = wider(columns.title, labs[i]->title);
    }
    /* The labs last: with them one begins, and the list is longer than a
       screen. */
    list_kind(labs, count, true, &columns);
    list_kind(labs, count, false, &columns);
    for (size_t i = 0; i < count; i++)
        lab_free(labs[i]);
    free(labs);
}

static int list(void)
{
    char *home = lab_home();
    char **labs = lab_list(home);
    int status = labs[0] ? EXIT_GOOD : EXIT_FAILED;
    size_t count = 0;

    while (labs[count])
        count++;
    list_all(labs, count);
    for (size_t i = 0; i < count; i++)
        free(labs[i]);
    if (status == EXIT_GOOD)
        puts("\nmqttlab lab 1 begins the first one; mqttlab lab 1.1 is an "
             "exercise.\nNumbers that are missing are kept for labs to come.");
    else
        fprintf(
            stderr,
            "mqttlab lab: no labs in %s; MQTTLAB_HOME says where they are\n",
            home);
    free(labs);
    free(home);
    return status;
}

/* ---- for authors ---- */

static struct lab *load(const char *name, struct lab_problems *problems)
{
    char *home = lab_home();
    char *path = lab_find(home, name);
    struct lab *lab = path ? lab_load(path, "example", problems) : NULL;

    if (!path)
        lab_problem(problems, name, 0, "there is no such lab");
    free(path);
    free(home);
    return lab;
}

/* Line by line: what an author has written is not sent to the terminal as it
   is. */
static void show_problems(struct lab_problems *problems, FILE *to)
{
    const char *at = buf_string(&problems->text);

    while (*at) {
        size_t len = strcspn(at, "\n");
        struct buf line = {0};

        render_text(&line, slice_of(at, len), 0);
        fprintf(to, "%s\n", buf_string(&line));
        buf_release(&line);
        at += at[len] ? len + 1 : len;
    }
}

static int lint(const struct request *request)
{
    struct lab_problems problems = {0};

    for (size_t i = 1; i < request->word_count; i++) {
        struct lab *lab = load(request->words[i], &problems);

        if (lab) {
            lab_translate_check(lab, &problems);
            lab_demos_check(lab, &problems);
            lab_links_check(lab, &problems);
            lab_commands_check(lab, &problems);
        }
        if (lab)
            lab_run_free(lab_run_new(lab, NULL, &problems));
    }
    show_problems(&problems, stdout);
    buf_release(&problems.text);
    if (problems.count)
        return EXIT_FAILED;
    puts("no problems");
    return EXIT_GOOD;
}

static int show(const struct request *request)
{
    struct lab_problems problems = {0};
    struct lab *lab = load(request->words[1], &problems);
    struct buf text = {0};
    char language[3];

    lab_translate_language(language);
    if (lab)
        lab_translate(lab, language);
    struct lab_run *run = lab ? lab_run_new(lab, NULL, &problems) : NULL;
    if (run) {
        buf_printf(&text, "%s\n\n", lab->title);
        lab_text_blocks(&text, lab->intro, lab->intro_count, 80);
        for (size_t i = 0; i < lab->step_count; i++) {
            lab_text_title(&text, run, &run->steps[i]);
            buf_append_u8(&text, '\n');
            lab_text_blocks(&text, lab->steps[i].blocks,
                            lab->steps[i].block_count, 80);
            lab_text_checks(&text, &run->steps[i], 80);
            lab_text_questions(&text, &run->steps[i], 80);
            buf_append_u8(&text, '\n');
        }
        fputs(buf_string(&text), stdout);
    }
    show_problems(&problems, stderr);
    int status = problems.count ? EXIT_FAILED : EXIT_GOOD;
    buf_release(&problems.text);
    buf_release(&text);
    lab_run_free(run);
    return status;
}

static int test(const struct request *request)
{
    char *home = lab_home();
    char **all = request->word_count == 1 ? lab_list(home) : NULL;
    struct lab_test_report report;

    lab_test_begin(&report, stdout);
    for (size_t i = 0; all && all[i]; i++) {
        lab_test(&report, all[i], request->seeds, !request->right_only);
        free(all[i]);
    }
    for (size_t i = 1; i < request->word_count; i++) {
        char *path = lab_find(home, request->words[i]);

        if (path)
            lab_test(&report, path, request->seeds, !request->right_only);
        else
            lab_test_tell(&report, false, "there is such a lab",
                          request->words[i]);
        free(path);
    }
    lab_test_end(&report);
    free(all);
    free(home);
    return report.failed ? EXIT_FAILED : EXIT_GOOD;
}

/* ---- the rest ---- */

/* The workspace of a lab that was begun, put aside: a negative errno, or the
   number of the backup. */
static int put_aside(const struct lab *lab, const char *dir)
{
    struct workspace workspace;
    unsigned backup = 0;

    if (!workspace_begun(lab->id, dir))
        return -ENODATA;
    int result = workspace_open(&workspace, lab->id, dir, NULL);
    if (result)
        return result;
    result = workspace_reset(&workspace, &backup);
    if (!result)
        printf("%s: what was there is in backup-%u now\n", workspace.path,
               backup);
    workspace_close(&workspace);
    return result;
}

static int reset(const struct request *request)
{
    struct lab_problems problems = {0};
    struct lab *lab = load(request->words[1], &problems);
    int result = lab ? put_aside(lab, request->plain.dir) : -ENOENT;

    if (!lab)
        fprintf(stderr,
                "mqttlab lab reset: there is no lab '%s'; mqttlab lab lists "
                "them\n",
                request->words[1]);
    else if (result == -ENODATA)
        fprintf(stderr, "mqttlab lab reset: nothing was done in %s yet\n",
                lab->id);
    else if (result == -EBUSY)
        fputs("mqttlab lab reset: the lab is open in another window; close it "
              "there first\n",
              stderr);
    else if (result)
        fprintf(stderr, "mqttlab lab reset: %s\n", strerror(-result));
    buf_release(&problems.text);
    lab_free(lab);
    return result ? EXIT_FAILED : EXIT_GOOD;
}

/* The words behind a subcommand, with a blank between. Owned. */
static char *join_words(const struct request *request)
{
    struct buf text = {0};

    for (size_t i = 1; i < request->word_count; i++)
        buf_printf(&text, "%s%s", i > 1 ? " " : "", request->words[i]);
    return buf_take_string(&text);
}

static int hash(const struct request *request)
{
    char *answer = join_words(request);
    char *line = answer_hash(answer, NULL);

    printf("answer: scrypt:%s\n", line);
    free(line);
    free(answer);
    return EXIT_GOOD;
}

static int seal(const struct request *request)
{
    struct buf text = {0};
    const char *path = request->words[1];
    int error = whole_file_load(path, SEAL_MAX_BYTES, &text);

    if (error) {
        fprintf(stderr, "mqttlab lab seal: %s: %s\n", path, strerror(-error));
        buf_release(&text);
        return EXIT_FAILED;
    }
    char *sealed = lab_seal(buf_string(&text));
    fputs(sealed, stdout);
    free(sealed);
    buf_release(&text);
    return EXIT_GOOD;
}

struct subcommand {
    const char *name;
    size_t min_words;
    int (*run)(const struct request *request);
};

static int begin(const struct request *request)
{
    return lab_new(request->words[1]) == 0 ? EXIT_GOOD : EXIT_FAILED;
}

static int try_check(const struct request *request)
{
    return lab_try(request->words[1], request->words[2]);
}

static int wait_for(const struct request *request)
{
    return lab_wait(request->words + 1, request->word_count - 1,
                    request->plain.port);
}

static const struct subcommand subcommands[] = {
    {"new",       2, begin    },
    {"try-check", 3, try_check},
    {"lint",      2, lint     },
    {"show",      2, show     },
    {"test",      1, test     },
    {"reset",     2, reset    },
    {"hash",      2, hash     },
    {"seal",      2, seal     },
    {"wait",      2, wait_for },
};

static bool take_number(const struct options *options, long max, long *value)
{
    char error[200];

    if (options_number(options, 1, max, value, error, sizeof(error)))
        return true;
    fprintf(stderr, "mqttlab lab: %s\n", error);
    return false;
}

/* Where the class board is, as an argument. */
static void take_board(struct request *request, const char *url)
{
    request->plain.board = url;
    if (board_password_shows(url))
        fputs("mqttlab lab: everybody on this machine can see the password in "
              "--board (ps shows it); put the URL into MQTTLAB_BOARD instead, "
              "or the password alone into MQTTLAB_PASSWORD\n",
              stderr);
}

/* Returns -1 to go on, or an exit status. */
static int read_options(struct request *request, int argc, char **argv)
{
    struct options options;
    long value = 0;
    int id;

    *request = (struct request){
        .plain = {.port = ports_number(PORTS_MQTT),
                  .board = getenv("MQTTLAB_BOARD")},
        .seeds = 1
    };
    options_init(&options, lab_options, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        bool good = true;

        if (id == OPTIONS_WORD && request->word_count < MAX_WORDS) {
            request->words[request->word_count++] = options.value;
        } else if (id == LAB_STUDENT) {
            request->plain.student = options.value;
            good = workspace_student_valid(options.value);
            if (!good)
                fputs("mqttlab lab: an id is 1 to 40 letters, digits, '.', "
                      "'_', '-' or '@'\n",
                      stderr);
        } else if (id == LAB_DIR) {
            request->plain.dir = options.value;
        } else if (id == LAB_PORT) {
            good = take_number(&options, 65535, &value);
            request->plain.port = (uint16_t)value;
        } else if (id == LAB_BOARD) {
            take_board(request, options.value);
        } else if (id == LAB_SEEDS) {
            good = take_number(&options, 100, &value);
            request->seeds = (unsigned)value;
        } else if (id == LAB_RIGHT) {
            request->right_only = true;
        } else if (id == LAB_PLAIN) {
            continue; /* cmd_lab_on_screen has said no for it */
        } else if (id == LAB_HELP) {
            usage(stdout);
            return EXIT_GOOD;
        } else {
            fprintf(stderr, "mqttlab lab: %s\n",
                    id == OPTIONS_ERROR ? options.error : "too many words");
            good = false;
        }
        if (!good)
            return EXIT_USAGE;
    }
    return -1;
}

static const struct subcommand *find_subcommand(const char *name)
{
    for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
        if (!strcmp(subcommands[i].name, name))
            return &subcommands[i];
    }
    return NULL;
}

bool cmd_lab_on_screen(int argc, char **argv, struct lab_plain_options *options)
{
    struct request request;
    struct options words;

    /* Help and mistakes are told by cmd_lab, once. */
    options_init(&words, lab_options, argc, argv);
    for (int id; (id = options_next(&words)) != OPTIONS_END;) {
        if (id == OPTIONS_ERROR || id == LAB_HELP || id == LAB_PLAIN)
            return false;
    }
    if (read_options(&request, argc, argv) >= 0 || request.word_count != 1 ||
        find_subcommand(request.words[0]))
        return false;
    *options = request.plain;
    options->name = request.words[0];
    return true;
}

int cmd_lab(int argc, char **argv)
{
    struct request request;
    int status = read_options(&request, argc, argv);

    if (status >= 0)
        return status;
    if (!request.word_count)
        return list();
    const struct subcommand *subcommand = find_subcommand(request.words[0]);
    if (subcommand && request.word_count >= subcommand->min_words)
        return subcommand->run(&request);
    if (subcommand || request.word_count > 1) {
        usage(stderr);
        return EXIT_USAGE;
    }
    request.plain.name = request.words[0];
    return lab_plain(&request.plain);
}

int cmd_answer(int argc, char **argv)
{
    struct buf text = {0};

    bool help =
        argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

    if (argc < 3) {
        fputs("Usage: mqttlab answer QUESTION ANSWER...\n\n"
              "Answer a question of the lab that you do now, from a shell.\n",
              help ? stdout : stderr);
        return help ? EXIT_GOOD : EXIT_USAGE;
    }
    for (int i = 2; i < argc; i++)
        buf_printf(&text, "%s%s", i > 2 ? " " : "", argv[i]);
    int result = workspace_put_answer(argv[1], buf_string(&text));
    buf_release(&text);
    if (result) {
        fprintf(stderr, "mqttlab answer: %s\n",
                result == -ENOENT ? "no lab is open; mqttlab lab 1 opens one"
                                  : strerror(-result));
        return EXIT_FAILED;
    }
    return EXIT_GOOD;
}
