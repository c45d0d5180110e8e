#include "sample_records.h"
#include "suites.h"

#include "base/alloc.h"
#include "mqtt/writer.h"
#include "wire/event.h"
#include "wire/pcapng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_RECORDS 128

/* Copies of records, to compare with. */
struct records {
    struct record items[MAX_RECORDS];
    size_t count;
};

/* A capture in memory. */
struct capture {
    char *bytes;
    size_t len;
};

static void keep(void *context, const struct record *record)
{
    struct records *records = context;

    ck_assert_uint_lt(records->count, MAX_RECORDS);
    struct record *copy = &records->items[records->count++];
    *copy = *record;
    copy->bytes =
        slice_of(alloc_string_of(record->bytes.bytes, record->bytes.len),
                 record->bytes.len);
}

static void release_records(struct records *records)
{
    for (size_t i = 0; i < records->count; i++)
        free((void *)(uintptr_t)records->items[i].bytes.bytes);
    records->count = 0;
}

static struct capture write_capture(const struct records *records)
{
    struct capture capture = {0};
    FILE *file = open_memstream(&capture.bytes, &capture.len);
    struct pcapng_writer *writer = pcapng_writer_new(file, "a test");

    for (size_t i = 0; i < records->count; i++)
        ck_assert_int_eq(pcapng_write(writer, &records->items[i]), 0);
    pcapng_writer_free(writer);
    fclose(file);
    return capture;
}

/* Read what there is; returns what the last pcapng_read said. */
static int read_capture(const void *bytes, size_t len, struct records *records,
                        char error[200])
{
    FILE *file = fmemopen((void *)(uintptr_t)bytes, len, "rb");
    struct pcapng_reader *reader = pcapng_reader_new(file, error, 200);
    struct record record;
    int got = -EINVAL;

    while (reader && (got = pcapng_read(reader, &record)) > 0)
        keep(records, &record);
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

static void assert_round_trip(const struct records *written)
{
    struct capture capture = write_capture(written);
    struct records back = {0};
    char error[200] = "";

    ck_assert_int_eq(read_capture(capture.bytes, capture.len, &back, error), 0);
    ck_assert_uint_eq(back.count, written->count);
    for (size_t i = 0; i < back.count; i++)
        assert_equal(&back.items[i], &written->items[i]);
    release_records(&back);
    free(capture.bytes);
}

START_TEST(records_come_back_as_they_were_written)
{
    struct records records = {0};

    sample_visit(keep, &records);
    assert_round_trip(&records);
    release_records(&records);
}
END_TEST

/* A PUBLISH with a payload of so many bytes. */
static void make_publish(struct buf *packet, size_t payload_len)
{
    buf_clear(packet);
    writer_header(packet, 0x30, (uint32_t)(payload_len + 6));
    writer_binary(packet, slice_of_string("long"));
    memset(buf_reserve(packet, payload_len), 'x', payload_len);
    packet->len += (uint32_t)payload_len;
}

static const size_t sizes[] = {0,     1,     1000,   65480,  65484, 65485,
                               65486, 65495, 130970, 130980, 500000};

START_TEST(packets_of_any_size_come_back)
{
    struct records records = {0};
    struct buf packet = {0};

    for (int i = 0; i < 2; i++) {
        make_publish(&packet, sizes[_i]);
        keep(&records, &(struct record){.seq = 1 + i,
                                        .connection = 1,
                                        .type = RECORD_MQTT,
                                        .direction = (uint8_t)(RECORD_C2B + i),
                                        .original_len = packet.len,
                                        .bytes = buf_slice(&packet)});
    }
    assert_round_trip(&records);
    release_records(&records);
    buf_release(&packet);
}
END_TEST

START_TEST(records_of_every_kind_come_back)
{
    struct records records = {0};
    struct buf packet = {0};
    uint64_t seq = 0;

    make_publish(&packet, 40000);
    for (unsigned type = RECORD_CONN; type <= RECORD_NOTE; type++) {
        for (unsigned flags = 0; flags < RECORD_SAME_BYTES; flags += 5) {
            seq++;
            keep(&records,
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
    release_records(&records);
    buf_release(&packet);
}
END_TEST

/* As after a crash of the one who wrote it. */
START_TEST(every_prefix_of_a_file_gives_the_records_that_are_whole)
{
    struct records records = {0};
    char error[200];

    sample_visit(keep, &records);
    struct capture capture = write_capture(&records);
    size_t last = 0;
    for (size_t cut = 12; cut < capture.len; cut++) {
        struct records back = {0};

        ck_assert_int_eq(read_capture(capture.bytes, cut, &back, error), 0);
        ck_assert_uint_ge(back.count, last);
        for (size_t i = last; i < back.count; i++)
            assert_equal(&back.items[i], &records.items[i]);
        last = back.count;
        release_records(&back);
    }
    ck_assert_uint_ge(last, records.count - 1);
    release_records(&records);
    free(capture.bytes);
}
END_TEST

START_TEST(a_damaged_file_gives_an_error_or_other_records_but_no_harm)
{
    struct records records = {0};
    char error[200];
    unsigned failed = 0;

    sample_visit(keep, &records);
    struct capture capture = write_capture(&records);
    for (size_t i = 0; i < capture.len; i++) {
        struct records back = {0};
        char kept = capture.bytes[i];

        capture.bytes[i] = (char)~kept;
        int got = read_capture(capture.bytes, capture.len, &back, error);
        ck_assert(got <= 0);
        if (got < 0)
            ck_assert_uint_gt(strlen(error), 10);
        failed += got < 0;
        capture.bytes[i] = kept;
        release_records(&back);
    }
    ck_assert_uint_gt(failed, 100);
    release_records(&records);
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
    struct records records = {0};
    struct records back = {0};
    char error[200];

    sample_visit(keep, &records);
    struct capture capture = write_capture(&records);
    size_t len = unit_hex("05000000 10000000 12345678 10000000"
                          "ad0b0080 0c000000 0c000000",
                          bytes, sizeof(bytes));
    capture.bytes = alloc_resize(capture.bytes, capture.len + len, 1);
    memcpy(capture.bytes + capture.len, bytes, len);
    ck_assert_int_eq(
        read_capture(capture.bytes, capture.len + len, &back, error), 0);
    ck_assert_uint_eq(back.count, records.count);
    release_records(&records);
    release_records(&back);
    free(capture.bytes);
}
END_TEST

START_TEST(a_full_disk_is_an_error_that_stays)
{
    FILE *file = fopen("/dev/full", "wb");
    struct records records = {0};

    if (!file)
        return; /* not Linux */
    sample_visit(keep, &records);
    struct pcapng_writer *writer = pcapng_writer_new(file, NULL);
    pcapng_write(writer, &records.items[0]);
    ck_assert_int_eq(pcapng_flush(writer), -ENOSPC);
    ck_assert_int_eq(pcapng_write(writer, &records.items[1]), -ENOSPC);
    pcapng_writer_free(writer);
    fclose(file);
    release_records(&records);
}
END_TEST

START_TEST(what_was_flushed_is_in_the_file)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&bytes, &len);
    struct pcapng_writer *writer = pcapng_writer_new(file, NULL);
    struct records records = {0};
    char error[200];

    sample_visit(keep, &records);
    for (size_t i = 0; i < 10; i++) {
        struct records back = {0};

        pcapng_write(writer, &records.items[i]);
        ck_assert_int_eq(pcapng_flush(writer), 0);
        read_capture(bytes, len, &back, error);
        ck_assert_uint_eq(back.count, i + 1);
        release_records(&back);
    }
    pcapng_writer_free(writer);
    fclose(file);
    free(bytes);
    release_records(&records);
}
END_TEST

/* ---- what Wireshark sees ---- */

static bool has_tshark(void)
{
    if (system("tshark -v >/dev/null 2>&1") == 0)
        return true;
    puts("SKIP pcapng_tshark: tshark is not installed");
    return false;
}

/* The output of tshark on a capture. */
static void run_tshark(const struct capture *capture, const char *options,
                       struct buf *output)
{
    char path[] = "/tmp/mqttlab-pcapng-XXXXXX";
    char *command;
    int c;

    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, capture->bytes, capture->len),
                     (ssize_t)capture->len);
    close(fd);
    command = alloc_printf("tshark -n -r %s %s 2>&1 | grep -v '^Running as'",
                           path, options);
    FILE *answer = popen(command, "r");
    while ((c = getc(answer)) != EOF)
        buf_append_u8(output, (uint8_t)c);
    pclose(answer);
    unlink(path);
    free(command);
    buf_string(output);
}

static size_t count_lines(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += text.bytes[i] == '\n';
    return count;
}

/* Programs that know no other format get the same frames at the same times. */
START_TEST(tshark_reads_the_same_frames_from_pcap)
{
    static const char fields[] =
        "-T fields -e frame.number -e frame.time_epoch -e frame.len -e ip.src"
        " -e tcp.seq -e tcp.flags -e mqtt.msgtype -e mqtt.topic -e mqtt.msgid";
    struct records records = {0};
    struct buf expected = {0};
    struct buf output = {0};
    struct capture pcap = {0};

    sample_visit(keep, &records);
    FILE *file = open_memstream(&pcap.bytes, &pcap.len);
    struct pcapng_writer *writer = pcapng_writer_new_pcap(file);
    for (size_t i = 0; i < records.count; i++)
        ck_assert_int_eq(pcapng_write(writer, &records.items[i]), 0);
    uint64_t frames = pcapng_frames(writer);
    pcapng_writer_free(writer);
    fclose(file);
    ck_assert(!memcmp(pcap.bytes, "\x4d\x3c\xb2\xa1\x02\x00\x04\x00", 8));
    if (has_tshark()) {
        struct capture capture = write_capture(&records);

        run_tshark(&capture, fields, &expected);
        run_tshark(&pcap, fields, &output);
        ck_assert_str_eq(buf_string(&output), buf_string(&expected));
        ck_assert_uint_eq(count_lines(buf_slice(&output)), frames);
        free(capture.bytes);
    }
    buf_release(&output);
    buf_release(&expected);
    release_records(&records);
    free(pcap.bytes);
}
END_TEST

START_TEST(the_name_says_which_format_is_wanted)
{
    ck_assert(pcapng_is_pcap("a.pcap") && pcapng_is_pcap("./x.y/b.cap"));
    ck_assert(!pcapng_is_pcap("a.pcapng") && !pcapng_is_pcap("pcap") &&
              !pcapng_is_pcap("a.pcap/b"));
}
END_TEST

START_TEST(tshark_understands_every_frame)
{
    struct records records = {0};
    struct buf output = {0};
    size_t packets = 0;

    if (!has_tshark())
        return;
    sample_visit(keep, &records);
    for (size_t i = 0; i < records.count; i++)
        packets += records.items[i].type == RECORD_MQTT;
    struct capture capture = write_capture(&records);

    run_tshark(&capture, "-Y mqtt -T fields -e frame.number", &output);
    ck_assert_uint_eq(count_lines(buf_slice(&output)), packets);
    buf_clear(&output);
    /* No warning or error. */
    run_tshark(&capture,
               "-o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE"
               " -Y '_ws.malformed || tcp.checksum.status == 0 ||"
               " ip.checksum.status == 0 || mqtt.prop_unknown ||"
               " _ws.expert.severity >= 0x600000'",
               &output);
    ck_assert_str_eq(buf_string(&output), "");
    buf_release(&output);
    release_records(&records);
    free(capture.bytes);
}
END_TEST

START_TEST(tshark_shows_notes_and_events_as_comments)
{
    struct records records = {0};
    struct buf output = {0};
    struct buf bytes = {0};

    if (!has_tshark())
        return;
    make_publish(&bytes, 5);
    keep(&records, &(struct record){.seq = 1,
                                    .connection = 1,
                                    .type = RECORD_MQTT,
                                    .direction = RECORD_C2B,
                                    .original_len = bytes.len,
                                    .bytes = buf_slice(&bytes)});
    record_begin(&bytes, EVENT_NOBODY);
    record_put_string(&bytes, RECORD_TOPIC, "long");
    keep(&records, &(struct record){.seq = 2,
                                    .cause = 1,
                                    .connection = 1,
                                    .type = RECORD_EVT,
                                    .bytes = buf_slice(&bytes)});
    record_begin(&bytes, EVENT_NOTE);
    record_put_number(&bytes, RECORD_SUBJECT, 1);
    record_put_string(&bytes, RECORD_TEXT, "\xc3\xa4\x1b[31m\nred");
    keep(&records, &(struct record){.seq = 3,
                                    .type = RECORD_NOTE,
                                    .bytes = buf_slice(&bytes)});
    struct capture capture = write_capture(&records);
    run_tshark(&capture,
               "-T fields -E aggregator='|' -e mqtt.topic -e frame.comment",
               &output);
    ck_assert_str_eq(buf_string(&output),
                     "long\tconnection 1: nobody subscribes to it: long|"
                     "\xc3\xa4\\x1b[31m\\x0ared\n");
    buf_release(&output);
    buf_release(&bytes);
    release_records(&records);
    free(capture.bytes);
}
END_TEST

/* On another port Wireshark would not know that it is MQTT. */
START_TEST(tshark_finds_mqtt_whatever_port_the_broker_has)
{
    struct records records = {0};
    struct buf output = {0};
    struct buf bytes = {0};

    if (!has_tshark())
        return;
    record_begin(&bytes, EVENT_CONN_OPENED);
    record_put_string(&bytes, RECORD_PEER, "10.0.0.1:5000");
    record_put_string(&bytes, RECORD_LOCAL, "10.0.0.2:31883");
    keep(&records, &(struct record){.seq = 1,
                                    .connection = 1,
                                    .type = RECORD_CONN,
                                    .bytes = buf_slice(&bytes)});
    make_publish(&bytes, 5);
    keep(&records, &(struct record){.seq = 2,
                                    .connection = 1,
                                    .type = RECORD_MQTT,
                                    .direction = RECORD_C2B,
                                    .original_len = bytes.len,
                                    .bytes = buf_slice(&bytes)});
    struct capture capture = write_capture(&records);
    run_tshark(&capture, "-Y mqtt -T fields -e ip.dst -e mqtt.topic", &output);
    ck_assert_str_eq(buf_string(&output), "10.0.0.2\tlong\n");
    buf_clear(&output);
    run_tshark(&capture, "-Y frame.comment -T fields -e frame.comment",
               &output);
    ck_assert_str_eq(buf_string(&output),
                     "connection 1: connection opened from 10.0.0.1:5000 to "
                     "10.0.0.2:31883\n");
    buf_release(&output);
    buf_release(&bytes);
    release_records(&records);
    free(capture.bytes);
}
END_TEST

START_TEST(tshark_puts_a_packet_of_many_segments_together)
{
    struct records records = {0};
    struct buf output = {0};
    struct buf bytes = {0};

    if (!has_tshark())
        return;
    for (uint64_t seq = 1; seq <= 2; seq++) {
        make_publish(&bytes, 200000 + seq);
        keep(&records, &(struct record){.seq = seq,
                                        .connection = 1,
                                        .type = RECORD_MQTT,
                                        .direction = RECORD_C2B,
                                        .original_len = bytes.len,
                                        .bytes = buf_slice(&bytes)});
    }
    struct capture capture = write_capture(&records);
    run_tshark(&capture, "-Y mqtt -T fields -e mqtt.len -e frame.number",
               &output);
    ck_assert_str_eq(buf_string(&output), "200007\t4\n200008\t8\n");
    buf_release(&output);
    buf_release(&bytes);
    release_records(&records);
    free(capture.bytes);
}
END_TEST

START_TEST(frames_are_counted_as_tshark_counts_them)
{
    struct records records = {0};
    struct buf output = {0};
    FILE *file = tmpfile();
    struct pcapng_writer *writer = pcapng_writer_new(file, NULL);

    sample_visit(keep, &records);
    for (size_t i = 0; i < records.count; i++)
        pcapng_write(writer, &records.items[i]);
    pcapng_flush(writer);
    uint64_t frames = pcapng_frames(writer);
    ck_assert_uint_gt(frames, 40);
    if (has_tshark()) {
        struct capture capture = write_capture(&records);

        run_tshark(&capture, "", &output);
        ck_assert_uint_eq(count_lines(buf_slice(&output)), frames);
        free(capture.bytes);
    }
    buf_release(&output);
    pcapng_writer_free(writer);
    fclose(file);
    release_records(&records);
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
    tcase_add_test(tcase, tshark_reads_the_same_frames_from_pcap);
    tcase_add_test(tcase, the_name_says_which_format_is_wanted);
    tcase_add_test(tcase, tshark_understands_every_frame);
    tcase_add_test(tcase, tshark_shows_notes_and_events_as_comments);
    tcase_add_test(tcase, tshark_finds_mqtt_whatever_port_the_broker_has);
    tcase_add_test(tcase, tshark_puts_a_packet_of_many_segments_together);
    tcase_add_test(tcase, frames_are_counted_as_tshark_counts_them);
    return suite;
}
