/*
 * Inside certs.h: would somebody who trusts an authority accept a certificate?
 */
#include "base/alloc.h"
#include "base/x509_text.h"
#include "certs/cert_item.h"
#include "certs/cert_name.h"
#include "certs/certs.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

/* What OpenSSL's TLS asks for on most systems: no key below RSA 2048. */
#define SECURITY_LEVEL 2

/* ---- what it means ---- */

struct meaning {
    int error;
    const char *text;
    const char *mend;
};

/* clang-format off */
static const struct meaning meanings[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "its time is over",
     "have it signed again"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "its time has not begun",
     "wait, or set the clock that is wrong"},
    {X509_V_ERR_HOSTNAME_MISMATCH, "it is not made out to that host",
     "have one made with --san, or connect to a host that it names"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH, "it is not made out to that address",
     "have one made with --san; a Common Name does not count for addresses"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     "who signed it is neither trusted nor in the file",
     "trust the right root, and put the intermediate authorities behind it"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "who signed it is not trusted",
     "trust the right root"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
     "it has signed itself, and nobody trusts it",
     "have it signed by an authority"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
     "this root is not the one that is trusted",
     "trust the right root"},
    {X509_V_ERR_INVALID_CA, "it has signed another one and is no authority",
     "have that one signed by an authority"},
    {X509_V_ERR_INVALID_PURPOSE, "it is not made for this use",
     "have one made for it"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "the signature on it is wrong",
     "somebody has changed it, or another authority has the same name"},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "its key is too short",
     "make a longer key"},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "the authority's key is too short",
     "make a new authority"},
    {X509_V_ERR_CA_MD_TOO_WEAK, "its signature's hash is no longer safe",
     "have it signed again, with SHA-256"},
    {X509_V_ERR_CERT_REVOKED, "it was revoked", "have another one made"},
    {X509_V_ERR_UNABLE_TO_GET_CRL,
     "there is no revocation list of who signed it",
     "make one: mqttlab certs crl"},
    {X509_V_ERR_CRL_HAS_EXPIRED, "the revocation list is too old",
     "make a new one: mqttlab certs crl"},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE,
     "the signature on the revocation list is wrong",
     "take the list of the right authority"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED,
     "an authority may not have so many others below it",
     "have it signed by one that may"},
};
/* clang-format on */

static const struct meaning *find(int error)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (meanings[i].error == error)
            return &meanings[i];
    }
    return NULL;
}

/* ---- the check ---- */

struct check {
    const struct certs_check *wanted;
    struct buf *told;
    unsigned problems;
    int last_error; /* told already: it may come again */
    int last_depth;
};

static void tell(struct check *check, const X509 *certificate, const char *text,
                 const char *says, const char *mend)
{
    char who[X509_TEXT_NAME_BYTES];

    check->problems++;
    buf_printf(check->told, "  \"%s\": %s",
               x509_text_name(X509_get_subject_name(certificate), who), text);
    if (says)
        buf_printf(check->told, " (OpenSSL: %s)", says);
    buf_append_u8(check->told, '\n');
    if (mend)
        buf_printf(check->told, "    %s\n", mend);
}

/* OpenSSL says the same in several ways: of an issuer that is missing, and of
   one that is no authority. */
static bool says_again(const struct check *check, int error, int depth)
{
    if (error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
        error == X509_V_ERR_CERT_UNTRUSTED)
        return check->problems > 0;
    if (check->last_error == X509_V_ERR_INVALID_CA &&
        error == X509_V_ERR_INVALID_PURPOSE)
        return depth == check->last_depth;
    return error == check->last_error && depth == check->last_depth;
}

/* Go on after an error: all of them are to be told. */
static int collect(int good, X509_STORE_CTX *context)
{
    struct check *check = X509_STORE_CTX_get_app_data(context);
    int error = X509_STORE_CTX_get_error(context);
    int depth = X509_STORE_CTX_get_error_depth(context);
    X509 *current = X509_STORE_CTX_get_current_cert(context);
    const struct meaning *meaning = find(error);

    if (good || says_again(check, error, depth))
        return 1;
    if (!current)
        current = X509_STORE_CTX_get0_cert(context);
    tell(check, current, meaning ? meaning->text : "it is not accepted",
         X509_verify_cert_error_string(error), meaning ? meaning->mend : NULL);
    check->last_error = error;
    check->last_depth = depth;
    return 1;
}

static void set_parameters(X509_STORE_CTX *context,
                           const struct certs_check *wanted)
{
    X509_VERIFY_PARAM *with = X509_STORE_CTX_get0_param(context);

    X509_VERIFY_PARAM_set_auth_level(with, SECURITY_LEVEL);
    if (wanted->when)
        X509_VERIFY_PARAM_set_time(with, wanted->when);
    if (wanted->crl)
        X509_VERIFY_PARAM_set_flags(with, X509_V_FLAG_CRL_CHECK);
    if (wanted->host && cert_name_is_address(wanted->host))
        X509_VERIFY_PARAM_set1_ip_asc(with, wanted->host);
    else if (wanted->host)
        X509_VERIFY_PARAM_set1_host(with, wanted->host, 0);
    if (wanted->use == CERT_SERVER)
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
    else if (wanted->use == CERT_CLIENT)
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT);
}

static X509_STORE *make_store(const struct cert_items *trusted,
                              const struct cert_items *lists)
{
    X509_STORE *store = alloc_checked(X509_STORE_new());

    for (size_t i = 0; i < trusted->count; i++) {
        if (trusted->all[i].certificate)
            X509_STORE_add_cert(store, trusted->all[i].certificate);
    }
    for (size_t i = 0; i < lists->count; i++) {
        if (lists->all[i].list)
            X509_STORE_add_crl(store, lists->all[i].list);
    }
    ERR_clear_error();
    return store;
}

/* The files that take part. */
struct files {
    struct cert_items chain;
    struct cert_items trusted;
    struct cert_items lists;
    struct cert_items keys;
};

static void tell_path(X509_STORE_CTX *context, struct buf *told)
{
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(context);
    char who[X509_TEXT_NAME_BYTES];
    char until[X509_TEXT_DATE_BYTES];

    for (int i = 0; path && i < sk_X509_num(path); i++) {
        const X509 *one = sk_X509_value(path, i);

        buf_printf(told, "  %*s%s\"%s\", until %.10s\n", i * 2, "",
                   i ? "signed by " : "",
                   x509_text_name(X509_get_subject_name(one), who),
                   x509_text_date(X509_get0_notAfter(one), until));
    }
}

static void verify(struct check *check, X509 *leaf, const struct files *files)
{
    X509_STORE *store = make_store(&files->trusted, &files->lists);
    X509_STORE_CTX *context = alloc_checked(X509_STORE_CTX_new());
    STACK_OF(X509) *sent = alloc_checked(sk_X509_new_null());

    for (size_t i = 0; i < files->chain.count; i++) {
        if (files->chain.all[i].certificate)
            sk_X509_push(sent, files->chain.all[i].certificate);
    }
    X509_STORE_CTX_init(context, store, leaf, sent);
    set_parameters(context, check->wanted);
    X509_STORE_CTX_set_app_data(context, check);
    X509_STORE_CTX_set_verify_cb(context, collect);
    if (X509_verify_cert(context) <= 0 && !check->problems)
        tell(check, leaf, "it cannot be checked",
             X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)),
             NULL);
    if (!check->problems)
        tell_path(context, check->told);
    X509_STORE_CTX_free(context);
    sk_X509_free(sent);
    X509_STORE_free(store);
    ERR_clear_error();
}

/* ---- order and key ---- */

/* Each is to be signed by the next. Returns the one that all this is about: the
   first, or, when they are out of order, the first that is no authority. */
static X509 *check_order(struct check *check, const struct cert_items *chain)
{
    const struct cert_item *last = NULL;
    bool wrong = false;
    X509 *first = NULL;
    X509 *leaf = NULL;

    for (size_t i = 0; i < chain->count; i++) {
        const struct cert_item *item = &chain->all[i];

        if (!item->certificate)
            continue;
        wrong |= last && !cert_item_signed_by(last, item->certificate);
        first = first ? first : item->certificate;
        if (!leaf && X509_check_ca(item->certificate) == 0)
            leaf = item->certificate;
        last = item;
    }
    if (!wrong || !leaf)
        return first;
    tell(check, first,
         leaf != first ? "it stands first, where the certificate itself belongs"
                       : "not each one is signed by the next",
         NULL, "put the own certificate first, then who signed it, and so on");
    return leaf;
}

static void check_key(struct check *check, X509 *leaf,
                      const struct cert_items *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct cert_item *item = &keys->all[i];

        if (item->kind == CERT_LOCKED_KEY)
            tell(check, leaf, "its key is encrypted", NULL,
                 "a broker cannot type a passphrase; write the key without: "
                 "openssl pkey -in KEY -out PLAIN");
        else if (item->kind == CERT_PRIVATE_KEY &&
                 X509_check_private_key(leaf, item->key) != 1)
            tell(check, leaf, "the key does not belong to it",
                 "key values mismatch", "take the key that it was made with");
    }
    ERR_clear_error();
}

/* ---- all of it ---- */

static bool load(struct files *files, const struct certs_check *wanted,
                 struct buf *why)
{
    return cert_item_load(&files->chain, wanted->file, NULL, why) &&
           cert_item_load(&files->trusted, wanted->ca, NULL, why) &&
           (!wanted->crl ||
            cert_item_load(&files->lists, wanted->crl, NULL, why)) &&
           (!wanted->key ||
            cert_item_load(&files->keys, wanted->key, wanted->passphrase, why));
}

static void files_release(struct files *files)
{
    cert_item_release(&files->chain);
    cert_item_release(&files->trusted);
    cert_item_release(&files->lists);
    cert_item_release(&files->keys);
}

bool certs_verify(const struct certs_check *wanted, struct buf *told,
                  struct buf *why)
{
    struct files files = {0};
    struct buf lines = {0};
    struct check check = {.wanted = wanted, .told = &lines};
    bool good = load(&files, wanted, why);
    X509 *leaf = good ? check_order(&check, &files.chain) : NULL;

    if (good && !leaf) {
        buf_printf(why, "%s holds no certificate", wanted->file);
        good = false;
    }
    if (good) {
        check_key(&check, leaf, &files.keys);
        verify(&check, leaf, &files);
        buf_printf(told, "%s is %s who trusts %s\n", wanted->file,
                   check.problems ? "NOT accepted by" : "accepted by",
                   wanted->ca);
        buf_append_slice(told, buf_slice(&lines));
        good = !check.problems;
    }
    buf_release(&lines);
    files_release(&files);
    return good;
}
