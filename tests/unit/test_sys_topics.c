#include "suites.h"

#include "broker/sys_topics.h"
#include "net/timer.h"

#include <stdlib.h>
#include <string.h>

static struct loop loop;
static struct broker_counters counters;
static struct sys_topics *sys;
static bool wanted;

/* What was published: "topic value\n" for each. */
static struct buf said;
static size_t said_count;

static void publish(void *context, const struct mqtt_publish *message)
{
    ck_assert_ptr_eq(context, &loop);
    ck_assert(message->retain);
    ck_assert_uint_eq(message->qos, 0);
    buf_append_slice(&said, message->topic);
    buf_append_u8(&said, ' ');
    buf_append_slice(&said, message->payload);
    buf_append_u8(&said, '\n');
    said_count++;
    counters.publish_sent++; /* as a broker counts it */
}

static bool is_wanted(void *context, struct slice topic_name)
{
    ck_assert_ptr_eq(context, &loop);
    ck_assert(slice_starts_with(topic_name, slice_of_string("$SYS/broker/")));
    return wanted;
}

static bool has_said(const char *line)
{
    return strstr(buf_string(&said), line) != NULL;
}

static void forget(void)
{
    buf_clear(&said);
    said_count = 0;
}

static void begin(uint32_t interval_s)
{
    const struct sys_topics_host host = {
        .loop = &loop,
        .counters = &counters,
        .interval_s = interval_s,
        .publish = publish,
        .is_wanted = is_wanted,
        .context = &loop,
    };

    ck_assert_int_eq(loop_init(&loop), 0);
    clock_init_manual(&loop.clock, 1000 * CLOCK_NS_PER_S, 0);
    memset(&counters, 0, sizeof(counters));
    wanted = false;
    sys = sys_topics_new(&host);
}

static void setup(void)
{
    begin(10);
    sys_topics_refresh(sys);
}

static void teardown(void)
{
    sys_topics_free(sys);
    loop_run(&loop);
    loop_release(&loop);
    buf_release(&said);
    said_count = 0;
}

START_TEST(all_topics_are_there_from_the_start)
{
    static const char *const some[] = {
        "$SYS/broker/version mqttlab version ",
        "$SYS/broker/uptime 0 seconds\n",
        "$SYS/broker/clients/total 0\n",
        "$SYS/broker/retained messages/count 0\n",
        "$SYS/broker/publish/messages/dropped 0\n",
        "$SYS/broker/load/messages/received/15min 0.00\n",
    };

    for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
        ck_assert_msg(has_said(some[i]), "%s", some[i]);
    /* version, uptime, 25 numbers, 9 loads over 3 times */
    ck_assert_uint_eq(said_count, 2 + 25 + 9 * 3);
}
END_TEST

START_TEST(what_changed_is_published_after_the_interval_and_nothing_else)
{
    forget();
    counters.clients_connected = 2;
    counters.clients_disconnected = 3;
    sys_topics_touch(sys);
    sys_topics_touch(sys);
    loop_advance(&loop, 9000);
    ck_assert_uint_eq(said_count, 0);
    loop_advance(&loop, 1100);
    ck_assert(has_said("$SYS/broker/uptime 10 seconds\n"));
    ck_assert(has_said("$SYS/broker/clients/connected 2\n"));
    ck_assert(has_said("$SYS/broker/clients/disconnected 3\n"));
    ck_assert(has_said("$SYS/broker/clients/total 5\n"));
    ck_assert(!has_said("$SYS/broker/version"));
    ck_assert(!has_said("$SYS/broker/subscriptions/count"));
    /* Two more by their older names; and what was published at the start was
       sent, so that counter and its loads. */
    ck_assert_uint_eq(said_count, 4 + 2 + 1 + 3);
}
END_TEST

START_TEST(a_new_interval_holds_at_once)
{
    forget();
    sys_topics_set_interval(sys, 0);
    counters.clients_connected = 2;
    sys_topics_touch(sys);
    loop_advance(&loop, 60000);
    ck_assert_uint_eq(said_count, 0);
    sys_topics_set_interval(sys, 3);
    ck_assert(has_said("$SYS/broker/clients/connected 2\n"));
    forget();
    counters.clients_connected = 1;
    sys_topics_touch(sys);
    loop_advance(&loop, 2900);
    ck_assert_uint_eq(said_count, 0);
    loop_advance(&loop, 200);
    ck_assert(has_said("$SYS/broker/clients/connected 1\n"));
}
END_TEST

/* Zero CPU when idle. */
START_TEST(no_timer_is_set_while_nothing_happens_and_nobody_watches)
{
    ck_assert_uint_eq(timer_wheel_next_ms(loop.timers), UINT64_MAX);
    sys_topics_touch(sys);
    ck_assert_uint_ne(timer_wheel_next_ms(loop.timers), UINT64_MAX);
    loop_advance(&loop, 10100);
    ck_assert_uint_eq(timer_wheel_next_ms(loop.timers), UINT64_MAX);
}
END_TEST

START_TEST(goes_on_while_somebody_watches)
{
    wanted = true;
    sys_topics_touch(sys);
    loop_advance(&loop, 60500);
    ck_assert(has_said("$SYS/broker/uptime 10 seconds\n"));
    ck_assert(has_said("$SYS/broker/uptime 50 seconds\n"));
    wanted = false;
    loop_advance(&loop, 20000);
    forget();
    loop_advance(&loop, 60000);
    ck_assert_uint_eq(said_count, 0);
}
END_TEST

static double load_of(const char *line)
{
    const char *at = strstr(buf_string(&said), line);

    ck_assert_msg(at != NULL, "%s", line);
    return strtod(at + strlen(line), NULL);
}

/* After a long silence nobody must be told that it is busy. */
START_TEST(a_refresh_brings_averages_up_to_date)
{
    counters.messages_received = 600;
    sys_topics_touch(sys);
    forget();
    loop_advance(&loop, 10100);
    /* 600 in 10 s: 3600 * (1 - exp(-1/6)) */
    double load = load_of("load/messages/received/1min ");
    ck_assert_double_eq_tol(load, 552.7, 2);
    loop_advance(&loop, 3600000);
    forget();
    sys_topics_refresh(sys);
    ck_assert(has_said("$SYS/broker/load/messages/received/1min 0.00\n"));
    ck_assert(has_said("$SYS/broker/uptime 3610 seconds\n"));
}
END_TEST

/* 1 message a second is 60 a minute, whatever the times of the refreshes. */
START_TEST(a_constant_rate_becomes_the_average)
{
    for (int i = 0; i < 600; i++) {
        unsigned wait_s = 1 + (unsigned)(i % 7);

        loop_advance(&loop, wait_s * UINT64_C(1000));
        counters.messages_received += wait_s;
        if (i == 599)
            forget();
        sys_topics_refresh(sys);
    }
    forget();
    counters.messages_received += 60;
    loop_advance(&loop, 30000);
    sys_topics_refresh(sys);
    /* Twice the rate for half a minute: 60 + 60 * (1 - exp(-0.5)). */
    double load = load_of("load/messages/received/1min ");
    ck_assert_double_eq_tol(load, 83.6, 0.1);
    load = load_of("load/messages/received/5min ");
    ck_assert_double_eq_tol(load, 65.7, 0.1);
}
END_TEST

START_TEST(interval_0_publishes_nothing)
{
    begin(0);
    sys_topics_refresh(sys);
    sys_topics_touch(sys);
    loop_advance(&loop, 60000);
    ck_assert_uint_eq(said_count, 0);
}
END_TEST

Suite *sys_topics_suite(void)
{
    Suite *suite = suite_create("sys_topics");
    TCase *tcase = unit_case(suite, "sys_topics", 0);
    TCase *off = unit_case(suite, "off", 0);

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, all_topics_are_there_from_the_start);
    tcase_add_test(
        tcase, what_changed_is_published_after_the_interval_and_nothing_else);
    tcase_add_test(tcase,
                   no_timer_is_set_while_nothing_happens_and_nobody_watches);
    tcase_add_test(tcase, a_new_interval_holds_at_once);
    tcase_add_test(tcase, goes_on_while_somebody_watches);
    tcase_add_test(tcase, a_refresh_brings_averages_up_to_date);
    tcase_add_test(tcase, a_constant_rate_becomes_the_average);
    tcase_add_checked_fixture(off, NULL, teardown);
    tcase_add_test(off, interval_0_publishes_nothing);
    return suite;
}
