/*
 * mqttlab: the table of commands, and who is called by which name.
 */
#include "base/process.h"
#include "broker/commands.h"
#include "certs/commands.h"
#include "client/commands.h"
#include "inspect/commands.h"
#include "lab_panel.h"
#include "labs/commands.h"
#include "labs/lab_plain.h"
#include "labs/stray.h"
#include "tui/commands.h"
#include "wire/filter_suggest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 3 };

struct command {
    const char *name;  /* mqttlab NAME */
    const char *alias; /* the program's name when called through a link */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
    const char *text;
};

/* A lab is done in the dashboard where there is a screen for it. */
static int run_lab(int argc, char **argv)
{
    struct lab_plain_options options;

    if (isatty(0) && isatty(1) && cmd_lab_on_screen(argc, argv, &options) &&
        lab_panel_possible())
        return lab_panel_run(&options);
    return cmd_lab(argc, argv);
}

/* Commands of labs that read and write files of the folder that one is in. */
static const char *const of_folder[] = {"broker",  "pub",    "sub",
                                        "request", "passwd", "certs"};

static int run(const struct command *command, int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(of_folder) / sizeof(of_folder[0]); i++) {
        if (!strcmp(command->name, of_folder[i]))
            stray_warn();
    }
    return command->run(argc, argv);
}

/* clang-format off */
static const struct command commands[] = {
    {"lab",     NULL,               run_lab,     "do a lab or an exercise; lists them"},
    {"broker",  "mosquitto",        cmd_broker,  "run a broker"},
    {"pub",     "mosquitto_pub",    cmd_pub,     "publish a message"},
    {"sub",     "mosquitto_sub",    cmd_sub,     "subscribe and print what comes"},
    {"request", "mosquitto_rr",     cmd_request, "send a request, print the response"},
    {"device",  NULL,               cmd_device,  "a simulated device"},
    {"play",    NULL,               cmd_play,    "a scripted demonstration"},
    {"passwd",  "mosquitto_passwd", cmd_passwd,  "change a password file"},
    {"certs",   NULL,               cmd_certs,   "make certificates, look at them, break them"},
    {"attach",  NULL,               cmd_attach,  "the dashboard of a broker that runs"},
    {"replay",  NULL,               cmd_replay,  "the dashboard of a recording"},
    {"inspect", NULL,               cmd_inspect, "the packets of any capture as text"},
    {"screen",  NULL,               cmd_screen,  "one view of a recording as text"},
    {"tour",    NULL,               cmd_tour,    "a short tour as text"},
    {"keys",    NULL,               cmd_keys,    "all keys of the dashboard"},
    {"shell",   NULL,               cmd_shell,   "a shell in which mosquitto_pub is ours"},
    {"answer",  NULL,               cmd_answer,  "answer a question of the lab"},
    {"submit",  NULL,               cmd_submit,  "pack what you did, to hand in"},
    {"grade",   NULL,               cmd_grade,   "mark hand-ins"},
    {"class",   NULL,               cmd_class,   "values of a class's own, for exams"},
    {"sandbox", NULL,               cmd_sandbox, "run somebody else's program"},
    {"board",   NULL,               cmd_board,   "the class on one screen"},
    {"bench",   NULL,               cmd_bench,   "put a load on a broker and measure it"},
    {NULL,      NULL,               NULL,        NULL},
};
/* clang-format on */

static int help(void)
{
    char name[] = "mqttlab";
    char option[] = "--help";
    char *dashboard[] = {name, option, NULL};

    puts(
        "Usage: mqttlab COMMAND [OPTIONS]\n"
        "Learn how MQTT works and how it is secured: a broker, clients, and a\n"
        "dashboard that shows every packet. mqttlab COMMAND --help tells more.\n");
    for (const struct command *c = commands; c->name; c++)
        printf("  %-8s %s\n", c->name, c->text);
    puts("");
    return cmd_dashboard(2, dashboard);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* "publish" for pub, "labs" for lab. */
static bool is_longer_form(const char *word, const char *name)
{
    size_t len = strlen(name);

    return len >= 3 && !strncmp(word, name, len);
}

static int explain_unknown(const char *word)
{
    struct filter_suggestion best = {0};

    for (const struct command *c = commands; c->name; c++) {
        filter_suggest(&best, slice_of_string(word), c->name);
        if (is_longer_form(word, c->name) ||
            (c->alias && !strcmp(c->alias, word)))
            best = (struct filter_suggestion){.name = c->name};
    }
    fprintf(stderr, "mqttlab: no command '%s'", word);
    if (best.name)
        fprintf(stderr, "; did you mean %s?", best.name);
    fputs(best.name ? " mqttlab --help lists them\n"
                    : "; mqttlab --help lists them\n",
          stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    const char *called = argc > 0 ? base_name(argv[0]) : "mqttlab";

    process_fill_standard();
    for (const struct command *c = commands; c->name; c++) {
        if (c->alias && !strcmp(c->alias, called))
            return run(c, argc, argv);
    }
    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help") ||
                     !strcmp(argv[1], "-h")))
        return help();
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        puts("mqttlab " MQTTLAB_VERSION);
        return 0;
    }
    for (const struct command *c = commands; argc > 1 && c->name; c++) {
        if (!strcmp(c->name, argv[1]))
            return run(c, argc - 1, argv + 1);
    }
    if (argc > 1 && argv[1][0] != '-')
        return explain_unknown(argv[1]);
    return cmd_dashboard(argc, argv);
}
