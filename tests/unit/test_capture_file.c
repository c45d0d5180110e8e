/*
 * Capture files: what is in them, and what is wrong with them.
 */
#include "suites.h"

#include "base/buf.h"
#include "capture/capture_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Gives bytes in pieces, as a pipe does. */
struct pipe {
    struct slice rest;
    size_t piece;
};

static ssize_t give(void *context, void *bytes, size_t len)
{
    struct pipe *pipe = context;

    if (len > pipe->piece)
        len = pipe->piece;
    if (len > pipe->rest.len)
        len = pipe->rest.len;
    if (len)
        memcpy(bytes, pipe->rest.bytes, len);
    pipe->rest = slice_skip(pipe->rest, len);
    return (ssize_t)len;
}

static ssize_t refuse(void *context, void *bytes, size_t len)
{
    (void)context;
    (void)bytes;
    (void)len;
    return -EIO;
}

#define PCAP   "d4c3b2a1 0200 0400 00000000 00000000 00000400 01000000 "
#define PCAP_B "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001 "
#define PCAP_N "4d3cb2a1 0200 0400 00000000 00000000 00000400 65000000 "
#define SECTION \
    "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffff ffffffff 1c000000 "
#define SECTION_B \
    "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffff ffffffff 0000001c "
#define INTERFACE   "01000000 14000000 6500 0000 00000000 14000000 "
#define INTERFACE_B "00000001 00000014 0071 0000 00000000 00000014 "

/* ---- what is there ---- */

struct frame_case {
    const char *name;
    const char *hex;
    uint64_t time_ns;
    uint16_t link_type;
    uint32_t original_len;
    const char *bytes;
};

static const struct frame_case frame_cases[] = {
    {"pcap",                           PCAP "01000000 02000000 02000000 05000000 abcd",   1000002000,  1,    5,
     "abcd"                                                                                                           },
    {"pcap of the other order",
     PCAP_B "00000001 00000002 00000002 00000005 abcd",                                   1000002000,  1,    5,
     "abcd"                                                                                                           },
    {"pcap in ns",                     PCAP_N "01000000 02000000 02000000 02000000 abcd",
     1000000002,                                                                                       101,  2, "abcd"},
    {"enhanced block",
     SECTION INTERFACE "06000000 24000000 00000000 00000000 40420f00 02000000 "
                       "09000000 abcd0000 24000000",                                      1000000000,  101,  9, "abcd"},
    {"other order",
     SECTION_B INTERFACE_B
     "00000006 00000024 00000000 00000000 000f4240 00000002 00000009 abcd0000 "
     "00000024",                                                                          1000000000,  0x71, 9, "abcd"},
    {"nanoseconds",
     SECTION "01000000 20000000 6500 0000 00000000 0900 0100 09000000 00000000 "
             "20000000 "
             "06000000 24000000 00000000 00000000 05000000 02000000 02000000 "
             "abcd0000 24000000",                                                         5,           101,  2, "abcd"},
    {"powers of two, and an offset",
     SECTION
     "01000000 2c000000 6500 0000 00000000 0900 0100 81000000 0e00 0800 "
     "0a000000 00000000 00000000 2c000000 "
     "06000000 24000000 00000000 00000000 03000000 02000000 02000000 "
     "abcd0000 24000000",                                                                 11500000000, 101,  2, "abcd"},
    {"simple block",
     SECTION INTERFACE "03000000 14000000 02000000 abcd0000 14000000",                    0,           101,
     2,                                                                                                         "abcd"},
    {"old block",
     SECTION INTERFACE "02000000 24000000 0000 0000 00000000 40420f00 02000000 "
                       "02000000 abcd0000 24000000",                                      1000000000,  101,  2, "abcd"},
    {"unknown blocks are passed over",
     SECTION "05000000 0c000000 0c000000 " INTERFACE
             "efbeadde 10000000 01020304 10000000 "
             "03000000 14000000 02000000 abcd0000 14000000",                              0,           101,  2, "abcd"},
};

static struct capture_file *open_hex(struct pipe *pipe, const char *hex,
                                     size_t piece, char *error)
{
    static uint8_t bytes[1000];
    size_t len = unit_hex(hex, bytes, sizeof(bytes));

    *pipe = (struct pipe){slice_of(guarded(bytes, len), len), piece};
    return capture_file_new((struct capture_input){give, pipe}, error, 240);
}

START_TEST(a_frame_is_read_with_its_time)
{
    const struct frame_case *one = &frame_cases[_i];
    static const size_t pieces[] = {1, 7, 1000};

    for (size_t i = 0; i < 3; i++) {
        struct pipe pipe;
        char error[240] = "";
        uint8_t want[10];
        size_t len = unit_hex(one->bytes, want, sizeof(want));
        struct capture_item item;
        struct capture_file *file = open_hex(&pipe, one->hex, pieces[i], error);

        ck_assert_msg(file, "%s: %s", one->name, error);
        ck_assert_msg(capture_file_next(file, &item) == 1, "%s: %s", one->name,
                      capture_file_error(file));
        ck_assert_int_eq(item.type, CAPTURE_FRAME);
        ck_assert_uint_eq(item.number, 1);
        ck_assert_uint_eq(item.time_ns, one->time_ns);
        ck_assert_uint_eq(item.link_type, one->link_type);
        ck_assert_uint_eq(item.original_len, one->original_len);
        ck_assert_uint_eq(item.bytes.len, len);
        ck_assert_mem_eq(item.bytes.bytes, want, len);
        ck_assert_int_eq(capture_file_next(file, &item), 0);
        capture_file_free(file);
    }
}
END_TEST

START_TEST(secrets_and_options_are_found)
{
    struct pipe pipe;
    char error[240] = "";
    struct capture_item item;
    struct slice value;
    struct capture_file *file = open_hex(
        &pipe,
        SECTION INTERFACE
        "0a000000 18000000 4b534c54 03000000 61620a00 18000000 "
        "0a000000 18000000 00000000 03000000 61620a00 18000000 "
        "06000000 38000000 00000000 00000000 00000000 02000000 02000000 "
        "abcd0000 0100 0300 6f6e6500 0100 0200 32330000 00000000 38000000",
        1000, error);

    ck_assert_int_eq(capture_file_next(file, &item), 1);
    ck_assert_int_eq(item.type, CAPTURE_SECRETS);
    ck_assert(slice_equal_string(item.bytes, "ab\n"));
    ck_assert_int_eq(capture_file_next(file, &item), 1);
    ck_assert_int_eq(item.type, CAPTURE_FRAME);
    ck_assert(!capture_file_option(&(struct capture_item){0}, 1, &value));
    ck_assert(capture_file_option(&item, 1, &value));
    ck_assert(slice_equal_string(value, "one"));
    ck_assert(capture_file_option(&item, 1, &value));
    ck_assert(slice_equal_string(value, "23"));
    ck_assert(!capture_file_option(&item, 1, &value));
    capture_file_free(file);
}
END_TEST

/* Journal, system calls, and blocks that only their writers know. */
START_TEST(a_block_that_wireshark_counts_is_counted)
{
    static const char *const types[] = {"09000000", "ad0b0000", "ad0b0040",
                                        "04020000", "16020000", "21020000"};
    struct pipe pipe;
    char error[240];
    char hex[400];
    struct capture_item item;

    snprintf(hex, sizeof(hex),
             SECTION INTERFACE "%s 10000000 01020304 10000000 "
                               "03000000 14000000 02000000 abcd0000 14000000",
             types[_i]);
    struct capture_file *file = open_hex(&pipe, hex, 1000, error);
    ck_assert_int_eq(capture_file_next(file, &item), 1);
    ck_assert_uint_eq(item.number, 2);
    capture_file_free(file);
}
END_TEST

/* ---- what is wrong ---- */

static const struct wrong_case {
    const char *hex;
    const char *error;
} wrong_cases[] = {
    {"",                                                                "byte 0: there is nothing in it"                      },
    {"d4c3",                                                            "byte 0: the file ends in the middle of the header, after 2 bytes "
             "of it"                                                                                              },
    {"d4c3b2a1 0200",                                                   "byte 0: the file ends in the middle of the header, "
                      "after 6 bytes of it"                                                              },
    {"7f454c46 02010100",
     "byte 0: not a capture: it begins neither as pcap nor as pcapng"                                                         },
    {PCAP "01000000 02000000",                                          "byte 24: the file ends in the middle of a "
                               "frame's header, after 8 bytes of it"                            },
    {PCAP "01000000 02000000 03000000 05000000 abcd",
     "byte 24: the file ends in the middle of a frame, after 18 bytes of it"                                                  },
    {PCAP "01000000 02000000 ffffffff ffffffff abcd",
     "byte 24: a frame cannot be 4294967295 bytes long"                                                                       },
    {"0a0d0d0a 1c000000 11111111 0100 0000 ffffffff ffffffff 1c000000",
     "byte 0: a section without its byte-order mark"                                                                          },
    {"1f8b0800 00000000",
     "byte 0: compressed: put gunzip -c FILE | in front, and read -"                                                          },
    {SECTION "01000000 08000000 6500 0000",
     "byte 28: a block cannot be 8 bytes long"                                                                                },
    {SECTION "01000000 13000000 6500 0000 00000000 14000000",
     "byte 28: a block cannot be 19 bytes long"                                                                               },
    {SECTION "01000000 f0ffff7f 6500 0000 00000000 14000000",
     "byte 28: a block cannot be 2147483632 bytes long"                                                                       },
    {SECTION "01000000 14000000 6500 0000 00000000 18000000",
     "byte 28: the two lengths of a block differ"                                                                             },
    {SECTION "01000000 10000000 65000000 10000000",
     "byte 28: an interface is too short"                                                                                     },
    {SECTION "01000000 20000000 6500 0000",                             "byte 28: the file ends in the "
                                            "middle of a block, after 12 bytes "
                                            "of it"                                },
    {SECTION "06000000 24000000 00000000 00000000 40420f00 02000000 09000000 "
             "abcd0000 24000000",                                  "byte 28: no interface 0 was described"               },
    {SECTION INTERFACE "06000000 24000000 00000000 00000000 40420f00 05000000 "
                       "09000000 abcd0000 24000000",               "byte 48: a frame of 5 bytes is longer than its block"},
    {SECTION INTERFACE "06000000 10000000 00000000 10000000",
     "byte 48: the block of a frame is too short"                                                                             },
    {SECTION "03000000 10000000 01000000 10000000",
     "byte 28: no interface was described"                                                                                    },
    {SECTION "0a000000 14000000 4b534c54 01000000 14000000",
     "byte 28: secrets are longer than their block"                                                                           },
    {SECTION INTERFACE SECTION "03000000 10000000 01000000 10000000",
     "byte 76: no interface was described"                                                                                    },
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
    const struct wrong_case *one = &wrong_cases[_i];
    struct pipe pipe;
    char error[240] = "";
    struct capture_item item;
    struct capture_file *file = open_hex(&pipe, one->hex, 1000, error);
    int got = 1;

    while (file && got > 0)
        got = capture_file_next(file, &item);
    if (file) {
        ck_assert_int_lt(got, 0);
        snprintf(error, sizeof(error), "%s", capture_file_error(file));
    }
    ck_assert_str_eq(error, one->error);
    capture_file_free(file);
}
END_TEST

START_TEST(an_input_that_fails_is_an_error)
{
    char error[240] = "";

    ck_assert_ptr_null(capture_file_new((struct capture_input){refuse, NULL},
                                        error, sizeof(error)));
    ck_assert_str_eq(error, "byte 0: cannot read: Input/output error");
}
END_TEST

Suite *capture_file_suite(void)
{
    Suite *suite = suite_create("capture_file");
    TCase *tcase = unit_case(suite, "capture_file", 10);

    tcase_add_loop_test(tcase, a_frame_is_read_with_its_time, 0,
                        (int)(sizeof(frame_cases) / sizeof(frame_cases[0])));
    tcase_add_test(tcase, secrets_and_options_are_found);
    tcase_add_loop_test(tcase, a_block_that_wireshark_counts_is_counted, 0, 6);
    tcase_add_loop_test(tcase, what_is_wrong_is_said_with_its_place, 0,
                        (int)(sizeof(wrong_cases) / sizeof(wrong_cases[0])));
    tcase_add_test(tcase, an_input_that_fails_is_an_error);
    return suite;
}
