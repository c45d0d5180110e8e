/*
 * A packet, or a field of one, as text to be pasted elsewhere.
 */
#ifndef TUI_COPY_H
#define TUI_COPY_H

#include "wire/dissect.h"

#include <jansson.h>

enum copy_form {
    COPY_HEX,    /* "34 10 00 08" */
    COPY_TEXT,   /* as it is shown: the line and the tree; a message as it is */
    COPY_JSON,   /* fields by their names; of several values a list */
    COPY_ARRAY,  /* for a program in C */
    COPY_FILTER, /* that selects it */
    COPY_FORMS,
};

/* "hex" and so on; COPY_FORMS when there is none of this name. */
const char *copy_form_name(enum copy_form form);
enum copy_form copy_form_of(const char *name);

/* What is copied; all borrowed. */
struct copy_choice {
    const struct history_row *row; /* a packet */
    const struct dissection *dissection;
    const struct field *field; /* NULL: the whole packet */
};

/* Append it. False when there is no such form of it, as a filter for a field
   without a value. */
bool copy_put(const struct copy_choice *choice, enum copy_form form,
              struct buf *out);

/* The fields of a packet by their names: what mqttlab inspect -T json has, but
   numbers are numbers. The caller's. */
json_t *copy_fields(const struct dissection *dissection);

#endif
