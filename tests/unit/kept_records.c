#include "kept_records.h"

#include "suites.h"

#include "base/alloc.h"
#include "mqtt/writer.h"
#include "wire/pcapng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kept_records_add(void *context, const struct record *record)
{
    struct kept_records *records = context;

    ck_assert_uint_lt(records->count, KEPT_RECORDS_MAX);
    struct record *copy = &records->items[records->count++];
    *copy = *record;
    copy->bytes =
        slice_of(alloc_string_of(record->bytes.bytes, record->bytes.len),
                 record->bytes.len);
}

void kept_records_release(struct kept_records *records)
{
    for (size_t i = 0; i < records->count; i++)
        free((void *)(uintptr_t)records->items[i].bytes.bytes);
    records->count = 0;
}

struct kept_file kept_records_write(const struct kept_records *records)
{
    struct kept_file capture = {0};
    FILE *file = open_memstream(&capture.bytes, &capture.len);
    struct pcapng_writer *writer = pcapng_writer_new(file, "a test");

    for (size_t i = 0; i < records->count; i++)
        ck_assert_int_eq(pcapng_write(writer, &records->items[i]), 0);
    pcapng_writer_free(writer);
    fclose(file);
    return capture;
}

void kept_records_publish(struct buf *packet, size_t payload_len)
{
    buf_clear(packet);
    writer_header(packet, 0x30, (uint32_t)(payload_len + 6));
    writer_binary(packet, slice_of_string("long"));
    memset(buf_reserve(packet, payload_len), 'x', payload_len);
    packet->len += (uint32_t)payload_len;
}
