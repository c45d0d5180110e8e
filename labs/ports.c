#include "labs/ports.h"

#include "net/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *variable;
    uint16_t usual;
} ports[PORTS_COUNT] = {
    [PORTS_MQTT] = {"port",     "MQTTLAB_PORT",     ADDRESS_PORT    },
    [PORTS_TLS] = {"tls_port", "MQTTLAB_TLS_PORT", ADDRESS_TLS_PORT},
    [PORTS_WS] = {"ws_port",  "MQTTLAB_WS_PORT",  9001            },
    [PORTS_WSS] = {"wss_port", "MQTTLAB_WSS_PORT", 9883            },
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

int ports_choose_free(struct free_port held[PORTS_COUNT])
{
    int result = 0;

    for (int kind = PORTS_MQTT; !result && kind < PORTS_COUNT; kind++) {
        result = free_port_take(&held[kind]);
        if (!result)
            ports_set((enum ports_kind)kind, held[kind].number);
    }
    return result;
}
