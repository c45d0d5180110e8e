#include "broker/gate_control.h"

#include <limits.h>
#include <stdio.h>

#include "broker/broker.h"
#include "broker/snapshot.h"
#include "wire/control.h"
#include "wire/gate.h"

#define DELAY_MAX_MS 600000

static bool fail(json_t *answer, const char *error)
{
    json_object_set_new(answer, "error", json_string(error));
    return false;
}

static struct gate *gate_of(struct broker *broker)
{
    if (!broker->tap.gate)
        gate_new(&broker->tap, broker->loop, snapshot_write, broker);
    return broker->tap.gate;
}

static const char *string_of(json_t *request, const char *name,
                             const char *absent)
{
    const char *text = json_string_value(json_object_get(request, name));

    return text ? text : absent;
}

/* What is set lives as long as somebody may want it. */
static void free_if_idle(struct broker *broker)
{
    if (broker->tap.gate && gate_idle(broker->tap.gate))
        gate_free(broker->tap.gate);
}

bool gate_control_rule(struct broker *broker, json_t *request, json_t *answer)
{
    struct filter_error error = {0};
    json_int_t ms = json_integer_value(json_object_get(request, "ms"));
    struct gate_rule rule = {
        .kind = gate_kind_of(string_of(request, "kind", "")),
        .always = json_is_true(json_object_get(request, "always")),
        .owner = control_peer(broker->control),
    };
    char text[300];

    if (rule.kind == GATE_KINDS)
        return fail(answer, "kind: hold, drop, delay, dup or corrupt");
    if (ms < 0 || ms > DELAY_MAX_MS || (rule.kind == GATE_DELAY && !ms))
        return fail(answer, "ms: 1 to 600000 milliseconds");
    rule.delay_ms = (uint64_t)ms;
    struct gate *gate = gate_of(broker);
    if (!gate)
        return fail(answer, "the records cannot be read");
    unsigned number =
        gate_set(gate, &rule, string_of(request, "filter", ""), &error);
    tap_publish(&broker->tap);
    free_if_idle(broker);
    if (!number) {
        snprintf(text, sizeof(text), "column %u: %s", error.column,
                 error.message);
        return fail(answer, text);
    }
    json_object_set_new(answer, "rule", json_integer(number));
    return true;
}

bool gate_control_unrule(struct broker *broker, json_t *request, json_t *answer)
{
    struct gate *gate = broker->tap.gate;
    json_int_t number = json_integer_value(json_object_get(request, "rule"));
    const char *kind = string_of(request, "kind", NULL);
    unsigned ended = 0;

    if (kind && gate_kind_of(kind) == GATE_KINDS)
        return fail(answer, "kind: hold, drop, delay, dup or corrupt");
    if (gate && number)
        ended = number > 0 && number <= UINT_MAX
                    ? gate_unset(gate, (unsigned)number)
                    : 0;
    else if (gate)
        ended = gate_unset_kind(gate, kind ? gate_kind_of(kind) : GATE_KINDS);
    tap_publish(&broker->tap);
    free_if_idle(broker);
    json_object_set_new(answer, "ended", json_integer(ended));
    return true;
}

bool gate_control_release(struct broker *broker, json_t *request,
                          json_t *answer)
{
    struct gate *gate = broker->tap.gate;
    json_int_t seq = json_integer_value(json_object_get(request, "seq"));
    bool drop = json_is_true(json_object_get(request, "drop"));
    unsigned released = 1;

    if (json_is_true(json_object_get(request, "all"))) {
        released = gate ? gate_release_all(gate) : 0;
    } else {
        enum gate_release result =
            gate ? gate_release(gate, (uint64_t)seq, drop) : GATE_NOT_THERE;

        if (result == GATE_NOT_THERE)
            return fail(answer,
                        seq ? "this packet is not held" : "no packet is held");
        if (result == GATE_BEHIND)
            return fail(answer, "it waits behind another packet of its "
                                "connection");
    }
    json_object_set_new(answer, "released", json_integer(released));
    return true;
}

void gate_control_end(void *owner, uint64_t peer)
{
    struct broker *broker = owner;

    if (!broker->tap.gate)
        return;
    gate_forget_owner(broker->tap.gate, peer);
    free_if_idle(broker);
}
