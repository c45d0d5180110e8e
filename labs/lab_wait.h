/*
 * mqttlab lab wait: for solutions, which must not guess how long things take.
 */
#ifndef LABS_LAB_WAIT_H
#define LABS_LAB_WAIT_H

#include <stddef.h>
#include <stdint.h>

/*
 * words[0] is a filter, or "broker"; words[1], if it is there, a number of
 * seconds. Waits for a record that matches, or until the lab that is open
 * watches a broker on the port ($MQTTLAB_PORT goes before it). Returns the exit
 * status: 0, 1 when it did not come, 3 when something was said wrongly.
 */
int lab_wait(const char *const words[], size_t count, uint16_t port);

#endif
