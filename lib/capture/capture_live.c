#include "capture/capture_live.h"

#include "base/alloc.h"
#include "capture/capture_state.h"
#include "wire/track_endpoint.h"

#include <stdlib.h>
#include <string.h>

struct capture *capture_live_new(const struct capture_options *options)
{
    struct capture *capture = alloc_zero(1, sizeof(*capture));

    capture->options = *options;
    return capture;
}

static void set_address(struct capture_address *address,
                        const struct track_end *end)
{
    memcpy(address->ip, end->ip, sizeof(address->ip));
    address->port = end->port;
}

struct capture_stream *capture_live_open(struct capture *capture,
                                         const char *client, const char *server)
{
    struct capture_stream *stream = alloc_zero(1, sizeof(*stream));
    struct track_endpoints ends;

    stream->number = capture->live_count++;
    track_endpoint_parse(&ends, client, server, stream->number + 1);
    stream->is_ipv6 = ends.is_ipv6;
    stream->from_start = true;
    set_address(&stream->ends[0], &ends.client);
    set_address(&stream->ends[1], &ends.broker);
    capture_session_open(capture, stream);
    return stream;
}

/* Each piece of bytes is a frame. */
static void set_origin(struct capture *capture, struct capture_stream *stream,
                       uint64_t time_ns)
{
    capture->now = (struct capture_origin){
        .frame = capture->now.frame + 1,
        .time_ns = time_ns,
        .previous_ns = capture->now.time_ns,
    };
    stream->latest = capture->now;
}

void capture_live_bytes(struct capture *capture, struct capture_stream *stream,
                        unsigned side, struct slice bytes, uint64_t time_ns)
{
    set_origin(capture, stream, time_ns);
    capture_session_bytes(capture, stream, side, bytes, &capture->now);
}

void capture_live_tls(struct capture_stream *stream, unsigned side,
                      const char *text)
{
    capture_session_tls(stream, side, text);
}

void capture_live_snapshot(struct capture *capture,
                           struct capture_stream *stream)
{
    capture->flags = RECORD_SNAPSHOT;
    capture_session_snapshot(capture, stream);
    capture->flags = 0;
}

void capture_live_close(struct capture *capture, struct capture_stream *stream,
                        const char *how, uint64_t time_ns)
{
    set_origin(capture, stream, time_ns);
    capture_session_end(capture, stream, how);
    capture_session_free(stream);
    free(stream);
}
