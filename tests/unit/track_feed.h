/*
 * Records given to a tracker one by one, as tests of the tracker need them.
 */
#ifndef UNIT_TRACK_FEED_H
#define UNIT_TRACK_FEED_H

#include "wire/track.h"

/* What every test works with: made and freed by the fixture. */
extern struct tracker *tracker;
extern struct track_note note; /* of the record given last */

void track_feed_begin(void);
void track_feed_end(void);

/* Give one record, a millisecond after the one before. Returns its seq. */
uint64_t give(enum record_type type, uint32_t connection,
              enum record_direction direction, unsigned flags,
              struct slice bytes);

/* A packet in hex from the client, or to it. */
uint64_t c2b(uint32_t connection, const char *hex);
uint64_t b2c(uint32_t connection, const char *hex);
uint64_t b2c_flags(uint32_t connection, const char *hex, unsigned flags);

/* An event about a client; client_id may be NULL. */
void event(enum record_type type, uint32_t connection, unsigned code,
           const char *client_id, unsigned flags);
/* The connection ended. */
void closed(uint32_t connection);

/* The latest note's flow is this one, at this step. */
void assert_flow(unsigned flow, unsigned step, unsigned steps,
                 enum flow_progress progress);

/* CONNECT of client "a" and user "u", version 3.1.1. */
#define CONNECT_CLEAN "10 10 0004 4d515454 04 82 003c 0001 61 0001 75"
#define CONNECT_KEPT  "10 10 0004 4d515454 04 80 003c 0001 61 0001 75"
/* Version 5, client "a": Session Expiry Interval 60 in the second. */
#define CONNECT_5         "10 0e 0004 4d515454 05 02 003c 00 0001 61"
#define CONNECT_5_KEPT    "10 13 0004 4d515454 05 00 003c 05 11 0000003c 0001 61"
#define CONNACK           "20 02 00 00"
#define CONNACK_RESUMED   "20 02 01 00"
#define PUBLISH_QOS_2     "34 06 0001 74 0007 78" /* topic "t", identifier 7 */
#define PUBLISH_QOS_2_DUP "3c 06 0001 74 0007 78"
#define PUBLISH_QOS_1     "32 06 0001 74 0007 78"
#define PUBLISH_QOS_1_DUP "3a 06 0001 74 0007 78"
#define PUBACK            "40 02 0007"
#define PUBREC            "50 02 0007"
#define PUBREL            "62 02 0007"
#define PUBCOMP           "70 02 0007"

#endif
