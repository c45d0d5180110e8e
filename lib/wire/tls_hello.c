#include "wire/tls_hello.h"

#include <string.h>

#include "mqtt/reader.h"

enum {
    EXTENSION_EXTENDED_MASTER = 23,
    EXTENSION_TICKET = 35,
    EXTENSION_VERSIONS = 43
};

/* SHA-256 of "HelloRetryRequest", which stands in place of its random bytes
   [RFC 8446 4.1.3]. */
static const uint8_t retry_random[32] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
    0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
    0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

static void read_extensions(struct tls_hello *hello, struct reader *reader,
                            bool from_client)
{
    struct reader list = {.rest = reader_bytes(reader, reader_u16(reader))};

    while (list.rest.len && !list.reason) {
        unsigned type = reader_u16(&list);
        struct slice value = reader_bytes(&list, reader_u16(&list));

        if (type == EXTENSION_EXTENDED_MASTER)
            hello->extended_master = true;
        if (type == EXTENSION_TICKET)
            hello->ticket = value;
        if (type == EXTENSION_VERSIONS && !from_client && value.len == 2)
            hello->version = (uint16_t)(value.bytes[0] << 8 | value.bytes[1]);
    }
}

bool tls_hello_read(struct tls_hello *hello, struct slice body,
                    bool from_client)
{
    struct reader reader = {.rest = body};

    *hello = (struct tls_hello){.version = reader_u16(&reader)};
    hello->random = reader_bytes(&reader, sizeof(retry_random));
    hello->session_id = reader_bytes(&reader, reader_u8(&reader));
    if (from_client) {
        reader_bytes(&reader, reader_u16(&reader)); /* cipher suites */
        reader_bytes(&reader, reader_u8(&reader));  /* compression */
    } else {
        hello->suite = reader_u16(&reader);
        reader_u8(&reader);
    }
    if (reader.reason)
        return false;
    hello->retry =
        !memcmp(hello->random.bytes, retry_random, sizeof(retry_random));
    if (reader.rest.len)
        read_extensions(hello, &reader, from_client);
    return true;
}
