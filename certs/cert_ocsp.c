#include "certs/cert_ocsp.h"

#include "base/alloc.h"
#include "certs/cert_index.h"
#include "certs/cert_make.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <stdlib.h>

#define MAX_ASKED   100 /* certificates in one question */
#define VALID_FOR_S 300 /* so long others may keep the answer */

/* ---- one certificate ---- */

static bool is_ours(const struct cert_ocsp *ocsp, OCSP_CERTID *id)
{
    ASN1_OBJECT *digest = NULL;

    OCSP_id_get0_info(NULL, &digest, NULL, NULL, id);
    const EVP_MD *md = EVP_get_digestbyobj(digest);
    OCSP_CERTID *own = md ? OCSP_cert_to_id(md, NULL, ocsp->authority) : NULL;
    bool good = own && OCSP_id_issuer_cmp(own, id) == 0;

    OCSP_CERTID_free(own);
    ERR_clear_error();
    return good;
}

static const char *status_text(int status)
{
    switch (status) {
    case V_OCSP_CERTSTATUS_GOOD: return "good";
    case V_OCSP_CERTSTATUS_REVOKED: return "revoked";
    default: return "unknown";
    }
}

static void add_status(const struct cert_ocsp *ocsp,
                       const struct cert_index *index, OCSP_CERTID *id,
                       OCSP_BASICRESP *basic, struct buf *told)
{
    ASN1_TIME *now = alloc_checked(X509_gmtime_adj(NULL, 0));
    ASN1_TIME *next = alloc_checked(X509_gmtime_adj(NULL, VALID_FOR_S));
    ASN1_TIME *revoked = NULL;
    ASN1_INTEGER *serial = NULL;
    int status = V_OCSP_CERTSTATUS_UNKNOWN;
    int reason = CERT_INDEX_NO_REASON;

    OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
    const struct cert_index_entry *entry =
        is_ours(ocsp, id) ? cert_index_find(index, serial) : NULL;
    if (entry && entry->state == 'R') {
        status = V_OCSP_CERTSTATUS_REVOKED;
        reason = entry->reason;
        revoked = cert_index_date(entry->revoked);
    } else if (entry) {
        status = V_OCSP_CERTSTATUS_GOOD;
    }
    OCSP_basic_add1_status(basic, id, status, reason, revoked, now, next);
    char *number = cert_index_serial(serial);
    buf_printf(told, "%s: %s%s\n", number, status_text(status),
               entry ? "" : " (not in the index)");
    free(number);
    ASN1_TIME_free(revoked);
    ASN1_TIME_free(next);
    ASN1_TIME_free(now);
}

/* ---- the answer ---- */

/* NULL when it cannot be signed. */
static OCSP_RESPONSE *answer_all(const struct cert_ocsp *ocsp,
                                 const struct cert_index *index,
                                 OCSP_REQUEST *question, struct buf *told)
{
    OCSP_BASICRESP *basic = alloc_checked(OCSP_BASICRESP_new());
    OCSP_RESPONSE *response = NULL;

    for (int i = 0; i < OCSP_request_onereq_count(question); i++)
        add_status(ocsp, index,
                   OCSP_onereq_get0_id(OCSP_request_onereq_get0(question, i)),
                   basic, told);
    OCSP_copy_nonce(basic, question);
    if (OCSP_basic_sign(basic, ocsp->certificate, ocsp->key,
                        cert_make_digest(ocsp->key), NULL, 0))
        response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    OCSP_BASICRESP_free(basic);
    return response;
}

static OCSP_RESPONSE *make(const struct cert_ocsp *ocsp, OCSP_REQUEST *question,
                           struct buf *told, struct buf *why)
{
    struct cert_index index = {0};
    OCSP_RESPONSE *response = NULL;
    int asked = question ? OCSP_request_onereq_count(question) : 0;

    if (asked < 1 || asked > MAX_ASKED) {
        buf_append_string(told, "something that is no question\n");
        return OCSP_response_create(OCSP_RESPONSE_STATUS_MALFORMEDREQUEST,
                                    NULL);
    }
    if (cert_index_load(&index, ocsp->index_path, why)) {
        response = answer_all(ocsp, &index, question, told);
        if (!response)
            buf_append_string(why, "the answer cannot be signed");
    }
    cert_index_release(&index);
    if (response)
        return response;
    return OCSP_response_create(OCSP_RESPONSE_STATUS_INTERNALERROR, NULL);
}

void cert_ocsp_answer(const struct cert_ocsp *ocsp, struct slice question,
                      struct buf *answer, struct buf *told, struct buf *why)
{
    const unsigned char *at = question.bytes;
    OCSP_REQUEST *read =
        question.len ? d2i_OCSP_REQUEST(NULL, &at, (long)question.len) : NULL;
    unsigned char *bytes = NULL;

    ERR_clear_error();
    OCSP_RESPONSE *response = alloc_checked(make(ocsp, read, told, why));
    int len = i2d_OCSP_RESPONSE(response, &bytes);
    if (len > 0)
        buf_append(answer, bytes, (size_t)len);
    OPENSSL_free(bytes);
    OCSP_RESPONSE_free(response);
    OCSP_REQUEST_free(read);
    ERR_clear_error();
}
