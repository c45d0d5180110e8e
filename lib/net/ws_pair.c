#include "net/ws_pair.h"

#include "base/alloc.h"
#include "net/socket.h"
#include "net/ws_layer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Room for a piece and for a frame, where the system's usual is less. */
#define BUFFER_BYTES (4 * WS_FRAME_BYTES)

static void make_room(int fd)
{
    int room = 0;
    socklen_t len = sizeof(room);

    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &len) != 0 ||
        room >= BUFFER_BYTES / 2)
        return;
    room = BUFFER_BYTES;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
}

/* ---- a server's ---- */

int ws_pair_accept(struct ws *ws)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -errno;
    lws_adopt_desc_t adopt = {
        .vh = ws->context->host,
        .type = LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET,
        .fd.sockfd = ends[1],
        .opaque = ws,
    };
    int error = socket_prepare(ends[0]);

    if (!error)
        error = socket_prepare(ends[1]);
    if (error) {
        close(ends[0]);
        close(ends[1]);
        return error;
    }
    make_room(ends[0]);
    make_room(ends[1]);
    ws->fd = ends[0];
    ws->wsi_fd = ends[1];
    ws->wsi = lws_adopt_descriptor_vhost_via_info(&adopt);
    return ws->wsi ? 0 : -EMFILE; /* it has closed its end */
}

/* ---- a client's ---- */

void ws_pair_prepare(struct ws *ws, const struct ws_request *request)
{
    ws->request = alloc_zero(1, sizeof(*ws->request));
    ws->request->host = alloc_string(request->host);
    ws->request->path = alloc_string(request->path);
    ws->request->protocol = alloc_string(request->protocol);
}

void ws_pair_forget(struct ws *ws)
{
    if (!ws->request)
        return;
    free((void *)(uintptr_t)ws->request->host);
    free((void *)(uintptr_t)ws->request->path);
    free((void *)(uintptr_t)ws->request->protocol);
    free(ws->request);
    ws->request = NULL;
}

static int listen_at(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd < 0)
        return -errno;
    snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
    if (bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0 &&
        listen(fd, 1) == 0)
        return fd;
    int error = -errno;
    close(fd);
    return error;
}

/* Let it connect to address, where listener waits. */
static int meet(struct ws *ws, const char *address, int listener)
{
    struct lws_client_connect_info info = {
        .context = ws->context->lws,
        .vhost = ws->context->host,
        .address = address,
        .host = ws->request->host,
        .path = ws->request->path,
        .protocol = ws->request->protocol,
        .local_protocol_name = ws->request->protocol,
        .opaque_user_data = ws,
        .retry_and_idle_policy = ws->context->never,
        .pwsi = &ws->wsi,
    };

    if (!lws_client_connect_via_info(&info) || !ws->wsi)
        return -ECONNABORTED;
    ws->wsi_fd = lws_get_socket_fd(ws->wsi);
    ws->fd = accept(listener, NULL, NULL);
    if (ws->fd < 0)
        return -errno;
    make_room(ws->fd);
    make_room(ws->wsi_fd);
    return socket_prepare(ws->fd);
}

int ws_pair_connect(struct ws *ws)
{
    const char *parent = getenv("TMPDIR");
    char directory[80];
    char address[100];

    snprintf(directory, sizeof(directory), "%s/mqttlab-XXXXXX",
             parent && strlen(parent) < 40 ? parent : "/tmp");
    if (!mkdtemp(directory))
        return -errno;
    snprintf(address, sizeof(address), "+%s/ws", directory);
    int listener = listen_at(address + 1);
    int error = listener;

    if (listener >= 0) {
        error = meet(ws, address, listener);
        close(listener);
        unlink(address + 1);
    }
    rmdir(directory);
    return error;
}
