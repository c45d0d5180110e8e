#include "broker/psk_file.h"

#include "base/alloc.h"
#include "base/map.h"
#include "broker/text_file.h"
#include "net/tls_settings.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_DIGITS (2ul * TLS_PSK_MAX_BYTES)

struct psk {
    size_t len;
    uint8_t key[TLS_PSK_MAX_BYTES];
    size_t identity_len;
    char identity[]; /* no NUL behind it */
};

struct psk_file {
    struct map keys; /* struct psk, by identity */
};

static void free_psk(struct psk *psk)
{
    if (!psk)
        return;
    OPENSSL_cleanse(psk->key, sizeof(psk->key));
    free(psk);
}

void psk_file_free(struct psk_file *file)
{
    size_t at = 0;
    struct psk *psk;

    if (!file)
        return;
    while ((psk = map_next(&file->keys, &at)) != NULL)
        free_psk(psk);
    map_release(&file->keys);
    free(file);
}

/* Its len is 0 when digits are none of a key. */
static struct psk *make_psk(struct slice identity, struct slice digits)
{
    struct psk *psk = alloc_zero(1, sizeof(*psk) + identity.len);
    char *hex = alloc_string_of(digits.bytes, digits.len);

    memcpy(psk->identity, identity.bytes, identity.len);
    psk->identity_len = identity.len;
    psk->len = tls_settings_psk(hex, psk->key);
    OPENSSL_cleanse(hex, digits.len);
    free(hex);
    return psk;
}

/* Takes psk. Returns NULL, or why it has no place. */
static const char *enter(struct psk_file *file, struct psk *psk)
{
    struct slice name = slice_of(psk->identity, psk->identity_len);
    const char *wrong = NULL;

    if (!psk->len)
        wrong = "the key is not hexadecimal; make one: openssl rand -hex 32";
    else if (map_get(&file->keys, name))
        wrong = "this identity has a key already";
    if (wrong)
        free_psk(psk);
    else
        map_set(&file->keys, name, psk);
    return wrong;
}

/* Returns NULL, or what is wrong with the line. */
static const char *read_line(struct psk_file *file, struct slice line)
{
    const uint8_t *colon = line.len ? memchr(line.bytes, ':', line.len) : NULL;

    if (!colon)
        return "there is no \":\" between identity and key";
    size_t identity_len = (size_t)(colon - line.bytes);
    struct slice digits = slice_skip(line, identity_len + 1);
    if (!identity_len)
        return "the identity is missing";
    if (memchr(line.bytes, 0, line.len))
        return "there is a NUL in it";
    if (digits.len > MAX_DIGITS)
        return "the key is longer than 512 hexadecimal digits";
    return enter(file, make_psk(slice_first(line, identity_len), digits));
}

static bool skipped(struct slice line)
{
    return !line.len || line.bytes[0] == '#';
}

static void read_all(struct psk_file *file, const char *path, struct slice text,
                     struct config_problems *problems)
{
    struct slice line;

    for (unsigned number = 1; text_file_next_line(&text, &line); number++) {
        const char *wrong = skipped(line) ? NULL : read_line(file, line);
        char *where;

        if (!wrong)
            continue;
        where = alloc_printf("%s:%u", path, number);
        config_problem(problems, where, "%s", wrong);
        free(where);
    }
}

struct psk_file *psk_file_load(const char *path,
                               struct config_problems *problems)
{
    struct buf text = {0};
    struct stat status;
    unsigned before = problems->count;
    int error = text_file_load(path, &text);

    if (error) {
        config_unreadable(problems, path, -error);
        buf_release(&text);
        return NULL;
    }
    if (stat(path, &status) == 0 && (status.st_mode & S_IROTH))
        config_warning(problems, path,
                       "everybody on this machine can read these keys; mend "
                       "it: chmod 600 %s",
                       path);
    struct psk_file *file = alloc_zero(1, sizeof(*file));
    read_all(file, path, buf_slice(&text), problems);
    OPENSSL_cleanse(text.bytes, text.len);
    buf_release(&text);
    if (problems->count == before)
        return file;
    psk_file_free(file);
    return NULL;
}

size_t psk_file_find(const struct psk_file *file, const char *identity,
                     uint8_t *key)
{
    const struct psk *psk = map_get(&file->keys, slice_of_string(identity));

    if (!psk)
        return 0;
    memcpy(key, psk->key, psk->len);
    return psk->len;
}
