/*
 * The header that a proxy puts in front of a connection, to say whose it is:
 * the PROXY protocol of HAProxy, versions 1 (a line of text) and 2 (binary).
 *
 *     PROXY TCP4 192.0.2.7 198.51.100.1 40312 1883\r\n
 *
 *     | 0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a | 21 | 11 | length | addresses ...
 *       signature                             |    |    of all that follows
 *                        version 2, "PROXY" --+    +-- IPv4, stream
 */
#ifndef NET_PROXY_HEADER_H
#define NET_PROXY_HEADER_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Which versions are welcome: bits. */
enum { PROXY_HEADER_V1 = 1, PROXY_HEADER_V2 = 2 };

/* The longest of version 1; of version 2, with all that may be appended. */
#define PROXY_HEADER_V1_BYTES  107
#define PROXY_HEADER_MAX_BYTES (16 + 4096)

/* Who the client is and where it went; len 0: the proxy does not say, or speaks
   for itself. */
struct proxy_header {
    struct sockaddr_storage source;
    struct sockaddr_storage destination;
    socklen_t len;
};

/*
 * Read a header from the start of a stream. Returns how many bytes it takes; 0
 * when in ends before it does; -1 when it is none of the versions that are
 * welcome, is malformed, or longer than PROXY_HEADER_MAX_BYTES.
 */
int proxy_header_decode(struct slice in, int versions,
                        struct proxy_header *header);

#endif
