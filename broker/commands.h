/*
 * The commands of this folder. argv[0] is the name that it was called by.
 */
#ifndef BROKER_COMMANDS_H
#define BROKER_COMMANDS_H

/*
 * mqttlab broker, mosquitto: run a broker until SIGINT or SIGTERM. Returns the
 * exit code: 0 after a clean stop, 1 when a port or a file could not be opened,
 * 3 for a bad option or configuration.
 */
int cmd_broker(int argc, char **argv);

/*
 * mqttlab passwd, mosquitto_passwd: change a password file. Returns the exit
 * code: 0, 1 when something is wrong, 2 when the two passwords that were typed
 * differ.
 */
int cmd_passwd(int argc, char **argv);

#endif
