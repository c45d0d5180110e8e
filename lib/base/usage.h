/*
 * What the processes take that this one has started, and those that they have.
 * Linux tells; elsewhere the answer is nothing at all.
 */
#ifndef BASE_USAGE_H
#define BASE_USAGE_H

#include <stdint.h>

struct usage {
    unsigned processes;
    uint64_t bytes; /* of memory, but that of files; of memory that processes
                       share what the first of them has in its sight counts,
                       touched or not: the rest of it stays as well, but the
                       system does not tell how much it is;
                       UINT64_MAX: in more pieces than can be looked at */
};

/*
 * Where they are asked for: a descriptor, opened before there are any, for what
 * this process sees of the machine may change (confine_begin). -1 where the
 * system does not tell. Processes are counted up to max, which is at most
 * USAGE_PROCESSES_MAX.
 */
#define USAGE_PROCESSES_MAX 1000

int usage_open_table(void);
void usage_measure(int table, unsigned max, struct usage *usage);

#endif
