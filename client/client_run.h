/*
 * What the client programs have in common while they run: the loop, signals,
 * the end, what is said about it and the exit code.
 */
#ifndef CLIENT_CLIENT_RUN_H
#define CLIENT_CLIENT_RUN_H

#include "client/client.h"
#include "client/client_options.h"
#include "net/timer.h"

#include <stdbool.h>

struct client_run {
    struct loop loop;
    struct client_options *options;
    struct tls_context *tls; /* one reference; NULL: nothing is encrypted */
    struct ws_context *ws;   /* owned; NULL: no WebSocket */
    struct client *client;
    struct timer timeout;          /* client_run_time_out */
    struct loop_signal signals[2]; /* SIGINT, SIGTERM */
    struct loop_task flush_task;   /* standard output, once a turn */
    struct buf reason_string;      /* of the packet that came last */
    int exit_code;
    bool was_connected; /* at least once */
    bool stopping;      /* client_run_stop was called */
    bool over;          /* everything was closed */
    bool output_failed; /* standard output takes nothing any more */
    /* Called when the program ends: cancel timers, close what is open. */
    void (*on_over)(struct client_run *run);
};

/*
 * Make the loop and the client and begin to connect. Returns false, having
 * said why, when that cannot work; exit_code is set then. The options must be
 * finished.
 */
bool client_run_start(struct client_run *run, struct client_options *options,
                      const struct client_events *events);

/* Run to the end and release all; returns the exit code. */
int client_run_finish(struct client_run *run);

/* Disconnect as one should and end with this exit code; the first call
   counts. */
void client_run_stop(struct client_run *run, int exit_code);

/* Stop after so many seconds, and say so; 0: never. */
void client_run_time_out(struct client_run *run, long after_s);

/* client_publish has returned this error: say why, and stop. */
void client_run_unsent(struct client_run *run, int error);

/* End now; the connection is gone. */
void client_run_over(struct client_run *run);

/* The run that a client belongs to. */
struct client_run *client_run_of(const struct client *client);

/* Something was written to standard output: flush it at the end of the turn. */
void client_run_wrote(struct client_run *run);

/* For on_published: warn of a message that was refused, in the server's words
   if it has some; returns whether it was. */
bool client_run_warn(struct client_run *run, uint16_t packet_id,
                     enum mqtt_reason reason);

/* For struct client_events: prints the packet with -d. */
void client_run_on_packet(struct client *client, bool sent,
                          const struct mqtt_packet *packet);

/* Say why the server refused the connection. */
void client_run_refused(struct client_run *run,
                        const struct mqtt_connack *connack);

/*
 * For on_ended: when the connection went after it had been there, begin to
 * connect again in a second and return true. Not when the server said that it
 * does not want us.
 */
bool client_run_again(struct client_run *run, const struct client_ended *ended);

/* Say why the connection ended and set the exit code, unless one is set. */
void client_run_explain(struct client_run *run,
                        const struct client_ended *ended);

/* Print an error that occurs while it runs; not with --quiet. */
void client_run_error(const struct client_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
