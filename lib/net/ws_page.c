#include "net/ws_page.h"

#include "base/alloc.h"
#include "net/ws_layer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* A page goes in pieces of this size. */
#define PIECE_BYTES 16384

/* A page that is being sent. Each connection is for one. */
struct ws_reply {
    const char *type;    /* of what */
    int fd;              /* of a file; -1: memory */
    struct slice memory; /* borrowed */
    uint64_t left;       /* bytes of the file */
};

/* ---- answers ---- */

struct answer {
    unsigned status;
    const char *type;
    uint64_t length;
    const char *more_name; /* one more line of the header; NULL: none */
    const char *more;
};

static bool add(struct lws *wsi, uint8_t **at, uint8_t *end, const char *name,
                const char *value)
{
    return !lws_add_http_header_by_name(wsi, (const uint8_t *)name,
                                        (const uint8_t *)value,
                                        (int)strlen(value), at, end);
}

/* What was asked and answered: "GET /index.html: 200". What a path cannot hold
   is written as in a URL, so that nobody puts an answer into the question. */
static void note(struct ws *ws, struct lws *wsi, unsigned status)
{
    /* As libwebsockets numbers them. */
    static const char *const methods[] = {"GET",   "POST",   "OPTIONS", "PUT",
                                          "PATCH", "DELETE", "CONNECT", "HEAD"};
    const int count = (int)(sizeof(methods) / sizeof(methods[0]));
    char *path = NULL;
    int len = 0;
    int method = lws_http_get_uri_and_method(wsi, &path, &len);

    struct buf asked = {0};

    for (int i = 0; path && i < len; i++) {
        unsigned char byte = (unsigned char)path[i];
        bool plain = byte > ' ' && byte != 0x7f && byte != '%';

        buf_printf(&asked, plain ? "%c" : "%%%02X", byte);
    }
    ws_layer_say_why(ws, "%s %s: %u",
                     method >= 0 && method < count ? methods[method] : "HTTP",
                     buf_string(&asked), status);
    buf_release(&asked);
}

/* Send status line and header. */
static bool send_head(struct ws *ws, struct lws *wsi,
                      const struct answer *answer)
{
    uint8_t *start = ws->context->frame + LWS_PRE;
    uint8_t *end = start + WS_FRAME_BYTES;
    uint8_t *at = start;

    note(ws, wsi, answer->status);
    return !lws_add_http_header_status(wsi, answer->status, &at, end) &&
           add(wsi, &at, end, "content-type:", answer->type) &&
           !lws_add_http_header_content_length(wsi, answer->length, &at, end) &&
           add(wsi, &at, end, "connection:", "close") &&
           add(wsi, &at, end, "cache-control:", "no-cache") &&
           add(wsi, &at, end, "x-content-type-options:", "nosniff") &&
           (!answer->more_name ||
            add(wsi, &at, end, answer->more_name, answer->more)) &&
           !lws_finalize_write_http_header(wsi, start, &at, end);
}

/* An answer of one line, and the end of the connection. */
static int refuse(struct ws *ws, struct lws *wsi, unsigned status,
                  const char *text)
{
    struct answer answer = {
        .status = status,
        .type = "text/plain; charset=utf-8",
        .length = strlen(text) + 1,
    };

    if (status == HTTP_STATUS_METHOD_NOT_ALLOWED) {
        answer.more_name = "allow:";
        answer.more = "GET, HEAD";
    }
    if (send_head(ws, wsi, &answer)) {
        char *body = (char *)ws->context->frame + LWS_PRE;

        memcpy(body, text, answer.length - 1);
        body[answer.length - 1] = '\n';
        lws_write(wsi, (uint8_t *)body, answer.length, LWS_WRITE_HTTP_FINAL);
    }
    return -1;
}

/* ---- upgrades ---- */

static bool origin_is_welcome(const struct ws_site *site, struct lws *wsi)
{
    char origin[512];

    if (!site->origins)
        return true;
    if (lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) <= 0)
        return false;
    for (const char *const *one = site->origins; *one; one++) {
        if (!strcasecmp(*one, origin))
            return true;
    }
    return false;
}

/* Does the client offer a subprotocol that we speak? [MQTT-6.0.0-3] */
static bool offers_protocol(const struct ws *ws, struct lws *wsi)
{
    static const char space[] = " \t,";
    char offered[256];
    char *rest = NULL;

    if (lws_hdr_copy(wsi, offered, sizeof(offered), WSI_TOKEN_PROTOCOL) <= 0)
        return false;
    for (const char *one = strtok_r(offered, space, &rest); one;
         one = strtok_r(NULL, space, &rest)) {
        for (const char *const *ours = ws->context->protocol_names; *ours;
             ours++) {
            if (!strcmp(*ours, one))
                return true;
        }
    }
    return false;
}

static bool is_version_13(struct lws *wsi)
{
    char version[8];

    return lws_hdr_copy(wsi, version, sizeof(version), WSI_TOKEN_VERSION) > 0 &&
           !strcmp(version, "13");
}

int ws_page_upgrade(struct ws *ws, struct lws *wsi, const char *up)
{
    if (strcasecmp(up, "websocket") != 0)
        return refuse(ws, wsi, HTTP_STATUS_BAD_REQUEST,
                      "The only upgrade here is to websocket.");
    if (!is_version_13(wsi))
        return refuse(ws, wsi, HTTP_STATUS_BAD_REQUEST,
                      "Sec-WebSocket-Version must be 13.");
    if (!lws_hdr_total_length(wsi, WSI_TOKEN_KEY))
        return refuse(ws, wsi, HTTP_STATUS_BAD_REQUEST,
                      "Sec-WebSocket-Key is missing.");
    if (!offers_protocol(ws, wsi))
        return refuse(ws, wsi, HTTP_STATUS_BAD_REQUEST,
                      "Sec-WebSocket-Protocol must offer mqtt.");
    if (!origin_is_welcome(ws->site, wsi))
        return refuse(ws, wsi, HTTP_STATUS_FORBIDDEN,
                      "Pages of this origin may not connect here.");
    return 0;
}

/* ---- pages ---- */

static const char *type_of(const char *path)
{
    /* clang-format off */
    static const struct {
        const char *ending;
        const char *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".htm",  "text/html; charset=utf-8"},
        {".css",  "text/css; charset=utf-8"},
        {".js",   "text/javascript; charset=utf-8"},
        {".mjs",  "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".txt",  "text/plain; charset=utf-8"},
        {".md",   "text/plain; charset=utf-8"},
        {".svg",  "image/svg+xml"},
        {".png",  "image/png"},
        {".jpg",  "image/jpeg"},
        {".jpeg", "image/jpeg"},
        {".gif",  "image/gif"},
        {".webp", "image/webp"},
        {".ico",  "image/x-icon"},
        {".wasm", "application/wasm"},
    };
    /* clang-format on */
    const char *ending = strrchr(path, '.');

    for (size_t i = 0; ending && i < sizeof(types) / sizeof(types[0]); i++) {
        if (!strcasecmp(types[i].ending, ending))
            return types[i].type;
    }
    return "application/octet-stream";
}

/*
 * Open a file below a directory. Each part of the path is opened by itself,
 * and none may be a link, or begin with a dot, so nothing leads out. Returns a
 * descriptor, or -1.
 */
static int open_below(int directory, const char *path)
{
    int at = fcntl(directory, F_DUPFD_CLOEXEC, 0);

    while (at >= 0 && *path) {
        size_t len = strcspn(path, "/");
        const char *rest = path + len + strspn(path + len, "/");
        char *name = alloc_string_of(path, len);
        int next = -1;

        if (len && name[0] != '.')
            next = openat(at, name,
                          O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK |
                              (path[len] ? O_DIRECTORY : 0));
        free(name);
        close(at);
        at = next;
        path = rest;
    }
    return at;
}

/* A file for path, which begins with a slash; a directory is its index.html. */
static struct ws_reply *open_file(int directory, const char *path)
{
    struct stat about;
    int fd = open_below(directory, path + strspn(path, "/"));

    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISDIR(about.st_mode)) {
        int index = open_below(fd, "index.html");

        close(fd);
        fd = index;
        path = ".html";
    }
    if (fd < 0)
        return NULL;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        close(fd);
        return NULL;
    }
    struct ws_reply *reply = alloc_zero(1, sizeof(*reply));
    reply->type = type_of(path);
    reply->fd = fd;
    reply->left = (uint64_t)about.st_size;
    return reply;
}

static const struct ws_page *find_page(const struct ws_site *site,
                                       const char *path)
{
    for (size_t i = 0; i < site->page_count; i++) {
        if (!strcmp(site->pages[i].path, path))
            return &site->pages[i];
    }
    return NULL;
}

static struct ws_reply *open_page(const struct ws_page *page)
{
    struct ws_reply *reply = alloc_zero(1, sizeof(*reply));

    reply->type = type_of(page->path);
    reply->fd = -1;
    reply->memory = page->content;
    reply->left = page->content.len;
    return reply;
}

/* Is it GET or HEAD? */
static bool may_get(struct lws *wsi, bool *head)
{
    char *path = NULL;
    int len = 0;
    int method = lws_http_get_uri_and_method(wsi, &path, &len);

    *head = method == LWSHUMETH_HEAD;
    return *head || method == LWSHUMETH_GET;
}

int ws_page_get(struct ws *ws, struct lws *wsi, const char *path)
{
    const struct ws_site *site = ws->site;
    struct answer answer = {.status = HTTP_STATUS_OK};
    bool head;

    if (!may_get(wsi, &head))
        return refuse(ws, wsi, HTTP_STATUS_METHOD_NOT_ALLOWED,
                      "Only GET and HEAD are answered here.");
    if (!strcmp(path, "/"))
        path = "/index.html";
    if (site->directory >= 0) {
        ws->reply = open_file(site->directory, path);
    } else {
        const struct ws_page *page = find_page(site, path);

        if (page)
            ws->reply = open_page(page);
        /* Ours need nothing else; others' pages may need anything. */
        answer.more_name = "content-security-policy:";
        answer.more = "default-src 'self'; connect-src 'self' ws: wss:";
    }
    if (!ws->reply)
        return refuse(ws, wsi, HTTP_STATUS_NOT_FOUND, "There is no such page.");
    answer.type = ws->reply->type;
    answer.length = ws->reply->left;
    if (!send_head(ws, wsi, &answer) || head)
        return -1;
    lws_callback_on_writable(wsi);
    return 0;
}

/* The next piece of the page, in memory to be written from. */
static ssize_t next_piece(struct ws_reply *reply, uint8_t *piece)
{
    size_t len = reply->left < PIECE_BYTES ? (size_t)reply->left : PIECE_BYTES;

    if (reply->fd >= 0)
        return read(reply->fd, piece, len);
    memcpy(piece, reply->memory.bytes, len);
    reply->memory = slice_skip(reply->memory, len);
    return (ssize_t)len;
}

int ws_page_go_on(struct ws *ws, struct lws *wsi)
{
    struct ws_reply *reply = ws->reply;
    uint8_t *piece = ws->context->frame + LWS_PRE;

    if (!reply || !reply->left)
        return -1;
    ssize_t len = next_piece(reply, piece);
    if (len <= 0)
        return -1; /* it has become shorter */
    reply->left -= (uint64_t)len;
    ws->page_moves = true;
    if (lws_write(wsi, piece, (size_t)len,
                  reply->left ? LWS_WRITE_HTTP : LWS_WRITE_HTTP_FINAL) < 0 ||
        !reply->left)
        return -1;
    lws_callback_on_writable(wsi);
    return 0;
}

void ws_page_forget(struct ws *ws)
{
    if (ws->reply && ws->reply->fd >= 0)
        close(ws->reply->fd);
    free(ws->reply);
    ws->reply = NULL;
}
