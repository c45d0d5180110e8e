#include "wire/track_endpoint.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PORT  40000u
#define BROKER_PORT 1883u

/* Split "HOST:PORT" or "[HOST]:PORT"; false when it is neither. */
static bool split(const char *text, char host[64], uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    bool bracket = text[0] == '[';
    char *end;

    if (!colon)
        return false;
    size_t len = (size_t)(colon - text);
    if (bracket) {
        if (len < 2 || text[len - 1] != ']')
            return false;
        text++;
        len -= 2;
    }
    if (!len || len >= 64)
        return false;
    memcpy(host, text, len);
    host[len] = '\0';
    unsigned long number = strtoul(colon + 1, &end, 10);
    if (end == colon + 1 || *end || !number || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}

/* The address family, or 0 when text is no address. */
static int parse_end(struct track_end *end, const char *text)
{
    char host[64];

    if (!split(text, host, &end->port))
        return 0;
    if (inet_pton(AF_INET, host, end->ip) == 1)
        return AF_INET;
    char *zone = strchr(host, '%');
    if (zone)
        *zone = '\0'; /* fe80::1%eth0 */
    return inet_pton(AF_INET6, host, end->ip) == 1 ? AF_INET6 : 0;
}

static void make_up(struct track_end *end, bool is_ipv6, unsigned port)
{
    static const uint8_t ipv6[16] = {[15] = 1};
    static const uint8_t ipv4[16] = {127, 0, 0, 1};

    memcpy(end->ip, is_ipv6 ? ipv6 : ipv4, sizeof(end->ip));
    end->port = (uint16_t)port;
}

void track_endpoint_parse(struct track_endpoints *ends, const char *peer,
                          const char *local, uint32_t connection)
{
    int client = parse_end(&ends->client, peer);
    int broker = parse_end(&ends->broker, local);

    ends->is_ipv6 = client == AF_INET6 || (!client && broker == AF_INET6);
    if (!client)
        make_up(&ends->client, ends->is_ipv6,
                FIRST_PORT + connection % (UINT16_MAX - FIRST_PORT));
    if (broker != (ends->is_ipv6 ? AF_INET6 : AF_INET))
        make_up(&ends->broker, ends->is_ipv6,
                broker ? ends->broker.port : BROKER_PORT);
}

uint32_t track_endpoint_frame_len(bool is_ipv6, uint32_t len)
{
    uint32_t headers = track_endpoint_headers(is_ipv6);
    uint32_t most = TRACK_ENDPOINT_MAX_FRAME - headers;

    return headers + (len ? (len - 1) % most + 1 : 0);
}
