#include "capture/capture_cipher.h"

#include <openssl/hmac.h>
#include <string.h>

#define RECORD_HEADER 5u
#define MAX_HASH      48u /* SHA-384 */
#define MAX_KEY       32u
#define NONCE         12u

enum cipher_id {
    AES_128_GCM,
    AES_256_GCM,
    AES_128_CCM,
    AES_256_CCM,
    AES_128_CCM_8,
    AES_256_CCM_8,
    ARIA_128_GCM,
    ARIA_256_GCM,
    CHACHA20
};

struct cipher_info {
    const EVP_CIPHER *(*get)(void);
    uint8_t key;
    uint8_t tag;
    bool is_ccm;
    bool has_explicit; /* in TLS 1.2: part of the nonce is in the record */
};

static const struct cipher_info *info_of(const struct capture_cipher *cipher)
{
    static const struct cipher_info infos[] = {
        [AES_128_GCM] = {EVP_aes_128_gcm,       16, 16, false, true },
        [AES_256_GCM] = {EVP_aes_256_gcm,       32, 16, false, true },
        [AES_128_CCM] = {EVP_aes_128_ccm,       16, 16, true,  true },
        [AES_256_CCM] = {EVP_aes_256_ccm,       32, 16, true,  true },
        [AES_128_CCM_8] = {EVP_aes_128_ccm,       16, 8,  true,  true },
        [AES_256_CCM_8] = {EVP_aes_256_ccm,       32, 8,  true,  true },
        [ARIA_128_GCM] = {EVP_aria_128_gcm,      16, 16, false, true },
        [ARIA_256_GCM] = {EVP_aria_256_gcm,      32, 16, false, true },
        [CHACHA20] = {EVP_chacha20_poly1305, 32, 16, false, false},
    };

    return &infos[cipher->suite->cipher];
}

const struct capture_suite *capture_cipher_suite(unsigned id)
{
    /* clang-format off */
    static const struct capture_suite suites[] = {
        {0x1301, AES_128_GCM, false},   {0x1302, AES_256_GCM, true},
        {0x1303, CHACHA20, false},      {0x1304, AES_128_CCM, false},
        {0x1305, AES_128_CCM_8, false},
        {0x009c, AES_128_GCM, false},   {0x009d, AES_256_GCM, true},
        {0x009e, AES_128_GCM, false},   {0x009f, AES_256_GCM, true},
        {0x00a0, AES_128_GCM, false},   {0x00a1, AES_256_GCM, true},
        {0x00a2, AES_128_GCM, false},   {0x00a3, AES_256_GCM, true},
        {0x00a4, AES_128_GCM, false},   {0x00a5, AES_256_GCM, true},
        {0x00a6, AES_128_GCM, false},   {0x00a7, AES_256_GCM, true},
        {0x00a8, AES_128_GCM, false},   {0x00a9, AES_256_GCM, true},
        {0x00aa, AES_128_GCM, false},   {0x00ab, AES_256_GCM, true},
        {0x00ac, AES_128_GCM, false},   {0x00ad, AES_256_GCM, true},
        {0xc02b, AES_128_GCM, false},   {0xc02c, AES_256_GCM, true},
        {0xc02d, AES_128_GCM, false},   {0xc02e, AES_256_GCM, true},
        {0xc02f, AES_128_GCM, false},   {0xc030, AES_256_GCM, true},
        {0xc031, AES_128_GCM, false},   {0xc032, AES_256_GCM, true},
        {0xd001, AES_128_GCM, false},   {0xd002, AES_256_GCM, true},
        {0xc09c, AES_128_CCM, false},   {0xc09d, AES_256_CCM, false},
        {0xc09e, AES_128_CCM, false},   {0xc09f, AES_256_CCM, false},
        {0xc0a0, AES_128_CCM_8, false}, {0xc0a1, AES_256_CCM_8, false},
        {0xc0a2, AES_128_CCM_8, false}, {0xc0a3, AES_256_CCM_8, false},
        {0xc0a4, AES_128_CCM, false},   {0xc0a5, AES_256_CCM, false},
        {0xc0a6, AES_128_CCM, false},   {0xc0a7, AES_256_CCM, false},
        {0xc0a8, AES_128_CCM_8, false}, {0xc0a9, AES_256_CCM_8, false},
        {0xc0aa, AES_128_CCM_8, false}, {0xc0ab, AES_256_CCM_8, false},
        {0xc0ac, AES_128_CCM, false},   {0xc0ad, AES_256_CCM, false},
        {0xc0ae, AES_128_CCM_8, false}, {0xc0af, AES_256_CCM_8, false},
        {0xd003, AES_128_CCM_8, false}, {0xd005, AES_128_CCM, false},
        {0xc050, ARIA_128_GCM, false},  {0xc051, ARIA_256_GCM, true},
        {0xc052, ARIA_128_GCM, false},  {0xc053, ARIA_256_GCM, true},
        {0xc054, ARIA_128_GCM, false},  {0xc055, ARIA_256_GCM, true},
        {0xc056, ARIA_128_GCM, false},  {0xc057, ARIA_256_GCM, true},
        {0xc058, ARIA_128_GCM, false},  {0xc059, ARIA_256_GCM, true},
        {0xc05a, ARIA_128_GCM, false},  {0xc05b, ARIA_256_GCM, true},
        {0xc05c, ARIA_128_GCM, false},  {0xc05d, ARIA_256_GCM, true},
        {0xc05e, ARIA_128_GCM, false},  {0xc05f, ARIA_256_GCM, true},
        {0xc060, ARIA_128_GCM, false},  {0xc061, ARIA_256_GCM, true},
        {0xc062, ARIA_128_GCM, false},  {0xc063, ARIA_256_GCM, true},
        {0xc06a, ARIA_128_GCM, false},  {0xc06b, ARIA_256_GCM, true},
        {0xc06c, ARIA_128_GCM, false},  {0xc06d, ARIA_256_GCM, true},
        {0xc06e, ARIA_128_GCM, false},  {0xc06f, ARIA_256_GCM, true},
        {0xcca8, CHACHA20, false},      {0xcca9, CHACHA20, false},
        {0xccaa, CHACHA20, false},      {0xccab, CHACHA20, false},
        {0xccac, CHACHA20, false},      {0xccad, CHACHA20, false},
        {0xccae, CHACHA20, false},
    };
    /* clang-format on */

    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (suites[i].id == id)
            return &suites[i];
    }
    return NULL;
}

void capture_cipher_release(struct capture_cipher *cipher)
{
    EVP_CIPHER_CTX_free(cipher->context);
    OPENSSL_cleanse(cipher, sizeof(*cipher));
}

/* ---- keys ---- */

static const EVP_MD *hash_of(const struct capture_suite *suite)
{
    return suite->sha384 ? EVP_sha384() : EVP_sha256();
}

static struct slice bytes_of(const struct capture_secret *secret)
{
    return slice_of(secret->bytes, secret->len);
}

static size_t hmac(const struct capture_suite *suite, struct slice key,
                   struct slice data, uint8_t out[MAX_HASH])
{
    unsigned len = 0;

    HMAC(hash_of(suite), key.bytes, (int)key.len, data.bytes, data.len, out,
         &len);
    return len;
}

/* HKDF-Expand-Label with an empty context, of at most one hash [RFC 8446 7.1].
 */
static void expand(const struct capture_suite *suite,
                   const struct capture_secret *secret, const char *label,
                   uint8_t *out, size_t len)
{
    uint8_t hash[MAX_HASH];
    struct buf info = {0};

    buf_append_u8(&info, 0);
    buf_append_u8(&info, (uint8_t)len);
    buf_append_u8(&info, (uint8_t)(6 + strlen(label)));
    buf_append_string(&info, "tls13 ");
    buf_append_string(&info, label);
    buf_append_u8(&info, 0); /* the context */
    buf_append_u8(&info, 1); /* the first block */
    hmac(suite, bytes_of(secret), buf_slice(&info), hash);
    memcpy(out, hash, len);
    buf_release(&info);
}

/* The pseudorandom function of TLS 1.2 [RFC 5246 5]. */
static void prf(const struct capture_suite *suite, struct slice secret,
                struct slice seed, uint8_t *out, size_t len)
{
    uint8_t block[MAX_HASH];
    struct buf data = {0};
    uint8_t a[MAX_HASH];
    size_t hash = hmac(suite, secret, seed, a);

    for (size_t at = 0; at < len; at += hash) {
        buf_clear(&data);
        buf_append(&data, a, hash);
        buf_append_slice(&data, seed);
        hmac(suite, secret, buf_slice(&data), block);
        memcpy(out + at, block, len - at < hash ? len - at : hash);
        hmac(suite, secret, slice_of(a, hash), a);
    }
    buf_release(&data);
}

static void set_key(struct capture_cipher *cipher, const uint8_t *key)
{
    const struct cipher_info *info = info_of(cipher);
    bool ok;

    EVP_CIPHER_CTX_free(cipher->context);
    cipher->context = EVP_CIPHER_CTX_new();
    cipher->seq = 0;
    ok = cipher->context &&
         EVP_DecryptInit_ex(cipher->context, info->get(), NULL, NULL, NULL) &&
         EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_SET_IVLEN, NONCE,
                             NULL) &&
         (!info->is_ccm ||
          EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_SET_TAG, info->tag,
                              NULL)) &&
         EVP_DecryptInit_ex(cipher->context, NULL, NULL, key, NULL);
    if (ok)
        return;
    EVP_CIPHER_CTX_free(cipher->context);
    cipher->context = NULL;
}

void capture_cipher_set_1_3(struct capture_cipher *cipher,
                            const struct capture_suite *suite,
                            const struct capture_secret *secret)
{
    uint8_t key[MAX_KEY];

    cipher->suite = suite;
    cipher->is_1_3 = true;
    cipher->secret = *secret;
    expand(suite, secret, "key", key, info_of(cipher)->key);
    expand(suite, secret, "iv", cipher->iv, sizeof(cipher->iv));
    set_key(cipher, key);
}

void capture_cipher_update(struct capture_cipher *cipher)
{
    struct capture_secret next = {.len = cipher->secret.len};

    if (next.len > MAX_HASH)
        return;
    expand(cipher->suite, &cipher->secret, "traffic upd", next.bytes, next.len);
    capture_cipher_set_1_3(cipher, cipher->suite, &next);
}

void capture_cipher_set_1_2(struct capture_cipher *cipher,
                            const struct capture_suite *suite,
                            const struct capture_secret *master,
                            const uint8_t client_random[CAPTURE_RANDOM],
                            const uint8_t server_random[CAPTURE_RANDOM],
                            bool from_client)
{
    uint8_t block[2 * (MAX_KEY + NONCE)];
    struct buf seed = {0};

    cipher->suite = suite;
    cipher->is_1_3 = false;

    size_t key = info_of(cipher)->key;
    size_t iv = info_of(cipher)->has_explicit ? 4 : NONCE;
    buf_append_string(&seed, "key expansion");
    buf_append(&seed, server_random, CAPTURE_RANDOM);
    buf_append(&seed, client_random, CAPTURE_RANDOM);
    prf(suite, bytes_of(master), buf_slice(&seed), block, 2 * (key + iv));
    memcpy(cipher->iv, block + 2 * key + (from_client ? 0 : iv), iv);
    set_key(cipher, block + (from_client ? 0 : key));
    buf_release(&seed);
}

bool capture_cipher_plain_psk(const struct capture_suite *suite)
{
    static const uint16_t ids[] = {0x00a8, 0x00a9, 0xc06a, 0xc06b, 0xc0a4,
                                   0xc0a5, 0xc0a8, 0xc0a9, 0xccab};

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        if (ids[i] == suite->id)
            return true;
    }
    return false;
}

/* Two fields, each with its length: as many zeros as the key has, and the key.
 */
static void put_premaster(struct buf *out, struct slice psk)
{
    for (int part = 0; part < 2; part++) {
        buf_append_u8(out, (uint8_t)(psk.len >> 8));
        buf_append_u8(out, (uint8_t)psk.len);
        for (size_t i = 0; i < psk.len; i++)
            buf_append_u8(out, part ? psk.bytes[i] : 0);
    }
}

void capture_cipher_psk_master(const struct capture_suite *suite,
                               struct slice psk, struct slice transcript,
                               const uint8_t client_random[CAPTURE_RANDOM],
                               const uint8_t server_random[CAPTURE_RANDOM],
                               struct capture_secret *master)
{
    struct buf premaster = {0};
    struct buf seed = {0};
    uint8_t hash[MAX_HASH];
    unsigned len = 0;

    put_premaster(&premaster, psk);
    if (transcript.len) {
        EVP_Digest(transcript.bytes, transcript.len, hash, &len, hash_of(suite),
                   NULL);
        buf_append_string(&seed, "extended master secret");
        buf_append(&seed, hash, len);
    } else {
        buf_append_string(&seed, "master secret");
        buf_append(&seed, client_random, CAPTURE_RANDOM);
        buf_append(&seed, server_random, CAPTURE_RANDOM);
    }
    master->len = sizeof(master->bytes);
    prf(suite, buf_slice(&premaster), buf_slice(&seed), master->bytes,
        master->len);
    OPENSSL_cleanse(premaster.bytes, premaster.len);
    buf_release(&premaster);
    buf_release(&seed);
}

/* ---- records ---- */

size_t capture_cipher_overhead(const struct capture_cipher *cipher)
{
    const struct cipher_info *info = info_of(cipher);

    if (cipher->is_1_3)
        return info->tag + 1u;
    return info->tag + (info->has_explicit ? 8u : 0u);
}

static void put_u64(uint8_t *out, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)(value >> 8 * (7 - i));
}

static void make_nonce(const struct capture_cipher *cipher,
                       const uint8_t *explicit, uint8_t nonce[NONCE])
{
    uint8_t seq[8];

    memcpy(nonce, cipher->iv, NONCE);
    if (explicit) {
        memcpy(nonce + 4, explicit, 8);
        return;
    }
    put_u64(seq, cipher->seq);
    for (int i = 0; i < 8; i++)
        nonce[4 + i] ^= seq[i];
}

/* Decrypt sealed (with its tag behind) into out, which has room. */
static bool unseal(struct capture_cipher *cipher, const uint8_t nonce[NONCE],
                   struct slice more, struct slice sealed, uint8_t *out)
{
    const struct cipher_info *info = info_of(cipher);
    int len = (int)(sealed.len - info->tag);
    uint8_t tag[16];
    int used;

    memcpy(tag, sealed.bytes + len, info->tag);
    if (!EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_SET_TAG, info->tag,
                             tag) ||
        !EVP_DecryptInit_ex(cipher->context, NULL, NULL, NULL, nonce) ||
        (info->is_ccm &&
         !EVP_DecryptUpdate(cipher->context, NULL, &used, NULL, len)) ||
        !EVP_DecryptUpdate(cipher->context, NULL, &used, more.bytes,
                           (int)more.len) ||
        EVP_DecryptUpdate(cipher->context, out, &used, sealed.bytes, len) <= 0)
        return false;
    /* CCM checks the tag as it decrypts. */
    return info->is_ccm ||
           EVP_DecryptFinal_ex(cipher->context, out + used, &used) > 0;
}

/* The content's type is its last byte that is not zero [RFC 8446 5.4]. */
static bool strip_padding(struct buf *out, uint8_t *type)
{
    while (out->len && !out->bytes[out->len - 1])
        out->len--;
    if (!out->len)
        return false;
    *type = out->bytes[--out->len];
    return true;
}

/* What is authenticated beside the content of a record: its header, in TLS 1.2
   with the content's length and behind the record's number [RFC 5246
   6.2.3.3]. */
static struct slice additional(const struct capture_cipher *cipher,
                               struct slice record, uint8_t room[13])
{
    size_t len = record.len - RECORD_HEADER - capture_cipher_overhead(cipher);

    if (cipher->is_1_3)
        return slice_first(record, RECORD_HEADER);
    put_u64(room, cipher->seq);
    memcpy(room + 8, record.bytes, 3);
    room[11] = (uint8_t)(len >> 8);
    room[12] = (uint8_t)len;
    return slice_of(room, 13);
}

bool capture_cipher_open(struct capture_cipher *cipher, struct slice record,
                         struct buf *out, uint8_t *type)
{
    uint8_t room[13];
    uint8_t nonce[NONCE];
    const uint8_t *explicit = NULL;
    struct slice sealed = slice_skip(record, RECORD_HEADER);

    if (!cipher->context || sealed.len < capture_cipher_overhead(cipher))
        return false;
    const struct cipher_info *info = info_of(cipher);
    struct slice aad = additional(cipher, record, room);
    if (!cipher->is_1_3 && info->has_explicit) {
        explicit = sealed.bytes;
        sealed = slice_skip(sealed, 8);
    }
    make_nonce(cipher, explicit, nonce);
    buf_clear(out);
    buf_reserve(out, sealed.len + 16);
    if (!unseal(cipher, nonce, aad, sealed, out->bytes))
        return false;
    out->len = (uint32_t)(sealed.len - info->tag);
    *type = record.bytes[0];
    if (cipher->is_1_3 && !strip_padding(out, type))
        return false;
    cipher->seq++;
    return true;
}
