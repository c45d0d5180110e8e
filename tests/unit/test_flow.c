#include "suites.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "mqtt/flow.h"

#define STATES 5
#define EVENTS 10

struct step {
    enum flow_state state;
    enum flow_event event;
    enum flow_state next;
    enum flow_action action;
};

/* clang-format off */
static const struct step sender_steps[] = {
    {FLOW_DONE,         FLOW_SEND_QOS_1,       FLOW_WAIT_PUBACK,  FLOW_SEND_PUBLISH},   /* [MQTT-4.3.2-2] */
    {FLOW_DONE,         FLOW_SEND_QOS_2,       FLOW_WAIT_PUBREC,  FLOW_SEND_PUBLISH},   /* [MQTT-4.3.3-2] */
    {FLOW_DONE,         FLOW_GOT_PUBACK,       FLOW_DONE,         FLOW_UNKNOWN_ID},
    {FLOW_DONE,         FLOW_GOT_PUBREC,       FLOW_DONE,         FLOW_UNKNOWN_ID},
    {FLOW_DONE,         FLOW_GOT_PUBREC_ERROR, FLOW_DONE,         FLOW_NOTHING},
    {FLOW_DONE,         FLOW_GOT_PUBCOMP,      FLOW_DONE,         FLOW_UNKNOWN_ID},
    {FLOW_DONE,         FLOW_RECONNECTED,      FLOW_DONE,         FLOW_NOTHING},
    {FLOW_WAIT_PUBACK,  FLOW_GOT_PUBACK,       FLOW_DONE,         FLOW_NOTHING},        /* [MQTT-4.3.2-3] */
    {FLOW_WAIT_PUBACK,  FLOW_RECONNECTED,      FLOW_WAIT_PUBACK,  FLOW_RESEND_PUBLISH}, /* [MQTT-4.4.0-1] */
    {FLOW_WAIT_PUBREC,  FLOW_GOT_PUBREC,       FLOW_WAIT_PUBCOMP, FLOW_SEND_PUBREL},    /* [MQTT-4.3.3-4] */
    {FLOW_WAIT_PUBREC,  FLOW_GOT_PUBREC_ERROR, FLOW_DONE,         FLOW_NOTHING},        /* [MQTT-4.4.0-2] */
    {FLOW_WAIT_PUBREC,  FLOW_RECONNECTED,      FLOW_WAIT_PUBREC,  FLOW_RESEND_PUBLISH}, /* [MQTT-4.4.0-1] */
    {FLOW_WAIT_PUBCOMP, FLOW_GOT_PUBCOMP,      FLOW_DONE,         FLOW_NOTHING},        /* [MQTT-4.3.3-5] */
    {FLOW_WAIT_PUBCOMP, FLOW_GOT_PUBREC,       FLOW_WAIT_PUBCOMP, FLOW_SEND_PUBREL},    /* [MQTT-4.3.3-6] */
    {FLOW_WAIT_PUBCOMP, FLOW_GOT_PUBREC_ERROR, FLOW_WAIT_PUBCOMP, FLOW_NOTHING},
    {FLOW_WAIT_PUBCOMP, FLOW_RECONNECTED,      FLOW_WAIT_PUBCOMP, FLOW_SEND_PUBREL},    /* [MQTT-4.4.0-1] */
};

static const struct step receiver_steps[] = {
    {FLOW_DONE,         FLOW_GOT_PUBLISH_QOS_1, FLOW_DONE,        FLOW_DELIVER_PUBACK}, /* [MQTT-4.3.2-5] */
    {FLOW_DONE,         FLOW_GOT_PUBLISH_QOS_2, FLOW_WAIT_PUBREL, FLOW_DELIVER_PUBREC}, /* [MQTT-4.3.3-8] */
    {FLOW_DONE,         FLOW_GOT_PUBREL,        FLOW_DONE,        FLOW_UNKNOWN_ID},
    {FLOW_DONE,         FLOW_RECONNECTED,       FLOW_DONE,        FLOW_NOTHING},
    {FLOW_WAIT_PUBREL,  FLOW_GOT_PUBLISH_QOS_2, FLOW_WAIT_PUBREL, FLOW_ANSWER_PUBREC},  /* [MQTT-4.3.3-10] */
    {FLOW_WAIT_PUBREL,  FLOW_GOT_PUBREL,        FLOW_DONE,        FLOW_ANSWER_PUBCOMP}, /* [MQTT-4.3.3-11] */
    {FLOW_WAIT_PUBREL,  FLOW_RECONNECTED,       FLOW_WAIT_PUBREL, FLOW_NOTHING},
};
/* clang-format on */

/* By name, for who writes the receiver: what was done, not what is right. */
static const char *const state_names[STATES] = {
    "FLOW_DONE", "FLOW_WAIT_PUBACK", "FLOW_WAIT_PUBREC", "FLOW_WAIT_PUBCOMP",
    "FLOW_WAIT_PUBREL"};

static const char *const event_names[EVENTS] = {
    "FLOW_SEND_QOS_1",  "FLOW_SEND_QOS_2",        "FLOW_GOT_PUBACK",
    "FLOW_GOT_PUBREC",  "FLOW_GOT_PUBREC_ERROR",  "FLOW_GOT_PUBCOMP",
    "FLOW_RECONNECTED", "FLOW_GOT_PUBLISH_QOS_1", "FLOW_GOT_PUBLISH_QOS_2",
    "FLOW_GOT_PUBREL"};

static const char *action_name(enum flow_action action)
{
    static const char *const names[] = {
        "FLOW_NOTHING",       "FLOW_SEND_PUBLISH",   "FLOW_RESEND_PUBLISH",
        "FLOW_SEND_PUBREL",   "FLOW_DELIVER_PUBACK", "FLOW_DELIVER_PUBREC",
        "FLOW_ANSWER_PUBREC", "FLOW_ANSWER_PUBCOMP", "FLOW_UNKNOWN_ID",
        "FLOW_ERROR",
    };

    return (unsigned)action < sizeof(names) / sizeof(names[0]) ? names[action]
                                                               : "no action";
}

/* What a machine must do in this state with this event. */
static struct step want(const struct step *steps, size_t count, int state,
                        int event)
{
    for (size_t i = 0; i < count; i++) {
        if (steps[i].state == (enum flow_state)state &&
            steps[i].event == (enum flow_event)event)
            return steps[i];
    }
    return (struct step){.next = (enum flow_state)state, .action = FLOW_ERROR};
}

START_TEST(the_sender_obeys_its_table_and_refuses_the_rest)
{
    for (int state = 0; state < STATES; state++) {
        for (int event = 0; event < EVENTS; event++) {
            enum flow_state now = (enum flow_state)state;
            struct step step = want(
                sender_steps, sizeof(sender_steps) / sizeof(sender_steps[0]),
                state, event);

            ck_assert_int_eq(flow_sender(&now, (enum flow_event)event),
                             step.action);
            ck_assert_int_eq(now, step.next);
        }
    }
}
END_TEST

/* _i: a state and an event */
START_TEST(the_receiver_obeys_its_table_and_refuses_the_rest)
{
    int state = _i / EVENTS;
    int event = _i % EVENTS;
    enum flow_state now = (enum flow_state)state;
    struct step step =
        want(receiver_steps, sizeof(receiver_steps) / sizeof(receiver_steps[0]),
             state, event);

    unit_given("the state %s and the event %s", state_names[state],
               event_names[event]);
    enum flow_action action = flow_receiver(&now, (enum flow_event)event);

    ck_assert_msg(action == step.action, "in %s, at %s: %s is wrong, wanted %s",
                  state_names[state], event_names[event], action_name(action),
                  action_name(step.action));
    ck_assert_msg(now == step.next,
                  "in %s, at %s: %s is right, but the state behind it is %s, "
                  "wanted %s",
                  state_names[state], event_names[event], action_name(action),
                  (unsigned)now < STATES ? state_names[now] : "no state",
                  state_names[step.next]);
}
END_TEST

/*
 * Both sides and the packet that is on its way between them. A protocol of
 * one packet at a time is enough: each side only ever answers.
 */
struct pair {
    enum flow_state sender;
    enum flow_state receiver;
    int qos;
    bool to_receiver;
    bool under_way;
    enum flow_event packet; /* what it is for the one who gets it */
    int delivered;
};

static void put(struct pair *pair, bool to_receiver, enum flow_event packet)
{
    ck_assert(!pair->under_way);
    pair->under_way = true;
    pair->to_receiver = to_receiver;
    pair->packet = packet;
}

static void obey_sender(struct pair *pair, enum flow_action action)
{
    switch (action) {
    case FLOW_SEND_PUBLISH:
    case FLOW_RESEND_PUBLISH:
        put(pair, true,
            pair->qos == 1 ? FLOW_GOT_PUBLISH_QOS_1 : FLOW_GOT_PUBLISH_QOS_2);
        break;
    case FLOW_SEND_PUBREL: put(pair, true, FLOW_GOT_PUBREL); break;
    case FLOW_NOTHING: break;
    case FLOW_DELIVER_PUBACK:
    case FLOW_DELIVER_PUBREC:
    case FLOW_ANSWER_PUBREC:
    case FLOW_ANSWER_PUBCOMP:
    case FLOW_UNKNOWN_ID:
    case FLOW_ERROR:
        ck_abort_msg("the sender's action is %s: what it got is no answer",
                     action_name(action));
    }
}

static void obey_receiver(struct pair *pair, enum flow_action action)
{
    switch (action) {
    case FLOW_DELIVER_PUBACK:
        pair->delivered++;
        put(pair, false, FLOW_GOT_PUBACK);
        break;
    case FLOW_DELIVER_PUBREC:
        pair->delivered++;
        put(pair, false, FLOW_GOT_PUBREC);
        break;
    case FLOW_ANSWER_PUBREC: put(pair, false, FLOW_GOT_PUBREC); break;
    case FLOW_ANSWER_PUBCOMP:
    case FLOW_UNKNOWN_ID: /* after a lost PUBCOMP: the answer is the same */
        put(pair, false, FLOW_GOT_PUBCOMP);
        break;
    case FLOW_NOTHING: break;
    case FLOW_SEND_PUBLISH:
    case FLOW_RESEND_PUBLISH:
    case FLOW_SEND_PUBREL:
    case FLOW_ERROR:
        ck_abort_msg("the receiver's action is %s, wanted an answer",
                     action_name(action));
    }
}

static void deliver(struct pair *pair)
{
    enum flow_event packet = pair->packet;

    pair->under_way = false;
    if (pair->to_receiver)
        obey_receiver(pair, flow_receiver(&pair->receiver, packet));
    else
        obey_sender(pair, flow_sender(&pair->sender, packet));
}

/* The connection breaks: what is under way is lost; both sides come back. */
static void reconnect(struct pair *pair)
{
    pair->under_way = false;
    obey_receiver(pair, flow_receiver(&pair->receiver, FLOW_RECONNECTED));
    obey_sender(pair, flow_sender(&pair->sender, FLOW_RECONNECTED));
}

/* The packets in front of which the connection breaks, counted from 1. */
static void give_breaks(int qos, unsigned breaks)
{
    char list[60] = "";

    for (int i = 0; i < 16; i++) {
        if (breaks >> i & 1)
            sprintf(list + strlen(list), " %d", i + 1);
    }
    unit_given("a message of QoS %d, and a connection that %s%s", qos,
               breaks ? "breaks before packet" : "does not break", list);
}

/* Bit n of breaks: the connection breaks before the nth packet arrives. */
static struct pair run(int qos, unsigned breaks)
{
    struct pair pair = {.qos = qos};

    give_breaks(qos, breaks);
    obey_sender(&pair, flow_sender(&pair.sender, qos == 1 ? FLOW_SEND_QOS_1
                                                          : FLOW_SEND_QOS_2));
    for (int packets = 0; pair.under_way; packets++) {
        ck_assert_int_lt(packets, 40);
        if (packets < 16 && (breaks >> packets & 1))
            reconnect(&pair);
        else
            deliver(&pair);
    }
    ck_assert_int_eq(pair.sender, FLOW_DONE);
    ck_assert_msg(pair.receiver == FLOW_DONE,
                  "in the end the receiver is in %s, wanted FLOW_DONE",
                  (unsigned)pair.receiver < STATES ? state_names[pair.receiver]
                                                   : "no state");
    return pair;
}

START_TEST(qos_1_delivers_at_least_once_wherever_the_connection_breaks)
{
    ck_assert_int_eq(run(1, 0).delivered, 1);
    for (unsigned breaks = 0; breaks < 1u << 12; breaks++)
        ck_assert_int_ge(run(1, breaks).delivered, 1);
}
END_TEST

START_TEST(qos_2_delivers_exactly_once_wherever_the_connection_breaks)
{
    for (unsigned breaks = 0; breaks < 1u << 12; breaks++) {
        int delivered = run(2, breaks).delivered;

        ck_assert_msg(delivered == 1, "it is delivered %d times, wanted once",
                      delivered);
    }
}
END_TEST

Suite *flow_suite(void)
{
    Suite *suite = suite_create("flow");
    TCase *sender = unit_case(suite, "sender", 0);
    TCase *receiver = unit_case(suite, "receiver", 0);

    tcase_add_test(sender, the_sender_obeys_its_table_and_refuses_the_rest);
    tcase_add_loop_test(receiver,
                        the_receiver_obeys_its_table_and_refuses_the_rest, 0,
                        STATES * EVENTS);
    tcase_add_test(receiver,
                   qos_1_delivers_at_least_once_wherever_the_connection_breaks);
    tcase_add_test(receiver,
                   qos_2_delivers_exactly_once_wherever_the_connection_breaks);
    return suite;
}
