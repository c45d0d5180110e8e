/* MQTT in a capture, cut into packets: whole ones, broken ones, and behind what
   is missing. */
#include "suites.h"

#include "capture/capture_framer.h"
#include "mqtt/mqtt.h"

#include <stdio.h>
#include <string.h>

static struct capture_framer framer;
static struct buf told; /* a word for each packet, "-9" for 9 bytes skipped */
static uint64_t last_frame;

static void on_packet(void *context, const struct capture_packet *packet)
{
    (void)context;
    last_frame = packet->origin.frame;
    buf_printf(&told, "%s%zu", told.len ? " " : "", packet->bytes.len);
    if (packet->original_len != packet->bytes.len)
        buf_printf(&told, "/%u", packet->original_len);
    if (packet->malformed)
        buf_append_string(&told, "!");
}

static void on_skipped(void *context, uint64_t count)
{
    (void)context;
    buf_printf(&told, "%s-%u", told.len ? " " : "", (unsigned)count);
}

static const struct capture_framer_events events = {
    .on_packet = on_packet,
    .on_skipped = on_skipped,
};

static void set_up(void)
{
    framer =
        (struct capture_framer){.from_client = true, .version = MQTT_3_1_1};
    buf_clear(&told);
}

static void tear_down(void)
{
    capture_framer_release(&framer);
    buf_release(&told);
}

static void take(const void *bytes, size_t len, uint64_t frame)
{
    struct capture_origin origin = {.frame = frame};

    if (len)
        capture_framer_take(&framer, slice_of(guarded(bytes, len), len),
                            &origin, &events);
}

static void take_hex(const char *hex)
{
    static uint64_t frame;
    uint8_t bytes[300];

    take(bytes, unit_hex(hex, bytes, sizeof(bytes)), ++frame);
}

static void expect(const char *text)
{
    ck_assert_str_eq(buf_string(&told), text);
}

/* Of 2, 11 and 4 bytes. */
#define PINGREQ "c000"
#define PUBLISH "30090003612f6268656c6c"
#define PUBACK  "40020001"

/* ---- all is there ---- */

START_TEST(packets_are_the_same_wherever_the_stream_is_cut)
{
    uint8_t stream[100];
    size_t len = unit_hex(PINGREQ PUBLISH PUBACK PUBLISH PINGREQ, stream,
                          sizeof(stream));

    for (size_t cut = 0; cut <= len; cut++) {
        tear_down();
        set_up();
        take(stream, cut, 1);
        take(stream + cut, len - cut, 2);
        expect("2 11 4 11 2");
        ck_assert_uint_eq(last_frame, cut < len ? 2 : 1);
    }
    tear_down();
    set_up();
    for (size_t i = 0; i < len; i++)
        take(stream + i, 1, i);
    expect("2 11 4 11 2");
}
END_TEST

/* What is wrong is to be shown, so it is not refused. */
START_TEST(any_type_and_any_flags_are_a_packet)
{
    take_hex("0000 cf00 f3020001" PINGREQ);
    expect("2 2 4 2");
}
END_TEST

START_TEST(a_length_that_is_none_is_a_malformed_packet)
{
    take_hex("30ffffffffff01");
    capture_framer_end(&framer, &events);
    ck_assert_msg(strchr(buf_string(&told), '!') != NULL, "%s",
                  buf_string(&told));
}
END_TEST

START_TEST(a_packet_that_ends_too_soon_is_handed_on_at_the_end)
{
    take_hex(PINGREQ "30090003612f");
    expect("2");
    capture_framer_end(&framer, &events);
    expect("2 6/11");
}
END_TEST

START_TEST(of_a_large_packet_only_the_beginning_is_kept)
{
    static uint8_t stream[CAPTURE_MAX_PACKET + 1000] = {0x30, 0x80, 0x88, 0x80,
                                                        0x02};
    char text[40];

    /* 4 MiB and 1 KiB behind five bytes; the rest comes with what follows. */
    take(stream, 10, 1);
    take(stream + 10, sizeof(stream) - 10, 2);
    expect("");
    take(stream + 10, 4194304 + 1024 + 5 - sizeof(stream), 3);
    take_hex(PINGREQ);
    snprintf(text, sizeof(text), "%u/%u 2", CAPTURE_MAX_PACKET,
             4194304 + 1024 + 5);
    expect(text);
}
END_TEST

/* ---- something is missing ---- */

START_TEST(a_loss_within_a_packet_ends_with_the_packet)
{
    take_hex("30090003612f62"); /* four bytes of eleven are to come */
    capture_framer_lose(&framer, 3, &events);
    expect("7/11");
    take_hex("6c" PUBACK PINGREQ);
    expect("7/11 4 2");
}
END_TEST

START_TEST(a_loss_up_to_the_end_of_a_packet_loses_no_other)
{
    take_hex("30090003612f62");
    capture_framer_lose(&framer, 4, &events);
    take_hex(PUBACK);
    expect("7/11 4");
}
END_TEST

START_TEST(behind_a_larger_loss_a_packet_is_looked_for)
{
    take_hex("30090003612f62");
    capture_framer_lose(&framer, 1000, &events);
    take_hex("ffee00" PUBLISH PUBACK PINGREQ);
    expect("7/11 -3 11 4 2");
}
END_TEST

/* A SUBACK is a server's, so it is no packet of a client. */
START_TEST(what_the_other_side_sends_is_no_packet_to_be_found)
{
    capture_framer_lose(&framer, 0, &events);
    take_hex("90030001"
             "00" PUBLISH PUBACK PINGREQ);
    expect("-5 11 4 2");
}
END_TEST

START_TEST(what_is_never_found_is_told_at_the_end)
{
    capture_framer_lose(&framer, 0, &events);
    take_hex("ffffffffff");
    expect("");
    capture_framer_end(&framer, &events);
    expect("-5");
}
END_TEST

/* ---- sizes ---- */

static const struct {
    const char *hex;
    int64_t size;
} sizes[] = {
    {"",             0        },
    {"30",           0        },
    {"3080",         0        },
    {"30808080",     0        },
    {"3000",         2        },
    {"307f",         129      },
    {"308001",       131      },
    {"308000",       3        }, /* longer than needed, but it says how long */
    {"30ffffff7f",   268435460},
    {"3080808080",   0        },
    {"308080808001", -1       },
};

START_TEST(a_header_says_how_long_its_packet_is)
{
    uint8_t bytes[10];
    size_t len = unit_hex(sizes[_i].hex, bytes, sizeof(bytes));

    ck_assert_int_eq(capture_framer_size(slice_of(guarded(bytes, len), len)),
                     sizes[_i].size);
}
END_TEST

Suite *capture_framer_suite(void)
{
    Suite *suite = suite_create("capture_framer");
    TCase *all = unit_case(suite, "all", 10);

    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_add_test(all, packets_are_the_same_wherever_the_stream_is_cut);
    tcase_add_test(all, any_type_and_any_flags_are_a_packet);
    tcase_add_test(all, a_length_that_is_none_is_a_malformed_packet);
    tcase_add_test(all, a_packet_that_ends_too_soon_is_handed_on_at_the_end);
    tcase_add_test(all, of_a_large_packet_only_the_beginning_is_kept);
    tcase_add_test(all, a_loss_within_a_packet_ends_with_the_packet);
    tcase_add_test(all, a_loss_up_to_the_end_of_a_packet_loses_no_other);
    tcase_add_test(all, behind_a_larger_loss_a_packet_is_looked_for);
    tcase_add_test(all, what_the_other_side_sends_is_no_packet_to_be_found);
    tcase_add_test(all, what_is_never_found_is_told_at_the_end);
    tcase_add_loop_test(all, a_header_says_how_long_its_packet_is, 0,
                        (int)(sizeof(sizes) / sizeof(sizes[0])));
    return suite;
}
