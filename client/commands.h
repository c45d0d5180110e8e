/*
 * The commands of this folder. argv[0] is the name that the command was called
 * by; each returns the exit code.
 */
#ifndef CLIENT_COMMANDS_H
#define CLIENT_COMMANDS_H

/* mqttlab pub, mosquitto_pub: publish a message, a file, or lines. */
int cmd_pub(int argc, char **argv);

/* mqttlab sub, mosquitto_sub: subscribe and print what comes. */
int cmd_sub(int argc, char **argv);

/* mqttlab request, mosquitto_rr: publish a request, print the response. */
int cmd_request(int argc, char **argv);

/* mqttlab bench: put a load on a broker and measure it. */
int cmd_bench(int argc, char **argv);

/* mqttlab device: a simulated device; mqttlab play: a demonstration. */
int cmd_device(int argc, char **argv);
int cmd_play(int argc, char **argv);

/* mqttlab board: the class on one screen. */
int cmd_board(int argc, char **argv);

#endif
