/*
 * Where to listen or connect: mqtt:// mqtts:// ws:// wss:// unix: addresses,
 * and socks5h:// for a proxy.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/slice.h"

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* The ports of MQTT when nobody says another, as IANA has them. */
#define ADDRESS_PORT     1883
#define ADDRESS_TLS_PORT 8883

enum address_scheme {
    ADDRESS_MQTT,  /* TCP, ADDRESS_PORT */
    ADDRESS_MQTTS, /* TLS, ADDRESS_TLS_PORT */
    ADDRESS_WS,    /* WebSocket, port 80 */
    ADDRESS_WSS,   /* WebSocket over TLS, port 443 */
    ADDRESS_UNIX,
    ADDRESS_SOCKS5H, /* a SOCKS5 proxy that resolves names, port 1080 */
};

struct address {
    enum address_scheme scheme;
    char host[256];
    uint16_t port;
    char user_name[256]; /* empty when none */
    char password[256];
    bool has_user_name;
    bool has_password;
    char path[1024]; /* after the host, without "/": a topic for the clients */
};

/*
 * Parse "mqtt://user:password@host:port/path" or "host:port" or "host".
 * Returns 0, or -EINVAL with a message in error (error_size bytes) that says
 * what is wrong and where.
 */
int address_parse(struct address *address, const char *text, char *error,
                  size_t error_size);

/* "127.0.0.1:1883", "[::1]:1883" or a path, as people write it. */
void address_print(const struct sockaddr *sockaddr, socklen_t len, char *text,
                   size_t text_size);

#endif
