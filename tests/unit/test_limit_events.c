#define _GNU_SOURCE /* memmem */

#include "broker_rig.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "broker/connection.h"
#include "broker/session.h"
#include "wire/tap_reader.h"

/*
 * Every limit shows itself: who reaches it causes an event that names the
 * option. How each limit works is tested where the limits are.
 */

static struct rig rig;
static struct rig_client client;
static struct rig_client other;
static struct tap_reader reader;

static void set_up(void)
{
    rig_init(&rig);
    client = other = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    tap_reader_close(&reader);
    tap_detach(&rig.broker->tap);
    rig_close(&client);
    rig_close(&other);
    rig_release(&rig);
}

static void start(void)
{
    rig_start(&rig);
    ck_assert_int_eq(tap_reader_open(&reader, tap_attach(&rig.broker->tap)), 0);
    rig_login(&rig, &other, MQTT_3_1_1, "other", true);
}

/* There must be an event of this kind that says this. */
static void expect_event(enum event_code code, const char *says)
{
    struct record record;

    tap_publish(&rig.broker->tap);
    while (tap_reader_next(&reader, &record)) {
        struct slice text = record_get(record.bytes, RECORD_TEXT);

        if (record.type == RECORD_EVT && record_code(record.bytes) == code &&
            text.len && memmem(text.bytes, text.len, says, strlen(says)))
            return;
    }
    ck_abort_msg("no event %s that says \"%s\"", event_name(code), says);
}

/* ---- what one packet of a client can do ---- */

/* A packet that a client sends after its CONNECT. */
struct row {
    size_t offset; /* of the limit in struct config */
    size_t width;
    uint64_t value;
    const char *before; /* NULL: nothing */
    const char *packet;
    enum event_code code;
    const char *says;
};

#define LIMIT(member, value)                                                  \
    offsetof(struct config, member), sizeof(((struct config *)NULL)->member), \
        value

/* clang-format off */
static const struct row rows[] = {
    {LIMIT(max_packet_size, 20), NULL, "30 14 0001 74",
     EVENT_LIMIT, "max_packet_size"},
    {LIMIT(message_size_limit, 2), NULL, "30 07 0001 74 00 313233",
     EVENT_LIMIT, "message_size_limit"},
    {LIMIT(max_topic_levels, 2), NULL, "30 08 0005 612f622f63 00",
     EVENT_LIMIT, "max_topic_levels"},
    {LIMIT(max_topic_levels, 2), NULL, "82 0b 0001 00 0005 612f622f63 00",
     EVENT_SUBSCRIBE_REFUSED, "max_topic_levels"},
    {LIMIT(max_subscriptions, 1), "82 07 0001 00 0001 74 00",
     "82 07 0001 00 0001 75 00",
     EVENT_SUBSCRIBE_REFUSED, "max_subscriptions"},
    {LIMIT(max_subscription_bytes, 64), NULL, "82 07 0001 00 0001 74 00",
     EVENT_SUBSCRIBE_REFUSED, "max_subscription_bytes"},
    {LIMIT(max_wildcard_levels, 1), NULL, "82 09 0001 00 0003 2b2f61 00",
     EVENT_SUBSCRIBE_REFUSED, "max_wildcard_levels"},
    {LIMIT(max_retained_messages, 1), "31 05 0001 74 00 78",
     "31 05 0001 75 00 78", EVENT_LIMIT, "max_retained_messages"},
    {LIMIT(max_retained_bytes, 1), NULL, "31 05 0001 75 00 78",
     EVENT_LIMIT, "max_retained_bytes"},
    {LIMIT(max_messages_per_second, 1), "30 05 0001 74 00 78",
     "30 05 0001 74 00 78", EVENT_LIMIT, "max_messages_per_second"},
    {LIMIT(max_bytes_per_second, 1), NULL, "30 05 0001 74 00 78",
     EVENT_LIMIT, "max_bytes_per_second"},
};
/* clang-format on */

static void set(const struct row *row)
{
    uint8_t *member = (uint8_t *)&rig.config + row->offset;
    const uint32_t number32 = (uint32_t)row->value;

    ck_assert(row->width == sizeof(number32) ||
              row->width == sizeof(row->value));
    if (row->width == sizeof(number32))
        memcpy(member, &number32, sizeof(number32));
    else
        memcpy(member, &row->value, sizeof(row->value));
}

START_TEST(a_limit_that_a_packet_reaches_is_named)
{
    const struct row *row = &rows[_i];

    set(row);
    start();
    rig_open(&rig, &client, MQTT_5);
    rig_send_hex(&client, "10 0e 0004 4d515454 05 02 003c 00 0001 61");
    if (row->before)
        rig_send_hex(&client, row->before);
    rig_send_hex(&client, row->packet);
    expect_event(row->code, row->says);
}
END_TEST

/* ---- CONNECT ---- */

START_TEST(too_many_connections_are_named)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    start();
    rig.config.listeners[0].max_connections = 1;
    ck_assert_int_eq(broker_listen(rig.broker, 0), 0);
    address.sin_port = htons(broker_port(rig.broker, 0));
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)),
                     0);
    loop_turn(&rig.loop, true);
    expect_event(EVENT_LIMIT, "max_connections");
    ck_assert(rig_logged(&rig, "denied: max_connections exceeded."));
    close(fd);
}
END_TEST

START_TEST(too_many_clients_are_named)
{
    rig.config.max_clients = 1;
    start();
    rig_open(&rig, &client, MQTT_3_1_1);
    rig_send_hex(&client, "10 0d 0004 4d515454 04 02 003c 0001 61");
    expect_event(EVENT_CONNECT_REFUSED, "max_clients");
}
END_TEST

START_TEST(a_keep_alive_that_is_too_long_is_named)
{
    rig.config.max_keepalive = 10;
    rig_start(&rig);
    ck_assert_int_eq(tap_reader_open(&reader, tap_attach(&rig.broker->tap)), 0);
    rig_open(&rig, &client, MQTT_3_1_1);
    rig_send_hex(&client, "10 0d 0004 4d515454 04 02 003c 0001 61");
    expect_event(EVENT_CONNECT_REFUSED, "max_keepalive");
}
END_TEST

START_TEST(a_will_beyond_the_limits_is_named)
{
    rig.config.message_size_limit = 1;
    rig.config.max_topic_levels = 1;
    start();
    rig_open(&rig, &client, MQTT_3_1_1);
    rig_send_hex(&client,
                 "10 14 0004 4d515454 04 06 003c 0001 61 0001 74 0002 7878");
    expect_event(EVENT_CONNECT_REFUSED, "message_size_limit");
    rig_close(&client);
    rig_open(&rig, &client, MQTT_3_1_1);
    rig_send_hex(&client,
                 "10 15 0004 4d515454 04 06 003c 0001 61 0003 742f74 0001 78");
    expect_event(EVENT_CONNECT_REFUSED, "max_topic_levels");
}
END_TEST

START_TEST(a_connect_that_does_not_come_is_named)
{
    start();
    rig_open(&rig, &client, MQTT_5);
    rig_advance(&rig, 11);
    expect_event(EVENT_LIMIT, "connect_timeout");
}
END_TEST

START_TEST(a_session_that_is_kept_no_longer_is_named)
{
    rig.config.persistent_client_expiration = 60;
    start();
    rig_login(&rig, &client, MQTT_3_1_1, "client", false);
    rig_logout(&client);
    rig_advance(&rig, 61);
    expect_event(EVENT_SESSION_EXPIRED, "persistent_client_expiration");
}
END_TEST

/* ---- messages that wait ---- */

static void publish_three(void)
{
    for (int i = 0; i < 3; i++)
        rig_publish(&other, "t", "x", 1);
}

START_TEST(a_full_queue_is_named)
{
    rig.config.max_queued_messages = _i ? 0 : 1;
    rig.config.max_queued_bytes = _i ? 1 : 0;
    start();
    rig_login(&rig, &client, MQTT_3_1_1, "client", false);
    rig_subscribe(&client, "t", 1);
    rig_logout(&client);
    publish_three();
    expect_event(EVENT_MESSAGE_DROPPED,
                 _i ? "max_queued_bytes" : "max_queued_messages");
}
END_TEST

START_TEST(a_full_window_is_named)
{
    rig.config.max_inflight_messages = _i ? 0 : 1;
    rig.config.max_inflight_bytes = _i ? 1 : 0;
    start();
    rig_login(&rig, &client, MQTT_3_1_1, "client", true);
    rig_subscribe(&client, "t", 1);
    publish_three();
    expect_event(EVENT_LIMIT,
                 _i ? "max_inflight_bytes" : "max_inflight_messages");
}
END_TEST

START_TEST(a_client_that_does_not_read_is_named)
{
    char *payload = alloc_zero(600001, 1);
    struct session *session;

    memset(payload, 'p', 600000);
    start();
    rig_login(&rig, &client, MQTT_3_1_1, "client", true);
    rig_subscribe(&client, "t", 1);
    session =
        session_store_find(&rig.broker->sessions, slice_of_string("client"));
    transport_memory_set_faults(session->connection->link.transport,
                                &(struct transport_memory_faults){
                                    .capacity_bytes = 1, .delay_ms = 3600000});
    for (int i = 0; i < 3; i++)
        rig_publish(&other, "t", payload, 1);
    expect_event(EVENT_LIMIT, "reads too slowly");
    free(payload);
}
END_TEST

Suite *limit_events_suite(void)
{
    Suite *suite = suite_create("limit_events");
    TCase *tcase = unit_case(suite, "named", 30);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_limit_that_a_packet_reaches_is_named, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tcase, too_many_connections_are_named);
    tcase_add_test(tcase, too_many_clients_are_named);
    tcase_add_test(tcase, a_keep_alive_that_is_too_long_is_named);
    tcase_add_test(tcase, a_will_beyond_the_limits_is_named);
    tcase_add_test(tcase, a_connect_that_does_not_come_is_named);
    tcase_add_test(tcase, a_session_that_is_kept_no_longer_is_named);
    tcase_add_loop_test(tcase, a_full_queue_is_named, 0, 2);
    tcase_add_loop_test(tcase, a_full_window_is_named, 0, 2);
    tcase_add_test(tcase, a_client_that_does_not_read_is_named);
    return suite;
}
