/*
 * Headers of WebSocket frames [RFC 6455 5.2], and the rules of their order.
 */
#include "suites.h"

#include <string.h>

#include "base/buf.h"
#include "net/ws_frame.h"

/* clang-format off */
static const struct {
    const char *hex;
    struct ws_frame frame;
} valid[] = {
    {"8200",         {.fin = true, .opcode = WS_FRAME_BINARY}},
    {"0205",         {.opcode = WS_FRAME_BINARY, .payload_bytes = 5}},
    {"c17d",         {.fin = true, .reserved = 4, .opcode = WS_FRAME_TEXT,
                      .payload_bytes = 125}},
    {"88821a2b3c4d", {.fin = true, .opcode = WS_FRAME_CLOSE, .masked = true,
                      .key = {0x1a, 0x2b, 0x3c, 0x4d}, .payload_bytes = 2}},
    {"827e007e",     {.fin = true, .opcode = WS_FRAME_BINARY,
                      .payload_bytes = 126}},
    {"82feffff01020304", {.fin = true, .opcode = WS_FRAME_BINARY,
                          .masked = true, .key = {1, 2, 3, 4},
                          .payload_bytes = 65535}},
    {"827f0000000000010000", {.fin = true, .opcode = WS_FRAME_BINARY,
                              .payload_bytes = 65536}},
    {"82ff7fffffffffffffff01020304", {.fin = true, .opcode = WS_FRAME_BINARY,
                                      .masked = true, .key = {1, 2, 3, 4},
                                      .payload_bytes = INT64_MAX}},
};

static const char *const bad_lengths[] = {
    "827e007d", "827e0000", "827f000000000000ffff", "827f8000000000000000",
};

/* What a client must not send; the last header is the bad one. */
static const struct {
    const char *hex;
    const char *wrong;
} against[] = {
    {"8200",                     "without a mask"},
    {"c28000000000",             "reserved bits"},
    {"838000000000",             "an opcode that is reserved"},
    {"8b8000000000",             "an opcode that is reserved"},
    {"098000000000",             "a fragment of a control frame"},
    {"89fe007e00000000",         "longer than 125 bytes"},
    {"808000000000",             "a continuation came of nothing"},
    {"028000000000" "828000000000", "within a fragmented message"},
    {"028000000000" "808000000000" "808000000000", "of nothing"},
    {"82fe007d00000000",         "a length that is none"},
};
/* clang-format on */

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

START_TEST(a_header_is_read_to_the_last_bit)
{
    uint8_t bytes[64];
    size_t len = unit_hex(valid[_i].hex, bytes, sizeof(bytes));
    struct ws_frame frame;

    ck_assert_int_eq(
        ws_frame_decode(slice_of(guarded(bytes, len), len), &frame), (int)len);
    ck_assert_int_eq(frame.fin, valid[_i].frame.fin);
    ck_assert_uint_eq(frame.reserved, valid[_i].frame.reserved);
    ck_assert_uint_eq(frame.opcode, valid[_i].frame.opcode);
    ck_assert_int_eq(frame.masked, valid[_i].frame.masked);
    ck_assert_mem_eq(frame.key, valid[_i].frame.key, 4);
    ck_assert_uint_eq(frame.payload_bytes, valid[_i].frame.payload_bytes);
}
END_TEST

START_TEST(every_prefix_of_a_header_asks_for_more)
{
    uint8_t bytes[64];
    size_t len = unit_hex(valid[_i].hex, bytes, sizeof(bytes));
    struct ws_frame frame;

    for (size_t cut = 0; cut < len; cut++)
        ck_assert_int_eq(
            ws_frame_decode(slice_of(guarded(bytes, cut), cut), &frame), 0);
}
END_TEST

START_TEST(a_length_must_be_short_and_positive)
{
    uint8_t bytes[64];
    size_t len = unit_hex(bad_lengths[_i], bytes, sizeof(bytes));
    struct ws_frame frame;

    ck_assert_int_eq(ws_frame_decode(slice_of(bytes, len), &frame),
                     -WS_CLOSE_PROTOCOL_ERROR);
}
END_TEST

/* Two fragments of a message, a Ping with payload between them, a Close. */
static const char stream[] = "0290aabbccddc2dea0b1c597ec8acfd99fb2c9d0a9a9"
                             "8982aabbccddcbd9"
                             "8081aabbccdd89"
                             "8880aabbccdd";

/* What the reader says of in, as text: "h2 p... hP ..." with unmasked
   payloads. */
static void read_all(struct ws_frame_reader *reader, struct slice in,
                     struct buf *said)
{
    for (;;) {
        struct ws_frame_part part = ws_frame_next(reader, &in, true);
        uint8_t plain[64];

        if (part.kind == WS_FRAME_NOTHING)
            return;
        ck_assert_ptr_null(part.wrong);
        if (part.kind == WS_FRAME_HEADER) {
            buf_printf(said, "[%u:%u]", (unsigned)reader->frame.opcode,
                       (unsigned)reader->frame.payload_bytes);
            continue;
        }
        ws_frame_unmask(reader, part.bytes, plain);
        buf_append(said, plain, part.bytes.len);
    }
}

START_TEST(frames_are_the_same_however_they_are_cut)
{
    uint8_t bytes[80];
    size_t len = unit_hex(stream, bytes, sizeof(bytes));

    for (size_t first = 0; first <= len; first++) {
        for (size_t second = first; second <= len; second++) {
            struct ws_frame_reader reader = {0};
            size_t cuts[] = {0, first, second, len};
            struct buf said = {0};

            for (int i = 0; i < 3; i++) {
                size_t count = cuts[i + 1] - cuts[i];

                read_all(&reader,
                         slice_of(guarded(bytes + cuts[i], count), count),
                         &said);
            }
            ck_assert_str_eq(buf_string(&said), "[2:16]hello, WebSocket"
                                                "[9:2]ab[0:1]#[8:0]");
            ck_assert(!reader.in_message);
            buf_release(&said);
        }
    }
}
END_TEST

START_TEST(a_long_payload_is_unmasked_wherever_it_is_cut)
{
    enum { LEN = 100 };

    const uint8_t key[4] = {0x11, 0x22, 0x44, 0x88};
    uint8_t masked[LEN];
    uint8_t plain[LEN];

    for (size_t i = 0; i < LEN; i++)
        masked[i] = (uint8_t)(i ^ key[i & 3]);
    for (size_t cut = 0; cut <= LEN; cut++) {
        struct ws_frame_reader reader = {
            .frame = {.masked = true, .payload_bytes = LEN},
            .payload_left = LEN - cut,
        };

        memcpy(reader.frame.key, key, sizeof(key));
        ws_frame_unmask(&reader, slice_of(masked, cut), plain);
        reader.payload_left = 0;
        ws_frame_unmask(&reader, slice_of(masked + cut, LEN - cut),
                        plain + cut);
        for (size_t i = 0; i < LEN; i++)
            ck_assert_uint_eq(plain[i], i);
    }
}
END_TEST

START_TEST(what_a_client_must_not_send_is_seen)
{
    uint8_t bytes[64];
    size_t len = unit_hex(against[_i].hex, bytes, sizeof(bytes));
    struct ws_frame_reader reader = {0};
    struct ws_frame_part part = {.kind = WS_FRAME_HEADER};
    struct slice in = slice_of(bytes, len);

    while (part.kind == WS_FRAME_HEADER)
        part = ws_frame_next(&reader, &in, true);
    ck_assert_int_eq(part.kind, WS_FRAME_WRONG);
    ck_assert_msg(strstr(part.wrong, against[_i].wrong) != NULL, "%s",
                  part.wrong);
}
END_TEST

START_TEST(what_comes_byte_by_byte_is_seen_as_well)
{
    uint8_t bytes[64];
    size_t len = unit_hex(against[_i].hex, bytes, sizeof(bytes));
    struct ws_frame_reader reader = {0};
    struct ws_frame_part part = {0};

    for (size_t i = 0; i < len && part.kind != WS_FRAME_WRONG; i++) {
        struct slice in = slice_of(bytes + i, 1);

        part = ws_frame_next(&reader, &in, true);
    }
    ck_assert_int_eq(part.kind, WS_FRAME_WRONG);
}
END_TEST

START_TEST(a_server_must_not_mask)
{
    struct ws_frame_reader reader = {0};
    const uint8_t masked[] = {0x82, 0x80, 0, 0, 0, 0};
    const uint8_t plain[] = {0x82, 0x00};
    struct slice in = slice_of(plain, sizeof(plain));

    ck_assert_int_eq(ws_frame_next(&reader, &in, false).kind, WS_FRAME_HEADER);
    in = slice_of(masked, sizeof(masked));
    ck_assert_int_eq(ws_frame_next(&reader, &in, false).kind, WS_FRAME_WRONG);
}
END_TEST

static const uint64_t lengths[] = {0,     1,     125,     126,      65535,
                                   65536, 70000, 1 << 30, INT64_MAX};

START_TEST(a_header_that_is_written_can_be_read)
{
    uint8_t header[WS_FRAME_HEADER_BYTES];
    struct ws_frame frame;
    size_t len = ws_frame_encode(header, WS_FRAME_BINARY, lengths[_i]);

    ck_assert_int_eq(ws_frame_decode(slice_of(header, len), &frame), (int)len);
    ck_assert(frame.fin && !frame.masked && !frame.reserved);
    ck_assert_uint_eq(frame.opcode, WS_FRAME_BINARY);
    ck_assert_uint_eq(frame.payload_bytes, lengths[_i]);
}
END_TEST

Suite *ws_frame_suite(void)
{
    Suite *suite = suite_create("ws_frame");
    TCase *headers = unit_case(suite, "headers", 5);
    TCase *rules = unit_case(suite, "rules", 5);

    tcase_add_loop_test(headers, a_header_is_read_to_the_last_bit, 0,
                        COUNT(valid));
    tcase_add_loop_test(headers, every_prefix_of_a_header_asks_for_more, 0,
                        COUNT(valid));
    tcase_add_loop_test(headers, a_length_must_be_short_and_positive, 0,
                        COUNT(bad_lengths));
    tcase_add_loop_test(headers, a_header_that_is_written_can_be_read, 0,
                        COUNT(lengths));
    tcase_add_test(rules, frames_are_the_same_however_they_are_cut);
    tcase_add_test(rules, a_long_payload_is_unmasked_wherever_it_is_cut);
    tcase_add_loop_test(rules, what_a_client_must_not_send_is_seen, 0,
                        COUNT(against));
    tcase_add_loop_test(rules, what_comes_byte_by_byte_is_seen_as_well, 0,
                        COUNT(against));
    tcase_add_test(rules, a_server_must_not_mask);
    return suite;
}
