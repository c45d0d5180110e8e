/*
 * The commands of this folder, for main.c. argv[0] is the command's name; each
 * returns the exit code.
 */
#ifndef TUI_COMMANDS_H
#define TUI_COMMANDS_H

/* mqttlab: the dashboard with a broker of its own; a tour without terminal. */
int cmd_dashboard(int argc, char **argv);
/* mqttlab attach: the dashboard of a broker that runs already. */
int cmd_attach(int argc, char **argv);
/* mqttlab replay: the dashboard of a recording. */
int cmd_replay(int argc, char **argv);
/* mqttlab screen: one view of a recording as text. */
int cmd_screen(int argc, char **argv);
/* mqttlab tour: a short tour as text. */
int cmd_tour(int argc, char **argv);
/* mqttlab keys: all keys of the dashboard. */
int cmd_keys(int argc, char **argv);

#endif
