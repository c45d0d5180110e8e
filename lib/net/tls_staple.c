#include "net/tls_staple.h"

#include "base/x509_text.h"
#include "net/tls_files.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <stdio.h>

#define MAX_BYTES 65536

/* Returns false after telling why. */
static bool read_file(const char *path, struct buf *bytes,
                      const struct tls_complaint *complaint)
{
    FILE *file = fopen(path, "rb");

    if (!file) {
        tls_say_unreadable(complaint, "ocspfile", path, errno);
        return false;
    }
    bytes->len = (uint32_t)fread(buf_reserve(bytes, MAX_BYTES + 1), 1,
                                 MAX_BYTES + 1, file);
    fclose(file);
    if (bytes->len <= MAX_BYTES)
        return true;
    tls_say(complaint, true,
            "ocspfile %s is too long for an answer of a responder", path);
    return false;
}

/* ---- what the answer says ---- */

static bool is_about(const OCSP_SINGLERESP *one, const X509 *own)
{
    OCSP_CERTID *id = OCSP_CERTID_dup(OCSP_SINGLERESP_get0_id(one));
    ASN1_INTEGER *serial = NULL;
    bool same = id && OCSP_id_get0_info(NULL, NULL, NULL, &serial, id) &&
                serial &&
                !ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(own));

    OCSP_CERTID_free(id);
    return same;
}

/* What it says of our certificate; NULL when it is about others. */
static OCSP_SINGLERESP *find_own(OCSP_BASICRESP *basic, const X509 *own)
{
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        OCSP_SINGLERESP *one = OCSP_resp_get0(basic, i);

        if (is_about(one, own))
            return one;
    }
    return NULL;
}

static void check_answer(const char *path, OCSP_SINGLERESP *one,
                         const struct tls_complaint *complaint)
{
    ASN1_GENERALIZEDTIME *next = NULL;
    int status = OCSP_single_get0_status(one, NULL, NULL, NULL, &next);
    char when[X509_TEXT_DATE_BYTES];

    if (status != V_OCSP_CERTSTATUS_GOOD)
        tls_say(complaint, false,
                "ocspfile %s says that the certificate is %s; clients that "
                "look at it will refuse the certificate",
                path, OCSP_cert_status_str(status));
    if (next && X509_cmp_current_time(next) < 0)
        tls_say(complaint, false,
                "ocspfile %s: the answer was good until %s; clients that look "
                "at it will refuse it. Ask the responder again, and send "
                "SIGHUP",
                path, x509_text_date(next, when));
}

static bool check(const struct tls_context *context, const char *path,
                  struct slice bytes, const struct tls_complaint *complaint)
{
    const unsigned char *at = bytes.bytes;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)bytes.len);
    int status = response ? OCSP_response_status(response) : -1;
    OCSP_BASICRESP *basic = status == OCSP_RESPONSE_STATUS_SUCCESSFUL
                                ? OCSP_response_get1_basic(response)
                                : NULL;
    const X509 *own = SSL_CTX_get0_certificate(context->ssl);
    OCSP_SINGLERESP *one = basic && own ? find_own(basic, own) : NULL;

    if (!basic)
        tls_say(complaint, true,
                "ocspfile %s holds no answer of a responder (DER)%s%s. Get "
                "one: openssl ocsp -issuer CA -cert CERTIFICATE -url URL "
                "-respout %s",
                path, response ? ", but its refusal: " : "",
                response ? OCSP_response_status_str(status) : "", path);
    else if (!one)
        tls_say(complaint, false,
                "ocspfile %s is about another certificate; clients that look "
                "at it will refuse it",
                path);
    else
        check_answer(path, one, complaint);
    bool good = basic != NULL;
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return good;
}

/* ---- a client asks ---- */

static int give(SSL *ssl, void *owner)
{
    const struct tls_context *context = owner;
    unsigned char *copy =
        OPENSSL_memdup(context->staple.bytes, context->staple.len);

    if (!copy)
        return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)context->staple.len);
    return SSL_TLSEXT_ERR_OK;
}

bool tls_staple_load(struct tls_context *context,
                     const struct tls_settings *settings,
                     const struct tls_complaint *complaint)
{
    if (!settings->ocspfile)
        return true;
    if (settings->psk_find) {
        tls_say(complaint, true,
                "ocspfile needs a certfile: with psk_hint there is none");
        return false;
    }
    if (!read_file(settings->ocspfile, &context->staple, complaint) ||
        !check(context, settings->ocspfile, buf_slice(&context->staple),
               complaint))
        return false;
    SSL_CTX_set_tlsext_status_cb(context->ssl, give);
    SSL_CTX_set_tlsext_status_arg(context->ssl, context);
    return true;
}
