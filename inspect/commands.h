/*
 * The commands of this folder. argv[0] is the name that the command was called
 * by; each returns the exit code.
 */
#ifndef INSPECT_COMMANDS_H
#define INSPECT_COMMANDS_H

/* mqttlab inspect: the packets of a capture, of a broker, or of what passes. */
int cmd_inspect(int argc, char **argv);

#endif
