/*
 * Any bytes as a password file, and as messages of SCRAM: what is read is
 * written again as it was.
 */
#include "broker/password_file.h"
#include "broker/scram.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_file(struct slice text)
{
    struct config_problems problems = {0};
    struct password_file *file = password_file_read("users", text, &problems);

    assert((file != NULL) == (problems.count == 0));
    for (size_t i = 0; file && i < file->count; i++) {
        const struct account *account = file->all[i];
        struct password again;
        struct buf written = {0};

        password_put(&account->password, &written);
        assert(!password_parse(&again, buf_slice(&written)));
        assert(password_equal(&account->password, &again));
        assert(password_file_find(file, slice_of_string(account->name)) ==
               account);
        buf_release(&written);
    }
    password_file_free(file);
}

/* The first line is client-first, the second client-final. */
static void exchange(struct slice text)
{
    const uint8_t *end = text.len ? memchr(text.bytes, '\n', text.len) : NULL;
    size_t len = end ? (size_t)(end - text.bytes) : text.len;
    struct password password = {
        .hash = PASSWORD_SCRAM_SHA256,
        .iterations = 1,
        .salt_len = 4,
    };
    struct scram scram = {0};
    struct buf out = {0};

    if (scram_begin(&scram, slice_first(text, len))) {
        assert(scram.user_name.len);
        scram_challenge(&scram, &password, "nonce", &out);
        assert(
            !scram_finish(&scram, slice_skip(text, end ? len + 1 : len), &out));
    }
    scram_release(&scram);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_file(slice_of(data, size));
    exchange(slice_of(data, size));
    return 0;
}
