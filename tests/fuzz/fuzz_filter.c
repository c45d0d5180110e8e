/*
 * One line that is a filter, or not, and a packet to try it on.
 */
#include "wire/filter.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void match(const struct filter *filter, struct slice packet)
{
    struct history *history = history_new(0);
    struct dissection scratch = {0};
    struct history_row row;
    struct record record = {.seq = 1,
                            .type = RECORD_MQTT,
                            .direction = RECORD_C2B,
                            .version = (uint8_t)(packet.len % 6),
                            .connection = 1,
                            .original_len = (uint32_t)packet.len,
                            .bytes = packet};

    history_add(history, &record);
    record.seq = 2;
    record.type = RECORD_EVT;
    history_add(history, &record);
    for (uint64_t i = 0; history_get(history, i, &row); i++) {
        bool once = filter_match(filter, &row, &scratch);

        assert(filter_match(filter, &row, &scratch) == once);
    }
    dissect_release(&scratch);
    history_free(history);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const uint8_t *end = len ? memchr(bytes, '\n', len) : NULL;
    size_t text_len = end ? (size_t)(end - bytes) : len;
    struct slice packet =
        slice_skip(slice_of(bytes, len), end ? text_len + 1 : text_len);
    struct filter_error error;
    char *text = malloc(text_len + 1);

    if (!text)
        abort();
    if (text_len)
        memcpy(text, bytes, text_len);
    text[text_len] = '\0';
    struct filter *filter = filter_new(text, &error);
    if (filter)
        match(filter, packet);
    else
        assert(error.column > 0 && error.message[0]);
    filter_free(filter);
    free(text);
    return 0;
}
