/*
 * mqttlab tour: what the dashboard shows, for a place without a terminal. A
 * broker, a subscriber and a publisher are started; the packets that pass are
 * printed, and one of them field by field.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/process.h"
#include "tui/child.h"
#include "tui/commands.h"
#include "tui/source.h"
#include "wire/render.h"

#define EXIT_USAGE  3
#define WAIT_MS     5000
#define STEP_MS     20
#define BROKERS_MAX 64
#define FIRST_PORT  18830
#define PORTS       200

struct tour {
    struct child broker;
    struct child subscriber;
    struct child publisher;
    struct source source;
    struct store *store;
    char port[8];
};

/* ---- steps ---- */

static bool find_broker(struct tour *tour, struct control_broker *found)
{
    struct control_broker brokers[BROKERS_MAX];
    int count = control_find(brokers, BROKERS_MAX);

    for (int i = 0; i < count; i++) {
        if (brokers[i].pid != tour->broker.pid)
            continue;
        *found = brokers[i];
        return true;
    }
    return false;
}

static int attach(struct tour *tour)
{
    struct control_broker found = {0};
    char error[300];
    int status;

    for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
        if (find_broker(tour, &found))
            return source_attach(&tour->source, &found, error, sizeof(error));
        if (child_ended(&tour->broker, &status))
            return -EADDRINUSE;
        poll(NULL, 0, STEP_MS);
    }
    return -ETIMEDOUT;
}

/* Start a broker on the first port that is free, and watch it. */
static int start_broker(struct tour *tour)
{
    const char *argv[] = {"broker", "-p", tour->port, NULL};
    int error = -EADDRINUSE;

    for (int i = 0; i < PORTS && error == -EADDRINUSE; i++) {
        pid_t pid;
        char name[32];
        uint16_t port = (uint16_t)(FIRST_PORT + i);

        if (process_listening_on(port, &pid, name, sizeof(name)) == 0)
            continue;
        snprintf(tour->port, sizeof(tour->port), "%u", port);
        error = child_start(&tour->broker, argv, NULL);
        if (!error)
            error = attach(tour);
        if (error)
            child_stop(&tour->broker);
    }
    /* As in a lab: the clients read no file of the user's defaults. */
    setenv("MQTTLAB_PORT", tour->port, 1);
    return error;
}

/* Wait until a packet of this type went by. */
static bool wait_for(struct tour *tour, unsigned type, bool from_client,
                     uint64_t count)
{
    const struct model_counters *counters = &tour->store->model->counters;

    for (int waited = 0; waited < WAIT_MS; waited += STEP_MS) {
        source_poll(&tour->source, 0);
        store_catch_up(tour->store, 0);
        if (counters->packets[from_client][type] >= count)
            return true;
        poll(NULL, 0, STEP_MS);
    }
    return false;
}

static int start_subscriber(struct tour *tour)
{
    const char *argv[] = {"sub", "-h",      "127.0.0.1", "-p",    tour->port,
                          "-i",  "testSub", "-t",        "debug", "-q",
                          "2",   "-C",      "1",         NULL};
    int error = child_start(&tour->subscriber, argv, NULL);

    if (!error && !wait_for(tour, MQTT_SUBACK, false, 1))
        error = -ETIMEDOUT;
    return error;
}

static int publish(struct tour *tour)
{
    const char *argv[] = {"pub",   "-h",      "127.0.0.1", "-p",    tour->port,
                          "-i",    "testPub", "-t",        "debug", "-m",
                          "hello", "-q",      "2",         NULL};
    int error = child_start(&tour->publisher, argv, NULL);

    if (!error && child_wait(&tour->publisher, WAIT_MS) != 0)
        error = -ECHILD;
    if (!error && child_wait(&tour->subscriber, WAIT_MS) != 0)
        error = -ECHILD;
    if (!error && !wait_for(tour, MQTT_DISCONNECT, true, 2))
        error = -ETIMEDOUT;
    return error;
}

/* ---- what is printed ---- */

static void print_packets(const struct tour *tour)
{
    struct buf line = {0};

    printf("\nEvery packet that passed, in both directions"
           " (> to the broker, < to a client):\n\n");
    for (size_t i = 0; i < store_count(tour->store, STORE_PACKETS); i++) {
        struct history_row row;

        if (!store_row(tour->store, store_at(tour->store, STORE_PACKETS, i),
                       &row))
            continue;
        buf_clear(&line);
        render_line(&line, &row);
        puts(buf_string(&line));
    }
    buf_release(&line);
}

/* The first PUBLISH, field by field and byte by byte. */
static void print_publish(const struct tour *tour)
{
    struct dissection dissection = {0};
    struct buf text = {0};

    for (size_t i = 0; i < store_count(tour->store, STORE_PACKETS); i++) {
        struct history_row row;

        if (!store_row(tour->store, store_at(tour->store, STORE_PACKETS, i),
                       &row) ||
            row.note.type != MQTT_PUBLISH)
            continue;
        dissect_packet(&dissection, row.record.bytes, row.note.version,
                       row.record.direction == RECORD_C2B);
        render_tree(&text, &dissection);
        buf_append_string(&text, "\n");
        render_hex(&text, row.record.bytes);
        printf("\nPacket %llu, the PUBLISH, field by field and as bytes:\n\n"
               "%s",
               (unsigned long long)row.number, buf_string(&text));
        break;
    }
    dissect_release(&dissection);
    buf_release(&text);
}

static void print_received(const struct tour *tour)
{
    struct buf text = {0};

    child_output(&tour->subscriber, &text);
    printf("\nThe subscriber printed: %s", buf_string(&text));
    buf_release(&text);
}

static int explain(const struct tour *tour, const char *what, int error)
{
    struct buf said = {0};

    child_output(&tour->broker, &said);
    child_output(&tour->subscriber, &said);
    child_output(&tour->publisher, &said);
    fprintf(stderr, "mqttlab: tour: %s: %s\n%s", what, strerror(-error),
            buf_string(&said));
    buf_release(&said);
    return 1;
}

static int take_tour(struct tour *tour)
{
    char text[500];
    int error;

    printf("mqttlab " MQTTLAB_VERSION ": a short tour, as text.\n\n");
    error = control_directory(text, sizeof(text));
    if (error) {
        control_explain(error, text, sizeof(text));
        fprintf(stderr, "mqttlab: tour: %s\n", text);
        return 1;
    }
    error = start_broker(tour);
    if (error)
        return explain(tour, "the broker did not start", error);
    printf("$ mqttlab broker -p %s\n"
           "$ mosquitto_sub -h 127.0.0.1 -p %s -i testSub -t debug -q 2 -C 1\n"
           "$ mosquitto_pub -h 127.0.0.1 -p %s -i testPub -t debug -m hello"
           " -q 2\n",
           tour->port, tour->port, tour->port);
    error = start_subscriber(tour);
    if (error)
        return explain(tour, "the subscriber did not subscribe", error);
    error = publish(tour);
    if (error)
        return explain(tour, "the message did not arrive", error);
    print_packets(tour);
    print_publish(tour);
    print_received(tour);
    printf("\nIn a terminal, mqttlab shows this live. mqttlab lab 1 begins the"
           " first lab.\n");
    return 0;
}

int cmd_tour(int argc, char **argv)
{
    struct tour tour = {0};
    int code;

    if (argc > 1) {
        bool help = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");

        fputs("Usage: mqttlab tour\n"
              "Show as text what the dashboard shows: start a broker, a"
              " subscriber and\na publisher, and print the packets that"
              " pass.\n",
              help ? stdout : stderr);
        return help ? 0 : EXIT_USAGE;
    }
    /* Who reads us may go away, as `head` does: the broker must not stay. */
    signal(SIGPIPE, SIG_IGN);
    tour.store = store_new(0);
    source_init(&tour.source, tour.store);
    code = take_tour(&tour);
    if (fflush(stdout) != 0 || ferror(stdout))
        code = 1;
    source_close(&tour.source);
    child_stop(&tour.publisher);
    child_stop(&tour.subscriber);
    child_stop(&tour.broker);
    store_free(tour.store);
    return code;
}
