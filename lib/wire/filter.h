/*
 * The filter language: a subset of Wireshark's display filter, with the same
 * names and meaning, and own fields under "lab." (see docs/filter.md). What it
 * accepts of Wireshark's language selects the same packets there; what it does
 * not understand it refuses.
 *
 *   mqtt.msgtype == 3 && lab.client == "sensor-1"
 */
#ifndef WIRE_FILTER_H
#define WIRE_FILTER_H

#include "wire/dissect.h"
#include "wire/history.h"

struct filter;

struct filter_error {
    unsigned column; /* from 1 */
    char
        message[200]; /* "unknown field mqtt.topik, did you mean mqtt.topic?" */
};

/*
 * Compile; NULL with *error filled when the text is no filter. An empty text
 * is the filter that every row matches. A filter works in memory of its own, so
 * one must not be used by two at once.
 */
struct filter *filter_new(const char *text, struct filter_error *error);
void filter_free(struct filter *filter);

/*
 * Does the row match? scratch is a dissection to work in, so that matching
 * many rows allocates nothing; the packet is dissected only when the filter
 * asks for a field that needs it.
 */
bool filter_match(const struct filter *filter, const struct history_row *row,
                  struct dissection *scratch);

/* Does it use fields or functions that Wireshark does not have? */
bool filter_is_own(const struct filter *filter);

/* Does it use a field that only what crosses the cable around packets has
   ("tls.handshake.type")? */
bool filter_is_cable(const struct filter *filter);

/* A field that it uses and that nobody can know of a packet which is still on
   its way, because whoever watches counts or notes it ("frame.number"); NULL:
   none. */
const char *filter_hindsight(const struct filter *filter);

/*
 * The value of a field of a row as text, for messages such as "the topic was
 * {mqtt.topic}"; several are joined by ", ". Bytes are given as they are: the
 * text is not safe to show. Returns false when the row has no such field.
 */
bool filter_value(const char *field, const struct history_row *row,
                  struct dissection *scratch, struct buf *text);

/* The functions, by number from 0; NULL behind the last. */
const char *filter_function_name(size_t number);

/* The fields besides those of dissect_field_table(), "lab.client" and
   "frame.number": name, explanation, and all values that it can have or NULL,
   both ended by NULL. */
struct filter_own_field {
    const char *name;
    const char *explain;
    const char *const *values;
};
const struct filter_own_field *filter_own_fields(void);

#endif
