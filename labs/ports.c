#include "labs/ports.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Below those that systems give to clients. */
#define FREE_FIRST 20000
#define FREE_COUNT 12000
#define FREE_TRIES 100

static const struct {
    const char *name;
    const char *variable;
    uint16_t usual;
} ports[PORTS_COUNT] = {
    [PORTS_MQTT] = {"port",     "MQTTLAB_PORT",     1883},
    [PORTS_TLS] = {"tls_port", "MQTTLAB_TLS_PORT", 8883},
    [PORTS_WS] = {"ws_port",  "MQTTLAB_WS_PORT",  9001},
    [PORTS_WSS] = {"wss_port", "MQTTLAB_WSS_PORT", 9883},
};

/* By its name, so that whoever looks for a variable finds it. */
static const char *chosen(enum ports_kind kind)
{
    switch (kind) {
    case PORTS_MQTT: return getenv("MQTTLAB_PORT");
    case PORTS_TLS: return getenv("MQTTLAB_TLS_PORT");
    case PORTS_WS: return getenv("MQTTLAB_WS_PORT");
    case PORTS_WSS: return getenv("MQTTLAB_WSS_PORT");
    }
    return NULL;
}

uint16_t ports_number(enum ports_kind kind)
{
    const char *text = chosen(kind);
    char *end;
    long number = text ? strtol(text, &end, 10) : 0;

    return text && *text && !*end && number > 0 && number <= UINT16_MAX
               ? (uint16_t)number
               : ports[kind].usual;
}

uint16_t ports_find(const char *name, size_t len)
{
    for (int i = 0; i < PORTS_COUNT; i++) {
        if (strlen(ports[i].name) == len && !memcmp(ports[i].name, name, len))
            return ports_number((enum ports_kind)i);
    }
    return 0;
}

bool ports_named_in(const char *text)
{
    while ((text = strstr(text, "{{"))) {
        text += 2;
        if (ports_find(text, strcspn(text, "|}")))
            return true;
    }
    return false;
}

void ports_set(enum ports_kind kind, uint16_t port)
{
    char text[8];

    snprintf(text, sizeof(text), "%u", (unsigned)port);
    setenv(ports[kind].variable, text, 1);
}

static bool is_free(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons(port),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&address,
                                 sizeof(address)) == 0;

    if (fd >= 0)
        close(fd);
    return bound;
}

void ports_choose_free(void)
{
    uint64_t random =
        clock_read_monotonic_ns() / 1000 + (uint64_t)getpid() * 7919;

    for (int kind = PORTS_MQTT; kind < PORTS_COUNT; kind++) {
        for (int tries = 0; tries < FREE_TRIES; tries++) {
            uint16_t port = (uint16_t)(FREE_FIRST + random++ % FREE_COUNT);

            ports_set((enum ports_kind)kind, port);
            if (is_free(port))
                break;
        }
    }
}
