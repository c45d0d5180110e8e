#include "labs/lab_seal.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "labs/answer.h"

#include <openssl/sha.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FENCE    "```"
#define QUESTION "```question"
#define ANSWER   "answer: "

#define SALT_BYTES 16

static bool begins(const char *line, const char *with)
{
    return !strncmp(line, with, strlen(with));
}

/* A salt need not be secret, but each must be another one: this one comes from
   all that stands before it. */
static void append_salt(struct buf *salt, const struct buf *sealed)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256(sealed->bytes, sealed->len, digest);
    for (size_t i = 0; i < SALT_BYTES; i++)
        buf_printf(salt, "%02x", digest[i]);
}

static void append_hash(struct buf *sealed, const char *answer)
{
    struct buf salt = {0};

    append_salt(&salt, sealed);
    char *hash = answer_hash(answer, buf_string(&salt));
    buf_printf(sealed, "scrypt:%s", hash);
    free(hash);
    buf_release(&salt);
}

static void append_hashes(struct buf *sealed, const char *answers)
{
    for (const char *at = answers; *at;) {
        size_t len = strcspn(at, "|");
        char *one = alloc_string_of(at, len);

        if (at != answers)
            buf_append_string(sealed, " | ");
        append_hash(sealed, one);
        free(one);
        at += at[len] ? len + 1 : len;
    }
}

/* Does everybody find the answer in the file? */
static bool is_open(const char *value)
{
    return !strstr(value, "{{") && !begins(value, "field ") &&
           !begins(value, "scrypt:") && strcmp(value, "by hand") != 0;
}

static void append_line(struct buf *sealed, const char *line, bool in_question)
{
    const char *start = line + strspn(line, " \t");
    const char *value = start + strlen(ANSWER);

    if (!in_question || !begins(start, ANSWER) || !is_open(value)) {
        buf_append_string(sealed, line);
        return;
    }
    buf_append(sealed, line, (size_t)(value - line));
    append_hashes(sealed, value);
}

char *lab_seal(const char *text)
{
    struct buf sealed = {0};
    bool in_question = false;

    while (*text) {
        size_t len = strcspn(text, "\n");
        char *line = alloc_string_of(text, len);

        if (begins(line, FENCE))
            in_question = begins(line, QUESTION);
        append_line(&sealed, line, in_question);
        free(line);
        text += len;
        if (*text)
            buf_append_u8(&sealed, (uint8_t)*text++);
    }
    return buf_take_string(&sealed);
}
