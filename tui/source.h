/*
 * Where records come from: the tap of a running broker, or a file.
 */
#ifndef TUI_SOURCE_H
#define TUI_SOURCE_H

#include "capture/capture.h"
#include "tui/app.h"
#include "tui/store.h"
#include "wire/control.h"
#include "wire/tap_reader.h"

/* A record that was read from a file, with its bytes. */
struct source_waiting {
    struct record record;
    struct buf bytes;
    uint64_t frame;
};

struct source {
    struct store *store; /* borrowed */

    int control_fd; /* of the broker that is watched; -1: none */
    struct tap_reader reader;
    pid_t pid;
    unsigned port;
    const uint16_t *ports; /* borrowed, ends with 0: by which it may be known
                              when it comes back; NULL: by port alone */
    uint64_t ended_ns;     /* when its end was seen */
    uint64_t looked_ns;    /* when it was looked for last, after that */

    int file_fd;             /* -1: no file, or all of it was read */
    struct capture *capture; /* what reads it */

    double speed;                   /* of a file; 0: all of it at once */
    bool steps;                     /* of a file: only as source_step says */
    bool stepping;                  /* up to the next packet */
    struct source_waiting *waiting; /* owned: read and not due yet */
    size_t waiting_count;
    uint64_t begun_ns; /* monotonic, when the first record was due */
    uint64_t first_ns; /* its time */

    char trouble[256]; /* what is wrong with the file, for people; who tells it
                          makes it "" */
    bool damaged;      /* the rest of the file cannot be read */

    char said[256]; /* what a deed came to */
    struct app_deeds deeds;
};

/* Nothing yet. */
void source_init(struct source *source, struct store *store);
void source_close(struct source *source);

/* Watch a broker. Returns 0 or a negative errno with a message in error. */
int source_attach(struct source *source, const struct control_broker *broker,
                  char *error, size_t error_size);

/* Read a recording, or a capture of another program: the struct must stay where
   it is until all is read. Returns 0 or a negative errno with a message in
   error. */
int source_open_file(struct source *source, const char *path, char *error,
                     size_t error_size);

/*
 * Hand what is there to the store: all of the tap, or of a file as much as
 * budget_ns allows (0: all). Returns whether anything came.
 */
bool source_poll(struct source *source, uint64_t budget_ns);

/*
 * Has the broker ended? When it comes back it is watched again, and the answer
 * is false: one of the same port that began after the end; another of that port
 * (at another address) may have been there all the time.
 */
bool source_gone(struct source *source, uint64_t now_ns);

/* Of a file: let the next packet come now, whatever the time. */
void source_step(struct source *source);

/* Is more to be read from the file? */
bool source_reading(const struct source *source);

/* Send a request, which is freed; NULL when there was no answer. fd may be
   NULL; see control_request. */
json_t *source_ask(int control_fd, json_t *request, int *fd);

/* What can be done to the broker; NULL for a file. */
const struct app_deeds *source_deeds(struct source *source);

#endif
