#include "client/client_payload.h"

#include "client/client_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void client_payload_release(struct client_payload *payload)
{
    buf_release(&payload->bytes);
    *payload = (struct client_payload){0};
}

bool client_payload_claim(struct client_payload *payload,
                          struct client_options *options)
{
    if (payload->given)
        return client_options_fail(
            options, "Only one type of message can be sent at once.\n");
    payload->given = true;
    return true;
}

bool client_payload_take(struct client_payload *payload,
                         struct client_options *options, int id,
                         const char *value)
{
    if (!client_payload_claim(payload, options))
        return false;
    if (id == OPTION_MESSAGE)
        buf_append_string(&payload->bytes, value);
    else if (id == OPTION_FILE)
        payload->file = value;
    else if (id == OPTION_STDIN_FILE)
        payload->file = "-";
    return true;
}

/* Read all of a stream; 0, or a negative errno. */
static int read_all(struct buf *to, FILE *from)
{
    for (;;) {
        size_t got = fread(buf_reserve(to, 65536), 1, 65536, from);

        to->len += (uint32_t)got;
        if (got == 0)
            return ferror(from) ? -errno : 0;
        if (to->len > MQTT_MAX_REMAINING_LENGTH)
            return -EFBIG;
    }
}

/* The name is the user's: it may hold anything. */
static void say_with_name(const char *text, const char *name)
{
    fprintf(stderr, "Error%s \"", text);
    client_text_print(stderr, name);
    fputs("\".\n", stderr);
}

static bool load_file(struct client_payload *payload)
{
    FILE *file = fopen(payload->file, "rb");
    int error = file ? read_all(&payload->bytes, file) : 0;

    if (!file)
        say_with_name(": Unable to open file", payload->file);
    else if (error == -EFBIG)
        fprintf(stderr, "Error: File must be less than %u bytes.\n\n",
                MQTT_MAX_REMAINING_LENGTH);
    else if (error)
        fprintf(stderr, "Error: Unable to read file: %s.\n", strerror(-error));
    if (file)
        fclose(file);
    if (file && !error)
        return true;
    say_with_name(" loading input file", payload->file);
    return false;
}

static bool load_stdin(struct client_payload *payload)
{
    int error = read_all(&payload->bytes, stdin);

    if (!error && payload->bytes.len)
        return true;
    if (error)
        fprintf(stderr, "Error: %s.\n", strerror(-error));
    else
        fputs("Error: Zero length input.\n", stderr);
    fputs("Error loading input from stdin.\n", stderr);
    return false;
}

bool client_payload_load(struct client_payload *payload)
{
    if (!payload->file)
        return true;
    return strcmp(payload->file, "-") != 0 ? load_file(payload)
                                           : load_stdin(payload);
}
