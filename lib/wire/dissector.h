/*
 * The dissector's hand: it reads a packet from front to back and notes each
 * field as it goes.
 *
 * Reading never fails: a field that is not there (any more) is noted as an
 * error, and after it every read in the same scope gives 0 or an empty slice
 * and notes nothing. A scope is the packet, or the Properties in it.
 */
#ifndef WIRE_DISSECTOR_H
#define WIRE_DISSECTOR_H

#include "wire/dissect_fields.h"
#include "wire/dissect_rules.h"

struct dissector {
    struct dissection *out;
    struct slice bytes; /* all that is there */
    uint32_t at;        /* the next byte to read; never beyond bytes or end */
    uint32_t end;       /* of the scope; beyond bytes when some are missing */
    size_t last;        /* index of the field noted last */
    uint8_t depth;      /* of the next field */
    uint8_t version;    /* enum mqtt_version to read by */
    bool strange;       /* the connection's is none of these, or not known */
    uint8_t type;       /* enum mqtt_type */
    uint8_t flags;      /* low four bits of the first byte */
    bool from_client;
    bool in_properties;
    bool truncated;          /* the record has only the packet's beginning */
    bool stopped;            /* nothing more can be read in this scope */
    bool missing;            /* the missing bytes were noted */
    bool knows_alias;        /* alias_topic says what an alias stands for */
    const char *alias_topic; /* "" when no earlier packet said */
    bool payload_is_text;    /* by the Payload Format Indicator */
};

/* Is there more to read in this scope? */
bool dissector_more(const struct dissector *d);

/* Is there no room for more fields? Then nothing more is read in the scope. */
bool dissector_full(struct dissector *d);

/* A number of size bytes (1 to 4), big-endian. */
uint32_t dissector_number(struct dissector *d, enum dissect_id id,
                          uint32_t size);

/* A number that the next count bytes say in another way. */
void dissector_counted(struct dissector *d, enum dissect_id id, uint32_t count,
                       uint64_t number);

/* A Variable Byte Integer; checks that it is the shortest encoding. */
uint32_t dissector_varint(struct dissector *d, enum dissect_id id);

/* The next count bytes: FIELD_BYTES or FIELD_STRING, by what id is. */
struct slice dissector_bytes(struct dissector *d, enum dissect_id id,
                             uint32_t count);

/* A two-byte length and as many bytes; text is checked to be UTF-8. An empty
   value is noted as well. */
struct slice dissector_binary(struct dissector *d, enum dissect_id len_id,
                              enum dissect_id id);
struct slice dissector_string(struct dissector *d, enum dissect_id len_id,
                              enum dissect_id id);

/* A two-byte length and as many bytes in one field; its value is the bytes. */
struct slice dissector_prefixed(struct dissector *d, enum dissect_id id);

/* All that is left of the scope, which may be nothing. */
struct slice dissector_rest(struct dissector *d, enum dissect_id id);

/* Leave the scope, whatever happened in it, for the outer one that ends at
   end: reading goes on behind the scope if that much is there. */
void dissector_leave(struct dissector *d, uint32_t end);

/* Note the last string as wrong when it is not UTF-8. */
void dissector_check_text(struct dissector *d, struct slice text);

/* The same bytes once more as text, when they are printable text. */
void dissector_as_text(struct dissector *d, enum dissect_id id,
                       struct slice bytes);

/*
 * A byte made of bits: begin notes the byte and gives it, dissector_bits notes
 * each part and gives its value, end writes the byte's line, which sums up
 * the bits. *byte_at keeps the byte's field from begin to end. False when the
 * byte is not there: then call neither of the others.
 */
bool dissector_byte_begin(struct dissector *d, enum dissect_id id,
                          size_t *byte_at);
uint32_t dissector_bits(struct dissector *d, enum dissect_id id, uint8_t mask);
void dissector_byte_end(struct dissector *d, size_t byte_at);

/* A heading over the fields up to the end. */
size_t dissector_group_begin(struct dissector *d, enum dissect_id id);
void dissector_group_end(struct dissector *d, size_t group_at);

/* A heading of its own, with this text; takes count bytes. */
void dissector_heading(struct dissector *d, enum dissect_id id, uint32_t count,
                       const char *text);

/* A field that is in no byte: the topic that an alias stands for. */
void dissector_derived(struct dissector *d, enum dissect_id id,
                       const char *text);

/* The field noted last breaks a rule: marks it and what it stands under, and
   puts a line below it. The field can have a name: id, or DISSECT_NO_FIELD. */
void dissector_fail(struct dissector *d, enum dissect_rule rule);
void dissector_fail_as(struct dissector *d, enum dissect_rule rule,
                       enum dissect_id id);

/* What the value of the field noted last means. */
void dissector_explain(struct dissector *d, const char *explain);

#endif
