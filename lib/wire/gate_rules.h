/*
 * The rules of a gate: which of them is for a packet. wire/gate.h has the
 * whole.
 */
#ifndef WIRE_GATE_RULES_H
#define WIRE_GATE_RULES_H

#include "wire/gate.h"
#include "wire/tap_reader.h"

/* A rule that was set. */
struct gate_set_rule {
    struct gate_rule is;
    unsigned number;
    struct filter *filter; /* owned */
    char *text;            /* owned: that it was made of */
};

struct gate_rules {
    struct tap *tap; /* borrowed */
    const struct clock *clock;
    struct tap_reader reader;
    struct tracker *tracker; /* knows what the reader has read */
    struct dissection scratch;
    struct gate_set_rule items[GATE_RULES_MAX]; /* in the order of setting */
    size_t count;
    unsigned last_number;
};

/* fd: of the tap's ring. Returns 0 or a negative errno. */
int gate_rules_init(struct gate_rules *rules, struct tap *tap,
                    const struct clock *clock, int fd);
void gate_rules_release(struct gate_rules *rules);

/* As gate_set; says nothing to anybody. */
unsigned gate_rules_set(struct gate_rules *rules, const struct gate_rule *rule,
                        const char *text, struct filter_error *error);

/* Take out one rule for which the test is true; its number, 0: none is. */
typedef bool gate_rules_test(const struct gate_set_rule *rule, uint64_t what);
unsigned gate_rules_end_one(struct gate_rules *rules, gate_rules_test *test,
                            uint64_t what);

/* What is to be done with a packet: a copy of its rule, for that may end. */
struct gate_verdict {
    unsigned rule; /* its number; 0: nothing is to be done */
    struct gate_rule is;
};

/* For a packet that is not recorded yet. */
struct gate_verdict gate_rules_judge(struct gate_rules *rules,
                                     const struct record *record);

static inline bool gate_verdict_is(const struct gate_verdict *verdict,
                                   enum gate_kind kind)
{
    return verdict->rule && verdict->is.kind == kind;
}

static inline bool gate_verdict_waits(const struct gate_verdict *verdict)
{
    return gate_verdict_is(verdict, GATE_HOLD) ||
           gate_verdict_is(verdict, GATE_DELAY);
}

#endif
