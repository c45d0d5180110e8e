#include "net/timer.h"

#include "base/alloc.h"
#include "net/loop.h"

#include <assert.h>
#include <stdlib.h>

/*
 * Time is counted in ticks of 10 ms. A level is a circle of 64 slots: those
 * of level 0 are one tick wide, those of level 1 are 64 ticks, and so on. A
 * timer lies at the lowest level that reaches as far as its tick. When the
 * time comes to a slot of a higher level, its timers move down; those of a slot
 * of level 0 fire. A bit for each slot that is in use makes it cheap to find
 * the next one, so nothing happens at ticks at which nothing is to be done.
 */
#define TICK_MS     10
#define LEVELS      5
#define SLOT_BITS   6
#define SLOTS       64
#define SLOT_MASK   (SLOTS - 1)
#define LEVEL_SLOTS ((size_t)LEVELS * SLOTS)
#define DUE         LEVEL_SLOTS /* one list more: what fires now */
#define REACH_TICKS (UINT64_C(1) << (SLOT_BITS * LEVELS)) /* about 124 days */

struct timer_wheel {
    struct loop *loop;
    uint64_t now;          /* the last tick that was looked at */
    uint64_t next_ms;      /* nothing is to be done before; UINT64_MAX: never */
    size_t count;          /* timers set */
    uint64_t used[LEVELS]; /* a bit for each slot that has timers */
    struct list slots[LEVEL_SLOTS + 1];
};

void timer_init(struct timer *timer, void (*on_timer)(struct timer *timer))
{
    *timer = (struct timer){.on_timer = on_timer};
    list_init(&timer->node);
}

struct timer_wheel *timer_wheel_new(struct loop *loop)
{
    struct timer_wheel *wheel = alloc_zero(1, sizeof(*wheel));

    wheel->loop = loop;
    wheel->next_ms = UINT64_MAX;
    for (size_t i = 0; i <= LEVEL_SLOTS; i++)
        list_init(&wheel->slots[i]);
    return wheel;
}

void timer_wheel_free(struct timer_wheel *wheel)
{
    assert(!wheel->count);
    free(wheel);
}

/* The first tick that is not before the deadline. */
static uint64_t tick_of(const struct timer *timer)
{
    return (timer->deadline_ms + TICK_MS - 1) / TICK_MS;
}

static void put(struct timer_wheel *wheel, struct timer *timer)
{
    uint64_t tick = tick_of(timer);
    unsigned level = 0;

    /* Too far for the wheel: as far as it reaches, and then on from there. */
    if (tick - wheel->now >= REACH_TICKS)
        tick = wheel->now + REACH_TICKS - 1;
    while ((tick - wheel->now) >> (SLOT_BITS * (level + 1)))
        level++;
    unsigned slot = tick >> (SLOT_BITS * level) & SLOT_MASK;
    wheel->used[level] |= UINT64_C(1) << slot;
    list_append(&wheel->slots[level * SLOTS + slot], &timer->node);
}

/* Take a timer out of its slot, and note when the slot is empty then. */
static void take(struct timer_wheel *wheel, struct timer *timer)
{
    struct list *next = timer->node.next;

    list_remove(&timer->node);
    if (!list_empty(next))
        return;
    /* What is left alone is the head of the list. */
    size_t index = (size_t)(next - wheel->slots);
    if (index < LEVEL_SLOTS)
        wheel->used[index / SLOTS] &= ~(UINT64_C(1) << (index & SLOT_MASK));
}

/* The next tick at which a slot of this level comes up. */
static uint64_t next_of_level(const struct timer_wheel *wheel, unsigned level)
{
    uint64_t used = wheel->used[level];
    uint64_t at = wheel->now >> (SLOT_BITS * level);

    if (!used)
        return UINT64_MAX;
    /* Turn the circle so that bit 0 is the slot after the present one. */
    unsigned by = (at + 1) & SLOT_MASK;
    if (by)
        used = used >> by | used << (SLOTS - by);
    uint64_t ahead = (uint64_t)__builtin_ctzll(used) + 1;
    return (at + ahead) << (SLOT_BITS * level);
}

static uint64_t next_tick(const struct timer_wheel *wheel)
{
    uint64_t next = UINT64_MAX;

    for (unsigned level = 0; level < LEVELS; level++) {
        uint64_t tick = next_of_level(wheel, level);

        if (tick < next)
            next = tick;
    }
    return next;
}

static uint64_t find_next_ms(const struct timer_wheel *wheel)
{
    uint64_t tick = next_tick(wheel);

    return tick == UINT64_MAX ? UINT64_MAX : tick * TICK_MS;
}

void timer_cancel(struct timer *timer)
{
    struct timer_wheel *wheel = timer->wheel;

    if (!wheel)
        return;
    take(wheel, timer);
    timer->wheel = NULL;
    if (--wheel->count == 0)
        wheel->next_ms = UINT64_MAX;
}

void timer_set(struct loop *loop, struct timer *timer, uint64_t after_ms)
{
    struct timer_wheel *wheel = loop->timers;
    uint64_t now_ms = clock_ms(&loop->clock);
    bool exact = loop->clock.monotonic_ns % CLOCK_NS_PER_MS == 0;

    if (timer->wheel)
        take(wheel, timer);
    else if (wheel->count++ == 0)
        wheel->now = now_ms / TICK_MS;
    timer->wheel = wheel;
    timer->deadline_ms = now_ms + after_ms + (exact ? 0 : 1);
    /* Not in this turn, even if the wheel lags behind the clock. */
    if (tick_of(timer) <= now_ms / TICK_MS)
        timer->deadline_ms = (now_ms / TICK_MS + 1) * TICK_MS;
    put(wheel, timer);
    if (timer->deadline_ms < wheel->next_ms)
        wheel->next_ms = find_next_ms(wheel);
}

uint64_t timer_wheel_next_ms(const struct timer_wheel *wheel)
{
    return wheel->next_ms;
}

static void take_slot(struct timer_wheel *wheel, unsigned level,
                      struct list *to)
{
    unsigned slot = wheel->now >> (SLOT_BITS * level) & SLOT_MASK;
    struct list *from = &wheel->slots[level * SLOTS + slot];

    wheel->used[level] &= ~(UINT64_C(1) << slot);
    while (!list_empty(from))
        list_append(to, list_take_first(from));
}

/* The wheel has come to a new tick: move timers down, gather those due. */
static void turn_to(struct timer_wheel *wheel, uint64_t tick)
{
    wheel->now = tick;
    for (unsigned level = LEVELS - 1; level > 0; level--) {
        struct list moving;
        struct list *node;

        if (tick & ((UINT64_C(1) << (SLOT_BITS * level)) - 1))
            continue;
        list_init(&moving);
        take_slot(wheel, level, &moving);
        while ((node = list_take_first(&moving)) != NULL)
            put(wheel, LIST_ITEM(node, struct timer, node));
    }
    take_slot(wheel, 0, &wheel->slots[DUE]);
}

void timer_wheel_run(struct timer_wheel *wheel)
{
    uint64_t now_ms = clock_ms(&wheel->loop->clock);
    uint64_t now = now_ms / TICK_MS;
    struct list *due = &wheel->slots[DUE];

    if (now_ms < wheel->next_ms)
        return;
    while (wheel->count && next_tick(wheel) <= now) {
        turn_to(wheel, next_tick(wheel));
        while (!list_empty(due)) {
            struct timer *timer = LIST_ITEM(due->next, struct timer, node);

            timer_cancel(timer);
            timer->on_timer(timer);
        }
    }
    if (wheel->count && wheel->now < now)
        wheel->now = now;
    wheel->next_ms = wheel->count ? find_next_ms(wheel) : UINT64_MAX;
}
