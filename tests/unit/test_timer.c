#include "suites.h"

#include "net/loop.h"
#include "net/timer.h"

#include <stdlib.h>

#define DAY_MS UINT64_C(86400000)

static struct loop loop;

static void open_loop(void)
{
    ck_assert_int_eq(loop_init(&loop), 0);
    /* Neither at the start of a tick nor of a millisecond. */
    clock_init_manual(&loop.clock, UINT64_C(123456789123),
                      UINT64_C(1700000000) * CLOCK_NS_PER_S);
}

static void close_loop(void)
{
    loop_release(&loop);
}

struct alarm_clock {
    struct timer timer;
    uint64_t set_ns;
    uint64_t fired_ns;
    int fired;
    uint64_t again_ms; /* set again for so long, if not 0 */
};

static void on_timer(struct timer *timer)
{
    struct alarm_clock *alarm = LIST_ITEM(timer, struct alarm_clock, timer);

    alarm->fired++;
    alarm->fired_ns = loop.clock.monotonic_ns;
    if (alarm->again_ms) {
        alarm->set_ns = loop.clock.monotonic_ns;
        timer_set(&loop, timer, alarm->again_ms);
    }
}

static void set(struct alarm_clock *alarm, uint64_t after_ms)
{
    alarm->set_ns = loop.clock.monotonic_ns;
    timer_set(&loop, &alarm->timer, after_ms);
}

static struct alarm_clock *new_alarm(struct alarm_clock *alarm)
{
    *alarm = (struct alarm_clock){0};
    timer_init(&alarm->timer, on_timer);
    return alarm;
}

/* Fired in time: not before it was due, and at most 10 ms after. */
static void check_in_time(const struct alarm_clock *alarm, uint64_t after_ms)
{
    uint64_t waited_ns = alarm->fired_ns - alarm->set_ns;

    ck_assert_msg(waited_ns >= after_ms * CLOCK_NS_PER_MS,
                  "%llu ms: early, after %llu ns", (unsigned long long)after_ms,
                  (unsigned long long)waited_ns);
    ck_assert_msg(waited_ns <= (after_ms + 11) * CLOCK_NS_PER_MS,
                  "%llu ms: late, after %llu ns", (unsigned long long)after_ms,
                  (unsigned long long)waited_ns);
}

/* Around the borders of all levels of the wheel. */
static const uint64_t waits_ms[] = {
    0,
    1,
    9,
    10,
    11,
    20,
    620,
    630,
    640,
    650,
    1000,
    40949,
    40950,
    40960,
    40970,
    60000,
    2621430,
    2621440,
    2621450,
    3600000,
    167772150,
    167772160,
    167772170,
    DAY_MS,
    DAY_MS * 30,
    DAY_MS * 124,
    DAY_MS * 125,
    DAY_MS * 366,
    UINT64_C(4294967295) * 1000,
};

START_TEST(a_timer_fires_once_and_in_time)
{
    uint64_t wait_ms = waits_ms[_i];
    struct alarm_clock alarm;

    set(new_alarm(&alarm), wait_ms);
    ck_assert(timer_is_set(&alarm.timer));
    if (wait_ms)
        loop_advance(&loop, wait_ms - 1);
    ck_assert_int_eq(alarm.fired, 0);
    loop_advance(&loop, 12);
    ck_assert_int_eq(alarm.fired, 1);
    ck_assert(!timer_is_set(&alarm.timer));
    check_in_time(&alarm, wait_ms);
    loop_advance(&loop, wait_ms + 1000);
    ck_assert_int_eq(alarm.fired, 1);
}
END_TEST

START_TEST(a_timer_fires_in_time_wherever_the_wheel_stands)
{
    struct alarm_clock alarm;
    struct alarm_clock other; /* keeps the wheel going */

    srandom((unsigned)_i + 1);
    new_alarm(&alarm);
    set(new_alarm(&other), DAY_MS * 100);
    for (int i = 0; i < 50; i++) {
        uint64_t wait_ms = (uint64_t)random() % (UINT64_C(1) << (i % 30));

        loop_advance(&loop, (uint64_t)random() % 100000);
        set(&alarm, wait_ms);
        loop_advance(&loop, wait_ms + 12);
        check_in_time(&alarm, wait_ms);
    }
    ck_assert_int_eq(alarm.fired, 50);
    timer_cancel(&other.timer);
}
END_TEST

START_TEST(a_cancelled_timer_does_not_fire)
{
    struct alarm_clock alarm;

    set(new_alarm(&alarm), 100);
    timer_cancel(&alarm.timer);
    ck_assert(!timer_is_set(&alarm.timer));
    timer_cancel(&alarm.timer);
    loop_advance(&loop, 1000);
    ck_assert_int_eq(alarm.fired, 0);
}
END_TEST

START_TEST(a_zeroed_timer_can_be_cancelled)
{
    struct timer timer = {0};

    timer_cancel(&timer);
    ck_assert(!timer_is_set(&timer));
}
END_TEST

START_TEST(setting_again_replaces)
{
    struct alarm_clock alarm;

    set(new_alarm(&alarm), 100);
    set(&alarm, 5000);
    loop_advance(&loop, 4999);
    ck_assert_int_eq(alarm.fired, 0);
    loop_advance(&loop, 12);
    ck_assert_int_eq(alarm.fired, 1);
    set(&alarm, 5000);
    set(&alarm, 100);
    loop_advance(&loop, 112);
    ck_assert_int_eq(alarm.fired, 2);
    loop_advance(&loop, 10000);
    ck_assert_int_eq(alarm.fired, 2);
}
END_TEST

START_TEST(a_timer_set_in_its_callback_fires_in_a_later_turn)
{
    struct alarm_clock alarm;

    new_alarm(&alarm)->again_ms = 250;
    set(&alarm, 250);
    loop_advance(&loop, 1100);
    ck_assert_int_ge(alarm.fired, 4);
    ck_assert_int_le(alarm.fired, 5);
    timer_cancel(&alarm.timer);
}
END_TEST

static struct alarm_clock victims[3];

static void cancel_the_others(struct timer *timer)
{
    for (int i = 0; i < 3; i++) {
        if (&victims[i].timer != timer)
            timer_cancel(&victims[i].timer);
    }
    victims[0].fired++;
}

START_TEST(a_callback_can_cancel_timers_that_are_due_with_it)
{
    for (int i = 0; i < 3; i++) {
        victims[i] = (struct alarm_clock){0};
        timer_init(&victims[i].timer, cancel_the_others);
        set(&victims[i], 100);
    }
    loop_advance(&loop, 1000);
    ck_assert_int_eq(victims[0].fired, 1);
}
END_TEST

START_TEST(a_late_turn_fires_everything_that_was_missed)
{
    struct alarm_clock alarms[20];

    for (int i = 0; i < 20; i++)
        set(new_alarm(&alarms[i]), (uint64_t)i * i * 100);
    clock_advance(&loop.clock, 60 * CLOCK_NS_PER_S);
    loop_turn(&loop, false);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(alarms[i].fired, 1);
}
END_TEST

START_TEST(nothing_is_done_while_nothing_is_due)
{
    struct alarm_clock alarm;

    ck_assert(timer_wheel_next_ms(loop.timers) == UINT64_MAX);
    set(new_alarm(&alarm), 60000);
    int steps = 0;
    while (!alarm.fired) {
        uint64_t next_ms = timer_wheel_next_ms(loop.timers);

        clock_advance(&loop.clock,
                      next_ms * CLOCK_NS_PER_MS - loop.clock.monotonic_ns);
        loop_turn(&loop, false);
        steps++;
    }
    /* Down the levels of the wheel, not through 6,000 ticks. */
    ck_assert_int_le(steps, 5);
    ck_assert(timer_wheel_next_ms(loop.timers) == UINT64_MAX);
}
END_TEST

/* ---- many, against a plain list ---- */

#define MANY 2000

START_TEST(many_timers_set_and_cancelled_at_random_fire_as_a_list_says)
{
    struct alarm_clock *alarms = calloc(MANY, sizeof(*alarms));
    uint64_t *waits = calloc(MANY, sizeof(*waits));
    int *expected = calloc(MANY, sizeof(*expected));

    ck_assert(alarms && waits && expected);
    srandom((unsigned)_i + 7);
    for (int i = 0; i < MANY; i++)
        new_alarm(&alarms[i]);
    for (int round = 0; round < 20 * MANY; round++) {
        int i = (int)(random() % MANY);
        bool was_set = timer_is_set(&alarms[i].timer);

        if (random() % 3 == 0) {
            timer_cancel(&alarms[i].timer);
            expected[i] -= was_set;
        } else {
            waits[i] = (uint64_t)random() % 100000;
            set(&alarms[i], waits[i]);
            expected[i] += !was_set;
        }
        if (round % 50 == 0)
            loop_advance(&loop, (uint64_t)random() % 3000);
    }
    loop_advance(&loop, 200000);
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(alarms[i].fired, expected[i]);
        if (alarms[i].fired && alarms[i].fired_ns > alarms[i].set_ns)
            check_in_time(&alarms[i], waits[i]);
    }
    free(alarms);
    free(waits);
    free(expected);
}
END_TEST

/* ---- with the real clock ---- */

START_TEST(the_system_timer_drives_the_wheel)
{
    struct alarm_clock alarm;
    struct alarm_clock far;

    clock_init(&loop.clock);
    set(new_alarm(&far), DAY_MS);
    set(new_alarm(&alarm), 30);
    timer_cancel(&far.timer);
    loop_run(&loop); /* returns: the cancelled one is not waited for */
    ck_assert_int_eq(alarm.fired, 1);
    ck_assert_int_eq(far.fired, 0);
    ck_assert(alarm.fired_ns - alarm.set_ns >= 30 * CLOCK_NS_PER_MS);
}
END_TEST

START_TEST(an_earlier_timer_wakes_the_loop_earlier)
{
    struct alarm_clock late;
    struct alarm_clock soon;

    clock_init(&loop.clock);
    set(new_alarm(&late), DAY_MS);
    set(new_alarm(&soon), 20);
    while (!soon.fired)
        loop_turn(&loop, true);
    ck_assert(soon.fired_ns - soon.set_ns >= 20 * CLOCK_NS_PER_MS);
    timer_cancel(&late.timer);
}
END_TEST

Suite *timer_suite(void)
{
    Suite *suite = suite_create("timer");
    TCase *tcase = unit_case(suite, "timer", 30);

    tcase_add_checked_fixture(tcase, open_loop, close_loop);
    tcase_add_loop_test(tcase, a_timer_fires_once_and_in_time, 0,
                        sizeof(waits_ms) / sizeof(waits_ms[0]));
    tcase_add_loop_test(tcase, a_timer_fires_in_time_wherever_the_wheel_stands,
                        0, 20);
    tcase_add_test(tcase, a_cancelled_timer_does_not_fire);
    tcase_add_test(tcase, a_zeroed_timer_can_be_cancelled);
    tcase_add_test(tcase, setting_again_replaces);
    tcase_add_test(tcase, a_timer_set_in_its_callback_fires_in_a_later_turn);
    tcase_add_test(tcase, a_callback_can_cancel_timers_that_are_due_with_it);
    tcase_add_test(tcase, a_late_turn_fires_everything_that_was_missed);
    tcase_add_test(tcase, nothing_is_done_while_nothing_is_due);
    tcase_add_loop_test(
        tcase, many_timers_set_and_cancelled_at_random_fire_as_a_list_says, 0,
        3);
    tcase_add_test(tcase, the_system_timer_drives_the_wheel);
    tcase_add_test(tcase, an_earlier_timer_wakes_the_loop_earlier);
    return suite;
}
