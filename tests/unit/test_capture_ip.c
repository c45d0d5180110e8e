#include "suites.h"

#include "capture/capture_ip.h"

#include <stdlib.h>
#include <string.h>

#define ETHERNET 1

static struct capture_ip *ip;

static void set_up(void)
{
    ip = capture_ip_new();
}

static void tear_down(void)
{
    capture_ip_free(ip);
}

static enum capture_ip_result take(struct slice bytes,
                                   struct capture_datagram *datagram)
{
    const struct capture_item frame = {
        .type = CAPTURE_FRAME,
        .original_len = (uint32_t)bytes.len,
        .link_type = ETHERNET,
        .bytes = bytes,
    };

    return capture_ip_take(ip, &frame, datagram);
}

/* Of UDP with "hi" in it, from 1.2.3.4 to 5.6.7.8. */
#define PACKET                                         \
    "45 00 00 1e 00 00 00 00 40 11 00 00 01 02 03 04 " \
    "05 06 07 08 00 01 00 02 00 0a 00 00 68 69"
#define MACS "00 00 00 00 00 00 00 00 00 00 00 00 "
#define SNAP "aa aa 03 00 00 00 "

static const char *const layers[] = {
    MACS "08 00 " PACKET,
    MACS "81 00 00 05 08 00 " PACKET,
    MACS "88 a8 00 05 81 00 00 06 08 00 " PACKET,
    MACS "00 26 " SNAP "08 00 " PACKET,
    MACS "81 00 00 05 00 26 " SNAP "08 00 " PACKET,
    MACS "88 64 11 00 00 00 00 20 00 21 " PACKET,
    MACS "08 00 " PACKET " 00 00 00 00", /* a trailer of Ethernet */
};

START_TEST(a_datagram_is_found_behind_each_link_layer)
{
    struct capture_datagram datagram;
    uint8_t bytes[200];
    size_t len = unit_hex(layers[_i], bytes, sizeof(bytes));

    ck_assert_int_eq(take(slice_of(guarded(bytes, len), len), &datagram),
                     CAPTURE_IP_DATAGRAM);
    ck_assert_uint_eq(datagram.protocol, CAPTURE_UDP);
    ck_assert_uint_eq(datagram.len, 10);
    ck_assert(slice_equal_string(slice_skip(datagram.payload, 8), "hi"));
    for (size_t cut = 0; cut < len; cut++)
        take(slice_of(guarded(bytes, cut), cut), &datagram);
}
END_TEST

/* Whatever a file says, the stack has an end. */
START_TEST(tags_without_end_are_nothing)
{
    static const uint8_t kinds[][8] = {
        {0xaa, 0xaa, 3,    0, 0, 0, 0,    0x26},
        {0,    5,    0x81, 0, 0, 5, 0x81, 0   },
    };
    struct capture_datagram datagram;
    size_t len = CAPTURE_MAX_BLOCK - 14;
    uint8_t *bytes = calloc(1, len);

    memcpy(bytes + 12, _i ? "\x81\0" : "\0\x26", 2);
    for (size_t at = 14; at + 8 <= len; at += 8)
        memcpy(bytes + at, kinds[_i], 8);
    ck_assert_int_eq(take(slice_of(bytes, len), &datagram), CAPTURE_IP_NOTHING);
    free(bytes);
}
END_TEST

Suite *capture_ip_suite(void)
{
    Suite *suite = suite_create("capture_ip");
    TCase *tcase = unit_case(suite, "capture_ip", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_datagram_is_found_behind_each_link_layer, 0,
                        sizeof(layers) / sizeof(layers[0]));
    tcase_add_loop_test(tcase, tags_without_end_are_nothing, 0, 2);
    return suite;
}
