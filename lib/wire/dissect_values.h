/*
 * Names of values, as Wireshark 4.0 writes them; NULL for a value without one.
 */
#ifndef WIRE_DISSECT_VALUES_H
#define WIRE_DISSECT_VALUES_H

#include <stdint.h>

const char *dissect_values_type(uint64_t value);
const char *dissect_values_qos(uint64_t value);
const char *dissect_values_granted(uint64_t value); /* SUBACK of 3.1.1 */
const char *dissect_values_flag(uint64_t value);    /* "Set", "Not set" */
const char *dissect_values_version(uint64_t value);
const char *dissect_values_return_code(uint64_t value); /* CONNACK of 3.1.1 */
const char *dissect_values_retain_handling(uint64_t value);
const char *dissect_values_property(uint64_t value);

/* Reason Codes: each packet has its own names and its own choice of them. */
const char *dissect_values_connack(uint64_t value);
const char *dissect_values_puback(uint64_t value); /* PUBREC as well */
const char *dissect_values_pubrel(uint64_t value); /* PUBCOMP as well */
const char *dissect_values_suback(uint64_t value);
const char *dissect_values_unsuback(uint64_t value);
const char *dissect_values_disconnect(uint64_t value);
const char *dissect_values_auth(uint64_t value);

#endif
