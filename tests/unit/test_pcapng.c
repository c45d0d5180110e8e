#include "kept_records.h"
#include "sample_records.h"
#include "suites.h"

#include "base/alloc.h"
#include "wire/pcapng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Read what there is; returns what the last pcapng_read said. */
static int read_capture(const void *bytes, size_t len,
                        struct kept_records *records, char error[200])
{
    FILE *file = fmemopen((void *)(uintptr_t)bytes, len, "rb");
    struct pcapng_reader *reader = pcapng_reader_new(file, error, 200);
    struct record record;
    int got = -EINVAL;

    while (reader && (got = pcapng_read(reader, &record)) > 0)
        kept_records_add(records, &record);
    if (reader && got < 0)
        snprintf(error, 200, "%s", pcapng_error(reader));
    pcapng_reader_free(reader);
    fclose(file);
    return got;
}

static void assert_equal(const struct record *a, const struct record *b)
{
    ck_assert_uint_eq(a->seq, b->seq);
    ck_assert_uint_eq(a->time_ns, b->time_ns);
    ck_assert_uint_eq(a->cause, b->cause);
    ck_assert_uint_eq(a->connection, b->connection);
    ck_assert_uint_eq(a->original_len, b->original_len);
    ck_assert_uint_eq(a->type, b->type);
    ck_assert_uint_eq(a->direction, b->direction);
    ck_assert_uint_eq(a->version, b->version);
    ck_assert_uint_eq(a->flags, b->flags);
    ck_assert_uint_eq(a->actor, b->actor);
    ck_assert_uint_eq(a->bytes.len, b->bytes.len);
    ck_assert(slice_equal(a->bytes, b->bytes));
}

static void assert_round_trip(const struct kept_records *written)
{
    struct kept_file capture = kept_records_write(written);
    struct kept_records back = {0};
    char error[200] = "";

    ck_assert_int_eq(read_capture(capture.bytes, capture.len, &back, error), 0);
    ck_assert_uint_eq(back.count, written->count);
    for (size_t i = 0; i < back.count; i++)
        assert_equal(&back.items[i], &written->items[i]);
    kept_records_release(&back);
    free(capture.bytes);
}

START_TEST(records_come_back_as_they_were_written)
{
    struct kept_records records = {0};

    sample_visit(kept_records_add, &records);
    assert_round_trip(&records);
    kept_records_release(&records);
}
END_TEST

static const size_t sizes[] = {0,     1,     1000,   65480,  65484, 65485,
                               65486, 65495, 130970, 130980, 500000};

START_TEST(packets_of_any_size_come_back)
{
    struct kept_records records = {0};
    struct buf packet = {0};

    for (int i = 0; i < 2; i++) {
        kept_records_publish(&packet, sizes[_i]);
        kept_records_add(
            &records, &(struct record){.seq = 1 + i,
                                       .connection = 1,
                                       .type = RECORD_MQTT,
                                       .direction = (uint8_t)(RECORD_C2B + i),
                                       .original_len = packet.len,
                                       .bytes = buf_slice(&packet)});
    }
    assert_round_trip(&records);
    kept_records_release(&records);
    buf_release(&packet);
}
END_TEST

START_TEST(records_of_every_kind_come_back)
{
    struct kept_records records = {0};
    struct buf packet = {0};
    uint64_t seq = 0;

    kept_records_publish(&packet, 40000);
    for (unsigned type = RECORD_CONN; type <= RECORD_NOTE; type++) {
        for (unsigned flags = 0; flags < RECORD_SAME_BYTES; flags += 5) {
            seq++;
            kept_records_add(
                &records,
                &(struct record){
                    .seq = seq,
                    .time_ns = UINT64_C(0x1122334455667788) + seq,
                    .cause = seq / 2,
                    .connection = (uint32_t)seq % 5,
                    .original_len = 100000,
                    .type = (uint8_t)type,
                    .direction = (uint8_t)(seq % 3),
                    .version = (uint8_t)(seq % 6),
                    .flags = (uint8_t)flags,
                    .actor = (uint8_t)(seq % 3),
                    .bytes = slice_first(buf_slice(&packet), seq * 17)});
        }
    }
    assert_round_trip(&records);
    kept_records_release(&records);
    buf_release(&packet);
}
END_TEST

/* As after a crash of the one who wrote it. */
START_TEST(every_prefix_of_a_file_gives_the_records_that_are_whole)
{
    struct kept_records records = {0};
    char error[200];

    sample_visit(kept_records_add, &records);
    struct kept_file capture = kept_records_write(&records);
    size_t last = 0;
    for (size_t cut = 12; cut < capture.len; cut++) {
        struct kept_records back = {0};

        ck_assert_int_eq(read_capture(capture.bytes, cut, &back, error), 0);
        ck_assert_uint_ge(back.count, last);
        for (size_t i = last; i < back.count; i++)
            assert_equal(&back.items[i], &records.items[i]);
        last = back.count;
        kept_records_release(&back);
    }
    ck_assert_uint_ge(last, records.count - 1);
    kept_records_release(&records);
    free(capture.bytes);
}
END_TEST

START_TEST(a_damaged_file_gives_an_error_or_other_records_but_no_harm)
{
    struct kept_records records = {0};
    char error[200];
    unsigned failed = 0;

    sample_visit(kept_records_add, &records);
    struct kept_file capture = kept_records_write(&records);
    for (size_t i = 0; i < capture.len; i++) {
        struct kept_records back = {0};
        char kept = capture.bytes[i];

        capture.bytes[i] = (char)~kept;
        int got = read_capture(capture.bytes, capture.len, &back, error);
        ck_assert(got <= 0);
        if (got < 0)
            ck_assert_uint_gt(strlen(error), 10);
        failed += got < 0;
        capture.bytes[i] = kept;
        kept_records_release(&back);
    }
    ck_assert_uint_gt(failed, 100);
    kept_records_release(&records);
    free(capture.bytes);
}
END_TEST

#define SECTION "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"

static const struct {
    const char *hex;
    const char *error;
} foreign[] = {
    {"",                                            "the file is empty"             },
    {"31",                                          "the file is empty"             },
    {"48656c6c6f2c20776f726c64",
     "not a recording: it does not begin as a pcapng file"                          },
    {"d4c3b2a1 0200 0400",
     "a capture in the older pcap format; only recordings of mqttlab can be "
     "read"                                                                         },
    {"0a0d0d0a 1c000000",                           "the file ends too early"       },
    {"0a0d0d0a 1c000000 1a2b3c4d",
     "byte 0: written on a machine of the other byte order"                         },
    {"0a0d0d0a 1c000000 00000000",                  "byte 0: this is no pcapng file"},
    {SECTION "06000000 20000000 00000000 00000000 00000000 00000000 00000000"
             "20000000",                       "byte 60: this frame is from another program; only recordings of mqttlab "
     "can be read"                                     },
    {SECTION "03000000 10000000 00000000 10000000",
     "byte 44: this frame is from another program; only recordings of mqttlab "
     "can be read"                                                                  },
    {SECTION "01000000 0b000000 0000",              "byte 28: a block cannot be 11 bytes "
                                       "long" },
    {SECTION "01000000 0c000000 0d000000",
     "byte 28: the two lengths of a block differ"                                   },
    {SECTION "514d0080 10000000 00000000 10000000",
     "byte 44: a record is longer than its block"                                   },
};

START_TEST(what_is_no_recording_is_refused_with_a_reason)
{
    uint8_t bytes[128];
    size_t len = unit_hex(foreign[_i].hex, bytes, sizeof(bytes));
    FILE *file = tmpfile();
    char error[200] = "";
    struct record record;

    fwrite(bytes, 1, len, file);
    rewind(file);
    struct pcapng_reader *reader =
        pcapng_reader_new(file, error, sizeof(error));
    if (reader) {
        ck_assert_int_lt(pcapng_read(reader, &record), 0);
        snprintf(error, sizeof(error), "%s", pcapng_error(reader));
    }
    ck_assert_str_eq(error, foreign[_i].error);
    pcapng_reader_free(reader);
    fclose(file);
}
END_TEST

START_TEST(blocks_of_other_programs_are_skipped)
{
    uint8_t bytes[64];
    struct kept_records records = {0};
    struct kept_records back = {0};
    char error[200];

    sample_visit(kept_records_add, &records);
    struct kept_file capture = kept_records_write(&records);
    size_t len = unit_hex("05000000 10000000 12345678 10000000"
                          "ad0b0080 0c000000 0c000000",
                          bytes, sizeof(bytes));
    capture.bytes = alloc_resize(capture.bytes, capture.len + len, 1);
    memcpy(capture.bytes + capture.len, bytes, len);
    ck_assert_int_eq(
        read_capture(capture.bytes, capture.len + len, &back, error), 0);
    ck_assert_uint_eq(back.count, records.count);
    kept_records_release(&records);
    kept_records_release(&back);
    free(capture.bytes);
}
END_TEST

START_TEST(a_full_disk_is_an_error_that_stays)
{
    FILE *file = fopen("/dev/full", "wb");
    struct kept_records records = {0};

    if (!file)
        return; /* not Linux */
    sample_visit(kept_records_add, &records);
    struct pcapng_writer *writer = pcapng_writer_new(file, NULL);
    pcapng_write(writer, &records.items[0]);
    ck_assert_int_eq(pcapng_flush(writer), -ENOSPC);
    ck_assert_int_eq(pcapng_write(writer, &records.items[1]), -ENOSPC);
    pcapng_writer_free(writer);
    fclose(file);
    kept_records_release(&records);
}
END_TEST

START_TEST(what_was_flushed_is_in_the_file)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&bytes, &len);
    struct pcapng_writer *writer = pcapng_writer_new(file, NULL);
    struct kept_records records = {0};
    char error[200];

    sample_visit(kept_records_add, &records);
    for (size_t i = 0; i < 10; i++) {
        struct kept_records back = {0};

        pcapng_write(writer, &records.items[i]);
        ck_assert_int_eq(pcapng_flush(writer), 0);
        read_capture(bytes, len, &back, error);
        ck_assert_uint_eq(back.count, i + 1);
        kept_records_release(&back);
    }
    pcapng_writer_free(writer);
    fclose(file);
    free(bytes);
    kept_records_release(&records);
}
END_TEST

START_TEST(the_name_says_which_format_is_wanted)
{
    ck_assert(pcapng_is_pcap("a.pcap") && pcapng_is_pcap("./x.y/b.cap"));
    ck_assert(!pcapng_is_pcap("a.pcapng") && !pcapng_is_pcap("pcap") &&
              !pcapng_is_pcap("a.pcap/b"));
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

Suite *pcapng_suite(void)
{
    Suite *suite = suite_create("pcapng");
    TCase *tcase = unit_case(suite, "pcapng", 60);

    tcase_add_test(tcase, records_come_back_as_they_were_written);
    tcase_add_loop_test(tcase, packets_of_any_size_come_back, 0, COUNT(sizes));
    tcase_add_test(tcase, records_of_every_kind_come_back);
    tcase_add_test(tcase,
                   every_prefix_of_a_file_gives_the_records_that_are_whole);
    tcase_add_test(tcase,
                   a_damaged_file_gives_an_error_or_other_records_but_no_harm);
    tcase_add_loop_test(tcase, what_is_no_recording_is_refused_with_a_reason, 0,
                        COUNT(foreign));
    tcase_add_test(tcase, blocks_of_other_programs_are_skipped);
    tcase_add_test(tcase, a_full_disk_is_an_error_that_stays);
    tcase_add_test(tcase, what_was_flushed_is_in_the_file);
    tcase_add_test(tcase, the_name_says_which_format_is_wanted);
    return suite;
}
