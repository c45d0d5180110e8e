/*
 * mqttlab: the table of commands, and who is called by which name.
 */
#include "broker/commands.h"
#include "client/commands.h"
#include "tui/commands.h"

#include <stdio.h>
#include <string.h>

struct command {
    const char *name;  /* mqttlab NAME */
    const char *alias; /* the program's name when called through a link */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
    const char *text;
};

static const struct command commands[] = {
    {"broker", "mosquitto",     cmd_broker, "run a broker"                         },
    {"pub",    "mosquitto_pub", cmd_pub,    "publish a message"                    },
    {"sub",    "mosquitto_sub", cmd_sub,    "subscribe and print what comes"       },
    {"bench",  NULL,            cmd_bench,  "put a load on a broker and measure it"},
    {"attach", NULL,            cmd_attach, "watch a broker that runs already"     },
    {"replay", NULL,            cmd_replay, "show a recording in the dashboard"    },
    {"screen", NULL,            cmd_screen, "print one view of a recording as text"},
    {"tour",   NULL,            cmd_tour,   "a short tour as text"                 },
    {"keys",   NULL,            cmd_keys,   "list the keys of the dashboard"       },
    {NULL,     NULL,            NULL,       NULL                                   },
};

static void usage(FILE *to)
{
    fputs(
        "Usage: mqttlab [COMMAND] [OPTIONS]\n"
        "\n"
        "Learn how MQTT works and how it is secured: a broker, clients, and a\n"
        "dashboard that shows every packet.\n"
        "\n"
        "Without a command: the dashboard, with a broker on 127.0.0.1:1883.\n"
        "Its options: -p PORT, -c FILE, --mono, --ascii, --no-mouse, --memory MB.\n"
        "\n",
        to);
    for (const struct command *c = commands; c->name; c++)
        fprintf(to, "  %-8s %s\n", c->name, c->text);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int main(int argc, char **argv)
{
    const char *called = argc > 0 ? base_name(argv[0]) : "mqttlab";

    for (const struct command *c = commands; c->name; c++) {
        if (c->alias && !strcmp(c->alias, called))
            return c->run(argc, argv);
    }
    if (argc < 2)
        return cmd_dashboard(argc, argv);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
        !strcmp(argv[1], "help")) {
        usage(stdout);
        return 0;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("mqttlab " MQTTLAB_VERSION);
        return 0;
    }
    for (const struct command *c = commands; c->name; c++) {
        if (!strcmp(c->name, argv[1]))
            return c->run(argc - 1, argv + 1);
    }
    if (argv[1][0] == '-')
        return cmd_dashboard(argc, argv);
    fprintf(stderr, "mqttlab: no command '%s'; mqttlab --help lists them\n",
            argv[1]);
    return 3;
}
