/*
 * The command of this folder. argv[0] is the name that it was called by;
 * returns the exit code.
 */
#ifndef CERTS_COMMANDS_H
#define CERTS_COMMANDS_H

/* mqttlab certs: make, show, break and revoke certificates. */
int cmd_certs(int argc, char **argv);

#endif
