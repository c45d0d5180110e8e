/*
 * The OCSP responder: how questions come in HTTP, and what is answered.
 */
#include "suites.h"

#include "certs/cert_http.h"
#include "certs/cert_index.h"
#include "certs/cert_ocsp.h"
#include "tls_forge.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <stdio.h>
#include <string.h>

/* ---- HTTP ---- */

struct http_case {
    const char *in;
    int result; /* 1: all of it */
    const char *body;
};

static const struct http_case https[] = {
    {"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",                 1,    "abc"},
    {"POST /x HTTP/1.1\nHost: a\ncontent-length:\t3 \n\nabc",           1,    "abc"},
    {"POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n",                    1,    ""   },
    {"GET /YWJj HTTP/1.0\r\n\r\n",                                      1,    "abc"},
    {"GET /YWI%3D HTTP/1.0\r\n\r\n",                                    1,    "ab" },
    {"GET /YQ== HTTP/1.0\r\n\r\n",                                      1,    "a"  },
    {"GET /%3f%2F%2b%2B HTTP/1.0\r\n\r\n",                              -400, ""   },
    {"GET / HTTP/1.0\r\n\r\n",                                          -400, ""   },
    {"GET /YWJ HTTP/1.0\r\n\r\n",                                       -400, ""   },
    {"GET /% HTTP/1.0\r\n\r\n",                                         -400, ""   },
    {"GET /%4 HTTP/1.0\r\n\r\n",                                        -400, ""   },
    {"GET /%zz HTTP/1.0\r\n\r\n",                                       -400, ""   },
    {"POST / HTTP/1.0\r\n\r\n",                                         -400, ""   },
    {"POST / HTTP/1.0\r\nContent-Length: -1\r\n\r\n",                   -400, ""   },
    {"POST / HTTP/1.0\r\nContent-Length: 3x\r\n\r\nabc",                -400, ""   },
    {"POST / HTTP/1.0\r\nContent-Length: 65536\r\n\r\n",                -413, ""   },
    {"POST / HTTP/1.0\r\nContent-Length: 99999999999999999999\r\n\r\n", -413,
     ""                                                                            },
    {"PUT / HTTP/1.0\r\n\r\n",                                          -405, ""   },
    {"\n\n",                                                            -405, ""   },
};

START_TEST(a_request_of_http_is_read_whole_or_not_at_all)
{
    const struct http_case *c = &https[_i];
    size_t len = strlen(c->in);
    struct buf body = {0};
    int wanted = c->result == 1 ? (int)len : c->result;

    ck_assert_int_eq(cert_http_read(slice_of(guarded(c->in, len), len), &body),
                     wanted);
    if (wanted > 0)
        ck_assert(slice_equal_string(buf_slice(&body), c->body));
    for (size_t cut = 0; wanted > 0 && cut < len; cut++) {
        buf_clear(&body);
        ck_assert_int_eq(
            cert_http_read(slice_of(guarded(c->in, cut), cut), &body), 0);
        ck_assert_uint_eq(body.len, 0);
    }
    buf_release(&body);
}
END_TEST

START_TEST(a_request_that_is_too_long_is_refused)
{
    static uint8_t bytes[CERT_HTTP_MAX_BYTES + 1];
    struct buf body = {0};

    memset(bytes, 'a', sizeof(bytes));
    ck_assert_int_eq(cert_http_read(slice_of(bytes, sizeof(bytes) - 2), &body),
                     0);
    ck_assert_int_eq(cert_http_read(slice_of(bytes, sizeof(bytes)), &body),
                     -413);
    ck_assert_int_eq(cert_http_read(slice_of(bytes, sizeof(bytes) - 1), &body),
                     -413);
}
END_TEST

START_TEST(an_answer_of_http_says_what_it_is)
{
    struct buf text = {0};

    cert_http_write(200, slice_of_string("abc"), &text);
    ck_assert_str_eq(buf_string(&text),
                     "HTTP/1.0 200 OK\r\n"
                     "Content-Type: application/ocsp-response\r\n"
                     "Content-Length: 3\r\n\r\nabc");
    buf_clear(&text);
    cert_http_write(405, slice_of(NULL, 0), &text);
    ck_assert_str_eq(buf_string(&text), "HTTP/1.0 405 Method Not Allowed\r\n"
                                        "Allow: GET, POST\r\n"
                                        "Content-Length: 0\r\n\r\n");
    buf_release(&text);
}
END_TEST

/* ---- OCSP ---- */

static struct forged root, stranger, good, bad, unknown;
static struct cert_ocsp ocsp;
static char index_path[128];

static void open_all(void)
{
    struct cert_index index = {0};
    struct buf why = {0};

    forge_open();
    root = forge(&(struct forge_order){.common_name = "root", .authority = 1});
    stranger =
        forge(&(struct forge_order){.common_name = "other", .authority = 1});
    good = forge(&(struct forge_order){.common_name = "g", .issuer = &root});
    bad = forge(&(struct forge_order){.common_name = "b", .issuer = &root});
    unknown = forge(&(struct forge_order){.common_name = "u", .issuer = &root});
    cert_index_add(&index, good.certificate);
    cert_index_revoke(cert_index_add(&index, bad.certificate),
                      OCSP_REVOKED_STATUS_KEYCOMPROMISE);
    snprintf(index_path, sizeof(index_path), "%s", forge_path("ca.index"));
    ck_assert(cert_index_store(&index, index_path, &why));
    cert_index_release(&index);
    ocsp = (struct cert_ocsp){.authority = root.certificate,
                              .certificate = root.certificate,
                              .key = root.key,
                              .index_path = index_path};
}

static void close_all(void)
{
    forged_release(&root);
    forged_release(&stranger);
    forged_release(&good);
    forged_release(&bad);
    forged_release(&unknown);
    forge_close();
}

/* Ask about a certificate of an issuer; NULL: about none. */
static OCSP_REQUEST *question_about(const struct forged *one,
                                    const struct forged *issuer,
                                    const EVP_MD *digest)
{
    OCSP_REQUEST *question = OCSP_REQUEST_new();

    if (one)
        OCSP_request_add0_id(question, OCSP_cert_to_id(digest, one->certificate,
                                                       issuer->certificate));
    return question;
}

/* Ask; takes ownership of the question. */
static OCSP_RESPONSE *ask(OCSP_REQUEST *question, struct buf *why)
{
    unsigned char *bytes = NULL;
    int len = i2d_OCSP_REQUEST(question, &bytes);
    struct buf answer = {0};
    struct buf told = {0};

    cert_ocsp_answer(&ocsp, slice_of(bytes, (size_t)len), &answer, &told, why);
    ck_assert_uint_gt(told.len + why->len, 0);
    const unsigned char *at = answer.bytes;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, answer.len);
    ck_assert_ptr_nonnull(response);
    ck_assert_ptr_eq(at, answer.bytes + answer.len);
    OPENSSL_free(bytes);
    OCSP_REQUEST_free(question);
    buf_release(&answer);
    buf_release(&told);
    return response;
}

/* The status of this one in the answer, which must be signed by the root. */
static int status_in(OCSP_RESPONSE *response, const struct forged *one,
                     const struct forged *issuer, const EVP_MD *digest,
                     int *reason)
{
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    X509_STORE *store = X509_STORE_new();
    OCSP_CERTID *id =
        OCSP_cert_to_id(digest, one->certificate, issuer->certificate);
    int status = -1;

    X509_STORE_add_cert(store, root.certificate);
    /* Who answers for others may do no more than say that he does not know. */
    ck_assert_int_eq(OCSP_basic_verify(basic, NULL, store,
                                       issuer == &root ? 0 : OCSP_NOCHECKS),
                     1);
    ck_assert_int_eq(
        OCSP_resp_find_status(basic, id, &status, reason, NULL, NULL, NULL), 1);
    OCSP_CERTID_free(id);
    X509_STORE_free(store);
    OCSP_BASICRESP_free(basic);
    return status;
}

struct status_case {
    const struct forged *one;
    const struct forged *issuer;
    int status;
    int reason;
};

static const struct status_case statuses[] = {
    {&good,    &root,     V_OCSP_CERTSTATUS_GOOD,    -1},
    {&bad,     &root,     V_OCSP_CERTSTATUS_REVOKED, 1 },
    {&unknown, &root,     V_OCSP_CERTSTATUS_UNKNOWN, -1},
    {&good,    &stranger, V_OCSP_CERTSTATUS_UNKNOWN, -1},
};

START_TEST(the_status_is_the_one_in_the_index)
{
    const struct status_case *c = &statuses[_i / 2];
    const EVP_MD *digest = _i % 2 ? EVP_sha1() : EVP_sha256();
    struct buf why = {0};
    int reason = -1;
    OCSP_RESPONSE *response =
        ask(question_about(c->one, c->issuer, digest), &why);

    ck_assert_int_eq(OCSP_response_status(response),
                     OCSP_RESPONSE_STATUS_SUCCESSFUL);
    ck_assert_int_eq(status_in(response, c->one, c->issuer, digest, &reason),
                     c->status);
    ck_assert_int_eq(reason, c->reason);
    OCSP_RESPONSE_free(response);
}
END_TEST

START_TEST(a_nonce_comes_back)
{
    unsigned char nonce[] = "0123456789abcdef";
    struct buf why = {0};
    OCSP_REQUEST *question = question_about(&good, &root, EVP_sha1());

    OCSP_request_add1_nonce(question, nonce, 16);
    OCSP_REQUEST *copy = OCSP_REQUEST_new();
    OCSP_request_add1_nonce(copy, nonce, 16);
    OCSP_RESPONSE *response = ask(question, &why);
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    ck_assert_int_eq(OCSP_check_nonce(copy, basic), 1);
    OCSP_BASICRESP_free(basic);
    OCSP_REQUEST_free(copy);
    OCSP_RESPONSE_free(response);
}
END_TEST

START_TEST(a_question_about_nothing_or_too_much_is_refused)
{
    struct buf why = {0};
    OCSP_REQUEST *question = question_about(NULL, NULL, NULL);

    for (int i = 0; _i && i < 101; i++)
        OCSP_request_add0_id(
            question,
            OCSP_cert_to_id(EVP_sha1(), good.certificate, root.certificate));
    OCSP_RESPONSE *response = ask(question, &why);
    ck_assert_int_eq(OCSP_response_status(response),
                     OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);
    OCSP_RESPONSE_free(response);
}
END_TEST

START_TEST(an_index_that_cannot_be_read_is_told_and_no_answer_is_made_up)
{
    struct buf why = {0};

    forge_write_text("ca.index", "nonsense\n");
    OCSP_RESPONSE *response =
        ask(question_about(&good, &root, EVP_sha1()), &why);
    ck_assert_int_eq(OCSP_response_status(response),
                     OCSP_RESPONSE_STATUS_INTERNALERROR);
    ck_assert_ptr_nonnull(strstr(buf_string(&why), "ca.index, line 1"));
    OCSP_RESPONSE_free(response);
    buf_release(&why);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *cert_ocsp_suite(void)
{
    Suite *suite = suite_create("cert_ocsp");
    TCase *http = unit_case(suite, "http", 0);
    TCase *answers = unit_case(suite, "ocsp", 0);

    tcase_add_loop_test(http, a_request_of_http_is_read_whole_or_not_at_all, 0,
                        COUNT(https));
    tcase_add_test(http, a_request_that_is_too_long_is_refused);
    tcase_add_test(http, an_answer_of_http_says_what_it_is);
    tcase_add_checked_fixture(answers, open_all, close_all);
    tcase_add_loop_test(answers, the_status_is_the_one_in_the_index, 0,
                        2 * COUNT(statuses));
    tcase_add_test(answers, a_nonce_comes_back);
    tcase_add_loop_test(answers,
                        a_question_about_nothing_or_too_much_is_refused, 0, 2);
    tcase_add_test(
        answers, an_index_that_cannot_be_read_is_told_and_no_answer_is_made_up);
    return suite;
}
