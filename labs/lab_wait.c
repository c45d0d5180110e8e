#include "labs/lab_wait.h"

#include "base/clock.h"
#include "labs/lab_broker.h"
#include "labs/workspace.h"
#include "wire/dissect.h"
#include "wire/filter.h"
#include "wire/history.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MAX_SECONDS 86400

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 3 };

static bool matches(struct lab_broker *broker, const struct filter *filter,
                    struct history *history, struct dissection *scratch)
{
    struct record record;
    struct history_row row;

    while (tap_reader_next(&broker->reader, &record)) {
        history_add(history, &record);
        if (history_get(history, history_end(history) - 1, &row) &&
            filter_match(filter, &row, scratch))
            return true;
    }
    return false;
}

/* The port on which clients find the broker: $MQTTLAB_PORT, as in solutions. */
static bool wait_port(uint16_t usual, uint16_t *port)
{
    const char *text = getenv("MQTTLAB_PORT");
    long value = usual;
    bool good = true;

    if (text && *text) {
        char *end;

        value = strtol(text, &end, 10);
        good = !*end && value >= 1 && value <= 65535;
    }
    *port = (uint16_t)value;
    if (good)
        return true;
    fprintf(stderr, "mqttlab lab wait: MQTTLAB_PORT is no port: %s\n", text);
    return false;
}

/* How long to wait: whole seconds, at most a day. */
static bool wait_seconds(const char *const words[], size_t count,
                         uint64_t *seconds)
{
    const char *text = count > 1 ? words[1] : "10";
    char *end;

    errno = 0;
    *seconds = strtoull(text, &end, 10);
    if (isdigit((unsigned char)text[0]) && !*end && !errno &&
        *seconds <= WAIT_MAX_SECONDS && count <= 2)
        return true;
    fprintf(stderr,
            "mqttlab lab wait: the filter is one word, and behind it stands at "
            "most a number of seconds up to %d\n",
            WAIT_MAX_SECONDS);
    return false;
}

static bool wait_on(struct lab_broker *broker, const struct filter *filter,
                    uint64_t seconds)
{
    uint64_t deadline = clock_read_monotonic_ns() + seconds * CLOCK_NS_PER_S;
    struct history *history = history_new(16u << 20);
    struct dissection scratch = {0};
    bool found = matches(broker, filter, history, &scratch);

    while (!found && clock_read_monotonic_ns() < deadline) {
        poll(NULL, 0, 10);
        found = matches(broker, filter, history, &scratch);
    }
    dissect_release(&scratch);
    history_free(history);
    return found;
}

static int wait_for_record(const char *text, uint64_t seconds, uint16_t port)
{
    struct filter_error wrong;
    struct filter *filter = filter_new(text, &wrong);
    struct lab_broker broker;
    char error[400];
    int status = EXIT_FAILED;

    if (!filter) {
        fprintf(stderr, "mqttlab lab wait: column %u: %s\n", wrong.column,
                wrong.message);
        return EXIT_USAGE;
    }
    if (lab_broker_attach(&broker, port, error, sizeof(error)) != 0)
        fprintf(stderr, "mqttlab lab wait: %s\n", error);
    else if (wait_on(&broker, filter, seconds))
        status = EXIT_GOOD;
    lab_broker_close(&broker);
    filter_free(filter);
    return status;
}

/* Until a broker is on the port, and the lab that is open watches it. */
static int wait_for_broker(uint64_t seconds, uint16_t port)
{
    uint64_t deadline = clock_read_monotonic_ns() + seconds * CLOCK_NS_PER_S;
    char *folder = workspace_open_now();
    struct lab_broker broker;
    char error[400];
    bool watched = false;

    for (;;) {
        if (lab_broker_attach(&broker, port, error, sizeof(error)) == 0)
            watched = !folder || workspace_watches(folder, broker.pid);
        lab_broker_close(&broker);
        if (watched || clock_read_monotonic_ns() >= deadline)
            break;
        poll(NULL, 0, 10);
    }
    free(folder);
    return watched ? EXIT_GOOD : EXIT_FAILED;
}

int lab_wait(const char *const words[], size_t count, uint16_t port)
{
    uint64_t seconds;

    if (!wait_seconds(words, count, &seconds) || !wait_port(port, &port))
        return EXIT_USAGE;
    return strcmp(words[0], "broker") == 0
               ? wait_for_broker(seconds, port)
               : wait_for_record(words[0], seconds, port);
}
