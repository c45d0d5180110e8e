/*
 * The dissector: bytes of one Control Packet to a list of named fields.
 *
 * It is not the codec: it goes on after an error as far as it can, keeps the
 * place of every field in the bytes, names fields as Wireshark does
 * ("mqtt.msgid"), and says which statement of the standard a packet violates.
 */
#ifndef WIRE_DISSECT_H
#define WIRE_DISSECT_H

#include "base/buf.h"
#include "base/slice.h"
#include "mqtt/mqtt.h"
#include "wire/history.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
    FIELD_GROUP, /* a heading: text only */
    FIELD_BOOL,
    FIELD_UINT,
    FIELD_STRING,
    FIELD_BYTES,
};

/* What a field name means: one row of the table in dissect_fields.c. */
struct field_info {
    const char *name;  /* "mqtt.msgid" */
    const char *label; /* "Message Identifier" */
    enum field_type type;
    uint8_t bytes; /* of a UINT: how wide it is in Wireshark, which may be wider
                      than in the packet */
    bool hex;      /* its number is shown in hexadecimal */
    const char *(*value_name)(uint64_t value); /* "Publish Message"; or NULL */
    const char *explain; /* what it is for, in a sentence or two, and the
                            section of the standard */
};

/* One field of a packet. Fields stand in the order of the tree, top down. */
struct field {
    const struct field_info *info; /* NULL for a heading without a name */
    uint8_t depth;                 /* 0 is the top */
    uint8_t mask;        /* the bits of bytes[offset] that it takes; 0: whole
                          bytes */
    bool error;          /* the packet is wrong here */
    uint32_t offset;     /* first byte, from the start of the packet */
    uint32_t len;        /* bytes */
    uint64_t number;     /* of a BOOL or UINT */
    uint32_t text_at;    /* where its line of text begins in dissection.text */
    struct slice value;  /* of a STRING or BYTES; borrowed from the packet */
    const char *explain; /* what this value means: of a Property, a packet
                            type, a Reason Code; NULL: info says it all */
};

/* No dissection has more fields than this; a packet with more is cut. */
#define DISSECT_MAX_FIELDS 4096

struct dissection {
    bool without_text;    /* set it before: lines are not written and read as
                              "", which is several times as fast */
    struct field *fields; /* owned */
    size_t count;
    size_t cap;
    struct buf text;       /* owned: NUL-terminated lines */
    const char *error;     /* what is wrong, for people; NULL: nothing */
    const char *statement; /* "MQTT-3.3.1-4", or NULL */
    uint32_t error_offset; /* byte where it went wrong */
    const char *type_name; /* "PUBLISH" */
    uint8_t type;          /* enum mqtt_type; 0 when not even that is there */
    bool cut; /* not all of the packet was looked at: it has too many fields,
                 or the record has fewer bytes than the packet had */
};

/*
 * Dissect one packet. version is the connection's (0: guess, as 3.1.1); a
 * CONNECT says its own. from_client tells which direction it went. The
 * dissection is emptied first and can be used again and again; bytes must
 * outlive it.
 */
void dissect_packet(struct dissection *dissection, struct slice bytes,
                    unsigned version, bool from_client);
void dissect_release(struct dissection *dissection);

/*
 * Dissect the record of a row: as dissect_packet, and with what only the
 * history knows. The version is that of the row's note. A topic that a Topic
 * Alias stands for becomes a field mqtt.topic of no bytes. A truncated record
 * is no error. Records without a packet give a heading for each attribute.
 */
void dissect_row(struct dissection *dissection, const struct history_row *row);

/* The first field of this name; NULL when there is none. */
const struct field *dissect_find(const struct dissection *dissection,
                                 const char *name);

/* The line of a field as the tree shows it: "Message Identifier: 7", or
   ".... 0... = DUP Flag: Not set". */
const char *dissect_text(const struct dissection *dissection,
                         const struct field *field);

/* The innermost field that covers the whole byte, so none that takes only
   some of its bits; NULL when none does. */
const struct field *dissect_field_at(const struct dissection *dissection,
                                     uint32_t offset);

/* The row of a field name, or NULL; and the whole table, ended by name NULL. */
const struct field_info *dissect_field_info(const char *name, size_t len);
const struct field_info *dissect_field_table(void);

#endif
