/*
 * A capture file: read, tracked, written again.
 */
#include "wire/history.h"
#include "wire/pcapng.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char error[200];
    struct record record;

    if (!len)
        return 0;
    FILE *file = fmemopen((void *)(uintptr_t)bytes, len, "rb");
    FILE *sink = fopen("/dev/null", "wb");
    if (!file || !sink)
        abort();
    struct pcapng_reader *reader =
        pcapng_reader_new(file, error, sizeof(error));
    struct pcapng_writer *writer = pcapng_writer_new(sink, NULL);
    struct history *history = history_new(1u << 20);

    while (reader && pcapng_read(reader, &record) > 0) {
        history_add(history, &record);
        if (record.original_len < 1000000)
            pcapng_write(writer, &record);
    }
    history_free(history);
    pcapng_writer_free(writer);
    pcapng_reader_free(reader);
    fclose(sink);
    fclose(file);
    return 0;
}
