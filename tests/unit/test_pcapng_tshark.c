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

static struct kept_records records;
static struct kept_file capture; /* of the records; tests write it */
static struct buf bytes;         /* of the record that is being made */
static struct buf output;        /* of tshark */

static void tear_down(void)
{
    kept_records_release(&records);
    free(capture.bytes);
    capture = (struct kept_file){0};
    buf_release(&bytes);
    buf_release(&output);
}

/* Keep a record of connection 1 with what is in bytes. */
static void add(uint8_t type, uint64_t seq, uint64_t cause)
{
    kept_records_add(&records, &(struct record){.seq = seq,
                                                .cause = cause,
                                                .connection = 1,
                                                .type = type,
                                                .direction = RECORD_C2B,
                                                .original_len = bytes.len,
                                                .bytes = buf_slice(&bytes)});
}

static bool has_tshark(void)
{
    if (system("tshark -v >/dev/null 2>&1") == 0)
        return true;
    puts("SKIP pcapng_tshark: tshark is not installed");
    return false;
}

/* The output of tshark on a capture; it replaces what is in *said. */
static void run_tshark(const struct kept_file *file, const char *options,
                       struct buf *said)
{
    char path[] = "/tmp/mqttlab-pcapng-XXXXXX";
    int fd = mkstemp(path);
    int c;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, file->bytes, file->len), (ssize_t)file->len);
    close(fd);
    char *command = alloc_printf(
        "tshark -n -r %s %s 2>&1 | grep -v '^Running as'", path, options);
    FILE *answer = popen(command, "r");
    buf_clear(said);
    while ((c = getc(answer)) != EOF)
        buf_append_u8(said, (uint8_t)c);
    pclose(answer);
    unlink(path);
    free(command);
}

static void expect(const char *options, const char *expected)
{
    run_tshark(&capture, options, &output);
    ck_assert_str_eq(buf_string(&output), expected);
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
    struct buf expected = {0};
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
        capture = kept_records_write(&records);
        run_tshark(&capture, fields, &expected);
        run_tshark(&pcap, fields, &output);
        ck_assert_str_eq(buf_string(&output), buf_string(&expected));
        ck_assert_uint_eq(count_lines(buf_slice(&output)), frames);
    }
    buf_release(&expected);
    free(pcap.bytes);
}
END_TEST

START_TEST(tshark_understands_every_frame)
{
    size_t packets = 0;

    if (!has_tshark())
        return;
    sample_visit(kept_records_add, &records);
    for (size_t i = 0; i < records.count; i++)
        packets += records.items[i].type == RECORD_MQTT;
    capture = kept_records_write(&records);
    run_tshark(&capture, "-Y mqtt -T fields -e frame.number", &output);
    ck_assert_uint_eq(count_lines(buf_slice(&output)), packets);
    /* No warning or error. */
    expect("-o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE"
           " -Y '_ws.malformed || tcp.checksum.status == 0 ||"
           " ip.checksum.status == 0 || mqtt.prop_unknown ||"
           " _ws.expert.severity >= 0x600000'",
           "");
}
END_TEST

START_TEST(tshark_shows_notes_and_events_as_comments)
{
    if (!has_tshark())
        return;
    kept_records_publish(&bytes, 5);
    add(RECORD_MQTT, 1, 0);
    record_begin(&bytes, EVENT_NOBODY);
    record_put_string(&bytes, RECORD_TOPIC, "long");
    add(RECORD_EVT, 2, 1);
    record_begin(&bytes, EVENT_NOTE);
    record_put_number(&bytes, RECORD_SUBJECT, 1);
    record_put_string(&bytes, RECORD_TEXT, "\xc3\xa4\x1b[31m\nred");
    add(RECORD_NOTE, 3, 0);
    capture = kept_records_write(&records);
    expect("-T fields -E aggregator='|' -e mqtt.topic -e frame.comment",
           "long\tconnection 1: nobody subscribes to it: long|"
           "\xc3\xa4\\x1b[31m\\x0ared\n");
}
END_TEST

/* On another port Wireshark would not know that it is MQTT. */
START_TEST(tshark_finds_mqtt_whatever_port_the_broker_has)
{
    if (!has_tshark())
        return;
    record_begin(&bytes, EVENT_CONN_OPENED);
    record_put_string(&bytes, RECORD_PEER, "10.0.0.1:5000");
    record_put_string(&bytes, RECORD_LOCAL, "10.0.0.2:31883");
    add(RECORD_CONN, 1, 0);
    kept_records_publish(&bytes, 5);
    add(RECORD_MQTT, 2, 0);
    capture = kept_records_write(&records);
    expect("-Y mqtt -T fields -e ip.dst -e mqtt.topic", "10.0.0.2\tlong\n");
    expect("-Y frame.comment -T fields -e frame.comment",
           "connection 1: connection opened from 10.0.0.1:5000 to "
           "10.0.0.2:31883\n");
}
END_TEST

START_TEST(tshark_puts_a_packet_of_many_segments_together)
{
    if (!has_tshark())
        return;
    for (uint64_t seq = 1; seq <= 2; seq++) {
        kept_records_publish(&bytes, 200000 + seq);
        add(RECORD_MQTT, seq, 0);
    }
    capture = kept_records_write(&records);
    expect("-Y mqtt -T fields -e mqtt.len -e frame.number",
           "200007\t4\n200008\t8\n");
}
END_TEST

START_TEST(frames_are_counted_as_tshark_counts_them)
{
    FILE *file = tmpfile();
    struct pcapng_writer *writer = pcapng_writer_new(file, NULL);

    sample_visit(kept_records_add, &records);
    for (size_t i = 0; i < records.count; i++)
        pcapng_write(writer, &records.items[i]);
    pcapng_flush(writer);
    uint64_t frames = pcapng_frames(writer);
    ck_assert_uint_gt(frames, 40);
    if (has_tshark()) {
        capture = kept_records_write(&records);
        run_tshark(&capture, "", &output);
        ck_assert_uint_eq(count_lines(buf_slice(&output)), frames);
    }
    pcapng_writer_free(writer);
    fclose(file);
}
END_TEST

Suite *pcapng_tshark_suite(void)
{
    Suite *suite = suite_create("pcapng_tshark");
    TCase *tcase = unit_case(suite, "pcapng_tshark", 60);

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, tshark_reads_the_same_frames_from_pcap);
    tcase_add_test(tcase, tshark_understands_every_frame);
    tcase_add_test(tcase, tshark_shows_notes_and_events_as_comments);
    tcase_add_test(tcase, tshark_finds_mqtt_whatever_port_the_broker_has);
    tcase_add_test(tcase, tshark_puts_a_packet_of_many_segments_together);
    tcase_add_test(tcase, frames_are_counted_as_tshark_counts_them);
    return suite;
}
