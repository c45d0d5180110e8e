/*
 * How a received message is printed: payload, topic and payload (-v), or a
 * format (-F) in the language of mosquitto_sub.
 *
 * %t topic, %p payload, %x %X payload in hex, %l its length, %q QoS, %r retain,
 * %m Packet Identifier, %j %J JSON, %I ISO 8601 time, %U Unix time; of version
 * 5 %A Topic Alias, %C Content Type, %D Correlation Data, %E Message Expiry
 * Interval, %F Payload Format Indicator, %P User Properties, %R Response Topic,
 * %S Subscription Identifier. Between % and letter may stand "-" (to the left),
 * "0" (fill numbers and hex with zeros), a width, and "." with a greatest
 * width. @X is strftime's %X, @N the nanoseconds; \n \t \\ \0 \a \e \r \v are
 * characters.
 */
#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include "base/buf.h"
#include "mqtt/publish.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One part of a format. */
struct output_piece {
    char mark;        /* '%', '@', or 0 for literal text */
    char letter;      /* what follows the mark */
    bool left;        /* "-" */
    bool zero;        /* "0" */
    uint16_t width;   /* least width; 0: none */
    int32_t max;      /* greatest width; -1: none */
    uint32_t text_at; /* literal text, in output->text */
    uint32_t text_len;
};

/* Zeroed, it prints payloads. */
struct output {
    bool verbose; /* -v: topic, blank, payload */
    bool no_eol;  /* -N: no end of line behind a message */
    bool pretty;  /* --pretty: JSON over several lines */
    bool formatted;
    struct output_piece *pieces; /* owned */
    size_t piece_count;
    struct buf text;
};

void output_release(struct output *output);

/*
 * Use a format (-F) from now on. Returns false with a message in error when it
 * is not a valid one.
 */
bool output_set_format(struct output *output, const char *format, char *error,
                       size_t error_size);

/*
 * Append the message as it is to be printed to out; wall_ns is when it came,
 * in ns since 1970. Returns false when %J found a payload that is no JSON: the
 * rest of the format is there all the same.
 */
bool output_message(const struct output *output,
                    const struct mqtt_publish *message, uint64_t wall_ns,
                    struct buf *out);

#endif
