/*
 * A place to try a lab out: a student, a folder, a broker, and somebody who
 * types commands.
 */
#ifndef LABS_LAB_BENCH_H
#define LABS_LAB_BENCH_H

#include "labs/lab_actors.h"
#include "labs/lab_broker.h"
#include "labs/live.h"
#include "labs/ports.h"

#include <stdbool.h>
#include <stddef.h>

struct lab_bench {
    char folder[64]; /* everything of one sitting lies here */
    char *files;     /* the workspace in it */
    struct free_port ports[PORTS_COUNT];
    struct live live;
    struct lab_broker broker;
    struct lab_actors actors;
};

/*
 * Begin a sitting of a student on the lab at path. False with a message; end it
 * either way.
 */
bool lab_bench_begin(struct lab_bench *bench, const char *path,
                     const char *student, char *error, size_t error_size);
void lab_bench_end(struct lab_bench *bench);

/* Take in what came. */
void lab_bench_drain(struct lab_bench *bench);

/* Let so much time pass, while the lab's own clients do what they do. */
void lab_bench_watch(struct lab_bench *bench, unsigned ms);

/*
 * Run shell commands as a student would who types them, until they have ended
 * and what they sent was judged; what they left in the background is ended.
 * Did they end well?
 */
bool lab_bench_run(struct lab_bench *bench, const char *script);

/* Remember the student's files, to come back to them. */
void lab_bench_keep(struct lab_bench *bench);

/*
 * The step begins again, with the files as they were remembered and a broker
 * that knows nothing of what happened.
 */
void lab_bench_again(struct lab_bench *bench);

#endif
