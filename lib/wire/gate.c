#include "wire/gate.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "net/timer.h"
#include "wire/event.h"
#include "wire/gate_rules.h"
#include "wire/link_in.h"

/* A packet that waits. One that comes in waits in its link (link_in_wait) and
   has no bytes here. */
struct waiting {
    struct list node;
    struct link *link;
    struct buf bytes;
    uint64_t seq;    /* of its record */
    uint64_t due_ms; /* by the loop's clock, if delayed */
    unsigned rule;   /* its number; 0: it only waits behind another */
    bool held;       /* until it is released */
    bool in;
};

struct gate {
    struct tap *tap;
    struct loop *loop;
    struct gate_rules rules;
    struct list waiting; /* the oldest first */
    size_t waiting_count;
    size_t waiting_bytes;
    struct timer timer; /* of the next delayed packet */
};

/* ---- records about what the gate does ---- */

__attribute__((format(printf, 5, 6))) static void
tell(struct gate *gate, const struct link *link, enum event_code code,
     uint64_t subject, const char *format, ...)
{
    struct buf bytes = {0};
    char text[300];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    record_begin(&bytes, code);
    record_put_string(&bytes, RECORD_TEXT, text);
    if (subject)
        record_put_number(&bytes, RECORD_SUBJECT, subject);
    struct record record = {
        .type = RECORD_EVT,
        .cause = subject,
        .connection = link ? link->connection : 0,
        .version = link ? link->version : 0,
        .actor = link ? link->actor : 0,
        .bytes = buf_slice(&bytes),
    };
    tap_write(gate->tap, &record);
    buf_release(&bytes);
}

static uint64_t show(struct gate *gate, struct record *record,
                     const struct gate_verdict *verdict)
{
    if (gate_verdict_waits(verdict))
        record->flags |= RECORD_HELD;
    if (gate_verdict_is(verdict, GATE_DROP))
        record->flags |= RECORD_DROPPED;
    return tap_write(gate->tap, record);
}

static void tell_deed(struct gate *gate, const struct link *link, uint64_t seq,
                      const struct gate_verdict *verdict)
{
    static const char *const deeds[GATE_KINDS] = {
        [GATE_HOLD] = "held",         [GATE_DROP] = "dropped",
        [GATE_DELAY] = "delayed",     [GATE_DUPLICATE] = "sent twice",
        [GATE_CORRUPT] = "corrupted",
    };

    if (gate_verdict_is(verdict, GATE_DELAY))
        tell(gate, link, EVENT_RULE_DID, seq, "delayed %g s (rule %u)",
             (double)verdict->is.delay_ms / 1000, verdict->rule);
    else if (verdict->rule)
        tell(gate, link, EVENT_RULE_DID, seq, "%s (rule %u)",
             deeds[verdict->is.kind], verdict->rule);
}

/* The packet again, or damaged, in copy. */
static void change(struct slice packet, enum gate_kind kind, struct buf *copy)
{
    unsigned type = packet.bytes[0] >> 4;

    buf_append_slice(copy, packet);
    assert(copy->bytes);
    if (kind == GATE_CORRUPT && packet.len <= 2)
        copy->bytes[0] ^= 0x01; /* only its flags can be wrong */
    else if (kind == GATE_CORRUPT)
        copy->bytes[copy->len - 1] ^= 0x15;
    else if (type == MQTT_PUBLISH && packet.bytes[0] & 0x06)
        copy->bytes[0] |= 0x08; /* DUP [MQTT-3.3.1-1] */
}

/* ---- packets that wait ---- */

static void arm(struct gate *gate)
{
    uint64_t next_ms = UINT64_MAX;
    uint64_t now_ms = clock_ms(&gate->loop->clock);

    LIST_FOREACH (node, &gate->waiting) {
        const struct waiting *waiting = LIST_ITEM(node, struct waiting, node);

        if (waiting->rule && !waiting->held && waiting->due_ms < next_ms)
            next_ms = waiting->due_ms;
    }
    if (next_ms == UINT64_MAX)
        timer_cancel(&gate->timer);
    else
        timer_set(gate->loop, &gate->timer,
                  next_ms > now_ms ? next_ms - now_ms : 0);
}

static void let_all_go(struct gate *gate);

/* Too many wait: a rule that was forgotten must not eat the memory. */
static bool too_many(const struct gate *gate)
{
    return gate->waiting_count > GATE_WAITING_MAX ||
           gate->waiting_bytes > GATE_WAITING_BYTES;
}

static void give_up(struct gate *gate)
{
    tell(gate, NULL, EVENT_LIMIT, 0,
         "too many packets are held: the rules end and all are let go");
    gate_unset_kind(gate, GATE_KINDS);
    let_all_go(gate);
}

static void keep(struct gate *gate, const struct waiting *like,
                 struct slice bytes)
{
    struct waiting *waiting = alloc_zero(1, sizeof(*waiting));

    *waiting = *like;
    buf_append_slice(&waiting->bytes, bytes);
    list_append(&gate->waiting, &waiting->node);
    gate->waiting_count++;
    gate->waiting_bytes += bytes.len + sizeof(*waiting);
    if (!waiting->held)
        arm(gate);
}

static void forget(struct gate *gate, struct waiting *waiting)
{
    list_remove(&waiting->node);
    gate->waiting_count--;
    gate->waiting_bytes -= waiting->bytes.len + sizeof(*waiting);
    buf_release(&waiting->bytes);
    free(waiting);
}

static struct waiting *first_of(struct gate *gate, const struct link *link,
                                bool in)
{
    LIST_FOREACH (node, &gate->waiting) {
        struct waiting *waiting = LIST_ITEM(node, struct waiting, node);

        if (waiting->link == link && waiting->in == in)
            return waiting;
    }
    return NULL;
}

/* May the first of a connection go on by itself? */
static bool may_go(const struct gate *gate, const struct waiting *waiting)
{
    return !waiting->rule ||
           (!waiting->held && waiting->due_ms <= clock_ms(&gate->loop->clock));
}

/* The first of its connection and direction goes, and all behind it that do
   not wait for themselves. */
static void go(struct gate *gate, struct waiting *waiting, bool drop)
{
    struct link *link = waiting->link;

    if (waiting->rule)
        tell(gate, link, EVENT_PACKET_RELEASED, waiting->seq,
             drop ? "dropped while it was held" : "it goes on");
    if (waiting->in) {
        forget(gate, waiting);
        if (drop)
            link_in_skip(link);
        link->last_in_ms = clock_ms(&gate->loop->clock);
        link_resume(link, LINK_HOLD_GATE);
        return;
    }
    while (waiting) {
        if (!drop)
            link_pass(link, buf_slice(&waiting->bytes));
        drop = false;
        forget(gate, waiting);
        waiting = first_of(gate, link, false);
        if (waiting && !may_go(gate, waiting))
            return;
    }
    link->gated = false;
}

static void on_timer(struct timer *timer)
{
    struct gate *gate = LIST_ITEM(timer, struct gate, timer);
    bool again = true;

    while (again) {
        again = false;
        LIST_FOREACH (node, &gate->waiting) {
            struct waiting *waiting = LIST_ITEM(node, struct waiting, node);

            if (!may_go(gate, waiting) ||
                first_of(gate, waiting->link, waiting->in) != waiting)
                continue;
            go(gate, waiting, false);
            again = true;
            break;
        }
    }
    tap_publish(gate->tap);
    arm(gate);
}

static void let_all_go(struct gate *gate)
{
    while (!list_empty(&gate->waiting))
        go(gate, LIST_ITEM(gate->waiting.next, struct waiting, node), false);
}

/* ---- rules ---- */

unsigned gate_set(struct gate *gate, const struct gate_rule *rule,
                  const char *text, struct filter_error *error)
{
    unsigned number = gate_rules_set(&gate->rules, rule, text, error);

    if (number)
        tell(gate, NULL, EVENT_RULE_SET, 0, "rule %u: %s%s %.200s", number,
             rule->always || rule->kind == GATE_HOLD ? "always " : "",
             gate_kind_name(rule->kind), *text ? text : "every packet");
    return number;
}

/* A rule ended: what it holds goes as soon as it is the first. */
static void let_go_of(struct gate *gate, unsigned rule)
{
    LIST_FOREACH (node, &gate->waiting) {
        struct waiting *waiting = LIST_ITEM(node, struct waiting, node);

        if (waiting->rule == rule) {
            waiting->held = false;
            waiting->due_ms = 0;
        }
    }
    on_timer(&gate->timer);
}

/* End rules for which the test is true; returns how many. */
static unsigned end_rules(struct gate *gate, gate_rules_test *test,
                          uint64_t what)
{
    unsigned number;
    unsigned count = 0;

    while ((number = gate_rules_end_one(&gate->rules, test, what))) {
        tell(gate, NULL, EVENT_RULE_ENDED, 0, "rule %u", number);
        let_go_of(gate, number);
        count++;
    }
    return count;
}

static bool has_number(const struct gate_set_rule *rule, uint64_t what)
{
    return rule->number == what;
}

static bool has_kind(const struct gate_set_rule *rule, uint64_t what)
{
    return what == GATE_KINDS || rule->is.kind == what;
}

static bool has_owner(const struct gate_set_rule *rule, uint64_t what)
{
    return rule->is.owner == what;
}

unsigned gate_unset(struct gate *gate, unsigned number)
{
    return end_rules(gate, has_number, number);
}

unsigned gate_unset_kind(struct gate *gate, enum gate_kind kind)
{
    return end_rules(gate, has_kind, kind);
}

void gate_forget_owner(struct gate *gate, uint64_t owner)
{
    end_rules(gate, has_owner, owner);
}

/* ---- releasing ---- */

enum gate_release gate_release(struct gate *gate, uint64_t seq, bool drop)
{
    LIST_FOREACH (node, &gate->waiting) {
        struct waiting *waiting = LIST_ITEM(node, struct waiting, node);

        if (seq ? waiting->seq != seq : !waiting->rule)
            continue;
        if (first_of(gate, waiting->link, waiting->in) != waiting)
            return GATE_BEHIND;
        go(gate, waiting, drop);
        tap_publish(gate->tap);
        return GATE_RELEASED;
    }
    return GATE_NOT_THERE;
}

unsigned gate_release_all(struct gate *gate)
{
    unsigned count = 0;

    LIST_FOREACH (node, &gate->waiting)
        count += LIST_ITEM(node, struct waiting, node)->rule != 0;
    let_all_go(gate);
    tap_publish(gate->tap);
    return count;
}

void gate_forget_link(struct gate *gate, struct link *link)
{
    LIST_FOREACH_SAFE (node, &gate->waiting) {
        struct waiting *waiting = LIST_ITEM(node, struct waiting, node);

        if (waiting->link != link)
            continue;
        if (waiting->rule)
            tell(gate, link, EVENT_PACKET_RELEASED, waiting->seq,
                 "it is gone with its connection");
        forget(gate, waiting);
    }
    link->gated = false;
}

size_t gate_waiting(const struct gate *gate)
{
    return gate->waiting_count;
}

bool gate_idle(const struct gate *gate)
{
    return !gate->rules.count && !gate->waiting_count;
}

/* ---- packets that come ---- */

static struct waiting as_waiting(const struct gate *gate, struct link *link,
                                 uint64_t seq,
                                 const struct gate_verdict *verdict)
{
    return (struct waiting){
        .link = link,
        .seq = seq,
        .rule = verdict->rule,
        .held = gate_verdict_is(verdict, GATE_HOLD),
        .due_ms = clock_ms(&gate->loop->clock) + verdict->is.delay_ms,
    };
}

/* Hand over what was made of a packet; it is a packet as well, so it can be
   cut out again. */
static void hand_changed(struct gate *gate, struct link *link,
                         const struct frame *frame, enum gate_kind kind,
                         uint64_t seq)
{
    struct buf copy = {0};
    struct frame changed;
    int used;

    change(frame->whole, kind, &copy);
    used = framer_next(buf_slice(&copy), MQTT_MAX_PACKET_SIZE, &changed);
    if (kind == GATE_DUPLICATE) {
        struct record record =
            link_in_describe(link, RECORD_MQTT, RECORD_C2B, buf_slice(&copy));

        record.cause = seq;
        seq = tap_write(gate->tap, &record);
    }
    if (used > 0)
        link_in_hand(link, &changed, seq, kind == GATE_CORRUPT);
    else
        link_in_refuse(link, buf_slice(&copy), (enum mqtt_reason)(-used));
    buf_release(&copy);
}

void gate_take_in(struct gate *gate, struct link *link,
                  const struct frame *frame)
{
    link_in_hello(link, frame);
    struct record record =
        link_in_describe(link, RECORD_MQTT, RECORD_C2B, frame->whole);
    const struct gate_verdict verdict = gate_rules_judge(&gate->rules, &record);
    uint64_t seq = show(gate, &record, &verdict);

    tell_deed(gate, link, seq, &verdict);
    if (gate_verdict_waits(&verdict)) {
        struct waiting waiting = as_waiting(gate, link, seq, &verdict);

        waiting.in = true;
        link_in_wait(link, seq);
        keep(gate, &waiting, slice_of(NULL, 0));
        return;
    }
    if (gate_verdict_is(&verdict, GATE_DROP))
        return;
    if (gate_verdict_is(&verdict, GATE_CORRUPT)) {
        hand_changed(gate, link, frame, GATE_CORRUPT, seq);
        return;
    }
    link_in_hand(link, frame, seq, true);
    if (gate_verdict_is(&verdict, GATE_DUPLICATE) && !link->closing)
        hand_changed(gate, link, frame, GATE_DUPLICATE, seq);
}

/* ---- packets that go ---- */

static void pass(struct gate *gate, struct link *link, struct slice packet,
                 uint64_t seq)
{
    struct waiting waiting = {.link = link, .seq = seq};

    if (link->gated)
        keep(gate, &waiting, packet);
    else
        link_pass(link, packet);
}

static void send_changed(struct gate *gate, struct link *link,
                         struct slice packet, enum gate_kind kind, uint64_t seq)
{
    struct buf copy = {0};

    change(packet, kind, &copy);
    if (kind == GATE_DUPLICATE) {
        struct record record =
            link_in_describe(link, RECORD_MQTT, RECORD_B2C, buf_slice(&copy));

        record.cause = seq;
        seq = tap_write(gate->tap, &record);
    }
    pass(gate, link, buf_slice(&copy), seq);
    buf_release(&copy);
}

uint64_t gate_send(struct gate *gate, struct link *link, struct slice packet,
                   uint64_t cause)
{
    struct record record =
        link_in_describe(link, RECORD_MQTT, RECORD_B2C, packet);

    record.cause = cause;
    const struct gate_verdict verdict = gate_rules_judge(&gate->rules, &record);
    uint64_t seq = show(gate, &record, &verdict);
    tell_deed(gate, link, seq, &verdict);
    if (gate_verdict_waits(&verdict)) {
        struct waiting waiting = as_waiting(gate, link, seq, &verdict);

        link->gated = true;
        keep(gate, &waiting, packet);
    } else if (gate_verdict_is(&verdict, GATE_CORRUPT)) {
        send_changed(gate, link, packet, GATE_CORRUPT, seq);
    } else if (!gate_verdict_is(&verdict, GATE_DROP)) {
        pass(gate, link, packet, seq);
    }
    if (gate_verdict_is(&verdict, GATE_DUPLICATE))
        send_changed(gate, link, packet, GATE_DUPLICATE, seq);
    if (too_many(gate))
        give_up(gate);
    return seq;
}

/* ---- life ---- */

struct gate *gate_new(struct tap *tap, struct loop *loop,
                      void (*on_attach)(void *owner), void *owner)
{
    int fd = tap_attach(tap);
    struct gate *gate;

    if (fd < 0)
        return NULL;
    gate = alloc_zero(1, sizeof(*gate));
    if (on_attach)
        on_attach(owner);
    tap_publish(tap);
    if (gate_rules_init(&gate->rules, tap, &loop->clock, fd)) {
        tap_detach(tap);
        free(gate);
        return NULL;
    }
    gate->tap = tap;
    gate->loop = loop;
    list_init(&gate->waiting);
    timer_init(&gate->timer, on_timer);
    tap->gate = gate;
    return gate;
}

void gate_free(struct gate *gate)
{
    if (!gate)
        return;
    gate->tap->gate = NULL;
    gate_unset_kind(gate, GATE_KINDS);
    let_all_go(gate);
    timer_cancel(&gate->timer);
    tap_publish(gate->tap);
    gate_rules_release(&gate->rules);
    tap_detach(gate->tap);
    free(gate);
}
