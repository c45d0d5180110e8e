#include "suites.h"

#include <string.h>

#include "mqtt/framer.h"

/* A stream of five packets, one with a Remaining Length of two bytes. */
static uint8_t stream[256];
static size_t stream_len;

static const struct {
    uint8_t first;
    size_t size;
    size_t header;
} packets[] = {
    {0x30, 7,   2}, /* PUBLISH */
    {0xc0, 2,   2}, /* PINGREQ */
    {0x3d, 203, 3}, /* PUBLISH of 200 bytes */
    {0x62, 4,   2}, /* PUBREL */
    {0xe0, 2,   2}, /* DISCONNECT */
};

#define PACKETS (sizeof(packets) / sizeof(packets[0]))

static void setup(void)
{
    stream_len = 0;
    for (size_t i = 0; i < PACKETS; i++) {
        uint8_t *at = stream + stream_len;
        size_t body = packets[i].size - packets[i].header;

        memset(at, (int)i, packets[i].size);
        at[0] = packets[i].first;
        at[1] = (uint8_t)(body & 0x7f);
        if (packets[i].header == 3) {
            at[1] |= 0x80;
            at[2] = (uint8_t)(body >> 7);
        }
        stream_len += packets[i].size;
    }
}

static int next(const uint8_t *bytes, size_t len, struct frame *frame)
{
    return framer_next(slice_of(bytes, len), MQTT_MAX_PACKET_SIZE, frame);
}

/* Take what whole packets there are; *at is where the first unused byte is. */
static void drain(const uint8_t *bytes, size_t len, size_t *at, size_t *count)
{
    struct frame frame;
    int used;

    while ((used = next(bytes + *at, len - *at, &frame)) > 0) {
        ck_assert_uint_lt(*count, PACKETS);
        ck_assert_uint_eq((size_t)used, packets[*count].size);
        ck_assert_uint_eq(frame.first, packets[*count].first);
        ck_assert_uint_eq(frame_type(&frame), packets[*count].first >> 4);
        ck_assert_ptr_eq(frame.whole.bytes, bytes + *at);
        ck_assert_uint_eq(frame.whole.len, packets[*count].size);
        ck_assert_ptr_eq(frame.body.bytes,
                         bytes + *at + packets[*count].header);
        ck_assert_uint_eq(frame.body.len,
                          packets[*count].size - packets[*count].header);
        *at += (size_t)used;
        ++*count;
    }
    ck_assert_int_eq(used, 0);
}

START_TEST(a_stream_is_cut_into_its_packets)
{
    size_t at = 0;
    size_t count = 0;

    drain(guarded(stream, stream_len), stream_len, &at, &count);
    ck_assert_uint_eq(count, PACKETS);
    ck_assert_uint_eq(at, stream_len);
}
END_TEST

START_TEST(a_stream_may_come_byte_by_byte)
{
    size_t at = 0;
    size_t count = 0;

    for (size_t len = 0; len <= stream_len; len++)
        drain(guarded(stream, len), len, &at, &count);
    ck_assert_uint_eq(count, PACKETS);
    ck_assert_uint_eq(at, stream_len);
}
END_TEST

START_TEST(a_stream_may_be_cut_in_two_anywhere)
{
    for (size_t cut = 0; cut <= stream_len; cut++) {
        size_t at = 0;
        size_t count = 0;

        drain(guarded(stream, cut), cut, &at, &count);
        drain(guarded(stream, stream_len), stream_len, &at, &count);
        ck_assert_uint_eq(count, PACKETS);
        ck_assert_uint_eq(at, stream_len);
    }
}
END_TEST

/* May this byte begin a packet? [MQTT-2.1.3-1] and what 3.1 allows. */
static bool may_begin(unsigned first)
{
    unsigned flags = first & 0x0f;

    switch (first >> 4) {
    case 0: return false;
    case MQTT_PUBLISH: return true; /* its flags are judged with its body */
    case MQTT_PUBREL:               /* [MQTT-3.6.1-1] */
    case MQTT_SUBSCRIBE:            /* [MQTT-3.8.1-1] */
    case MQTT_UNSUBSCRIBE:          /* [MQTT-3.10.1-1] */
        return flags == 0x02 || flags == 0x0a;
    default: return flags == 0;
    }
}

START_TEST(the_first_byte_alone_can_be_refused)
{
    for (unsigned first = 0; first < 256; first++) {
        uint8_t bytes[] = {(uint8_t)first, 0};
        struct frame frame;
        bool good = may_begin(first);

        ck_assert_int_eq(next(guarded(bytes, 1), 1, &frame),
                         good ? 0 : -MQTT_MALFORMED_PACKET);
        ck_assert_int_eq(next(guarded(bytes, 2), 2, &frame),
                         good ? 2 : -MQTT_MALFORMED_PACKET);
    }
}
END_TEST

static const struct {
    const char *hex;
    uint32_t max_size;
    int want;
    uint32_t size; /* what framer_size says */
} heads[] = {
    {"",              100,                      0,                      0                   },
    {"30",            100,                      0,                      0                   },
    {"30 80",         100,                      0,                      0                   },
    {"30 ff ff ff",   100,                      0,                      0                   },
    {"30 00",         2,                        2,                      2                   },
    {"30 00 99",      2,                        2,                      2                   },
    {"30 01",         100,                      0,                      3                   },
    {"30 8000",       100,                      -MQTT_MALFORMED_PACKET, 0                   }, /* [MQTT-1.5.5-1] */
    {"30 ffffffff",   100,                      -MQTT_MALFORMED_PACKET, 0                   },
    {"30 8080808001", 100,                      -MQTT_MALFORMED_PACKET, 0                   },
    {"30 62",         100,                      0,                      100                 },
    {"30 63",         100,                      -MQTT_PACKET_TOO_LARGE, 101                 },
    {"30 8001",       100,                      -MQTT_PACKET_TOO_LARGE, 131                 },
    {"30 ffffff7f",   MQTT_MAX_PACKET_SIZE,     0,                      MQTT_MAX_PACKET_SIZE},
    {"30 ffffff7f",   MQTT_MAX_PACKET_SIZE - 1, -MQTT_PACKET_TOO_LARGE,
     MQTT_MAX_PACKET_SIZE                                                                   },
    {"30 ffffff7f",   UINT32_MAX,               0,                      MQTT_MAX_PACKET_SIZE},
};

START_TEST(the_fixed_header_is_judged_as_soon_as_it_is_there)
{
    uint8_t bytes[16];
    size_t len = unit_hex(heads[_i].hex, bytes, sizeof(bytes));
    struct slice in = slice_of(guarded(bytes, len), len);
    struct frame frame;

    ck_assert_int_eq(framer_next(in, heads[_i].max_size, &frame),
                     heads[_i].want);
    ck_assert_uint_eq(framer_size(in), heads[_i].size);
}
END_TEST

Suite *framer_suite(void)
{
    Suite *suite = suite_create("framer");
    TCase *tcase = unit_case(suite, "framer", 0);

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_stream_is_cut_into_its_packets);
    tcase_add_test(tcase, a_stream_may_come_byte_by_byte);
    tcase_add_test(tcase, a_stream_may_be_cut_in_two_anywhere);
    tcase_add_test(tcase, the_first_byte_alone_can_be_refused);
    tcase_add_loop_test(tcase,
                        the_fixed_header_is_judged_as_soon_as_it_is_there, 0,
                        (int)(sizeof(heads) / sizeof(heads[0])));
    return suite;
}
