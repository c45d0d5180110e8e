/*
 * Time, read once and handed out many times.
 *
 * A clock is a struct, not a global: whoever runs a turn ticks it once and
 * everything in that turn sees the same instant. Tests set it by hand, so a
 * Keep Alive of 60 seconds takes no time at all to test.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock {
    uint64_t monotonic_ns;   /* never goes back; its zero is arbitrary */
    uint64_t wall_ns;        /* since 1970-01-01 UTC; never goes back either: it
                              is the wall time at clock_init plus what the
                              monotonic clock has run since */
    uint64_t wall_offset_ns; /* wall_ns - monotonic_ns, fixed at clock_init */
    bool manual;             /* set by hand: clock_tick does nothing */
};

/* Start from the system's clocks. */
void clock_init(struct clock *clock);

/* Start at the given instants and move only by clock_advance. */
void clock_init_manual(struct clock *clock, uint64_t monotonic_ns,
                       uint64_t wall_ns);

/* Read the system's monotonic clock; does nothing to a manual clock. */
void clock_tick(struct clock *clock);

/* Move a manual clock forward. */
void clock_advance(struct clock *clock, uint64_t by_ns);

static inline uint64_t clock_ms(const struct clock *clock)
{
    return clock->monotonic_ns / 1000000;
}

#define CLOCK_NS_PER_S  UINT64_C(1000000000)
#define CLOCK_NS_PER_MS UINT64_C(1000000)

/* The system's monotonic clock now, in ns: for measuring, not for logic. */
uint64_t clock_read_monotonic_ns(void);

/* The system's wall clock now, in ns since 1970-01-01 UTC. */
uint64_t clock_read_wall_ns(void);

/*
 * CPU time of a process in microseconds, user and system together; -1 when
 * it cannot be read. pid 0 is this process.
 */
int64_t clock_process_cpu_us(int pid);

#endif
