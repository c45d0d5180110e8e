/*
 * Scripts for simulated devices and demonstrations: one deed on each line.
 *
 *   connect NAME [will TOPIC MESSAGE] [retain] [keepalive N] [version 5] [kept]
 *       [id ID] [user NAME] [password WORD] [port N] [ws]
 *       [tls CAFILE] [cert FILE KEYFILE] [psk IDENTITY KEY] [refused]
 *   NAME subscribe FILTER [qos N]
 *   NAME publish TOPIC MESSAGE [qos N] [retain] [times N]
 *   NAME disconnect              properly
 *   NAME cut                     the connection breaks: its will is sent
 *   NAME lost                    wait until the broker has ended it
 *   wait TIME                    2s, 500ms
 *   note TEXT                    for all who watch the broker
 *   begin                        to here "again" goes back
 *   again
 *
 * Who is "refused" must not be let in, be it by CONNACK, in the handshake of
 * TLS, or without a word. Files lie in the folder of the script.
 *
 * A word with blanks stands in "quotes". {id} and {every} are what the command
 * line says; {count} counts publications, {random 1..6}, {walk 18..26} (a value
 * that wanders), {turn on off} and {bytes 2000} (so many letters) make values.
 * "#" begins a comment.
 */
#ifndef CLIENT_PLAY_SCRIPT_H
#define CLIENT_PLAY_SCRIPT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAY_WORDS_MAX   24
#define PLAY_LINES_MAX   1000
#define PLAY_CLIENTS_MAX 16
#define PLAY_TIMES_MAX   1000
#define PLAY_BYTES_MAX   1000000

enum play_deed {
    PLAY_CONNECT,
    PLAY_SUBSCRIBE,
    PLAY_PUBLISH,
    PLAY_DISCONNECT,
    PLAY_CUT,
    PLAY_LOST,
    PLAY_WAIT,
    PLAY_NOTE,
    PLAY_BEGIN,
    PLAY_AGAIN,
};

struct play_line {
    enum play_deed deed;
    unsigned client;             /* index of the one that does it */
    unsigned number;             /* of the line in the text, from 1 */
    char *words[PLAY_WORDS_MAX]; /* behind the deed; owned */
    size_t word_count;
};

struct play_script {
    struct play_line *lines; /* owned, as the names */
    size_t line_count;
    char *clients[PLAY_CLIENTS_MAX]; /* names, as written */
    size_t client_count;
};

/* Read a script. Returns false with a sentence in error. */
bool play_script_read(struct play_script *script, const char *text, char *error,
                      size_t error_size);
void play_script_release(struct play_script *script);

/* Told of each line of a script that is wrong; false: that is enough. */
typedef bool play_script_wrong(void *context, unsigned number,
                               const char *wrong);
void play_script_check(const char *text, play_script_wrong *tell,
                       void *context);

/* "2s", "500ms", "3": milliseconds, 1 to a day; 0: it is none. */
unsigned play_time_ms(const char *text);

/* What changes from use to use. */
struct play_values {
    const char *id;    /* {id} */
    const char *every; /* {every} */
    uint64_t count;    /* {count}: of publications */
    uint64_t random;   /* state; never 0 */
    double walk;       /* where {walk} is, from 0 to 1 */
    bool turned;
};

/* Append a word with its {values}. */
void play_fill(struct play_values *values, const char *word, struct buf *out);

/* What is built in: name, script, what it is for; a NULL name ends it. */
struct play_built_in {
    const char *name;
    bool device; /* else a demonstration */
    const char *what;
    const char *text;
};
const struct play_built_in *play_built_ins(void);

#endif
