/*
 * The tables in tests/packets: for each packet what must become of it.
 *
 * A line is: versions, verdict, statement, bytes, what it is. Versions is any
 * of the digits 3 (3.1), 4 (3.1.1) and 5. The verdict is "ok" for a packet that
 * is valid and that we would write in the same bytes; "alt" for one that is
 * valid, but that we would write otherwise; or the Reason Code, in hex, with
 * which it is refused. The statement is "-" when the standard has no number for
 * the rule. Dots in the bytes are for the eye. "#" begins a comment.
 */
#ifndef UNIT_PACKET_ROWS_H
#define UNIT_PACKET_ROWS_H

#include "mqtt/mqtt.h"

#include <stddef.h>
#include <stdint.h>

enum { PACKET_ROW_BYTES = 512 };

enum packet_verdict {
    PACKET_OK = 0,
    PACKET_ALT = 1, /* no decoder refuses a packet with this number */
};

struct packet_row {
    enum mqtt_version version;
    unsigned verdict; /* enum packet_verdict or a Reason Code >= 0x80 */
    size_t len;
    uint8_t bytes[PACKET_ROW_BYTES];
    char name[160]; /* table, line, what it is */
};

/* A zeroed struct has no rows. */
struct packet_rows {
    struct packet_row *rows; /* owned; kept until the tests end */
    int count;
};

/* Add the rows of tests/packets/TABLE.txt; ends the program if it cannot. */
void packet_rows_read(struct packet_rows *all, const char *table);

#endif
