#include "durable_rig.h"

#include <string.h>

/* A file that is whole, and says what cannot be: nothing it says is trusted. */

static struct durable_rig durable;
static struct rig *const rig = &durable.rig;

/* A session that is away, with a subscription and a message that waits. */
static void set_up(void)
{
    struct rig_client client;
    struct rig_client other;

    durable_rig_init(&durable);
    durable_rig_start(&durable);
    rig_login(rig, &client, MQTT_3_1_1, "sub", false);
    rig_subscribe(&client, "t", 1);
    rig_logout(&client);
    rig_login(rig, &other, MQTT_3_1_1, "pub", true);
    rig_publish(&other, "t", "x", 1);
    rig_close(&other);
}

static void tear_down(void)
{
    durable_rig_release(&durable);
}

static const struct {
    const char *sql;
    const char *error;
} lies[] = {
    {"INSERT INTO outgoing VALUES (90, 77, 1, 1, 0, 0, 'waiting', NULL)",
     "outgoing, row 90: it is of no session"                                                                           },
    {"UPDATE outgoing SET message = 99",                                       "its message is not there"              },
    {"UPDATE outgoing SET message = NULL",                                     "its message is not there"              },
    {"UPDATE outgoing SET state = 'asleep'",                                   "its state is none"                     },
    {"UPDATE outgoing SET qos = 3",                                            "its state is none"                     },
    {"UPDATE outgoing SET state = 'wait for PUBREC'",                          "its state is none"                     },
    {"UPDATE outgoing SET packet_id = 3",                                      "its Packet Identifier is wrong"        },
    {"UPDATE outgoing SET packet_id = 3, state = 'wait for PUBACK';"
     "INSERT INTO outgoing SELECT 91, session, message, qos, retain,"
     " packet_id, state, identifiers FROM outgoing",                      "its Packet Identifier is there twice"  },
    {"UPDATE outgoing SET packet_id = 65536, state = 'wait for PUBACK'",
     "its Packet Identifier is wrong"                                                                                  },
    {"UPDATE outgoing SET identifiers = x'0b00'",
     "its Subscription Identifiers are"                                                                                },
    {"UPDATE outgoing SET identifiers = x'0b'",
     "its Subscription Identifiers are"                                                                                },
    {"UPDATE outgoing SET identifiers = x'0101'",
     "its Subscription Identifiers are"                                                                                },
    {"UPDATE messages SET topic = 'a/#'",                                      "no PUBLISH can be like this"           },
    {"UPDATE messages SET topic = ''",                                         "no PUBLISH can be like this"           },
    {"UPDATE messages SET properties = x'ff00'",                               "no PUBLISH can be like this"           },
    {"UPDATE messages SET properties = x'0300'",                               "no PUBLISH can be like this"           },
    {"UPDATE messages SET qos = 7",                                            "no PUBLISH can be like this"           },
    {"UPDATE messages SET id = 0",                                             "its number is none"                    },
    {"UPDATE messages SET id = -5",                                            "its number is none"                    },
    {"UPDATE messages SET expiry_s = 4294967296",
     "no PUBLISH can be like this"                                                                                     },
    {"UPDATE messages SET topic = '$SYS/x', retained = 1",
     "nobody may publish there"                                                                                        },
    {"UPDATE messages SET retained = 1;"
     "INSERT INTO messages SELECT 92, topic, payload, qos, retain,"
     " properties, expiry_s, arrived_ms, retained, source FROM messages", "its topic has another retained message"},
    {"UPDATE outgoing SET id = 9223372036854775807",                           "its number is none"                    },
    {"UPDATE sessions SET id = 0",                                             "its number is none"                    },
    {"UPDATE sessions SET client_id = x'61ff'",                                "no Client Identifier"                  },
    {"UPDATE sessions SET client_id = printf('%.1025c', 'a')",
     "no Client Identifier"                                                                                            },
    {"UPDATE sessions SET expiry_s = -1",                                      "its Session Expiry Interval"           },
    {"UPDATE sessions SET will_delay_s = 4294967296",
     "its Session Expiry Interval"                                                                                     },
    {"UPDATE sessions SET user_name = x'6100'",                                "its user is none"                      },
    {"UPDATE sessions SET voucher = 9",                                        "its user is none"                      },
    {"UPDATE subscriptions SET identifier = 268435456",
     "its Subscription Options"                                                                                        },
    {"UPDATE subscriptions SET retain_handling = 3",
     "its Subscription Options"                                                                                        },
    {"UPDATE subscriptions SET qos = 3",                                       "its Subscription Options"              },
    {"UPDATE sessions SET client_id = ''",                                     "no Client Identifier"                  },
    {"UPDATE sessions SET will_message = 99",                                  "its will is not there"                 },
    {"UPDATE subscriptions SET topic_filter = 'a/#/b'",                        "no Topic Filter"                       },
    {"UPDATE subscriptions SET session = 99",                                  "no session"                            },
    {"INSERT INTO incoming VALUES (99, 1)",                                    "no session"                            },
    {"INSERT INTO incoming SELECT id, 0 FROM sessions",                        "no Packet Identifier"                  },
    {"DROP TABLE incoming",                                                    "incoming"                              },
};

START_TEST(a_file_that_says_what_cannot_be_is_refused)
{
    rig_release(rig);
    durable_rig_execute(&durable, lies[_i].sql);
    rig_init(rig);
    ck_assert(!durable_rig_try(&durable));
    ck_assert_msg(strstr(durable.error, lies[_i].error) != NULL,
                  "not \"%s\": %s", lies[_i].error, durable.error);
    ck_assert_ptr_null(rig->broker->durable);
}
END_TEST

Suite *durable_load_suite(void)
{
    Suite *suite = suite_create("durable_load");
    TCase *tcase = unit_case(suite, "durable_load", 20);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, a_file_that_says_what_cannot_be_is_refused, 0,
                        sizeof(lies) / sizeof(lies[0]));
    return suite;
}
