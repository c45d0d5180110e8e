/*
 * Commands of the control socket that hold packets and disturb them.
 */
#ifndef BROKER_GATE_CONTROL_H
#define BROKER_GATE_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct broker;

/*
 * {"cmd":"rule","kind":"drop","filter":TEXT,"always":BOOL,"ms":N}: set a rule
 * of wire/gate.h; answers "rule" with its number. It ends with the connection
 * that asked for it.
 * {"cmd":"unrule","rule":N} or {"cmd":"unrule","kind":"hold"}, or neither for
 * all: answers "ended" with the number of rules.
 * {"cmd":"release","seq":N,"drop":BOOL}: let the packet of this record go; 0
 * is the oldest. {"cmd":"release","all":true}: all of them. Answers "released".
 */
bool gate_control_rule(struct broker *broker, json_t *request, json_t *answer);
bool gate_control_unrule(struct broker *broker, json_t *request,
                         json_t *answer);
bool gate_control_release(struct broker *broker, json_t *request,
                          json_t *answer);

/* owner is the struct broker; peer is a connection that ended. */
void gate_control_end(void *owner, uint64_t peer);

#endif
