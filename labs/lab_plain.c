#include "labs/lab_plain.h"

#include "base/alloc.h"
#include "labs/board.h"
#include "labs/lab_drain.h"
#include "labs/lab_ended.h"
#include "labs/lab_lost.h"
#include "labs/lab_near.h"
#include "labs/lab_saw.h"
#include "labs/lab_score.h"
#include "labs/lab_talk.h"
#include "labs/lab_text.h"
#include "labs/ports.h"
#include "net/address.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define POLL_MS 50

struct plain {
    const char *name; /* of the lab, as it was typed */
    struct live live;
    struct lab_broker broker;
    struct lab_actors actors;
    struct board board;
    bool told_lost;       /* that the class board does not answer */
    struct buf typed;     /* a line that is not complete */
    size_t told_complete; /* index + 1 of the step whose end was told */
    unsigned marks;       /* told so far */
    char *reasons;        /* what was said of files; owned */
    bool told_trouble;    /* that nothing counts at present */
    size_t near_of;       /* index + 1 of the step whose near misses are told */
    unsigned near_told;   /* of that step's */
    bool quit;
};

static void show(struct buf *text)
{
    fputs(buf_string(text), stdout);
    fflush(stdout);
    buf_release(text);
}

static void show_checks(const struct plain *plain)
{
    struct buf text = {0};
    const struct lab_run_step *step = live_step(&plain->live);

    lab_text_checks(&text, step, lab_talk_columns());
    lab_text_questions(&text, step, lab_talk_columns());
    show(&text);
}

static void show_step(const struct plain *plain)
{
    struct buf text = {0};
    const struct lab_run *run = plain->live.run;
    const struct lab_run_step *step = live_step(&plain->live);
    const struct lab_step *missing = lab_score_missing(run, step);

    buf_append_u8(&text, '\n');
    lab_text_title(&text, run, step);
    buf_append_u8(&text, '\n');
    if (missing)
        buf_printf(&text,
                   "(This step builds on '%s', which is not done yet.)\n\n",
                   missing->title);
    lab_text_blocks(&text, step->step->blocks, step->step->block_count,
                    lab_talk_columns());
    show(&text);
    show_checks(plain);
}

static void show_saw(const struct plain *plain)
{
    struct buf text = {0};

    buf_append_u8(&text, '\n');
    lab_saw_text(&text, plain->live.run, lab_talk_columns());
    show(&text);
}

static void show_help(void)
{
    puts("\nType a letter and Enter:\n"
         "  n  next step        p  previous step    t  text of the step again\n"
         "  c  checks           h  next hint        x  begin the step again\n"
         "  w  what you saw     q  leave; what is done stays done\n"
         "A question is answered with its name and the answer: q1 42\n"
         "Type the commands of the lab in another terminal. To see the packets,"
         "\ntype mqttlab attach in one more: it shows what passes from then "
         "on.");
    fflush(stdout);
}

/* ---- what happens by itself ---- */

static void on_mark(void *owner, const struct lab_run_step *step, size_t check)
{
    struct plain *plain = owner;
    struct buf text = {0};

    if (step != live_step(&plain->live))
        return;
    plain->marks++;
    lab_text_check(&text, step, check, lab_talk_columns());
    show(&text);
}

/* What must not happen has passed all the time; now it is settled. */
static void show_absences(const struct lab_run_step *step)
{
    struct buf text = {0};

    for (size_t i = 0; i < step->step->check_count; i++) {
        if (check_is_absence(step->checks[i]))
            lab_text_check(&text, step, i, lab_talk_columns());
    }
    show(&text);
}

static void tell_complete(struct plain *plain)
{
    const struct lab_run *run = plain->live.run;
    const struct lab_run_step *step = live_step(&plain->live);

    if (!lab_run_step_complete(step) ||
        plain->told_complete == run->current + 1)
        return;
    plain->told_complete = run->current + 1;
    show_absences(step);
    printf("\nStep %zu is complete: %u of %u points.", run->current + 1,
           lab_score_step_points(step), step->step->points);
    if (lab_score_complete(run))
        printf(" The whole lab is done: %u of %u points.\n"
               "Type w for what you saw, and q to leave. Then this makes the "
               "file to hand in:\n  mqttlab submit %s\n",
               lab_score_points(run), run->lab->points, run->lab->id);
    else if (run->current + 1 < run->lab->step_count)
        puts(" Type n for the next one.");
    else
        puts(" Earlier steps are still open: p goes back.");
    fflush(stdout);
}

/* Those that came since the last time, the oldest first. What was there when
   one came to the step is old, and where all was seen they help nobody. */
static void show_near(struct plain *plain)
{
    const struct lab_run_step *step = live_step(&plain->live);
    size_t of = plain->live.run->current + 1;
    bool old = plain->near_of != of || lab_score_step_seen(step);
    struct buf text = {0};

    for (size_t i = old ? 0 : LAB_RUN_NEAR_MISSES; i-- > 0;) {
        if (step->near[i].serial > plain->near_told && lab_near_open(step, i))
            lab_text_wrap(&text, step->near[i].text, lab_talk_columns(), "  ! ",
                          "    ");
    }
    plain->near_of = of;
    plain->near_told = step->near_count;
    show(&text);
}

static void forget_reasons(struct plain *plain)
{
    free(plain->reasons);
    plain->reasons = NULL;
}

/* One of them: into all, and if it is none of those before into text. */
static void tell_reason(const struct plain *plain, const char *reason,
                        struct buf *all, struct buf *text)
{
    const char *told = plain->reasons ? plain->reasons : "";

    if (!reason || strstr(buf_string(all), reason))
        return;
    buf_printf(all, "%s\n", reason);
    if (!strstr(told, reason))
        lab_text_wrap(text, reason, lab_talk_columns(), "  ! ", "    ");
}

/* What is wrong with files, as soon as it is another thing than before; and
   that what had passed in any step does not any more. */
static void tell_reasons(struct plain *plain)
{
    const struct lab_run_step *step = live_step(&plain->live);
    char *lost = lab_lost_all(plain->live.run);
    struct buf all = {0};
    struct buf text = {0};

    for (size_t i = 0; i < step->step->check_count; i++)
        tell_reason(plain, check_reason(step->checks[i]), &all, &text);
    tell_reason(plain, lost, &all, &text);
    free(lost);
    forget_reasons(plain);
    plain->reasons = buf_take_string(&all);
    show(&text);
}

/* At once, and once. */
static void tell_trouble(struct plain *plain)
{
    const char *trouble = live_trouble(&plain->live);
    struct buf text = {0};

    if (trouble && !plain->told_trouble)
        lab_text_wrap(&text, trouble, lab_talk_columns(), "! ", "! ");
    plain->told_trouble = trouble != NULL;
    show(&text);
}

static void tell_ended(const struct plain *plain)
{
    char *ended = lab_ended_text(plain->live.run, plain->name);
    struct buf text = {0};

    lab_text_wrap(&text, ended, lab_talk_columns(), "! ", "! ");
    show(&text);
    free(ended);
}

static void drain(struct plain *plain)
{
    bool was_attached = plain->broker.attached;

    if (lab_drain(&plain->live, &plain->broker, &plain->actors))
        puts("(attached to the broker again)");
    else if (was_attached && !plain->broker.attached)
        tell_ended(plain);
    tell_trouble(plain);
    tell_reasons(plain);
}

/* ---- what is typed ---- */

static void go(struct plain *plain, int by)
{
    const struct lab_run *run = plain->live.run;
    size_t to = run->current + (size_t)by;

    if (to >= run->lab->step_count) {
        puts(by > 0 ? "This is the last step." : "This is the first step.");
        return;
    }
    live_begin_step(&plain->live, to);
    show_step(plain);
}

static void hint(struct plain *plain)
{
    struct lab_run_step *step = live_step(&plain->live);

    if (!live_hint(&plain->live)) {
        puts(step->step->hint_count ? "There are no more hints."
                                    : "This step has no hints.");
        return;
    }
    const struct lab_hint *given = &step->step->hints[step->hints_open - 1];
    struct buf text = {0};
    char first[40];
    snprintf(first, sizeof(first), "Hint %u of %zu: ", step->hints_open,
             step->step->hint_count);
    lab_text_wrap(&text, given->text, lab_talk_columns(), first, "  ");
    if (given->cost)
        buf_printf(&text, "  (costs %u of the step's points)\n", given->cost);
    if (step->hints_open < step->step->hint_count && given[1].cost)
        buf_printf(&text, "  (The next hint costs %u point%s.)\n",
                   given[1].cost, given[1].cost == 1 ? "" : "s");
    show(&text);
}

/* The broker first: what it says about it belongs to what is over. */
static void reset(struct plain *plain)
{
    int result = lab_broker_reset(plain->broker.port);

    lab_actors_stop(&plain->actors);
    plain->live.on_mark = NULL; /* all of them are shown at the end */
    drain(plain);
    live_reset_step(&plain->live);
    plain->live.on_mark = on_mark;
    if (result)
        puts("(the broker keeps its sessions and retained messages)");
    plain->told_complete = 0;
    puts("This step begins again.");
    show_checks(plain);
}

/* The question that the line names, or else the only one of the step: the line
   is then all answer. NULL when there is none, which was told. */
static const struct lab_question *asked(const struct plain *plain,
                                        const char *line, const char **rest)
{
    const struct lab_run *run = plain->live.run;
    const struct lab_step *step = live_step(&plain->live)->step;
    char *name = alloc_string_of(line, strcspn(line, " "));
    size_t at = run->current;
    const struct lab_question *question = lab_run_question(run, name, &at);

    *rest = line + strlen(name);
    *rest += strspn(*rest, " ");
    free(name);
    if (question && at != run->current) {
        printf("%s is a question of step %zu: %s, and type it there.\n",
               question->id, at + 1,
               at < run->current ? "go back with p" : "go on with n");
        return NULL;
    }
    if (question && !**rest) {
        printf("Type the answer behind it: %s 42\n", question->id);
        return NULL;
    }
    if (!question && step->question_count == 1) {
        *rest = line;
        return &step->questions[0];
    }
    if (!question) {
        printf("\"%s\" is no letter and no question of this step.\n", line);
        show_help();
    }
    return question;
}

/* "q1 42", or just "42" when the step has one question. */
static void answer(struct plain *plain, const char *line)
{
    const char *rest;
    const struct lab_question *question = asked(plain, line, &rest);

    if (!question)
        return;
    const struct lab_run_step *step = live_step(&plain->live);
    const struct lab_run_question *state =
        &step->questions[question - step->step->questions];
    if (!live_answer(&plain->live, question->id, rest)) {
        printf("Question %s is answered already, and rightly: %s\n"
               "What you typed now was not judged.\n",
               question->id, state->answer);
        return;
    }
    if (state->right)
        return; /* its mark says so */
    if (state->taken) {
        puts("Noted: a person reads it and gives the points. Another answer "
             "takes its place.");
        return;
    }
    struct buf text = {0};
    lab_text_wrap(&text, state->remark ? state->remark : "That is not it yet.",
                  lab_talk_columns(), "", "");
    show(&text);
}

static void take_line(struct plain *plain, char *line)
{
    char letter = line[0] && !line[1] ? line[0] : '\0';

    if (!line[0] || letter == 'c') {
        show_checks(plain);
        forget_reasons(plain); /* so that they are told again, behind these */
    } else if (letter == 'n')
        go(plain, 1);
    else if (letter == 'p')
        go(plain, -1);
    else if (letter == 't')
        show_step(plain);
    else if (letter == 'h')
        hint(plain);
    else if (letter == 'x' || letter == 'X')
        reset(plain);
    else if (letter == 'w')
        show_saw(plain);
    else if (letter == 'q')
        plain->quit = true;
    else if (letter == '?' || !strcmp(line, "help"))
        show_help();
    else
        answer(plain, line);
    fflush(stdout);
}

static void read_typed(struct plain *plain)
{
    ssize_t got = read(0, buf_reserve(&plain->typed, 256), 256);

    if (got <= 0) {
        plain->quit = got == 0 || errno != EINTR;
        return;
    }
    plain->typed.len += (uint32_t)got;
    for (;;) {
        uint8_t *end = memchr(plain->typed.bytes, '\n', plain->typed.len);

        if (!end || plain->quit)
            break;
        size_t len = (size_t)(end - plain->typed.bytes);
        char *line = alloc_string_of(plain->typed.bytes, len);
        buf_consume(&plain->typed, len + 1);
        while (len && isspace((unsigned char)line[len - 1]))
            line[--len] = '\0';
        drain(plain); /* what was sent before the line was typed counts */
        take_line(plain, line + strspn(line, " "));
        free(line);
    }
}

/* ---- beginning and end ---- */

static int open_live(struct plain *plain,
                     const struct lab_plain_options *options, char *error,
                     size_t error_size)
{
    int result = live_open(&plain->live, options->name, options->dir,
                           options->student, error, error_size);

    if (result != -ENODATA)
        return result;
    char *student = lab_talk_ask_student();
    if (!student) {
        snprintf(error, error_size, "no id was given; give one with --id");
        return -EINVAL;
    }
    result = live_open(&plain->live, options->name, options->dir, student,
                       error, error_size);
    free(student);
    return result;
}

/* What was said so far would be pushed out of a small terminal at once. False:
   who reads wants to leave. */
static bool wait_for_enter(void)
{
    char line[80];

    if (!isatty(0) || !isatty(1))
        return true;
    fputs("(mqttlab attach, in a terminal of its own, shows the packets from "
          "now on.)\nEnter goes on, q leaves: ",
          stdout);
    fflush(stdout);
    return lab_talk_read_line(line, sizeof(line)) && strcasecmp(line, "q") != 0;
}

static void show_intro(struct buf *text, const struct lab_run *run)
{
    char *folder = lab_text_folder(run);

    lab_text_blocks(text, run->lab->intro, run->lab->intro_count,
                    lab_talk_columns());
    if (folder) {
        lab_text_wrap(text, folder, lab_talk_columns(), "", "");
        buf_append_u8(text, '\n');
    }
    free(folder);
}

static void greet(struct plain *plain)
{
    const struct lab *lab = plain->live.run->lab;
    struct buf text = {0};

    buf_printf(&text, "\n%s   (%s, %u points)\n", lab->title,
               lab->time ? lab->time : "as long as you like", lab->points);
    buf_printf(&text,
               "Watching the broker on 127.0.0.1:%u%s.\nYour files: %s\n\n",
               (unsigned)plain->broker.port,
               plain->broker.child ? ", which was started for you" : "",
               plain->live.workspace.path);
    if (lab->config && !plain->broker.child)
        buf_printf(&text,
                   "This broker ran already. It must be one that you started "
                   "in that folder\nwith %s; if it is not, stop it and begin "
                   "again.\n\n",
                   lab->config);
    if (plain->broker.port != ADDRESS_PORT)
        buf_printf(&text,
                   "Begin in each terminal with: mqttlab shell -p %u\n"
                   "(in mqttlab's own folder: make shell ARGS='-p %u')\n\n",
                   (unsigned)plain->broker.port, (unsigned)plain->broker.port);
    if (plain->live.run->current == 0)
        show_intro(&text, plain->live.run);
    show(&text);
    if (plain->live.run->current == 0 && !wait_for_enter()) {
        plain->quit = true;
        return;
    }
    show_help();
    show_step(plain);
    puts("(n next step, h hint, c checks, ? what else there is)");
    fflush(stdout);
}

static volatile sig_atomic_t interrupted;

static void interrupt(int signum)
{
    (void)signum;
    interrupted = 1;
}

static void tell_board(struct plain *plain)
{
    board_tick(&plain->board, plain->live.run);
    if (plain->board.lost && !plain->told_lost)
        puts("(the class board does not answer; it is tried again, and the "
             "lab goes on)");
    plain->told_lost = plain->board.lost;
}

static void run(struct plain *plain)
{
    struct pollfd input = {.fd = 0, .events = POLLIN};

    signal(SIGINT, interrupt);
    signal(SIGTERM, interrupt);
    plain->live.on_mark = on_mark;
    plain->live.owner = plain;
    while (!plain->quit && !interrupted) {
        drain(plain);
        show_near(plain);
        tell_complete(plain);
        tell_board(plain);
        if (poll(&input, 1, POLL_MS) > 0)
            read_typed(plain);
    }
    drain(plain);
    tell_complete(plain);
    tell_board(plain);
}

/* With the lab open: its broker, and what is typed, until the student
   leaves. */
static int sit(struct plain *plain, const struct lab_plain_options *options,
               char *error, size_t error_size)
{
    const struct lab *lab = plain->live.run->lab;

    if (!board_open(&plain->board, options->board,
                    plain->live.workspace.student, lab->id, error, error_size))
        return -EINVAL;
    int result = lab_broker_open(&plain->broker, options->port, lab,
                                 plain->live.workspace.path, error, error_size);
    if (!result) {
        live_new_source(&plain->live);
        live_tick(&plain->live); /* what files prove is known from the start */
        greet(plain);
        run(plain);
        puts("");
        lab_talk_goodbye(plain->live.run, options->name);
        lab_actors_stop(&plain->actors);
        lab_broker_close(&plain->broker);
    }
    board_close(&plain->board);
    return result;
}

int lab_plain(const struct lab_plain_options *options)
{
    struct plain plain = {.name = options->name};
    char error[600];

    ports_set(PORTS_MQTT, options->port);
    int result = open_live(&plain, options, error, sizeof(error));

    if (!result) {
        result = sit(&plain, options, error, sizeof(error));
        live_close(&plain.live);
    }
    buf_release(&plain.typed);
    forget_reasons(&plain);
    if (result)
        fprintf(stderr, "mqttlab lab: %s\n", error);
    return result ? 1 : 0;
}
