#include "wire/tap_redact.h"

#include <string.h>

#include "mqtt/mqtt.h"
#include "mqtt/property.h"
#include "mqtt/reader.h"
#include "mqtt/varint.h"

/* Connect Flags [MQTT5 3.1.2.3] */
enum { HAS_WILL = 0x04, HAS_PASSWORD = 0x40, HAS_USER_NAME = 0x80 };

/* The top bit of the level says that a bridge connects (MQTT 3.1.1 brokers
   agreed on it among themselves). */
#define LEVEL_MASK 0x7f

/*
 * A walk through a CONNECT. It does not use the codec, which refuses what must
 * be hidden here. at stays before a field that does not fit.
 */
struct walk {
    struct slice bytes;
    size_t at;
    bool failed;
    bool doubted;
    size_t doubt; /* where a field begins that may be longer than it should */
};

/* The field here fits, but looks as if others were within it. */
static void doubt(struct walk *walk)
{
    if (!walk->doubted && !walk->failed)
        walk->doubt = walk->at;
    walk->doubted = true;
}

static size_t left(const struct walk *walk)
{
    return walk->bytes.len - walk->at;
}

static void skip(struct walk *walk, size_t count)
{
    if (walk->failed || count > left(walk))
        walk->failed = true;
    else
        walk->at += count;
}

static unsigned take_u8(struct walk *walk)
{
    skip(walk, 1);
    return walk->failed ? 0 : walk->bytes.bytes[walk->at - 1];
}

/* Two bytes of length and as many as they say. */
static void skip_string(struct walk *walk)
{
    const uint8_t *at = walk->bytes.bytes + walk->at;

    if (walk->failed || left(walk) < 2)
        walk->failed = true;
    else
        skip(walk, 2 + (size_t)(at[0] << 8 | at[1]));
}

static void skip_properties(struct walk *walk)
{
    struct reader reader = {.rest = slice_skip(walk->bytes, walk->at)};
    uint32_t len;

    if (walk->failed)
        return;
    property_read(&reader, MQTT_CONNECT);
    if (reader.reason)
        doubt(walk);
    int used = varint_decode(walk->bytes.bytes + walk->at, left(walk), &len);
    if (used <= 0)
        walk->failed = true;
    else
        skip(walk, (size_t)used + len);
}

static bool has_name(struct slice rest, const char *name, size_t len)
{
    return rest.len >= len && !memcmp(rest.bytes, name, len);
}

/* Does a variable header of CONNECT begin here? */
static bool is_name(struct slice rest)
{
    return has_name(rest, "\0\4MQTT", 6) || has_name(rest, "\0\6MQIsdp", 8);
}

/* No text holds a NUL [MQTT-1.5.4-2], but the length of what follows it
   does. */
static void skip_client_id(struct walk *walk)
{
    struct walk behind = *walk;

    skip_string(&behind);
    if (!behind.failed &&
        memchr(walk->bytes.bytes + walk->at + 2, 0, behind.at - walk->at - 2))
        doubt(walk);
    skip_string(walk);
}

/* Some other protocol's is not much longer. */
static void skip_name(struct walk *walk)
{
    const uint8_t *at = walk->bytes.bytes + walk->at;

    if (left(walk) >= 2 && (at[0] || at[1] > sizeof("MQIsdp") - 1))
        doubt(walk);
    skip_string(walk);
}

/* From the Protocol Name up to the end of the Client Identifier. */
static void walk_head(struct walk *walk, unsigned *version, unsigned *flags)
{
    bool known = is_name(slice_skip(walk->bytes, walk->at));

    skip_name(walk);
    *version = take_u8(walk) & LEVEL_MASK;
    *flags = take_u8(walk);
    skip(walk, 2); /* Keep Alive */
    if (!known || *version < MQTT_3_1 || *version > MQTT_5)
        walk->failed = true;
    if (*version == MQTT_5)
        skip_properties(walk);
    skip_client_id(walk);
}

/* From there to the password. */
static void walk_tail(struct walk *walk, unsigned version, unsigned flags)
{
    if (flags & HAS_WILL) {
        if (version == MQTT_5)
            skip_properties(walk);
        skip_string(walk); /* Will Topic */
        skip_string(walk); /* Will Payload */
    }
    if (flags & HAS_USER_NAME)
        skip_string(walk);
}

/*
 * The variable header of a CONNECT begins at. whole says that the packet ends
 * where the bytes do.
 */
static struct redaction redact_connect(struct slice bytes, size_t at,
                                       bool whole)
{
    struct walk walk = {.bytes = bytes, .at = at};
    unsigned version;
    unsigned flags;

    walk_head(&walk, &version, &flags);
    struct redaction unsure = {walk.doubted ? walk.doubt : walk.at, bytes.len};
    walk_tail(&walk, version, flags);
    struct redaction sure = {walk.at, walk.at};
    if (flags & HAS_PASSWORD) {
        skip_string(&walk);
        sure = (struct redaction){sure.from + 2, walk.at};
    }
    return whole && !walk.failed && walk.at == bytes.len ? sure : unsure;
}

/* Where the first Protocol Name stands; bytes.len when there is none. */
static size_t find_name(struct slice bytes)
{
    size_t at = 0;

    while (at < bytes.len && !is_name(slice_skip(bytes, at)))
        at++;
    return at;
}

bool tap_redact(struct slice bytes, struct redaction *redaction)
{
    bool connect = bytes.len && bytes.bytes[0] >> 4 == MQTT_CONNECT;
    uint32_t length;
    int used = 0;

    if (connect)
        used = varint_decode(bytes.bytes + 1, bytes.len - 1, &length);
    if (used > 0) {
        size_t at = 1 + (size_t)used;

        *redaction = redact_connect(bytes, at, at + length == bytes.len);
    } else {
        size_t at = find_name(bytes);

        *redaction = redact_connect(bytes, at, false);
        if (connect && at == bytes.len)
            redaction->from = 1;
    }
    return redaction->from < redaction->to;
}
