#include "net/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define V2_FIXED_BYTES 16

static const uint8_t signature[] = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d,
                                    0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};

/* ---- version 1 ---- */

/* A port as the protocol writes it: without sign, or zeros in front. */
static bool parse_port(const char *text, uint16_t *port)
{
    unsigned number = 0;

    if (!text || !*text || (text[0] == '0' && text[1]))
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return false;
        number = number * 10 + (unsigned)(*text - '0');
        if (number > UINT16_MAX)
            return false;
    }
    *port = htons((uint16_t)number);
    return true;
}

static bool parse_end(int family, const char *host, const char *port,
                      struct sockaddr_storage *name)
{
    struct sockaddr_in *in = (struct sockaddr_in *)name;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)name;

    *name = (struct sockaddr_storage){.ss_family = (sa_family_t)family};
    if (!host)
        return false;
    if (family == AF_INET)
        return inet_pton(family, host, &in->sin_addr) == 1 &&
               parse_port(port, &in->sin_port);
    return inet_pton(family, host, &in6->sin6_addr) == 1 &&
           parse_port(port, &in6->sin6_port);
}

static socklen_t name_len(int family)
{
    return family == AF_INET ? sizeof(struct sockaddr_in)
                             : sizeof(struct sockaddr_in6);
}

/* What stands between "PROXY " and the end of the line. */
static bool parse_words(char *line, struct proxy_header *header)
{
    enum { FAMILY, SOURCE, DESTINATION, SOURCE_PORT, DESTINATION_PORT, WORDS };

    char *words[WORDS + 1] = {NULL};
    size_t count = 0;

    while (line && count <= WORDS)
        words[count++] = strsep(&line, " ");
    if (!strcmp(words[FAMILY], "UNKNOWN"))
        return true;
    if (count != WORDS || (strcmp(words[FAMILY], "TCP4") != 0 &&
                           strcmp(words[FAMILY], "TCP6") != 0))
        return false;
    int family = words[FAMILY][3] == '4' ? AF_INET : AF_INET6;
    header->len = name_len(family);
    return parse_end(family, words[SOURCE], words[SOURCE_PORT],
                     &header->source) &&
           parse_end(family, words[DESTINATION], words[DESTINATION_PORT],
                     &header->destination);
}

static int decode_line(struct slice in, struct proxy_header *header)
{
    const size_t start = sizeof("PROXY ") - 1;
    char line[PROXY_HEADER_V1_BYTES + 1];
    const uint8_t *end = memchr(in.bytes, '\n', in.len);
    size_t len = end ? (size_t)(end - in.bytes) + 1 : in.len;

    if (len > PROXY_HEADER_V1_BYTES || (!end && len == PROXY_HEADER_V1_BYTES))
        return -1;
    if (!end)
        return 0;
    if (len < start + 2 || in.bytes[len - 2] != '\r' ||
        memchr(in.bytes, '\0', len))
        return -1;
    snprintf(line, sizeof(line), "%.*s", (int)(len - start - 2),
             (const char *)in.bytes + start);
    return parse_words(line, header) ? (int)len : -1;
}

/* ---- version 2 ---- */

static void take_4(const uint8_t *at, struct proxy_header *header)
{
    struct sockaddr_in *source = (struct sockaddr_in *)&header->source;
    struct sockaddr_in *destination =
        (struct sockaddr_in *)&header->destination;

    source->sin_family = destination->sin_family = AF_INET;
    memcpy(&source->sin_addr, at, 4);
    memcpy(&destination->sin_addr, at + 4, 4);
    memcpy(&source->sin_port, at + 8, 2);
    memcpy(&destination->sin_port, at + 10, 2);
}

static void take_6(const uint8_t *at, struct proxy_header *header)
{
    struct sockaddr_in6 *source = (struct sockaddr_in6 *)&header->source;
    struct sockaddr_in6 *destination =
        (struct sockaddr_in6 *)&header->destination;

    source->sin6_family = destination->sin6_family = AF_INET6;
    memcpy(&source->sin6_addr, at, 16);
    memcpy(&destination->sin6_addr, at + 16, 16);
    memcpy(&source->sin6_port, at + 32, 2);
    memcpy(&destination->sin6_port, at + 34, 2);
}

/* The addresses; what follows them (TLVs) is passed over. */
static bool take_addresses(uint8_t family, struct slice rest,
                           struct proxy_header *header)
{
    enum { TCP4 = 0x11, TCP6 = 0x21 };

    if (family == TCP4 && rest.len >= 12) {
        take_4(rest.bytes, header);
        header->len = name_len(AF_INET);
    } else if (family == TCP6 && rest.len >= 36) {
        take_6(rest.bytes, header);
        header->len = name_len(AF_INET6);
    } else if (family == TCP4 || family == TCP6) {
        return false;
    }
    return true; /* of another family nothing is known */
}

static int decode_binary(struct slice in, struct proxy_header *header)
{
    enum { LOCAL = 0x20, PROXY = 0x21 };

    if (in.len < V2_FIXED_BYTES)
        return 0;
    size_t len = V2_FIXED_BYTES + ((size_t)in.bytes[14] << 8 | in.bytes[15]);
    if ((in.bytes[12] != LOCAL && in.bytes[12] != PROXY) ||
        len > PROXY_HEADER_MAX_BYTES)
        return -1;
    if (in.len < len)
        return 0;
    if (in.bytes[12] == PROXY &&
        !take_addresses(in.bytes[13],
                        slice_skip(slice_first(in, len), V2_FIXED_BYTES),
                        header))
        return -1;
    return (int)len;
}

/* ---- both ---- */

/* Does in begin like this, as far as it goes? */
static bool begins(struct slice in, const void *start, size_t len)
{
    return !memcmp(in.bytes, start, in.len < len ? in.len : len);
}

int proxy_header_decode(struct slice in, int versions,
                        struct proxy_header *header)
{
    static const char line[] = "PROXY ";

    *header = (struct proxy_header){0};
    if (!in.len)
        return 0;
    if (versions & PROXY_HEADER_V1 && begins(in, line, sizeof(line) - 1))
        return decode_line(in, header);
    if (versions & PROXY_HEADER_V2 && begins(in, signature, sizeof(signature)))
        return decode_binary(in, header);
    return -1;
}
