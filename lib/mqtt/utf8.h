/*
 * UTF-8 Encoded Strings [MQTT5 1.5.4].
 */
#ifndef MQTT_UTF8_H
#define MQTT_UTF8_H

#include "base/slice.h"

#include <stdbool.h>

/*
 * Is text well-formed UTF-8 as MQTT wants it: shortest encodings, no
 * surrogates U+D800..U+DFFF [MQTT-1.5.4-1], nothing above U+10FFFF, and no
 * U+0000 [MQTT-1.5.4-2]? Pure ASCII takes a fast path.
 */
bool utf8_valid(struct slice text);

/*
 * Read one code point from the start of text, which is not empty. Returns its
 * length (1..4) and sets *code_point; 0 when the bytes are not UTF-8.
 */
int utf8_decode(struct slice text, uint32_t *code_point);

#endif
