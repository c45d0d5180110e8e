/*
 * The class board: how far a student is, told to a broker of the lecturer's.
 *
 * It is made of MQTT, and of this program's own `pub`: while a lab is open, a
 * client publishes each change, retained, to PREFIX/STUDENT/LAB/progress, as
 * JSON: {lab, title, step, steps, points, max, hints, moved}; moved is the wall
 * time of the last change in seconds since 1970. PREFIX/STUDENT/LAB/state is
 * "here", "left" when the lab was closed, and "gone" by the client's will when
 * the connection broke. `mqttlab board` shows them on one screen.
 *
 * Nothing of it counts for marks, and no lab waits for it.
 */
#ifndef LABS_BOARD_H
#define LABS_BOARD_H

#include "labs/lab_run.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A zeroed struct tells nobody anything. */
struct board {
    char *program; /* this program's file; NULL: there is no board */
    char *url;     /* where the topics are: "mqtt://host/board/ann/01-x" */
    char *topic;   /* the same without the host */
    char *
        password; /* NULL: none; never where other people of the machine can see
                       it, as arguments are */
    char *told;   /* the last line, without its time */
    pid_t pid;    /* of who publishes; 0: nobody */
    int leash;    /* see process_fork */
    int lines;    /* what it is to publish is written there */
    uint64_t retry_ns;
    bool lost; /* the last one ended by itself: the broker does not answer */
};

/*
 * Begin. url is "mqtt://host[:port][/prefix]" (mqtts, ws, wss as well, with
 * user:password@), or NULL or "" for no board; the prefix is "board" if none is
 * given. False with a sentence in error when it is no such URL.
 */
bool board_open(struct board *board, const char *url, const char *student,
                const char *lab_id, char *error, size_t error_size);

/* Has this URL, which stands among arguments that everybody on the machine can
   see, a password in it? */
bool board_password_shows(const char *url);

/* Tell what has changed. A few times a second; never blocks. */
void board_tick(struct board *board, const struct lab_run *run);

/* The student leaves. */
void board_close(struct board *board);

#endif
