/*
 * The command of this folder. argv[0] is the name that it was called by.
 */
#ifndef BROKER_COMMANDS_H
#define BROKER_COMMANDS_H

/*
 * mqttlab broker, mosquitto: run a broker until SIGINT or SIGTERM. Returns the
 * exit code: 0 after a clean stop, 1 when a port or a file could not be opened,
 * 3 for a bad option or configuration.
 */
int cmd_broker(int argc, char **argv);

#endif
