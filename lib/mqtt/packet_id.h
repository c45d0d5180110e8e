/*
 * Packet Identifiers in use [MQTT5 2.2.1], as a bitmap that grows as needed.
 *
 * A zeroed struct has none in use. Identifiers are handed out in rising order
 * and start again at 1, so that one just freed is not used again at once.
 */
#ifndef MQTT_PACKET_ID_H
#define MQTT_PACKET_ID_H

#include <stdbool.h>
#include <stdint.h>

struct packet_ids {
    uint64_t *words;     /* owned; bit n of word w is identifier 64 w + n */
    uint16_t word_count; /* at most 1,024 */
    uint16_t last;       /* the identifier handed out last */
    uint16_t used;       /* identifiers in use */
};

void packet_ids_release(struct packet_ids *ids);

/* A free identifier, 1..65535 [MQTT-2.2.1-3], now in use; 0 when none is. */
uint16_t packet_ids_take(struct packet_ids *ids);

/* Mark as in use; false when it was already. packet_id is not 0. */
bool packet_ids_mark(struct packet_ids *ids, uint16_t packet_id);

/* Free it; false when it was not in use. */
bool packet_ids_put(struct packet_ids *ids, uint16_t packet_id);

/* Is it in use? */
bool packet_ids_used(const struct packet_ids *ids, uint16_t packet_id);

#endif
