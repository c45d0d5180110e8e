/*
 * Deadlines by the thousand: a timing wheel that the loop waits for.
 *
 * Setting and cancelling cost the same however many there are, so every
 * connection can have a Keep Alive without a timer of the system for each.
 * The resolution is 10 ms; a timer never fires early. With nothing set,
 * nothing wakes the loop. A timer can be moved later for free: the owner keeps
 * its own deadline and sets the timer again when it fires too soon.
 */
#ifndef NET_TIMER_H
#define NET_TIMER_H

#include "base/list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct timer_wheel;

struct timer {
    struct list node;          /* zeroed or timer_init before first use */
    struct timer_wheel *wheel; /* NULL when not set */
    uint64_t deadline_ms;      /* of the loop's monotonic clock */
    void (*on_timer)(struct timer *timer);
};

void timer_init(struct timer *timer, void (*on_timer)(struct timer *timer));

/* Fire once, after_ms from now or up to 10 ms later, but not in this turn;
   replaces an earlier setting. */
void timer_set(struct loop *loop, struct timer *timer, uint64_t after_ms);

void timer_cancel(struct timer *timer);

static inline bool timer_is_set(const struct timer *timer)
{
    return timer->wheel != NULL;
}

/* ---- for the loop ---- */

struct timer_wheel *timer_wheel_new(struct loop *loop);

/* No timer may be set any more. */
void timer_wheel_free(struct timer_wheel *wheel);

/* Fire what is due by the loop's clock. */
void timer_wheel_run(struct timer_wheel *wheel);

/* Before this time timer_wheel_run has nothing to do, by the loop's monotonic
   clock; UINT64_MAX when nothing is set. */
uint64_t timer_wheel_next_ms(const struct timer_wheel *wheel);

#endif
