/*
 * Any bytes as what comes to the OCSP responder: a request is found whole or
 * not at all, and the question in it gets an answer that can be read.
 */
#include "certs/cert_http.h"
#include "certs/cert_make.h"
#include "certs/cert_name.h"
#include "certs/cert_ocsp.h"

#include <assert.h>
#include <openssl/ocsp.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An authority, made once. */
static const struct cert_ocsp *authority(void)
{
    static struct cert_ocsp made;

    if (!made.key) {
        struct buf why = {0};
        X509_NAME *name = cert_name_subject(NULL, "fuzz", &why);
        struct cert_order order = {.use = CERT_AUTHORITY,
                                   .subject = name,
                                   .key = cert_make_key(CERT_P256),
                                   .days = 1};

        made.key = order.key;
        made.authority = cert_make(&order);
        made.certificate = made.authority;
        made.index_path = "/nonexistent";
        X509_NAME_free(name);
    }
    return &made;
}

static void answer(struct slice question)
{
    struct buf bytes = {0};
    struct buf told = {0};
    struct buf why = {0};

    cert_ocsp_answer(authority(), question, &bytes, &told, &why);
    const unsigned char *at = bytes.bytes;
    OCSP_RESPONSE *read = d2i_OCSP_RESPONSE(NULL, &at, (long)bytes.len);
    assert(read && at == bytes.bytes + bytes.len && told.len && !why.len);
    OCSP_RESPONSE_free(read);
    buf_release(&bytes);
    buf_release(&told);
    buf_release(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf body = {0};
    int used = cert_http_read(slice_of(data, size), &body);

    assert(used <= (int)size);
    assert(used >= 0 || used == -400 || used == -405 || used == -413);
    if (used > 0) {
        struct buf again = {0};

        for (int cut = 0; cut < used; cut += 1 + used / 16) {
            assert(cert_http_read(slice_of(data, (size_t)cut), &again) <= cut);
            buf_clear(&again);
        }
        buf_release(&again);
        answer(buf_slice(&body));
    }
    answer(slice_of(data, size));
    buf_release(&body);
    return 0;
}
