/*
 * Blocks and options of a pcapng file, as writer and reader need them.
 *
 * Blocks and options of our own are from the range for local use, which other
 * programs skip. A record of a packet is a frame (or several) with its header
 * in an option; any other record is a block.
 */
#ifndef WIRE_PCAPNG_BLOCK_H
#define WIRE_PCAPNG_BLOCK_H

#include "wire/record.h"

enum pcapng_block_type {
    PCAPNG_SECTION = 0x0a0d0d0a,
    PCAPNG_INTERFACE = 1,
    PCAPNG_OLD_PACKET = 2,
    PCAPNG_SIMPLE_PACKET = 3,
    PCAPNG_PACKET = 6,
    PCAPNG_SECRETS = 10,
};

/* Block: header of a record, length of its bytes (4 bytes), its bytes. */
#define PCAPNG_RECORD UINT32_C(0x80004d51)

enum pcapng_option {
    PCAPNG_END_OF_OPTIONS = 0,
    PCAPNG_COMMENT = 1,
    PCAPNG_FLAGS = 2,               /* of a packet */
    PCAPNG_INTERFACE_NAME = 2,      /* of an interface */
    PCAPNG_PROGRAM = 4,             /* of a section */
    PCAPNG_TIME_RESOLUTION = 9,     /* of an interface */
    PCAPNG_OPTION_RECORD = 0x8001,  /* as PCAPNG_RECORD, without the bytes */
    PCAPNG_OPTION_MORE = 0x8002,    /* the frame goes on with the last record */
    PCAPNG_OPTION_MADE_UP = 0x8003, /* the frame is no record */
};

/* What a block of secrets holds: a key log file. */
#define PCAPNG_TLS_KEY_LOG UINT32_C(0x544c534b)

#define PCAPNG_BYTE_ORDER    UINT32_C(0x1a2b3c4d)
#define PCAPNG_OTHER_ORDER   UINT32_C(0x4d3c2b1a)
#define PCAPNG_LINKTYPE_RAW  101
#define PCAPNG_RECORD_HEADER (RECORD_HEADER_BYTES + 4u)

/* Blocks and options are padded to a multiple of four bytes. */
static inline uint32_t pcapng_padded(size_t len)
{
    return (uint32_t)((len + 3) & ~(size_t)3);
}

#endif
