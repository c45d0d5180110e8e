/*
 * The line of text that the tree shows for a field. Each function appends one
 * line with its NUL, unless it says otherwise.
 */
#ifndef WIRE_DISSECT_LINE_H
#define WIRE_DISSECT_LINE_H

#include "wire/dissect.h"
#include "wire/dissect_rules.h"

/* "Message Identifier: 7", ".... 0... = DUP Flag: Not set". */
void dissect_line(struct buf *out, const struct field *field);

/* The same without bits in front and without a NUL behind. */
void dissect_line_value(struct buf *out, const struct field *field);

/* "Header Flags: 0x34, Message Type: Publish Message": the byte, and what its
   bits say; they stand behind it up to end. */
void dissect_line_byte(struct buf *out, const struct field *byte,
                       const struct field *end);

/* "byte 0: QoS 3 does not exist [MQTT-3.3.1-4]". */
void dissect_line_error(struct buf *out, const struct dissect_rule_info *rule,
                        const char *statement, uint32_t offset);

/* Is it UTF-8 text without control characters other than white space? */
bool dissect_line_printable(struct slice bytes);

#endif
