#include "suites.h"

#include "base/clock.h"
#include "wire/event.h"
#include "wire/render.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct buf out;

static void empty(void)
{
    buf_release(&out);
}

/* ---- render_text ---- */

static const struct {
    const char *text;
    size_t len;
    size_t max_columns;
    const char *shown;
} texts[] = {
    {"lab/temp",                 8, 0, "lab/temp"                },
    {"lab/temp",                 8, 8, "lab/temp"                },
    {"lab/temp",                 8, 7, "lab/..."                 },
    {"lab/temp",                 8, 3, "..."                     },
    {"lab/temp",                 8, 2, ".."                      },
    {"",                         0, 1, ""                        },
    {"gr\xc3\xbcn",              5, 4, "gr\xc3\xbcn"             },
    {"a\0b",                     3, 0, "a\\x00b"                 },
    {"\x1b[2J\n\x7f",            6, 0, "\\x1b[2J\\x0a\\x7f"      },
    {"\xff\xc3",                 2, 0, "\\xff\\xc3"              },
    {"\xc2\x9b"
     "1A",                  4, 0, "\\xc2\\x9b1A"            }, /* C1: CSI */
    {"\xe2\x80\xae"
     "txt",                 6, 0, "\\xe2\\x80\\xaetxt"      }, /* right to left */
    {"\xe2\x80\xa8",             3, 0, "\\xe2\\x80\\xa8"         }, /* line separator */
    {"\xed\xa0\x80",             3, 0, "\\xed\\xa0\\x80"         }, /* surrogate */
    {"\xe6\xb8\xa9\xe5\xba\xa6", 6, 4, "\xe6\xb8\xa9\xe5\xba\xa6"}, /* wide */
    {"\xe6\xb8\xa9\xe5\xba\xa6", 6, 3, "..."                     },
    {"\xff\xff",                 2, 7, "\\xff..."                },
};

START_TEST(text_is_harmless_and_no_wider_than_allowed)
{
    const uint8_t *bytes = guarded(texts[_i].text, texts[_i].len);

    render_text(&out, slice_of(bytes, texts[_i].len), texts[_i].max_columns);
    ck_assert_str_eq(buf_string(&out), texts[_i].shown);
    if (texts[_i].max_columns)
        ck_assert_uint_le(render_width(buf_slice(&out)), texts[_i].max_columns);
    else
        ck_assert_uint_eq(render_width(buf_slice(&out)),
                          render_width(slice_of(bytes, texts[_i].len)));
}
END_TEST

/* ---- render_info and render_flags ---- */

struct packet {
    const char *hex;
    const char *info;
    const char *flags;
    char direction; /* '>' from the client */
};

/* One connection: what comes later depends on what came before. */
static const struct packet session_311[] = {
    {"1019 0004 4d515454 04 06 003c 0003 732d31 0003 772f74 0003 6f6666",
     "s-1, clean, keep alive 60 s, will w/t",                                                                                 "",       '>'},
    {"20020000",                                                          "accepted, new session",                            "",       '<'},
    {"340e 0008 6c61622f74656d70 0007 3231",                              "lab/temp  21",                                     "Q2",     '>'},
    {"50020007",                                                          "2 of 4, 1.0 ms",                                   "",       '<'},
    {"62020007",                                                          "3 of 4, 1.0 ms",                                   "",       '>'},
    {"70020007",                                                          "4 of 4, done, 1.0 ms",                             "",       '<'},
    {"3b07 0003 612f62 0001",                                             "a/b  (empty)",                                     "Q1 D R", '>'},
    {"40020001",                                                          "2 of 2, done, 1.0 ms",                             "",       '<'},
    {"3106 0001 61 ff0001",                                               "a  ff 00 01 (3 bytes)",                            "Q0 R",   '>'},
    {"820a 0002 0001 61 00 0001 62 01",                                   "a q0 (+1 more)",                                   "",       '>'},
    {"9004 0002 00 80",                                                   "granted 0, refused: no reason",                    "",       '<'},
    {"a205 0003 0001 61",                                                 "a",                                                "",       '>'},
    {"b0020003",                                                          "removed",                                          "",       '<'},
    {"c000",                                                              "keep alive",                                       "",       '>'},
    {"d000",                                                              "1.0 ms",                                           "",       '<'},
    {"40020063",                                                          "of no known message",                              "",       '<'},
    {"3605 0001 61 0001",                                                 "! byte 0: QoS 3 does not exist [MQTT311-3.3.1-4]",
     "Q3",                                                                                                                              '>'},
    {"e000",                                                              "normal",                                           "",       '>'},
};

static const struct packet session_5[] = {
    {"1014 0004 4d515454 05 80 0000 00 0000 0005 616c696365",
     "(no name), resume, user alice",                                                                 "",   '>'},
    {"200301 00 00",                                          "accepted, session present",            "",   '<'},
    {"3207 0001 61 0001 00 78",                               "a  x",                                 "Q1", '>'},
    {"4003 0001 87",                                          "2 of 2, done, 1.0 ms, not authorized", "",   '<'},
    {"300a 0003 612f62 03 230001 68",                         "a/b  h",                               "Q0", '>'},
    {"3007 0000 03 230001 69",                                "a/b  i",                               "Q0", '>'},
    {"820b 0001 00 0001 61 02 0001 62 00",                    "a q2 (+1 more)",                       "",   '>'},
    {"9005 0001 00 02 87",                                    "granted 2, refused: not authorized",   "",   '<'},
    {"a206 0002 00 0001 61",                                  "a",                                    "",   '>'},
    {"b005 0002 00 00 11",                                    "removed, no subscription existed",     "",   '<'},
    {"f000",                                                  "success",                              "",   '<'},
    {"e002 04 00",                                            "with will",                            "",   '>'},
};

static const struct packet refused_qos[] = {
    {"100f 0004 4d515454 05 02 003c 00 0002 6161", "aa, clean, keep alive 60 s",
     "",                                                                             '>'},
    {"e001 9b",                                    "QoS not supported",          "", '<'},
};

static const struct packet refusals[] = {
    {"100f 0004 4d515454 05 02 003c 00 0002 6161", "aa, clean, keep alive 60 s",
     "",                                                                             '>'},
    {"2003 00 87 00",                              "refused: not authorized",    "", '<'},
    {"e001 8e",                                    "session taken over",         "", '<'},
};

static const struct packet refusals_311[] = {
    {"100e 0004 4d515454 04 02 003c 0002 6161", "aa, clean, keep alive 60 s",
     "",                                                                          '>'},
    {"20020005",                                "refused: not authorized",    "", '<'},
};

/* Nobody has seen the CONNECT: codes of either version may come. */
static const struct packet of_no_version[] = {
    {"20020005",        "refused: not authorized",       "", '<'},
    {"20020100",        "accepted, session present",     "", '<'},
    {"9004 0002 00 80", "granted 0, refused: no reason", "", '<'},
};

static void check_session(const struct packet *packets, size_t count)
{
    struct history *history = history_new(0);

    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[128];
        struct record record = {
            .seq = i + 1,
            .time_ns = (i + 1) * CLOCK_NS_PER_MS,
            .connection = 1,
            .type = RECORD_MQTT,
            .direction = packets[i].direction == '>' ? RECORD_C2B : RECORD_B2C,
            .bytes =
                slice_of(bytes, unit_hex(packets[i].hex, bytes, sizeof(bytes))),
        };
        struct history_row row;

        record.original_len = (uint32_t)record.bytes.len;
        history_add(history, &record);
        ck_assert(history_get(history, i, &row));
        buf_clear(&out);
        render_info(&out, &row);
        ck_assert_msg(!strcmp(buf_string(&out), packets[i].info),
                      "%s: \"%s\", expected \"%s\"", packets[i].hex,
                      buf_string(&out), packets[i].info);
        buf_clear(&out);
        render_flags(&out, &row);
        ck_assert_str_eq(buf_string(&out), packets[i].flags);
    }
    history_free(history);
}

#define CHECK_SESSION(packets) \
    check_session(packets, sizeof(packets) / sizeof((packets)[0]))

START_TEST(each_packet_of_3_1_1_is_told_in_a_few_words)
{
    CHECK_SESSION(session_311);
    CHECK_SESSION(refusals_311);
    CHECK_SESSION(of_no_version);
}
END_TEST

START_TEST(each_packet_of_5_is_told_in_a_few_words)
{
    CHECK_SESSION(session_5);
    CHECK_SESSION(refusals);
    CHECK_SESSION(refused_qos);
}
END_TEST

START_TEST(a_packet_that_is_not_all_there_is_told_so)
{
    static const uint8_t publish[] = {0x30, 0x0a, 0x00, 0x03,
                                      'a',  '/',  'b',  '2'};
    struct history_row row = {
        .record = {.type = RECORD_MQTT,
                   .direction = RECORD_C2B,
                   .version = MQTT_3_1_1,
                   .flags = RECORD_TRUNCATED,
                   .original_len = 12,
                   .bytes = slice_of(publish, sizeof(publish))}
    };

    render_info(&out, &row);
    ck_assert_str_eq(buf_string(&out), "a/b  2, only 8 of 12 bytes are here");
}
END_TEST

START_TEST(what_a_rule_did_to_a_packet_is_told)
{
    static const uint8_t ping[] = {0xc0, 0x00};
    static const uint8_t garbage[] = "GET / HTTP/1.1\r\n\r\n";
    struct history_row row = {
        .record = {.type = RECORD_MQTT,
                   .direction = RECORD_C2B,
                   .version = MQTT_5,
                   .flags = RECORD_HELD | RECORD_DROPPED | RECORD_MALFORMED,
                   .bytes = slice_of(ping, 2)}
    };

    render_info(&out, &row);
    ck_assert_str_eq(buf_string(&out), "keep alive, ! refused by the broker, "
                                       "held, dropped by a rule");
    buf_clear(&out);
    row.record.type = RECORD_WIRE;
    row.record.bytes = slice_of(garbage, 18);
    render_info(&out, &row);
    ck_assert_str_eq(buf_string(&out),
                     "18 bytes that are no packet: 47 45 54 20 2f 20 48 54 54 "
                     "50 2f 31 2e 31 0d 0a ...");
}
END_TEST

/* ---- events ---- */

struct attribute {
    enum record_key key;
    const char *value;
};

static const struct {
    unsigned code;
    uint8_t flags;
    struct attribute attributes[6];
    const char *sentence;
} events[] = {
    {EVENT_WILL_FIRED,
     0,                         {{RECORD_CLIENT_ID, "old-7"},
      {RECORD_TOPIC, "lab/old-7/state"},
      {RECORD_TEXT, "TCP connection cut, no DISCONNECT"}},
     "client old-7: will FIRED, sent to lab/old-7/state: "
     "TCP connection cut, no DISCONNECT"                                                                                          },
    {EVENT_CONN_OPENED,
     0,                         {{RECORD_PEER, "127.0.0.1:50123"}, {RECORD_TRANSPORT, "tcp"}},
     "connection 3: connection opened from 127.0.0.1:50123 (tcp)"                                                                 },
    {EVENT_CONNECT_ACCEPTED,
     RECORD_SNAPSHOT,           {{RECORD_CLIENT_ID, "a"},
      {RECORD_VERSION, "5"},
      {RECORD_USER_NAME, "bob"},
      {RECORD_CLEAN, "0"},
      {RECORD_KEEP_ALIVE, "60"}},
     "client a: connected with MQTT 5.0, user bob, session wanted, keep alive "
     "60 s (from before)"                                                                                                         },
    {EVENT_CONNECT_REFUSED,
     0,                         {{RECORD_REASON, "135"}, {RECORD_STATEMENT, "MQTT-3.1.0-2"}},
     "connection 3: refused: Not authorized [MQTT-3.1.0-2]"                                                                       },
    {EVENT_SESSION_AWAY,
     0,                         {{RECORD_CLIENT_ID, "a"},
      {RECORD_EXPIRY, "4294967295"},
      {RECORD_NUMBER, "2"}},
     "client a: session kept while away: for ever, messages waiting: 2"                                                           },
    {EVENT_SUBSCRIBED,
     0,                         {{RECORD_CLIENT_ID, "a"}, {RECORD_TOPIC, "x/#"}, {RECORD_QOS, "1"}},
     "client a: subscribed to x/#, QoS 1 granted"                                                                                 },
    {EVENT_RETAINED_STORED,
     0,                         {{RECORD_TOPIC, "t"}, {RECORD_PAYLOAD, "a\x1b[2J"}},
     "connection 3: retained stored for t: a\\x1b[2J"                                                                             },
    {EVENT_NOTE,
     0,                         {{RECORD_SUBJECT, "12"}, {RECORD_TEXT, "look"}},
     "connection 3: note: look"                                                                                                   },
    {EVENT_BROKER_STOPPED,   0, {{0, NULL}},                                                         "connection 3: broker stops" },
    {9999,                   0, {{RECORD_TEXT, "new"}},                                              "connection 3: evt 9999: new"},
};

START_TEST(each_event_is_a_sentence)
{
    struct history_row row = {
        .record = {
                   .type = RECORD_EVT, .connection = 3, .flags = events[_i].flags}
    };
    struct buf bytes = {0};

    record_begin(&bytes, events[_i].code);
    for (const struct attribute *at = events[_i].attributes; at->value; at++)
        record_put_string(&bytes, at->key, at->value);
    row.record.bytes = buf_slice(&bytes);
    render_info(&out, &row);
    ck_assert_str_eq(buf_string(&out), events[_i].sentence);
    buf_release(&bytes);
}
END_TEST

/* Whatever attributes come, the template finds its parts. */
START_TEST(every_code_makes_a_sentence_with_all_attributes_and_with_none)
{
    struct history_row row = {.record = {.type = RECORD_EVT}};
    struct buf bytes = {0};

    for (unsigned code = 0; code < 200; code++) {
        for (int all = 0; all < 2; all++) {
            record_begin(&bytes, code);
            for (int key = 1; all && key <= RECORD_SUBJECT; key++)
                record_put_number(&bytes, (enum record_key)key, 1);
            row.record.bytes = buf_slice(&bytes);
            buf_clear(&out);
            render_event(&out, &row);
            buf_string(&out);
            ck_assert_ptr_null(strpbrk(buf_string(&out), "{}"));
            ck_assert_uint_gt(out.len, 0);
        }
    }
    buf_release(&bytes);
}
END_TEST

/* ---- lines, trees, bytes, times ---- */

static void use_utc(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
}

START_TEST(a_packet_is_one_line_of_columns)
{
    static const uint8_t publish[] = {0x34, 0x08, 0, 3, 'a',
                                      '/',  'b',  0, 7, 'h'};
    struct history_row row = {
        .record = {.type = RECORD_MQTT,
                   .direction = RECORD_C2B,
                   .time_ns = 80020 * CLOCK_NS_PER_S + 7 * CLOCK_NS_PER_MS,
                   .bytes = slice_of(publish, 10)},
        .note = {.client_id = "sensor-1",
                   .topic = "",
                   .type = MQTT_PUBLISH,
                   .version = MQTT_3_1_1,
                   .packet_id = 7                },
        .number = 212
    };

    render_line(&out, &row);
    ck_assert_str_eq(buf_string(&out),
                     "   212 22:13:40.007 sensor-1         > PUBLISH         7 "
                     "Q2     a/b  h");
}
END_TEST

START_TEST(a_name_of_any_letters_leaves_the_columns_straight)
{
    static const uint8_t ping[] = {0xc0, 0x00};
    struct history_row row = {
        .record = {.type = RECORD_MQTT, .bytes = slice_of(ping, 2)},
        .note = {.client_id = "gr\xc3\xbcn-\xe6\xb8\xa9",
                   .type = MQTT_PINGREQ  }
    };

    render_line(&out, &row);
    ck_assert_str_eq(buf_string(&out),
                     "       00:00:00.000 gr\xc3\xbcn-\xe6\xb8\xa9            "
                     "PINGREQ                  keep alive");
}
END_TEST

START_TEST(an_event_is_one_line_with_the_time_of_day)
{
    struct buf bytes = {0};
    struct history_row row = {
        .record = {.type = RECORD_EVT, .time_ns = 80020 * CLOCK_NS_PER_S},
        .note = {.client_id = "old-7"                 }
    };

    record_begin(&bytes, EVENT_SESSION_EXPIRED);
    row.record.bytes = buf_slice(&bytes);
    render_line(&out, &row);
    ck_assert_str_eq(buf_string(&out),
                     "22:13:40 client old-7: session expired");
    buf_release(&bytes);
}
END_TEST

START_TEST(the_tree_is_indented_and_marks_what_is_wrong)
{
    static const uint8_t ping[] = {0xc1, 0x00};
    struct dissection dissection = {0};

    dissect_packet(&dissection, slice_of(ping, 2), MQTT_5, true);
    render_tree(&out, &dissection);
    ck_assert_str_eq(
        buf_string(&out),
        "! Header Flags: 0xc1, Message Type: Ping Request\n"
        "    1100 .... = Message Type: Ping Request (12)\n"
        "!   .... 0001 = Reserved: 1\n"
        "!     byte 0: the reserved flags of this packet must be 0 "
        "[MQTT-2.1.3-1]\n"
        "  Msg Len: 0\n");
    dissect_release(&dissection);
}
END_TEST

START_TEST(a_hex_dump_has_16_bytes_a_line_and_their_text)
{
    static const uint8_t bytes[] = {0x34, 0x10, 0x00, 0x08, 0x6c, 0x61,
                                    0x62, 0x2f, 0x74, 0x65, 0x6d, 0x70,
                                    0x00, 0x7f, 0x20, 0x7e, 0x2e, 0x35};

    render_hex(&out, slice_of(guarded(bytes, 18), 18));
    ck_assert_str_eq(
        buf_string(&out),
        "0000  34 10 00 08 6c 61 62 2f  74 65 6d 70 00 7f 20 7e   "
        "4...lab/temp.. ~\n"
        "0010  2e 35                                              .5\n");
    buf_clear(&out);
    render_hex(&out, slice_of(guarded(bytes, 16), 16));
    ck_assert_str_eq(buf_string(&out),
                     "0000  34 10 00 08 6c 61 62 2f  74 65 6d 70 00 7f 20 7e   "
                     "4...lab/temp.. ~\n");
}
END_TEST

static const struct {
    uint64_t time_ns;
    uint64_t origin_ns;
    const char *shown;
} times[] = {
    {UINT64_C(2204999999), UINT64_C(1000000000), "1.204" },
    {5,                    5,                    "0.000" },
    {UINT64_C(1000000000), UINT64_C(1003000000), "-0.003"},
};

START_TEST(time_is_seconds_since_the_origin)
{
    render_time(&out, times[_i].time_ns, times[_i].origin_ns);
    ck_assert_str_eq(buf_string(&out), times[_i].shown);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

Suite *render_suite(void)
{
    Suite *suite = suite_create("render");
    TCase *tcase = unit_case(suite, "render", 0);

    tcase_add_checked_fixture(tcase, use_utc, empty);
    tcase_add_loop_test(tcase, text_is_harmless_and_no_wider_than_allowed, 0,
                        COUNT(texts));
    tcase_add_test(tcase, each_packet_of_3_1_1_is_told_in_a_few_words);
    tcase_add_test(tcase, each_packet_of_5_is_told_in_a_few_words);
    tcase_add_test(tcase, what_a_rule_did_to_a_packet_is_told);
    tcase_add_test(tcase, a_packet_that_is_not_all_there_is_told_so);
    tcase_add_loop_test(tcase, each_event_is_a_sentence, 0, COUNT(events));
    tcase_add_test(
        tcase, every_code_makes_a_sentence_with_all_attributes_and_with_none);
    tcase_add_test(tcase, a_packet_is_one_line_of_columns);
    tcase_add_test(tcase, a_name_of_any_letters_leaves_the_columns_straight);
    tcase_add_test(tcase, an_event_is_one_line_with_the_time_of_day);
    tcase_add_test(tcase, the_tree_is_indented_and_marks_what_is_wrong);
    tcase_add_test(tcase, a_hex_dump_has_16_bytes_a_line_and_their_text);
    tcase_add_loop_test(tcase, time_is_seconds_since_the_origin, 0,
                        COUNT(times));
    return suite;
}
