/*
 * A broker's end of control, in a thread of its own because this end blocks.
 * Its commands: "readers" tells how many are attached, "echo" gives back
 * "text", "megabyte" answers with as much, "stop" ends it.
 */
#ifndef UNIT_CONTROL_STAGE_H
#define UNIT_CONTROL_STAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CONTROL_STAGE_TIMEOUT_MS 5000

extern char control_stage_directory[]; /* where the socket is */
extern char control_stage_path[64];    /* of the socket */

/* Checked fixture: the broker runs; all is closed and no reader is left. */
void control_stage_set_up(void);
void control_stage_tear_down(void);

/* A connection to it. */
int control_stage_connect(void);

/* Send a request without arguments; the answer is the caller's. */
json_t *control_stage_ask(int fd, const char *cmd, int *passed);

/* Does an answer say ok? Frees it. */
bool control_stage_is_ok(json_t *answer);

/* How many readers are attached; control_stage_expect_readers waits for it. */
long long control_stage_readers(void);
void control_stage_expect_readers(long long count);

/* Send bytes as they are and read what comes back until the connection ends,
   or so many lines have come. Returns how many have. */
int control_stage_raw(int fd, const void *bytes, size_t len, int lines,
                      char *got, size_t size);

/* So many answers of a megabyte were made. */
int control_stage_megabytes(void);

#endif
