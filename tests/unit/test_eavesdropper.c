/* What somebody on the cable learns, from a recording of each kind of
   connection; and which bytes carried which packet. */
#include "suites.h"

#include "cable_sample.h"
#include "tui/wire_leaks.h"
#include "tui/wire_lines.h"
#include "wire/event.h"

static struct store *store;
static struct wire_leaks leaks;

static void set_up(void)
{
    struct history *history = cable_sample_history();
    struct history_row row;

    store = store_new(0);
    for (uint64_t i = 0; history_get(history, i, &row); i++)
        store_add(store, &row.record);
    store_catch_up(store, 0);
    wire_leaks_catch_up(&leaks, store);
    history_free(history);
}

static void tear_down(void)
{
    wire_leaks_release(&leaks);
    store_free(store);
}

static const struct wire_connection *connection(uint32_t number)
{
    size_t at = wire_leaks_find(&leaks, number);

    ck_assert_uint_lt(at, leaks.count);
    return leaks.connections[at];
}

/* ---- what is learnt ---- */

#define PLAIN 1
#define TLS12 2
#define TLS13 3
#define PSK   4
#define WS    5
#define WSS   6

/* clang-format off */
static const struct {
    uint32_t connection;
    enum eavesdropper_cover cover;
    enum eavesdropper_secret secret;
    enum eavesdropper_answer answer;
    const char *value;
} learnt[] = {
    {PLAIN, EAVESDROPPER_PLAIN, EAVESDROPPER_CLIENT_ID, EAVESDROPPER_READ, "plain-1"},
    {PLAIN, EAVESDROPPER_PLAIN, EAVESDROPPER_USER_NAME, EAVESDROPPER_READ, "anna"},
    {PLAIN, EAVESDROPPER_PLAIN, EAVESDROPPER_PASSWORD, EAVESDROPPER_READ, "******"},
    {PLAIN, EAVESDROPPER_PLAIN, EAVESDROPPER_TOPIC, EAVESDROPPER_READ, "lab/temp"},
    {PLAIN, EAVESDROPPER_PLAIN, EAVESDROPPER_MESSAGE, EAVESDROPPER_READ, "21.5"},
    {PLAIN, EAVESDROPPER_PLAIN, EAVESDROPPER_QOS, EAVESDROPPER_READ, "QoS 2"},
    {PLAIN, EAVESDROPPER_PLAIN, EAVESDROPPER_HOST, EAVESDROPPER_NOTHING, ""},
    {WS, EAVESDROPPER_WS, EAVESDROPPER_CLIENT_ID, EAVESDROPPER_READ, "ws-1"},
    {WS, EAVESDROPPER_WS, EAVESDROPPER_PASSWORD, EAVESDROPPER_READ, "******"},
    {WS, EAVESDROPPER_WS, EAVESDROPPER_MESSAGE, EAVESDROPPER_READ, "21.5"},
    {WS, EAVESDROPPER_WS, EAVESDROPPER_HOST, EAVESDROPPER_READ, "localhost:29001"},
    {TLS12, EAVESDROPPER_TLS_1_2, EAVESDROPPER_HOST, EAVESDROPPER_READ, "localhost"},
    {TLS12, EAVESDROPPER_TLS_1_2, EAVESDROPPER_SERVER, EAVESDROPPER_READ, "localhost"},
    {TLS12, EAVESDROPPER_TLS_1_2, EAVESDROPPER_CLIENT, EAVESDROPPER_READ, "sensor-1"},
    {TLS12, EAVESDROPPER_TLS_1_2, EAVESDROPPER_CLIENT_ID, EAVESDROPPER_HIDDEN, ""},
    {TLS12, EAVESDROPPER_TLS_1_2, EAVESDROPPER_PASSWORD, EAVESDROPPER_HIDDEN, ""},
    {TLS12, EAVESDROPPER_TLS_1_2, EAVESDROPPER_TOPIC, EAVESDROPPER_HIDDEN, ""},
    {TLS12, EAVESDROPPER_TLS_1_2, EAVESDROPPER_QOS, EAVESDROPPER_GUESSED, "42 28 28 28: Q2"},
    {TLS13, EAVESDROPPER_TLS_1_3, EAVESDROPPER_HOST, EAVESDROPPER_READ, "localhost"},
    {TLS13, EAVESDROPPER_TLS_1_3, EAVESDROPPER_SERVER, EAVESDROPPER_HIDDEN, ""},
    {TLS13, EAVESDROPPER_TLS_1_3, EAVESDROPPER_CLIENT, EAVESDROPPER_HIDDEN, ""},
    {TLS13, EAVESDROPPER_TLS_1_3, EAVESDROPPER_MESSAGE, EAVESDROPPER_HIDDEN, ""},
    {TLS13, EAVESDROPPER_TLS_1_3, EAVESDROPPER_QOS, EAVESDROPPER_GUESSED, "35 21 21 21: Q2"},
    {PSK, EAVESDROPPER_TLS_1_2, EAVESDROPPER_CLIENT, EAVESDROPPER_READ, "meter-7"},
    {PSK, EAVESDROPPER_TLS_1_2, EAVESDROPPER_SERVER, EAVESDROPPER_NOTHING, ""},
    {PSK, EAVESDROPPER_TLS_1_2, EAVESDROPPER_USER_NAME, EAVESDROPPER_NOTHING, ""},
    {PSK, EAVESDROPPER_TLS_1_2, EAVESDROPPER_QOS, EAVESDROPPER_GUESSED, "42 28: Q1 or 2"},
    {WSS, EAVESDROPPER_TLS_1_3, EAVESDROPPER_CLIENT_ID, EAVESDROPPER_HIDDEN, ""},
    {WSS, EAVESDROPPER_TLS_1_3, EAVESDROPPER_QOS, EAVESDROPPER_GUESSED, "41 23 27 23: Q2"},
};
/* clang-format on */

START_TEST(an_eavesdropper_learns_what_is_in_the_clear)
{
    const struct eavesdropper *e =
        &connection(learnt[_i].connection)->eavesdropper;

    ck_assert_int_eq(e->cover, learnt[_i].cover);
    ck_assert_int_eq(e->secrets[learnt[_i].secret].answer, learnt[_i].answer);
    ck_assert_str_eq(e->secrets[learnt[_i].secret].value, learnt[_i].value);
}
END_TEST

START_TEST(sizes_are_those_of_the_cable)
{
    struct eavesdropper e = {0};
    struct history_row row;
    uint64_t bytes = 0;

    for (uint64_t i = 0; store_row(store, i, &row); i++) {
        if (row.record.type == RECORD_WIRE && row.record.connection == TLS13)
            bytes += row.record.bytes.len;
    }
    e = connection(TLS13)->eavesdropper;
    ck_assert_uint_eq(e.bytes[0] + e.bytes[1], bytes);
    ck_assert_uint_gt(bytes, 2000);
}
END_TEST

/* ---- what carried a packet ---- */

/* Its record on the cable is as long as encryption makes it. */
START_TEST(each_packet_lies_in_the_bytes_that_carried_it)
{
    static const struct {
        uint32_t connection;
        uint32_t more; /* bytes around a packet */
    } covers[] = {
        {TLS12, 5 + 24},
        {TLS13, 5 + 17},
        {PSK,   5 + 24},
    };
    const struct wire_connection *c = connection(covers[_i].connection);
    struct wire_lines lines = {0};
    struct history_row row;
    unsigned packets = 0;

    wire_lines_look(&lines, store, c->number, c->first,
                    c->eavesdropper.overhead);
    for (uint64_t i = 0; store_row(store, i, &row); i++) {
        uint64_t cable;
        uint32_t at;

        if (row.record.type != RECORD_MQTT ||
            row.record.connection != covers[_i].connection)
            continue;
        uint32_t len = row.record.original_len + covers[_i].more;
        ck_assert(wire_lines_carrier(&lines, i, &cable, &at));
        ck_assert(store_row(store, cable, &row));
        const uint8_t *record = row.record.bytes.bytes + at;
        ck_assert_uint_eq(5u + (uint32_t)(record[3] << 8 | record[4]), len);
        packets++;
    }
    ck_assert_uint_ge(packets, 5);
    wire_lines_release(&lines);
}
END_TEST

START_TEST(lines_grow_with_the_records_as_they_would_at_once)
{
    for (uint32_t number = PLAIN; number <= WSS; number++) {
        const struct wire_connection *c = connection(number);
        struct wire_lines whole = {0};
        struct wire_lines grown = {0};
        uint64_t end = store->listed_to;

        wire_lines_look(&whole, store, number, c->first,
                        c->eavesdropper.overhead);
        for (store->listed_to = 0; store->listed_to < end; store->listed_to++)
            wire_lines_look(&grown, store, number, c->first,
                            c->eavesdropper.overhead);
        wire_lines_look(&grown, store, number, c->first,
                        c->eavesdropper.overhead);
        ck_assert_uint_eq(whole.count, grown.count);
        for (size_t i = 0; i < whole.count; i++) {
            ck_assert(whole.lines[i].packet == grown.lines[i].packet);
            ck_assert(whole.lines[i].cable == grown.lines[i].cable);
        }
        wire_lines_release(&whole);
        wire_lines_release(&grown);
    }
}
END_TEST

static void add_to(struct store *to, uint32_t number, struct record record,
                   struct slice bytes)
{
    record.seq = to->last_seq + 1;
    record.time_ns = record.seq;
    record.connection = number;
    record.bytes = bytes;
    record.original_len = (uint32_t)bytes.len;
    store_add(to, &record);
}

static void add(struct store *to, struct record record, struct slice bytes)
{
    add_to(to, 1, record, bytes);
}

/* A broker that has much to say encrypts it together. */
START_TEST(many_packets_may_lie_in_one_record)
{
    static const uint8_t puback[] = {0x40, 2, 0, 1};
    static const uint8_t publish[] = {0x30, 3, 0, 1, 't'};
    const unsigned count = 100;
    struct store *own = store_new(0);
    struct wire_lines lines = {0};
    struct buf text = {0};
    uint8_t record[5 + 100 * sizeof(puback) + 17] = {23, 3, 3};
    uint32_t len = sizeof(record) - 5;
    uint64_t cable;
    uint32_t at;

    record[3] = (uint8_t)(len >> 8);
    record[4] = (uint8_t)len;
    record_begin(&text, EVENT_CONN_OPENED);
    record_put_string(&text, RECORD_TRANSPORT, "tls");
    add(own, (struct record){.type = RECORD_CONN}, buf_slice(&text));
    for (unsigned i = 0; i < count; i++) {
        add(own,
            (struct record){.type = RECORD_MQTT,
                            .layer = RECORD_WITHIN,
                            .direction = RECORD_C2B},
            slice_of(publish, sizeof(publish)));
        add(own,
            (struct record){.type = RECORD_MQTT,
                            .layer = RECORD_WITHIN,
                            .direction = RECORD_B2C},
            slice_of(puback, sizeof(puback)));
    }
    add(own,
        (struct record){.type = RECORD_WIRE,
                        .layer = RECORD_CABLE,
                        .direction = RECORD_B2C},
        slice_of(record, sizeof(record)));
    store_catch_up(own, 0);
    wire_lines_look(&lines, own, 1, 0, 17);
    for (unsigned i = 0; i < count; i++) {
        ck_assert(wire_lines_carrier(&lines, 2 + 2 * i, &cable, &at));
        ck_assert_uint_eq(cable, 1 + 2 * count);
        ck_assert(!wire_lines_carrier(&lines, 1 + 2 * i, &cable, &at));
    }
    wire_lines_release(&lines);
    buf_release(&text);
    store_free(own);
}
END_TEST

/* Who watches from the middle on has not seen the handshake. */
static const struct {
    const char *said;
    enum eavesdropper_cover cover;
    unsigned overhead;
    enum eavesdropper_answer server;
    enum eavesdropper_answer client;
    const char *name;
} earlier[] = {
    {"TLSv1.3, TLS_AES_256_GCM_SHA384, client certificate of CN=anna",
     EAVESDROPPER_TLS_1_3,                                                                                                                                    17, EAVESDROPPER_HIDDEN,  EAVESDROPPER_HIDDEN,  ""        },
    {"TLSv1.2, ECDHE-RSA-AES256-GCM-SHA384, client certificate of CN=anna",
     EAVESDROPPER_TLS_1_2,                                                                                                                                    24, EAVESDROPPER_READ,    EAVESDROPPER_READ,    "CN=anna" },
    {"TLSv1.2, ECDHE-RSA-AES256-SHA384",                                                                                                EAVESDROPPER_TLS_1_2, 0,
     EAVESDROPPER_READ,                                                                                                                                                                 EAVESDROPPER_NOTHING, ""        },
    {"TLSv1.2, ECDHE-RSA-CHACHA20-POLY1305, resumed",                                                                                   EAVESDROPPER_TLS_1_2, 16,
     EAVESDROPPER_HIDDEN,                                                                                                                                                               EAVESDROPPER_NOTHING, ""        },
    {"TLSv1.2, PSK-AES128-CCM8, PSK identity lamp",                                                                                     EAVESDROPPER_TLS_1_2, 16,
     EAVESDROPPER_NOTHING,                                                                                                                                                              EAVESDROPPER_READ,    "lamp"    },
 /* Who connects chooses the name, and may choose the broker's own words. */
    {"TLSv1.2, PSK-AES128-CBC-SHA, PSK identity TLSv1.3",                                                                               EAVESDROPPER_TLS_1_2,
     0,                                                                                                                                                           EAVESDROPPER_NOTHING, EAVESDROPPER_READ,    "TLSv1.3" },
    {"TLSv1.2, PSK-AES128-CBC-SHA, PSK identity CHACHA20",                                                                              EAVESDROPPER_TLS_1_2,
     0,                                                                                                                                                           EAVESDROPPER_NOTHING, EAVESDROPPER_READ,    "CHACHA20"},
    {"TLSv1.2, PSK-AES128-CCM8, PSK identity lamp, resumed",
     EAVESDROPPER_TLS_1_2,                                                                                                                                    16, EAVESDROPPER_NOTHING, EAVESDROPPER_READ,
     "lamp, resumed"                                                                                                                                                                                                    },
    {"TLSv1.2, PSK-AES128-CCM8, server name that is none, PSK identity PSK identity 7, client certificate of CN=anna",
     EAVESDROPPER_TLS_1_2,                                                                                                                                    16, EAVESDROPPER_NOTHING, EAVESDROPPER_READ,
     "PSK identity 7, client certif..."                                                                                                                                                                                 },
    {"TLSv1.2, ECDHE-RSA-AES256-GCM-SHA384, certificate server.crt, server name localhost, client certificate of CN=PSK identity lamp",
     EAVESDROPPER_TLS_1_2,                                                                                                                                    24, EAVESDROPPER_READ,    EAVESDROPPER_READ,
     "CN=PSK identity lamp"                                                                                                                                                                                             },
    {"TLSv1.2, ECDHE-RSA-AES256-GCM-SHA384, certificate server.crt, client certificate of CN=anna\\, resumed,O=TLSv1.3",
     EAVESDROPPER_TLS_1_2,                                                                                                                                    24, EAVESDROPPER_READ,    EAVESDROPPER_READ,
     "CN=anna\\, resumed,O=TLSv1.3"                                                                                                                                                                                     },
    {"TLSv1.2, ECDHE-RSA-AES256-GCM-SHA384, resumed, certificate server.crt, client certificate of CN=PSK identity lamp",
     EAVESDROPPER_TLS_1_2,                                                                                                                                    24, EAVESDROPPER_HIDDEN,  EAVESDROPPER_HIDDEN,  ""        },
 /* The identity stands in the first message, which nothing encrypts yet. */
    {"TLSv1.3, TLS_AES_128_GCM_SHA256, PSK identity lamp",                                                                              EAVESDROPPER_TLS_1_3,
     17,                                                                                                                                                          EAVESDROPPER_NOTHING, EAVESDROPPER_READ,    "lamp"    },
    {"TLSv1.3, TLS_AES_128_GCM_SHA256, client certificate of CN=PSK identity lamp",
     EAVESDROPPER_TLS_1_3,                                                                                                                                    17, EAVESDROPPER_HIDDEN,  EAVESDROPPER_HIDDEN,  ""        },
    {"TLSv1.3",                                                                                                                         EAVESDROPPER_TLS_1_3, 17, EAVESDROPPER_HIDDEN,
     EAVESDROPPER_NOTHING,                                                                                                                                                                                    ""        },
};

START_TEST(what_crossed_before_is_what_the_broker_says_of_it)
{
    struct eavesdropper e = {0};
    struct buf bytes = {0};
    struct history_row row = {
        .record = {.type = RECORD_TLS, .flags = RECORD_SNAPSHOT}
    };

    record_begin(&bytes, EVENT_TLS_OPENED);
    record_put_string(&bytes, RECORD_TEXT, earlier[_i].said);
    row.record.bytes = buf_slice(&bytes);
    eavesdropper_take(&e, &row);
    ck_assert_int_eq(e.cover, earlier[_i].cover);
    ck_assert_uint_eq(e.overhead, earlier[_i].overhead);
    ck_assert_int_eq(e.secrets[EAVESDROPPER_SERVER].answer, earlier[_i].server);
    ck_assert_int_eq(e.secrets[EAVESDROPPER_CLIENT].answer, earlier[_i].client);
    ck_assert_str_eq(e.secrets[EAVESDROPPER_CLIENT].value, earlier[_i].name);
    eavesdropper_release(&e);
    buf_release(&bytes);
}
END_TEST

static void told_of_tls(struct eavesdropper *e, const char *said)
{
    struct buf bytes = {0};
    struct history_row row = {.record = {.type = RECORD_TLS}};

    record_begin(&bytes, EVENT_TLS_OPENED);
    record_put_string(&bytes, RECORD_TEXT, said);
    row.record.bytes = buf_slice(&bytes);
    eavesdropper_take(e, &row);
    buf_release(&bytes);
}

/* A proxy hands on what it has decrypted, and has no record of the cable. What
   it agreed on with the broker is of another cable. */
START_TEST(in_front_of_a_proxy_with_tls_nothing_is_read)
{
    static const uint8_t publish[] = {0x30, 4, 0, 1, 'a', 'x'};
    struct history_row row = {
        .record = {.type = RECORD_MQTT,
                   .direction = RECORD_C2B,
                   .version = 4,
                   .original_len = sizeof(publish),
                   .bytes = slice_of(publish, sizeof(publish))}
    };
    struct eavesdropper covered = {0};
    struct eavesdropper plain = {0};

    told_of_tls(&covered, "to the broker: TLSv1.2, B");
    told_of_tls(
        &covered,
        "TLSv1.3, TLS_AES_256_GCM_SHA384, certificate c, server name localhost");
    eavesdropper_take(&covered, &row);
    ck_assert_int_eq(covered.cover, EAVESDROPPER_TLS_1_3);
    ck_assert_int_eq(covered.secrets[EAVESDROPPER_TOPIC].answer,
                     EAVESDROPPER_HIDDEN);
    ck_assert_str_eq(covered.secrets[EAVESDROPPER_HOST].value, "localhost");
    ck_assert_uint_eq(covered.bytes[0], 0);
    ck_assert_int_eq(covered.secrets[EAVESDROPPER_SERVER].answer,
                     EAVESDROPPER_HIDDEN);
    told_of_tls(&plain, "to the broker: TLSv1.2, B");
    eavesdropper_take(&plain, &row);
    ck_assert_int_eq(plain.cover, EAVESDROPPER_PLAIN);
    ck_assert_int_eq(plain.secrets[EAVESDROPPER_TOPIC].answer,
                     EAVESDROPPER_READ);
    ck_assert_int_eq(plain.secrets[EAVESDROPPER_SERVER].answer,
                     EAVESDROPPER_NOTHING);
    eavesdropper_release(&covered);
    eavesdropper_release(&plain);
}
END_TEST

static const uint8_t pingreq[] = {0xc0, 0};

/* Many thousands come and go while one looks on. */
START_TEST(connections_without_records_are_forgotten)
{
    const struct record packet = {.type = RECORD_MQTT, .direction = RECORD_C2B};
    struct store *own = store_new(64 << 10);
    struct wire_leaks seen = {0};
    const uint32_t last = 20000;

    for (uint32_t number = 1; number <= last; number++) {
        add_to(own, 1, packet, slice_of(pingreq, sizeof(pingreq)));
        add_to(own, number, packet, slice_of(pingreq, sizeof(pingreq)));
        store_catch_up(own, 0);
        wire_leaks_catch_up(&seen, own);
    }
    ck_assert_uint_gt(history_first(own->history), 0);
    ck_assert_uint_lt(seen.count, 3000);
    ck_assert_uint_eq(wire_leaks_find(&seen, 1), 0);
    ck_assert_uint_eq(wire_leaks_find(&seen, last), seen.count - 1);
    ck_assert_uint_eq(wire_leaks_find(&seen, 2), seen.count);
    for (size_t i = 0; i < seen.count; i++)
        ck_assert_uint_eq(wire_leaks_find(&seen, seen.connections[i]->number),
                          i);
    wire_leaks_release(&seen);
    store_free(own);
}
END_TEST

START_TEST(a_connection_of_before_is_listed_when_something_crosses)
{
    struct store *own = store_new(0);
    struct wire_leaks seen = {0};
    struct buf tls = {0};
    struct buf closed = {0};

    record_begin(&tls, EVENT_TLS_OPENED);
    record_put_string(&tls, RECORD_TEXT, "TLSv1.3, TLS_AES_256_GCM_SHA384");
    record_begin(&closed, EVENT_CONN_CLOSED);
    for (uint32_t number = 1; number <= 2; number++)
        add_to(own, number,
               (struct record){.type = RECORD_TLS, .flags = RECORD_SNAPSHOT},
               buf_slice(&tls));
    store_catch_up(own, 0);
    wire_leaks_catch_up(&seen, own);
    ck_assert_uint_eq(seen.count, 0);
    add_to(own, 1, (struct record){.type = RECORD_CONN}, buf_slice(&closed));
    add_to(own, 2, (struct record){.type = RECORD_MQTT, .layer = RECORD_WITHIN},
           slice_of(pingreq, sizeof(pingreq)));
    store_catch_up(own, 0);
    wire_leaks_catch_up(&seen, own);
    ck_assert_uint_eq(seen.count, 1);
    ck_assert_int_eq(seen.connections[0]->eavesdropper.cover,
                     EAVESDROPPER_TLS_1_3);
    ck_assert_uint_eq(seen.connections[0]->number, 2);
    ck_assert_uint_eq(seen.by_number.count, 1);
    wire_leaks_release(&seen);
    buf_release(&tls);
    buf_release(&closed);
    store_free(own);
}
END_TEST

Suite *eavesdropper_suite(void)
{
    Suite *suite = suite_create("eavesdropper");
    TCase *tcase = unit_case(suite, "eavesdropper", 30);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, an_eavesdropper_learns_what_is_in_the_clear, 0,
                        sizeof(learnt) / sizeof(learnt[0]));
    tcase_add_test(tcase, sizes_are_those_of_the_cable);
    tcase_add_loop_test(tcase, each_packet_lies_in_the_bytes_that_carried_it, 0,
                        3);
    tcase_add_test(tcase, many_packets_may_lie_in_one_record);
    tcase_add_loop_test(tcase,
                        what_crossed_before_is_what_the_broker_says_of_it, 0,
                        sizeof(earlier) / sizeof(earlier[0]));
    tcase_add_test(tcase, in_front_of_a_proxy_with_tls_nothing_is_read);
    tcase_add_test(tcase, connections_without_records_are_forgotten);
    tcase_add_test(tcase,
                   a_connection_of_before_is_listed_when_something_crosses);
    tcase_add_test(tcase, lines_grow_with_the_records_as_they_would_at_once);
    return suite;
}
