#include "net/address.h"

#include "base/hex_digits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

struct scheme {
    const char *prefix;
    enum address_scheme scheme;
    uint16_t port;
};

static const struct scheme schemes[] = {
    {"mqtt://",    ADDRESS_MQTT,    ADDRESS_PORT    },
    {"mqtts://",   ADDRESS_MQTTS,   ADDRESS_TLS_PORT},
    {"ws://",      ADDRESS_WS,      80              },
    {"wss://",     ADDRESS_WSS,     443             },
    {"unix:",      ADDRESS_UNIX,    0               },
    {"socks5h://", ADDRESS_SOCKS5H, 1080            },
};

/* What is being parsed, and where its errors go. */
struct parser {
    const char *text;
    char *error;
    size_t error_size;
};

__attribute__((format(printf, 2, 3))) static int
fail(const struct parser *parser, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len =
        snprintf(parser->error, parser->error_size, "\"%s\": ", parser->text);
    if (len > 0 && (size_t)len < parser->error_size)
        vsnprintf(parser->error + len, parser->error_size - (size_t)len, format,
                  args);
    va_end(args);
    return -EINVAL;
}

/* Copy a part of the address, "%41" becoming "A"; what names it for errors. */
static int decode(const struct parser *parser, struct slice part, char *out,
                  size_t size, const char *what)
{
    size_t len = 0;

    for (size_t i = 0; i < part.len; i++) {
        uint8_t c = part.bytes[i];

        if (c == '%') {
            int byte = i + 2 < part.len ? hex_digits_byte(part.bytes[i + 1],
                                                          part.bytes[i + 2])
                                        : -1;

            if (byte <= 0)
                return fail(parser, "\"%%\" in the %s needs two hex digits",
                            what);
            c = (uint8_t)byte;
            i += 2;
        }
        if (len + 1 >= size)
            return fail(parser, "the %s is longer than %zu bytes", what,
                        size - 1);
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return 0;
}

/* Split at the first c; without one, all is before it. */
static bool split(struct slice text, char c, struct slice *before,
                  struct slice *after)
{
    const uint8_t *at = text.len ? memchr(text.bytes, c, text.len) : NULL;

    if (!at) {
        *before = text;
        *after = slice_of(NULL, 0);
        return false;
    }
    *before = slice_first(text, (size_t)(at - text.bytes));
    *after = slice_skip(text, before->len + 1);
    return true;
}

static int parse_port(const struct parser *parser, struct slice text,
                      uint16_t *port)
{
    unsigned number = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)text.bytes[i] - '0';

        if (digit > 9 || (number = number * 10 + digit) > UINT16_MAX)
            return fail(parser, "the port is not 0..65535");
    }
    if (!text.len)
        return fail(parser, "the port is missing after \":\"");
    *port = (uint16_t)number;
    return 0;
}

/* "host", "host:port", "[::1]:port", and "::1" as people write it too. */
static int parse_host(struct address *address, const struct parser *parser,
                      struct slice text)
{
    struct slice host;
    struct slice port;
    bool has_port;

    if (text.len && text.bytes[0] == '[') {
        if (!split(slice_skip(text, 1), ']', &host, &port))
            return fail(parser, "\"]\" is missing");
        has_port = port.len > 0;
        if (has_port && port.bytes[0] != ':')
            return fail(parser, "after \"]\" only \":port\" can follow");
        port = slice_skip(port, has_port);
    } else {
        has_port = split(text, ':', &host, &port);
        if (has_port && port.len && memchr(port.bytes, ':', port.len)) {
            host = text;
            has_port = false;
        }
    }
    if (!host.len)
        return fail(parser, "the host is missing");
    int error =
        decode(parser, host, address->host, sizeof(address->host), "host");
    return error || !has_port ? error
                              : parse_port(parser, port, &address->port);
}

static int parse_user(struct address *address, const struct parser *parser,
                      struct slice text)
{
    struct slice name;
    struct slice password;

    address->has_user_name = true;
    address->has_password = split(text, ':', &name, &password);
    int error = decode(parser, name, address->user_name,
                       sizeof(address->user_name), "user name");
    return error ? error
                 : decode(parser, password, address->password,
                          sizeof(address->password), "password");
}

/* Everything after the scheme. */
static int parse_rest(struct address *address, const struct parser *parser,
                      struct slice rest)
{
    struct slice authority;
    struct slice path;

    split(rest, '/', &authority, &path);
    int error =
        decode(parser, path, address->path, sizeof(address->path), "path");
    if (error)
        return error;

    /* The last "@": a user name may be an address of mail. */
    for (size_t i = authority.len; i > 0; i--) {
        if (authority.bytes[i - 1] != '@')
            continue;
        error = parse_user(address, parser, slice_first(authority, i - 1));
        if (error)
            return error;
        authority = slice_skip(authority, i);
        break;
    }
    return parse_host(address, parser, authority);
}

int address_parse(struct address *address, const char *text, char *error,
                  size_t error_size)
{
    struct parser parser = {text, error, error_size};
    struct slice rest = slice_of_string(text);

    error[0] = '\0';
    *address = (struct address){.scheme = ADDRESS_MQTT, .port = ADDRESS_PORT};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        struct slice prefix = slice_of_string(schemes[i].prefix);

        if (!slice_starts_with(rest, prefix))
            continue;
        address->scheme = schemes[i].scheme;
        address->port = schemes[i].port;
        rest = slice_skip(rest, prefix.len);
        break;
    }
    if (address->scheme == ADDRESS_UNIX) {
        if (!rest.len)
            return fail(&parser, "the path is missing after \"unix:\"");
        return decode(&parser, rest, address->path, sizeof(address->path),
                      "path");
    }
    if (rest.bytes == (const uint8_t *)text && strstr(text, "://"))
        return fail(&parser, "the scheme is none of mqtt://, mqtts://, ws://, "
                             "wss://, unix:, socks5h://");
    return parse_rest(address, &parser, rest);
}

static void print_6(const struct sockaddr_in6 *in6, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "";
    unsigned port = ntohs(in6->sin6_port);

    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        inet_ntop(AF_INET, in6->sin6_addr.s6_addr + 12, host, sizeof(host));
        snprintf(text, size, "%s:%u", host, port);
        return;
    }
    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
    snprintf(text, size, "[%s]:%u", host, port);
}

void address_print(const struct sockaddr *sockaddr, socklen_t len, char *text,
                   size_t text_size)
{
    const void *any = sockaddr;
    sa_family_t family = AF_UNSPEC;

    if (len >= offsetof(struct sockaddr, sa_data))
        family = sockaddr->sa_family;
    if (family == AF_INET && len >= sizeof(struct sockaddr_in)) {
        const struct sockaddr_in *in = any;
        char host[INET_ADDRSTRLEN] = "";

        inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
        snprintf(text, text_size, "%s:%u", host, ntohs(in->sin_port));
    } else if (family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
        print_6(any, text, text_size);
    } else if (family == AF_UNIX &&
               len > offsetof(struct sockaddr_un, sun_path) + 1) {
        const struct sockaddr_un *un = any;

        snprintf(text, text_size, "%.*s",
                 (int)(len - offsetof(struct sockaddr_un, sun_path)),
                 un->sun_path);
    } else {
        snprintf(text, text_size, "local");
    }
}
