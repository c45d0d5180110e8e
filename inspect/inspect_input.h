/*
 * Where the rows come from: a capture, or the tap of a broker.
 */
#ifndef INSPECT_INSPECT_INPUT_H
#define INSPECT_INSPECT_INPUT_H

#include "capture/capture.h"

struct inspect_input {
    const char *file; /* "-": standard input; NULL: none */
    const char *tap;  /* path of a control socket, or port; NULL: none */
    const char *psk;  /* hex digits; NULL: none */
    /* Path of a TLS key log; NULL: SSLKEYLOGFILE, if there is one. */
    const char *keylog;
    struct capture_options capture;   /* with on_row */
    void (*on_idle)(void *context);   /* nothing more is there just now */
    bool (*want_more)(void *context); /* false: it can end here */
};

/*
 * Hand on all rows. Returns the exit code: 0, or 1 after a message on standard
 * error. A tap ends with its broker, or by SIGINT or SIGTERM.
 */
int inspect_input_file(const struct inspect_input *input);
int inspect_input_tap(const struct inspect_input *input);

#endif
