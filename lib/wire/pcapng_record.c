#include "wire/pcapng_record.h"

#include <string.h>

#include "mqtt/mqtt.h"
#include "wire/pcapng_block.h"

bool pcapng_record_known(const struct record *record)
{
    return record->type >= RECORD_CONN && record->type <= RECORD_NOTE &&
           record->direction <= RECORD_B2C && record->actor <= RECORD_SCRIPT &&
           record->layer <= RECORD_CABLE;
}

bool pcapng_record_header(struct record *record, struct slice from,
                          uint32_t *len)
{
    if (from.len < PCAPNG_RECORD_HEADER)
        return false;
    *record = (struct record){0};
    record_header_read(record, from.bytes);
    record->flags &= (uint8_t)~RECORD_SAME_BYTES;
    memcpy(len, from.bytes + RECORD_HEADER_BYTES, sizeof(*len));
    return *len <= MQTT_MAX_PACKET_SIZE;
}
