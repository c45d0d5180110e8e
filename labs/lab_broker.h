/*
 * The broker that a lab watches: found, started when there is none, attached
 * to again when it was restarted.
 */
#ifndef LABS_LAB_BROKER_H
#define LABS_LAB_BROKER_H

#include "labs/lab.h"
#include "wire/tap_reader.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct lab_broker {
    int control_fd; /* -1: not attached */
    struct tap_reader reader;
    bool attached;
    pid_t pid;     /* of the broker */
    pid_t child;   /* of the one that we started; 0: none */
    int leash;     /* of that one, see process_fork */
    uint16_t port; /* asked for */
};

/*
 * Attach to a broker of this program that listens on port; when none does,
 * start one as the lab wants it, in folder, where its log will be. Returns 0 or
 * a negative errno with a message in error.
 */
int lab_broker_open(struct lab_broker *broker, uint16_t port,
                    const struct lab *lab, const char *folder, char *error,
                    size_t error_size);

/* The same, but never start one: -ENOENT when none is there. */
int lab_broker_attach(struct lab_broker *broker, uint16_t port, char *error,
                      size_t error_size);

/*
 * The configuration for a lab's broker, by its name in folder: the student's
 * own if the lab has one; else a file is written with the lab's lines, a
 * listener on 127.0.0.1, and anonymous clients when the lines say nothing of
 * them. NULL when that is not possible (errno).
 */
const char *lab_broker_config(const struct lab *lab, const char *folder,
                              uint16_t port);

/* Detach, and end the broker that was started here. */
void lab_broker_close(struct lab_broker *broker);

/* Is the broker that is attached to still there? */
bool lab_broker_alive(const struct lab_broker *broker);

/*
 * Look whether the broker is still there, or back again. Returns true when it
 * was attached to anew just now.
 */
bool lab_broker_poll(struct lab_broker *broker);

/* A control connection to the broker of this program that listens on port: a
   descriptor, or a negative errno. */
int lab_broker_control(uint16_t port);

/* Ask the broker on port to forget sessions, retained messages and queues. What
   it does is in the tap when this returns 0. */
int lab_broker_reset(uint16_t port);

#endif
