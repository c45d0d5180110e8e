#include "wire/gate.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "net/timer.h"
#include "wire/event.h"
#include "wire/gate_queue.h"
#include "wire/gate_rules.h"
#include "wire/link_in.h"

struct gate {
    struct tap *tap;
    struct loop *loop;
    struct gate_rules rules;
    struct gate_queue queue;
    struct timer timer; /* of the next delayed packet */
    uint64_t timer_ms;  /* when it comes, by the loop's clock; UINT64_MAX */
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
        [GATE_HOLD] = "held",       [GATE_DROP] = "dropped",
        [GATE_DELAY] = "delayed",   [GATE_DUPLICATE] = "sent twice",
        [GATE_CORRUPT] = "damaged",
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

static void arm(struct gate *gate, uint64_t due_ms)
{
    uint64_t now_ms = clock_ms(&gate->loop->clock);

    if (due_ms >= gate->timer_ms)
        return;
    gate->timer_ms = due_ms;
    timer_set(gate->loop, &gate->timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

static void let_all_go(struct gate *gate);

/* Too many wait: a rule that was forgotten must not eat the memory. */
static bool too_many(const struct gate *gate)
{
    return gate->queue.count > GATE_WAITING_MAX ||
           gate->queue.bytes > GATE_WAITING_BYTES;
}

static void give_up(struct gate *gate)
{
    tell(gate, NULL, EVENT_LIMIT, 0,
         "too many packets are held: the rules end and all are let go");
    gate_unset_kind(gate, GATE_KINDS);
    let_all_go(gate);
}

/* The first of a stream goes, and all behind it that do not wait for
   themselves. */
static void go(struct gate *gate, struct gate_stream *stream, bool drop)
{
    struct link *link = stream->link;
    uint64_t now_ms = clock_ms(&gate->loop->clock);
    struct gate_waiting *waiting = gate_stream_first(stream);

    if (waiting->rule)
        tell(gate, link, EVENT_PACKET_RELEASED, waiting->seq,
             drop ? "dropped while it was held" : "it goes on");
    if (stream->in) {
        gate_queue_remove(&gate->queue, waiting);
        if (drop)
            link_in_skip(link);
        link->last_in_ms = now_ms;
        link_resume(link, LINK_HOLD_GATE);
        return;
    }
    do {
        if (!drop)
            link_pass(link, buf_slice(&waiting->bytes));
        drop = false;
        struct list *next = waiting->behind.next;
        bool last = next == &stream->waiting;
        gate_queue_remove(&gate->queue, waiting);
        if (last) {
            link->gated = false;
            return;
        }
        waiting = LIST_ITEM(next, struct gate_waiting, behind);
    } while (gate_waiting_may_go(waiting, now_ms));
    if (!waiting->held)
        arm(gate, waiting->due_ms);
}

/* Whoever may goes. A client whose packet goes is read from in a later turn,
   so nothing comes to wait meanwhile. */
static void let_go(struct gate *gate)
{
    uint64_t now_ms = clock_ms(&gate->loop->clock);

    LIST_FOREACH_SAFE (node, &gate->queue.streams) {
        struct gate_stream *stream = LIST_ITEM(node, struct gate_stream, node);

        if (gate_waiting_may_go(gate_stream_first(stream), now_ms))
            go(gate, stream, false);
    }
    gate->timer_ms = UINT64_MAX;
    timer_cancel(&gate->timer);
    arm(gate, gate_queue_next_ms(&gate->queue));
}

static void on_timer(struct timer *timer)
{
    struct gate *gate = LIST_ITEM(timer, struct gate, timer);

    let_go(gate);
    tap_publish(gate->tap);
}

static void let_all_go(struct gate *gate)
{
    const struct gate_waiting *first;

    while ((first = gate_queue_first(&gate->queue)))
        go(gate, first->stream, false);
}

/* ---- rules ---- */

/* flags: of the record. */
static void tell_rule(struct gate *gate, const struct gate_set_rule *rule,
                      uint8_t flags)
{
    struct buf bytes = {0};
    char time[16] = "";
    char text[300];

    if (rule->is.kind == GATE_DELAY)
        snprintf(time, sizeof(time), " %u ms", (unsigned)rule->is.delay_ms);
    snprintf(text, sizeof(text), "rule %u: %s%s%s %.200s", rule->number,
             rule->is.always ? "always " : "", gate_kind_name(rule->is.kind),
             time, *rule->text ? rule->text : "every packet");
    record_begin(&bytes, EVENT_RULE_SET);
    record_put_string(&bytes, RECORD_TEXT, text);
    tap_write(gate->tap, &(struct record){.type = RECORD_EVT,
                                          .flags = flags,
                                          .bytes = buf_slice(&bytes)});
    buf_release(&bytes);
}

unsigned gate_set(struct gate *gate, const struct gate_rule *rule,
                  const char *text, struct filter_error *error)
{
    unsigned number = gate_rules_set(&gate->rules, rule, text, error);

    if (number)
        tell_rule(gate, &gate->rules.items[gate->rules.count - 1], 0);
    return number;
}

void gate_snapshot(struct gate *gate)
{
    for (size_t i = 0; i < gate->rules.count; i++)
        tell_rule(gate, &gate->rules.items[i], RECORD_SNAPSHOT);
}

/* A rule ended: what it holds goes as soon as it is the first. */
static void let_go_of(struct gate *gate, unsigned rule)
{
    LIST_FOREACH (node, &gate->queue.waiting) {
        struct gate_waiting *waiting =
            LIST_ITEM(node, struct gate_waiting, node);

        if (waiting->rule == rule) {
            waiting->held = false;
            waiting->due_ms = 0;
        }
    }
    let_go(gate);
    tap_publish(gate->tap);
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
    LIST_FOREACH (node, &gate->queue.waiting) {
        struct gate_waiting *waiting =
            LIST_ITEM(node, struct gate_waiting, node);

        if (seq ? waiting->seq != seq : !waiting->rule)
            continue;
        if (gate_stream_first(waiting->stream) != waiting)
            return GATE_BEHIND;
        go(gate, waiting->stream, drop);
        tap_publish(gate->tap);
        return GATE_RELEASED;
    }
    return GATE_NOT_THERE;
}

unsigned gate_release_all(struct gate *gate)
{
    unsigned count = 0;

    LIST_FOREACH (node, &gate->queue.waiting)
        count += LIST_ITEM(node, struct gate_waiting, node)->rule != 0;
    let_all_go(gate);
    tap_publish(gate->tap);
    return count;
}

static void forget_stream(struct gate *gate, struct link *link, bool in)
{
    struct gate_stream *stream;

    while ((stream = gate_queue_stream(&gate->queue, link, in))) {
        struct gate_waiting *waiting = gate_stream_first(stream);

        if (waiting->rule)
            tell(gate, link, EVENT_PACKET_RELEASED, waiting->seq,
                 "it is gone with its connection");
        gate_queue_remove(&gate->queue, waiting);
    }
}

void gate_forget_link(struct gate *gate, struct link *link)
{
    forget_stream(gate, link, true);
    forget_stream(gate, link, false);
    link->gated = false;
}

size_t gate_waiting(const struct gate *gate)
{
    return gate->queue.count;
}

bool gate_idle(const struct gate *gate)
{
    return !gate->rules.count && !gate->queue.count;
}

/* ---- packets that come ---- */

/* Let a packet wait as its rule says. */
static void keep(struct gate *gate, struct link *link, bool in,
                 const struct gate_verdict *verdict, uint64_t seq,
                 struct slice bytes)
{
    const struct gate_waiting *waiting = gate_queue_add(
        &gate->queue, link, in,
        &(struct gate_waiting){
            .seq = seq,
            .rule = verdict->rule,
            .held = gate_verdict_is(verdict, GATE_HOLD),
            .due_ms = clock_ms(&gate->loop->clock) + verdict->is.delay_ms,
        },
        bytes);

    if (waiting->rule && !waiting->held)
        arm(gate, waiting->due_ms);
}

/* Record what was made of a packet; seq: of the one that it was made from. */
static uint64_t show_changed(struct gate *gate, const struct link *link,
                             enum record_direction direction,
                             struct slice changed, uint64_t seq)
{
    struct record record =
        link_in_describe(link, RECORD_MQTT, direction, changed);

    record.cause = seq;
    return tap_write(gate->tap, &record);
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
    if (used > 0) {
        seq = show_changed(gate, link, RECORD_C2B, buf_slice(&copy), seq);
        link_in_hand(link, &changed, seq, kind == GATE_CORRUPT);
    } else {
        link_in_refuse(link, buf_slice(&copy), (enum mqtt_reason)(-used));
    }
    buf_release(&copy);
}

void gate_take_in(struct gate *gate, struct link *link,
                  const struct frame *frame)
{
    link_in_hello(link, frame);
    struct record record =
        link_in_describe(link, RECORD_MQTT, RECORD_C2B, frame->whole);
    const struct gate_verdict verdict = gate_rules_judge(&gate->rules, &record);
    bool corrupt = gate_verdict_is(&verdict, GATE_CORRUPT);

    /* What comes damaged is another packet: this one is lost. */
    if (corrupt)
        record.flags |= RECORD_DROPPED;
    uint64_t seq = show(gate, &record, &verdict);
    tell_deed(gate, link, seq, &verdict);
    if (gate_verdict_waits(&verdict)) {
        link_in_wait(link, seq);
        keep(gate, link, true, &verdict, seq, slice_of(NULL, 0));
    } else if (corrupt) {
        hand_changed(gate, link, frame, GATE_CORRUPT, seq);
    } else if (!gate_verdict_is(&verdict, GATE_DROP)) {
        link_in_hand(link, frame, seq, true);
    }
    if (gate_verdict_is(&verdict, GATE_DUPLICATE) && !link->closing)
        hand_changed(gate, link, frame, GATE_DUPLICATE, seq);
}

/* ---- packets that go ---- */

static void pass(struct gate *gate, struct link *link, struct slice packet,
                 uint64_t seq)
{
    static const struct gate_verdict none = {0};

    if (link->gated)
        keep(gate, link, false, &none, seq, packet);
    else
        link_pass(link, packet);
}

static void send_again(struct gate *gate, struct link *link,
                       struct slice packet, uint64_t seq)
{
    struct buf copy = {0};

    change(packet, GATE_DUPLICATE, &copy);
    seq = show_changed(gate, link, RECORD_B2C, buf_slice(&copy), seq);
    pass(gate, link, buf_slice(&copy), seq);
    buf_release(&copy);
}

uint64_t gate_send(struct gate *gate, struct link *link, struct slice packet,
                   uint64_t cause)
{
    struct buf changed = {0};
    struct record record =
        link_in_describe(link, RECORD_MQTT, RECORD_B2C, packet);

    record.cause = cause;
    const struct gate_verdict verdict = gate_rules_judge(&gate->rules, &record);
    /* What goes damaged was never seen otherwise by anybody. */
    if (gate_verdict_is(&verdict, GATE_CORRUPT)) {
        change(packet, GATE_CORRUPT, &changed);
        packet = record.bytes = buf_slice(&changed);
    }
    uint64_t seq = show(gate, &record, &verdict);
    tell_deed(gate, link, seq, &verdict);
    if (gate_verdict_waits(&verdict)) {
        link->gated = true;
        keep(gate, link, false, &verdict, seq, packet);
    } else if (!gate_verdict_is(&verdict, GATE_DROP)) {
        pass(gate, link, packet, seq);
    }
    if (gate_verdict_is(&verdict, GATE_DUPLICATE))
        send_again(gate, link, packet, seq);
    buf_release(&changed);
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
    gate_queue_init(&gate->queue);
    gate->timer_ms = UINT64_MAX;
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
