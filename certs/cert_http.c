#include "certs/cert_http.h"

#include "base/alloc.h"
#include "base/hex_digits.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- reading ---- */

/* The header of a request, as text. */
struct header {
    char *text; /* owned; lines end with "\n" or "\r\n" */
    size_t len; /* with the empty line behind it */
};

/* Returns false when it is not complete. */
static bool find_header(struct slice in, struct header *header)
{
    for (size_t i = 0; i + 1 < in.len; i++) {
        bool crlf = i + 3 < in.len && !memcmp(in.bytes + i, "\r\n\r\n", 4);

        if (crlf || !memcmp(in.bytes + i, "\n\n", 2)) {
            header->text = alloc_string_of(in.bytes, i);
            header->len = i + (crlf ? 4 : 2);
            return true;
        }
    }
    return false;
}

/* The value of a field; NULL when there is none of this name. */
static const char *find_field(const char *text, const char *name)
{
    size_t len = strlen(name);

    for (const char *line = strchr(text, '\n'); line;
         line = strchr(line, '\n')) {
        line++;
        if (!strncasecmp(line, name, len) && line[len] == ':')
            return line + len + 1 + strspn(line + len + 1, " \t");
    }
    return NULL;
}

/* Undo %XX. Returns false when it is not well-formed. */
static bool decode_path(const char *path, size_t len, struct buf *to)
{
    for (size_t i = 0; i < len; i++) {
        if (path[i] != '%') {
            buf_append_u8(to, (uint8_t)path[i]);
            continue;
        }
        int byte = i + 2 < len ? hex_digits_byte(path[i + 1], path[i + 2]) : -1;
        if (byte < 0)
            return false;
        buf_append_u8(to, (uint8_t)byte);
        i += 2;
    }
    return true;
}

/* OpenSSL counts what fills up the last group as bytes of zero. */
static bool decode_base64(struct slice text, struct buf *to)
{
    size_t padding = 0;

    while (padding < 2 && padding < text.len &&
           text.bytes[text.len - 1 - padding] == '=')
        padding++;
    if (!text.len || text.len % 4)
        return false;
    int len =
        EVP_DecodeBlock(buf_reserve(to, text.len), text.bytes, (int)text.len);
    if (len < (int)padding)
        return false;
    to->len += (uint32_t)len - (uint32_t)padding;
    return true;
}

static int read_get(const struct header *header, struct buf *body)
{
    const char *path = header->text + strcspn(header->text, "/");
    size_t len = strcspn(path, " \r\n");
    struct buf text = {0};
    bool good = len > 1 && decode_path(path + 1, len - 1, &text) &&
                decode_base64(buf_slice(&text), body);

    buf_release(&text);
    return good ? (int)header->len : -400;
}

static int read_post(const struct header *header, struct slice in,
                     struct buf *body)
{
    const char *field = find_field(header->text, "Content-Length");
    char *end = NULL;
    unsigned long len =
        field && isdigit((unsigned char)*field) ? strtoul(field, &end, 10) : 0;

    if (!end || (*end && !strchr(" \t\r\n", *end)))
        return -400;
    if (len > CERT_HTTP_MAX_BYTES - header->len)
        return -413;
    if (in.len - header->len < len)
        return 0;
    buf_append(body, in.bytes + header->len, len);
    return (int)(header->len + len);
}

int cert_http_read(struct slice in, struct buf *body)
{
    struct header header = {0};
    int result = -405;

    if (in.len > CERT_HTTP_MAX_BYTES)
        return -413;
    if (!find_header(in, &header))
        return in.len == CERT_HTTP_MAX_BYTES ? -413 : 0;
    if (!strncmp(header.text, "GET /", 5))
        result = read_get(&header, body);
    else if (!strncmp(header.text, "POST /", 6))
        result = read_post(&header, in, body);
    free(header.text);
    return result;
}

/* ---- writing ---- */

static const char *status_text(int status)
{
    switch (status) {
    case 200: return "OK";
    case 405: return "Method Not Allowed";
    case 413: return "Content Too Large";
    default: return "Bad Request";
    }
}

void cert_http_write(int status, struct slice body, struct buf *to)
{
    buf_printf(to, "HTTP/1.0 %d %s\r\n", status, status_text(status));
    if (status == 405)
        buf_append_string(to, "Allow: GET, POST\r\n");
    if (status == 200)
        buf_append_string(to, "Content-Type: application/ocsp-response\r\n");
    buf_printf(to, "Content-Length: %zu\r\n\r\n", body.len);
    buf_append_slice(to, body);
}
