#include "suites.h"

#include <string.h>

#include "mqtt/reader.h"
#include "mqtt/writer.h"

static struct reader reader_over(const char *hex)
{
    uint8_t bytes[64];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    return (struct reader){.rest = slice_of(guarded(bytes, len), len)};
}

START_TEST(reads_fields_in_order)
{
    struct reader reader =
        reader_over("01 0203 04050607 ac02 0002 6869 0003 0080ff 0a0b 0c0d0e");

    ck_assert_uint_eq(reader_u8(&reader), 0x01);
    ck_assert_uint_eq(reader_u16(&reader), 0x0203);
    ck_assert_uint_eq(reader_u32(&reader), 0x04050607);
    ck_assert_uint_eq(reader_varint(&reader), 300);
    ck_assert(slice_equal_string(reader_string(&reader), "hi"));
    ck_assert(slice_equal(reader_binary(&reader), slice_of("\0\x80\xff", 3)));
    ck_assert(slice_equal_string(reader_bytes(&reader, 2), "\x0a\x0b"));
    ck_assert(slice_equal_string(reader_rest(&reader), "\x0c\x0d\x0e"));
    reader_end(&reader);
    ck_assert_int_eq(reader.reason, MQTT_SUCCESS);
}
END_TEST

START_TEST(largest_values_come_through)
{
    struct reader reader = reader_over("ff ffff ffffffff ffffff7f");

    ck_assert_uint_eq(reader_u8(&reader), UINT8_MAX);
    ck_assert_uint_eq(reader_u16(&reader), UINT16_MAX);
    ck_assert_uint_eq(reader_u32(&reader), UINT32_MAX);
    ck_assert_uint_eq(reader_varint(&reader), MQTT_MAX_REMAINING_LENGTH);
    ck_assert_int_eq(reader.reason, MQTT_SUCCESS);
}
END_TEST

enum field { U8, U16, U32, VARINT, BINARY, STRING, BYTES_3, END };

static const struct {
    enum field field;
    const char *hex;
} failing[] = {
    {U8,      ""           },
    {U16,     ""           },
    {U16,     "01"         },
    {U32,     ""           },
    {U32,     "010203"     },
    {VARINT,  ""           },
    {VARINT,  "80"         },
    {VARINT,  "ffffff"     },
    {VARINT,  "8000"       }, /* [MQTT-1.5.5-1] */
    {VARINT,  "8080808001" },
    {BINARY,  ""           },
    {BINARY,  "00"         },
    {BINARY,  "0001"       },
    {BINARY,  "ffff 61"    },
    {STRING,  "0002 61"    },
    {STRING,  "0001 80"    }, /* [MQTT-1.5.4-1] */
    {STRING,  "0003 eda080"}, /* [MQTT-1.5.4-1] */
    {STRING,  "0003 610062"}, /* [MQTT-1.5.4-2] */
    {BYTES_3, "0102"       },
    {END,     "00"         },
};

static void read_field(struct reader *reader, enum field field)
{
    switch (field) {
    case U8: ck_assert_uint_eq(reader_u8(reader), 0); break;
    case U16: ck_assert_uint_eq(reader_u16(reader), 0); break;
    case U32: ck_assert_uint_eq(reader_u32(reader), 0); break;
    case VARINT: ck_assert_uint_eq(reader_varint(reader), 0); break;
    case BINARY: ck_assert_uint_eq(reader_binary(reader).len, 0); break;
    case STRING: ck_assert_uint_eq(reader_string(reader).len, 0); break;
    case BYTES_3: ck_assert_uint_eq(reader_bytes(reader, 3).len, 0); break;
    case END: reader_end(reader); break;
    }
}

START_TEST(a_field_that_is_cut_short_or_ill_formed_is_malformed)
{
    struct reader reader = reader_over(failing[_i].hex);

    read_field(&reader, failing[_i].field);
    ck_assert_int_eq(reader.reason, MQTT_MALFORMED_PACKET);
}
END_TEST

START_TEST(after_a_failure_every_read_gives_nothing)
{
    struct reader reader = reader_over("01020304050607080900000000000000");

    reader_fail(&reader, MQTT_PROTOCOL_ERROR);
    for (enum field field = U8; field <= END; field++)
        read_field(&reader, field);
    ck_assert_uint_eq(reader_rest(&reader).len, 0);
    ck_assert_int_eq(reader.reason, MQTT_PROTOCOL_ERROR);
}
END_TEST

START_TEST(the_first_reason_stays)
{
    struct reader reader = reader_over("00");

    reader_fail(&reader, MQTT_TOPIC_NAME_INVALID);
    reader_fail(&reader, MQTT_PROTOCOL_ERROR);
    reader_u32(&reader);
    ck_assert_int_eq(reader.reason, MQTT_TOPIC_NAME_INVALID);
}
END_TEST

START_TEST(empty_fields_are_fields)
{
    struct reader reader = reader_over("0000 0000");

    ck_assert_uint_eq(reader_string(&reader).len, 0);
    ck_assert_uint_eq(reader_binary(&reader).len, 0);
    ck_assert_uint_eq(reader_bytes(&reader, 0).len, 0);
    ck_assert_uint_eq(reader_rest(&reader).len, 0);
    reader_end(&reader);
    ck_assert_int_eq(reader.reason, MQTT_SUCCESS);
}
END_TEST

START_TEST(the_writer_writes_what_the_reader_reads)
{
    uint8_t want[64];
    size_t len = unit_hex("e2 ac02 01 0203 04050607 ffffff7f 0002 6869 0000",
                          want, sizeof(want));
    struct buf out = {0};

    writer_header(&out, 0xe2, 300);
    writer_u8(&out, 0x01);
    writer_u16(&out, 0x0203);
    writer_u32(&out, 0x04050607);
    writer_varint(&out, MQTT_MAX_REMAINING_LENGTH);
    writer_binary(&out, slice_of_string("hi"));
    writer_binary(&out, slice_of(NULL, 0));
    ck_assert(slice_equal(buf_slice(&out), slice_of(want, len)));
    buf_release(&out);
}
END_TEST

START_TEST(the_longest_string_comes_through)
{
    static uint8_t text[UINT16_MAX];
    struct buf out = {0};

    memset(text, 'x', sizeof(text));
    writer_binary(&out, slice_of(text, sizeof(text)));
    ck_assert_uint_eq(out.len, 2 + sizeof(text));
    struct reader reader = {.rest =
                                slice_of(guarded(out.bytes, out.len), out.len)};
    ck_assert(
        slice_equal(reader_string(&reader), slice_of(text, sizeof(text))));
    reader_end(&reader);
    ck_assert_int_eq(reader.reason, MQTT_SUCCESS);
    buf_release(&out);
}
END_TEST

Suite *reader_suite(void)
{
    Suite *suite = suite_create("reader");
    TCase *tcase = unit_case(suite, "reader", 0);

    tcase_add_test(tcase, reads_fields_in_order);
    tcase_add_test(tcase, largest_values_come_through);
    tcase_add_loop_test(tcase,
                        a_field_that_is_cut_short_or_ill_formed_is_malformed, 0,
                        (int)(sizeof(failing) / sizeof(failing[0])));
    tcase_add_test(tcase, after_a_failure_every_read_gives_nothing);
    tcase_add_test(tcase, the_first_reason_stays);
    tcase_add_test(tcase, empty_fields_are_fields);
    tcase_add_test(tcase, the_writer_writes_what_the_reader_reads);
    tcase_add_test(tcase, the_longest_string_comes_through);
    return suite;
}
