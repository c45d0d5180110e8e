#include "suites.h"

#include "mqtt/mqtt.h"
#include "mqtt/reason.h"
#include "mqtt/varint.h"

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

START_TEST(decode_reads_the_value_and_its_size)
{
    uint32_t value = 99;
    size_t size = (size_t)valid[_i].size;

    ck_assert_int_eq(
        varint_decode(guarded(valid[_i].bytes, size), size, &value),
        valid[_i].size);
    ck_assert_uint_eq(value, valid[_i].value);
}
END_TEST

START_TEST(decode_leaves_what_follows_alone)
{
    uint8_t bytes[8] = {0};
    uint32_t value = 99;

    for (int i = 0; i < 8; i++)
        bytes[i] = i < valid[_i].size ? valid[_i].bytes[i] : 0xff;
    ck_assert_int_eq(varint_decode(bytes, sizeof(bytes), &value),
                     valid[_i].size);
    ck_assert_uint_eq(value, valid[_i].value);
}
END_TEST

START_TEST(decode_of_every_prefix_asks_for_more)
{
    uint32_t value;

    for (size_t cut = 0; cut < (size_t)valid[_i].size; cut++)
        ck_assert_int_eq(
            varint_decode(guarded(valid[_i].bytes, cut), cut, &value), 0);
}
END_TEST

/* [MQTT-1.5.5-1] */
START_TEST(decode_rejects_what_is_longer_than_needed_or_than_four_bytes)
{
    uint32_t value;
    const uint8_t *bytes = guarded(invalid[_i].bytes, invalid[_i].size);

    ck_assert_int_eq(varint_decode(bytes, invalid[_i].size, &value),
                     -MQTT_MALFORMED_PACKET);
}
END_TEST

START_TEST(encode_writes_the_fewest_bytes)
{
    uint8_t bytes[4] = {0};
    size_t size = varint_encode(bytes, valid[_i].value);

    ck_assert_uint_eq(size, (size_t)valid[_i].size);
    ck_assert_mem_eq(bytes, valid[_i].bytes, size);
    ck_assert_uint_eq(varint_size(valid[_i].value), size);
}
END_TEST

START_TEST(decode_gives_back_what_encode_wrote)
{
    for (uint32_t value = 0; value <= MQTT_MAX_REMAINING_LENGTH;
         value += 1 + value / 300) {
        uint8_t bytes[4];
        uint32_t again;
        size_t size = varint_encode(bytes, value);

        ck_assert_uint_eq(size, varint_size(value));
        ck_assert_int_eq(varint_decode(bytes, size, &again), (int)size);
        ck_assert_uint_eq(again, value);
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
