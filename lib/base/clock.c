#include "base/clock.h"

#include <assert.h>
#include <time.h>

static uint64_t read_ns(clockid_t id)
{
    struct timespec now;

    if (clock_gettime(id, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * CLOCK_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_read_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_read_wall_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

void clock_init(struct clock *clock)
{
    uint64_t now = clock_read_monotonic_ns();

    *clock = (struct clock){.monotonic_ns = now};
    clock->wall_ns = clock_read_wall_ns();
    clock->wall_offset_ns = clock->wall_ns - now;
}

void clock_init_manual(struct clock *clock, uint64_t monotonic_ns,
                       uint64_t wall_ns)
{
    *clock = (struct clock){
        .monotonic_ns = monotonic_ns,
        .wall_ns = wall_ns,
        .wall_offset_ns = wall_ns - monotonic_ns,
        .manual = true,
    };
}

void clock_tick(struct clock *clock)
{
    if (clock->manual)
        return;
    clock->monotonic_ns = clock_read_monotonic_ns();
    clock->wall_ns = clock->monotonic_ns + clock->wall_offset_ns;
}

void clock_advance(struct clock *clock, uint64_t by_ns)
{
    assert(clock->manual);
    clock->monotonic_ns += by_ns;
    clock->wall_ns += by_ns;
}

int64_t clock_process_cpu_us(int pid)
{
    clockid_t id = CLOCK_PROCESS_CPUTIME_ID;

    if (pid != 0 && clock_getcpuclockid(pid, &id) != 0)
        return -1;
    return (int64_t)(read_ns(id) / 1000);
}
