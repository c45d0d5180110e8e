/* Options of the configuration that have no suite of their own. */
#include "broker_rig.h"

#include <string.h>

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

Suite *broker_options_suite(void)
{
    Suite *suite = suite_create("broker_options");
    TCase *tcase = unit_case(suite, "options", 0);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(
        tcase, a_payload_above_message_size_limit_is_answered_and_goes_nowhere,
        0, sizeof(too_large) / sizeof(too_large[0]));
    return suite;
}
