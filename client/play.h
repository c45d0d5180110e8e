/*
 * Plays a script (client/play_script.h): its clients do one deed after the
 * other, each when the one before is done.
 */
#ifndef CLIENT_PLAY_H
#define CLIENT_PLAY_H

#include "client/client.h"
#include "client/play_script.h"
#include "net/timer.h"

struct play;

struct play_options {
    const char *host;
    uint16_t port;
    const char *id;     /* {id} */
    const char *every;  /* {every} */
    const char *folder; /* of the files that it names; NULL: the present */
    uint64_t seed;      /* of the values */
    bool quick;         /* "wait" takes no time */
    void *owner;
    /* A client is about to connect; it may be announced as a script's. May be
       NULL, as the next. */
    void (*on_client)(void *owner, const char *client_id);
    void (*on_note)(void *owner, const char *text);
    /* All is done (NULL), or why it went wrong. */
    void (*on_end)(void *owner, const char *error);
};

/* script and what options point to are borrowed. It begins in the next turn of
   the loop. */
struct play *play_new(struct loop *loop, const struct play_script *script,
                      const struct play_options *options);

/* Its clients say goodbye where they can; on_end follows. */
void play_stop(struct play *play);

/* After on_end. NULL does nothing. */
void play_free(struct play *play);

#endif
