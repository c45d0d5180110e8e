/*
 * The commands of this folder, for main.c.
 */
#ifndef LABS_COMMANDS_H
#define LABS_COMMANDS_H

#include <stdbool.h>

struct lab_plain_options;

/*
 * Do these arguments ask for a lab to be done on the screen: a lab's number or
 * name, and not --plain? Then fills *options, which borrows from argv.
 */
bool cmd_lab_on_screen(int argc, char **argv,
                       struct lab_plain_options *options);

int cmd_lab(int argc, char **argv);
int cmd_shell(int argc, char **argv);
int cmd_answer(int argc, char **argv);
int cmd_submit(int argc, char **argv);
int cmd_grade(int argc, char **argv);

/* mqttlab class: values of a class's own. */
int cmd_class(int argc, char **argv);

/* mqttlab sandbox: run somebody else's program. */
int cmd_sandbox(int argc, char **argv);

#endif
