#include "certs/cert_item.h"

#include "base/alloc.h"
#include "certs/cert_file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

/* ---- one item from DER ---- */

/* OpenSSL's readers move the pointer; all of the bytes must be used. */
typedef bool reader(struct cert_item *item, const unsigned char **at, long len);

static bool read_certificate(struct cert_item *item, const unsigned char **at,
                             long len)
{
    item->kind = CERT_CERTIFICATE;
    return (item->certificate = d2i_X509(NULL, at, len)) != NULL;
}

/* With OpenSSL's own notes behind it. */
static bool read_trusted(struct cert_item *item, const unsigned char **at,
                         long len)
{
    item->kind = CERT_CERTIFICATE;
    return (item->certificate = d2i_X509_AUX(NULL, at, len)) != NULL;
}

static bool read_request(struct cert_item *item, const unsigned char **at,
                         long len)
{
    item->kind = CERT_REQUEST;
    return (item->request = d2i_X509_REQ(NULL, at, len)) != NULL;
}

static bool read_list(struct cert_item *item, const unsigned char **at,
                      long len)
{
    item->kind = CERT_LIST;
    return (item->list = d2i_X509_CRL(NULL, at, len)) != NULL;
}

static bool read_private_key(struct cert_item *item, const unsigned char **at,
                             long len)
{
    item->kind = CERT_PRIVATE_KEY;
    return (item->key = d2i_AutoPrivateKey(NULL, at, len)) != NULL;
}

static bool read_public_key(struct cert_item *item, const unsigned char **at,
                            long len)
{
    item->kind = CERT_PUBLIC_KEY;
    return (item->key = d2i_PUBKEY(NULL, at, len)) != NULL;
}

/* Leaves the item as it was when the bytes are something else. */
static bool read_der(struct cert_item *item, reader *read, const uint8_t *bytes,
                     long len)
{
    const unsigned char *at = bytes;
    struct cert_item before = *item;

    if (len > 0 && read(item, &at, len) && at == bytes + len) {
        ERR_clear_error();
        return true;
    }
    X509_free(item->certificate);
    X509_REQ_free(item->request);
    X509_CRL_free(item->list);
    EVP_PKEY_free(item->key);
    *item = before;
    return false;
}

/* ---- one item from PEM ---- */

struct label {
    const char *text; /* after BEGIN */
    reader *read;     /* NULL: told by its name only */
    const char *why;
};

/* clang-format off */
static const struct label labels[] = {
    {"CERTIFICATE",             read_certificate, NULL},
    {"X509 CERTIFICATE",        read_certificate, NULL},
    {"TRUSTED CERTIFICATE",     read_trusted,     NULL},
    {"CERTIFICATE REQUEST",     read_request,     NULL},
    {"NEW CERTIFICATE REQUEST", read_request,     NULL},
    {"X509 CRL",                read_list,        NULL},
    {"PRIVATE KEY",             read_private_key, NULL},
    {"EC PRIVATE KEY",          read_private_key, NULL},
    {"RSA PRIVATE KEY",         read_private_key, NULL},
    {"DSA PRIVATE KEY",         read_private_key, NULL},
    {"PUBLIC KEY",              read_public_key,  NULL},
    {"EC PARAMETERS",           NULL, "the name of a curve; can be left out"},
    {"DH PARAMETERS",           NULL, "for Diffie-Hellman (dhparamfile)"},
    {"OPENSSH PRIVATE KEY",     NULL, "a key for ssh, which TLS cannot use"},
    {"PKCS7",                   NULL, "unpack it: openssl pkcs7 -print_certs"},
    {NULL,                      NULL, "not known here"},
};
/* clang-format on */

static const struct label *find_label(const char *text)
{
    const struct label *label = labels;

    while (label->text && strcmp(label->text, text) != 0)
        label++;
    return label;
}

/* What PEM_read_bio gives, all of it OpenSSL's memory. */
struct block {
    char *label;
    char *header;
    unsigned char *bytes;
    long len;
};

static void block_release(struct block *block)
{
    OPENSSL_free(block->label);
    OPENSSL_free(block->header);
    OPENSSL_clear_free(block->bytes, (size_t)block->len);
    *block = (struct block){0};
}

static bool is_locked(const struct block *block)
{
    return !strcmp(block->label, "ENCRYPTED PRIVATE KEY") ||
           strstr(block->header, "ENCRYPTED");
}

static int no_passphrase(char *to, int size, int writing, void *passphrase)
{
    size_t len = passphrase ? strlen(passphrase) : 0;

    (void)writing;
    if (!len || len > (size_t)size)
        return -1;
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): a length is told */
    memcpy(to, passphrase, len);
    return (int)len;
}

/* OpenSSL unlocks only what it has read itself, so it is given the text. */
static void unlock(struct cert_item *item, const struct block *block,
                   const char *passphrase)
{
    BIO *memory = alloc_checked(BIO_new(BIO_s_mem()));
    char *secret = alloc_string(passphrase); /* it wants no const */

    item->kind = CERT_LOCKED_KEY;
    if (secret && PEM_write_bio(memory, block->label, block->header,
                                block->bytes, block->len) > 0)
        item->key =
            PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, secret);
    if (item->key)
        item->kind = CERT_PRIVATE_KEY;
    if (secret)
        OPENSSL_cleanse(secret, strlen(secret));
    free(secret);
    BIO_free(memory);
    ERR_clear_error();
}

static bool read_block(struct cert_item *item, const struct block *block,
                       const char *passphrase)
{
    const struct label *label = find_label(block->label);

    item->label = alloc_string(block->label);
    if (is_locked(block)) {
        unlock(item, block, passphrase);
        return true;
    }
    if (label->read)
        return read_der(item, label->read, block->bytes, block->len);
    item->kind = CERT_OTHER;
    item->why = label->why;
    return true;
}

/* ---- a file ---- */

static struct cert_item *append(struct cert_items *items, const char *file)
{
    items->all =
        alloc_resize(items->all, items->count + 1, sizeof(items->all[0]));
    struct cert_item *item = &items->all[items->count++];
    *item = (struct cert_item){.file = alloc_string(file)};
    return item;
}

static void item_release(struct cert_item *item)
{
    X509_free(item->certificate);
    X509_REQ_free(item->request);
    X509_CRL_free(item->list);
    EVP_PKEY_free(item->key);
    free(item->label);
    free(item->file);
}

static void drop_last(struct cert_items *items)
{
    item_release(&items->all[--items->count]);
}

/* The end of a PEM file is an error of OpenSSL's, but none of ours. */
static bool at_end(void)
{
    unsigned long error = ERR_peek_last_error();

    return ERR_GET_LIB(error) == ERR_LIB_PEM &&
           ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static bool damaged(const char *file, size_t number, const char *label,
                    struct buf *why)
{
    const char *says = ERR_reason_error_string(ERR_peek_last_error());

    buf_printf(why, "%s is damaged in part %zu%s%s%s: %s", file, number,
               label ? " (" : "", label ? label : "", label ? ")" : "",
               says ? says : "it ends too early");
    ERR_clear_error();
    return false;
}

static bool read_pem(struct cert_items *items, const char *file,
                     struct slice content, const char *passphrase,
                     struct buf *why)
{
    BIO *memory =
        alloc_checked(BIO_new_mem_buf(content.bytes, (int)content.len));
    struct block block = {0};
    size_t number = 0;
    bool good = true;

    ERR_clear_error();
    while (good && PEM_read_bio(memory, &block.label, &block.header,
                                &block.bytes, &block.len)) {
        number++;
        good = read_block(append(items, file), &block, passphrase);
        if (!good) {
            damaged(file, number, block.label, why);
            drop_last(items);
        }
        block_release(&block);
    }
    BIO_free(memory);
    if (good && !at_end())
        good = damaged(file, number + 1, NULL, why);
    ERR_clear_error();
    return good;
}

/* DER does not say what it is: what can be read as one is one. */
static bool read_one_der(struct cert_items *items, const char *file,
                         struct slice content)
{
    static reader *const readers[] = {
        read_certificate, read_request,    read_list,
        read_private_key, read_public_key,
    };
    struct cert_item *item = append(items, file);

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        if (read_der(item, readers[i], content.bytes, (long)content.len))
            return true;
    }
    ERR_clear_error();
    drop_last(items);
    return false;
}

static const char *guess(struct slice content)
{
    if (!content.len)
        return "it is empty";
    if (content.bytes[0] == 0x30)
        return "it may be DER that is cut off, or PKCS #12 (openssl pkcs12 -in "
               "FILE)";
    return "PEM has lines like -----BEGIN CERTIFICATE-----";
}

bool cert_item_read(struct cert_items *items, const char *file,
                    struct slice content, const char *passphrase,
                    struct buf *why)
{
    size_t before = items->count;
    bool good = cert_file_check_len(file, content.len, why) &&
                read_pem(items, file, content, passphrase, why);

    if (good && items->count == before) {
        good = read_one_der(items, file, content);
        if (!good)
            buf_printf(why,
                       "%s holds no certificate, request, key or revocation "
                       "list: %s",
                       file, guess(content));
    }
    for (size_t i = before; i < items->count; i++) {
        items->all[i].number = (unsigned)(i - before + 1);
        items->all[i].of = (unsigned)(items->count - before);
    }
    return good;
}

bool cert_item_load(struct cert_items *items, const char *file,
                    const char *passphrase, struct buf *why)
{
    struct buf content = {0};
    bool good =
        cert_file_load(file, &content, why) &&
        cert_item_read(items, file, buf_slice(&content), passphrase, why);

    cert_file_forget(&content);
    return good;
}

void cert_item_release(struct cert_items *items)
{
    while (items->count)
        drop_last(items);
    free(items->all);
    items->all = NULL;
}

/* ---- what belongs together ---- */

EVP_PKEY *cert_item_key(const struct cert_item *item)
{
    EVP_PKEY *key = item->key;

    if (item->certificate)
        key = X509_get0_pubkey(item->certificate);
    else if (item->request)
        key = X509_REQ_get0_pubkey(item->request);
    ERR_clear_error();
    return key;
}

bool cert_item_signed_by(const struct cert_item *item, const X509 *issuer)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    const X509_NAME *name = X509_get_subject_name(issuer);
    bool good = false;

    if (key && item->certificate)
        good = !X509_NAME_cmp(X509_get_issuer_name(item->certificate), name) &&
               X509_verify(item->certificate, key) == 1;
    else if (key && item->list)
        good = !X509_NAME_cmp(X509_CRL_get_issuer(item->list), name) &&
               X509_CRL_verify(item->list, key) == 1;
    ERR_clear_error();
    return good;
}

char *cert_item_name(const struct cert_item *item)
{
    if (item->of < 2)
        return alloc_string(item->file);
    return alloc_printf("%s (%u)", item->file, item->number);
}
