/*
 * mqttlab lab try-check: one check on a recording.
 */
#ifndef LABS_LAB_TRY_H
#define LABS_LAB_TRY_H

/*
 * Feed a recording to a check, written as in a lab ("seen mqtt.qos == 2"), and
 * print its result and the packets that decided. Returns the exit status: 0 it
 * passed, 1 it did not, 3 the check or the file is not understood.
 */
int lab_try(const char *path, const char *text);

#endif
