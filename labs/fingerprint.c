#define _GNU_SOURCE /* memmem */

#include "labs/fingerprint.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/map.h"
#include "labs/params.h"
#include "mqtt/mqtt.h"
#include "wire/render.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define KEPT          64 /* smallest hashes of each kind */
#define SAID_BYTES    16384
#define SAID_PACKETS  100 /* whose bytes are looked at */
#define SAID_COLUMNS  200
#define SHORTEST_NS   CLOCK_NS_PER_MS /* shorter times may be equal by chance */
#define BREAK_NS      (600 * CLOCK_NS_PER_S)
#define RARE          4096 /* a value of so many is nobody's by chance */
#define SHORTEST_OWN  4
#define RANDOM_BYTES  32 /* of a ClientHello [RFC 8446 4.1.2] */
#define RANDOM_AT     11 /* from the start of its TLS record */
#define DRAWN_BYTES   20 /* a Client Identifier that was drawn has so many, */
#define DRAWN_CHANGES 6  /* and so often a digit or case beside another */

/* The smallest of many hashes, sorted, each once. */
struct sketch {
    uint64_t hashes[KEPT];
    size_t count;
};

struct fingerprint {
    struct sketch times;
    struct sketch random;
    uint64_t last_ns;   /* of the student's packets; 0: none yet */
    uint64_t before_ns; /* time between the two before */
    uint64_t all_ns;    /* of all records */
    uint64_t worked_ns;
    struct buf said;    /* lines */
    struct map strings; /* by address: the history has each string once */
    unsigned packets;
};

struct fingerprint *fingerprint_new(void)
{
    return alloc_zero(1, sizeof(struct fingerprint));
}

void fingerprint_free(struct fingerprint *fingerprint)
{
    if (!fingerprint)
        return;
    buf_release(&fingerprint->said);
    map_release(&fingerprint->strings);
    free(fingerprint);
}

static void keep(struct sketch *sketch, const void *bytes, size_t len)
{
    static const uint64_t seed[2] = {0};
    uint64_t hash = map_hash(seed, slice_of(bytes, len)) >> 1;
    size_t at = 0;

    while (at < sketch->count && sketch->hashes[at] < hash)
        at++;
    if (at == KEPT || (at < sketch->count && sketch->hashes[at] == hash))
        return;
    if (sketch->count < KEPT)
        sketch->count++;
    memmove(&sketch->hashes[at + 1], &sketch->hashes[at],
            (sketch->count - at - 1) * sizeof(sketch->hashes[0]));
    sketch->hashes[at] = hash;
}

/* When it was, and the two times before it: the second finds recordings whose
   clock was moved. */
static void feed_time(struct fingerprint *fingerprint, uint64_t time_ns)
{
    uint64_t since_ns = time_ns - fingerprint->last_ns;

    if (time_ns < fingerprint->last_ns + SHORTEST_NS)
        return;
    keep(&fingerprint->times, &time_ns, sizeof(time_ns));
    if (fingerprint->before_ns) {
        const uint64_t pair[2] = {fingerprint->before_ns, since_ns};

        keep(&fingerprint->times, pair, sizeof(pair));
    }
    fingerprint->before_ns = fingerprint->last_ns ? since_ns : 0;
    fingerprint->last_ns = time_ns;
}

static void say(struct fingerprint *fingerprint, struct slice bytes)
{
    if (fingerprint->said.len > SAID_BYTES || !bytes.len)
        return;
    render_text(&fingerprint->said, bytes, SAID_COLUMNS);
    buf_append_u8(&fingerprint->said, '\n');
}

/* A string of the tracker's, which lives longer than this. */
static void say_once(struct fingerprint *fingerprint, const char *string)
{
    struct slice key = slice_of_string(string);

    if (!*string || fingerprint->said.len > SAID_BYTES ||
        map_set(&fingerprint->strings, key, fingerprint))
        return;
    say(fingerprint, key);
}

/* 0: what separates words. */
static char kind_of(char c)
{
    return isdigit((unsigned char)c)   ? '0'
           : islower((unsigned char)c) ? 'a'
           : isupper((unsigned char)c) ? 'A'
                                       : '\0';
}

/* Words, and numbers behind them, may come to two who think alike: letters and
   digits in disorder do not. */
static bool was_drawn(const char *client_id)
{
    unsigned changes = 0;
    size_t len = strlen(client_id);

    for (size_t i = 1; i < len; i++) {
        char kind = kind_of(client_id[i]);
        char before = kind_of(client_id[i - 1]);

        changes += kind && before && kind != before;
    }
    return len >= DRAWN_BYTES && changes >= DRAWN_CHANGES;
}

static void feed_packet(struct fingerprint *fingerprint,
                        const struct history_row *row)
{
    const struct track_note *note = &row->note;

    feed_time(fingerprint, row->record.time_ns);
    say_once(fingerprint, note->client_id);
    say_once(fingerprint, note->user_name);
    say_once(fingerprint, note->topic);
    if (was_drawn(note->client_id))
        keep(&fingerprint->random, note->client_id, strlen(note->client_id));
    if ((note->type == MQTT_PUBLISH || note->type == MQTT_CONNECT) &&
        fingerprint->packets++ < SAID_PACKETS)
        say(fingerprint, row->record.bytes);
}

/* Of the cable: the random bytes of a ClientHello, the key of a WebSocket. */
static void feed_cable(struct fingerprint *fingerprint, struct slice bytes)
{
    static const char key[] = "Sec-WebSocket-Key: ";
    static const size_t key_bytes = 24; /* 16 in Base64 [RFC 6455 4.1] */
    static const uint8_t handshake = 22;
    static const uint8_t client_hello = 1;

    if (bytes.len >= RANDOM_AT + RANDOM_BYTES && bytes.bytes[0] == handshake &&
        bytes.bytes[5] == client_hello) {
        keep(&fingerprint->random, bytes.bytes + RANDOM_AT, RANDOM_BYTES);
        return;
    }
    const uint8_t *at = bytes.len && bytes.bytes[0] == 'G'
                            ? memmem(bytes.bytes, bytes.len, key, strlen(key))
                            : NULL;
    if (at && (size_t)(at - bytes.bytes) + strlen(key) + key_bytes <= bytes.len)
        keep(&fingerprint->random, at + strlen(key), key_bytes);
}

void fingerprint_feed(struct fingerprint *fingerprint,
                      const struct history_row *row)
{
    const struct record *record = &row->record;
    uint64_t since_ns = record->time_ns - fingerprint->all_ns;

    if (fingerprint->all_ns && record->time_ns > fingerprint->all_ns &&
        since_ns < BREAK_NS)
        fingerprint->worked_ns += since_ns;
    if (record->time_ns > fingerprint->all_ns)
        fingerprint->all_ns = record->time_ns;
    if (record->direction != RECORD_C2B || record->actor == RECORD_SCRIPT ||
        (record->flags & RECORD_SNAPSHOT))
        return;
    if (record->type == RECORD_MQTT)
        feed_packet(fingerprint, row);
    else if (record->type == RECORD_WIRE)
        feed_cable(fingerprint, record->bytes);
}

static json_t *sketch_json(const struct sketch *sketch)
{
    json_t *list = json_array();

    for (size_t i = 0; i < sketch->count; i++)
        json_array_append_new(list,
                              json_integer((json_int_t)sketch->hashes[i]));
    return list;
}

static json_t *own_json(const struct lab *lab)
{
    json_t *list = json_array();

    for (size_t i = 0; i < lab->param_count; i++) {
        const struct lab_param *param = &lab->params[i];

        if (param->value && strlen(param->value) >= SHORTEST_OWN &&
            params_variety(param->rule) >= RARE)
            json_array_append_new(list, json_string(param->value));
    }
    return list;
}

json_t *fingerprint_json(const struct fingerprint *fingerprint,
                         const struct lab *lab)
{
    json_t *said = json_stringn((const char *)fingerprint->said.bytes,
                                fingerprint->said.len);

    return json_pack("{s:o, s:o, s:o, s:o}", "times",
                     sketch_json(&fingerprint->times), "random",
                     sketch_json(&fingerprint->random), "said",
                     said ? said : json_string(""), "own", own_json(lab));
}

uint64_t fingerprint_seconds(const struct fingerprint *fingerprint)
{
    return fingerprint->worked_ns / CLOCK_NS_PER_S;
}
