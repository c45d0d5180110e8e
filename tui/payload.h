/*
 * A payload in the form in which one wants to read it.
 */
#ifndef TUI_PAYLOAD_H
#define TUI_PAYLOAD_H

#include "base/buf.h"
#include "wire/history.h"

#include <stdbool.h>

enum payload_form {
    PAYLOAD_TEXT,
    PAYLOAD_JSON, /* indented; as text when it is none */
    PAYLOAD_HEX,
    PAYLOAD_BASE64,
    PAYLOAD_FORMS,
};

const char *payload_form_name(enum payload_form form);

/* JSON for what is JSON, text for what is text, else hex. */
enum payload_form payload_best_form(struct slice payload);

/* The payload of a row's PUBLISH, borrowed; false when it is none. */
bool payload_of(const struct history_row *row, struct slice *payload);

/* Append it in lines, each ended by "\n". What is not harmless is escaped. */
void payload_put(struct slice payload, enum payload_form form, struct buf *out);

/*
 * Append the lines of two texts: " " before those of both, "-" before those of
 * the first alone, "+" before those of the second alone. Of long texts only the
 * first PAYLOAD_DIFF_LINES are compared.
 */
#define PAYLOAD_DIFF_LINES 300
void payload_diff(const char *first, const char *second, struct buf *out);

#define PAYLOAD_NUMBERS_MAX 32
#define PAYLOAD_NAME_MAX    64

/* The numbers in it, by their names: members of JSON as "wind.speed" and
   "list[2]"; "" when it is a number itself. */
struct payload_numbers {
    struct {
        char name[PAYLOAD_NAME_MAX];
        double value;
    } items[PAYLOAD_NUMBERS_MAX];
    size_t count;
};

void payload_numbers(struct slice payload, struct payload_numbers *numbers);

/* The number of this name, or of a name that ends with it ("speed"); NULL: the
   first. False when there is none. */
bool payload_number(struct slice payload, const char *name, double *number);

#endif
