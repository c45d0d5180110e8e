/*
 * mqttlab shell: the user's shell, in which the lectures' commands are this
 * program.
 */
#include "labs/commands.h"

#include "base/alloc.h"
#include "base/options.h"
#include "labs/links.h"
#include "labs/ports.h"
#include "labs/workspace.h"
#include "wire/control.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, EXIT_USAGE = 3 };

enum { SHELL_PORT = 1, SHELL_HELP };

static const struct option_spec shell_options[] = {
    {SHELL_PORT, 'p', "port", "PORT",
     "where clients connect to when they are not told (1883)"},
    {SHELL_HELP, 'h', "help", NULL,   "this text"            },
    {0,          0,   NULL,   NULL,   NULL                   },
};

static void usage(FILE *to)
{
    fputs(
        "Usage: mqttlab shell [OPTIONS]\n\n"
        "Your shell, in which mosquitto, mosquitto_pub, mosquitto_sub,\n"
        "mosquitto_rr, mosquitto_passwd and mqttlab are this program. When a\n"
        "lab is open, it begins in the lab's folder. exit leaves it.\n\n",
        to);
    options_help(shell_options, to);
}

/* A folder of links in the runtime directory. Owned; NULL when it said why
   not. */
static char *make_links(void)
{
    char runtime[256];
    char text[500];
    int result = control_directory(runtime, sizeof(runtime));

    if (result) {
        control_explain(result, text, sizeof(text));
        fprintf(stderr, "mqttlab shell: %s\n", text);
        return NULL;
    }
    char *folder = alloc_printf("%s/bin", runtime);
    result = links_make(folder);
    if (!result)
        return folder;
    fprintf(stderr, "mqttlab shell: %s: %s\n", folder, strerror(-result));
    free(folder);
    return NULL;
}

/* What a lab asks for is done in its folder. */
static void go_to_lab(void)
{
    char *folder = workspace_open_now();
    char *here = NULL;

    if (folder && chdir(folder) == 0)
        printf("This is the folder of the lab that is open: %s\n", folder);
    else if ((here = getcwd(NULL, 0)))
        printf("No lab is open: mqttlab lab 1, in another terminal, opens one. "
               "This is\n%s\n",
               here);
    printf("Clients connect to 127.0.0.1, port %u, when they are not told.\n",
           (unsigned)ports_number(PORTS_MQTT));
    free(here);
    free(folder);
}

/* The user's: as the environment says, or else, as in a container, the list of
   users. */
static const char *users_shell(void)
{
    const char *shell = getenv("SHELL");
    const struct passwd *user =
        shell && shell[0] == '/' ? NULL : getpwuid(getuid());

    if (user)
        shell = user->pw_shell;
    return shell && shell[0] == '/' ? shell : "/bin/sh";
}

static int run_shell(long port)
{
    char *folder = make_links();
    const char *shell = users_shell();

    if (!folder)
        return EXIT_FAILED;
    char *new_path = links_path(folder);
    setenv("PATH", new_path, 1);
    if (port) {
        char *number = alloc_printf("%ld", port);

        setenv("MQTTLAB_PORT", number, 1);
        free(number);
    }
    printf(
        "In this shell mqttlab, mosquitto, mosquitto_pub, mosquitto_sub, "
        "mosquitto_rr\nand mosquitto_passwd are mqttlab's. exit leaves it.\n");
    go_to_lab();
    fflush(stdout);
    execl(shell, shell, (char *)NULL);
    fprintf(stderr, "mqttlab shell: %s: %s\n", shell, strerror(errno));
    free(new_path);
    free(folder);
    return EXIT_FAILED;
}

int cmd_shell(int argc, char **argv)
{
    struct options options;
    char error[200];
    long port = 0;
    int id;

    options_init(&options, shell_options, argc, argv);
    while ((id = options_next(&options)) != OPTIONS_END) {
        error[0] = '\0';
        if (id == SHELL_HELP) {
            usage(stdout);
            return 0;
        }
        if (id == SHELL_PORT &&
            options_number(&options, 1, 65535, &port, error, sizeof(error)))
            continue;
        fprintf(stderr, "mqttlab shell: %s\n",
                id == OPTIONS_ERROR  ? options.error
                : id == OPTIONS_WORD ? "it takes no words"
                                     : error);
        return EXIT_USAGE;
    }
    return run_shell(port);
}
