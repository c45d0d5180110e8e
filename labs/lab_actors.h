/*
 * The lab's own clients: started when a step begins, ended when it is left.
 *
 * Each is announced to the broker by its Client Identifier before it connects,
 * so that its packets are known as the script's and earn nobody points. When it
 * is gone, its name is free for the student.
 */
#ifndef LABS_LAB_ACTORS_H
#define LABS_LAB_ACTORS_H

#include "labs/lab.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LAB_ACTORS_MAX 8

struct lab_actors {
    pid_t pids[LAB_ACTORS_MAX];
    int leashes[LAB_ACTORS_MAX];    /* see process_fork */
    bool brokers[LAB_ACTORS_MAX];   /* it is a broker that the student runs */
    char *commands[LAB_ACTORS_MAX]; /* owned */
    size_t count;
    const struct lab_step *step; /* whose actors run; NULL: none */
    uint16_t port;               /* of the broker that was told of them */
};

/*
 * Let the actors of step run against the broker on port; those of another
 * step, and what was run beside them, are ended, but for brokers. Does nothing
 * when they run already. They run in folder, the student's.
 */
void lab_actors_start(struct lab_actors *actors, const struct lab_step *step,
                      const char *folder, uint16_t port);

/*
 * Run a command for the student, as if typed into a shell in folder; its
 * output goes to run.log there. Returns 0 or a negative errno: EALREADY when it
 * runs still, for two clients of one name would throw each other out.
 */
int lab_actors_run(struct lab_actors *actors, const char *command,
                   const char *folder, uint16_t port);

/* Does a broker run that the student has started here? */
bool lab_actors_run_broker(struct lab_actors *actors);

/*
 * End all but the student's brokers: another step begins, the same one anew, or
 * the clients' broker is another one now.
 */
void lab_actors_leave(struct lab_actors *actors);

/* End them all: those that are not gone a second after SIGTERM are killed. */
void lab_actors_stop(struct lab_actors *actors);

#endif
