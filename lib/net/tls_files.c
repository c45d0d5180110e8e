#include "net/tls_files.h"

#include "base/alloc.h"
#include "base/file_trouble.h"
#include "base/x509_text.h"

#include <errno.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void tls_say(const struct tls_complaint *complaint, bool error,
             const char *format, ...)
{
    struct buf text = {0};
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    complaint->say(complaint->owner, error, buf_string(&text));
    buf_release(&text);
}

const char *tls_openssl_says(void)
{
    unsigned long error = ERR_peek_error();
    const char *text = ERR_reason_error_string(error);

    ERR_clear_error();
    return text ? text : "it is not in PEM form";
}

/* ---- files ---- */

void tls_say_unreadable(const struct tls_complaint *complaint,
                        const char *option, const char *path, int error)
{
    struct buf why = {0};

    file_trouble_explain(&why, path, error);
    tls_say(complaint, true, "%s %s cannot be read: %s", option, path,
            buf_string(&why));
    buf_release(&why);
}

/* NULL when it cannot be read, which was told. */
static BIO *open_file(const char *option, const char *path,
                      const struct tls_complaint *complaint)
{
    struct stat status;

    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        tls_say(complaint, true, "%s %s is a directory", option, path);
        return NULL;
    }
    BIO *file = BIO_new_file(path, "r");
    if (!file)
        tls_say_unreadable(complaint, option, path, errno);
    ERR_clear_error();
    return file;
}

/* All certificates of a PEM file; an empty stack when there is none. */
static STACK_OF(X509) * read_certificates(BIO *file)
{
    STACK_OF(X509) *all = alloc_checked(sk_X509_new_null());
    X509 *one;

    while ((one = PEM_read_bio_X509(file, NULL, NULL, NULL)) != NULL)
        sk_X509_push(all, one);
    return all;
}

static const char *maker_of(const char *option)
{
    return strcmp(option, "cafile") ? "mqttlab certs server (or client) makes "
                                      "a certificate and its key"
                                    : "mqttlab certs ca makes an authority";
}

/* Tell that a file has none of what an option needs: it is in the other form,
   or quite another thing. der is what openssl calls it, NULL: it is not DER. */
static void say_not_pem(const struct tls_complaint *complaint,
                        const char *option, const char *path, const char *what,
                        const char *der)
{
    if (der)
        tls_say(complaint, true,
                "%s %s is in DER form, and must be in PEM form; mend it: "
                "openssl %s -inform DER -in '%s' -out '%s.pem'",
                option, path, der, path, path);
    else
        tls_say(complaint, true,
                "%s %s holds no %s in PEM form; mqttlab certs show '%s' tells "
                "what it holds, %s",
                option, path, what, path, maker_of(option));
}

static bool is_der_certificate(const char *path)
{
    BIO *file = BIO_new_file(path, "rb");
    X509 *one = file ? d2i_X509_bio(file, NULL) : NULL;
    bool is = one != NULL;

    X509_free(one);
    BIO_free(file);
    return is;
}

static bool is_der_key(const char *path)
{
    BIO *file = BIO_new_file(path, "rb");
    EVP_PKEY *key = file ? d2i_PrivateKey_bio(file, NULL) : NULL;
    bool is = key != NULL;

    EVP_PKEY_free(key);
    BIO_free(file);
    return is;
}

/* The end of a PEM file is an error of OpenSSL's, but none of ours. */
static bool at_end(void)
{
    unsigned long error = ERR_peek_last_error();

    return ERR_GET_LIB(error) == ERR_LIB_PEM &&
           ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static STACK_OF(X509) * load_certificates(const char *option, const char *path,
                                          const struct tls_complaint *complaint)
{
    BIO *file = open_file(option, path, complaint);

    if (!file)
        return NULL;
    STACK_OF(X509) *all = read_certificates(file);
    int count = sk_X509_num(all);
    bool good = count > 0 && at_end();
    BIO_free(file);
    if (good) {
        ERR_clear_error();
        return all;
    }
    if (!count && at_end())
        say_not_pem(complaint, option, path, "certificate",
                    is_der_certificate(path) ? "x509" : NULL);
    else
        tls_say(complaint, true, "%s %s is damaged in certificate %d: %s; %s",
                option, path, count + 1, tls_openssl_says(), maker_of(option));
    ERR_clear_error();
    sk_X509_pop_free(all, X509_free);
    return NULL;
}

/* ---- what stands in a certificate ---- */

static const char *subject(const X509 *one, char text[X509_TEXT_NAME_BYTES])
{
    return x509_text_name(X509_get_subject_name(one), text);
}

static void check_dates(const char *path, const X509 *one,
                        const struct tls_complaint *complaint)
{
    const ASN1_TIME *from = X509_get0_notBefore(one);
    const ASN1_TIME *until = X509_get0_notAfter(one);
    char who[X509_TEXT_NAME_BYTES];
    char issuer[X509_TEXT_NAME_BYTES];
    char when[X509_TEXT_DATE_BYTES];

    x509_text_name(X509_get_issuer_name(one), issuer);
    if (X509_cmp_current_time(until) < 0)
        tls_say(complaint, false,
                "certfile %s: the certificate of \"%s\" expired at %s; clients "
                "will refuse it. Have it signed again by \"%s\"",
                path, subject(one, who), x509_text_date(until, when), issuer);
    if (X509_cmp_current_time(from) > 0)
        tls_say(complaint, false,
                "certfile %s: the certificate of \"%s\" is not valid before "
                "%s; clients will refuse it until then. Is the clock of who "
                "signed it (\"%s\") or of this machine wrong?",
                path, subject(one, who), x509_text_date(from, when), issuer);
}

/* Each is to be signed by the next. */
static void check_order(const char *path, STACK_OF(X509) * chain,
                        const struct tls_complaint *complaint)
{
    for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
        X509 *one = sk_X509_value(chain, i);
        X509 *next = sk_X509_value(chain, i + 1);
        char who[X509_TEXT_NAME_BYTES];
        char other[X509_TEXT_NAME_BYTES];

        if (X509_check_issued(next, one) == X509_V_OK)
            continue;
        tls_say(complaint, false,
                "certfile %s: certificate %d (\"%s\") is not signed by "
                "certificate %d (\"%s\"); clients that do not sort them will "
                "refuse the chain. Put our own first, then who signed it, and "
                "so on",
                path, i + 1, subject(one, who), i + 2, subject(next, other));
        return;
    }
}

/* ---- our own ---- */

/* Nobody is there to type a passphrase. */
/* NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL's type */
static int no_passphrase(char *to, int size, int writing, void *asked)
{
    (void)to;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static void check_mode(const char *path, const struct tls_complaint *complaint)
{
    struct stat status;

    if (stat(path, &status) == 0 && (status.st_mode & S_IROTH))
        tls_say(complaint, false,
                "keyfile %s can be read by everybody on this machine; mend "
                "it: chmod 600 %s",
                path, path);
}

static EVP_PKEY *load_key(const char *path,
                          const struct tls_complaint *complaint)
{
    BIO *file = open_file("keyfile", path, complaint);
    bool encrypted = false;

    if (!file)
        return NULL;
    EVP_PKEY *key =
        PEM_read_bio_PrivateKey(file, NULL, no_passphrase, &encrypted);
    BIO_free(file);
    if (encrypted)
        tls_say(complaint, true,
                "keyfile %s is encrypted, and nobody is there to type its "
                "passphrase; write it without: openssl pkey -in %s -out "
                "%s.plain",
                path, path, path);
    else if (!key)
        say_not_pem(complaint, "keyfile", path, "private key",
                    is_der_key(path) ? "pkey" : NULL);
    else
        check_mode(path, complaint);
    ERR_clear_error();
    return key;
}

/* The number, from 1, of the certificate that the key belongs to; 0: none. */
static int belongs_to(STACK_OF(X509) * chain, EVP_PKEY *key)
{
    for (int i = 0; i < sk_X509_num(chain); i++) {
        if (X509_check_private_key(sk_X509_value(chain, i), key))
            return i + 1;
    }
    ERR_clear_error();
    return 0;
}

static bool check_pair(const struct tls_settings *settings,
                       STACK_OF(X509) * chain, EVP_PKEY *key,
                       const struct tls_complaint *complaint)
{
    int number = belongs_to(chain, key);
    char who[X509_TEXT_NAME_BYTES];

    ERR_clear_error();
    if (number == 1)
        return true;
    subject(sk_X509_value(chain, number ? number - 1 : 0), who);
    if (number)
        tls_say(complaint, true,
                "certfile %s is in the wrong order: the key in %s belongs to "
                "certificate %d (\"%s\"), which must come first, then who "
                "signed it, and so on",
                settings->certfile, settings->keyfile, number, who);
    else
        tls_say(complaint, true,
                "keyfile %s does not belong to certfile %s (\"%s\"); mqttlab "
                "certs show '%s' '%s' tells what belongs together, and mqttlab "
                "certs server (or client) makes a pair that does",
                settings->keyfile, settings->certfile, who, settings->certfile,
                settings->keyfile);
    return false;
}

static bool use(SSL_CTX *ssl, const char *path, STACK_OF(X509) * chain,
                EVP_PKEY *key, const struct tls_complaint *complaint)
{
    bool good = SSL_CTX_use_certificate(ssl, sk_X509_value(chain, 0)) == 1 &&
                SSL_CTX_use_PrivateKey(ssl, key) == 1;

    for (int i = 1; good && i < sk_X509_num(chain); i++)
        good = SSL_CTX_add1_chain_cert(ssl, sk_X509_value(chain, i)) == 1;
    if (!good)
        tls_say(complaint, true, "certfile %s cannot be used: %s", path,
                tls_openssl_says());
    return good;
}

bool tls_files_own(SSL_CTX *ssl, const struct tls_settings *settings,
                   const struct tls_complaint *complaint)
{
    const char *path = settings->certfile;
    STACK_OF(X509) *chain = load_certificates("certfile", path, complaint);
    EVP_PKEY *key = load_key(settings->keyfile, complaint);
    bool good = chain && key && check_pair(settings, chain, key, complaint) &&
                use(ssl, path, chain, key, complaint);

    if (chain) {
        for (int i = 0; i < sk_X509_num(chain); i++)
            check_dates(path, sk_X509_value(chain, i), complaint);
        check_order(path, chain, complaint);
    }
    EVP_PKEY_free(key);
    sk_X509_pop_free(chain, X509_free);
    return good;
}

/* ---- whom we trust ---- */

static bool trust_file(SSL_CTX *ssl, const struct tls_settings *settings,
                       const struct tls_complaint *complaint)
{
    STACK_OF(X509) *all =
        load_certificates("cafile", settings->cafile, complaint);
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);

    if (!all)
        return false;
    for (int i = 0; i < sk_X509_num(all); i++) {
        X509 *one = sk_X509_value(all, i);
        char who[X509_TEXT_NAME_BYTES];

        X509_STORE_add_cert(store, one);
        SSL_CTX_add_client_CA(ssl, one);
        if (X509_check_ca(one) == 0)
            tls_say(complaint, false,
                    "cafile %s: certificate %d (\"%s\") is not that of an "
                    "authority (CA:TRUE is missing); what it signed will not "
                    "be accepted",
                    settings->cafile, i + 1, subject(one, who));
        if (X509_cmp_current_time(X509_get0_notAfter(one)) < 0)
            tls_say(complaint, false,
                    "cafile %s: certificate %d (\"%s\") is expired; what it "
                    "signed will not be accepted",
                    settings->cafile, i + 1, subject(one, who));
    }
    sk_X509_pop_free(all, X509_free);
    ERR_clear_error();
    return true;
}

static bool trust_directory(SSL_CTX *ssl, const char *path,
                            const struct tls_complaint *complaint)
{
    struct stat status;

    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
        access(path, R_OK | X_OK) == 0 &&
        SSL_CTX_load_verify_dir(ssl, path) == 1)
        return true;
    tls_say(complaint, true, "capath %s is not a directory that can be read",
            path);
    return false;
}

static void check_list_dates(const char *path, const X509_CRL *list,
                             const struct tls_complaint *complaint)
{
    const ASN1_TIME *until = X509_CRL_get0_nextUpdate(list);
    char when[X509_TEXT_DATE_BYTES];
    char issuer[X509_TEXT_NAME_BYTES];

    if (until && X509_cmp_current_time(until) < 0)
        tls_say(complaint, false,
                "crlfile %s: the list of \"%s\" expired at %s; every client "
                "with a certificate of that authority will be refused. Make a "
                "new list",
                path, x509_text_name(X509_CRL_get_issuer(list), issuer),
                x509_text_date(until, when));
}

static bool trust_lists(SSL_CTX *ssl, const char *path,
                        const struct tls_complaint *complaint)
{
    BIO *file = open_file("crlfile", path, complaint);
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    X509_CRL *list;
    int count = 0;

    if (!file)
        return false;
    for (; (list = PEM_read_bio_X509_CRL(file, NULL, NULL, NULL)); count++) {
        check_list_dates(path, list, complaint);
        X509_STORE_add_crl(store, list);
        X509_CRL_free(list);
    }
    BIO_free(file);
    if (!count || !at_end()) {
        tls_say(complaint, true,
                "crlfile %s: list %d is not a revocation list in PEM form: "
                "%s; mqttlab certs crl makes one",
                path, count + 1, tls_openssl_says());
        return false;
    }
    ERR_clear_error();
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return true;
}

bool tls_files_trust(SSL_CTX *ssl, const struct tls_settings *settings,
                     const struct tls_complaint *complaint)
{
    bool good = true;

    if (settings->cafile)
        good &= trust_file(ssl, settings, complaint);
    if (settings->capath)
        good &= trust_directory(ssl, settings->capath, complaint);
    if (settings->crlfile)
        good &= trust_lists(ssl, settings->crlfile, complaint);
    return good;
}

bool tls_files_dh(SSL_CTX *ssl, const struct tls_settings *settings,
                  const struct tls_complaint *complaint)
{
    EVP_PKEY *parameters = NULL;
    BIO *file = open_file("dhparamfile", settings->dhparamfile, complaint);

    if (!file)
        return false;
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(
        &parameters, "PEM", NULL, "DH", OSSL_KEYMGMT_SELECT_ALL_PARAMETERS,
        NULL, NULL);
    bool good = decoder && OSSL_DECODER_from_bio(decoder, file) &&
                SSL_CTX_set0_tmp_dh_pkey(ssl, parameters);
    OSSL_DECODER_CTX_free(decoder);
    BIO_free(file);
    if (good)
        return true;
    EVP_PKEY_free(parameters);
    tls_say(complaint, true,
            "dhparamfile %s holds no usable parameters: %s. Make some: openssl "
            "dhparam -out %s 2048",
            settings->dhparamfile, tls_openssl_says(), settings->dhparamfile);
    return false;
}
