/*
 * What stands behind the fixed header, one function a layout. Each notes all
 * that it finds up to the end of its packet and goes on after errors.
 */
#ifndef WIRE_DISSECT_BODY_H
#define WIRE_DISSECT_BODY_H

#include "wire/dissector.h"

/* dissect.c: empty the dissection; dissect all of d->bytes from the start. */
void dissect_reset(struct dissection *dissection);
void dissect_run(struct dissector *d);

/* dissect_connect.c */
void dissect_connect(struct dissector *d);
void dissect_connack(struct dissector *d);

/* dissect_publish.c */
void dissect_publish(struct dissector *d);
void dissect_puback(struct dissector *d); /* PUBREC, PUBREL, PUBCOMP as well */
void dissect_packet_id(struct dissector *d);

/* dissect_subscribe.c */
void dissect_subscribe(struct dissector *d);
void dissect_unsubscribe(struct dissector *d);
void dissect_suback(struct dissector *d);
void dissect_unsuback(struct dissector *d);

/* dissect_disconnect.c */
void dissect_nothing(struct dissector *d); /* PINGREQ, PINGRESP */
void dissect_disconnect(struct dissector *d);
void dissect_auth(struct dissector *d);

/* A Reason Code of the packet's type, checked against rule. */
uint32_t dissect_reason(struct dissector *d, enum dissect_id id,
                        enum dissect_rule rule);

/* dissect_property.c: Property Length and Properties. id is the heading;
   where is a packet type or PROPERTY_IN_WILL. */
void dissect_properties(struct dissector *d, enum dissect_id id,
                        unsigned where);

/* dissect_explain.c: what one value means and the section of the standard;
   NULL when there is nothing to say. */
const char *dissect_explain_type(unsigned type);
const char *dissect_explain_reason(unsigned reason);
const char *dissect_explain_property(uint32_t id);

#endif
