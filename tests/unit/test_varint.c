#include "suites.h"

#include "mqtt/mqtt.h"
#include "mqtt/reason.h"
#include "mqtt/varint.h"

#include <string.h>

static const struct {
    uint32_t value;
    int size;
    uint8_t bytes[4];
} valid[] = {
  /* The bounds of each length [MQTT5 1.5.5, table 1-1]. */
    {0,                         1, {0x00}                  },
    {1,                         1, {0x01}                  },
    {127,                       1, {0x7f}                  },
    {128,                       2, {0x80, 0x01}            },
    {300,                       2, {0xac, 0x02}            },
    {16383,                     2, {0xff, 0x7f}            },
    {16384,                     3, {0x80, 0x80, 0x01}      },
    {2097151,                   3, {0xff, 0xff, 0x7f}      },
    {2097152,                   4, {0x80, 0x80, 0x80, 0x01}},
    {MQTT_MAX_REMAINING_LENGTH, 4, {0xff, 0xff, 0xff, 0x7f}},
};

static const struct {
    size_t size;
    uint8_t bytes[5];
} invalid[] = {
  /* longer than needed [MQTT-1.5.5-1] */
    {2, {0x80, 0x00}                  },
    {2, {0xff, 0x00}                  },
    {3, {0x80, 0x80, 0x00}            },
    {3, {0x81, 0x80, 0x00}            },
    {4, {0x80, 0x80, 0x80, 0x00}      },
    {4, {0xff, 0xff, 0xff, 0x00}      },
 /* of more than four bytes, which the fourth already tells */
    {4, {0x80, 0x80, 0x80, 0x80}      },
    {4, {0xff, 0xff, 0xff, 0xff}      },
    {5, {0x80, 0x80, 0x80, 0x80, 0x01}},
    {5, {0xff, 0xff, 0xff, 0xff, 0x00}},
};

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

/* What decoding gives: how many bytes, and the value when there is one. */
static void check_decode(const uint8_t *bytes, size_t len, int want_size,
                         uint32_t want_value)
{
    uint32_t value = 99;

    unit_given("%s", unit_hex_text(bytes, len));
    int size = varint_decode(guarded(bytes, len), len, &value);
    ck_assert_msg(size == want_size, "wanted the size %d%s, got %d", want_size,
                  want_size < 0 ? " (-MQTT_MALFORMED_PACKET)" : "", size);
    ck_assert_msg(size <= 0 || value == want_value,
                  "wanted the value %u, got %u", (unsigned)want_value,
                  (unsigned)value);
}

START_TEST(decode_reads_the_value_and_its_size)
{
    check_decode(valid[_i].bytes, (size_t)valid[_i].size, valid[_i].size,
                 valid[_i].value);
}
END_TEST

START_TEST(decode_leaves_what_follows_alone)
{
    uint8_t bytes[8] = {0};

    for (int i = 0; i < 8; i++)
        bytes[i] = i < valid[_i].size ? valid[_i].bytes[i] : 0xff;
    check_decode(bytes, sizeof(bytes), valid[_i].size, valid[_i].value);
}
END_TEST

START_TEST(decode_of_every_prefix_asks_for_more)
{
    for (size_t cut = 0; cut < (size_t)valid[_i].size; cut++)
        check_decode(valid[_i].bytes, cut, 0, 0);
}
END_TEST

/* [MQTT-1.5.5-1] */
START_TEST(decode_rejects_what_is_longer_than_needed_or_than_four_bytes)
{
    check_decode(invalid[_i].bytes, invalid[_i].size, -MQTT_MALFORMED_PACKET,
                 0);
}
END_TEST

START_TEST(encode_writes_the_fewest_bytes)
{
    uint8_t bytes[4] = {0};
    size_t want = (size_t)valid[_i].size;

    unit_given("the value %u", (unsigned)valid[_i].value);
    size_t size = varint_encode(bytes, valid[_i].value);
    ck_assert_msg(size == want, "wanted %zu bytes, got %zu", want, size);
    ck_assert_msg(!memcmp(bytes, valid[_i].bytes, want), "wanted %s, got %s",
                  unit_hex_text(valid[_i].bytes, want),
                  unit_hex_text(bytes, want));
    size = varint_size(valid[_i].value);
    ck_assert_msg(size == want, "varint_size: wanted %zu, got %zu", want, size);
}
END_TEST

START_TEST(decode_gives_back_what_encode_wrote)
{
    for (uint32_t value = 0; value <= MQTT_MAX_REMAINING_LENGTH;
         value += 1 + value / 300) {
        uint8_t bytes[4];

        unit_given("the value %u", (unsigned)value);
        size_t size = varint_encode(bytes, value);
        ck_assert_msg(size == varint_size(value),
                      "varint_encode gives %zu, varint_size %zu", size,
                      varint_size(value));
        ck_assert_uint_le(size, sizeof(bytes));
        check_decode(bytes, size, (int)size, value);
    }
}
END_TEST

Suite *varint_suite(void)
{
    Suite *suite = suite_create("varint");
    TCase *tcase = unit_case(suite, "varint", 0);

    tcase_add_loop_test(tcase, decode_reads_the_value_and_its_size, 0,
                        COUNT(valid));
    tcase_add_loop_test(tcase, decode_leaves_what_follows_alone, 0,
                        COUNT(valid));
    tcase_add_loop_test(tcase, decode_of_every_prefix_asks_for_more, 0,
                        COUNT(valid));
    tcase_add_loop_test(
        tcase, decode_rejects_what_is_longer_than_needed_or_than_four_bytes, 0,
        COUNT(invalid));
    tcase_add_loop_test(tcase, encode_writes_the_fewest_bytes, 0, COUNT(valid));
    tcase_add_test(tcase, decode_gives_back_what_encode_wrote);
    return suite;
}
