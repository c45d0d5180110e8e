/* Options of the configuration that have no suite of their own. */
#include "broker_rig.h"

#include "mqtt/property.h"

#include "net/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;
static struct rig_client client;
static struct rig_client other;

static void set_up(void)
{
    rig_init(&rig);
    client = other = (struct rig_client){.rig = &rig};
}

static void tear_down(void)
{
    rig_close(&client);
    rig_close(&other);
    rig_release(&rig);
}

static const struct {
    enum mqtt_version version;
    unsigned qos;
    const char *answer;
} too_large[] = {
    {MQTT_3_1_1, 0, ""              },
    {MQTT_3_1_1, 1, "40 02 00 02"   },
    {MQTT_3_1_1, 2, "50 02 00 02"   },
    {MQTT_5,     0, ""              },
    {MQTT_5,     1, "40 03 00 02 83"},
    {MQTT_5,     2, "50 03 00 02 83"},
};

START_TEST(a_payload_above_message_size_limit_is_answered_and_goes_nowhere)
{
    rig.config.message_size_limit = 4;
    rig_start(&rig);
    rig_login(&rig, &client, too_large[_i].version, "a", true);
    rig_subscribe(&client, "t", 0);
    client.last_id = 1;
    rig_publish(&client, "t", "1234", 0);
    rig_expect_publish(&client, "t", "1234", 0, NULL);
    uint16_t id = rig_publish(&client, "t", "12345", too_large[_i].qos);
    if (id && too_large[_i].version == MQTT_5)
        ck_assert_str_eq(rig_take_reason_string(&client),
                         "the payload is larger than message_size_limit");
    rig_expect_hex(&client, too_large[_i].answer);
    ck_assert_uint_eq(rig.broker->counters.publish_dropped, 1);
}
END_TEST

/* --- use_username_as_clientid --------------------------------------------- */

static void connect_as(const char *client_id, const char *user_name)
{
    rig.config.listeners[0].use_username_as_clientid = true;
    rig_start(&rig);
    rig_open(&rig, &client, MQTT_5);
    struct mqtt_packet packet = rig_connect(&client, client_id);

    packet.connect.has_user_name = user_name != NULL;
    packet.connect.user_name = slice_of_string(user_name);
    rig_send(&client, &packet);
}

static void expect_accepted(const char *assigned)
{
    struct mqtt_packet packet;
    struct property property;

    rig_expect(&client, MQTT_CONNACK, &packet);
    ck_assert_uint_eq(packet.connack.reason, MQTT_SUCCESS);
    bool has = property_find(packet.connack.properties,
                             PROPERTY_ASSIGNED_CLIENT_IDENTIFIER, &property);
    ck_assert_int_eq(has, assigned != NULL);
    if (assigned)
        ck_assert(slice_equal_string(property.string, assigned));
}

static bool has_session(const char *client_id)
{
    return session_store_find(&rig.broker->sessions,
                              slice_of_string(client_id));
}

START_TEST(the_user_name_is_the_client_identifier)
{
    connect_as("pretender", "anna");
    expect_accepted(NULL);
    ck_assert(has_session("anna"));
    ck_assert(!has_session("pretender"));
}
END_TEST

START_TEST(who_sent_no_client_identifier_is_told_the_user_name)
{
    connect_as("", "anna");
    expect_accepted("anna");
    ck_assert(has_session("anna"));
}
END_TEST

START_TEST(without_a_user_name_nobody_comes_in)
{
    connect_as("somebody", NULL);
    ck_assert_ptr_nonnull(rig_take_reason_string(&client));
    rig_expect_hex(&client, "20 03 00 87 00");
    rig_expect_ended(&client);
}
END_TEST

START_TEST(clientid_prefixes_ask_for_the_user_name_then)
{
    rig.config.clientid_prefixes = strdup("lab-");
    connect_as("lab-1", "anna");
    rig_expect_ended(&client);
}
END_TEST

/* --- small ones ----------------------------------------------------------- */

START_TEST(the_broker_makes_up_client_identifiers_with_auto_id_prefix)
{
    free(rig.config.listeners[0].auto_id_prefix);
    rig.config.listeners[0].auto_id_prefix = strdup("lab-");
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_3_1_1, "", true);
    ck_assert(has_session("lab-00000001"));
}
END_TEST

START_TEST(upgrade_outgoing_qos_sends_at_the_qos_of_the_subscription)
{
    struct mqtt_publish publish;

    rig.config.upgrade_outgoing_qos = true;
    rig_start(&rig);
    rig_login(&rig, &client, MQTT_5, "a", true);
    rig_login(&rig, &other, MQTT_5, "b", true);
    rig_subscribe(&other, "t", 2);
    rig_publish(&client, "t", "up", 0);
    rig_expect_publish(&other, "t", "up", 2, &publish);
    ck_assert_uint_ne(publish.packet_id, 0);
}
END_TEST

START_TEST(queue_qos0_messages_keeps_them_for_who_is_away)
{
    for (int queued = 0; queued < 2; queued++) {
        rig.config.queue_qos0_messages = queued;
        rig_start(&rig);
        rig_login(&rig, &other, MQTT_3_1_1, "b", false);
        rig_subscribe(&other, "t", 0);
        rig_cut(&other);
        rig_login(&rig, &client, MQTT_5, "a", true);
        rig_publish(&client, "t", "kept", 0);
        ck_assert(rig_login(&rig, &other, MQTT_3_1_1, "b", false));
        if (queued)
            rig_expect_publish(&other, "t", "kept", 0, NULL);
        else
            rig_expect_nothing(&other);
        tear_down();
        set_up();
    }
}
END_TEST

/* --- set_tcp_nodelay ------------------------------------------------------ */

/* The broker's end of a connection that is ours: this process has both. */
static int other_end(int fd)
{
    struct sockaddr_in mine;
    struct sockaddr_in theirs;
    socklen_t len = sizeof(mine);

    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&mine, &len), 0);
    for (int end = 3; end < 1024; end++) {
        len = sizeof(theirs);
        if (end != fd && !getpeername(end, (struct sockaddr *)&theirs, &len) &&
            theirs.sin_family == AF_INET && theirs.sin_port == mine.sin_port)
            return end;
    }
    return -1;
}

START_TEST(set_tcp_nodelay_says_whether_small_packets_wait)
{
    int nodelay = -1;
    socklen_t len = sizeof(nodelay);

    rig.config.set_tcp_nodelay = _i;
    rig_start(&rig);
    ck_assert_int_eq(broker_listen(rig.broker, 0), 0);
    int fd = socket_connect("127.0.0.1", broker_port(rig.broker, 0), NULL);
    ck_assert_int_ge(fd, 0);
    while (!rig.broker->connection_count)
        loop_turn(&rig.loop, false);
    int end = other_end(fd);
    ck_assert_int_ge(end, 0);
    getsockopt(end, IPPROTO_TCP, TCP_NODELAY, &nodelay, &len);
    ck_assert_int_eq(nodelay != 0, _i);
    close(fd);
}
END_TEST

/* --- listeners without a host --------------------------------------------- */

START_TEST(without_a_host_ipv6_finds_it_on_this_machine_as_well)
{
    rig_start(&rig);
    ck_assert_int_eq(broker_listen(rig.broker, 0), 0);
    int fd = socket_connect("::1", broker_port(rig.broker, 0), NULL);
    if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
        return; /* a machine without IPv6 */
    ck_assert_int_ge(fd, 0);
    while (!rig.broker->connection_count)
        loop_turn(&rig.loop, false);
    close(fd);
}
END_TEST

START_TEST(a_number_of_ipv4_is_that_address_alone)
{
    free(rig.config.listeners[0].host);
    rig.config.listeners[0].host = strdup("127.0.0.1");
    rig.config.listeners[0].loopback = false;
    rig_start(&rig);
    ck_assert_int_eq(broker_listen(rig.broker, 0), 0);
    ck_assert_int_lt(socket_connect("::1", broker_port(rig.broker, 0), NULL),
                     0);
}
END_TEST

Suite *broker_options_suite(void)
{
    Suite *suite = suite_create("broker_options");
    TCase *tcase = unit_case(suite, "options", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(
        tcase, a_payload_above_message_size_limit_is_answered_and_goes_nowhere,
        0, sizeof(too_large) / sizeof(too_large[0]));
    tcase_add_test(tcase, the_user_name_is_the_client_identifier);
    tcase_add_test(tcase, who_sent_no_client_identifier_is_told_the_user_name);
    tcase_add_test(tcase, without_a_user_name_nobody_comes_in);
    tcase_add_test(tcase, clientid_prefixes_ask_for_the_user_name_then);
    tcase_add_test(tcase,
                   the_broker_makes_up_client_identifiers_with_auto_id_prefix);
    tcase_add_test(tcase,
                   upgrade_outgoing_qos_sends_at_the_qos_of_the_subscription);
    tcase_add_test(tcase, queue_qos0_messages_keeps_them_for_who_is_away);
    tcase_add_loop_test(tcase, set_tcp_nodelay_says_whether_small_packets_wait,
                        0, 2);
    tcase_add_test(tcase, without_a_host_ipv6_finds_it_on_this_machine_as_well);
    tcase_add_test(tcase, a_number_of_ipv4_is_that_address_alone);
    return suite;
}
