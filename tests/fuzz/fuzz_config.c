/*
 * Any text as a configuration: it is read or refused, and what was read can be
 * used.
 */
#include "broker/config.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Reading other files would make a run depend on the machine. */
static bool includes_files(struct slice text)
{
    static const char word[] = "include_dir";

    for (size_t i = 0; i + sizeof(word) - 1 <= text.len; i++) {
        if (!memcmp(text.bytes + i, word, sizeof(word) - 1))
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct slice text = slice_of(bytes, len);
    struct config_problems problems = {0};
    struct config config;

    if (includes_files(text))
        return 0;
    config_init(&config);
    bool good = config_read_text(&config, "fuzz", text, &problems);
    assert(good == (problems.count == 0));
    config_finish(&config);
    config_check(&config, &problems);
    assert(config.listener_count >= 1);
    for (size_t i = 0; i < config.listener_count; i++) {
        const struct config_listener *listener = &config.listeners[i];
        const char *place = listener->path ? listener->path : listener->host;

        assert(place && place[0]);
        assert(listener->max_qos <= 2);
    }
    assert(config.max_topic_levels >= 1);
    config_release(&config);
    return 0;
}
