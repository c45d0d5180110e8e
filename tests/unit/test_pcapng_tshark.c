/*
 * What Wireshark sees of the files that are written.
 */
#include "kept_records.h"
#include "sample_records.h"
#include "suites.h"

#include "base/alloc.h"
#include "wire/event.h"
#include "wire/pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_tshark(void)
{
    if (system("tshark -v >/dev/null 2>&1") == 0)
        return true;
    puts("SKIP pcapng_tshark: tshark is not installed");
    return false;
}

/* The output of tshark on a capture. */
static void run_tshark(const struct kept_file *capture, const char *options,
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
    struct kept_records records = {0};
    struct buf expected = {0};
    struct buf output = {0};
    struct kept_file pcap = {0};

    sample_visit(kept_records_add, &records);
    FILE *file = open_memstream(&pcap.bytes, &pcap.len);
    struct pcapng_writer *writer = pcapng_writer_new_pcap(file);
    for (size_t i = 0; i < records.count; i++)
        ck_assert_int_eq(pcapng_write(writer, &records.items[i]), 0);
    uint64_t frames = pcapng_frames(writer);
    pcapng_writer_free(writer);
    fclose(file);
    ck_assert(!memcmp(pcap.bytes, "\x4d\x3c\xb2\xa1\x02\x00\x04\x00", 8));
    if (has_tshark()) {
        struct kept_file capture = kept_records_write(&records);

        run_tshark(&capture, fields, &expected);
        run_tshark(&pcap, fields, &output);
        ck_assert_str_eq(buf_string(&output), buf_string(&expected));
        ck_assert_uint_eq(count_lines(buf_slice(&output)), frames);
        free(capture.bytes);
    }
    buf_release(&output);
    buf_release(&expected);
    kept_records_release(&records);
    free(pcap.bytes);
}
END_TEST

START_TEST(tshark_understands_every_frame)
{
    struct kept_records records = {0};
    struct buf output = {0};
    size_t packets = 0;

    if (!has_tshark())
        return;
    sample_visit(kept_records_add, &records);
    for (size_t i = 0; i < records.count; i++)
        packets += records.items[i].type == RECORD_MQTT;
    struct kept_file capture = kept_records_write(&records);

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
    kept_records_release(&records);
    free(capture.bytes);
}
END_TEST

START_TEST(tshark_shows_notes_and_events_as_comments)
{
    struct kept_records records = {0};
    struct buf output = {0};
    struct buf bytes = {0};

    if (!has_tshark())
        return;
    kept_records_publish(&bytes, 5);
    kept_records_add(&records, &(struct record){.seq = 1,
                                                .connection = 1,
                                                .type = RECORD_MQTT,
                                                .direction = RECORD_C2B,
                                                .original_len = bytes.len,
                                                .bytes = buf_slice(&bytes)});
    record_begin(&bytes, EVENT_NOBODY);
    record_put_string(&bytes, RECORD_TOPIC, "long");
    kept_records_add(&records, &(struct record){.seq = 2,
                                                .cause = 1,
                                                .connection = 1,
                                                .type = RECORD_EVT,
                                                .bytes = buf_slice(&bytes)});
    record_begin(&bytes, EVENT_NOTE);
    record_put_number(&bytes, RECORD_SUBJECT, 1);
    record_put_string(&bytes, RECORD_TEXT, "\xc3\xa4\x1b[31m\nred");
    kept_records_add(&records, &(struct record){.seq = 3,
                                                .type = RECORD_NOTE,
                                                .bytes = buf_slice(&bytes)});
    struct kept_file capture = kept_records_write(&records);
    run_tshark(&capture,
               "-T fields -E aggregator='|' -e mqtt.topic -e frame.comment",
               &output);
    ck_assert_str_eq(buf_string(&output),
                     "long\tconnection 1: nobody subscribes to it: long|"
                     "\xc3\xa4\\x1b[31m\\x0ared\n");
    buf_release(&output);
    buf_release(&bytes);
    kept_records_release(&records);
    free(capture.bytes);
}
END_TEST

/* On another port Wireshark would not know that it is MQTT. */
START_TEST(tshark_finds_mqtt_whatever_port_the_broker_has)
{
    struct kept_records records = {0};
    struct buf output = {0};
    struct buf bytes = {0};

    if (!has_tshark())
        return;
    record_begin(&bytes, EVENT_CONN_OPENED);
    record_put_string(&bytes, RECORD_PEER, "10.0.0.1:5000");
    record_put_string(&bytes, RECORD_LOCAL, "10.0.0.2:31883");
    kept_records_add(&records, &(struct record){.seq = 1,
                                                .connection = 1,
                                                .type = RECORD_CONN,
                                                .bytes = buf_slice(&bytes)});
    kept_records_publish(&bytes, 5);
    kept_records_add(&records, &(struct record){.seq = 2,
                                                .connection = 1,
                                                .type = RECORD_MQTT,
                                                .direction = RECORD_C2B,
                                                .original_len = bytes.len,
                                                .bytes = buf_slice(&bytes)});
    struct kept_file capture = kept_records_write(&records);
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
    kept_records_release(&records);
    free(capture.bytes);
}
END_TEST

START_TEST(tshark_puts_a_packet_of_many_segments_together)
{
    struct kept_records records = {0};
    struct buf output = {0};
    struct buf bytes = {0};

    if (!has_tshark())
        return;
    for (uint64_t seq = 1; seq <= 2; seq++) {
        kept_records_publish(&bytes, 200000 + seq);
        kept_records_add(&records,
                         &(struct record){.seq = seq,
                                          .connection = 1,
                                          .type = RECORD_MQTT,
                                          .direction = RECORD_C2B,
                                          .original_len = bytes.len,
                                          .bytes = buf_slice(&bytes)});
    }
    struct kept_file capture = kept_records_write(&records);
    run_tshark(&capture, "-Y mqtt -T fields -e mqtt.len -e frame.number",
               &output);
    ck_assert_str_eq(buf_string(&output), "200007\t4\n200008\t8\n");
    buf_release(&output);
    buf_release(&bytes);
    kept_records_release(&records);
    free(capture.bytes);
}
END_TEST

START_TEST(frames_are_counted_as_tshark_counts_them)
{
    struct kept_records records = {0};
    struct buf output = {0};
    FILE *file = tmpfile();
    struct pcapng_writer *writer = pcapng_writer_new(file, NULL);

    sample_visit(kept_records_add, &records);
    for (size_t i = 0; i < records.count; i++)
        pcapng_write(writer, &records.items[i]);
    pcapng_flush(writer);
    uint64_t frames = pcapng_frames(writer);
    ck_assert_uint_gt(frames, 40);
    if (has_tshark()) {
        struct kept_file capture = kept_records_write(&records);

        run_tshark(&capture, "", &output);
        ck_assert_uint_eq(count_lines(buf_slice(&output)), frames);
        free(capture.bytes);
    }
    buf_release(&output);
    pcapng_writer_free(writer);
    fclose(file);
    kept_records_release(&records);
}
END_TEST

Suite *pcapng_tshark_suite(void)
{
    Suite *suite = suite_create("pcapng_tshark");
    TCase *tcase = unit_case(suite, "pcapng_tshark", 60);

    tcase_add_test(tcase, tshark_reads_the_same_frames_from_pcap);
    tcase_add_test(tcase, tshark_understands_every_frame);
    tcase_add_test(tcase, tshark_shows_notes_and_events_as_comments);
    tcase_add_test(tcase, tshark_finds_mqtt_whatever_port_the_broker_has);
    tcase_add_test(tcase, tshark_puts_a_packet_of_many_segments_together);
    tcase_add_test(tcase, frames_are_counted_as_tshark_counts_them);
    return suite;
}
