/*
 * The same for bytes that pass here: connections that are not read from a file,
 * but handed over as they come.
 */
#ifndef CAPTURE_CAPTURE_LIVE_H
#define CAPTURE_CAPTURE_LIVE_H

#include "capture/capture.h"

struct capture_stream;

/* A capture without a file; capture_step does not work on it. */
struct capture *capture_live_new(const struct capture_options *options);

/* A connection begins; addresses as people write them ("127.0.0.1:1883"). It is
   numbered from 0. */
struct capture_stream *capture_live_open(struct capture *capture,
                                         const char *client,
                                         const char *server);

/* Bytes that the client (0) or the server (1) sent. */
void capture_live_bytes(struct capture *capture, struct capture_stream *stream,
                        unsigned side, struct slice bytes, uint64_t time_ns);

/* TLS was agreed on with the client (0) or the server (1), which is told with
   the connection: bytes are handed over as they were before encryption. */
void capture_live_tls(struct capture_stream *stream, unsigned side,
                      const char *text);

/* For one who comes later: what is known of the connection, in records with
   RECORD_SNAPSHOT. */
void capture_live_snapshot(struct capture *capture,
                           struct capture_stream *stream);

/* It has ended, and how; frees it. */
void capture_live_close(struct capture *capture, struct capture_stream *stream,
                        const char *how, uint64_t time_ns);

#endif
