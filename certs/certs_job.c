#include "certs/certs_job.h"

#include "base/alloc.h"
#include "base/x509_text.h"
#include "certs/cert_file.h"
#include "certs/cert_item.h"
#include "certs/cert_name.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USUAL_NAMES "localhost,127.0.0.1,::1"

bool certs_job_openssl_failed(const char *what, struct buf *why)
{
    const char *says = ERR_reason_error_string(ERR_peek_error());

    buf_printf(why, "%s cannot be made: %s", what, says ? says : "OpenSSL");
    ERR_clear_error();
    return false;
}

/* ---- who and where ---- */

static const char *folder_of(const struct certs_request *request)
{
    return request->folder ? request->folder : CERTS_FOLDER;
}

static char *first_host(const GENERAL_NAMES *names)
{
    int type;
    const ASN1_STRING *value =
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, 0), &type);

    if (type != GEN_DNS)
        return NULL;
    return alloc_string_of(ASN1_STRING_get0_data(value),
                           (size_t)ASN1_STRING_length(value));
}

/* From a Common Name that is one of a host; NULL if it is not. */
static GENERAL_NAMES *names_of(const X509_NAME *subject)
{
    struct buf why = {0};
    char *common = x509_text_common_name(subject);
    GENERAL_NAMES *names = common && !strchr(common, ',')
                               ? cert_name_alternatives(common, &why)
                               : NULL;

    buf_release(&why);
    free(common);
    return names;
}

static GENERAL_NAMES *names_of_request(const struct certs_request *request)
{
    struct buf why = {0};
    X509_NAME *subject =
        cert_name_subject(request->subject, request->common_name, &why);
    GENERAL_NAMES *names = subject ? names_of(subject) : NULL;

    X509_NAME_free(subject);
    buf_release(&why);
    return names;
}

bool certs_job_names(struct certs_job *job, const struct certs_request *request,
                     struct buf *why)
{
    const char *list = request->names ? request->names : USUAL_NAMES;

    if (!request->names)
        job->names = names_of_request(request);
    if (!job->names)
        job->names = cert_name_alternatives(list, why);
    if (!job->names)
        return false;
    job->first_name = first_host(job->names);
    if (!job->first_name)
        job->first_name = alloc_string_of(list, strcspn(list, ","));
    return true;
}

static bool set_base(struct certs_job *job, const char *name, struct buf *why)
{
    if (strchr(name, '/') || !*name || *name == '.') {
        buf_printf(why, "\"%s\" cannot begin a file's name", name);
        return false;
    }
    job->base = alloc_printf("%s/%s", folder_of(job->request), name);
    return true;
}

static int usual_days(enum cert_use use)
{
    return use == CERT_AUTHORITY ? CERTS_AUTHORITY_DAYS : CERTS_LEAF_DAYS;
}

static void fill_command(struct certs_job *job)
{
    const struct certs_request *request = job->request;

    job->request_path = alloc_printf("%s.csr", job->base);
    job->command = (struct cert_command){
        .base = job->base,
        .request = job->request_path,
        .subject = job->subject,
        .names = job->names,
        .ocsp_url = request->ocsp_url,
        .use = job->use,
        .key_type = request->key_type,
        .encrypted = job->use == CERT_AUTHORITY && request->passphrase,
        .days = request->days ? request->days : usual_days(job->use),
    };
}

bool certs_job_begin(struct certs_job *job, const struct certs_request *request,
                     const char *name, const char *common_name, struct buf *why)
{
    job->request = request;
    if (request->common_name || request->subject)
        common_name = request->common_name;
    job->subject = cert_name_subject(request->subject, common_name, why);
    if (!job->subject)
        return false;
    char *common = x509_text_common_name(job->subject);
    char *from_common = cert_name_file(common ? common : "");
    bool good = set_base(job,
                         request->name ? request->name
                         : name        ? name
                                       : from_common,
                         why);
    free(common);
    free(from_common);
    if (good)
        fill_command(job);
    return good;
}

/* ---- who and where, from a request ---- */

static GENERAL_NAMES *asked_names(X509_REQ *asked)
{
    STACK_OF(X509_EXTENSION) *all = X509_REQ_get_extensions(asked);
    GENERAL_NAMES *names =
        X509V3_get_d2i(all, NID_subject_alt_name, NULL, NULL);

    sk_X509_EXTENSION_pop_free(all, X509_EXTENSION_free);
    ERR_clear_error();
    return names;
}

/* The names of a certificate for a request: those that were said, else those
   that it asks for. A server must have some. */
static bool set_asked_names(struct certs_job *job,
                            const struct certs_request *request,
                            X509_REQ *asked, struct buf *why)
{
    if (request->names)
        return certs_job_names(job, request, why);
    job->names = asked_names(asked);
    if (job->names)
        return cert_name_check(job->names, why);
    if (job->use != CERT_SERVER)
        return true;
    /* Clients compare no others, but a request of former days has only a
       Common Name. */
    job->names = names_of(X509_REQ_get_subject_name(asked));
    if (!job->names)
        buf_append_string(why, "the request names no host; say which: "
                               "--san NAME");
    return job->names != NULL;
}

bool certs_job_begin_request(struct certs_job *job,
                             const struct certs_request *request,
                             X509_REQ *asked, const char *name, struct buf *why)
{
    struct certs_request filled = *request;

    if (!cert_name_is_text(X509_REQ_get_subject_name(asked))) {
        buf_append_string(why, "the subject of the request is not only text; "
                               "is it to deceive somebody?");
        return false;
    }
    char *subject = cert_name_typed(X509_REQ_get_subject_name(asked));
    if (!filled.subject)
        filled.subject = subject;
    bool good = set_asked_names(job, request, asked, why) &&
                certs_job_begin(job, &filled, name, NULL, why);
    job->request = request;
    job->public_key = X509_REQ_get0_pubkey(asked);
    if (good && EVP_PKEY_is_a(job->public_key, "RSA"))
        job->command.key_type = CERT_RSA_2048;
    free(subject);
    return good;
}

/* ---- the authority ---- */

char *certs_job_authority_base(const struct certs_request *request)
{
    const char *by = request->by ? request->by : CERTS_AUTHORITY;

    if (strchr(by, '/'))
        return alloc_string(by);
    return alloc_printf("%s/%s", folder_of(request), by);
}

/* The command for it, as it must be typed for this request. */
static void say_how_to_make_it(const struct certs_request *request,
                               const char *file, struct buf *why)
{
    buf_printf(why,
               "there is no authority %s; make one first: mqttlab certs ca",
               file);
    if (request->by && !strchr(request->by, '/'))
        buf_printf(why, " --name %s", request->by);
    if (request->folder && strcmp(request->folder, CERTS_FOLDER) != 0)
        buf_printf(why, " -d %s", request->folder);
}

bool certs_job_open_authority(struct certs_job *job, struct buf *why)
{
    const struct certs_request *request = job->request;
    char *base = certs_job_authority_base(request);
    char *file = alloc_printf("%s.crt", base);
    bool good = access(file, F_OK) == 0;

    if (good)
        good = cert_authority_open(&job->authority, base, request->ask,
                                   request->owner, why);
    else
        say_how_to_make_it(request, file, why);
    job->command.authority = job->authority.base;
    free(file);
    free(base);
    return good;
}

/* ---- making ---- */

bool certs_job_make_key(struct certs_job *job, struct buf *why)
{
    job->key = cert_make_key(job->request->key_type);
    job->public_key = job->key;
    return job->key || certs_job_openssl_failed("the key", why);
}

bool certs_job_sign(struct certs_job *job, struct buf *why)
{
    struct cert_order order = {
        .use = job->use,
        .subject = job->subject,
        .key = job->public_key,
        .names = job->names,
        .ocsp_url = job->request->ocsp_url,
        .issuer = job->authority.certificate,
        .issuer_key = job->authority.key,
        .days = job->command.days,
    };

    job->certificate = cert_make(&order);
    return job->certificate || certs_job_openssl_failed("the certificate", why);
}

/* ---- files ---- */

void certs_job_add_key(struct certs_job *job, const char *passphrase)
{
    struct buf *to = cert_output_add(
        &job->output, alloc_printf("%s.key", job->base), CERT_FILE_KEY_MODE,
        alloc_printf("private key%s; keep it to yourself",
                     passphrase ? ", encrypted" : ""));

    cert_file_put_key(to, job->key, passphrase);
}

void certs_job_add_certificate(struct certs_job *job)
{
    char subject[X509_TEXT_NAME_BYTES];
    char until[X509_TEXT_DATE_BYTES];
    char *common = x509_text_common_name(job->subject);
    char *text = alloc_printf(
        "certificate of \"%s\", valid until %.10s",
        common ? common : x509_text_name(job->subject, subject),
        x509_text_date(X509_get0_notAfter(job->certificate), until));
    struct buf *to = cert_output_add(
        &job->output, alloc_printf("%s.crt", job->base), CERT_FILE_MODE, text);

    cert_file_put_certificate(to, job->certificate);
    free(common);
}

void certs_job_add_index(struct certs_job *job)
{
    cert_output_add(&job->output, alloc_printf("%s.index", job->base),
                    CERT_FILE_MODE,
                    alloc_string("what it has signed and revoked"));
}

static void add_chain_file(struct certs_job *job, const struct buf *above)
{
    struct buf *to =
        cert_output_add(&job->output, alloc_string(job->chain), CERT_FILE_MODE,
                        alloc_string("the same, and behind it who signed it"));

    cert_file_put_certificate(to, job->certificate);
    buf_append_slice(to, buf_slice(above));
}

bool certs_job_add_chain(struct certs_job *job, struct buf *why)
{
    struct buf above = {0};

    /* Nobody sends the root: who trusts it has it. */
    if (cert_name_is_root(job->authority.certificate))
        return true;
    job->above = alloc_printf("%s.chain.crt", job->authority.base);
    if (access(job->above, F_OK) != 0) {
        free(job->above);
        job->above = alloc_printf("%s.crt", job->authority.base);
    }
    job->chain = alloc_printf("%s.chain.crt", job->base);
    bool good = cert_file_load(job->above, &above, why);
    if (good)
        add_chain_file(job, &above);
    buf_release(&above);
    return good;
}

void certs_job_enter(struct certs_job *job)
{
    struct cert_authority *authority = &job->authority;

    cert_index_add(&authority->index, job->certificate);
    cert_index_put(&authority->index,
                   cert_output_update(&job->output,
                                      alloc_string(authority->index_path),
                                      CERT_FILE_MODE));
}

void certs_job_warn(const struct certs_job *job, struct buf *told)
{
    const ASN1_TIME *until = X509_get0_notAfter(job->authority.certificate);
    char when[X509_TEXT_DATE_BYTES];

    if (ASN1_TIME_compare(X509_get0_notAfter(job->certificate), until) > 0)
        buf_printf(told,
                   "note: %s.crt ends before it, at %s; nobody accepts it "
                   "from then on\n",
                   job->authority.base, x509_text_date(until, when));
}

void certs_job_release(struct certs_job *job)
{
    cert_output_release(&job->output);
    cert_authority_release(&job->authority);
    X509_free(job->certificate);
    EVP_PKEY_free(job->key);
    X509_NAME_free(job->subject);
    GENERAL_NAMES_free(job->names);
    free(job->base);
    free(job->first_name);
    free(job->above);
    free(job->chain);
    free(job->request_path);
    *job = (struct certs_job){0};
}
