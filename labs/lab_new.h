/*
 * mqttlab lab new: the beginning of a lab.
 */
#ifndef LABS_LAB_NEW_H
#define LABS_LAB_NEW_H

/*
 * Write ID.md and ID.solution.md into the present folder, with one step, one
 * check, its solution and a wrong one; nothing that is there is overwritten.
 * Returns 0, or a negative errno after telling on standard error.
 */
int lab_new(const char *id);

#endif
