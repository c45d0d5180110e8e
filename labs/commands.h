/*
 * The commands of this folder, for main.c.
 */
#ifndef LABS_COMMANDS_H
#define LABS_COMMANDS_H

int cmd_lab(int argc, char **argv);
int cmd_answer(int argc, char **argv);
int cmd_submit(int argc, char **argv);
int cmd_grade(int argc, char **argv);

#endif
