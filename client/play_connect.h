/*
 * What a line "connect" of a script says (client/play_script.h), made what a
 * client needs.
 */
#ifndef CLIENT_PLAY_CONNECT_H
#define CLIENT_PLAY_CONNECT_H

#include "client/client.h"
#include "client/play_script.h"

/* What a client of a script borrows as long as it lives. All zero before the
   first use. */
struct play_connect {
    struct buf id;
    struct buf will_topic;
    struct buf will_payload;
    struct buf user;
    struct buf password;
    struct tls_context *tls; /* owned, as the next; NULL: none */
    struct ws_context *ws;
};

/*
 * Fill config, of which host and port are set already. folder is that of the
 * script's files; NULL: the present one. Returns false when a file cannot be
 * used, after saying so on standard error.
 */
bool play_connect_read(struct play_connect *connect,
                       struct client_config *config, struct loop *loop,
                       const struct play_line *line, struct play_values *values,
                       const char *folder);

/* When the client is freed. It can be used again. */
void play_connect_release(struct play_connect *connect);

#endif
