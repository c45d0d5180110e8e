/*
 * Capture files that Wireshark opens: write and read.
 *
 * A packet becomes a TCP segment with made-up IPv4 and TCP headers (link type
 * 101) and right sequence numbers, so tshark decodes it with no preference set;
 * for that the broker's port is 1883 there, or 8883, 8080, 8443 with TLS,
 * WebSocket, both: then the segments are what crossed the cable, and the
 * packets in it stand in blocks of ours. A connection's begin and end
 * become SYN and FIN. What Wireshark has no place
 * for (seq, cause, events) stands in options and blocks of the range for local
 * use, which others skip, so that our own files lose nothing. Only files of
 * this program can be read: what other programs captured has no such records.
 */
#ifndef WIRE_PCAPNG_H
#define WIRE_PCAPNG_H

#include "wire/record.h"

#include <stdio.h>

struct pcapng_writer;
struct pcapng_reader;

/* Begin a file; comment (may be NULL) goes into the section header, made safe
   to show. The caller keeps and closes the FILE. */
struct pcapng_writer *pcapng_writer_new(FILE *file, const char *comment);
/*
 * Begin a file of the older format, pcap, for programs that know no other: the
 * same frames with their times, without notes, events, keys and what is ours.
 */
struct pcapng_writer *pcapng_writer_new_pcap(FILE *file);
/* Does a user who names the file so want that format: "x.pcap"? */
bool pcapng_is_pcap(const char *path);
/* Writes what waits first. */
void pcapng_writer_free(struct pcapng_writer *writer);

/*
 * Append a record. Returns 0 or a negative errno. The latest packet waits in
 * memory for what is said about it: notes and events become its comments.
 */
int pcapng_write(struct pcapng_writer *writer, const struct record *record);
/* Make sure that it is in the file: 0 or a negative errno. */
int pcapng_flush(struct pcapng_writer *writer);
/* Frames in the file so far: what frame.number of the last one will be. */
uint64_t pcapng_frames(const struct pcapng_writer *writer);

/* Read a file; NULL with a message in error when it is none of this kind. */
struct pcapng_reader *pcapng_reader_new(FILE *file, char *error,
                                        size_t error_size);
void pcapng_reader_free(struct pcapng_reader *reader);

/*
 * The next record: 1 and *record (bytes valid until the next call), 0 at the
 * end, or a negative errno when the file is damaged (pcapng_error says where).
 * Half a block at the end, as after a crash, counts as the end.
 */
int pcapng_read(struct pcapng_reader *reader, struct record *record);
const char *pcapng_error(const struct pcapng_reader *reader);

#endif
